"""exp, expm1, log1p, tanh and the sigmoid for jitted loops.

In float32 they are polynomials, which compilers vectorise; the C library's are not.
"""

import math

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

_LEAST, _GREATEST = np.float32(-104), np.float32(89)  # beyond, results are zero and infinity
_I1, _I23, _I127 = np.int32(1), np.int32(23), np.int32(127)
_LOG2_E = np.float32(1.44269504)
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_C7, _C6, _C5 = np.float32(1.9875691500e-4), np.float32(1.3981999507e-3), np.float32(8.3334519073e-3)
_C4, _C3, _C2 = np.float32(4.1665795894e-2), np.float32(1.6666665459e-1), np.float32(5.0000001201e-1)
_ONE, _HALF, _ZERO = np.float32(1), np.float32(0.5), np.float32(0)


@register_jitable
def _power_of_two(k):
    return np.int32((k + _I127) << _I23).view(np.float32)  # made of its bits


@register_jitable(fastmath={"contract"})
def _exp_float32(x):
    """exp(x) = 2**k * exp(r), r at most ln(2) / 2 away from 0, with Cephes' polynomial (Moshier 1992, expf).

    The relative error is below 1.3e-7.  2**k comes in two factors, since 2**128 is no number but results near it are.
    Where the result is zero, as of hidden scores, so is one of them: a product that vanishes takes twice as long.
    """
    within = min(max(x, _LEAST), _GREATEST)
    k = np.floor(within * _LOG2_E + _HALF)
    r = within - k * _LN2_HIGH
    r = r - k * _LN2_LOW
    p = ((((_C7 * r + _C6) * r + _C5) * r + _C4) * r + _C3) * r + _C2
    whole = np.int32(k)
    first = whole >> _I1
    second = _power_of_two(whole - first) if within > _LEAST else _ZERO
    y = (p * r * r + r + _ONE) * _power_of_two(first) * second
    return y if x == x else x


def exp(x):
    """exp of a scalar, inside jitted code."""
    return math.exp(x)


@overload(exp)
def _choose(x):
    if x == types.float32:
        return lambda x: _exp_float32(x)
    return lambda x: math.exp(x)


# log1p on [0, 1], as Cephes' logf: of what is left of 1 + x after a power of two, a number near 1
_LOG = [np.float32(c) for c in (
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)]  # fmt: skip
_L0, _L1, _L2, _L3, _L4, _L5, _L6, _L7, _L8 = _LOG
_ROOT_2_LESS_1 = np.float32(0.41421356)


@register_jitable(fastmath={"contract"})
def _log1p_float32(x):
    """log(1 + x) for x in [0, 1], with Cephes' polynomial (Moshier 1992, logf); the relative error is below 2e-7."""
    halved = x > _ROOT_2_LESS_1
    m = (x - _ONE) * _HALF if halved else x
    k = _ONE if halved else _ZERO
    s = m * m
    p = (((((((_L0 * m + _L1) * m + _L2) * m + _L3) * m + _L4) * m + _L5) * m + _L6) * m + _L7) * m + _L8
    y = p * m * s + k * _LN2_LOW - _HALF * s
    return m + y + k * _LN2_HIGH


def log1p_of_unit(x):
    """log(1 + x) of a number in [0, 1], inside jitted code."""
    return math.log1p(x)


@overload(log1p_of_unit)
def _choose_log1p(x):
    if x == types.float32:
        return lambda x: _log1p_float32(x)
    return lambda x: math.log1p(x)


# --- functions of exp that stay within bounds, where a single factor 2**k is enough ----------------------------------
# By way of `exp` above, and for tanh of a second polynomial near zero, they take 0.37 and 0.52 ns an element instead of
# 0.28 (sigmoid) and 0.31 (tanh).

_LEAST_NORMAL, _SURE = np.float32(87.3), np.float32(20)  # exp(-87.3) is a normal number; tanh is 1 from 9.02 on


@register_jitable(fastmath={"contract"})
def _exp_reduced(x):
    """exp(x) = 2**k (1 + q): k as a whole number, and q, which keeps the digits that 1 + q would lose."""
    k = np.floor(x * _LOG2_E + _HALF)
    r = x - k * _LN2_HIGH
    r = r - k * _LN2_LOW
    p = ((((_C7 * r + _C6) * r + _C5) * r + _C4) * r + _C3) * r + _C2
    return np.int32(k), p * r * r + r


@register_jitable(fastmath={"contract"})
def _exp_apart(x):
    """exp(x) = s + s q, s a power of two."""
    k, q = _exp_reduced(x)
    return _power_of_two(k), q


@register_jitable(fastmath={"contract"})
def _expm1_float32(x):
    """exp(x) - 1 = (q a + (a - 1 / b)) b with a b = 2**k, as 2**128 is no number; the relative error is below 3e-7."""
    k, q = _exp_reduced(min(max(x, -_SURE), _GREATEST))
    first = k >> _I1
    a, rest = _power_of_two(first), k - first
    y = (q * a + (a - _power_of_two(-rest))) * _power_of_two(rest)
    return y if x == x else x


@register_jitable(fastmath={"contract"})
def _tanh_float32(x):
    """The hyperbolic tangent, (exp(2 x) - 1) / (exp(2 x) + 1); the relative error is below 3e-7."""
    s, q = _exp_apart(min(max(x + x, -_SURE), _SURE))
    return (s * q + (s - _ONE)) / (s * q + (s + _ONE))


@register_jitable(fastmath={"contract"})
def _sigmoid_float32(x):
    """1 / (1 + exp(-x)), at least the least normal number; the relative error is below 3e-7."""
    s, q = _exp_apart(min(max(-x, -_LEAST_NORMAL), _LEAST_NORMAL))
    return _ONE / (s * q + (s + _ONE))


def expm1(x):
    """exp(x) - 1 of a scalar, inside jitted code."""
    return math.expm1(x)


@overload(expm1)
def _choose_expm1(x):
    if x == types.float32:
        return lambda x: _expm1_float32(x)
    return lambda x: math.expm1(x)


def tanh(x):
    """tanh of a scalar, inside jitted code."""
    return math.tanh(x)


def sigmoid(x):
    """1 / (1 + exp(-x)) of a scalar, inside jitted code."""
    return 1 / (1 + math.exp(-x))


@overload(tanh)
def _choose_tanh(x):
    if x == types.float32:
        return lambda x: _tanh_float32(x)
    return lambda x: math.tanh(x)


@overload(sigmoid)
def _choose_sigmoid(x):
    if x == types.float32:
        return lambda x: _sigmoid_float32(x)
    return lambda x: 1 / (1 + math.exp(-x))
