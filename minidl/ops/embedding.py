"""Rows of a table by their numbers: embedding, bags of embeddings, one-hot vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..autograd.calling import wrap
from ..errors import ArgumentError, DtypeError, ShapeError
from .comparison import where
from .indexing import IndexRangeError, in_front, take_along
from .promotion import Array, array_of
from .shape import reshape, unsqueeze

INDEX_DTYPES = (np.int32, np.int64)


def _checked(name: str, input: Array, weight: Array, sparse: bool) -> np.ndarray:
    """The row numbers, once they and the table are found to be right."""
    if weight.ndim != 2:
        raise ShapeError(f"{name}: weight {tuple(weight.shape)}; needs (rows, size)")
    if sparse:
        raise ArgumentError(f"{name}: sparse gradients are not supported; leave sparse=False")
    numbers = np.asarray(array_of(input))
    if numbers.dtype not in INDEX_DTYPES:
        raise DtypeError(f"{name}: input is {numbers.dtype}, needs row numbers of int32 or int64; use .long()")
    if numbers.size and not in_front(numbers, weight.shape[0]):
        wrong = numbers[(numbers < 0) | (numbers >= weight.shape[0])]
        raise IndexRangeError(f"{name}: row {wrong[0]} of a table of {weight.shape[0]} rows")
    return numbers


def _padding(name: str, padding_idx: int | None, count: int) -> int | None:
    """The number of the padding row, counted from the front."""
    if padding_idx is None:
        return None
    if not -count <= padding_idx < count:
        raise ArgumentError(f"{name}: padding_idx {padding_idx} of a table of {count} rows")
    return padding_idx % count


def embedding_renorm_(weight: Any, indices: Array, max_norm: float, norm_type: float) -> Any:
    """Scale the rows at `indices`, in place and unrecorded, down to a norm of order norm_type of at most max_norm."""
    rows = np.unique(array_of(indices))
    lengths = np.linalg.norm(weight.array[rows], norm_type, 1)
    long = lengths > max_norm
    weight.array[rows[long]] *= (max_norm / (lengths[long] + 1e-7))[:, None].astype(weight.array.dtype)
    weight.version[0] += 1
    return weight


@primitive
def _all_rows(weight, numbers):
    return weight[numbers]


@_all_rows.gradient("weight")
def _(g, weight_shape, numbers):
    return _added_up(g, weight_shape, numbers)


@primitive
def _added_up(g, shape, numbers):
    """Zeros of `shape`, (rows, size), with each row of g added to the one of its number."""
    x = np.zeros(shape, g.dtype)
    if g.dtype.char in "fd":
        kernels.of(g).add_slices(x, g.reshape(numbers.size, shape[1]), numbers, 0)
    else:
        np.add.at(x, numbers, g)
    return x


@_added_up.gradient("g")
def _(gg, numbers):
    return _all_rows(gg, numbers)


@primitive
def _rows(weight, numbers, shares):
    return weight[numbers]


@_rows.gradient("weight")
def _(g, weight_shape, numbers, shares):
    return _added_up(g * shares[..., None].astype(g.dtype), weight_shape, numbers)


def _selected(weight: Array, numbers: np.ndarray, padding: int | None, by_frequency: bool) -> Array:
    """The rows at the numbers; the padding row gets no gradient, others perhaps a share by how often they are used."""
    if padding is None and not by_frequency:
        return _all_rows(weight, numbers)
    shares = np.ones(numbers.shape)
    if by_frequency:
        shares = 1 / np.bincount(numbers.reshape(-1), minlength=weight.shape[0])[numbers]
    return _rows(weight, numbers, shares if padding is None else np.where(numbers == padding, 0, shares))


def embedding(
    input: Array,
    weight: Array,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Array:
    """The rows of `weight` (rows, size) at the numbers `input`, (...) -> (..., size).

    padding_idx           a row that gets no gradient
    max_norm              rows in use are first scaled down, in place, to this norm of order norm_type
    scale_grad_by_freq    a row's gradient is divided by how often it is in use
    """
    numbers = _checked("embedding", input, weight, sparse)
    padding = _padding("embedding", padding_idx, weight.shape[0])
    if max_norm is not None:
        embedding_renorm_(weight, numbers, max_norm, norm_type)
    return _selected(weight, numbers, padding, scale_grad_by_freq)


# --- bags ------------------------------------------------------------------------------------------------------------


@primitive
def _moved(x, sources, targets, count):
    """Zeros (count, size) to whose row targets[i] row sources[i] of x is added; back it goes the other way round."""
    if x.dtype.char in "fd":
        return kernels.of(x).rows_moved(x, sources, targets, count)
    sums = np.zeros((count, x.shape[1]), x.dtype)
    np.add.at(sums, targets, x[sources])
    return sums


@_moved.gradient("x")
def _(g, x_shape, sources, targets):
    return _moved(g, targets, sources, x_shape[0])


def embedding_bag(
    input: Array,
    weight: Array,
    offsets: Array | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Array | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Array:
    """The sum, mean or max of bags of rows: bags are the rows of a matrix, or stretches of a vector from `offsets` on.

    per_sample_weights     of mode "sum": a factor for each row in a bag
    include_last_offset    the last offset is the end of the last bag
    padding_idx            rows of this number do not count
    Other arguments as in `embedding`.  An empty bag gives zeros.
    """
    return bagged(
        input,
        weight,
        offsets,
        max_norm,
        norm_type,
        scale_grad_by_freq,
        mode,
        sparse,
        per_sample_weights,
        include_last_offset,
        padding_idx,
    )[0]


def bagged(
    input: Array,
    weight: Array,
    offsets: Array | None,
    max_norm: float | None,
    norm_type: float,
    scale_grad_by_freq: bool,
    mode: str,
    sparse: bool,
    per_sample_weights: Array | None,
    include_last_offset: bool,
    padding_idx: int | None,
) -> tuple[Array, np.ndarray, np.ndarray, np.ndarray]:
    """`embedding_bag`; beside it the bag of each number, the sizes of bags, and of mode "max" the rows chosen."""
    numbers = _checked("embedding_bag", input, weight, sparse)
    padding = _padding("embedding_bag", padding_idx, weight.shape[0])
    _check_mode(mode, scale_grad_by_freq, numbers, per_sample_weights)
    starts, end = _stretches(numbers, offsets, include_last_offset)
    flat = numbers.reshape(-1)[:end]
    if max_norm is not None:
        embedding_renorm_(weight, flat, max_norm, norm_type)
    bags = np.repeat(np.arange(starts.size), np.diff(starts, append=end))
    kept = slice(None) if padding is None else np.flatnonzero(flat != padding)
    flat, own = flat[kept], bags[kept]
    sizes = np.bincount(own, minlength=starts.size)
    if mode == "max":
        chosen = _first_greatest(array_of(weight), flat, own, starts.size)
        return where(sizes[:, None] > 0, take_along(weight, chosen, 0), 0.0), bags, sizes, chosen
    if per_sample_weights is None and not scale_grad_by_freq:
        sums = _moved(weight, flat, own, starts.size)
    else:
        rows = _selected(weight, flat, None, scale_grad_by_freq)
        if per_sample_weights is not None:
            rows = rows * unsqueeze(reshape(per_sample_weights, (-1,))[:end][kept], 1)
        sums = _moved(rows, np.arange(own.size), own, starts.size)
    if mode == "mean":
        sums = sums / np.maximum(sizes, 1)[:, None].astype(weight.dtype)
    return sums, bags, sizes, np.zeros(0, np.int64)


def _check_mode(mode: str, by_frequency: bool, numbers: np.ndarray, factors: Array | None) -> None:
    if mode not in ("sum", "mean", "max"):
        raise ArgumentError(f"embedding_bag: mode {mode!r}; needs 'sum', 'mean' or 'max'")
    if mode == "max" and by_frequency:
        raise ArgumentError("embedding_bag: scale_grad_by_freq with mode 'max'; use 'sum' or 'mean'")
    if factors is not None and mode != "sum":
        raise ArgumentError(f"embedding_bag: per_sample_weights with mode {mode!r}; only 'sum' takes them")
    if factors is not None and tuple(factors.shape) != numbers.shape:
        raise ShapeError(
            f"embedding_bag: per_sample_weights {tuple(factors.shape)} for input {numbers.shape}; needs its shape"
        )


def _stretches(numbers: np.ndarray, offsets: Array | None, include_last: bool) -> tuple[np.ndarray, int]:
    """Where in the flattened numbers each bag starts, and where the last one ends."""
    if numbers.ndim == 2 and offsets is None:
        return np.arange(numbers.shape[0]) * numbers.shape[1], numbers.size
    if numbers.ndim != 1 or offsets is None:
        raise ShapeError(f"embedding_bag: input {numbers.shape}; needs a matrix, or a vector with offsets")
    starts = np.asarray(array_of(offsets))
    if starts.ndim != 1 or starts.dtype not in INDEX_DTYPES or (include_last and not starts.size):
        raise ShapeError(f"embedding_bag: offsets {starts.dtype}{starts.shape}; needs a vector of int64")
    if starts.size and (starts[0] != 0 or starts[-1] > numbers.size or (np.diff(starts) < 0).any()):
        raise ArgumentError(
            f"embedding_bag: offsets {starts[0]} to {starts[-1]}; needs rising ones, from 0 to {numbers.size} at most"
        )
    if include_last:
        return starts[:-1], int(starts[-1])
    return starts, numbers.size if starts.size else 0


def _first_greatest(weight: np.ndarray, numbers: np.ndarray, bags: np.ndarray, count: int) -> np.ndarray:
    """(count, size): the number of the row that has each bag's greatest element, the first of equal ones; NaN wins."""
    chosen = np.zeros((count, weight.shape[1]), np.int64)
    if not numbers.size:
        return chosen
    rows, starts = weight[numbers], np.flatnonzero(np.diff(bags, prepend=-1))
    top = np.maximum.reduceat(rows, starts, 0)[np.searchsorted(bags[starts], bags)]
    places = np.where((rows == top) | (rows != rows), np.arange(len(rows))[:, None], len(rows))
    chosen[bags[starts]] = numbers[np.minimum.reduceat(places, starts, 0)]
    return chosen


def one_hot(tensor: Array, num_classes: int = -1) -> Array:
    """Zeros with a one at each class: (...) -> (..., classes), int64; as many classes as the greatest asks for."""
    classes = np.asarray(array_of(tensor))
    if classes.dtype != np.int64:
        raise DtypeError(f"one_hot: got {classes.dtype}, needs int64; use .long()")
    if not classes.size and num_classes < 1:
        raise ArgumentError("one_hot: no classes to count in an empty tensor; give num_classes")
    count = int(classes.max()) + 1 if num_classes == -1 else num_classes
    if classes.size and (classes.min() < 0 or classes.max() >= count):
        raise ArgumentError(f"one_hot: classes from {classes.min()} to {classes.max()}; needs 0 to {count - 1}")
    return wrap((classes[..., None] == np.arange(count)).astype(np.int64))
