"""Greatest and least elements, and where they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..autograd.graph import Variable
from ..errors import ShapeError
from .comparison import maximum, minimum
from .elementwise import astype, clone
from .indexing import put_along
from .promotion import Array, array_of, as_float, check_tensors
from .reduction import Dim, axes_of, count_of, lies_in_long_rows, plain_sum, spread
from .shape import axis_of, unsqueeze
from .words import also_numpy_words


@primitive
def _amax(x, axes, keepdim):
    return _extreme(np.maximum, x, axes, keepdim)


@primitive
def _amin(x, axes, keepdim):
    return _extreme(np.minimum, x, axes, keepdim)


def _extreme(ufunc: np.ufunc, x: np.ndarray, axes: tuple[int, ...], keepdim: bool) -> Any:
    if x.ndim == 1 and axes and x.size < LONG:
        y = np.asarray(x[x.argmax() if ufunc is np.maximum else x.argmin()])
    elif lies_in_long_rows(x, axes):
        y = kernels.of(x).reduced_rows(ufunc, x)
    else:
        return ufunc.reduce(x, axes, keepdims=keepdim)
    return y[..., None] if keepdim else y


LONG = 1 << 12
"""Elements from which NumPy's reduction is faster than finding the place of the extreme."""


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
    if not array_of(x).size and x.ndim and count_of(x.shape, axes) == 0:
        raise ShapeError(f"{name}: nothing to choose from along dim {dim} of a tensor with shape {tuple(x.shape)}")
    return axes


def _axis_to_choose_along(name: str, x: Array, dim: int | None) -> int | None:
    """A dimension with something to choose from; None for all elements."""
    if dim is None:
        check_nonempty(name, x)
        return None
    array = array_of(x)
    axis = axis_of(name, array, dim)
    if not array.size:
        _nonempty_axes(name, x, axis)
    return axis if array.ndim else None


@primitive(outputs=("values", "indices"))
def _greatest_along(x, axis, keepdim):
    if x.ndim == 1 and not keepdim:
        return _with_place(x, x.argmax())
    return _extreme(np.maximum, x, (axis,), keepdim), x.argmax(axis, keepdims=keepdim)


@primitive(outputs=("values", "indices"))
def _least_along(x, axis, keepdim):
    if x.ndim == 1 and not keepdim:
        return _with_place(x, x.argmin())
    return _extreme(np.minimum, x, (axis,), keepdim), x.argmin(axis, keepdims=keepdim)


def _with_place(x: np.ndarray, place: Any) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(x[place]), np.asarray(place)


@_greatest_along.gradient("x")
def _(g, x_shape, indices, axis, keepdim):
    return _put_back(g[0], x_shape, indices, axis, keepdim)


@_least_along.gradient("x")
def _(g, x_shape, indices, axis, keepdim):
    return _put_back(g[0], x_shape, indices, axis, keepdim)


def _put_back(g: Array, shape: tuple[int, ...], indices: Array, axis: int, keepdim: bool) -> Array:
    """The gradient of what was chosen along an axis, where it stood: to it alone."""
    places = array_of(indices)
    if not keepdim:
        g, places = unsqueeze(g, axis), np.expand_dims(places, axis)
    return put_along(g, shape, places, axis)


@primitive
def _max(x):
    if x.ndim == 1 and 0 < x.size < LONG:
        return np.asarray(x[x.argmax()])
    check_nonempty("max", x)
    return _extreme(np.maximum, x.reshape(-1), (0,), False)


@primitive
def _min(x):
    if x.ndim == 1 and 0 < x.size < LONG:
        return np.asarray(x[x.argmin()])
    check_nonempty("min", x)
    return _extreme(np.minimum, x.reshape(-1), (0,), False)


@_max.gradient
def _(g, x, y):
    return shared_evenly(g, x, y)


@_min.gradient
def _(g, x, y):
    return shared_evenly(g, x, y)


def shared_evenly(g: Array, x: Array, y: Array) -> Array:
    """The gradient of the extreme of all elements, for those that attain it, which may be NaN."""
    attained = astype((x == y) | ((x != x) & (y != y)), x.dtype)
    return attained * (g / plain_sum(attained, tuple(range(x.ndim)), False))


@also_numpy_words
def max(input: Array, dim: Any = None, keepdim: bool = False, *, other: Array | None = None) -> Any:
    """The greatest element of all; with `dim` the pair (values, indices) along it; of two tensors `maximum`."""
    if dim is None and other is None:
        return _max(input)
    check_tensors("max", input)
    if isinstance(dim, (Variable, np.ndarray)) or other is not None:
        return maximum(input, dim if other is None else other)
    return Max(*_along("max", _greatest_along, input, dim, keepdim))


@also_numpy_words
def min(input: Array, dim: Any = None, keepdim: bool = False, *, other: Array | None = None) -> Any:
    """The least element of all; with `dim` the pair (values, indices) along it; of two tensors `minimum`."""
    if dim is None and other is None:
        return _min(input)
    check_tensors("min", input)
    if isinstance(dim, (Variable, np.ndarray)) or other is not None:
        return minimum(input, dim if other is None else other)
    return Min(*_along("min", _least_along, input, dim, keepdim))


def _along(name: str, choose: Callable[..., Any], x: Array, dim: int, keepdim: bool) -> tuple[Array, Array]:
    """The extreme along `dim`, and its index."""
    axis = _axis_to_choose_along(name, x, dim)
    return (clone(x), _argmax(x, None, False)) if axis is None else choose(x, axis, keepdim)


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
    if not array_of(x).size:
        raise ShapeError(f"{name}: nothing to choose from in a tensor with shape {tuple(x.shape)}; give a dim")


@primitive
def _argmax(x, axis, keepdim):
    return np.asarray(x.argmax(axis, keepdims=keepdim))


@primitive
def _argmin(x, axis, keepdim):
    return np.asarray(x.argmin(axis, keepdims=keepdim))


@also_numpy_words
def argmax(input: Array, dim: int | None = None, keepdim: bool = False) -> Array:
    """The index of the greatest element, the first of equal ones; along `dim`, or of the flattened tensor."""
    return _argmax(input, _axis_to_choose_along("argmax", input, dim), keepdim)


@also_numpy_words
def argmin(input: Array, dim: int | None = None, keepdim: bool = False) -> Array:
    """The index of the least element, the first of equal ones; along `dim`, or of the flattened tensor."""
    return _argmin(input, _axis_to_choose_along("argmin", input, dim), keepdim)
