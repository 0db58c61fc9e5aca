"""Rows of a table by their numbers: embedding, bags of embeddings, one-hot vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import primitive
from ..autograd.primitive import wrap
from ..errors import ArgumentError, DtypeError, ShapeError
from .indexing import IndexRangeError, put_at, select_at
from .promotion import Array, array_of
from .scatter import scatter_reduce
from .shape import reshape, unsqueeze


def _numbers(name: str, input: Array, count: int) -> np.ndarray:
    """The row numbers, checked."""
    numbers = np.asarray(array_of(input))
    if numbers.dtype.kind not in "iu":
        raise DtypeError(f"{name}: input is {numbers.dtype}, needs row numbers as integers; use .long()")
    if numbers.size and (numbers.min() < 0 or numbers.max() >= count):
        wrong = numbers[(numbers < 0) | (numbers >= count)].flat[0]
        raise IndexRangeError(f"{name}: row {wrong} of a table of {count} rows")
    return numbers


def _padding(name: str, padding_idx: int | None, count: int) -> int | None:
    if padding_idx is not None and not -count <= padding_idx < count:
        raise ArgumentError(f"{name}: padding_idx {padding_idx} of a table of {count} rows")
    return None if padding_idx is None else padding_idx % count


def _limit(weight: Any, numbers: np.ndarray, max_norm: float | None, norm_type: float) -> None:
    """Scale the rows in use, in place, down to a norm of at most max_norm."""
    if max_norm is None:
        return
    rows = np.unique(numbers)
    lengths = np.linalg.norm(weight.array[rows], norm_type, 1)
    long = lengths > max_norm
    weight.array[rows[long]] *= (max_norm / (lengths[long] + 1e-7))[:, None].astype(weight.array.dtype)
    weight.version[0] += 1


@primitive
def _rows(weight, numbers, shares):
    return weight[numbers]


@_rows.gradient("weight")
def _(g, weight_shape, numbers, shares):
    return put_at(g * shares[..., None].astype(g.dtype), weight_shape, numbers)


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
    if weight.ndim != 2:
        raise ShapeError(f"embedding: weight {tuple(weight.shape)}; needs (rows, size)")
    if sparse:
        raise ArgumentError("embedding: sparse gradients are not supported; leave sparse=False")
    numbers = _numbers("embedding", input, weight.shape[0])
    _limit(weight, numbers, max_norm, norm_type)
    padding = _padding("embedding", padding_idx, weight.shape[0])
    if padding is None and not scale_grad_by_freq:
        return select_at(weight, numbers)
    shares = np.ones(numbers.shape)
    if scale_grad_by_freq:
        shares = 1 / np.bincount(numbers.reshape(-1), minlength=weight.shape[0])[numbers]
    if padding is not None:
        shares = np.where(numbers == padding, 0, shares)
    return _rows(weight, numbers, shares)


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
    if mode not in ("sum", "mean", "max"):
        raise ArgumentError(f"embedding_bag: mode {mode!r}; needs 'sum', 'mean' or 'max'")
    if per_sample_weights is not None and mode != "sum":
        raise ArgumentError(f"embedding_bag: per_sample_weights with mode {mode!r}; only 'sum' takes them")
    numbers = np.asarray(array_of(input))
    if numbers.ndim == 2 and offsets is None:
        starts, count = np.arange(numbers.shape[0]) * numbers.shape[1], numbers.shape[0]
    elif numbers.ndim == 1 and offsets is not None:
        starts = np.asarray(array_of(offsets))
        starts = starts[:-1] if include_last_offset else starts
        count = starts.size
        if starts.size and starts[0] != 0:
            raise ArgumentError(f"embedding_bag: the first offset is {starts[0]}, needs 0")
    else:
        raise ShapeError(f"embedding_bag: input {numbers.shape}; needs a matrix, or a vector with offsets")
    flat = _numbers("embedding_bag", input, weight.shape[0]).reshape(-1)
    padding = _padding("embedding_bag", padding_idx, weight.shape[0])
    bags = np.searchsorted(starts, np.arange(flat.size), side="right") - 1
    kept = np.ones(flat.size, bool) if padding is None else flat != padding
    rows = embedding(flat[kept], weight, None, max_norm, norm_type, scale_grad_by_freq, sparse)
    if per_sample_weights is not None:
        rows = rows * unsqueeze(reshape(per_sample_weights, (-1,))[kept], 1)
    bags = bags[kept]
    sizes = np.bincount(bags, minlength=count)
    if mode == "max":
        wide = np.broadcast_to(bags[:, None], (bags.size, weight.shape[1]))
        empty = np.zeros((count, weight.shape[1]), weight.dtype)
        zeros = wrap(empty) if array_of(weight) is not weight else empty
        return scatter_reduce(zeros, 0, wide, rows, "amax", include_self=False)
    sums = put_at(rows, (count, weight.shape[1]), bags)
    return sums / np.maximum(sizes, 1)[:, None].astype(weight.dtype) if mode == "mean" else sums


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
