"""exp for jitted loops.  In float32 it is a polynomial, which compilers vectorise; the C library's is not."""

import math

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

_LEAST, _GREATEST = np.float32(-87.33654), np.float32(88.72283)
_LOG2_E = np.float32(1.44269504)
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_C7, _C6, _C5 = np.float32(1.9875691500e-4), np.float32(1.3981999507e-3), np.float32(8.3334519073e-3)
_C4, _C3, _C2 = np.float32(4.1665795894e-2), np.float32(1.6666665459e-1), np.float32(5.0000001201e-1)
_ONE, _HALF, _ZERO, _INFINITY = np.float32(1), np.float32(0.5), np.float32(0), np.float32(np.inf)


@register_jitable(fastmath={"contract"})
def _exp_float32(x):
    """exp(x) = 2**k * exp(r), r at most ln(2) / 2 away from 0, with Cephes' polynomial (Moshier 1992, expf).

    The relative error is below 1e-7; results under 1.2e-38 are zero.
    """
    within = x if x > _LEAST else _LEAST
    within = within if within < _GREATEST else _GREATEST
    k = np.floor(within * _LOG2_E + _HALF)
    r = within - k * _LN2_HIGH
    r = r - k * _LN2_LOW
    p = ((((_C7 * r + _C6) * r + _C5) * r + _C4) * r + _C3) * r + _C2
    power = np.int32((np.int32(k) + np.int32(127)) << np.int32(23)).view(np.float32)  # 2**k, made of its bits
    y = (p * r * r + r + _ONE) * power
    y = y if x >= _LEAST else _ZERO
    y = y if x <= _GREATEST else _INFINITY
    return y if x == x else x


def exp(x):
    """exp of a scalar, inside jitted code."""
    return math.exp(x)


@overload(exp, inline="always")
def _choose(x):
    if x == types.float32:
        return lambda x: _exp_float32(x)
    return lambda x: math.exp(x)
