"""Images copied from one order in memory to the other: planes, as their shape says, or pixels, channels-last."""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel
from .transposing import transpose

PARALLEL_FROM = 1 << 14
"""Elements from which threads pay (measured on 2 cores)."""


def planes_of(x: np.ndarray) -> np.ndarray:
    """x (N, C, ...), which lies channels-last, as a copy that lies as its shape says."""
    y = np.empty(x.shape, x.dtype)
    n, c = x.shape[:2]
    _turn(x.transpose(0, *range(2, x.ndim), 1).reshape(n, -1, c), y.reshape(n, c, -1))
    return y


def pixels_of(x: np.ndarray) -> np.ndarray:
    """x (N, C, ...), which lies as its shape says, as a copy (N, ..., C) that does."""
    n, c = x.shape[:2]
    y = np.empty((n, *x.shape[2:], c), x.dtype)
    _turn(x.reshape(n, c, -1), y.reshape(n, -1, c))
    return y


def _turn(x: np.ndarray, y: np.ndarray) -> None:
    """Matrices x (N, rows, columns), not empty, into y (N, columns, rows)."""
    workers = threads.workers(x.size, PARALLEL_FROM)
    _turn_matrices(x.reshape(-1), y.reshape(-1), x.shape, 1 if len(x) >= workers else workers, workers)


@parallel
def _turn_matrices(x, y, shape, bands, workers):
    """Threads take matrices, or, of few, bands of their longer side."""
    n, rows, columns = shape
    across, down = (bands, 1) if columns >= rows else (1, bands)
    for t in prange(workers):
        for number in range(t * n * bands // workers, (t + 1) * n * bands // workers):
            first, band = number // bands * rows * columns, number % bands
            left, right = band % across * columns // across, (band % across + 1) * columns // across
            top, bottom = band % down * rows // down, (band % down + 1) * rows // down
            source, target = first + top * columns + left, first + left * rows + top
            transpose(x, source, columns, bottom - top, right - left, y[target:], rows)
