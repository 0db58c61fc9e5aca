"""Greatest and least elements, and where they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..autograd import primitive
from ..autograd.graph import Variable
from ..errors import ShapeError
from .comparison import maximum, minimum
from .elementwise import astype, clone
from .indexing import put_along
from .promotion import Array, array_of, as_float, check_tensors
from .reduction import Dim, axes_of, count_of, plain_sum, spread
from .shape import axis_of, unsqueeze
from .words import also_numpy_words


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
    return attained * spread(g, x.shape, axes) / plain_sum(attained, axes, True)


@also_numpy_words
def amax(input: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    """The greatest element over `dim`; ties share the gradient."""
    return _amax(input, _nonempty_axes("amax", input, dim), keepdim)


@also_numpy_words
def amin(input: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    """The least element over `dim`; ties share the gradient."""
    return _amin(input, _nonempty_axes("amin", input, dim), keepdim)


def _nonempty_axes(name: str, x: Array, dim: Dim) -> tuple[int, ...]:
    axes = axes_of(name, x, dim)
    if x.ndim and count_of(x.shape, axes) == 0:
        raise ShapeError(f"{name}: nothing to choose from along dim {dim} of a tensor with shape {tuple(x.shape)}")
    return axes


def _axis_to_choose_along(name: str, x: Array, dim: int | None) -> int | None:
    """A dimension with something to choose from; None for all elements."""
    if dim is None:
        check_nonempty(name, x)
        return None
    axis = axis_of(name, x, dim)
    _nonempty_axes(name, x, axis)
    return axis if x.ndim else None


def _with_indices(name: str, choose: Callable[..., Any], x: Array, dim: int, keepdim: bool) -> tuple[Array, Array]:
    """The element that `choose` (argmax or argmin) picks along `dim`, and its index; the gradient goes to it alone."""
    axis = _axis_to_choose_along(name, x, dim)
    if axis is None:
        return clone(x), choose(x)
    return _picked(x, np.argmax if choose is argmax else np.argmin, axis, keepdim)


@primitive(outputs=("values", "indices"))
def _picked(x, choose, axis, keepdim):
    indices = choose(x, axis, keepdims=True)
    values = np.take_along_axis(x, indices, axis)
    return (values, indices) if keepdim else (values.squeeze(axis), indices.squeeze(axis))


@_picked.gradient("x")
def _(g, x_shape, indices, axis, keepdim):
    g, places = g[0], array_of(indices)
    if not keepdim:
        g, places = unsqueeze(g, axis), np.expand_dims(places, axis)
    return put_along(g, x_shape, places, axis)


@primitive
def _greatest(x):
    return np.maximum.reduce(x, None)


@primitive
def _least(x):
    return np.minimum.reduce(x, None)


@_greatest.gradient
def _(g, x, y):
    return shared_evenly(g, x, y)


@_least.gradient
def _(g, x, y):
    return shared_evenly(g, x, y)


def shared_evenly(g: Array, x: Array, y: Array) -> Array:
    """The gradient of the extreme of all elements, for those that attain it, which may be NaN."""
    attained = astype((x == y) | ((x != x) & (y != y)), x.dtype)
    return attained * (g / plain_sum(attained, tuple(range(x.ndim)), False))


@also_numpy_words
def max(input: Array, dim: Any = None, keepdim: bool = False, *, other: Array | None = None) -> Any:
    """The greatest element of all; with `dim` the pair (values, indices) along it; of two tensors `maximum`."""
    check_tensors("max", input)
    other = dim if isinstance(dim, (Variable, np.ndarray)) else other
    if other is not None:
        return maximum(input, other)
    if dim is None:
        check_nonempty("max", input)
        return _greatest(input)
    return Max(*_with_indices("max", argmax, input, dim, keepdim))


@also_numpy_words
def min(input: Array, dim: Any = None, keepdim: bool = False, *, other: Array | None = None) -> Any:
    """The least element of all; with `dim` the pair (values, indices) along it; of two tensors `minimum`."""
    check_tensors("min", input)
    other = dim if isinstance(dim, (Variable, np.ndarray)) else other
    if other is not None:
        return minimum(input, other)
    if dim is None:
        check_nonempty("min", input)
        return _least(input)
    return Min(*_with_indices("min", argmin, input, dim, keepdim))


class Max(NamedTuple):
    values: Array
    indices: Array


class Min(NamedTuple):
    values: Array
    indices: Array


class Aminmax(NamedTuple):
    min: Array
    max: Array


@also_numpy_words
def aminmax(input: Array, *, dim: int | None = None, keepdim: bool = False) -> Aminmax:
    """The least and the greatest element, of all or along `dim`; ties share the gradient."""
    axes = _nonempty_axes("aminmax", input, _axis_to_choose_along("aminmax", input, dim))
    return Aminmax(_amin(input, axes, keepdim), _amax(input, axes, keepdim))


def check_nonempty(name: str, x: Array) -> None:
    """Raise ShapeError where there is nothing to choose from."""
    if 0 in x.shape:
        raise ShapeError(f"{name}: nothing to choose from in a tensor with shape {tuple(x.shape)}; give a dim")


@primitive
def _argmax(x, axis, keepdim):
    return np.asarray(x.argmax(axis=axis, keepdims=keepdim), dtype=np.int64)


@primitive
def _argmin(x, axis, keepdim):
    return np.asarray(x.argmin(axis=axis, keepdims=keepdim), dtype=np.int64)


@also_numpy_words
def argmax(input: Array, dim: int | None = None, keepdim: bool = False) -> Array:
    """The index of the greatest element, the first of equal ones; along `dim`, or of the flattened tensor."""
    return _argmax(input, _axis_to_choose_along("argmax", input, dim), keepdim)


@also_numpy_words
def argmin(input: Array, dim: int | None = None, keepdim: bool = False) -> Array:
    """The index of the least element, the first of equal ones; along `dim`, or of the flattened tensor."""
    return _argmin(input, _axis_to_choose_along("argmin", input, dim), keepdim)
