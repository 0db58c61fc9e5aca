"""exp for jitted loops.  In float32 it is a polynomial, which compilers vectorise; the C library's is not."""

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
    """
    within = min(max(x, _LEAST), _GREATEST)
    k = np.floor(within * _LOG2_E + _HALF)
    r = within - k * _LN2_HIGH
    r = r - k * _LN2_LOW
    p = ((((_C7 * r + _C6) * r + _C5) * r + _C4) * r + _C3) * r + _C2
    whole = np.int32(k)
    first = whole >> _I1
    y = (p * r * r + r + _ONE) * _power_of_two(first) * _power_of_two(whole - first)
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
