"""Products of matrices of middling size by the convolution's tile, of operands that stay where they lie.

BLAS copies both operands into the order of its registers.  With the few hundred rows and columns of a small network's
layers that is much of the time, above all for the transposed operand of a weight's gradient, g.T @ x.  The tile takes
numbers of `a` one by one, and rows of `b` at any distance.  With 128 to 512 rows and columns and sums of 768, two
threads with AVX-512 reach 194 to 222 GFLOP/s this way, and 142 to 176 with BLAS.  A transposed `b` would have to be
copied for the tile, too: there BLAS is as fast.
"""

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel
from .layout import window
from .tile import COLUMN_BYTES, ROWS, set_products

SHORTEST = 16
"""Products in a sum from which a tile does more than to write its numbers."""

LONGEST = 1024
"""Products in a sum up to which the tile's columns of `b` stay in the second cache while all rows of `a` pass."""

LARGEST = 1 << 19
"""Numbers in an operand up to which it pays to leave it where it lies: beyond, rows far apart cost more (measured)."""


def suits(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether a (n, k) @ b (k, m) is of middling size, made of tiles without much loss, and b lies in rows."""
    (n, k), m = a.shape, b.shape[1]
    columns = COLUMN_BYTES // b.itemsize
    tiles = -(-m // columns)
    return (
        b.strides[1] == b.itemsize
        and SHORTEST <= k <= LONGEST
        and max(a.size, b.size) <= LARGEST
        and n >= ROWS * threads.get_num_threads()
        and columns <= m
        and 4 * tiles * columns <= 5 * m
    )


def tiled_product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a (n, k) @ b (k, m), which suit; a has unit stride along one axis."""
    out = np.empty((len(a), b.shape[1]), a.dtype)
    steps = tuple(step // a.itemsize for step in (*a.strides, b.strides[0]))
    _row_parts(window(a), window(b), steps, len(b), out, threads.get_num_threads())
    return out


@parallel
def _row_parts(a, b, steps, k, out, workers):
    """The last tile of the rows, and of the columns, lies partly over the one before it, and sets the same numbers."""
    n, m = out.shape
    columns = COLUMN_BYTES // out.itemsize
    down, along, step = steps
    target, at = out.reshape(-1), np.empty(ROWS, np.int64)
    for i in range(ROWS):
        at[i] = i * down
    for t in prange(workers):
        first, last = t * n // workers, (t + 1) * n // workers
        for column in range(0, m, columns):
            left = min(column, m - columns)
            for row in range(first, last, ROWS):
                top = min(row, last - ROWS)
                starts = (top * down, 0, left, top * m + left)
                set_products(a, at, b, target, starts, (1, k), (0, along, 0, step, m))
