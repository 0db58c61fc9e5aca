"""Order: sort, topk, kthvalue, searching sorted numbers, unique elements.

The gradient of what is sorted or chosen goes back to where it came from.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..autograd.calling import describe, wrap
from ..errors import ArgumentError, DtypeError, ShapeError
from .elementwise import clone
from .indexing import IndexRangeError, take_along
from .promotion import Array, array_of
from .shape import axis_of, narrow, squeeze
from .words import also_numpy_words, whole_number


class Sort(NamedTuple):
    values: Array
    indices: Array


class Topk(NamedTuple):
    values: Array
    indices: Array


class Kthvalue(NamedTuple):
    values: Array
    indices: Array


PAIRS_FROM = 1 << 8
"""Elements from which a float32's bits are better sorted together with its place."""


@primitive
def _argsort(x, axis, descending):
    if not x.ndim:
        return np.zeros((), np.int64)
    if x.dtype.char == "f" and x.size >= PAIRS_FROM:
        return _sorted(x, axis, descending)[1]
    if not descending:
        return x.argsort(axis, kind="stable")
    turned = (slice(None),) * axis + (slice(None, None, -1),)
    return x.shape[axis] - 1 - x[turned].argsort(axis, kind="stable")[turned]


def _sorted(x: np.ndarray, axis: int, descending: bool) -> tuple[np.ndarray, np.ndarray]:
    """Of float32, with at least one element along the axis: the elements in order, and where they stood."""
    if axis == x.ndim - 1:
        return kernels.of(x).sort_of_rows(x, descending)
    values, places = kernels.of(x).sort_of_rows(np.moveaxis(x, axis, -1), descending)
    return np.moveaxis(values, -1, axis), np.moveaxis(places, -1, axis)


@also_numpy_words
def sort(input: Array, dim: int = -1, descending: bool = False, stable: bool = False) -> Sort:
    """The elements along `dim` in order, equal ones as they stood, NaN as the greatest; and where each stood."""
    axis = axis_of("sort", input, dim)
    return Sort(*_sort(input, axis, descending)) if input.ndim else Sort(clone(input), _argsort(input, 0, False))


@primitive(outputs=("values", "indices"))
def _sort(x, axis, descending):
    if x.dtype.char == "f" and x.size >= PAIRS_FROM:
        return _sorted(x, axis, descending)
    indices = _argsort(x, axis, descending)
    return x[indices] if x.ndim == 1 else np.take_along_axis(x, indices, axis), indices


@_sort.gradient("x")
def _(g, x_shape, indices, axis):
    return _put_back(g[0], array_of(indices), axis, x_shape[axis])


@primitive
def _put_back(g, indices, axis, size):
    """Zeros, `size` along the axis, with g at indices of which none recurs."""
    if g.dtype.char in "fd" and axis == g.ndim - 1 and g.size:
        return kernels.of(g).put_in_rows(g, indices, size)
    x = np.zeros((*g.shape[:axis], size, *g.shape[axis + 1 :]), g.dtype)
    np.put_along_axis(x, indices, g, axis)
    return x


@_put_back.gradient("g")
def _(gg, indices, axis):
    return take_along(gg, indices, axis)


@also_numpy_words
def argsort(input: Array, dim: int = -1, descending: bool = False, stable: bool = False) -> Array:
    """The places that put the elements along `dim` in order."""
    return _argsort(input, axis_of("argsort", input, dim), descending)


def msort(input: Array) -> Array:
    """The elements along the first dimension in order."""
    return sort(input, 0).values


@also_numpy_words
def topk(input: Array, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Topk:
    """The k greatest (or least) elements along `dim` in order, and where they stood."""
    array = array_of(input)
    shape = array.shape
    axis, k = axis_of("topk", array, dim), whole_number("topk", "k", k)
    size = shape[axis] if shape else 1
    if not 0 <= k <= size:
        raise ShapeError(f"topk: k {k} of {size} elements along dim {dim} of shape {tuple(input.shape)}")
    if not shape:
        return Topk(clone(input), _argsort(input, 0, False))
    return Topk(*_best(input, k, axis, largest))


FEW = 64
"""How many elements of a row inserting them one by one finds faster than sorting."""


@primitive(outputs=("values", "indices"))
def _best(x, k, axis, largest):
    """The k greatest or least elements, in order, and their places."""
    if 0 < k <= FEW and x.dtype.char in "fdl":
        if axis == x.ndim - 1:
            return kernels.of(x).top_of_rows(x, k, largest)
        values, places = kernels.of(x).top_of_rows(np.moveaxis(x, axis, -1), k, largest)
        return np.moveaxis(values, -1, axis), np.moveaxis(places, -1, axis)
    places = np.take(_argsort(x, axis, largest), np.arange(k), axis)
    return np.take_along_axis(x, places, axis), places


@_best.gradient("x")
def _(g, x_shape, indices, axis):
    return _put_back(g[0], array_of(indices), axis, x_shape[axis])


@also_numpy_words
def kthvalue(input: Array, k: int, dim: int = -1, keepdim: bool = False) -> Kthvalue:
    """The k-th least element along `dim`, counted from 1, and where it stood."""
    axis, k = axis_of("kthvalue", input, dim), whole_number("kthvalue", "k", k)
    size = input.shape[axis] if input.ndim else 1
    if not 1 <= k <= size:
        raise ShapeError(f"kthvalue: k {k} of {size} elements along dim {dim} of shape {tuple(input.shape)}")
    return Kthvalue(*nth(input, k - 1, axis, keepdim))


def nth(x: Array, n: int, axis: int, keepdim: bool) -> tuple[Array, Array]:
    """The element that is n-th in order along an axis, and where it stands."""
    if not x.ndim:
        return clone(x), _argsort(x, 0, False)
    indices = narrow(_argsort(x, axis, False), axis, n, 1)
    values = take_along(x, array_of(indices), axis)
    return (values, indices) if keepdim else (squeeze(values, axis), squeeze(indices, axis))


# --- searching ------------------------------------------------------------------------------------------------------


def searchsorted(
    sorted_sequence: Array,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Array | None = None,
) -> Array:
    """Where each value would be inserted into the sorted last dimension, before equal elements (`right`: behind them).

    sorted_sequence (n,), or (..., n) with input (..., m); sorter: places that sort it.
    """
    if side is not None and (side not in ("left", "right") or (side == "left" and right)):
        raise ArgumentError(f"searchsorted: side {side!r} and right {right}; needs 'left' or 'right' alone")
    sequence, values = array_of(sorted_sequence), np.asarray(array_of(input))
    if not sequence.ndim:
        raise ShapeError("searchsorted: a 0-d sequence; needs 1 or more dimensions")
    if sorter is not None:
        sequence = _sorted_by(sequence, array_of(sorter))
    if sequence.ndim > 1 and sequence.shape[:-1] != values.shape[:-1]:
        raise ShapeError(f"searchsorted: sequence {sequence.shape} and input {values.shape} differ before the last dim")
    chosen = "right" if right or side == "right" else "left"
    if sequence.ndim == 1:
        places = np.asarray(np.searchsorted(sequence, values, chosen))  # type: ignore[call-overload]
    else:
        places = np.zeros(values.shape, np.int64)
        for row in np.ndindex(values.shape[:-1]):
            places[row] = np.searchsorted(sequence[row], values[row], chosen)  # type: ignore[call-overload]
    return wrap(places.astype(np.int32 if out_int32 else np.int64))


def _sorted_by(sequence: np.ndarray, sorter: np.ndarray) -> np.ndarray:
    if sorter.dtype != np.int64 or sorter.shape != sequence.shape:
        raise ShapeError(f"searchsorted: sorter {describe(sorter)} for {describe(sequence)}; needs int64 of its shape")
    if sorter.size and not 0 <= sorter.min() <= sorter.max() < sequence.shape[-1]:
        raise IndexRangeError(f"searchsorted: a place of the sorter is outside 0 to {sequence.shape[-1] - 1}")
    return np.take_along_axis(sequence, sorter, -1)


def bucketize(input: Any, boundaries: Array, *, out_int32: bool = False, right: bool = False) -> Array:
    """Which of the intervals between sorted boundaries each value lies in."""
    if boundaries.ndim != 1:
        raise ShapeError(f"bucketize: boundaries {tuple(boundaries.shape)}; needs a vector")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Array:
    """Which elements are among the test elements; one of the two may be a number."""
    both = (elements, test_elements)
    if any(not hasattr(x, "dtype") and not isinstance(x, (int, float)) for x in both) or not any(
        hasattr(x, "dtype") for x in both
    ):
        raise DtypeError(f"isin: got {describe(elements)}, {describe(test_elements)}; needs tensors, or one number")
    return wrap(np.asarray(np.isin(array_of(elements), array_of(test_elements), invert=invert)))


# --- unique ---------------------------------------------------------------------------------------------------------


@primitive(outputs=("values", "inverse", "counts"))
def _unique(x, axis):
    values, inverse, counts = np.unique(x, return_inverse=True, return_counts=True, axis=axis, equal_nan=False)
    return values, inverse.reshape(x.shape if axis is None else -1).astype(np.int64), counts.astype(np.int64)


@also_numpy_words
def unique(
    input: Array,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The distinct elements in order, or the distinct slices along `dim`.

    With return_inverse also where each element went, with return_counts how often each stands there.
    """
    found = _unique(input, None if dim is None else _axis_of_slices("unique", input, dim))
    return _asked_for(found, return_inverse, return_counts)


@primitive(outputs=("values", "inverse", "counts"))
def _unique_consecutive(x, axis):
    rows = x.reshape(-1) if axis is None else np.moveaxis(x, axis, 0)
    starts = np.ones(rows.shape[0], bool)
    starts[1:] = (rows[1:] != rows[:-1]).any(tuple(range(1, rows.ndim)))
    inverse = np.cumsum(starts) - 1
    counts = np.diff(np.append(np.flatnonzero(starts), rows.shape[0]))
    if axis is None:
        return rows[starts], inverse.reshape(x.shape), counts
    return np.moveaxis(rows[starts], 0, axis), inverse, counts


@also_numpy_words
def unique_consecutive(
    input: Array, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The elements without those that equal the one before, or the slices along `dim`; otherwise as `unique`."""
    found = _unique_consecutive(input, None if dim is None else _axis_of_slices("unique_consecutive", input, dim))
    return _asked_for(found, return_inverse, return_counts)


def _axis_of_slices(name: str, x: Array, dim: int) -> int:
    axis = axis_of(name, x, dim)
    if not x.ndim or 0 in (*x.shape[:axis], *x.shape[axis + 1 :]):
        raise ShapeError(f"{name}: dim {dim} of shape {tuple(x.shape)}; needs slices with elements")
    return axis


def _asked_for(found: tuple[Array, Array, Array], return_inverse: bool, return_counts: bool) -> Any:
    values, inverse, counts = found
    results = (values, *([inverse] * return_inverse), *([counts] * return_counts))
    return results if len(results) > 1 else values
