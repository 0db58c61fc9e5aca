"""Operators that select: `x[...]` in all forms, gather, and their transposes, which put values back.

A selection's gradient puts values into zeros; the gradient of that is the selection again.  So each pair differentiates
to any order.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..autograd import primitive
from ..autograd.calling import wrap
from ..errors import DtypeError, ShapeError
from .promotion import Array, array_of
from .shape import axis_of, broadcast, reshape

_PLAIN = {int, slice, type(None), type(Ellipsis)}


def raw_index(index: Any) -> Any:
    """An index as NumPy takes it: tensors as arrays, lists as arrays."""
    if type(index) in _PLAIN:
        return index
    if isinstance(index, tuple):
        return tuple(map(raw_index, index))
    if isinstance(index, list):
        return np.asarray([raw_index(part) for part in index])
    array = array_of(index)
    if isinstance(array, np.ndarray) and array.dtype.kind == "f":
        raise DtypeError(f"index: a tensor of {array.dtype} cannot index; use integers or booleans, e.g. .long()")
    return array


def is_basic(index: Any) -> bool:
    """Whether it selects a regular part of memory: integers, slices, None and ellipsis only."""
    for part in index if isinstance(index, tuple) else (index,):
        if type(part) not in _PLAIN and isinstance(part, (np.ndarray, bool, np.bool_)):
            return False
    return True


@primitive(view=True)
def _slice(x, index):
    if type(index) is slice:
        return x[index]
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
    if type(index) is slice:
        return _slice(x, index)
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
    """Along `axis` the elements at `indices`, an array of as many dimensions as x, smaller outside it or equal."""
    return x[places_along(indices, axis)]


def places_along(indices: np.ndarray, axis: int) -> tuple[np.ndarray, ...]:
    """Indices along one axis as an index of the whole."""
    places = list(np.ogrid[tuple(slice(n) for n in indices.shape)])
    places[axis] = indices
    return tuple(places)


@take_along.gradient("x")
def _(g, x_shape, indices, axis):
    return put_along(g, x_shape, indices, axis)


@primitive
def put_along(g, shape, indices, axis):
    """Zeros of `shape` with g added at `indices` along `axis`."""
    x = np.zeros(shape, g.dtype)
    np.add.at(x, places_along(indices, axis), g)
    return x


@put_along.gradient("g")
def _(gg, indices, axis):
    return take_along(gg, indices, axis)


def gather(input: Array, dim: int, index: Array, *, sparse_grad: bool = False) -> Array:
    """out[i][j] = input[index[i][j]][j] for dim 0, and so on: `index` is int64, of as many dimensions as the input."""
    indices = raw_index(index)
    x, axis = input, axis_of("gather", input, dim)
    if indices.dtype.kind not in "iu":
        raise DtypeError(f"gather: index is {indices.dtype}, needs int64; use .long()")
    if not x.ndim or not indices.ndim:
        flat = take_along(reshape(x, (-1,)), np.atleast_1d(indices), 0) if indices.size else reshape(x, (-1,))[:0]
        return reshape(flat, indices.shape)
    if not indices.size:
        return x[(slice(0, 0),) * x.ndim] if indices.shape == (0,) * x.ndim else _none_of(x, indices.shape)
    if indices.ndim != x.ndim:
        raise ShapeError(f"gather: index {indices.shape} has not as many dimensions as the input {tuple(x.shape)}")
    if any(m > n for i, (m, n) in enumerate(zip(indices.shape, x.shape, strict=True)) if i != axis):
        raise ShapeError(f"gather: index {indices.shape} exceeds the input {tuple(x.shape)} outside dim {dim}")
    if indices.size and (indices.min() < 0 or indices.max() >= x.shape[axis]):
        raise IndexRangeError(f"gather: an index is outside 0 to {x.shape[axis] - 1}, the size of dim {dim}")
    return take_along(x, indices, axis)


def _none_of(x: Array, shape: tuple[int, ...]) -> Array:
    """A tensor without elements, of a shape that holds none."""
    return reshape(reshape(x, (-1,))[:0], shape)


def take_along_dim(input: Array, indices: Array, dim: int | None = None) -> Array:
    """The elements at `indices` along `dim`, both broadcast outside it; without dim, of the flattened input."""
    places = raw_index(indices)
    if places.dtype.kind not in "iu":
        raise DtypeError(f"take_along_dim: indices are {places.dtype}, need int64; use .long()")
    if dim is None:
        return take_along(reshape(input, (-1,)), _within("take_along_dim", places.reshape(-1), array_of(input).size), 0)
    axis = axis_of("take_along_dim", input, dim)
    if places.ndim != input.ndim:
        raise ShapeError(f"take_along_dim: indices {places.shape} for shape {tuple(input.shape)}; needs as many dims")
    shape = tuple(
        n if i == axis else int(np.broadcast_shapes((m,), (n,))[0])
        for i, (m, n) in enumerate(zip(places.shape, input.shape, strict=True))
    )
    wide = tuple(places.shape[i] if i == axis else n for i, n in enumerate(shape))
    x = input if shape == tuple(input.shape) else broadcast(input, shape)
    return take_along(x, np.broadcast_to(_within("take_along_dim", places, shape[axis]), wide), axis)


def _within(name: str, indices: np.ndarray, size: int) -> np.ndarray:
    if indices.size and (indices.min() < -size or indices.max() >= size):
        raise IndexRangeError(f"{name}: an index is outside the {size} places")
    return indices % max(size, 1)


def select(input: Array, dim: int, index: int) -> Array:
    """The slice `index` along `dim`, without it."""
    axis = axis_of("select", input, dim)
    if not input.ndim:
        raise ShapeError("select: a 0-d tensor has no slices")
    return getitem(input, (slice(None),) * axis + (operator.index(index),))


# --- where something is ---------------------------------------------------------------------------------------------


def nonzero(input: Array, *, as_tuple: bool = False) -> Any:
    """The places of elements that are not zero: (count, dimensions) int64, or a tuple of one vector a dimension."""
    array = array_of(input)
    if as_tuple:
        return tuple(wrap(part) for part in np.nonzero(np.atleast_1d(array)))
    return wrap(np.argwhere(array).astype(np.int64))


def argwhere(input: Array) -> Array:
    """The places of elements that are not zero: (count, dimensions), int64."""
    return nonzero(input)


def nonzero_static(input: Array, *, size: int, fill_value: int = -1) -> Array:
    """As `nonzero`, with exactly `size` rows: cut off, or filled up."""
    if size < 0:
        raise ShapeError(f"nonzero_static: size {size}; needs at least 0")
    places = np.argwhere(array_of(input))[:size]
    filled = np.full((size, places.shape[1]), fill_value, np.int64)
    filled[: len(places)] = places
    return wrap(filled)


def unravel_index(indices: Any, shape: Any) -> tuple[Array, ...]:
    """For places in a flattened tensor of `shape`, the index along each dimension."""
    sizes = (shape,) if isinstance(shape, int) else tuple(int(n) for n in array_of(shape))
    places = raw_index(indices)
    if places.dtype.kind not in "iu":
        raise DtypeError(f"unravel_index: indices are {places.dtype}, need integers")
    try:
        found = np.unravel_index(places, sizes)
    except ValueError:
        raise IndexRangeError(f"unravel_index: an index is outside a tensor of shape {sizes}") from None
    return tuple(wrap(np.asarray(part, places.dtype)) for part in found)
