"""Sums and products of all elements, or of each row, divided among threads where that pays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import prange

from .. import LARGE, threads
from .jit import parallel, serial, serial_sum
from .layout import flat, in_memory_order

BLOCK = 1024
"""Elements that are summed in their own precision; the sums of blocks are added in float64."""

ROWS = 64
"""Rows that are summed before their sum is added to the others', so that rounding grows slowly."""

COLUMNS_FROM = 1 << 15
"""Elements from which summing columns in threads, or by this kernel at all, pays (measured on 2 cores)."""

RUNS_FROM = 1 << 13
"""Elements from which running sums and products, each of which waits for the one before it, pay in threads."""

_float32 = np.dtype(np.float32)


def total(x: np.ndarray) -> np.ndarray:
    """The sum of all elements, in their dtype, of integers and booleans as int64; of floats in any dense order."""
    if x.ndim == 1 and x.dtype is _float32 and x.size <= BLOCK:  # the usual small case
        return np.array(_sum_of_block(x), _float32)
    if x.dtype.char not in "fd" or not (x.flags.c_contiguous or in_memory_order(x) is not None):
        return np.asarray(np.add.reduce(x, None, x.dtype if x.dtype.kind == "f" else np.int64))
    elements = x if x.ndim == 1 else flat(x)
    if x.size < LARGE:
        return np.array(sum_of_blocks(elements), x.dtype)
    sums = np.zeros(threads.get_num_threads())
    _total(elements, sums, len(sums))
    return np.asarray(np.add.reduce(sums), x.dtype)


def all_within(x: np.ndarray, low: float, high: float) -> bool:
    """Whether every element is at least `low` and at most `high`, which NaN is not."""
    if x.dtype.char in "fd" and x.flags.c_contiguous and x.flags.writeable:  # one pass, and no call of two ufuncs
        return _all_within(x.reshape(-1), low, high)
    return x.size == 0 or bool(np.minimum.reduce(x, None) >= low and np.maximum.reduce(x, None) <= high)


def sum_of_rows(x: np.ndarray) -> np.ndarray:
    """The sum along the last axis; of contiguous floats."""
    return _of_rows(_sums, x)


def sum_of_columns(x: np.ndarray) -> np.ndarray:
    """The sums along the first axis of a matrix; of contiguous floats."""
    y = np.empty(x.shape[1], x.dtype)
    _column_sums(x, y, threads.workers(x.size, COLUMNS_FROM))
    return y


def product_of_rows(x: np.ndarray) -> np.ndarray:
    """The product along the last axis; of contiguous floats."""
    return _of_rows(_products, x)


def product_of_all(x: np.ndarray) -> np.ndarray:
    """The product of a vector of floats."""
    return np.array(_product(x), x.dtype)


def squared_deviations_of_rows(x: np.ndarray, scale: float) -> np.ndarray:
    """The sum of the squared distances from the mean, times `scale`, along the last axis; of contiguous floats."""
    if x.ndim == 1:
        return np.array(_squared_deviations_of_row(x, scale), x.dtype)
    y = np.empty(x.shape[:-1], x.dtype)
    rows = x.reshape(y.size, x.shape[-1])
    _squared_deviations(rows, scale, y.reshape(-1), threads.workers(x.size, LARGE))
    return y


def cumulative_sum_of_rows(x: np.ndarray) -> np.ndarray:
    """Running sums along the last axis, in float64 and rounded at each element; of contiguous floats."""
    return _summed_along_rows(x, 0, 1)


def cumulative_sum_of_rows_from_end(x: np.ndarray) -> np.ndarray:
    """The same from the end: each element and all behind it."""
    return _summed_along_rows(x, x.shape[-1] - 1, -1)


def _summed_along_rows(x: np.ndarray, start: int, step: int) -> np.ndarray:
    y = np.empty_like(x)
    n = x.shape[-1]
    _cumulative_sums(x.reshape(-1, n), y.reshape(-1, n), start, step, threads.workers(x.size, RUNS_FROM))
    return y


def products_of_others_of_rows(x: np.ndarray) -> np.ndarray:
    """For each element the product of all others along the last axis; of contiguous floats."""
    y = np.empty_like(x)
    n = x.shape[-1]
    _products_of_others(x.reshape(-1, n), y.reshape(-1, n), threads.workers(x.size, RUNS_FROM))
    return y


def _of_rows(kernel: Callable[..., None], x: np.ndarray) -> np.ndarray:
    y: Any = np.empty(x.shape[:-1], x.dtype)
    kernel(x.reshape(-1, x.shape[-1]), y.reshape(-1), threads.workers(x.size, LARGE))
    return y


@serial
def _all_within(x, low, high):
    least, most, outside = x.dtype.type(low), x.dtype.type(high), 0
    for i in range(x.size):
        outside += not (least <= x[i] <= most)
    return outside == 0


@parallel
def _total(x, sums, workers):
    for t in prange(workers):
        sums[t] = sum_of_blocks(x[t * x.size // workers : (t + 1) * x.size // workers])


@parallel
def _sums(x, y, workers):
    for t in prange(workers):
        for row in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            y[row] = sum_of_blocks(x[row])


@parallel
def _column_sums(x, y, workers):
    for t in prange(workers):
        first, last = t * y.size // workers, (t + 1) * y.size // workers
        y[first:last] = 0
        part = np.empty(last - first, x.dtype)
        for top in range(0, len(x), ROWS):
            part[:] = 0
            for i in range(top, min(top + ROWS, len(x))):
                add(part, x[i, first:last])
            add(y[first:last], part)


@serial
def add(total, x):
    """total += x, of vectors."""
    for i in range(total.size):
        total[i] += x[i]


@parallel
def _squared_deviations(x, scale, y, workers):
    for t in prange(workers):
        for row in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            y[row] = _squared_deviations_of_row(x[row], scale)


@parallel
def _products(x, y, workers):
    for t in prange(workers):
        for row in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            y[row] = _product(x[row])


@parallel
def _cumulative_sums(x, y, start, step, workers):
    for t in prange(workers):
        first, last = t * len(x) // workers, (t + 1) * len(x) // workers
        whole = first + (last - first) // 4 * 4
        for row in range(first, whole, 4):
            _cumulative_sums_of_four(x[row : row + 4], y[row : row + 4], start, step)
        for row in range(whole, last):
            total, i = 0.0, start
            for _ in range(x.shape[1]):
                total += x[row, i]
                y[row, i] = total
                i += step


@serial
def _cumulative_sums_of_four(x, y, start, step):
    """Four rows at once: each addition waits for the one before it in its row, but not for the other rows'."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    i = start
    for _ in range(x.shape[1]):
        a += x[0, i]
        b += x[1, i]
        c += x[2, i]
        d += x[3, i]
        y[0, i] = a
        y[1, i] = b
        y[2, i] = c
        y[3, i] = d
        i += step


@parallel
def _products_of_others(x, y, workers):
    for t in prange(workers):
        for row in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            _products_of_others_in_row(x[row], y[row])


@serial
def _products_of_others_in_row(x, y):
    """That of those before, from the front, times that of those behind, from the back."""
    before, behind = x.dtype.type(1), x.dtype.type(1)
    for i in range(x.size):
        y[i] = before
        before *= x[i]
    for i in range(x.size - 1, -1, -1):
        y[i] *= behind
        behind *= x[i]


@serial
def _squared_deviations_of_row(x, scale):
    mean = x.dtype.type(sum_of_blocks(x) / x.size)
    total = 0.0
    for first in range(0, x.size, BLOCK):
        total += squares_about(x[first : first + BLOCK], mean)
    return total * scale


@serial
def sum_of_blocks(x):
    total = 0.0
    for first in range(0, x.size, BLOCK):
        total += _sum_of_block(x[first : first + BLOCK])
    return total


@serial_sum
def _sum_of_block(x):
    total = x.dtype.type(0)
    for i in range(x.size):
        total += x[i]
    return total


@serial_sum
def squares_about(x, mean):
    total = x.dtype.type(0)
    for i in range(x.size):
        total += (x[i] - mean) * (x[i] - mean)
    return total


@serial_sum
def _product(x):
    product = x.dtype.type(1)
    for i in range(x.size):
        product *= x[i]
    return product
