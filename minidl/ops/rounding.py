"""Rounding, signs, and what tells floats apart.  All are constant between their jumps: their gradient is zero."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..autograd import primitive
from ..errors import DtypeError
from .comparison import flat, where
from .promotion import Array, apply, array_of, at_least_single, check_floats, check_tensors


def _rounded(name: str, function: np.ufunc, x: Any) -> Any:
    if x.dtype.kind == "b":
        raise DtypeError(f"{name}: got bool, needs numbers; use x.int()")
    return apply(function, x) if x.dtype.kind == "f" else x.copy()


@primitive
def floor(x):
    """The greatest whole number of at most x."""
    return _rounded("floor", np.floor, x)


@floor.gradient
def _(g):
    return flat(g)


@primitive
def ceil(x):
    """The least whole number of at least x."""
    return _rounded("ceil", np.ceil, x)


@ceil.gradient
def _(g):
    return flat(g)


@primitive
def trunc(x):
    """x without its fraction."""
    return _rounded("trunc", np.trunc, x)


@trunc.gradient
def _(g):
    return flat(g)


@primitive
def round(x, decimals=0):
    """The nearest number of so many decimals; halves go to the even neighbour."""
    if not decimals:
        return _rounded("round", np.rint, x)
    check_floats("round", x)
    return np.round(at_least_single(x), decimals).astype(x.dtype, copy=False)


@round.gradient("x")
def _(g):
    return flat(g)


@primitive
def frac(x):
    """x - trunc(x)"""
    check_floats("frac", x)
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


def _told(test: Callable[[Any], Any], x: Any, of_others: bool = False) -> Any:
    """What a test of floats says; of integers and booleans the answer is known."""
    return test(x) if x.dtype.kind == "f" else np.full(x.shape, of_others)


@primitive
def isfinite(x):
    """Where x is neither infinite nor NaN."""
    return _told(np.isfinite, x, True)


@primitive
def isinf(x):
    """Where x is infinite."""
    return _told(np.isinf, x)


@primitive
def isnan(x):
    """Where x is not a number."""
    return _told(np.isnan, x)


@primitive
def isposinf(x):
    """Where x is plus infinity."""
    return _told(np.isposinf, x)


@primitive
def isneginf(x):
    """Where x is minus infinity."""
    return _told(np.isneginf, x)


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
    check_tensors("nan_to_num", input)
    if input.dtype.kind != "f":
        return input * 1 if input.dtype.kind != "b" else input | False
    return _nan_to_num(input, nan or 0.0, posinf, neginf)


class FrexpResult(NamedTuple):
    """x = mantissa * 2 ** exponent."""

    mantissa: Array
    exponent: Array


@primitive(outputs=("mantissa", "exponent"))
def _frexp(x):
    check_floats("frexp", x)
    return np.frexp(x)


@_frexp.gradient("x")
def _(g, exponent):
    return g[0] * np.ldexp(g[0].dtype.type(1), -array_of(exponent))


def frexp(input: Array) -> FrexpResult:
    """The mantissa, of a size from 1/2 to 1, and the int32 exponent of 2."""
    return FrexpResult(*_frexp(input))


fix = trunc
sgn = sign
