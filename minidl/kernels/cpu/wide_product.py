"""Products of matrices with few rows and short sums, and a great many columns: the weight's gradient of a layer that
takes whole images.

Such rows lie far apart, often by a multiple of a page, and then evict one another from the caches.  So a panel of a few
hundred columns of `b` at a time is copied side by side, where all rows of `a` find it in the second cache; `a` stays
as it lies, which BLAS would pack for every panel.  A gradient (32, 150,528) of 32 images takes 2.4 milliseconds in two
threads this way, 3.8 by BLAS (AVX-512).
"""

import numpy as np
from numba import prange

from .. import threads
from .copying import copy
from .jit import parallel
from .layout import window
from .long_product import UNPACKED
from .tile import COLUMN_BYTES, ROWS, set_products

SHORTEST = 8
"""Products in a sum from which a tile does more than to write its numbers."""

LONGEST = 512
"""Products in a sum up to which a panel is wide enough."""

PANEL = 1 << 15
"""Numbers in a panel, about (measured on 2 cores with 1 MB of second cache each)."""

WIDE = 1 << 12
"""Columns from which a product is wide."""


def suits_wide(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether a (n, k) @ b (k, m) is wide, with a panel or more for each thread, and `b` lies in rows."""
    (n, k), m = a.shape, b.shape[1]
    workers = threads.get_num_threads()
    return (
        b.strides[1] == b.itemsize
        and SHORTEST <= k <= LONGEST
        and n >= ROWS
        and m >= max(WIDE, PANEL // k * workers)
        and n * k * m >= UNPACKED * workers
    )


def wide_product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a (n, k) @ b (k, m), which suit."""
    out = np.empty((len(a), b.shape[1]), a.dtype)
    steps = tuple(step // a.itemsize for step in (*a.strides, b.strides[0]))
    _in_panels(window(a), window(b), steps, len(b), out, threads.get_num_threads())
    return out


@parallel
def _in_panels(a, b, steps, k, out, workers):
    """The last tile of rows, and the last of a thread's columns, lies partly over others, and sets the same numbers."""
    n, m = out.shape
    columns = COLUMN_BYTES // out.itemsize
    width = max(PANEL // k // columns, 1) * columns
    down, along, step = steps
    target, at = out.reshape(-1), np.empty(ROWS, np.int64)
    for i in range(ROWS):
        at[i] = i * down
    for t in prange(workers):
        first, last = t * m // workers, (t + 1) * m // workers
        panel = np.empty(k * width, out.dtype)
        for begin in range(first, last, width):
            wide = min(width, -(-(last - begin) // columns) * columns)
            left = min(begin, last - wide)
            for i in range(k):
                place = i * step + left
                copy(b[place : place + wide], panel[i * width : i * width + wide])
            for row in range(0, n, ROWS):
                top = min(row, n - ROWS)
                for j in range(0, wide, columns):
                    starts = (top * down, 0, j, top * m + left + j)
                    set_products(a, at, panel, target, starts, (1, k), (0, along, 0, width, m))
