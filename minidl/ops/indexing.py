"""Operators that select: `x[...]` in all forms, gather, and their transposes, which put values back.

A selection's gradient puts values into zeros; the gradient of that is the selection again.  So each pair differentiates
to any order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import primitive
from ..errors import DtypeError, ShapeError
from .promotion import Array, array_of
from .shape import axis_of


def raw_index(index: Any) -> Any:
    """An index as NumPy takes it: tensors as arrays, lists as arrays."""
    if isinstance(index, tuple):
        return tuple(raw_index(part) for part in index)
    if isinstance(index, list):
        return np.asarray([raw_index(part) for part in index])
    array = array_of(index)
    if isinstance(array, np.ndarray) and array.dtype.kind == "f":
        raise DtypeError(f"index: a tensor of {array.dtype} cannot index; use integers or booleans, e.g. .long()")
    return array


def is_basic(index: Any) -> bool:
    """Whether it selects a regular part of memory: integers, slices, None and ellipsis only."""
    parts = index if isinstance(index, tuple) else (index,)
    return not any(isinstance(part, (np.ndarray, bool, np.bool_)) for part in parts)


@primitive(view=True)
def _slice(x, index):
    parts = index if isinstance(index, tuple) else (index,)
    return x[parts if Ellipsis in parts else (*parts, Ellipsis)]  # with an ellipsis one element, too, is a view


@_slice.gradient("x")
def _(g, x_shape, index):
    return put_slice(g, x_shape, index)


@primitive
def put_slice(g, shape, index):
    """Zeros of `shape` with g at a basic index."""
    x = np.zeros(shape, g.dtype)
    x[index] = g
    return x


@put_slice.gradient("g")
def _(gg, index):
    return gg[index]


@primitive
def select_at(x, index):
    return x[index]


@select_at.gradient("x")
def _(g, x_shape, index):
    return put_at(g, x_shape, index)


@primitive
def put_at(g, shape, index):
    """Zeros of `shape` with g added at an index of arrays, in which places may recur."""
    x = np.zeros(shape, g.dtype)
    np.add.at(x, index, g)
    return x


@put_at.gradient("g")
def _(gg, index):
    return gg[index]


def getitem(x: Array, index: Any) -> Array:
    """`x[index]`: a view for integers, slices, None and ellipsis; a copy for tensors of integers or booleans."""
    index = raw_index(index)
    try:
        return _slice(x, index) if is_basic(index) else select_at(x, index)
    except ShapeError as error:
        if isinstance(index, (tuple, int)):
            raise IndexRangeError(str(error)) from None
        raise


class IndexRangeError(ShapeError, IndexError):
    """An index outside a tensor: also an IndexError, which ends Python's iteration over `x[0], x[1], ...`."""


@primitive
def take_along(x, indices, axis):
    """Along `axis` the elements at `indices`, an array of as many dimensions as x."""
    return np.take_along_axis(x, indices, axis)


@take_along.gradient("x")
def _(g, x_shape, indices, axis):
    return put_along(g, x_shape, indices, axis)


@primitive
def put_along(g, shape, indices, axis):
    """Zeros of `shape` with g added at `indices` along `axis`."""
    x = np.zeros(shape, g.dtype)
    places = list(np.ogrid[tuple(slice(n) for n in indices.shape)])
    places[axis] = indices
    np.add.at(x, tuple(places), g)
    return x


@put_along.gradient("g")
def _(gg, indices, axis):
    return take_along(gg, indices, axis)


def gather(x: Array, dim: int, index: Array) -> Array:
    """out[i][j] = x[index[i][j]][j] for dim 0, and so on: `index` is int64, of as many dimensions as x."""
    indices = raw_index(index)
    axis = axis_of("gather", x, dim)
    if indices.ndim != x.ndim:
        raise ShapeError(f"gather: index {indices.shape} has not as many dimensions as the input {tuple(x.shape)}")
    if any(m > n for i, (m, n) in enumerate(zip(indices.shape, x.shape, strict=True)) if i != axis):
        raise ShapeError(f"gather: index {indices.shape} exceeds the input {tuple(x.shape)} outside dim {dim}")
    if indices.size and (indices.min() < 0 or indices.max() >= x.shape[axis]):
        raise IndexRangeError(f"gather: an index is outside 0 to {x.shape[axis] - 1}, the size of dim {dim}")
    part = x[tuple(slice(None) if i == axis else slice(n) for i, n in enumerate(indices.shape))]
    return take_along(part, indices, axis)
