"""Functions of each element in one pass: activations, limits and mixtures.  Gradients are in `slopes.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import register_jitable

from .exponential import exp, expm1, log1p_of_unit
from .ufuncs import elementwise, elementwise_with_numbers

GELU_SCALE, GELU_CUBIC = math.sqrt(2 / math.pi), 0.044715
"""Of GELU's form with tanh (Hendrycks and Gimpel 2016, section 2)."""


@elementwise
def sigmoid(real):
    """1 / (1 + exp(-x)); where exp(-x) overflows to infinity the result is the right one, zero."""
    one = real(1)
    return lambda x: one / (one + exp(-x))


@elementwise
def silu(real):
    """x / (1 + exp(-x))"""
    one = real(1)
    return lambda x: x / (one + exp(-x))


@elementwise
def relu(real):
    """max(x, 0); NaN stays NaN."""
    zero = real(0)
    return lambda x: zero if x <= zero else x


@elementwise
def gate(real):
    """g where y > 0 or is NaN, else zero."""
    zero = real(0)
    return lambda y, g: zero if y <= zero else g


@elementwise_with_numbers
def leaky_relu(real):
    """x where x > 0, else slope * x; NaN stays NaN."""
    zero = real(0)
    return lambda x, slope: slope * x if x <= zero else x


@elementwise
def prelu(real):
    """x where x > 0, else slope * x, with an array of slopes."""
    zero = real(0)
    return lambda x, slope: x if x > zero else slope * x


@elementwise_with_numbers
def elu(real):
    """rise * x where x >= 0, else floor * (exp(steepness * x) - 1) (Clevert et al. 2016); NaN stays NaN."""
    zero = real(0)
    return lambda x, rise, floor, steepness: floor * expm1(steepness * x) if x < zero else rise * x


@elementwise
def hardsigmoid(real):
    """(x + 3) / 6, at least 0 and at most 1; NaN stays NaN."""
    zero, three, six = real(0), real(3), real(6)

    def function(x):
        y = x + three
        y = zero if y < zero else y
        return (six if y > six else y) / six

    return function


@elementwise
def hardswish(real):
    """x times (x + 3) / 6, the latter at least 0 and at most 1 (Howard et al. 2019)."""
    zero, three, six = real(0), real(3), real(6)

    def function(x):
        y = x + three
        y = zero if y < zero else y
        return x * (six if y > six else y) / six

    return function


@elementwise_with_numbers
def softplus(real):
    """max(s, 0) + log(1 + exp(-|s|)) of s = beta * x, over beta: no exponential overflows."""
    zero, one = real(0), real(1)

    def function(x, beta, threshold):
        scaled = beta * x
        y = (max(scaled, zero) + log1p_of_unit(exp(-abs(scaled)))) * (one / beta)
        return x if scaled > threshold else y

    return function


@elementwise
def logsigmoid(real):
    """log(sigmoid(x)) = min(x, 0) - log(1 + exp(-|x|))"""
    zero = real(0)
    return lambda x: min(x, zero) - log1p_of_unit(exp(-abs(x)))


def tail_of(real: Any) -> Any:
    """Of z >= 0 and exp(-z^2): erfc(z) / 2, the chance that a normal number exceeds sqrt(2) z.

    In float32 exp(-z^2) t q(t) with t = 1 / (1 + 0.4 z), q fitted to erfcx(z) / t at Chebyshev's nodes; the relative
    error is below 4e-7 plus that of exp(-z^2).  The function must stay short: LLVM puts only short ones into a loop,
    and else cannot use vector registers.
    """
    half, one, scale = real(0.5), real(1), real(0.4)
    q0, q1, q2 = real(0.22562995553016663), real(0.2265108823776245), real(0.20143814384937286)
    q3, q4, q5 = real(0.19502614438533783), real(0.0761893093585968), real(0.09277888387441635)
    q6, q7, q8 = real(0.08005350828170776), real(-0.1385347545146942), real(0.04090798273682594)

    def fitted(z, power):
        t = one / (one + scale * z)
        q = (((((((q8 * t + q7) * t + q6) * t + q5) * t + q4) * t + q3) * t + q2) * t + q1) * t + q0
        return half * t * q * power

    return register_jitable(fitted if real is np.float32 else lambda z, power: half * math.erfc(z))


@elementwise
def gelu(real):
    """x times the chance that a normal number is below x."""
    tail, zero, one, half, root = tail_of(real), real(0), real(1), real(-0.5), real(math.sqrt(0.5))

    def function(x):
        above = tail(abs(x) * root, exp(half * x * x))
        return x * (above if x < zero else one - above)

    return function


@elementwise
def gelu_tanh(real):
    """x / (1 + exp(-2 z)) with z = sqrt(2 / pi) (x + 0.044715 x^3), which is x (1 + tanh(z)) / 2.

    Unlike that, it does not cancel where x is negative: it errs by 3 + 3 |z| units in the last place at most.
    """
    one, linear, cubic = real(1), real(-2 * GELU_SCALE), real(-2 * GELU_SCALE * GELU_CUBIC)
    return lambda x: x / (one + exp(x * (linear + cubic * (x * x))))


@elementwise
def erf(real):
    """In float32 x p(x^2) / q(x^2) on [-4, 4], outside which it cannot tell the result from -1 and 1.

    The coefficients are the minimax ones of Eigen's `generic_fast_erf_float`; the error is below 4e-7.
    """
    limit = real(4)
    p0, p1, p2 = real(-2.72614225801306e-10), real(2.77068142495902e-08), real(-2.10102402082508e-06)
    p3, p4, p5 = real(-5.69250639462346e-05), real(-7.34990630326855e-04), real(-2.95459980854025e-03)
    p6, q0, q1 = real(-1.60960333262415e-02), real(-1.45660718464996e-05), real(-2.13374055278905e-04)
    q2, q3, q4 = real(-1.68282697438203e-03), real(-7.37332916720468e-03), real(-1.42647390514189e-02)

    def fitted(x):
        v = min(max(x, -limit), limit) if x == x else x
        s = v * v
        p = (((((p0 * s + p1) * s + p2) * s + p3) * s + p4) * s + p5) * s + p6
        q = (((q0 * s + q1) * s + q2) * s + q3) * s + q4
        return v * (p / q)  # in this order, since v * p of the smallest v would round twice

    return fitted if real is np.float32 else lambda x: math.erf(x)


@elementwise
def rsqrt(real):
    """1 / sqrt(x)"""
    one = real(1)
    return lambda x: one / np.sqrt(x)


@elementwise_with_numbers
def clip(real):
    """x, at least `low` and at most `high`; NaN stays NaN."""

    def function(x, low, high):
        y = low if x < low else x
        return high if y > high else y

    return function


@elementwise_with_numbers
def choose(real):
    """a where the condition holds, else b."""
    return lambda a, b, condition: a if condition else b


@elementwise_with_numbers
def lerp(real):
    """a + weight * (end - a), from whichever end is nearer, so that both ends are exact."""
    half, one = real(0.5), real(1)
    return lambda a, end, weight: a + weight * (end - a) if abs(weight) < half else end - (end - a) * (one - weight)


@elementwise_with_numbers
def addcmul(real):
    """x + value * a * b"""
    return lambda x, a, b, value: x + value * a * b


@elementwise_with_numbers
def addcdiv(real):
    """x + value * a / b"""
    return lambda x, a, b, value: x + value * a / b
