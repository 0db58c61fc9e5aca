"""Batch norm over channels-last memory, where the values of all channels lie side by side, pixel after pixel.

A loop over the channels of one pixel would be too short for vector registers to pay.  So every number of a channel is
repeated until the channels of several pixels make a *stretch* of at least 512 elements, and loops run along stretches.

Sums are formed in the precision of x over 64 stretches at a time, and these in float64: a float32 sum over the million
pixels of a batch of images would lose four digits.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial
from .layout import channels_first, channels_last

PARALLEL_FROM = 1 << 14
"""Elements from which threads pay (measured on 2 cores)."""

STRETCH = 512
"""Elements at least in a stretch: the sums and the channels' numbers fit the L1 cache."""

BLOCK = 64
"""Stretches that are summed in the precision of x."""

SAMPLE = 32
"""Pixels whose mean stands for that of all while deviations are summed."""

FAR = 8.0
"""Variances that the square of the mean deviation may reach: more of it would cancel too many digits of float32."""


def channel_moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and biased variance, both (C,), of x (N, C, ...); NaN where there are no values.

    One pass over the deviations from the mean of a few pixels, spread over x.  Where those prove untypical, a second
    one over the deviations from the mean that was found.
    """
    values, channels = _pixels(x), x.shape[1]
    count = values.size // max(channels, 1)
    if count == 0:
        return np.full(channels, np.nan, x.dtype), np.full(channels, np.nan, x.dtype)
    sample = values.reshape(count, channels)[:: -(-count // SAMPLE)]
    centre = (np.add.reduce(sample, 0, np.float64) / len(sample)).astype(x.dtype)
    deviation, variance = _moments_about(centre, values)
    if np.logical_or.reduce(deviation * deviation > FAR * variance):
        centre = (centre + deviation).astype(x.dtype)
        deviation, variance = _moments_about(centre, values)
    return (centre + deviation).astype(x.dtype), variance.astype(x.dtype)


def _moments_about(centre: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean deviation from a centre near the mean, and the variance, in float64."""
    deviation, square = _sums(values, centre, values, centre) / (values.size // centre.size)
    return deviation, np.maximum(square - deviation * deviation, 0)


def channel_affine(x: np.ndarray, scale: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """x (N, C, ...) * scale (C,) + shift (C,), channels-last."""
    values = _pixels(x)
    y = np.empty_like(values)
    if x.size:
        _affine(values, *_repeated(x, scale, shift), y, threads.workers(x.size, PARALLEL_FROM))
    return _as_images(y, x.shape)


def channel_sums(x: np.ndarray) -> np.ndarray:
    """The sums (C,) of the channels of x (N, C, ...)."""
    values = _pixels(x)
    return _sums(values, 0, values, np.zeros(x.shape[1]))[0].astype(x.dtype)


def batch_norm_gradient(
    g: np.ndarray, x: np.ndarray, mean: np.ndarray, rstd: np.ndarray, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of (x - mean) * rstd * weight + bias in x (N, C, ...), weight (C,) and bias (C,).

    mean and rstd are those of x, so that with n = (x - mean) * rstd (Ioffe & Szegedy 2015, section 3):
    gx = weight * rstd * (g - average(g) - n * average(g * n)).  A weight of None counts as ones.
    """
    values, gradients = _pixels(x), _pixels(g)
    inverse = rstd.astype(np.float64)
    g_bias, products = _sums(gradients, 0, values, mean)
    g_weight = products * inverse
    scale = inverse if weight is None else weight * inverse
    count = max(x.size // max(len(mean), 1), 1)
    along = -scale * g_weight * inverse / count  # what multiplies x - mean
    offset = -scale * g_bias / count
    gx = np.empty_like(values)
    if x.size:
        numbers = _repeated(x, mean, scale, along, offset)
        _combine(gradients, values, numbers, gx, threads.workers(x.size, PARALLEL_FROM))
    return _as_images(gx, x.shape), g_weight.astype(x.dtype), g_bias.astype(x.dtype)


def _pixels(x: np.ndarray) -> np.ndarray:
    """x (N, C, ...) as a vector: the channels of each pixel, pixel after pixel."""
    return channels_last(x).reshape(-1)


def _as_images(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The vector as (N, C, ...), channels-last."""
    return channels_first(values.reshape(shape[0], *shape[2:], shape[1]))


def _repeated(x: np.ndarray, *numbers: np.ndarray | float) -> np.ndarray:
    """Numbers of the channels (C,), in the dtype of x, along one stretch each."""
    channels = x.shape[1]
    pixels = min(-(-STRETCH // channels), x.size // channels)
    stretches = np.empty((len(numbers), pixels, channels), x.dtype)
    for i, values in enumerate(numbers):
        stretches[i] = values
    return stretches.reshape(len(numbers), pixels * channels)


def _sums(
    first: np.ndarray, first_centre: np.ndarray | float, second: np.ndarray, second_centre: np.ndarray
) -> np.ndarray:
    """Of each channel the sums (2, C) of first - first_centre, and of its products with second - second_centre.

    Both come pixel after pixel.  Each thread has sums of its own, which are added in the order of threads.
    """
    channels = len(second_centre)
    if first.size == 0:
        return np.zeros((2, channels))
    centres = _repeated(first.reshape(-1, channels), first_centre, second_centre)
    workers = threads.workers(first.size, PARALLEL_FROM)
    shape = (workers, *centres.shape)
    blocks, partial = np.zeros(shape, first.dtype), np.zeros(shape)
    _add_deviations(first, second, centres, blocks, partial, workers)
    total = np.add.reduce(partial, 0) if workers > 1 else partial
    return np.add.reduce(total.reshape(2, -1, channels), 1)


@parallel
def _add_deviations(first, second, centres, blocks, partial, workers):
    length = centres.shape[1]
    stretches = -(-first.size // length)
    for t in prange(workers):
        i, j = t * stretches // workers * length, min((t + 1) * stretches // workers * length, first.size)
        _add_blocks(first[i:j], second[i:j], centres, blocks[t], partial[t])


@serial
def _add_blocks(first, second, centres, block, sums):
    length = centres.shape[1]
    total, product, first_centre, second_centre = block[0], block[1], centres[0], centres[1]
    for start in range(0, first.size, BLOCK * length):
        end = min(start + BLOCK * length, first.size)
        i = start
        while i + 4 * length <= end:
            _add_four_stretches(first[i:], second[i:], first_centre, second_centre, total, product)
            i += 4 * length
        while i < end:
            j = min(i + length, end)
            _add_stretch(first[i:j], second[i:j], first_centre, second_centre, total, product)
            i = j
        _move(total, sums[0])
        _move(product, sums[1])


@serial
def _move(block, total):
    """Add the sums of a block to the total, and begin anew."""
    for q in range(block.size):
        total[q] += block[q]
        block[q] = 0


@serial
def _add_stretch(first, second, first_centre, second_centre, total, product):
    for q in range(first.size):
        deviation = first[q] - first_centre[q]
        total[q] += deviation
        product[q] += deviation * (second[q] - second_centre[q])


@serial
def _add_four_stretches(first, second, first_centre, second_centre, total, product):
    """The same for four in a row: the sums are read and written once for them, which takes half the time."""
    n = total.size
    for q in range(n):
        p, m = first_centre[q], second_centre[q]
        a, b, c, d = first[q] - p, first[q + n] - p, first[q + 2 * n] - p, first[q + 3 * n] - p
        total[q] += (a + b) + (c + d)
        a, b = a * (second[q] - m), b * (second[q + n] - m)
        c, d = c * (second[q + 2 * n] - m), d * (second[q + 3 * n] - m)
        product[q] += (a + b) + (c + d)


@parallel
def _affine(x, scale, shift, y, workers):
    stretches = -(-x.size // scale.size)
    for t in prange(workers):
        for s in range(t * stretches // workers, (t + 1) * stretches // workers):
            i, j = s * scale.size, min((s + 1) * scale.size, x.size)
            _affine_stretch(x[i:j], scale, shift, y[i:j])


@serial
def _affine_stretch(x, scale, shift, y):
    for q in range(x.size):
        y[q] = x[q] * scale[q] + shift[q]


@parallel
def _combine(g, x, numbers, out, workers):
    length = numbers.shape[1]
    stretches = -(-x.size // length)
    for t in prange(workers):
        for s in range(t * stretches // workers, (t + 1) * stretches // workers):
            i, j = s * length, min((s + 1) * length, x.size)
            _combine_stretch(g[i:j], x[i:j], numbers[0], numbers[1], numbers[2], numbers[3], out[i:j])


@serial
def _combine_stretch(g, x, mean, scale, along, offset, out):
    for q in range(x.size):
        out[q] = g[q] * scale[q] + (x[q] - mean[q]) * along[q] + offset[q]
