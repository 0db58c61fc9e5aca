"""Products of a few rows with one matrix, again and again: the matrix is packed once, in the order of the tile.

BLAS packs its operands in every call.  For 32 rows of 128 numbers with a matrix of 512 columns that is a third of the
time (measured on AVX-512: 40 microseconds by the tile, 59 by BLAS; with 8 rows the tile takes a third of the time).
"""

import numpy as np

from .jit import serial
from .tile import COLUMN_BYTES, ROWS, add_products


def packed(b: np.ndarray) -> np.ndarray:
    """b (k, m) as (panels, k, columns), panels of as many columns as the tile has, the last filled up with zeros."""
    k, m = b.shape
    columns = COLUMN_BYTES // b.itemsize
    panels = -(-m // columns)
    whole = np.zeros((k, panels * columns), b.dtype)
    whole[:, :m] = b
    return np.ascontiguousarray(whole.reshape(k, panels, columns).transpose(1, 0, 2))


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
