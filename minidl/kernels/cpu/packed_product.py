"""Products of a few rows with one matrix, again and again: the matrix is packed once, in the order of the tile.

BLAS packs its operands in every call.  For 32 rows of 128 numbers with a matrix of 512 columns that is a third of the
time (measured on AVX-512: 40 microseconds by the tile, 59 by BLAS; with 8 rows the tile takes a third of the time).
"""

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial
from .recurrent_cells import fill_rows
from .tile import COLUMN_BYTES, ROWS, add_products

PARALLEL_FROM = 1 << 18
"""Multiplications from which dividing a product among threads pays."""


def packed(b: np.ndarray) -> np.ndarray:
    """b (k, m) as (panels, k, columns), panels of as many columns as the tile has, the last filled up with zeros."""
    k, m = b.shape
    columns = COLUMN_BYTES // b.itemsize
    panels = -(-m // columns)
    if m < panels * columns:
        narrow, b = b, np.zeros((k, panels * columns), b.dtype, "F" if b.flags.f_contiguous else "C")
        b[:, :m] = narrow
    return np.ascontiguousarray(b.reshape(k, panels, columns).transpose(1, 0, 2))


def product_of_packed(a: np.ndarray, b: np.ndarray, out: np.ndarray, initial: np.ndarray | None = None) -> None:
    """out (n, m) = a (n, k) @ b + initial (m,), b packed, each thread taking some rows."""
    start = np.zeros(out.shape[1], out.dtype) if initial is None else np.require(initial, None, ["C", "W"])
    workers = threads.workers(a.shape[1] * out.size, PARALLEL_FROM)
    _row_parts(np.require(a, None, ["C", "W"]), b, start, out, workers)


@parallel
def _row_parts(a, b, initial, out, workers):
    for t in prange(workers):
        first, last = t * len(out) // workers, (t + 1) * len(out) // workers
        fill_rows(initial, out[first:last])  # here, since threads share the cost of touching fresh memory, too
        if first < last and a.shape[1]:
            add_product(a[first:last], b, out[first:last])


@serial
def add_product(a, b, out):
    """out += a @ b, of contiguous a (n, k) and out (n, m), and b packed."""
    n, k = a.shape
    m = out.shape[1]
    panels, _, columns = b.shape
    left, right, target = a.reshape(-1), b.reshape(-1), out.reshape(-1)
    rows = np.empty(n + ROWS, np.int64)
    for i in range(rows.size):
        rows[i] = min(i, n - 1) * k  # the last one is repeated to fill a tile
    edge = np.empty(ROWS * columns, out.dtype)
    for panel in range(panels):
        inside = min(columns, m - panel * columns)
        for first in range(0, n, ROWS):
            count = min(ROWS, n - first)
            begin, place = panel * k * columns, first * m + panel * columns
            if inside == columns and count == ROWS:
                add_products(left, rows, right, target, (0, first, begin, place), (1, k), (0, 1, 0, columns, m))
            else:
                edge[:] = 0
                add_products(left, rows, right, edge, (0, first, begin, 0), (1, k), (0, 1, 0, columns, columns))
                for i in range(count):
                    for j in range(inside):
                        target[place + i * m + j] += edge[i * columns + j]
