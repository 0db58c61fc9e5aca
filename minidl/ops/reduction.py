"""Operators that reduce dimensions: sums, means, variances, extremes.

`dim` is an int, a tuple of ints or None for all dimensions; `axis` and `keepdims`, NumPy's words, are understood too.
"""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import primitive
from ..errors import ArgumentError, DtypeError, ShapeError
from .comparison import where
from .elementwise import astype, exp, log
from .indexing import take_along
from .promotion import Array, array_of, as_float, check_floats
from .shape import broadcast, reshape

Dim = int | tuple[int, ...] | list[int] | None


def also_numpy_words(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let `axis` and `keepdims` stand for `dim` and `keepdim`."""

    @functools.wraps(function)
    def reduction(*args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            return function(*args)
        if "out" in kwargs and kwargs["out"] is None:  # np.mean(tensor) says so
            del kwargs["out"]
        if "axis" in kwargs:
            kwargs["dim"] = kwargs.pop("axis")
        if "keepdims" in kwargs:
            kwargs["keepdim"] = kwargs.pop("keepdims")
        return function(*args, **kwargs)

    return reduction


def axes_of(name: str, x: Array, dim: Dim) -> tuple[int, ...]:
    """The dimensions to reduce, counted from the front, in order, each once."""
    ndim = x.ndim
    bound = ndim or 1
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return tuple(range(ndim))
    axes = set()
    for d in (dim,) if isinstance(dim, int) else dim:
        if not -bound <= d < bound:
            raise ShapeError(f"{name}: dim {d} of a tensor with shape {tuple(x.shape)}; it has {ndim} dimensions")
        if ndim:
            if d % ndim in axes:
                raise ArgumentError(f"{name}: dim {d} appears twice in {dim}")
            axes.add(d % ndim)
    return tuple(sorted(axes))


def kept_shape(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` with the reduced dimensions as ones."""
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def count_of(shape: tuple[int, ...], axes: tuple[int, ...]) -> int:
    """How many elements go into each result."""
    count = 1
    for axis in axes:
        count *= shape[axis]
    return count


def spread(g: Array, shape: tuple[int, ...], axes: tuple[int, ...]) -> Array:
    """A reduced value again in the shape that it was reduced from."""
    return broadcast(g if g.ndim == 0 else reshape(g, kept_shape(shape, axes)), shape)


# --- sums -----------------------------------------------------------------------------------------------------------


@primitive
def _sum(x, axes, keepdim):
    return np.add.reduce(x, axes, keepdims=keepdim)


@_sum.gradient("x")
def _(g, x_shape, axes):
    return spread(g, x_shape, axes)


@also_numpy_words
def sum(x: Array, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    """The sum over `dim`; of integers and booleans an int64."""
    if dtype is not None:
        x = astype(x, dtypes.as_dtype(dtype))
    elif x.dtype.kind != "f":
        x = astype(x, dtypes.int64)
    return _sum(x, axes_of("sum", x, dim), keepdim)


@primitive
def _scaled_sum(x, axes, keepdim, scale):
    return np.add.reduce(x, axes, keepdims=keepdim) * x.dtype.type(scale)


@_scaled_sum.gradient("x")
def _(g, x_shape, axes, scale):
    return spread(g * scale, x_shape, axes)


@also_numpy_words
def mean(x: Array, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    """The mean over `dim`, of floats; NaN over no elements.

    Raises DtypeError for integers, whose mean is rarely an integer: give `dtype`, or convert with `.float()`.
    """
    if dtype is not None:
        x = astype(x, dtypes.as_dtype(dtype))
    if x.dtype.kind != "f":
        raise DtypeError(f"mean: got {x.dtype}, needs a floating dtype; use x.float().mean() or pass dtype=")
    axes = axes_of("mean", x, dim)
    count = count_of(x.shape, axes)
    return _scaled_sum(x, axes, keepdim, 1 / count if count else float("nan"))


@also_numpy_words
def var(
    x: Array, dim: Dim = None, unbiased: bool = True, keepdim: bool = False, *, correction: int | None = None
) -> Array:
    """The variance over `dim`, divided by n - correction (1 unless `unbiased` is False)."""
    check_floats("var", x)
    correction = int(unbiased) if correction is None else correction
    axes = axes_of("var", x, dim)
    freedom = builtins.max(count_of(x.shape, axes) - correction, 0)
    centred = x - mean(x, axes or None, True)
    return _scaled_sum(centred * centred, axes, keepdim, 1 / freedom if freedom else float("nan"))


@primitive
def _deviation(variance):
    return np.sqrt(variance)


@_deviation.gradient
def _(g, y):
    return where(y == 0, 0.0, g / (2 * y))  # where nothing deviates every direction is equal


@also_numpy_words
def std(
    x: Array, dim: Dim = None, unbiased: bool = True, keepdim: bool = False, *, correction: int | None = None
) -> Array:
    """The square root of `var`; where it is zero, so is its gradient."""
    return _deviation(var(x, dim, unbiased, keepdim, correction=correction))


@also_numpy_words
def logsumexp(x: Array, dim: Dim, keepdim: bool = False) -> Array:
    """log(sum(exp(x))) without overflow: the greatest element is taken out first."""
    x = as_float(x)
    axes = axes_of("logsumexp", x, dim)
    top = _amax(x.detach() if hasattr(x, "detach") else x, axes, True)
    top = where(abs(top) == float("inf"), 0.0, top)
    total = log(_sum(exp(x - top), axes, True)) + top
    return total if keepdim else reshape(total, tuple(n for i, n in enumerate(total.shape) if i not in axes))


# --- extremes -------------------------------------------------------------------------------------------------------


@primitive
def _amax(x, axes, keepdim):
    return np.maximum.reduce(x, axes, keepdims=keepdim)


@primitive
def _amin(x, axes, keepdim):
    return np.minimum.reduce(x, axes, keepdims=keepdim)


@_amax.gradient("x")
def _(g, x, y, axes):
    return _shared_among_extremes(g, x, y, axes)


@_amin.gradient("x")
def _(g, x, y, axes):
    return _shared_among_extremes(g, x, y, axes)


def _shared_among_extremes(g: Array, x: Array, y: Array, axes: tuple[int, ...]) -> Array:
    """The gradient of an extreme, divided evenly among the elements that attain it."""
    attained = as_float(x == spread(y, x.shape, axes)).astype(x.dtype)
    return attained * spread(g, x.shape, axes) / _sum(attained, axes, True)


@also_numpy_words
def amax(x: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    """The greatest element over `dim`; ties share the gradient."""
    return _amax(x, _nonempty_axes("amax", x, dim), keepdim)


@also_numpy_words
def amin(x: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    """The least element over `dim`; ties share the gradient."""
    return _amin(x, _nonempty_axes("amin", x, dim), keepdim)


def _nonempty_axes(name: str, x: Array, dim: Dim) -> tuple[int, ...]:
    axes = axes_of(name, x, dim)
    if x.ndim and count_of(x.shape, axes) == 0:
        raise ShapeError(f"{name}: nothing to choose from along dim {dim} of a tensor with shape {tuple(x.shape)}")
    return axes


def _with_indices(name: str, choose: Callable[..., Any], x: Array, dim: int, keepdim: bool) -> tuple[Array, Array]:
    """The element that `choose` (argmax or argmin) picks along `dim`, and its index; the gradient goes to it alone."""
    if x.ndim == 0:
        return x * 1, choose(x)
    (axis,) = _nonempty_axes(name, x, dim)
    indices = choose(x, axis, True)
    values = take_along(x, array_of(indices), axis)
    if keepdim:
        return values, indices
    shape = tuple(n for i, n in enumerate(x.shape) if i != axis)
    return reshape(values, shape), reshape(indices, shape)


@primitive
def _greatest(x):
    return np.maximum.reduce(x, None)


@primitive
def _least(x):
    return np.minimum.reduce(x, None)


@_greatest.gradient
def _(g, x, y):
    return _shared_evenly(g, x, y)


@_least.gradient
def _(g, x, y):
    return _shared_evenly(g, x, y)


def _shared_evenly(g: Array, x: Array, y: Array) -> Array:
    """The gradient of the extreme of all elements, for those that attain it, which may be NaN."""
    attained = astype((x == y) | ((x != x) & (y != y)), x.dtype)
    return attained * (g / _sum(attained, tuple(range(x.ndim)), False))


@also_numpy_words
def max(x: Array, dim: int | None = None, keepdim: bool = False) -> Any:
    """The greatest element of all; or with `dim` the pair (values, indices) along it."""
    if dim is None:
        return _greatest(x)
    return Extremes(*_with_indices("max", argmax, x, dim, keepdim))


@also_numpy_words
def min(x: Array, dim: int | None = None, keepdim: bool = False) -> Any:
    """The least element of all; or with `dim` the pair (values, indices) along it."""
    if dim is None:
        return _least(x)
    return Extremes(*_with_indices("min", argmin, x, dim, keepdim))


class Extremes(tuple):
    """The pair (values, indices)."""

    __slots__ = ()

    def __new__(cls, values: Array, indices: Array) -> Extremes:
        return super().__new__(cls, (values, indices))

    @property
    def values(self) -> Array:
        return self[0]

    @property
    def indices(self) -> Array:
        return self[1]

    def __repr__(self) -> str:
        return f"(values={self[0]!r}, indices={self[1]!r})"


@primitive
def _argmax(x, axis, keepdim):
    return np.asarray(x.argmax(axis=axis, keepdims=keepdim), dtype=np.int64)


@primitive
def _argmin(x, axis, keepdim):
    return np.asarray(x.argmin(axis=axis, keepdims=keepdim), dtype=np.int64)


@also_numpy_words
def argmax(x: Array, dim: int | None = None, keepdim: bool = False) -> Array:
    """The index of the greatest element, the first of equal ones; along `dim`, or of the flattened tensor."""
    _nonempty_axes("argmax", x, dim)
    return _argmax(x, dim if x.ndim else None, keepdim)


@also_numpy_words
def argmin(x: Array, dim: int | None = None, keepdim: bool = False) -> Array:
    """The index of the least element, the first of equal ones; along `dim`, or of the flattened tensor."""
    _nonempty_axes("argmin", x, dim)
    return _argmin(x, dim if x.ndim else None, keepdim)


# --- truth ----------------------------------------------------------------------------------------------------------


@primitive
def _all(x, axes, keepdim):
    return x.all(axis=axes, keepdims=keepdim)


@primitive
def _any(x, axes, keepdim):
    return x.any(axis=axes, keepdims=keepdim)


@also_numpy_words
def all(x: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    """Whether all elements over `dim` are true."""
    return _all(x, axes_of("all", x, dim), keepdim)


@also_numpy_words
def any(x: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    """Whether any element over `dim` is true."""
    return _any(x, axes_of("any", x, dim), keepdim)
