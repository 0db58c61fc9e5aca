"""Copies that put elements elsewhere or leave some out: by masks, triangles of matrices."""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import threads
from .copying import copy
from .jit import parallel, serial

PASS_FROM = 1 << 14
"""Elements from which dividing a copy among threads pays (measured on 2 cores)."""


def selected(x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The elements where the mask, of one shape with x, is true, as a vector; both contiguous."""
    count = int(np.count_nonzero(mask))
    y = np.empty(count, x.dtype)
    if count:
        truth = mask.reshape(-1).view(np.uint8)
        _select(x.reshape(-1), truth, truth.size - 1 - int(truth[::-1].argmax()), y)
    return y


def put_where(g: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Zeros of the mask's shape with the elements of the vector g, in order, where it is true; both contiguous."""
    x = np.zeros(mask.shape, g.dtype)
    if g.size:
        truth = mask.reshape(-1).view(np.uint8)
        _put(g, truth, truth.size - 1 - int(truth[::-1].argmax()), x.reshape(-1))
    return x


def upper_triangles(x: np.ndarray, diagonal: int) -> np.ndarray:
    """Matrices (..., n, m), contiguous, with zeros below a diagonal."""
    y = np.zeros_like(x)
    _copy_upper(_as_rows(x), x.shape[-2], diagonal, _as_rows(y), threads.workers(x.size, PASS_FROM))
    return y


def lower_triangles(x: np.ndarray, diagonal: int) -> np.ndarray:
    """Matrices (..., n, m), contiguous, with zeros above a diagonal."""
    y = np.zeros_like(x)
    _copy_lower(_as_rows(x), x.shape[-2], diagonal, _as_rows(y), threads.workers(x.size, PASS_FROM))
    return y


def _as_rows(x: np.ndarray) -> np.ndarray:
    return x.reshape(-1, x.shape[-1])


@serial
def _select(x, mask, last, y):
    """Every element is written where the next one goes, which saves jumps that no processor foretells; `last` is the
    last one that stays."""
    k = 0
    for i in range(last):
        y[k] = x[i]
        k += mask[i]
    y[k] = x[last]


@serial
def _put(g, mask, last, x):
    k, zero = 0, g.dtype.type(0)
    for i in range(last):
        value = g[k]
        x[i] = value if mask[i] else zero
        k += mask[i]
    x[last] = g[k]


@parallel
def _copy_upper(x, n, diagonal, y, workers):
    for t in prange(workers):
        for row in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            first = min(max(row % n + diagonal, 0), x.shape[1])
            copy(x[row, first:], y[row, first:])


@parallel
def _copy_lower(x, n, diagonal, y, workers):
    for t in prange(workers):
        for row in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            end = min(max(row % n + diagonal + 1, 0), x.shape[1])
            copy(x[row, :end], y[row, :end])
