"""Distances between all rows of two matrices, from their products: |a - b|^2 = |a|^2 + |b|^2 - 2 a b.

Where a and b are close that difference cancels: such pairs are taken from a - b itself, forwards and back.
"""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial, serial_sum
from .product import matmul
from .reduction import sum_of_blocks

PASS_FROM = 1 << 13
"""Pairs from which dividing the rows among threads pays (measured on 2 cores)."""

CLOSE = 1 / 32
"""The part of |a|^2 + |b|^2 below which a squared distance has cancelled: it has lost 5 bits by then."""


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a (k, n, d) and b (k, m, d), contiguous floats -> (k, n, m)."""
    y = _products(a, b.swapaxes(-1, -2))
    rows = y.reshape(-1, y.shape[-1])
    _from_products(_as_rows(a), b, _squares(a).reshape(-1), _squares(b), rows, threads.workers(y.size, PASS_FROM))
    return y


def distances_gradient(g: np.ndarray, a: np.ndarray, b: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The gradients of a and b, for that of the distances y, all contiguous: zero where a distance is zero."""
    shares, totals = np.empty_like(y), np.empty((*y.shape[:-1], 1), y.dtype)
    close = np.zeros(threads.get_num_threads(), np.int64)
    squares_a, squares_b, columns = _squares(a).reshape(-1), _squares(b), y.shape[-1]
    rows = [x.reshape(-1, columns) for x in (g, y, shares)]
    _shares(*rows, totals.reshape(-1), squares_a, squares_b, close, threads.workers(y.size, PASS_FROM))
    da = a * totals - _products(shares, b)
    db = b * np.add.reduce(shares, -2)[..., None] - _products(shares.swapaxes(-1, -2), a)
    if close.any():
        _pull_close(*rows[:2], _as_rows(a), b, squares_a, squares_b, _as_rows(da), db)
    return da, db


def _products(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of two batches; threads divide also a batch of one."""
    return matmul(a[0], b[0])[None] if len(a) == 1 else matmul(a, b)


def _squares(x: np.ndarray) -> np.ndarray:
    return np.einsum("...i,...i", x, x)


def _as_rows(x: np.ndarray) -> np.ndarray:
    return x.reshape(-1, x.shape[-1])


@parallel
def _from_products(a, b, squares_a, squares_b, y, workers):
    for t in prange(workers):
        n = len(a) // len(b)
        for row in range(t * len(a) // workers, (t + 1) * len(a) // workers):
            if _roots(squares_a[row], squares_b[row // n], y[row]):
                _correct_close(a[row], b[row // n], squares_a[row], squares_b[row // n], y[row])


@serial_sum
def _roots(square, squares, y):
    """Distances in place of products; returns how many have cancelled."""
    zero, one, close = y.dtype.type(0), y.dtype.type(1), y.dtype.type(CLOSE)
    count = zero  # of the same size as the numbers, or the loop is not vectorised
    for j in range(y.size):
        total = square + squares[j]
        rest = total - (y[j] + y[j])
        count += one if rest < close * total else zero
        y[j] = np.sqrt(max(rest, zero))
    return count


@serial
def _correct_close(a, b, square, squares, y):
    close = y.dtype.type(1.01 * CLOSE)
    for j in range(y.size):
        if y[j] * y[j] < close * (square + squares[j]):
            y[j] = _distance(a, b[j])


@serial_sum
def _distance(a, b):
    total = a.dtype.type(0)
    for i in range(a.size):
        total += (a[i] - b[i]) * (a[i] - b[i])
    return math.sqrt(total)


@parallel
def _shares(g, y, shares, totals, squares_a, squares_b, close, workers):
    for t in prange(workers):
        n = len(y) // len(squares_b)
        for row in range(t * len(y) // workers, (t + 1) * len(y) // workers):
            close[t] += _shares_of_row(g[row], y[row], squares_a[row], squares_b[row // n], shares[row])
            totals[row] = sum_of_blocks(shares[row])


@serial_sum
def _shares_of_row(g, y, square, squares, shares):
    """g / y, but zero of those that are close; returns how many of these there are, apart from distances of zero."""
    zero, one, close = y.dtype.type(0), y.dtype.type(1), y.dtype.type(CLOSE)
    count = zero
    for j in range(y.size):
        far = y[j] * y[j] >= close * (square + squares[j]) and y[j] > zero
        shares[j] = g[j] / y[j] if far else zero
        count += zero if far or y[j] == zero else one
    return count


@serial
def _pull_close(g, y, a, b, squares_a, squares_b, da, db):
    """Add what the close pairs give."""
    close, n = y.dtype.type(CLOSE), len(a) // len(b)
    for row in range(len(a)):
        k = row // n
        for j in range(y.shape[1]):
            far = y[row, j] * y[row, j] >= close * (squares_a[row] + squares_b[k, j])
            if not far and y[row, j] != 0:
                _pull(g[row, j] / y[row, j], a[row], b[k, j], da[row], db[k, j])


@serial
def _pull(share, a, b, da, db):
    for i in range(a.size):
        part = share * (a[i] - b[i])
        da[i] += part
        db[i] -= part
