"""Gradients of functions of each element in one pass: what arrives, times the slope."""

from __future__ import annotations

import math

from .elementwise import GELU_CUBIC, GELU_SCALE, tail_of
from .exponential import exp
from .ufuncs import elementwise, elementwise_with_numbers

# --- of straight pieces ----------------------------------------------------------------------------------------------


@elementwise_with_numbers
def gate_within(real):
    """g, but zero where x <= low or x >= high; NaN lets g pass."""
    zero = real(0)

    def gradient(x, g, low, high):
        y = zero if x <= low else g
        return zero if x >= high else y

    return gradient


@elementwise_with_numbers
def gate_outside(real):
    """g, but zero where low <= x <= high; NaN lets g pass."""
    zero = real(0)
    return lambda x, g, low, high: zero if (x >= low) & (x <= high) else g


@elementwise_with_numbers
def gate_between(real):
    """g where low <= x <= high, else zero, which NaN gives, too."""
    zero = real(0)
    return lambda x, g, low, high: g if (x >= low) & (x <= high) else zero


@elementwise_with_numbers
def gate_above(real):
    """g, but `value` where x <= threshold; NaN lets g pass."""
    return lambda x, g, threshold, value: value if x <= threshold else g


@elementwise_with_numbers
def sign_of(real):
    """g where x > 0, -g where x < 0, else zero times g, as where x is NaN: a g of NaN stays so."""
    zero = real(0)

    def gradient(x, g):
        y = -g if x < zero else zero * g
        return g if x > zero else y

    return gradient


@elementwise_with_numbers
def square_gradient(real):
    """2 g x"""
    two = real(2)
    return lambda x, g: g * (two * x)


@elementwise_with_numbers
def leaky_relu_gradient(real):
    """g where x > 0, else slope * g."""
    zero = real(0)
    return lambda x, g, slope: g if x > zero else slope * g


@elementwise
def prelu_gradient(real):
    """g where x > 0, else slope * g, with an array of slopes."""
    zero = real(0)
    return lambda x, g, slope: g if x > zero else slope * g


@elementwise
def prelu_slope_gradient(real):
    """g * x where x <= 0 or is NaN, else zero."""
    zero = real(0)
    return lambda x, g: zero if x > zero else g * x


@elementwise
def hardsigmoid_gradient(real):
    """g / 6 where -3 < x < 3, else zero."""
    zero, three, six = real(0), real(3), real(6)
    return lambda x, g: g / six if (x > -three) & (x < three) else zero


@elementwise
def hardswish_gradient(real):
    """g times x / 3 + 1 / 2 where -3 < x < 3, below zero, above g."""
    zero, half, three = real(0), real(0.5), real(3)

    def gradient(x, g):
        y = g * (x / three + half) if x < three else g
        return zero if x <= -three else y

    return gradient


# --- smooth ones -----------------------------------------------------------------------------------------------------


@elementwise
def sigmoid_gradient(real):
    """g y (1 - y) of y = sigmoid(x)"""
    one = real(1)
    return lambda y, g: g * (y * (one - y))


@elementwise
def tanh_gradient(real):
    """g (1 - y^2) of y = tanh(x)"""
    one = real(1)
    return lambda y, g: g * (one - y * y)


@elementwise_with_numbers
def elu_gradient(real):
    """rise * g where x > 0 or is NaN, else slope * exp(steepness * x) * g"""
    zero = real(0)
    return lambda x, g, rise, slope, steepness: g * (slope * exp(steepness * x)) if x <= zero else rise * g


@elementwise_with_numbers
def softplus_gradient(real):
    """g sigmoid(s) of s = beta * x, and g where that exceeds the threshold"""
    one = real(1)

    def gradient(x, g, beta, threshold):
        scaled = beta * x
        return g if scaled > threshold else g / (one + exp(-scaled))

    return gradient


@elementwise
def logsigmoid_gradient(real):
    """g sigmoid(-x)"""
    one = real(1)
    return lambda x, g: g / (one + exp(x))


@elementwise
def silu_gradient(real):
    """g s (1 + x (1 - s)) with s = sigmoid(x)"""
    one = real(1)

    def gradient(x, g):
        s = one / (one + exp(-x))
        return g * (s * (one + x * (one - s)))

    return gradient


@elementwise
def gelu_gradient(real):
    """g times the slope: the chance that a normal number is below x, plus x times its density there."""
    tail, zero, one, half, root = tail_of(real), real(0), real(1), real(-0.5), real(math.sqrt(0.5))
    scale = real(1 / math.sqrt(2 * math.pi))

    def gradient(x, g):
        power = exp(half * x * x)
        above = tail(abs(x) * root, power)
        return ((above if x < zero else one - above) + x * power * scale) * g

    return gradient


@elementwise
def gelu_tanh_gradient(real):
    """g times the slope s + 2 x s (1 - s) z', with e = exp(-2 z), s = 1 / (1 + e), 1 - s = e s and z as in `gelu_tanh`.

    Where e is zero or infinite the second term vanishes, and only an infinite x gives NaN, as in PyTorch.
    """
    zero, one, linear, cubic = real(0), real(1), real(-2 * GELU_SCALE), real(-2 * GELU_SCALE * GELU_CUBIC)
    first, second = real(2 * GELU_SCALE), real(6 * GELU_SCALE * GELU_CUBIC)

    def gradient(x, g):
        square = x * x
        e = exp(x * (linear + cubic * square))
        s = one / (one + e)
        change = e * s * s
        bend = x * (first + second * square) * change
        return g * (s + (bend if change > zero else x - x))

    return gradient
