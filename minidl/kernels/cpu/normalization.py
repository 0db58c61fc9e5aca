"""Batch norm, alone and with ReLU, over channels-last memory, where the values of all channels lie side by side.

A loop over the channels of one pixel would be too short for vector registers to pay.  So every number of a channel is
repeated until the channels of several pixels, which follow one another, make a *stretch* of at least 512 elements, and
loops run along stretches.

Sums are formed in the precision of x over 64 stretches at a time, and these in float64: a float32 sum over the million
pixels of a batch of images would lose four digits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


def batch_norm(
    x: np.ndarray,
    mean: np.ndarray,
    rstd: np.ndarray,
    weight: np.ndarray | None,
    bias: np.ndarray | None,
    least: float = -np.inf,
) -> np.ndarray:
    """(x - mean) * rstd * weight + bias of x (N, C, ...) and numbers (C,), or `least` where that is below it.

    A weight of None counts as ones, a bias as zeros; NaN stays NaN.  Channels-last.
    """
    values = _pixels(x)
    y = np.empty_like(values)
    if x.size:
        numbers = _repeated(x, *_scale_and_shift(mean, rstd, weight, bias), least)
        _affine(values, numbers, y, threads.workers(x.size, PARALLEL_FROM))
    return _as_images(y, x.shape)


def channel_sums(x: np.ndarray) -> np.ndarray:
    """The sums (C,) of the channels of x (N, C, ...)."""
    values = _pixels(x)
    return _sums(values, 0, values, np.zeros(x.shape[1]))[0].astype(x.dtype)


def batch_norm_gradient(
    g: np.ndarray,
    x: np.ndarray,
    mean: np.ndarray,
    rstd: np.ndarray,
    weight: np.ndarray | None,
    bias: np.ndarray | None = None,
    least: float = -np.inf,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of `batch_norm` in x (N, C, ...), weight (C,) and bias (C,), where mean and rstd are those of x.

    With n = (x - mean) * rstd (Ioffe & Szegedy 2015, section 3):
    gx = weight * rstd * (g - average(g) - n * average(g * n)), g being zero where the result is `least`; without that
    the bias does not matter.

    Both passes over g and x find out anew where that is: for 32x64x32x32 numbers they take 0.9 milliseconds, and a g
    written beforehand another 0.4.
    """
    values, gradients = _pixels(x), _pixels(g)
    scale, shift = _scale_and_shift(mean, rstd, weight, bias)
    g_bias, products = _gated_sums(gradients, values, mean, scale, shift, least)
    g_weight = products * rstd
    count = max(x.size // max(len(mean), 1), 1)
    along = -scale * g_weight * rstd / count  # what multiplies x - mean
    offset = -scale * g_bias / count
    gx = np.empty_like(values)
    if x.size:
        numbers = _repeated(x, mean, scale, shift, least, along, offset)
        _combine(gradients, values, numbers, gx, threads.workers(x.size, PARALLEL_FROM))
    return _as_images(gx, x.shape), g_weight.astype(x.dtype), g_bias.astype(x.dtype)


def _scale_and_shift(
    mean: np.ndarray, rstd: np.ndarray, weight: np.ndarray | None, bias: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """What multiplies x and what is added to it, (C,) each."""
    scale = rstd if weight is None else rstd * weight
    return scale, -mean * scale if bias is None else bias - mean * scale


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

    Both come pixel after pixel.
    """
    return _added(_add_deviations, first, second, len(second_centre), first_centre, second_centre)


def _gated_sums(
    g: np.ndarray, x: np.ndarray, mean: np.ndarray, scale: np.ndarray, shift: np.ndarray, least: float
) -> np.ndarray:
    """The same of g where x * scale + shift is above `least`, else of zero, and of its products with x - mean."""
    return _added(_add_gated, g, x, len(mean), mean, scale, shift, least)


def _added(
    add: Callable[..., None], first: np.ndarray, second: np.ndarray, channels: int, *numbers: np.ndarray | float
) -> np.ndarray:
    """What a kernel adds up.  Each thread has sums of its own, which are added in the order of threads."""
    if first.size == 0:
        return np.zeros((2, channels))
    stretches = _repeated(first.reshape(-1, channels), *numbers)
    workers = threads.workers(first.size, PARALLEL_FROM)
    shape = (workers, 2, stretches.shape[1])
    blocks, partial = np.zeros(shape, first.dtype), np.zeros(shape)
    add(first, second, stretches, blocks, partial, workers)
    total = np.add.reduce(partial, 0) if workers > 1 else partial
    return np.add.reduce(total.reshape(2, -1, channels), 1)


@serial
def _move(block, total):
    """Add the sums of a block to the total, and begin anew."""
    for q in range(block.size):
        total[q] += block[q]
        block[q] = 0


@serial
def _add_stretch(first, second, centres, total, product):
    first_centre, second_centre = centres[0], centres[1]
    for q in range(first.size):
        deviation = first[q] - first_centre[q]
        total[q] += deviation
        product[q] += deviation * (second[q] - second_centre[q])


@serial
def _add_four_stretches(first, second, centres, total, product):
    n, first_centre, second_centre = total.size, centres[0], centres[1]
    for q in range(n):
        p, m = first_centre[q], second_centre[q]
        a, b, c, d = first[q] - p, first[q + n] - p, first[q + 2 * n] - p, first[q + 3 * n] - p
        total[q] += (a + b) + (c + d)
        a, b = a * (second[q] - m), b * (second[q + n] - m)
        c, d = c * (second[q + 2 * n] - m), d * (second[q + 3 * n] - m)
        product[q] += (a + b) + (c + d)


@serial
def _add_gated_stretch(g, x, numbers, total, product):
    mean, scale, shift, least = numbers[0], numbers[1], numbers[2], numbers[3, 0]
    for q in range(g.size):
        value = _gated(g[q], x[q], scale[q], shift[q], least)
        total[q] += value
        product[q] += value * (x[q] - mean[q])


@serial
def _add_four_gated_stretches(g, x, numbers, total, product):
    n, mean, scale, shift, least = total.size, numbers[0], numbers[1], numbers[2], numbers[3, 0]
    for q in range(n):
        m, s, p = mean[q], scale[q], shift[q]
        a, b = _gated(g[q], x[q], s, p, least), _gated(g[q + n], x[q + n], s, p, least)
        c, d = _gated(g[q + 2 * n], x[q + 2 * n], s, p, least), _gated(g[q + 3 * n], x[q + 3 * n], s, p, least)
        total[q] += (a + b) + (c + d)
        a, b = a * (x[q] - m), b * (x[q + n] - m)
        c, d = c * (x[q + 2 * n] - m), d * (x[q + 3 * n] - m)
        product[q] += (a + b) + (c + d)


@serial
def _gated(g, x, scale, shift, least):
    """g, or zero where what was made of x is not above `least`."""
    return type(g)(0) if x * scale + shift <= least else g


def _in_blocks(add_four: Any, add_one: Any) -> Any:
    """A kernel that adds up one thread's values, with one for four stretches and one for one, or less."""

    @serial
    def add_blocks(first, second, numbers, block, sums):
        length = numbers.shape[1]
        total, product = block[0], block[1]
        for start in range(0, first.size, BLOCK * length):
            end = min(start + BLOCK * length, first.size)
            i = start
            while i + 4 * length <= end:
                add_four(first[i:], second[i:], numbers, total, product)
                i += 4 * length
            while i < end:
                j = min(i + length, end)
                add_one(first[i:j], second[i:j], numbers, total, product)
                i = j
            _move(total, sums[0])
            _move(product, sums[1])

    return add_blocks


_add_blocks = _in_blocks(_add_four_stretches, _add_stretch)
_add_gated_blocks = _in_blocks(_add_four_gated_stretches, _add_gated_stretch)


@parallel
def _add_deviations(first, second, numbers, blocks, partial, workers):
    for t in prange(workers):
        i, j = _share(t, first.size, numbers.shape[1], workers)
        _add_blocks(first[i:j], second[i:j], numbers, blocks[t], partial[t])


@parallel
def _add_gated(g, x, numbers, blocks, partial, workers):
    for t in prange(workers):
        i, j = _share(t, g.size, numbers.shape[1], workers)
        _add_gated_blocks(g[i:j], x[i:j], numbers, blocks[t], partial[t])


@serial
def _share(t, size, length, workers):
    """Where the stretches of a thread begin and end."""
    stretches = -(-size // length)
    return t * stretches // workers * length, min((t + 1) * stretches // workers * length, size)


@parallel
def _affine(x, numbers, y, workers):
    for t in prange(workers):
        first, end = _share(t, x.size, numbers.shape[1], workers)
        for i in range(first, end, numbers.shape[1]):
            j = min(i + numbers.shape[1], end)
            _affine_stretch(x[i:j], numbers[0], numbers[1], numbers[2, 0], y[i:j])


@serial
def _affine_stretch(x, scale, shift, least, y):
    for q in range(x.size):
        value = x[q] * scale[q] + shift[q]
        y[q] = least if value <= least else value


@parallel
def _combine(g, x, numbers, out, workers):
    for t in prange(workers):
        first, end = _share(t, x.size, numbers.shape[1], workers)
        for i in range(first, end, numbers.shape[1]):
            j = min(i + numbers.shape[1], end)
            _combine_stretch(g[i:j], x[i:j], numbers, out[i:j])


@serial
def _combine_stretch(g, x, numbers, out):
    mean, scale, shift, least, along, offset = numbers[0], numbers[1], numbers[2], numbers[3, 0], numbers[4], numbers[5]
    for q in range(x.size):
        value = _gated(g[q], x[q], scale[q], shift[q], least)
        out[q] = value * scale[q] + (x[q] - mean[q]) * along[q] + offset[q]
