"""Euclidean lengths of rows: found, given to them anew, and the gradient of that."""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial, serial_sum
from .reduction import BLOCK, squares_about

PASS_FROM = 1 << 14
"""Elements from which dividing the rows among threads pays (measured on 2 cores)."""


def lengths_of_rows(x: np.ndarray) -> np.ndarray:
    """The root of the sum of squares along the last axis; of contiguous floats."""
    y = np.empty(x.shape[:-1], x.dtype)
    _lengths(x.reshape(y.size, x.shape[-1]), y.reshape(-1), threads.workers(x.size, PASS_FROM))
    return y


def rows_of_length(v: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """v (n, m) * (length / |v|), row by row, with length (n,); and the lengths |v| that the rows had."""
    y, norms = np.empty_like(v), np.empty_like(length)
    _rescale(v, length, y, norms, threads.workers(v.size, PASS_FROM))
    return y, norms


def rows_of_length_gradient(
    g: np.ndarray, v: np.ndarray, length: np.ndarray, norms: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The gradients of v and of length: each row of g without its part along v, times length / |v|, and that part."""
    dv, along = np.empty_like(v), np.empty_like(length)
    _rescale_back(g, v, length, norms, dv, along, threads.workers(v.size, PASS_FROM))
    return dv, along


@parallel
def _lengths(x, y, workers):
    for t in prange(workers):
        for row in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            y[row] = _length(x[row])


@parallel
def _rescale(v, length, y, norms, workers):
    for t in prange(workers):
        for row in range(t * len(v) // workers, (t + 1) * len(v) // workers):
            norms[row] = _length(v[row])
            _times(v[row], length[row] / norms[row], y[row])


@parallel
def _rescale_back(g, v, length, norms, dv, along, workers):
    for t in prange(workers):
        for row in range(t * len(v) // workers, (t + 1) * len(v) // workers):
            along[row] = _product(g[row], v[row]) / norms[row]
            _rejected(g[row], v[row], along[row] / norms[row], length[row] / norms[row], dv[row])


@serial
def _length(x):
    total, zero = 0.0, x.dtype.type(0)
    for first in range(0, x.size, BLOCK):
        total += squares_about(x[first : first + BLOCK], zero)
    return math.sqrt(total)


@serial
def _times(x, factor, y):
    for i in range(x.size):
        y[i] = x[i] * factor


@serial
def _rejected(g, v, share, factor, y):
    """(g - share * v) * factor"""
    for i in range(g.size):
        y[i] = (g[i] - share * v[i]) * factor


@serial
def _product(a, b):
    total = 0.0
    for first in range(0, a.size, BLOCK):
        total += _product_of_block(a[first : first + BLOCK], b[first : first + BLOCK])
    return total


@serial_sum
def _product_of_block(a, b):
    total = a.dtype.type(0)
    for i in range(a.size):
        total += a[i] * b[i]
    return total
