"""Operators that put values into a tensor at indices, and their kin; each gives a new tensor.

The in-place forms write the result into the tensor's own memory (`in_place`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import primitive
from ..autograd.calling import describe
from ..autograd.graph import Variable
from ..dtypes import can_cast
from ..errors import ArgumentError, DtypeError, GraphError, ShapeError
from .comparison import where
from .elementwise import clone
from .indexing import (
    IndexRangeError,
    add_along,
    add_at,
    check_index,
    checked_indices,
    getitem,
    in_front,
    indices_of,
    places_along,
    put_along,
    raw_index,
    reason,
    take_along,
)
from .inplace import write_at
from .promotion import Array, array_of, check_tensors, number_as
from .shape import axis_of, broadcast, narrow, reshape
from .words import also_numpy_words

REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")

# --- along one dimension, by a tensor of indices ---------------------------------------------------------------------


def _prepared(name: str, input: Array, dim: int, index: Array, src: Any) -> tuple[Array, int, np.ndarray, Any]:
    """0-d tensors as vectors; the part of the source that the indices take."""
    axis = axis_of(name, input, dim)
    indices = np.atleast_1d(checked_indices(name, input, axis, index, src))
    x = input if input.ndim else reshape(input, (1,))
    if not hasattr(src, "dtype"):
        return x, axis, indices, number_as(name, src, input)
    if src.dtype != input.dtype:
        raise DtypeError(f"{name}: src is {src.dtype}, the input {input.dtype}; needs one dtype")
    src = src if src.ndim else reshape(src, (1,))
    if indices.size and src.shape != indices.shape:
        src = getitem(src, tuple(slice(n) for n in indices.shape))
    return x, axis, indices, src


@also_numpy_words
def scatter(
    input: Array, dim: int, index: Array, src: Any = None, *, value: Any = None, reduce: str | None = None
) -> Array:
    """The input with src, a tensor or a number, written at `index` along `dim`: out[index[i][j]][j] = src[i][j].

    reduce    "add" or "multiply": combined with what stands there instead
    """
    if (src is None) == (value is None):
        raise ArgumentError(f"scatter: got {'neither' if src is None else 'both'} src and value; give one")
    src = value if src is None else src
    if reduce is not None:
        if reduce not in ("add", "multiply"):
            raise ArgumentError(f"scatter: reduce {reduce!r}; needs 'add' or 'multiply', or use scatter_reduce")
        if not hasattr(src, "dtype"):
            src = np.full(np.shape(array_of(index)), number_as("scatter", src, input), input.dtype)
        return scatter_reduce(input, dim, index, src, "sum" if reduce == "add" else "prod")
    x, axis, indices, src = _prepared("scatter", input, dim, index, src)
    return reshape(write_at(x, src, places_along(indices, axis)), tuple(input.shape)) if indices.size else clone(input)


@also_numpy_words
def scatter_add(input: Array, dim: int, index: Array, src: Array) -> Array:
    """The input with src added at `index` along `dim`: out[index[i][j]][j] += src[i][j]."""
    check_tensors("scatter_add", input, index, src)
    x, axis, indices, src = _prepared("scatter_add", input, dim, index, src)
    if not indices.size:
        return clone(input)
    return reshape(add_along(x, src, indices, axis), tuple(input.shape))


@also_numpy_words
def scatter_reduce(
    input: Array, dim: int, index: Array, src: Array, reduce: str, *, include_self: bool = True
) -> Array:
    """The input with src combined at `index` along `dim`, by reduce: sum, prod, mean, amax or amin.

    include_self    whether what stands there takes part; without it, places that nothing arrives at stay
    """
    if reduce not in REDUCTIONS:
        raise ArgumentError(f"scatter_reduce: reduce {reduce!r}; needs one of {', '.join(REDUCTIONS)}")
    check_tensors("scatter_reduce", input, index, src)
    _check_mean("scatter_reduce", input, reduce)
    x, axis, indices, src = _prepared("scatter_reduce", input, dim, index, src)
    if not indices.size:
        return clone(input)
    return reshape(_combined(x, src, indices, axis, reduce, include_self), tuple(input.shape))


def _check_mean(name: str, x: Array, reduce: str) -> None:
    if reduce == "mean" and x.dtype.kind == "b":
        raise DtypeError(f"{name}: the mean of booleans; use .float()")


def _combined(x: Array, src: Array, indices: np.ndarray, axis: int, reduce: str, include_self: bool) -> Array:
    """x with src combined along an axis; both have at least one dimension."""
    shape = tuple(x.shape)
    arrived = put_along(np.ones(indices.shape, np.int64), shape, indices, axis)
    if reduce in ("sum", "mean"):
        total = put_along(src, shape, indices, axis)
        start = x if include_self else where(arrived > 0, array_of(x).dtype.type(0), x)
        total = start + total
        if reduce == "sum":
            return total
        count = np.maximum(arrived + include_self, 1)
        return total / count.astype(x.dtype) if x.dtype.kind == "f" else total // count.astype(x.dtype)
    start = x if include_self else where(arrived > 0, _neutral(reduce, array_of(x).dtype), x)
    if reduce == "prod":
        return _multiplied(start, src, indices, axis)
    return _extreme(start, src, indices, axis, reduce)


def _neutral(reduce: str, dtype: np.dtype) -> np.generic:
    """What changes nothing that it is combined with."""
    if reduce == "prod":
        return dtype.type(1)
    if dtype.kind == "f":
        return dtype.type(-np.inf if reduce == "amax" else np.inf)
    if dtype.kind == "b":
        return dtype.type(reduce == "amin")
    return dtype.type(np.iinfo(dtype).min if reduce == "amax" else np.iinfo(dtype).max)


@primitive
def _multiplied(x, src, indices, axis):
    product = x.copy()
    np.multiply.at(product, places_along(indices, axis), src)
    return product


@_multiplied.gradient("x", "src")
def _(g, x, src, y, indices, axis):
    taken = take_along(y, indices, axis)
    if np.all(array_of(x)) and np.all(array_of(src)):
        return g * y / x, take_along(g, indices, axis) * taken / src
    # where one factor is zero, its slope is the product of the others; where two are, there is none
    places_zero = put_along((array_of(src) == 0).astype(np.int64), array_of(x).shape, indices, axis) + (
        array_of(x) == 0
    )
    if isinstance(x, Variable) and (places_zero > 1).any():
        raise GraphError("scatter_reduce: a product of two zeros has no second derivative here; avoid zeros")
    filled = where(src == 0, 1.0, src)
    others = _multiplied(where(x == 0, 1.0, x), filled, indices, axis)
    alone_x = np.where(array_of(x) == 0, places_zero == 1, places_zero == 0)
    zeros = places_zero[places_along(indices, axis)]
    alone_src = np.where(array_of(src) == 0, zeros == 1, zeros == 0)
    slope_x = where(alone_x, others / where(x == 0, 1.0, x), 0.0)
    slope_src = where(alone_src, take_along(others, indices, axis) / filled, 0.0)
    return g * slope_x, take_along(g, indices, axis) * slope_src


@primitive
def _extreme(x, src, indices, axis, reduce):
    y = x.copy()
    (np.maximum if reduce == "amax" else np.minimum).at(y, places_along(indices, axis), src)
    return y


@_extreme.gradient("x", "src")
def _(g, x, src, y, indices, axis):
    attained_x = array_of(x) == array_of(y)
    attained_src = array_of(src) == array_of(y)[places_along(indices, axis)]
    shares = put_along(attained_src.astype(np.int64), array_of(y).shape, indices, axis) + attained_x
    share = g / np.maximum(shares, 1).astype(array_of(y).dtype)
    return where(attained_x, share, 0.0), where(attained_src, take_along(share, indices, axis), 0.0)


# --- along one dimension, by a vector of indices ---------------------------------------------------------------------


def _vector(name: str, x: Array, dim: int, index: Array) -> tuple[int, np.ndarray]:
    axis, indices = axis_of(name, x, dim), indices_of(name, index)
    if indices.ndim > 1:
        raise ShapeError(f"{name}: index {indices.shape}; needs a vector")
    size = x.shape[axis] if x.ndim else 1
    if not indices.size or in_front(indices, size):
        return axis, np.atleast_1d(indices)
    if name != "index_fill" or indices.min() < -size or indices.max() >= size:
        raise IndexRangeError(f"{name}: an index is outside 0 to {size - 1}, the size of dim {axis}")
    return axis, np.atleast_1d(indices) % size


def _at(axis: int, indices: np.ndarray) -> tuple[Any, ...]:
    return (slice(None),) * axis + (indices,)


def _rows(name: str, x: Array, axis: int, indices: np.ndarray, source: Array) -> Array:
    """The source, whose slices along an axis go to the indices."""
    check_tensors(name, source)
    if source.dtype != x.dtype:
        raise DtypeError(f"{name}: source is {source.dtype}, the input {x.dtype}; needs one dtype")
    wanted = tuple(indices.size if i == axis else n for i, n in enumerate(x.shape))
    if (tuple(source.shape) or (1,)) != wanted:
        raise ShapeError(f"{name}: source {tuple(source.shape)} for {indices.size} indices; needs {wanted}")
    return reshape(source, wanted)


@also_numpy_words
def index_select(input: Array, dim: int, index: Array) -> Array:
    """The slices at `index` along `dim`."""
    axis, indices = _vector("index_select", input, dim, index)
    if input.ndim:
        return getitem(input, _at(axis, indices))
    if indices.size != 1:
        raise ShapeError(f"index_select: {indices.size} indices of a 0-d tensor; needs 1")
    return clone(input)


@also_numpy_words
def index_add(input: Array, dim: int, index: Array, source: Array, *, alpha: Any = 1) -> Array:
    """The input with slices of alpha * source added at `index` along `dim`."""
    axis, indices = _vector("index_add", input, dim, index)
    x = input if input.ndim else reshape(input, (1,))
    rows = _rows("index_add", x, axis, indices, source)
    if not isinstance(alpha, (int, float)) or (isinstance(alpha, float) and x.dtype.kind != "f"):
        raise DtypeError(f"index_add: alpha={alpha!r} for {x.dtype}; needs a number that fits")
    rows = rows if alpha == 1 else (rows * alpha).astype(x.dtype)
    return reshape(add_at(x, rows, _at(axis, indices)), tuple(input.shape))


@also_numpy_words
def index_copy(input: Array, dim: int, index: Array, source: Array) -> Array:
    """The input with slices of source written at `index` along `dim`."""
    axis, indices = _vector("index_copy", input, dim, index)
    x = input if input.ndim else reshape(input, (1,))
    rows = _rows("index_copy", x, axis, indices, source)
    return reshape(write_at(x, rows, _at(axis, indices)), tuple(input.shape))


@also_numpy_words
def index_fill(input: Array, dim: int, index: Array, value: Any) -> Array:
    """The input with `value` at `index` along `dim`."""
    axis, indices = _vector("index_fill", input, dim, index)
    if getattr(value, "ndim", 0):
        raise ShapeError(f"index_fill: value {tuple(value.shape)}; needs one number")
    x = input if input.ndim else reshape(input, (1,))
    number = number_as("index_fill", value, input)
    return reshape(write_at(x, number, _at(axis, np.unique(indices))), tuple(input.shape))


@also_numpy_words
def index_reduce(
    input: Array, dim: int, index: Array, source: Array, reduce: str, *, include_self: bool = True
) -> Array:
    """The input with slices of source combined at `index` along `dim`, by reduce: prod, mean, amax or amin."""
    if reduce not in REDUCTIONS[1:]:
        raise ArgumentError(f"index_reduce: reduce {reduce!r}; needs one of {', '.join(REDUCTIONS[1:])}")
    axis, indices = _vector("index_reduce", input, dim, index)
    _check_mean("index_reduce", input, reduce)
    x = input if input.ndim else reshape(input, (1,))
    rows = _rows("index_reduce", x, axis, indices, source)
    wide = np.broadcast_to(indices.reshape((-1,) + (1,) * (x.ndim - 1 - axis)), tuple(rows.shape))
    return reshape(_combined(x, rows, wide, axis, reduce, include_self), tuple(input.shape))


# --- by masks and flat indices ---------------------------------------------------------------------------------------


def _mask(name: str, x: Array, mask: Array) -> np.ndarray:
    check_tensors(name, x, mask)
    truth = array_of(mask)
    if truth.dtype.kind != "b":
        raise DtypeError(f"{name}: mask is {truth.dtype}, needs bool")
    lead = x.ndim - truth.ndim
    shape = np.broadcast_shapes(truth.shape, tuple(x.shape)) if _fits(truth.shape, tuple(x.shape)) else None
    if shape is None:
        raise ShapeError(f"{name}: mask {truth.shape} does not broadcast with {tuple(x.shape)}; {lead} dimensions more")
    return np.broadcast_to(truth, shape)


def _fits(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return all(m == n or 1 in (m, n) for m, n in zip(a[::-1], b[::-1], strict=False))


def masked_fill(input: Array, mask: Array, value: Any) -> Array:
    """The input with `value` where the mask is true."""
    if getattr(value, "ndim", 0):
        raise ShapeError(f"masked_fill: value {tuple(value.shape)}; needs one number")
    truth = _mask("masked_fill", input, mask)
    number = number_as("masked_fill", value, input)
    return where(truth, number, broadcast(input, truth.shape) if truth.shape != input.shape else input)


def masked_select(input: Array, mask: Array) -> Array:
    """The elements where the mask is true, as a vector."""
    truth = _mask("masked_select", input, mask)
    return getitem(broadcast(input, truth.shape) if truth.shape != input.shape else input, truth)


def masked_scatter(input: Array, mask: Array, source: Array) -> Array:
    """The input with elements of source, in order, where the mask is true."""
    check_tensors("masked_scatter", source)
    truth = _mask("masked_scatter", input, mask)
    x = broadcast(input, truth.shape) if truth.shape != input.shape else input
    count = int(truth.sum())
    if source.dtype != input.dtype:
        raise DtypeError(f"masked_scatter: source is {source.dtype}, the input {input.dtype}; needs one dtype")
    if array_of(source).size < count:
        raise ShapeError(f"masked_scatter: {array_of(source).size} elements for the {count} places of the mask")
    return write_at(x, narrow(reshape(source, (-1,)), 0, 0, count), truth)


def take(input: Array, index: Array) -> Array:
    """The elements at `index`, counted through the flattened input; in the index's shape."""
    indices = _flat_indices("take", input, index)
    return getitem(reshape(input, (-1,)), indices)


def put(input: Array, index: Array, source: Array, accumulate: bool = False) -> Array:
    """The input with source written, or added, at `index`, counted through the flattened input."""
    check_tensors("put", source)
    indices = _flat_indices("put", input, index).reshape(-1)
    if source.dtype != input.dtype:
        raise DtypeError(f"put: source is {source.dtype}, the input {input.dtype}; needs one dtype")
    if array_of(source).size != indices.size:
        raise ShapeError(f"put: {array_of(source).size} elements for {indices.size} indices; needs as many")
    x, values = reshape(input, (-1,)), reshape(source, (-1,))
    written = add_at(x, values, indices) if accumulate else write_at(x, values, indices)
    return reshape(written, tuple(input.shape))


def _flat_indices(name: str, input: Array, index: Array) -> np.ndarray:
    check_tensors(name, input)
    indices, size = indices_of(name, index), array_of(input).size
    if not indices.size or in_front(indices, size):
        return indices
    if indices.min() < -size or indices.max() >= size:
        raise IndexRangeError(f"{name}: an index is outside the {size} elements of the input")
    return indices % size


def index_put(input: Array, indices: Any, values: Any, accumulate: bool = False) -> Array:
    """The input with values written, or added, at a tuple of indices: `input[indices] = values`."""
    check_tensors("index_put", input, values)
    if not isinstance(indices, (tuple, list)):
        raise DtypeError(f"index_put: indices {describe(indices)}; needs a tuple of tensors")
    if values.ndim and not can_cast(values.dtype, input.dtype):
        raise DtypeError(f"index_put: values of {values.dtype} do not fit into a tensor of {input.dtype}")
    index, values = raw_index(tuple(indices)), values.astype(input.dtype)
    try:
        if not accumulate:
            return write_at(input, values, index)
        wanted = getitem(np.broadcast_to(True, input.shape), index).shape
        values = broadcast(values, wanted) if tuple(values.shape) != wanted else values
        return add_at(input, values, index)
    except (ShapeError, DtypeError) as error:
        check_index("index_put", input, index)
        raise ShapeError(f"index_put: {reason(error)}") from None
