"""RMS norm, forwards and back, in one pass over each row."""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial, serial_sum
from .layer_norm import PARALLEL_FROM, as_rows, factors
from .reduction import BLOCK, ROWS, add, squares_about


def rms_norm(x: np.ndarray, own: int, weight: np.ndarray | None, eps: float) -> tuple[np.ndarray, np.ndarray]:
    """x / sqrt(mean of x^2 + eps) * weight over the last `own` dimensions, which are those of weight.

    Also what is multiplied with, 1 / sqrt(mean of x^2 + eps), of each sample, one after the other.
    """
    rows, y = as_rows(x, own), np.empty(x.shape, x.dtype)
    scales = np.empty(len(rows), x.dtype)
    _normalise(rows, factors(rows, weight), eps, as_rows(y, own), scales, threads.workers(x.size, PARALLEL_FROM))
    return y, scales


def rms_norm_gradient(
    g: np.ndarray, x: np.ndarray, own: int, weight: np.ndarray | None, scales: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The gradients in x and weight."""
    rows, dx, workers = as_rows(x, own), np.empty(x.shape, x.dtype), threads.workers(x.size, PARALLEL_FROM)
    sums = np.zeros((workers, rows.shape[1]), x.dtype)
    _pull_back(as_rows(g, own), rows, factors(rows, weight), scales, as_rows(dx, own), sums, workers)
    return dx, np.add.reduce(sums).reshape(x.shape[x.ndim - own :])


@parallel
def _normalise(x, weight, eps, y, scales, workers):
    for t in prange(workers):
        for i in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            scales[i] = _normalise_row(x[i], weight, eps, y[i])


@serial
def _normalise_row(x, weight, eps, y):
    real, squares = x.dtype.type, 0.0
    for start in range(0, x.size, BLOCK):
        squares += squares_about(x[start : start + BLOCK], real(0))
    scale = real(1 / math.sqrt(squares / x.size + eps))
    for j in range(x.size):
        y[j] = x[j] * scale * weight[j]
    return scale


@parallel
def _pull_back(g, x, weight, scales, dx, sums, workers):
    for t in prange(workers):
        _pull_back_some(g, x, weight, scales, dx, sums[t], t * len(x) // workers, (t + 1) * len(x) // workers)


@serial
def _pull_back_some(g, x, weight, scales, dx, d_weight, first, last):
    """Sums over rows are made of some rows at a time, so that rounding grows slowly."""
    part = np.empty(x.shape[1], x.dtype)
    for top in range(first, last, ROWS):
        part[:] = 0
        for i in range(top, min(top + ROWS, last)):
            _pull_back_row(g[i], x[i], weight, scales[i], dx[i], part)
        add(d_weight, part)


@serial
def _pull_back_row(g, x, weight, scale, dx, d_weight):
    """dx = scale * (p - normal * mean(p * normal)), with p = g * weight and normal = x * scale.

    Zhang and Sennrich 2019, equation 8.
    """
    along = 0.0
    for start in range(0, x.size, BLOCK):
        part = slice(start, start + BLOCK)
        along += _product(g[part], x[part], weight[part])
    slope = x.dtype.type(along / x.size * scale)
    for j in range(x.size):
        normal = x[j] * scale
        dx[j] = (g[j] * weight[j] - normal * slope) * scale
        d_weight[j] += g[j] * normal


@serial_sum
def _product(g, x, weight):
    total = x.dtype.type(0)
    for j in range(x.size):
        total += g[j] * weight[j] * x[j]
    return total
