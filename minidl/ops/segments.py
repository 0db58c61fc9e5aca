"""Reductions of segments: neighbouring slices of a tensor, of any lengths, each to one."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError, DtypeError, ShapeError
from .creation import made
from .promotion import Array, array_of, check_floats
from .scatter import scatter_reduce
from .shape import axis_of, narrow

_REDUCTIONS = {"sum": ("sum", 0.0), "mean": ("sum", 0.0), "prod": ("prod", 1.0), "max": ("amax", -np.inf)}
_REDUCTIONS["min"] = ("amin", np.inf)


def segment_reduce(
    data: Array,
    reduce: str,
    *,
    lengths: Array | None = None,
    indices: Array | None = None,
    offsets: Array | None = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: float | None = None,
) -> Array:
    """The segments along `axis` reduced by "sum", "mean", "max", "min" or "prod".

    lengths    the segments' lengths, in the shape of data up to axis and then the number of segments
    offsets    instead of them where the segments begin, and where the last one ends
    unsafe     do not check that the segments fill the axis
    initial    where each reduction starts from; without it, an empty segment gives 0, NaN, -inf, inf or 1
    """
    check_floats("segment_reduce", data)
    if reduce not in _REDUCTIONS:
        raise ArgumentError(f"segment_reduce: reduce {reduce!r}; needs one of {', '.join(_REDUCTIONS)}")
    if indices is not None or (lengths is None) == (offsets is None):
        raise ArgumentError("segment_reduce: needs either lengths or offsets, and no indices")
    along = axis_of("segment_reduce", data, axis)
    counts = array_of(lengths) if lengths is not None else np.diff(array_of(offsets), axis=-1)
    _check(tuple(data.shape), counts, along, unsafe)
    before = 0 if lengths is not None else array_of(offsets)[..., :1]
    name, neutral = _REDUCTIONS[reduce]
    start = neutral if initial is None else initial
    count = counts.shape[-1]
    shape = (*data.shape[:along], count + 1, *data.shape[along + 1 :])  # the last one for what is in no segment
    first = made(np.full(shape, start, data.dtype))
    segments = made(_segment_of_each(tuple(data.shape), np.cumsum(counts, -1) + before, before, along))
    result = narrow(scatter_reduce(first, along, segments, data, name), along, 0, count)
    if reduce != "mean":
        return result
    wide = counts.reshape(counts.shape + (1,) * (len(shape) - counts.ndim))
    empty = np.nan if initial is None else 1.0
    return result * np.where(wide > 0, 1 / np.maximum(wide, 1), empty).astype(data.dtype)


def _check(shape: tuple[int, ...], counts: np.ndarray, along: int, unsafe: bool) -> None:
    if counts.dtype.kind != "i":
        raise DtypeError(f"segment_reduce: lengths of {counts.dtype}; needs whole numbers")
    if counts.shape[:-1] != shape[:along]:
        raise ShapeError(f"segment_reduce: lengths {counts.shape} for data {shape} along dim {along}")
    if unsafe:
        return
    if counts.size and (counts.min() < 0 or (counts.sum(-1) != shape[along]).any()):
        raise ShapeError(f"segment_reduce: the lengths must not be negative, and sum to {shape[along]}")


def _segment_of_each(shape: tuple[int, ...], ends: np.ndarray, before: Any, along: int) -> np.ndarray:
    """For each element of data, in which segment it is: of those that end at `ends`, the first that it is before."""
    places = np.arange(shape[along])
    segments = (places[:, None] >= ends[..., None, :]).sum(-1)
    segments = np.where(places < before, ends.shape[-1], segments)
    return np.broadcast_to(segments.reshape(segments.shape + (1,) * (len(shape) - along - 1)), shape).copy()
