"""Products of a few rows with one matrix, again and again: the matrix is packed once, in the order of the tile.

BLAS packs its operands in every call.  For 32 rows of 128 numbers with a matrix of 512 columns that is a third of the
time (measured on AVX-512: 40 microseconds by the tile, 59 by BLAS; with 8 rows the tile takes a third of the time).

A packed matrix is (panels, 1 + k, columns): panels of as many columns as the tile has, the last one filled up with
zeros; above the k rows of the matrix lies the row that products are added to, a bias or zeros.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import threads
from .copying import copy
from .jit import parallel, serial
from .layout import window
from .tile import (
    COLUMN_BYTES,
    ROWS,
    add_products,
    add_products_of_1,
    add_products_of_2,
    add_products_of_4,
    set_pixels,
)

PARALLEL_FROM = 1 << 14
"""Numbers of a matrix from which packing it in threads pays."""


def packed(b: np.ndarray, row: np.ndarray | None = None) -> np.ndarray:
    """b (k, m), and the `row` (m,) that its products are added to: zeros if None."""
    k, m = b.shape
    columns = columns_of(b.dtype)
    if not (b.flags.c_contiguous or b.flags.f_contiguous):
        b = np.ascontiguousarray(b)
    b = np.require(b, None, ["W"])
    row = np.zeros(m, b.dtype) if row is None else np.require(row, None, ["C", "W"])
    out = np.empty((panels_of(m, b.dtype), 1 + k, columns), b.dtype)
    steps = b.strides[0] // b.itemsize, b.strides[1] // b.itemsize
    _pack(window(b), steps, row, out, threads.workers(b.size, PARALLEL_FROM))
    return out


def columns_of(dtype: np.dtype) -> int:
    """The columns of a panel."""
    return COLUMN_BYTES // dtype.itemsize


def panels_of(m: int, dtype: np.dtype) -> int:
    """How many panels m columns make."""
    return -(-m // columns_of(dtype))


@parallel
def _pack(b, steps, row, out, workers):
    """Each thread takes some panels."""
    panels, rows, columns = out.shape
    down, along = steps
    for t in prange(workers):
        for panel in range(t * panels // workers, (t + 1) * panels // workers):
            first = panel * columns
            inside = min(columns, row.size - first)
            target = out[panel]
            if inside < columns:
                target[:] = 0
            copy(row[first : first + inside], target[0])
            if along == 1:
                for i in range(rows - 1):
                    place = i * down + first
                    copy(b[place : place + inside], target[1 + i])
            else:
                for j in range(inside):
                    place = (first + j) * along
                    _copy_down(b[place : place + rows - 1], target, j)


@serial
def _copy_down(x, y, column):
    for i in range(x.size):
        y[1 + i, column] = x[i]


@serial
def set_rows(a, at, b, c, c_at, n, m):
    """Rows of c = rows of a @ b, b packed with m columns; rows of a and c, which are flat, begin at `at` and `c_at`.

    These are n places each, with room for those of a last whole tile.
    """
    panels, depth, columns = b.shape
    right, k = b.reshape(-1), depth - 1
    for i in range(n, n + -n % ROWS):
        at[i], c_at[i] = at[n - 1], c_at[n - 1]  # the last one is repeated to fill a tile
    for panel in range(panels):
        first = panel * columns
        inside, initial = min(columns, m - first), panel * depth * columns
        if k:
            for i in range(0, n, ROWS):
                starts = (0, i, initial + columns, first, initial)
                set_pixels(a, at, right, c, c_at, inside, starts, (1, k), (0, 1, 0, columns))
        else:
            for i in range(n):
                for j in range(inside):
                    c[c_at[i] + first + j] = right[initial + j]


@serial
def add_product(a, b, out):
    """out += a @ b, of contiguous a (n, k) and out (n, m), and b packed without a row."""
    n, k = a.shape
    m = out.shape[1]
    panels, depth, columns = b.shape
    left, right, target = a.reshape(-1), b.reshape(-1), out.reshape(-1)
    rows = np.empty(n, np.int64)
    for i in range(n):
        rows[i] = i * k
    edge = np.empty(ROWS * columns, out.dtype)
    for panel in range(panels):
        begin, place = (panel * depth + 1) * columns, panel * columns
        inside, first = min(columns, m - place), 0
        while first < n:
            count = _rows_of_tile(n - first)
            if inside == columns:
                _add_rows(left, rows, right, target, (0, first, begin, first * m + place), (k, columns, m), count)
            else:
                edge[:] = 0
                _add_rows(left, rows, right, edge, (0, first, begin, 0), (k, columns, columns), count)
                for i in range(count):
                    for j in range(inside):
                        target[(first + i) * m + place + j] += edge[i * columns + j]
            first += count


@serial
def _rows_of_tile(left):
    """The rows of the greatest tile that `left` rows fill."""
    if left >= ROWS:
        return ROWS
    return 4 if left >= 4 else 2 if left >= 2 else 1


@serial
def _add_rows(a, at, b, c, starts, sizes, count):
    """Tiles of few rows for small batches: where weights come from the L2 cache, one row takes a quarter of the time
    of eight (2.3 microseconds of 9.1 for 128 numbers and 512 columns, measured on AVX-512)."""
    k, columns, row = sizes
    loops, steps = (1, k), (0, 1, 0, columns, row)
    if count == ROWS:
        add_products(a, at, b, c, starts, loops, steps)
    elif count == 4:
        add_products_of_4(a, at, b, c, starts, loops, steps)
    elif count == 2:
        add_products_of_2(a, at, b, c, starts, loops, steps)
    else:
        add_products_of_1(a, at, b, c, starts, loops, steps)


@serial
def to_panels(row, panels, place):
    """A row becomes row `place` of panels (panels, rows, columns), the last filled up with zeros."""
    count, _, columns = panels.shape
    for panel in range(count):
        first = panel * columns
        inside = min(columns, row.size - first)
        source, target = row[first : first + inside], panels[panel, place]
        for j in range(inside):
            target[j] = source[j]
        for j in range(inside, columns):
            target[j] = 0


@serial
def add_transposed_product(d, panels, n, sums):
    """sums += d[:n].T @ x[:n], x and sums in panels; those of the sums have d's columns as rows, in whole tiles.

    So the sums, which do not stay in the cache, are gone through in the order in which they lie.
    """
    k = d.shape[1]
    count, depth, columns = panels.shape
    rows = sums.shape[1]
    left, right, target = d.reshape(-1), panels.reshape(-1), sums.reshape(-1)
    at = np.empty(k + ROWS, np.int64)
    for i in range(at.size):
        at[i] = min(i, k - 1)
    for panel in range(count):
        for first in range(0, k, ROWS):
            starts = (0, first, panel * depth * columns, (panel * rows + first) * columns)
            add_products(left, at, right, target, starts, (1, n), (0, k, 0, columns, columns))
