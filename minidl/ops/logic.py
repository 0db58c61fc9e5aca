"""Logic and bits: and, or, xor, not, shifts; and the divisors of whole numbers.  None has a gradient."""

from __future__ import annotations

import numpy as np

from ..autograd import primitive
from ..errors import DtypeError
from .promotion import aligned, apply_to_pair


@primitive
def bitwise_and(a, b):
    """a & b, of integers or booleans."""
    return apply_to_pair(np.bitwise_and, a, b)


@primitive
def bitwise_or(a, b):
    """a | b, of integers or booleans."""
    return apply_to_pair(np.bitwise_or, a, b)


@primitive
def bitwise_xor(a, b):
    """a ^ b, of integers or booleans."""
    return apply_to_pair(np.bitwise_xor, a, b)


@primitive
def bitwise_not(x):
    """~x, of integers or booleans."""
    return np.invert(x)


@primitive
def bitwise_left_shift(a, b):
    """a << b: the bits of a moved up by b places; 0 where b is negative or no bit is left."""
    a, b = _integers("bitwise_left_shift", *aligned(a, b))
    return np.where(_within(a, b), np.left_shift(a, np.where(_within(a, b), b, 0)), a.dtype.type(0))


@primitive
def bitwise_right_shift(a, b):
    """a >> b: the bits of a moved down by b places; only the sign is left where b is negative or too great."""
    a, b = _integers("bitwise_right_shift", *aligned(a, b))
    places = np.where(_within(a, b), b, a.dtype.itemsize * 8 - 1).astype(b.dtype)
    return np.where(_within(a, b) | (a < 0), np.right_shift(a, places), a.dtype.type(0))


def _integers(name: str, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype.kind not in "iu":
        raise DtypeError(f"{name}: got {a.dtype}, needs integers")
    return a, b


def _within(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (b >= 0) & (b < a.dtype.itemsize * 8)


@primitive
def logical_and(a, b):
    """Whether both are not zero."""
    return np.logical_and(a, b)


@primitive
def logical_or(a, b):
    """Whether one of both is not zero."""
    return np.logical_or(a, b)


@primitive
def logical_xor(a, b):
    """Whether exactly one of both is not zero."""
    return np.logical_xor(a, b)


@primitive
def logical_not(x):
    """Whether x is zero."""
    return np.logical_not(x)


@primitive
def gcd(a, b):
    """The greatest common divisor of integers."""
    return apply_to_pair(np.gcd, a, b)


@primitive
def lcm(a, b):
    """The least common multiple of integers."""
    return apply_to_pair(np.lcm, a, b)
