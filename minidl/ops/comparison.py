"""Operators that compare, choose and limit."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes, kernels
from ..autograd import primitive
from ..autograd.calling import wrap
from ..autograd.graph import Variable
from ..errors import ArgumentError, DtypeError
from .promotion import Array, aligned, apply_to_pair, array_of, as_dtype, check_tensors, constant

_NUMBERS = (float, int)


@primitive
def eq(a, b):
    """a == b"""
    return apply_to_pair(np.equal, a, b)


@primitive
def ne(a, b):
    """a != b"""
    return apply_to_pair(np.not_equal, a, b)


@primitive
def lt(a, b):
    """a < b"""
    return apply_to_pair(np.less, a, b)


@primitive
def le(a, b):
    """a <= b"""
    return apply_to_pair(np.less_equal, a, b)


@primitive
def gt(a, b):
    """a > b"""
    return apply_to_pair(np.greater, a, b)


@primitive
def ge(a, b):
    """a >= b"""
    return apply_to_pair(np.greater_equal, a, b)


@primitive
def where(condition, a, b):
    """a where the condition holds, else b."""
    if not (type(a) is type(b) is np.ndarray and a.dtype is b.dtype):
        dtype = dtypes.result_type(a, b)
        a, b = as_dtype(a, dtype), as_dtype(b, dtype)
    if a.dtype.kind != "f" or condition is True or condition is False or condition.dtype.kind != "b":
        return np.where(condition, a, b)
    if a.size < b.size:  # a kernel's first array tells how large the work is
        return kernels.of(b).choose(b, a, ~condition)
    return kernels.of(a).choose(a, b, condition)


@where.gradient("a")
def _(g, condition):
    return where(condition, g, 0.0)


@where.gradient("b")
def _(g, condition):
    return where(condition, 0.0, g)


def choose(condition: Array, input: Any = None, other: Any = None) -> Any:
    """input where the condition holds, else other; with a condition alone, the places where it is not zero.

    The places are a tuple of indices, one tensor a dimension.
    """
    if input is None and other is None:
        places = np.nonzero(np.atleast_1d(array_of(condition)))
        return tuple(wrap(part) for part in places) if isinstance(condition, Variable) else places
    if input is None or other is None:
        raise ArgumentError("where: got one of input and other; give both, or neither")
    check_tensors("where", condition)
    if condition.dtype.kind != "b" and condition.dtype != np.uint8:
        raise DtypeError(f"where: a condition of {condition.dtype}; needs booleans, such as x != 0")
    return where(condition, input, other)


@primitive
def clip(x, low, high):
    if x.dtype.kind == "f" and type(low) in _NUMBERS and type(high) in _NUMBERS and low == low and high == high:
        if x.dtype is dtypes.float32:
            low, high = constant(low), constant(high)
        return kernels.of(x).clip(x, low, high)
    # at ties NumPy returns the second, x
    y = x if low is None else np.maximum(*_with_limit(low, x))
    y = y if high is None else np.minimum(*_with_limit(high, y))
    if y.dtype.kind == "b" and _is_refused(low, high):
        raise DtypeError("clip: got booleans; use .int()")
    return y


def _is_refused(low: Any, high: Any) -> bool:
    """Whether these are no limits for booleans: numbers, or two."""
    return isinstance(low, bool) or isinstance(high, bool) or (low is not None and high is not None)


def _with_limit(limit: Any, x: Any) -> tuple[Any, Any]:
    """Both in the dtype of the result; a number that does not fit into it is refused."""
    if x.dtype.kind == "f":
        return aligned(x, limit)[::-1]
    dtype = dtypes.result_type(limit, x)
    return as_dtype(limit, dtype), as_dtype(x, dtype)


@clip.gradient("x")
def _(g, x, low, high):
    if isinstance(x, np.ndarray) and type(low) in _NUMBERS and type(high) in _NUMBERS:
        return kernels.of(x).gate_between(x, g, low, high)
    inside = (x == x if low is None else x >= low) & (x == x if high is None else x <= high)
    return where(inside, g, 0.0)


@clip.gradient("low")
def _(g, x, low, high):
    limited = x < low if high is None else (x < low) & (low < high)
    return where(limited, g, 0.0)


@clip.gradient("high")
def _(g, x, low, high):
    limited = x > high if low is None else (x > high) | (high < low)
    return where(limited, g, 0.0)


def clamp(input: Array, min: Any = None, max: Any = None) -> Array:
    """The input limited to [min, max], numbers or tensors; either may be None.

    The gradient is 1 at the limits, as PyTorch's.
    """
    if min is None and max is None:
        raise ArgumentError("clamp: got neither min nor max; give at least one")
    return clip(input, min, max)


def clamp_min(input: Array, min: Any) -> Array:
    """The input, at least `min`."""
    return clip(input, min, None)


def clamp_max(input: Array, max: Any) -> Array:
    """The input, at most `max`."""
    return clip(input, None, max)


@primitive
def maximum(a, b):
    """The greater of each pair; NaN if either is."""
    return apply_to_pair(np.maximum, a, b)


@maximum.gradient("a")
def _(g, a, b):
    return g * share(a, b)


@maximum.gradient("b")
def _(g, a, b):
    return g * share(b, a)


@primitive
def minimum(a, b):
    """The lesser of each pair; NaN if either is."""
    return apply_to_pair(np.minimum, a, b)


@minimum.gradient("a")
def _(g, a, b):
    return g * share(b, a)


@minimum.gradient("b")
def _(g, a, b):
    return g * share(a, b)


@primitive
def share(a, b):
    """0 where a < b, 1/2 at ties, else 1, also for NaN: how the gradient of a maximum is divided."""
    dtype = dtypes.result_type(a, b)
    return (1 - (a < b) - 0.5 * (a == b)).astype(dtype)


@share.gradient("a", "b")
def _(g):
    return flat(g), flat(g)


def flat(g: Array) -> Array:
    """The gradient of an operator that is constant between its jumps: zero, whatever arrives."""
    return where(False, g, 0.0)
