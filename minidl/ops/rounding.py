"""Rounding, signs, and what tells floats apart.  All are constant between their jumps: their gradient is zero."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..autograd import primitive
from ..errors import DtypeError
from .comparison import flat, where
from .promotion import Array, array_of


@primitive
def floor(x):
    """The greatest whole number of at most x."""
    return np.floor(x) if x.dtype.kind == "f" else x.copy()


@floor.gradient
def _(g):
    return flat(g)


@primitive
def ceil(x):
    """The least whole number of at least x."""
    return np.ceil(x) if x.dtype.kind == "f" else x.copy()


@ceil.gradient
def _(g):
    return flat(g)


@primitive
def trunc(x):
    """x without its fraction."""
    return np.trunc(x) if x.dtype.kind == "f" else x.copy()


@trunc.gradient
def _(g):
    return flat(g)


@primitive
def round(x, decimals=0):
    """The nearest number of so many decimals; halves go to the even neighbour."""
    return np.round(x, decimals) if x.dtype.kind == "f" else x.copy()


@round.gradient("x")
def _(g):
    return flat(g)


@primitive
def frac(x):
    """x - trunc(x)"""
    return x - np.trunc(x)


@frac.gradient
def _(g):
    return g


@primitive
def sign(x):
    """-1, 0 or 1; 0 for NaN."""
    if x.dtype.kind == "b":
        return x.copy()
    return (x > 0).astype(x.dtype) - (x < 0)


@sign.gradient
def _(g):
    return flat(g)


def signbit(input: Array) -> Array:
    """Whether the sign is minus, of zeros and NaN too."""
    return _signbit(input)


@primitive
def _signbit(x):
    return np.signbit(x) if x.dtype.kind == "f" else x < 0


@primitive
def isfinite(x):
    """Where x is neither infinite nor NaN."""
    return np.isfinite(x)


@primitive
def isinf(x):
    """Where x is infinite."""
    return np.isinf(x)


@primitive
def isnan(x):
    """Where x is not a number."""
    return np.isnan(x)


@primitive
def isposinf(x):
    """Where x is plus infinity."""
    return np.isposinf(x)


@primitive
def isneginf(x):
    """Where x is minus infinity."""
    return np.isneginf(x) if x.dtype.kind != "b" else np.zeros(x.shape, bool)


@primitive
def isreal(x):
    """Where x has no imaginary part: everywhere."""
    return np.ones(x.shape, bool)


@primitive
def _nan_to_num(x, nan, posinf, neginf):
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@_nan_to_num.gradient("x")
def _(g, x):
    return where(isfinite(x), g, 0.0)


def nan_to_num(
    input: Array, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Array:
    """NaN replaced by `nan` (0), infinities by `posinf` and `neginf` (the dtype's greatest and least numbers)."""
    if input.dtype.kind != "f":
        return input * 1 if input.dtype.kind != "b" else input | False
    return _nan_to_num(input, nan or 0.0, posinf, neginf)


class FrexpResult(NamedTuple):
    """x = mantissa * 2 ** exponent."""

    mantissa: Array
    exponent: Array


@primitive
def _frexp_mantissa(x, exponent):
    return np.ldexp(x, -exponent).astype(x.dtype)


@_frexp_mantissa.gradient("x")
def _(g, exponent):
    return g * np.ldexp(np.ones(exponent.shape, g.dtype), -exponent)


def frexp(input: Array) -> FrexpResult:
    """The mantissa, of a size from 1/2 to 1, and the int32 exponent of 2."""
    array = array_of(input)
    if array.dtype.kind != "f":
        raise DtypeError(f"frexp: got {array.dtype}, needs a floating dtype; use x.float()")
    exponent = np.asarray(np.frexp(array)[1], np.int32)
    return FrexpResult(_frexp_mantissa(input, exponent), _as_result(input, exponent))


@primitive
def _as_result(x, values):
    return values


fix = trunc
sgn = sign
