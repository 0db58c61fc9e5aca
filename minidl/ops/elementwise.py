"""Operators that act on each element: roots, exponentials, logarithms, absolute values, casts and copies."""

from __future__ import annotations

import math

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..errors import DtypeError, ShapeError
from .promotion import Array, apply, apply_to_floats, array_of, as_float, check_tensors
from .rounding import sign


@primitive
def square(x):
    """x * x"""
    return apply(np.square, x) if x.dtype.kind != "b" else x.astype(np.int64)


@square.gradient
def _(g, x):
    if isinstance(x, np.ndarray) and x.dtype.kind == "f":
        return kernels.of(x).square_gradient(x, g)
    return g * (2 * x)


@primitive
def sqrt(x):
    """The square root; NaN below zero."""
    return apply_to_floats(np.sqrt, x)


@sqrt.gradient
def _(g, y):
    return g / (2 * y)


@primitive
def rsqrt(x):
    """1 / sqrt(x)"""
    x = as_float(x)
    return kernels.of(x).rsqrt(x)


@rsqrt.gradient
def _(g, y):
    return g * (-0.5 * (y * y * y))


@primitive
def reciprocal(x):
    """1 / x"""
    return apply_to_floats(np.reciprocal, x)


@reciprocal.gradient
def _(g, y):
    return -g * (y * y)


@primitive
def exp(x):
    """e ** x"""
    return apply_to_floats(np.exp, x)


@exp.gradient
def _(g, y):
    return g * y


@primitive
def log(x):
    """The natural logarithm; -inf at zero, NaN below."""
    return apply_to_floats(np.log, x)


@log.gradient
def _(g, x):
    return g / x


@primitive
def log1p(x):
    """log(1 + x), accurate near zero."""
    return apply_to_floats(np.log1p, x)


@log1p.gradient
def _(g, x):
    return g / (1 + x)


@primitive
def expm1(x):
    """exp(x) - 1, accurate near zero."""
    return apply_to_floats(np.expm1, x)


@expm1.gradient
def _(g, y):
    return g * (y + 1)


@primitive
def exp2(x):
    """2 ** x"""
    return apply_to_floats(np.exp2, x)


@exp2.gradient
def _(g, y):
    return g * (y * math.log(2))


@primitive
def log2(x):
    """The logarithm to base 2."""
    return apply_to_floats(np.log2, x)


@log2.gradient
def _(g, x):
    return g / (x * math.log(2))


@primitive
def log10(x):
    """The logarithm to base 10."""
    return apply_to_floats(np.log10, x)


@log10.gradient
def _(g, x):
    return g / (x * math.log(10))


@primitive
def abs(x):
    """|x|, of numbers; the gradient at zero is zero."""
    if x.dtype.kind == "b":
        raise DtypeError("abs: got bool, needs numbers; use x.int()")
    return apply(np.abs, x)


@abs.gradient
def _(g, x):
    if isinstance(x, np.ndarray) and x.dtype.kind == "f":
        return kernels.of(x).sign_of(x, g)
    return g * sign(x)


@primitive
def astype(x, dtype):
    """x in another dtype."""
    return x.astype(dtype)


@astype.gradient("x")
def _(g):
    return g  # the engine casts it back


@primitive
def clone(x):
    """A copy of x in memory of its own, of the same layout."""
    return kernels.of(x).copied(x)


@clone.gradient
def _(g):
    return g


def positive(input: Array) -> Array:
    """The input itself, of numbers."""
    check_tensors("positive", input)
    if input.dtype.kind == "b":
        raise DtypeError("positive: got bool, needs numbers; use x.int()")
    return input


def real(input: Array) -> Array:
    """The real part: the tensor itself, since all numbers here are real."""
    check_tensors("real", input)
    return input


conj = resolve_conj = resolve_neg = conj_physical = real


def is_nonzero(input: Array) -> bool:
    """Whether the one element is not zero."""
    check_tensors("is_nonzero", input)
    array = array_of(input)
    if array.size != 1:
        raise ShapeError(f"is_nonzero: shape {array.shape}; needs one element, or use .any()")
    return bool(array.item() != 0)


absolute = abs
