"""Operators that act on each element: arithmetic, comparison, roots, powers, exponentials.

Inputs broadcast; dtypes promote by PyTorch's rules (minidl/dtypes.py).  A rule may return the gradient in the broadcast
shape: the engine sums it to the input's.
"""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import primitive
from ..errors import ArgumentError

Array = Any
"""A NumPy array, or a tensor when a rule is being recorded."""


def aligned(a: Array, b: Array) -> tuple[Array, Array]:
    """Both operands in the dtype of their result; a Python number that NumPy treats alike stays one."""
    kind = type(b)
    if kind is np.ndarray:
        if type(a) is np.ndarray and a.dtype is b.dtype:
            return a, b
    elif (kind is float or kind is int) and a.dtype.kind == "f":
        return a, b
    dtype = dtypes.result_type(a, b)
    return as_dtype(a, dtype), as_dtype(b, dtype)


def as_dtype(value: Array, dtype: np.dtype) -> Array:
    return value.astype(dtype, copy=False) if hasattr(value, "astype") else dtype.type(value)


def aligned_floats(a: Array, b: Array) -> tuple[Array, Array]:
    """As `aligned`, integers and booleans becoming the default float."""
    a, b = aligned(a, b)
    return as_float(a), as_float(b)


def as_float(x: Array) -> Array:
    """Integers and booleans as the default float, floats as they are."""
    return x if isinstance(x, float) or x.dtype.kind == "f" else x.astype(dtypes.get_default_dtype())


def flat(g: Array) -> Array:
    """The gradient of an operator that is constant between its jumps: zero, whatever arrives."""
    return where(False, g, 0.0)


# --- arithmetic ---------------------------------------------------------------------------------------------------


@primitive
def add(a, b):
    """a + b"""
    return np.add(*aligned(a, b))


@add.gradient("a")
def _(g):
    return g


@add.gradient("b")
def _(g):
    return g


@primitive
def sub(a, b):
    """a - b"""
    return np.subtract(*aligned(a, b))


@sub.gradient("a")
def _(g):
    return g


@sub.gradient("b")
def _(g):
    return -g


@primitive
def mul(a, b):
    """a * b"""
    return np.multiply(*aligned(a, b))


@mul.gradient("a")
def _(g, b):
    return g * b


@mul.gradient("b")
def _(g, a):
    return g * a


@primitive
def div(a, b):
    """a / b, a float also for integers."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.true_divide(*aligned_floats(a, b))


@div.gradient("a")
def _(g, b):
    return g / b


@div.gradient("b")
def _(g, y, b):
    return -g * y / b


@primitive
def floor_divide(a, b):
    """The floor of a / b."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.floor_divide(*aligned(a, b))


@floor_divide.gradient("a", "b")
def _(g):
    return flat(g), flat(g)


@primitive
def remainder(a, b):
    """a - b * floor(a / b): the sign of b."""
    with np.errstate(invalid="ignore"):
        return np.remainder(*aligned(a, b))


@remainder.gradient("a")
def _(g):
    return g


@remainder.gradient("b")
def _(g, a, b):
    return -g * floor_divide(a, b)


@primitive
def neg(x):
    """-x"""
    return np.negative(x)


@neg.gradient
def _(g):
    return -g


@primitive
def pow(a, b):  # noqa: A001 - PyTorch's name
    """a ** b"""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.power(*aligned(a, b))


@pow.gradient("a")
def _(g, a, b):
    if isinstance(b, (int, float)):
        return flat(g) if b == 0 else g * (b * a ** (b - 1))
    return where(b == 0, 0.0, g * (b * a ** (b - 1)))


@pow.gradient("b")
def _(g, a, b, y):
    zero = (a == 0) & (b >= 0)
    return where(zero, 0.0, g * y * log(where(zero, 1.0, a)))


@primitive
def maximum(a, b):
    """The greater of each pair; NaN if either is."""
    return np.maximum(*aligned(a, b))


@maximum.gradient("a")
def _(g, a, b):
    return g * share(a, b)


@maximum.gradient("b")
def _(g, a, b):
    return g * share(b, a)


@primitive
def minimum(a, b):
    """The lesser of each pair; NaN if either is."""
    return np.minimum(*aligned(a, b))


@minimum.gradient("a")
def _(g, a, b):
    return g * share(b, a)


@minimum.gradient("b")
def _(g, a, b):
    return g * share(a, b)


@primitive
def share(a, b):
    """1 where a > b, 1/2 at ties, 0 elsewhere: how the gradient of a maximum is divided."""
    dtype = dtypes.result_type(a, b)
    return ((a > b) + 0.5 * (a == b)).astype(dtype)


@share.gradient("a", "b")
def _(g):
    return flat(g), flat(g)


# --- comparison and choice ----------------------------------------------------------------------------------------


@primitive
def eq(a, b):
    """a == b"""
    return np.equal(*aligned(a, b))


@primitive
def ne(a, b):
    """a != b"""
    return np.not_equal(*aligned(a, b))


@primitive
def lt(a, b):
    """a < b"""
    return np.less(*aligned(a, b))


@primitive
def le(a, b):
    """a <= b"""
    return np.less_equal(*aligned(a, b))


@primitive
def gt(a, b):
    """a > b"""
    return np.greater(*aligned(a, b))


@primitive
def ge(a, b):
    """a >= b"""
    return np.greater_equal(*aligned(a, b))


@primitive
def bitwise_and(a, b):
    """a & b, of integers or booleans."""
    return np.bitwise_and(*aligned(a, b))


@primitive
def bitwise_or(a, b):
    """a | b, of integers or booleans."""
    return np.bitwise_or(*aligned(a, b))


@primitive
def bitwise_xor(a, b):
    """a ^ b, of integers or booleans."""
    return np.bitwise_xor(*aligned(a, b))


@primitive
def bitwise_not(x):
    """~x, of integers or booleans."""
    return np.invert(x)


@primitive
def where(condition, a, b):
    """a where the condition holds, else b."""
    dtype = dtypes.result_type(a, b)
    return np.where(condition, as_dtype(a, dtype), as_dtype(b, dtype))


@where.gradient("a")
def _(g, condition):
    return where(condition, g, 0.0)


@where.gradient("b")
def _(g, condition):
    return where(condition, 0.0, g)


@primitive
def clip(x, low, high):
    return np.clip(x, low, high)


@clip.gradient("x")
def _(g, x, low, high):
    inside = (x == x if low is None else x >= low) & (x == x if high is None else x <= high)
    return where(inside, g, 0.0)


def clamp(x: Array, min: Any = None, max: Any = None) -> Array:  # noqa: A002 - PyTorch's names
    """x limited to [min, max]; either may be None.  The gradient is 1 at the limits, as PyTorch's."""
    if min is None and max is None:
        raise ArgumentError("clamp: got neither min nor max; give at least one")
    return clip(x, min, max)


# --- roots, exponentials and their kin ------------------------------------------------------------------------------


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
    with np.errstate(invalid="ignore"):
        return np.sqrt(as_float(x))


@sqrt.gradient
def _(g, y):
    return g / (2 * y)


@primitive
def rsqrt(x):
    """1 / sqrt(x)"""
    with np.errstate(divide="ignore", invalid="ignore"):
        return 1 / np.sqrt(as_float(x))


@rsqrt.gradient
def _(g, y):
    return g * (-0.5 * y**3)


@primitive
def reciprocal(x):
    """1 / x"""
    with np.errstate(divide="ignore"):
        return 1 / as_float(x)


@reciprocal.gradient
def _(g, y):
    return -g * (y * y)


@primitive
def exp(x):
    """e ** x"""
    with np.errstate(over="ignore"):
        return np.exp(as_float(x))


@exp.gradient
def _(g, y):
    return g * y


@primitive
def log(x):
    """The natural logarithm; -inf at zero, NaN below."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(as_float(x))


@log.gradient
def _(g, x):
    return g / x


@primitive
def log1p(x):
    """log(1 + x), accurate near zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log1p(as_float(x))


@log1p.gradient
def _(g, x):
    return g / (1 + x)


@primitive
def expm1(x):
    """exp(x) - 1, accurate near zero."""
    with np.errstate(over="ignore"):
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
def abs(x):  # noqa: A001 - PyTorch's name
    """|x|; the gradient at zero is zero."""
    return np.abs(x)


@abs.gradient
def _(g, x):
    return g * sign(x)


@primitive
def sign(x):
    """-1, 0 or 1."""
    return np.sign(x)


@sign.gradient
def _(g):
    return flat(g)


# --- dtype and copies -----------------------------------------------------------------------------------------------


@primitive
def astype(x, dtype):
    """x in another dtype."""
    with np.errstate(invalid="ignore", over="ignore"):
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


def isnan(x: Array) -> Array:
    """Where x is not a number."""
    return x != x


def isfinite(x: Array) -> Array:
    """Where x is neither infinite nor NaN."""
    return abs(x) < math.inf
