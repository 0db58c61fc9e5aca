"""Products of matrices of middling size by the convolution's tile, of operands that stay where they lie.

BLAS copies both operands into the order of its registers.  With the few hundred rows and columns of a small network's
layers that is much of the time, above all for the transposed operand of a weight's gradient, g.T @ x.  The tile takes
numbers of `a` one by one, and rows of `b` at any distance.  With 128 to 512 rows and columns and sums of 768, two
threads with AVX-512 reach 194 to 222 GFLOP/s this way, and 142 to 176 with BLAS.

A transposed `b`, as the weight in x @ w.T, is turned for the tile, 32 of its rows at a time, in vector registers, which
takes a fiftieth of the time; and the tile begins with the bias.  So a layer of 128 to 512 features and 768 rows takes
0.91 to 1.00 times as long as with BLAS, and the first layer of an MLP for MNIST, 128 rows of 784, 0.82 times.

With the 16 registers of AVX2 a tile is a quarter as large, and reads each operand twice as often: it reaches 145 to 198
GFLOP/s, and BLAS, which packs what it reads so often, 164 to 199.  So there BLAS does all of these.
"""

import numpy as np
from numba import prange

from .. import threads
from .cache_lines import lines
from .jit import parallel, serial
from .layout import window
from .machine import REGISTERS
from .tile import COLUMN_BYTES, ROWS, set_pixels, set_products
from .transposing import transpose

SHORTEST = 16
"""Products in a sum from which a tile does more than to write its numbers."""

LONGEST = 1024
"""Products in a sum up to which the tile's columns of `b` stay in the second cache while all rows of `a` pass."""

LARGEST = 1 << 19
"""Numbers in an operand up to which it pays to leave it where it lies: beyond, rows far apart cost more (measured)."""


def suits(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether a (n, k) @ b (k, m) is of middling size, and made of tiles without much loss."""
    (n, k), m = a.shape, b.shape[1]
    columns = COLUMN_BYTES // b.itemsize
    tiles = -(-m // columns)
    return (
        REGISTERS == 32
        and SHORTEST <= k <= LONGEST
        and max(a.size, b.size) <= LARGEST
        and n >= ROWS * threads.get_num_threads()
        and columns <= m
        and 4 * tiles * columns <= 5 * m
    )


def tiled_product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a (n, k) @ b (k, m), which suit; a has unit stride along one axis, b along its rows."""
    out = np.empty((len(a), b.shape[1]), a.dtype)
    steps = tuple(step // a.itemsize for step in (*a.strides, b.strides[0]))
    _parts(window(a), window(b), steps, len(b), out, _division(out), threads.get_num_threads())
    return out


def _division(out: np.ndarray) -> tuple[int, int]:
    """Into how many parts the rows are divided among threads, and the columns.

    A thread that takes some columns reads only these of `b`.  Where they are many, and come from memory that no cache
    holds, as in the gradient of 128 x 512 weights, that saves a seventh of the time.
    """
    (n, m), workers = out.shape, threads.get_num_threads()
    by_columns = m > n and m * out.itemsize >= 4 * workers * COLUMN_BYTES
    return (1, workers) if by_columns else (workers, 1)


@parallel
def _parts(a, b, steps, k, out, division, workers):
    panels = -(-out.shape[1] * out.itemsize // COLUMN_BYTES)
    for t in prange(workers):
        _part(a, b, steps, k, out, *_share(t, division, len(out), panels))


@serial
def _share(t, division, n, panels):
    """The rows, and the panels as wide as the tile, that thread t computes: from one to before another."""
    across, down = t % division[1], t // division[1]
    return (
        (down * n // division[0], (down + 1) * n // division[0]),
        (across * panels // division[1], (across + 1) * panels // division[1]),
    )


@serial
def _part(a, b, steps, k, out, rows, panels):
    """The last tile of the rows, and of the columns, lies partly over the one before it, and sets the same numbers."""
    m, target, columns = out.shape[1], out.reshape(-1), COLUMN_BYTES // out.itemsize
    down, along, step = steps
    at = np.empty(ROWS, np.int64)
    for i in range(ROWS):
        at[i] = i * down
    for panel in range(panels[0], panels[1]):
        left = min(panel * columns, m - columns)
        for row in range(rows[0], rows[1], ROWS):
            top = min(row, rows[1] - ROWS)
            starts = (top * down, 0, left, top * m + left)
            set_products(a, at, b, target, starts, (1, k), (0, along, 0, step, m))


def turned_product(a: np.ndarray, b: np.ndarray, row: np.ndarray) -> np.ndarray:
    """a (n, k) @ b.T + row (m,), a and b.T of which suit, the row contiguous; b (m, k) has unit stride along its rows.

    Each thread turns what it multiplies with.
    """
    (n, k), m = a.shape, len(b)
    out = np.empty((n, m), a.dtype)
    steps = tuple(step // a.itemsize for step in (*a.strides, b.strides[0]))
    _turned_parts(window(a), window(b), row, steps, k, out, _division(out), threads.get_num_threads())
    return out


@parallel
def _turned_parts(a, b, row, steps, k, out, division, workers):
    panels = -(-out.shape[1] * out.itemsize // COLUMN_BYTES)
    for t in prange(workers):
        _turned_part(a, b, row, steps, k, out, *_share(t, division, len(out), panels))


@serial
def _turned_part(a, b, row, steps, k, out, rows, panels):
    """The last tile of the rows lies partly over the one before it, and sets the same numbers."""
    m, target, columns = out.shape[1], out.reshape(-1), COLUMN_BYTES // out.itemsize
    down, along, step = steps
    panel, at, out_at = lines((1 + k) * columns, out.dtype), np.empty(ROWS, np.int64), np.empty(ROWS, np.int64)
    for i in range(ROWS):
        at[i], out_at[i] = i * down, i * m
    for number in range(panels[0], panels[1]):
        left = number * columns
        inside = min(columns, m - left)
        for j in range(inside):
            panel[j] = row[left + j]
        transpose(b, left * step, step, inside, k, panel[columns:], columns)
        for first in range(rows[0], rows[1], ROWS):
            top = min(first, rows[1] - ROWS)
            starts = (top * down, 0, columns, top * m + left, 0)
            set_pixels(a, at, panel, target, out_at, inside, starts, (1, k), (0, along, 0, columns))
