"""Products of matrices with few rows and columns and a very long sum, as a layer makes them of whole images.

Threads divide the sum: each goes through its own stretch of both operands, which memory then delivers once.  Of rows
or columns each thread would take a part, and read one of the operands whole.  A sum of vectors needs neither operand in
another order, so that nothing is packed, as BLAS does.  32 images of 150,528 numbers times 32 such rows take 2.3
milliseconds in two threads, 4.1 by BLAS with the sum divided, 7.3 by BLAS with the columns divided (AVX-512).
"""

import numpy as np
from numba import prange

from .. import threads
from .inner_tile import SIDE, add_inner_products
from .jit import parallel, serial_sum
from .layout import window
from .tile import VECTOR_BYTES

SHORTEST = 1 << 11
"""Products in a sum from which dividing it pays (measured against BLAS on 2 cores)."""

MOST = 1 << 14
"""Sums up to which their vectors stay in the second cache."""

UNPACKED = 1 << 20
"""Multiplications of a thread up to which BLAS, too, leaves its operands as they lie, and then is faster (measured)."""

STRETCH_BYTES = 1 << 12
"""Of each row, what is gone through at a time: a tile's rows of `a` stay in the first cache meanwhile."""


def suits_long(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether a (n, k) @ b (k, m) has few long sums, of rows of `a` and columns of `b` that each lie side by side."""
    (n, k), m = a.shape, b.shape[1]
    return (
        a.strides[1] == b.strides[0] == a.itemsize
        and k >= SHORTEST
        and min(n, m) >= SIDE
        and n * m <= MOST
        and n * m * k >= UNPACKED * threads.get_num_threads()
    )


def long_product(a: np.ndarray, b: np.ndarray, row: np.ndarray | None = None) -> np.ndarray:
    """a (n, k) @ b (k, m) + row (m,), which suit."""
    workers = threads.get_num_threads()
    parts = np.empty((workers, len(a), b.shape[1]), a.dtype)
    lanes = VECTOR_BYTES // a.itemsize
    whole = a.shape[1] // lanes * lanes
    _in_stretches(window(a), _starts(a), window(b), _starts(b.T), whole, parts, workers)
    out = np.add.reduce(parts, 0)
    if whole < a.shape[1]:
        out += a[:, whole:] @ b[whole:]
    if row is not None:
        out += row
    return out


def _starts(rows: np.ndarray) -> np.ndarray:
    """Where each row begins, the last one repeated to fill a tile."""
    filled = -(-len(rows) // SIDE) * SIDE
    return np.minimum(np.arange(filled), len(rows) - 1) * (rows.strides[0] // rows.itemsize)


@parallel
def _in_stretches(a, a_at, b, b_at, k, parts, workers):
    """Each thread's part of the sums; k is a multiple of the lanes."""
    lanes = VECTOR_BYTES // parts.itemsize
    stretch, across = STRETCH_BYTES // parts.itemsize, b_at.size // SIDE
    tile = SIDE * SIDE * lanes
    for t in prange(workers):
        first, last = t * (k // lanes) // workers * lanes, (t + 1) * (k // lanes) // workers * lanes
        sums = np.zeros(a_at.size // SIDE * across * tile, parts.dtype)
        for begin in range(first, last, stretch):
            count = min(stretch, last - begin)
            for i in range(a_at.size // SIDE):
                for j in range(across):
                    place = (i * across + j) * tile
                    add_inner_products(a, a_at, b, b_at, sums, (begin, i * SIDE, begin, j * SIDE, place), count)
        _add_lanes(sums, lanes, across, parts[t])


@serial_sum
def _add_lanes(sums, lanes, across, out):
    n, m = out.shape
    for i in range(n):
        for j in range(m):
            tile, place = i // SIDE * across + j // SIDE, i % SIDE * SIDE + j % SIDE
            first = (tile * SIDE * SIDE + place) * lanes
            total = out.dtype.type(0)
            for number in sums[first : first + lanes]:
                total += number
            out[i, j] = total
