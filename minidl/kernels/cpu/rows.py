"""Work on rows, divided among threads: the logarithm of a sum of exponentials, and parts of other kernels."""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from .. import threads
from .exponential import exp
from .jit import parallel, serial, serial_sum

PASS_FROM = 1 << 13
"""Elements from which dividing the rows among threads pays (measured on 2 cores)."""


def _as_rows(x: np.ndarray) -> np.ndarray:
    """(..., n) -> (rows, n), without a copy where memory allows."""
    if x.ndim != 2:
        x = x.reshape(-1, x.shape[-1])
    return x if x.flags.c_contiguous else np.ascontiguousarray(x)


def log_sum_exp_of_rows(x: np.ndarray) -> np.ndarray:
    """log(sum(exp(x))) along the last axis of floats, the greatest taken out first so that nothing overflows."""
    y = np.empty(x.shape[:-1], x.dtype)
    _log_sum_exp(_as_rows(x), y.reshape(-1), threads.workers(x.size, PASS_FROM))
    return y


def log_sum_exp_of_rows_gradient(g: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """exp(x - y) * g, of x (..., n) with y and g (...); zero where y is -inf."""
    slope = np.empty(x.shape, x.dtype)
    g, y = np.ascontiguousarray(g).reshape(-1), np.ascontiguousarray(y).reshape(-1)
    _log_sum_exp_back(g, _as_rows(x), y, _as_rows(slope), threads.workers(x.size, PASS_FROM))
    return slope


@serial
def add_to_rows(y, row):
    """y (rows, n) += row (n,), contiguous."""
    for i in range(len(y)):
        line = y[i]
        for j in range(row.size):
            line[j] += row[j]


def outer_product(column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """column (n, 1) * row (1, m), of floats."""
    y = np.empty((len(column), row.shape[1]), column.dtype)
    _multiply(column.reshape(-1), row.reshape(-1), y)
    return y


@serial
def _multiply(column, row, y):
    for i in range(column.size):
        line, factor = y[i], column[i]
        for j in range(row.size):
            line[j] = factor * row[j]


@parallel
def _log_sum_exp(x, y, workers):
    for t in prange(workers):
        powers = np.empty(x.shape[1], x.dtype)
        for row in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            top = greatest(x[row])
            top = x.dtype.type(0) if math.isinf(top) else top
            y[row] = math.log(exp_less(x[row], top, powers)) + top


@parallel
def _log_sum_exp_back(g, x, y, slope, workers):
    for t in prange(workers):
        for row in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            start = x.dtype.type(0) if y[row] == -np.inf else y[row]
            _scaled_exp_less(x[row], start, g[row], slope[row])


@serial
def _scaled_exp_less(x, start, factor, y):
    for i in range(x.size):
        y[i] = exp(x[i] - start) * factor


@serial
def scale_by_sum(y, total):
    """y / total, in place."""
    for i in range(y.size):
        y[i] /= total


@serial
def greatest(x):
    """The greatest number, or -inf; NaN is passed over.  Four running maxima wait less for one another."""
    lowest = x.dtype.type(-np.inf)
    a, b, c, d = lowest, lowest, lowest, lowest
    whole = x.size // 4 * 4
    for i in range(0, whole, 4):
        a = x[i] if x[i] > a else a
        b = x[i + 1] if x[i + 1] > b else b
        c = x[i + 2] if x[i + 2] > c else c
        d = x[i + 3] if x[i + 3] > d else d
    for i in range(whole, x.size):
        a = x[i] if x[i] > a else a
    a, c = b if b > a else a, d if d > c else c
    return c if c > a else a


@serial_sum
def exp_less(x, top, y):
    """y = exp(x - top); returns the sum of y."""
    for i in range(x.size):
        y[i] = exp(x[i] - top)
    total = x.dtype.type(0)
    for i in range(x.size):
        total += y[i]
    return total
