"""Batch norm over channels-last memory: x is seen as (rows, channels), statistics run down the rows.

Sums are kept in float64: a float32 sum over the million rows of a batch of images would lose four digits.
"""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial
from .layout import channels_first, channels_last

PARALLEL_FROM = 1 << 14
"""Elements from which threads pay (measured on 2 cores)."""


def channel_moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and biased variance, both (C,), of x (N, C, ...); NaN where there are no values.

    One pass over the deviations from the first value of each channel, in float64.  Taking out a value of the channel
    itself leaves nothing to cancel, so this equals two passes.
    """
    rows = _rows(x)
    if len(rows) == 0:
        return np.full(x.shape[1], np.nan, x.dtype), np.full(x.shape[1], np.nan, x.dtype)
    centre = rows[0].astype(np.float64)
    deviation, square = _down_rows(_deviation_sums, rows, rows, centre) / len(rows)
    variance = np.maximum(square - deviation * deviation, 0)
    return (centre + deviation).astype(x.dtype), variance.astype(x.dtype)


def channel_affine(x: np.ndarray, scale: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """x (N, C, ...) * scale (C,) + shift (C,), channels-last."""
    rows = _rows(x)
    y = np.empty_like(rows)
    _affine(rows, _like(x, scale), _like(x, shift), y, threads.workers(x.size, PARALLEL_FROM))
    return _as_images(y, x.shape)


def batch_norm_gradient(
    g: np.ndarray, x: np.ndarray, mean: np.ndarray, rstd: np.ndarray, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of (x - mean) * rstd * weight + bias in x (N, C, ...), weight (C,) and bias (C,).

    mean and rstd are those of x, so that with n = (x - mean) * rstd (Ioffe & Szegedy 2015, section 3):
    gx = weight * rstd * (g - average(g) - n * average(g * n)).  A weight of None counts as ones.
    """
    rows, gradients = _rows(x), _rows(g)
    centre, inverse = mean.astype(np.float64), rstd.astype(np.float64)
    g_bias, products = _down_rows(_gradient_sums, gradients, rows, centre)
    g_weight = products * inverse
    scale = inverse if weight is None else weight * inverse
    count = max(len(rows), 1)
    along = -scale * g_weight * inverse / count  # what multiplies x - mean
    offset = -scale * g_bias / count
    gx = np.empty(rows.shape, x.dtype)
    _combine(
        gradients, rows, _like(x, centre), _like(x, scale), _like(x, along), _like(x, offset),
        gx, threads.workers(x.size, PARALLEL_FROM),
    )  # fmt: skip
    return _as_images(gx, x.shape), g_weight.astype(x.dtype), g_bias.astype(x.dtype)


def _rows(x: np.ndarray) -> np.ndarray:
    """x (N, C, ...) as (rows, C)."""
    return channels_last(x).reshape(len(x) * math.prod(x.shape[2:]), x.shape[1])


def _as_images(rows: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(rows, C) as (N, C, ...), channels-last."""
    return channels_first(rows.reshape(shape[0], *shape[2:], shape[1]))


def _like(x: np.ndarray, statistic: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(statistic, x.dtype)


def _down_rows(kernel, first: np.ndarray, second: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """The two sums (2, C) that a kernel forms down the rows: each thread's own, then added in the order of threads."""
    workers = threads.workers(first.size, PARALLEL_FROM)
    partial = np.zeros((workers, 2, first.shape[1]))
    kernel(first, second, centre, partial, workers)
    return partial.sum(0)


@parallel
def _deviation_sums(x, _, centre, partial, workers):
    for t in prange(workers):
        for r in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            _add_deviation(x[r], centre, partial[t, 0], partial[t, 1])


@serial
def _add_deviation(x, centre, total, square):
    for q in range(x.size):
        deviation = x[q] - centre[q]
        total[q] += deviation
        square[q] += deviation * deviation


@parallel
def _gradient_sums(g, x, mean, partial, workers):
    for t in prange(workers):
        for r in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            _add_gradient(g[r], x[r], mean, partial[t, 0], partial[t, 1])


@serial
def _add_gradient(g, x, mean, total, weighted):
    for q in range(x.size):
        total[q] += g[q]
        weighted[q] += g[q] * (x[q] - mean[q])


@parallel
def _affine(x, scale, shift, y, workers):
    for t in prange(workers):
        for r in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            _affine_row(x[r], scale, shift, y[r])


@serial
def _affine_row(x, scale, shift, y):
    for q in range(x.size):
        y[q] = x[q] * scale[q] + shift[q]


@parallel
def _combine(g, x, mean, scale, along, offset, out, workers):
    for t in prange(workers):
        for r in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            _combine_row(g[r], x[r], mean, scale, along, offset, out[r])


@serial
def _combine_row(g, x, mean, scale, along, offset, out):
    for q in range(x.size):
        out[q] = g[q] * scale[q] + (x[q] - mean[q]) * along[q] + offset[q]
