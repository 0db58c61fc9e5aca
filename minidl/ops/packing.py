"""Sequences of different lengths: padded to one length, or packed: rows of the first step, then the second, ..."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..autograd import primitive
from .promotion import Array


@primitive
def _chosen_rows(padded, mask):
    return padded[mask]


@_chosen_rows.gradient("padded")
def _(g, mask):
    return _rows_in_place(g, mask, 0.0)


@primitive
def _rows_in_place(rows, mask, padding_value):
    padded = np.full(mask.shape + rows.shape[1:], padding_value, rows.dtype)
    padded[mask] = rows
    return padded


@_rows_in_place.gradient("rows")
def _(g, mask):
    return _chosen_rows(g, mask)


def packed(padded: Array, batch_sizes: Sequence[int]) -> Array:
    """Of (T, N, ...), sequences sorted by falling length, the rows (R, ...) of the first `batch_sizes[t]` at each t."""
    return _chosen_rows(padded, _present(batch_sizes, padded.shape[0], padded.shape[1]))


def unpacked(rows: Array, batch_sizes: Sequence[int], steps: int, padding_value: float = 0.0) -> Array:
    """The opposite of `packed`: (steps, N, ...), with a value where a sequence has ended."""
    return _rows_in_place(rows, _present(batch_sizes, steps, batch_sizes[0]), padding_value)


def _present(batch_sizes: Sequence[int], steps: int, batch: int) -> np.ndarray:
    """(T, N): whether a sequence has a row at a step."""
    counts = np.zeros(steps, np.int64)
    counts[: len(batch_sizes)] = batch_sizes
    return np.arange(batch) < counts[:, None]


def counts_of(lengths: np.ndarray) -> np.ndarray:
    """How many sequences are longer than 0, 1, 2, ...: each step's share of a batch; and back, lengths of counts."""
    return (lengths[None, :] > np.arange(lengths.max(initial=0))[:, None]).sum(1)
