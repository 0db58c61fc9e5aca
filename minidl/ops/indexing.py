"""Operators that select: `x[...]` in all forms, gather, and their transposes, which put values back.

A selection's gradient puts values into zeros; the gradient of that is the selection again.  So each pair differentiates
to any order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..autograd.calling import wrap
from ..autograd.part import Part
from ..errors import DtypeError, ShapeError
from .elementwise import clone
from .masks import select_where
from .promotion import Array, array_of, check_tensors
from .shape import axis_of, broadcast, own_axis, reshape
from .words import also_numpy_words, whole_number, whole_numbers


class IndexRangeError(ShapeError, IndexError):
    """An index outside a tensor: also an IndexError, which ends Python's iteration over `x[0], x[1], ...`."""


_INDEX_DTYPES = (np.dtype(np.int64), np.dtype(np.int32), np.dtype(bool))

_INTEGERS = _INDEX_DTYPES[:2]

JITTED_FROM = 1 << 10
"""Numbers from which a jitted kernel is asked to add them up; few do not pay for loading it."""

_PLAIN = {int, slice, type(None), type(Ellipsis)}


def raw_index(index: Any) -> Any:
    """An index as NumPy takes it: tensors as arrays, lists as arrays; uint8 is a mask, as in PyTorch."""
    if type(index) in _PLAIN:
        return index
    if isinstance(index, tuple):
        return tuple(map(raw_index, index))
    if isinstance(index, list):
        try:
            return raw_index(np.asarray([raw_index(part) for part in index], None if index else np.int64))
        except ValueError:
            raise ShapeError(f"index: {index} has parts of several lengths") from None
    array = array_of(index)
    if isinstance(array, np.ndarray):
        if array.dtype == np.uint8:
            return array != 0
        if array.dtype not in _INDEX_DTYPES:
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
    return Part(g, x_shape, index) if type(g) is np.ndarray else put_slice(g, x_shape, index)


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
    if type(index) is np.ndarray and x.size and x.flags.c_contiguous:  # `take` is 2 to 6 times faster
        if index.dtype != bool:
            return x.take(index, 0)
        if index.shape == x.shape:
            return x.reshape(-1).take(np.flatnonzero(index))
    return x[index]


@select_at.gradient("x")
def _(g, x_shape, index):
    return put_at(g, x_shape, index)


@primitive
def put_at(g, shape, index):
    """Zeros of `shape` with g added at an index of arrays, in which places may recur."""
    x = np.zeros(shape, g.dtype)
    if type(index) is np.ndarray and index.dtype == bool:  # no place recurs
        if index.shape == shape:
            x.reshape(-1)[np.flatnonzero(index)] = g
        else:
            x[index] = g
    else:
        _add_at(x, g, index)
    return x


@put_at.gradient("g")
def _(gg, index):
    return gg[index]


@primitive
def add_at(x, g, index):
    """x with g added at an index of arrays, in which places may recur."""
    x = x.copy()
    _add_at(x, g, index)
    return x


@add_at.gradient("x")
def _(gg):
    return gg


@add_at.gradient("g")
def _(gg, index):
    return gg[index]


def _add_at(x: np.ndarray, g: np.ndarray, index: Any) -> None:
    """The same in place: x is dense in C's order."""
    found = whole_slices(index, x.shape) if g.size >= JITTED_FROM and g.dtype.char in "fd" else None
    if found is None:
        np.add.at(x, index, g)
        return
    axis, behind, places = found
    g = np.broadcast_to(g, x.shape[:axis] + places.shape + x.shape[behind:])
    places = places.reshape(-1)
    if g.size == places.size:  # NumPy adds single numbers as fast
        np.add.at(x.reshape(-1), places, g.reshape(-1))
    else:
        sums = x.reshape(*x.shape[:axis], -1, *x.shape[behind:])
        kernels.of(g).add_slices(sums, g.reshape(*x.shape[:axis], -1, *x.shape[behind:]), places, axis)


def whole_slices(index: Any, shape: tuple[int, ...]) -> tuple[int, int, np.ndarray] | None:
    """For an index of arrays of integers side by side, which takes whole slices: the first dimension that they index,
    the one behind, and the places, counted through these dimensions.  None for others."""
    parts = index if type(index) is tuple else (index,)
    axis = 0
    while axis < len(parts) and _is_whole(parts[axis]):
        axis += 1
    behind = axis
    while behind < len(parts) and (type(parts[behind]) is int or getattr(parts[behind], "dtype", None) in _INTEGERS):
        behind += 1
    arrays = parts[axis:behind]
    if all(type(part) is int for part in arrays) or not all(map(_is_whole, parts[behind:])):
        return None
    if len(arrays) == 1:
        return axis, behind, arrays[0]
    return axis, behind, np.asarray(np.ravel_multi_index(arrays, shape[axis:behind], mode="wrap"))


def _is_whole(part: Any) -> bool:
    return type(part) is slice and part == slice(None)


def _is_mask(index: Any) -> bool:
    return isinstance(index, np.ndarray) and index.dtype.kind == "b"


def getitem(x: Array, index: Any) -> Array:
    """`x[index]`: a view for integers, slices, None and ellipsis; a copy for tensors of integers or booleans."""
    if type(index) is slice:
        return _slice(x, index)
    index = raw_index(index)
    try:
        if is_basic(index):
            return _slice(x, index)
        return (select_where if _is_mask(index) else select_at)(x, index)
    except ShapeError as error:
        raise IndexRangeError(f"index: {reason(error)}") from None


def check_index(name: str, x: Array, index: Any) -> None:
    """Raise IndexRangeError for an index that does not fit x, in the name of an operator that could not write there."""
    try:
        np.broadcast_to(True, x.shape)[index]
    except (IndexError, TypeError) as error:
        raise IndexRangeError(f"{name}: shape {tuple(x.shape)}: {error}") from None


def reason(error: Exception) -> str:
    """What a message says behind the name of the operator."""
    return str(error).partition(": ")[2]


@primitive
def take_along(x, indices, axis):
    """Along `axis` the elements at `indices`, an array of as many dimensions as x, smaller outside it or equal."""
    if _fit(indices, x.shape, axis) and x.dtype.char in "fd" and x.flags.c_contiguous:
        return kernels.of(x).elements_taken(x, indices, axis)
    return x[places_along(indices, axis)]


def _fit(indices: np.ndarray, shape: tuple[int, ...], axis: int) -> bool:
    """Whether there are many, in every place outside the axis."""
    return indices.size >= JITTED_FROM and all(
        m == n or i == axis for i, (m, n) in enumerate(zip(indices.shape, shape, strict=True))
    )


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
    _add_along(x, g, indices, axis)
    return x


@put_along.gradient("g")
def _(gg, indices, axis):
    return take_along(gg, indices, axis)


@primitive
def add_along(x, g, indices, axis):
    """x with g added at `indices` along `axis`."""
    x = x.copy()
    _add_along(x, g, indices, axis)
    return x


@add_along.gradient("x")
def _(gg):
    return gg


@add_along.gradient("g")
def _(gg, indices, axis):
    return take_along(gg, indices, axis)


def _add_along(x: np.ndarray, g: np.ndarray, indices: np.ndarray, axis: int) -> None:
    """The same in place: x is dense in C's order."""
    if _fit(indices, x.shape, axis) and g.dtype.char in "fd":
        kernels.of(g).add_elements(x, g, indices, axis)
    else:
        np.add.at(x, places_along(indices, axis), g)


def indices_of(name: str, index: Array) -> np.ndarray:
    """A tensor of indices as an array of integers."""
    check_tensors(name, index)
    indices = np.asarray(array_of(index))
    if indices.dtype not in _INDEX_DTYPES[:2] and (indices.size or indices.dtype.kind not in "iu"):
        raise DtypeError(f"{name}: index is {indices.dtype}, needs int64; use .long()")
    return indices


def checked_indices(name: str, x: Array, axis: int, index: Array, source: Any = None) -> np.ndarray:
    """The indices as an array, of the number of dimensions that x and the source have, within both; 0-d counts as 1."""
    indices = indices_of(name, index)
    if indices.size:
        sizes = indices.shape or (1,)
        for what, part in (("input", x), ("src", source)):
            if not hasattr(part, "shape"):
                continue
            shape = tuple(part.shape) or (1,)
            if len(sizes) != len(shape):
                raise ShapeError(f"{name}: index {indices.shape} has not as many dimensions as the {what} {shape}")
            if any(m > n and (i != axis or what == "src") for i, (m, n) in enumerate(zip(sizes, shape, strict=True))):
                raise ShapeError(f"{name}: index {indices.shape} exceeds the {what} {shape} outside dim {axis}")
        size = x.shape[axis] if x.ndim else 1
        if not in_front(indices, size):
            raise IndexRangeError(f"{name}: an index is outside 0 to {size - 1}, the size of dim {axis}")
    return indices


@also_numpy_words
def gather(input: Array, dim: int, index: Array, *, sparse_grad: bool = False) -> Array:
    """out[i][j] = input[index[i][j]][j] for dim 0, and so on: `index` is int64, of as many dimensions as the input."""
    axis = axis_of("gather", input, dim)
    indices = checked_indices("gather", input, axis, index)
    if not indices.size:
        return reshape(reshape(input, (-1,))[:0], indices.shape)
    if input.ndim and indices.ndim:
        return take_along(input, indices, axis)
    return reshape(take_along(reshape(input, (-1,)), np.atleast_1d(indices), 0), indices.shape)


@also_numpy_words
def take_along_dim(input: Array, indices: Array, dim: int | None = None) -> Array:
    """The elements at `indices` along `dim`, both broadcast outside it; without dim, of the flattened input."""
    check_tensors("take_along_dim", input)
    places = indices_of("take_along_dim", indices)
    if dim is None:
        return take_along(reshape(input, (-1,)), _within("take_along_dim", places.reshape(-1), array_of(input).size), 0)
    axis = axis_of("take_along_dim", input, dim)
    if places.ndim != input.ndim:
        raise ShapeError(f"take_along_dim: indices {places.shape} for shape {tuple(input.shape)}; needs as many dims")
    if not input.ndim:
        return clone(input)
    if any(m != n and 1 not in (m, n) for m, n in _outside(axis, places.shape, input.shape)):
        raise ShapeError(f"take_along_dim: indices {places.shape} and input {tuple(input.shape)} differ outside {dim}")
    shape = tuple(
        n if i == axis else m if n == 1 else n for i, (m, n) in enumerate(zip(places.shape, input.shape, strict=True))
    )
    wide = tuple(places.shape[i] if i == axis else n for i, n in enumerate(shape))
    x = input if shape == tuple(input.shape) else broadcast(input, shape)
    return take_along(x, np.broadcast_to(_within("take_along_dim", places, shape[axis]), wide), axis)


def _outside(axis: int, *shapes: tuple[int, ...]) -> list[tuple[int, ...]]:
    return [sizes for i, sizes in enumerate(zip(*shapes, strict=True)) if i != axis]


def _within(name: str, indices: np.ndarray, size: int) -> np.ndarray:
    if not indices.size or in_front(indices, size):
        return indices
    if indices.min() < -size or indices.max() >= size:
        raise IndexRangeError(f"{name}: an index is outside the {size} places")
    return indices % size


def in_front(indices: np.ndarray, size: int) -> bool:
    """Whether all, int64 or int32, are from 0 to size - 1: read as unsigned, negative ones are greater than any."""
    return bool(indices.view(np.uint64 if indices.itemsize == 8 else np.uint32).max() < size)


@also_numpy_words
def select(input: Array, dim: int, index: int) -> Array:
    """The slice `index` along `dim`, without it."""
    axis, index = own_axis("select", input, dim), whole_number("select", "index", index)
    if not -input.shape[axis] <= index < input.shape[axis]:
        raise IndexRangeError(f"select: index {index} along dim {dim} of shape {tuple(input.shape)}")
    return getitem(input, (slice(None),) * axis + (index,))


# --- where something is ---------------------------------------------------------------------------------------------


def nonzero(input: Array, *, as_tuple: bool = False) -> Any:
    """The places of elements that are not zero: (count, dimensions) int64, or a tuple of one vector a dimension."""
    check_tensors("nonzero", input)
    array = array_of(input)
    if as_tuple:
        return tuple(wrap(part) for part in np.nonzero(np.atleast_1d(array)))
    return wrap(np.argwhere(array).astype(np.int64))


def argwhere(input: Array) -> Array:
    """The places of elements that are not zero: (count, dimensions), int64."""
    return nonzero(input)


def nonzero_static(input: Array, *, size: int, fill_value: int = -1) -> Array:
    """As `nonzero`, with exactly `size` rows: cut off, or filled up."""
    size = whole_number("nonzero_static", "size", size)
    if size < 0:
        raise ShapeError(f"nonzero_static: size {size}; needs at least 0")
    places = np.argwhere(array_of(input))[:size]
    filled = np.full((size, places.shape[1]), fill_value, np.int64)
    filled[: len(places)] = places
    return wrap(filled)


def unravel_index(indices: Any, shape: Any) -> tuple[Array, ...]:
    """For places in a flattened tensor of `shape`, the index along each dimension."""
    sizes = whole_numbers("unravel_index", "shape", shape.tolist() if hasattr(shape, "tolist") else shape)
    check_tensors("unravel_index", indices)
    places = np.asarray(array_of(indices))
    if places.dtype.kind not in "iu":
        raise DtypeError(f"unravel_index: indices are {places.dtype}, needs whole numbers; use .long()")
    try:
        found = np.unravel_index(places, sizes)
    except ValueError:
        raise IndexRangeError(f"unravel_index: an index is outside a tensor of shape {sizes}") from None
    return tuple(wrap(np.asarray(part, np.int64)) for part in found)
