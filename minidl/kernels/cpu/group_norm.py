"""Group norm, forwards and back, over channels-last memory: one image after the other, while it is in the cache.

As for batch norm, numbers are repeated until the channels of several pixels make a *row* of some 1024 elements, and
loops run along rows.  They take several rows at once, so that the numbers are read, and sums read and written, once for
them: from the cache that is as fast as the images come.

Sums are formed in the precision of x over 64 rows at a time, and these in float64, about a centre near the mean: one
pass gives mean and variance.  Moments are float64, and what float32 loses of a mean is made up for in what is added.
"""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from .. import threads
from .channel_rows import in_channel_rows, normalise_rows, pull_back_rows
from .jit import parallel, serial
from .layout import channels_last, empty_channels_last

PARALLEL_FROM = 1 << 14
"""Elements from which threads pay (measured on 2 cores)."""

ROW = 1024
"""Elements in a row, about: the sums and the numbers of the channels fit the L1 cache, and loops are long."""

ROWS = 32
"""Rows that an image has at least, if it has as many pixels: with fewer, adding up along a row takes as long."""

BLOCK = 64
"""Rows that are summed in the precision of x."""

SAMPLE = 4
"""Pixels whose mean is the first centre."""

FAR = 8.0
"""Variances that the square of the mean's distance from the centre may reach: more would cost float32 digits."""


def group_norm(
    x: np.ndarray, groups: int, weight: np.ndarray | None, bias: np.ndarray | None, eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(x - mean) / sqrt(variance + eps) * weight + bias of x (N, C, ...), weight and bias (C,).

    Also mean and biased variance of each group of channels of each sample, (N, groups) in float64; NaN of nothing.
    The result is channels-last, but for an x of long contiguous channels, as which it lies then.
    """
    mean, variance = np.full((2, len(x), groups), np.nan)
    numbers = _numbers(weight, 1, x), _numbers(bias, 0, x)
    workers = threads.workers(x.size, PARALLEL_FROM)
    if in_channel_rows(x):
        y = np.empty_like(x)
        normalise_rows(_channel_rows(x, groups), *numbers, eps, _channel_rows(y, groups), mean, variance, workers)
        return y, mean, variance
    y = empty_channels_last(x.shape, x.dtype)
    if x.size:
        _normalise(_images(x), *numbers, eps, _row(x), _images(y), mean, variance, workers)
    return y, mean, variance


def group_norm_gradient(
    g: np.ndarray, x: np.ndarray, weight: np.ndarray | None, mean: np.ndarray, variance: np.ndarray, eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients in x (N, C, ...), and in weight (C,) and bias (C,), these in float64."""
    workers = threads.workers(x.size, PARALLEL_FROM)
    sums = np.zeros((2, workers, x.shape[1]))
    numbers = _numbers(weight, 1, x), mean, variance, eps
    if in_channel_rows(x) and in_channel_rows(g):
        gx = np.empty_like(x)
        g_rows, x_rows, gx_rows = (_channel_rows(a, mean.shape[1]) for a in (g, x, gx))
        pull_back_rows(g_rows, x_rows, *numbers, gx_rows, *sums, workers)
        return gx, *np.add.reduce(sums, 1)
    gx = empty_channels_last(x.shape, x.dtype)
    if x.size:
        _pull_back(_images(g), _images(x), *numbers, _row(x), _images(gx), *sums, workers)
    return gx, *np.add.reduce(sums, 1)


def _channel_rows(x: np.ndarray, groups: int) -> np.ndarray:
    """x (N, C, ...) as (N * groups, channels of a group, pixels)."""
    return x.reshape(len(x) * groups, x.shape[1] // groups, math.prod(x.shape[2:]))


def _images(x: np.ndarray) -> np.ndarray:
    """x (N, C, ...) as a vector an image: the channels of each pixel, pixel after pixel."""
    return channels_last(x).reshape(len(x), math.prod(x.shape[1:]))


def _numbers(numbers: np.ndarray | None, default: int, x: np.ndarray) -> np.ndarray:
    return np.full(x.shape[1], default, x.dtype) if numbers is None else np.ascontiguousarray(numbers)


def _row(x: np.ndarray) -> int:
    """Elements in a row: an odd number of pixels, for rows 4096 bytes apart evict one another from the L1 cache."""
    channels = x.shape[1]
    most = x.size // (len(x) * channels * ROWS)
    return channels * (max(1, min(ROW // channels + 1, most)) - 1 | 1)


@parallel
def _normalise(x, weight, bias, eps, row, y, mean, variance, workers):
    for t in prange(workers):
        lanes, sums = np.empty((4, row), x.dtype), np.empty((2, weight.size))
        for n in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            _take_moments(x[n], lanes, sums, mean[n], variance[n])
            _set_scales(weight, bias, mean[n], variance[n], eps, lanes)
            _scale(x[n], lanes, y[n])


@parallel
def _pull_back(g, x, weight, mean, variance, eps, row, gx, g_weight, g_bias, workers):
    for t in prange(workers):
        lanes, sums = np.empty((4, row), x.dtype), np.empty((2, weight.size))
        for n in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            _set_centres(mean[n], weight.size, lanes)
            _add_products(g[n], x[n], lanes, sums)
            _set_slopes(sums, weight, mean[n], variance[n], eps, g[n].size, lanes, g_weight[t], g_bias[t])
            _combine(g[n], x[n], lanes, gx[n])


# --- the numbers of the channels of an image --------------------------------------------------------------------------


@serial
def _take_moments(x, lanes, sums, mean, variance):
    """About the mean of a few pixels, or, if that was far from the mean, about this."""
    channels = sums.shape[1]
    own, pixels = channels // mean.size, x.size // channels
    sampled = min(pixels, SAMPLE)
    for g in range(mean.size):
        total = 0.0
        for i in range(sampled):
            start = i * pixels // sampled * channels + g * own
            pixel = x[start : start + own]
            for c in range(own):
                total += pixel[c]
        mean[g] = total / (sampled * own)
    if not _moments_about(x, lanes, sums, mean, variance):
        _moments_about(x, lanes, sums, mean, variance)


@serial
def _moments_about(x, lanes, sums, mean, variance):
    """The moments by way of deviations from what `mean` was; whether that was near enough."""
    near, own, count = True, sums.shape[1] // mean.size, x.size // mean.size
    _set_centres(mean, sums.shape[1], lanes)
    _add_deviations(x, lanes, sums)
    for g in range(mean.size):
        total, square = 0.0, 0.0
        for c in range(g * own, (g + 1) * own):
            total += sums[0, c]
            square += sums[1, c]
        distance = total / count
        spread = square / count - distance * distance
        near = near and not distance * distance > FAR * spread
        mean[g], variance[g] = lanes[0, g * own] + distance, 0.0 if spread < 0 else spread
    return near


@serial
def _set_centres(mean, channels, lanes):
    own = channels // mean.size
    for g in range(mean.size):
        for c in range(g * own, (g + 1) * own):
            lanes[0, c] = mean[g]
    _repeat(lanes[:1], channels)


@serial
def _set_scales(weight, bias, mean, variance, eps, lanes):
    """What is taken from x, multiplied with the difference, and added."""
    own = weight.size // mean.size
    for g in range(mean.size):
        rstd = 1 / math.sqrt(variance[g] + eps)
        for c in range(g * own, (g + 1) * own):
            lanes[0, c] = mean[g]
            lanes[1, c] = weight[c] * rstd
            lanes[2, c] = bias[c] + (lanes[0, c] - mean[g]) * (weight[c] * rstd)
    _repeat(lanes[:3], weight.size)


@serial
def _set_slopes(sums, weight, mean, variance, eps, size, lanes, g_weight, g_bias):
    """What multiplies the gradient, and x without its centre, and what is added, in the gradient of x; the others'.

    With n = (x - mean) / sqrt(variance + eps) (Wu & He 2018; the formula as in Ioffe & Szegedy 2015, section 3):
    gx = (g * weight - average(g * weight) - n * average(g * weight * n)) / sqrt(variance + eps).
    """
    own, count = weight.size // mean.size, size // mean.size
    for group in range(mean.size):
        first, last = group * own, (group + 1) * own
        rstd, beyond = 1 / math.sqrt(variance[group] + eps), lanes[0, first] - mean[group]
        plain, along = 0.0, 0.0
        for c in range(first, last):
            product = (sums[1, c] + beyond * sums[0, c]) * rstd
            g_weight[c] += product
            g_bias[c] += sums[0, c]
            plain += weight[c] * sums[0, c]
            along += weight[c] * product
        level, slope = -plain * rstd / count, -along * rstd * rstd / count
        for c in range(first, last):
            lanes[1, c], lanes[2, c], lanes[3, c] = weight[c] * rstd, slope, level + beyond * slope
    _repeat(lanes[1:], weight.size)


@serial
def _repeat(lanes, channels):
    """Give all pixels of a row the numbers of the first, then of the first two, four, and so on."""
    for row in lanes:
        known = channels
        while known < row.size:
            more = row[known : 2 * known]
            for q in range(more.size):
                more[q] = row[q]
            known *= 2


# --- sums of an image -------------------------------------------------------------------------------------------------


@serial
def _add_deviations(x, lanes, sums):
    """Of each channel the sums of x without its centre, and of its square."""
    row, blocks = lanes.shape[1], np.zeros(lanes[:2].shape, x.dtype)
    sums[:] = 0
    for start in range(0, x.size, BLOCK * row):
        end = min(start + BLOCK * row, x.size)
        i = start
        while i + 8 * row <= end:
            _add_eight_rows(x[i:], lanes[0], blocks[0], blocks[1])
            i += 8 * row
        while i < end:
            _add_row(x[i : min(i + row, end)], lanes[0], blocks[0], blocks[1])
            i += row
        _move(blocks, sums)


@serial
def _add_row(x, centre, total, square):
    for q in range(x.size):
        value = x[q] - centre[q]
        total[q] += value
        square[q] += value * value


@serial
def _add_eight_rows(x, centre, total, square):
    n = centre.size
    for q in range(n):
        m = centre[q]
        a, b, c, d = x[q] - m, x[q + n] - m, x[q + 2 * n] - m, x[q + 3 * n] - m
        e, f, g, h = x[q + 4 * n] - m, x[q + 5 * n] - m, x[q + 6 * n] - m, x[q + 7 * n] - m
        total[q] += ((a + b) + (c + d)) + ((e + f) + (g + h))
        square[q] += ((a * a + b * b) + (c * c + d * d)) + ((e * e + f * f) + (g * g + h * h))


@serial
def _add_products(g, x, lanes, sums):
    """Of each channel the sums of g, and of g times x without its centre."""
    row, blocks = lanes.shape[1], np.zeros(lanes[:2].shape, x.dtype)
    sums[:] = 0
    for start in range(0, x.size, BLOCK * row):
        end = min(start + BLOCK * row, x.size)
        i = start
        while i + 8 * row <= end:
            _add_eight_products(g[i:], x[i:], lanes[0], blocks[0], blocks[1])
            i += 8 * row
        while i < end:
            j = min(i + row, end)
            _add_product(g[i:j], x[i:j], lanes[0], blocks[0], blocks[1])
            i += row
        _move(blocks, sums)


@serial
def _add_product(g, x, centre, total, product):
    for q in range(g.size):
        total[q] += g[q]
        product[q] += g[q] * (x[q] - centre[q])


@serial
def _add_eight_products(g, x, centre, total, product):
    n = centre.size
    for q in range(n):
        m = centre[q]
        a, b, c, d = g[q], g[q + n], g[q + 2 * n], g[q + 3 * n]
        e, f, h, i = g[q + 4 * n], g[q + 5 * n], g[q + 6 * n], g[q + 7 * n]
        total[q] += ((a + b) + (c + d)) + ((e + f) + (h + i))
        a, b = a * (x[q] - m), b * (x[q + n] - m)
        c, d = c * (x[q + 2 * n] - m), d * (x[q + 3 * n] - m)
        e, f = e * (x[q + 4 * n] - m), f * (x[q + 5 * n] - m)
        h, i = h * (x[q + 6 * n] - m), i * (x[q + 7 * n] - m)
        product[q] += ((a + b) + (c + d)) + ((e + f) + (h + i))


@serial
def _move(blocks, sums):
    """Add the sums of a block to those of the channels, and begin anew."""
    channels = sums.shape[1]
    for i in range(2):
        block, total = blocks[i], sums[i]
        for start in range(0, block.size, channels):
            pixel = block[start : start + channels]
            for c in range(channels):
                total[c] += pixel[c]
                pixel[c] = 0


# --- what is written --------------------------------------------------------------------------------------------------


@serial
def _scale(x, lanes, y):
    row, i = lanes.shape[1], 0
    while i + 4 * row <= x.size:
        _scale_four_rows(x[i:], lanes[0], lanes[1], lanes[2], y[i:])
        i += 4 * row
    while i < x.size:
        j = min(i + row, x.size)
        _scale_row(x[i:j], lanes[0], lanes[1], lanes[2], y[i:j])
        i += row


@serial
def _scale_row(x, centre, scale, shift, y):
    for q in range(x.size):
        y[q] = (x[q] - centre[q]) * scale[q] + shift[q]


@serial
def _scale_four_rows(x, centre, scale, shift, y):
    n = centre.size
    for q in range(n):
        m, s, e = centre[q], scale[q], shift[q]
        a, b, c, d = x[q] - m, x[q + n] - m, x[q + 2 * n] - m, x[q + 3 * n] - m
        y[q], y[q + n], y[q + 2 * n], y[q + 3 * n] = a * s + e, b * s + e, c * s + e, d * s + e


@serial
def _combine(g, x, lanes, out):
    row, i = lanes.shape[1], 0
    while i + 4 * row <= x.size:
        _combine_four_rows(g[i:], x[i:], lanes[0], lanes[1], lanes[2], lanes[3], out[i:])
        i += 4 * row
    while i < x.size:
        j = min(i + row, x.size)
        _combine_row(g[i:j], x[i:j], lanes[0], lanes[1], lanes[2], lanes[3], out[i:j])
        i += row


@serial
def _combine_row(g, x, centre, scale, slope, offset, out):
    for q in range(g.size):
        out[q] = g[q] * scale[q] + ((x[q] - centre[q]) * slope[q] + offset[q])


@serial
def _combine_four_rows(g, x, centre, scale, slope, offset, out):
    n = centre.size
    for q in range(n):
        m, s, along, e = centre[q], scale[q], slope[q], offset[q]
        a, b = (x[q] - m) * along + e, (x[q + n] - m) * along + e
        c, d = (x[q + 2 * n] - m) * along + e, (x[q + 3 * n] - m) * along + e
        out[q], out[q + n] = g[q] * s + a, g[q + n] * s + b
        out[q + 2 * n], out[q + 3 * n] = g[q + 2 * n] * s + c, g[q + 3 * n] * s + d
