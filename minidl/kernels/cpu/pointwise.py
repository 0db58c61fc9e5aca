"""Convolutions of 1x1 with stride 1: products of pixels (P, C) and kernels, in tiles that read the image where it lies.

    y = x w^T + bias (P, K),    gx = g w (P, C),    gw = g^T x (K, C)

Threads divide the pixels, and take a few at a time, so few that these stay in the second cache while all columns of the
result pass.  Meanwhile the lines of the next few are asked for, of the image and of the result.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from .cache_lines import per_turn, prefetch
from .copying import clear
from .jit import parallel
from .tile import COLUMN_BYTES, ROWS, add_products, set_pixels

CHUNK = 64
"""Pixels at a time."""

SUMMED = 128
"""Pixels at a time whose products are added to the weight's gradient."""

SHARED_FROM = 1 << 16
"""Numbers of a weight's gradient from which threads divide it; a smaller one each makes for its share of pixels."""

Geometry = tuple[int, int, int, int, int, int, int, int]


def suits(columns: int, itemsize: int, groups: int, geometry: Geometry) -> bool:
    """Whether each output pixel is made of one input pixel, by a whole tile's columns."""
    return geometry[:6] == (1, 1, 1, 1, 0, 0) and groups == 1 and columns * itemsize % COLUMN_BYTES == 0


def weight_gradient(g: np.ndarray, x: np.ndarray, out: np.ndarray, workers: int) -> None:
    """g (N, H, W, K) and x (N, H, W, C) -> out (K, C, 1, 1); K and C are whole numbers of a tile's rows and columns."""
    k, c = out.shape[:2]
    shares = 1 if out.size >= SHARED_FROM else workers
    sums = out.reshape(1, k, c) if shares == 1 else np.empty((shares, k, c), out.dtype)
    _correlate(g.reshape(-1), x.reshape(-1), sums, workers)
    if shares > 1:
        np.add.reduce(sums, 0, out=out.reshape(k, c))


@parallel
def multiply(x, packed, y, k, workers):
    """x (P, C) by packed (panels, 1 + C, columns) of bias and kernels -> y (P, K), both flat, P being at least 1."""
    panels, rows, columns = packed.shape
    c, weights = rows - 1, packed.reshape(-1)
    pixels = y.size // k
    for t in prange(workers):
        begin, end = t * pixels // workers, (t + 1) * pixels // workers
        sources, targets = np.empty(CHUNK, np.int64), np.empty(CHUNK, np.int64)
        for first in range(begin, end, CHUNK):
            last = min(first + CHUNK, end)
            following = min(last + CHUNK, end)
            for m in range(CHUNK):
                pixel = min(first + m, last - 1)  # the last one fills up a tile
                sources[m], targets[m] = pixel * c, pixel * k
            tiles = -(-(last - first) // ROWS)
            of_x, end_of_x = last * c, following * c
            of_y, end_of_y = last * k, following * k
            share_of_x = per_turn(end_of_x - of_x, tiles * panels, x)
            share_of_y = per_turn(end_of_y - of_y, tiles * panels, y)
            for panel in range(panels):
                initial, column = panel * rows * columns, panel * columns
                for start in range(0, tiles * ROWS, ROWS):
                    prefetch(x, of_x, min(of_x + share_of_x, end_of_x))
                    prefetch(y, of_y, min(of_y + share_of_y, end_of_y))
                    of_x, of_y = of_x + share_of_x, of_y + share_of_y
                    starts = (0, start, initial + columns, column, initial)
                    set_pixels(x, sources, weights, y, targets, min(columns, k - column), starts, (1, c),
                               (0, 1, 0, columns))  # fmt: skip


@parallel
def _correlate(g, x, sums, workers):
    """g (P, K) and x (P, C), both flat -> sums (shares, K, C) of g^T x, in whole tiles.

    There is a share for each thread, of some pixels; or a single one, of which each thread makes some rows.
    """
    shares, k, c = sums.shape
    columns, pixels = COLUMN_BYTES // x.itemsize, x.size // c
    for t in prange(workers):
        share, part, parts = t % shares, t // shares, workers // shares
        begin, end = share * pixels // shares, (share + 1) * pixels // shares
        upper, lower = part * (k // ROWS) // parts * ROWS, (part + 1) * (k // ROWS) // parts * ROWS
        total, at = sums[share].reshape(-1), np.arange(ROWS)
        clear(total[upper * c : lower * c])
        tiles = (lower - upper) // ROWS * (c // columns)
        for first in range(begin, end, SUMMED):
            last = min(first + SUMMED, end)
            following = min(last + SUMMED, end)
            of_g, end_of_g = last * k, following * k
            of_x, end_of_x = last * c, following * c
            share_of_g, share_of_x = per_turn(end_of_g - of_g, tiles, g), per_turn(end_of_x - of_x, tiles, x)
            for column in range(0, c, columns):
                for kernel in range(upper, lower, ROWS):
                    prefetch(g, of_g, min(of_g + share_of_g, end_of_g))
                    prefetch(x, of_x, min(of_x + share_of_x, end_of_x))
                    of_g, of_x = of_g + share_of_g, of_x + share_of_x
                    starts = (first * k + kernel, 0, first * c + column, kernel * c + column)
                    add_products(g, at, x, total, starts, (1, last - first), (0, k, 0, c, c))
