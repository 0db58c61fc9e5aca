"""Layer norm and RMS norm, forwards and back, in one pass over each row."""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial, serial_sum
from .reduction import BLOCK, ROWS, add, squares_about, sum_of_blocks

PARALLEL_FROM = 1 << 14
"""Elements from which threads pay (measured on 2 cores)."""


def layer_norm(
    x: np.ndarray, own: int, weight: np.ndarray | None, bias: np.ndarray | None, eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(x - mean) / sqrt(variance + eps) * weight + bias over the last `own` dimensions, those of weight and bias.

    Also the means and what is multiplied with, 1 / sqrt(variance + eps), of each sample, one after the other.
    """
    rows, y = _as_rows(x, own), np.empty(x.shape, x.dtype)
    means, scales = np.empty((2, len(rows)), x.dtype)
    shift = np.zeros(rows.shape[1], x.dtype) if bias is None else np.ascontiguousarray(bias).reshape(-1)
    workers = threads.workers(x.size, PARALLEL_FROM)
    _normalise(rows, _factors(rows, weight), shift, eps, _as_rows(y, own), means, scales, workers)
    return y, means, scales


def layer_norm_gradient(
    g: np.ndarray, x: np.ndarray, own: int, weight: np.ndarray | None, means: np.ndarray, scales: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients in x, weight and bias."""
    rows, dx, workers = _as_rows(x, own), np.empty(x.shape, x.dtype), threads.workers(x.size, PARALLEL_FROM)
    sums = np.zeros((workers, 2, rows.shape[1]), x.dtype)
    _pull_back(_as_rows(g, own), rows, _factors(rows, weight), means, scales, _as_rows(dx, own), sums, workers)
    d_weight, d_bias = np.add.reduce(sums).reshape(2, *x.shape[x.ndim - own :])
    return dx, d_weight, d_bias


def rms_norm(x: np.ndarray, own: int, weight: np.ndarray | None, eps: float) -> tuple[np.ndarray, np.ndarray]:
    """x / sqrt(mean of x^2 + eps) * weight over the last `own` dimensions, which are those of weight.

    Also what is multiplied with, 1 / sqrt(mean of x^2 + eps), of each sample, one after the other.
    """
    rows, y = _as_rows(x, own), np.empty(x.shape, x.dtype)
    scales = np.empty(len(rows), x.dtype)
    _divide(rows, _factors(rows, weight), eps, _as_rows(y, own), scales, threads.workers(x.size, PARALLEL_FROM))
    return y, scales


def rms_norm_gradient(
    g: np.ndarray, x: np.ndarray, own: int, weight: np.ndarray | None, scales: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The gradients in x and weight."""
    rows, dx, workers = _as_rows(x, own), np.empty(x.shape, x.dtype), threads.workers(x.size, PARALLEL_FROM)
    sums = np.zeros((workers, rows.shape[1]), x.dtype)
    _divide_back(_as_rows(g, own), rows, _factors(rows, weight), scales, _as_rows(dx, own), sums, workers)
    return dx, np.add.reduce(sums).reshape(x.shape[x.ndim - own :])


def _as_rows(x: np.ndarray, own: int) -> np.ndarray:
    """The last `own` dimensions as one, contiguous, and those before as one."""
    lead = x.ndim - own
    return np.ascontiguousarray(x).reshape(math.prod(x.shape[:lead]), math.prod(x.shape[lead:]))


def _factors(rows: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """A weight as one row; ones without it."""
    return np.ones(rows.shape[1], rows.dtype) if weight is None else np.ascontiguousarray(weight).reshape(-1)


# --- layer norm -------------------------------------------------------------------------------------------------------


@parallel
def _normalise(x, weight, bias, eps, y, means, scales, workers):
    for t in prange(workers):
        _normalise_some(x, weight, bias, eps, y, means, scales, t * len(x) // workers, (t + 1) * len(x) // workers)


@serial
def _normalise_some(x, weight, bias, eps, y, means, scales, first, last):
    real, n = x.dtype.type, x.shape[1]
    for i in range(first, last):
        row, out = x[i], y[i]
        mean = real(sum_of_blocks(row) / n)
        squares = 0.0
        for start in range(0, n, BLOCK):
            squares += squares_about(row[start : start + BLOCK], mean)
        scale = real(1 / math.sqrt(squares / n + eps))
        for j in range(n):
            out[j] = (row[j] - mean) * scale * weight[j] + bias[j]
        means[i], scales[i] = mean, scale


@parallel
def _pull_back(g, x, weight, means, scales, dx, sums, workers):
    for t in prange(workers):
        first, last = t * len(x) // workers, (t + 1) * len(x) // workers
        _pull_back_some(g, x, weight, means, scales, dx, sums[t, 0], sums[t, 1], first, last)


@serial
def _pull_back_some(g, x, weight, means, scales, dx, d_weight, d_bias, first, last):
    """Sums over rows are made of some rows at a time, so that rounding grows slowly."""
    n = x.shape[1]
    part_weight, part_bias = np.empty(n, x.dtype), np.empty(n, x.dtype)
    for top in range(first, last, ROWS):
        part_weight[:] = 0
        part_bias[:] = 0
        for i in range(top, min(top + ROWS, last)):
            _pull_back_row(g[i], x[i], weight, means[i], scales[i], dx[i], part_weight, part_bias)
        add(d_weight, part_weight)
        add(d_bias, part_bias)


@serial
def _pull_back_row(g, x, weight, mean, scale, dx, d_weight, d_bias):
    """dx = scale * (p - mean(p) - normal * mean(p * normal)), with p = g * weight and normal = (x - mean) * scale.

    Ba et al. 2016; the formula as in Ioffe and Szegedy 2015, section 3.
    """
    real, n = x.dtype.type, x.size
    plain, along = 0.0, 0.0
    for start in range(0, n, BLOCK):
        part = slice(start, start + BLOCK)
        some, more = _sums(g[part], x[part], weight[part], mean)
        plain += some
        along += more
    level, slope = real(plain / n), real(along / n) * scale
    for j in range(n):
        normal = (x[j] - mean) * scale
        dx[j] = (g[j] * weight[j] - level - normal * slope) * scale
        d_weight[j] += g[j] * normal
        d_bias[j] += g[j]


@serial_sum
def _sums(g, x, weight, mean):
    """Of g * weight, and of the same times x - mean."""
    plain, along = x.dtype.type(0), x.dtype.type(0)
    for j in range(x.size):
        p = g[j] * weight[j]
        plain += p
        along += p * (x[j] - mean)
    return plain, along


# --- RMS norm ---------------------------------------------------------------------------------------------------------


@parallel
def _divide(x, weight, eps, y, scales, workers):
    for t in prange(workers):
        for i in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            scales[i] = _divide_row(x[i], weight, eps, y[i])


@serial
def _divide_row(x, weight, eps, y):
    real, squares = x.dtype.type, 0.0
    for start in range(0, x.size, BLOCK):
        squares += squares_about(x[start : start + BLOCK], real(0))
    scale = real(1 / math.sqrt(squares / x.size + eps))
    for j in range(x.size):
        y[j] = x[j] * scale * weight[j]
    return scale


@parallel
def _divide_back(g, x, weight, scales, dx, sums, workers):
    for t in prange(workers):
        _divide_back_some(g, x, weight, scales, dx, sums[t], t * len(x) // workers, (t + 1) * len(x) // workers)


@serial
def _divide_back_some(g, x, weight, scales, dx, d_weight, first, last):
    """Sums over rows are made of some rows at a time, so that rounding grows slowly."""
    part = np.empty(x.shape[1], x.dtype)
    for top in range(first, last, ROWS):
        part[:] = 0
        for i in range(top, min(top + ROWS, last)):
            _divide_back_row(g[i], x[i], weight, scales[i], dx[i], part)
        add(d_weight, part)


@serial
def _divide_back_row(g, x, weight, scale, dx, d_weight):
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
