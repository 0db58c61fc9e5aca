"""Operators that act on each element: roots, exponentials, sines, signs, casts and copies."""

from __future__ import annotations

import math

import numpy as np

from ..autograd import primitive
from .comparison import flat
from .promotion import Array, as_float


@primitive
def square(x):
    """x * x"""
    return np.square(x)


@square.gradient
def _(g, x):
    return g * (2 * x)


@primitive
def sqrt(x):
    """The square root; NaN below zero."""
    return np.sqrt(as_float(x))


@sqrt.gradient
def _(g, y):
    return g / (2 * y)


@primitive
def rsqrt(x):
    """1 / sqrt(x)"""
    return 1 / np.sqrt(as_float(x))


@rsqrt.gradient
def _(g, y):
    return g * (-0.5 * y**3)


@primitive
def reciprocal(x):
    """1 / x"""
    return 1 / as_float(x)


@reciprocal.gradient
def _(g, y):
    return -g * (y * y)


@primitive
def exp(x):
    """e ** x"""
    return np.exp(as_float(x))


@exp.gradient
def _(g, y):
    return g * y


@primitive
def log(x):
    """The natural logarithm; -inf at zero, NaN below."""
    return np.log(as_float(x))


@log.gradient
def _(g, x):
    return g / x


@primitive
def log1p(x):
    """log(1 + x), accurate near zero."""
    return np.log1p(as_float(x))


@log1p.gradient
def _(g, x):
    return g / (1 + x)


@primitive
def expm1(x):
    """exp(x) - 1, accurate near zero."""
    return np.expm1(as_float(x))


@expm1.gradient
def _(g, y):
    return g * (y + 1)


@primitive
def sin(x):
    """The sine of x in radians."""
    return np.sin(as_float(x))


@sin.gradient
def _(g, x):
    return g * cos(x)


@primitive
def cos(x):
    """The cosine of x in radians."""
    return np.cos(as_float(x))


@cos.gradient
def _(g, x):
    return -g * sin(x)


@primitive
def abs(x):
    """|x|; the gradient at zero is zero."""
    return np.abs(x)


@abs.gradient
def _(g, x):
    return g * sign(x)


@primitive
def sign(x):
    """-1, 0 or 1; 0 for NaN."""
    return (x > 0).astype(x.dtype) - (x < 0)


@sign.gradient
def _(g):
    return flat(g)


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
    return x.copy(order="K")


@clone.gradient
def _(g):
    return g


def isfinite(x: Array) -> Array:
    """Where x is neither infinite nor NaN."""
    return abs(x) < math.inf
