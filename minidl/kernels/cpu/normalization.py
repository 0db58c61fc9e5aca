"""Batch norm, alone and with ReLU, over channels-last memory, where the values of all channels lie side by side.

A loop over the channels of one pixel would be too short for vector registers to pay.  So every number of a channel is
repeated until the channels of several pixels, which follow one another, make a *stretch* of at least 512 elements, and
loops run along stretches.

Sums are formed in the precision of x over 64 stretches at a time, and these in float64: a float32 sum over the million
pixels of a batch of images would lose four digits.

Sums are taken to the channels' numbers by kernels, too: NumPy's small calls took 30 of the 50 microseconds that a layer
of few pixels takes both ways.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial
from .layout import channels_last, empty_channels_last

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
    mean, variance = np.full(channels, np.nan, x.dtype), np.full(channels, np.nan, x.dtype)
    if not x.size:
        return mean, variance
    numbers, pixels = blank_numbers(values, channels), x.size // channels
    _set_centres(values, channels, numbers)
    if not _moments(sums_of(values, values, numbers), pixels, numbers, mean, variance):
        _moments(sums_of(values, values, numbers), pixels, numbers, mean, variance)
    return mean, variance


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
    y = empty_channels_last(x.shape, x.dtype)
    if x.size:
        numbers = numbers_of(values, mean, rstd, weight, bias)
        _normalise(values, numbers, x.dtype.type(least), _pixels(y), threads.workers(x.size, PARALLEL_FROM))
    return y


def channel_sums(x: np.ndarray) -> np.ndarray:
    """The sums (C,) of the channels of x (N, C, ...)."""
    if not x.size:
        return np.zeros(x.shape[1], x.dtype)
    values, channels = _pixels(x), x.shape[1]
    sums = np.add.reduce(sums_of(values, values, blank_numbers(values, channels))[:, 0], 0)
    return np.add.reduce(sums.reshape(-1, channels), 0).astype(x.dtype)


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
    gx = empty_channels_last(x.shape, x.dtype)
    g_weight, g_bias = np.zeros(len(mean), x.dtype), np.zeros(len(mean), x.dtype)
    if x.size:
        numbers = numbers_of(values, mean, rstd, weight, bias)
        corrections = np.empty((2, numbers.shape[1]), x.dtype)
        sums = sums_of(gradients, values, numbers, least)
        correct(sums, numbers, rstd, corrections, x.size // len(mean), g_weight, g_bias)
        workers = threads.workers(x.size, PARALLEL_FROM)
        _combine(gradients, values, numbers, corrections, x.dtype.type(least), _pixels(gx), workers)
    return gx, g_weight, g_bias


def _pixels(x: np.ndarray) -> np.ndarray:
    """x (N, C, ...) as a vector: the channels of each pixel, pixel after pixel."""
    return channels_last(x).reshape(-1)


def blank_numbers(values: np.ndarray, channels: int) -> np.ndarray:
    """The numbers below, all zero."""
    pixels = min(-(-STRETCH // channels), values.size // channels)
    return np.zeros((4, pixels * channels), values.dtype)


def numbers_of(
    values: np.ndarray, mean: np.ndarray, rstd: np.ndarray, weight: np.ndarray | None, bias: np.ndarray | None
) -> np.ndarray:
    """Along one stretch each: the centre of what is summed, the mean of x, what multiplies x, and what is added."""
    numbers = blank_numbers(values, len(mean))
    factors = np.ones_like(rstd) if weight is None else np.ascontiguousarray(weight)
    shifts = np.zeros_like(mean) if bias is None else np.ascontiguousarray(bias)
    _set_numbers(mean, rstd, factors, shifts, numbers)
    return numbers


def sums_of(first: np.ndarray, second: np.ndarray, numbers: np.ndarray, least: float = -np.inf) -> np.ndarray:
    """The sums of `first` without its centre, and of its products with `second` without its mean; pixel after pixel.

    first counts as zero where second, scaled and shifted, is not above `least`.  There are two sums for each thread
    and place in a stretch.
    """
    workers = threads.workers(first.size, PARALLEL_FROM)
    shape = (workers, 2, numbers.shape[1])
    blocks, sums = np.zeros(shape, first.dtype), np.zeros(shape)
    _add(first, second, numbers, first.dtype.type(least), blocks, sums, workers)
    return sums


# --- the channels' numbers --------------------------------------------------------------------------------------------


@serial
def _set_centres(x, channels, numbers):
    """What stands for the mean while deviations are summed: the mean of a few pixels."""
    pixels = x.size // channels
    sampled = min(pixels, SAMPLE)
    share, centre = x.dtype.type(1 / sampled), numbers[0]
    for i in range(sampled):
        pixel = x[i * pixels // sampled * channels :]
        for c in range(channels):
            centre[c] += pixel[c] * share
    for c in range(channels):
        for q in range(c, centre.size, channels):
            numbers[0, q] = numbers[1, q] = centre[c]


@serial
def _set_numbers(mean, rstd, weight, bias, numbers):
    channels = mean.size
    for c in range(channels):
        scale = rstd[c] * weight[c]
        shift = bias[c] - mean[c] * scale
        for q in range(c, numbers.shape[1], channels):
            numbers[1, q], numbers[2, q], numbers[3, q] = mean[c], scale, shift


@serial
def _moments(sums, count, numbers, mean, variance):
    """Of the sums of deviations; the mean is the next centre.  Whether the centres were near enough."""
    near, channels = True, mean.size
    for c in range(channels):
        deviation, square = _of_channel(sums, 0, c, channels) / count, _of_channel(sums, 1, c, channels) / count
        spread = square - deviation * deviation
        if spread < 0:
            spread = 0.0
        if deviation * deviation > FAR * spread:
            near = False
        mean[c], variance[c] = numbers[0, c] + deviation, spread
        for q in range(c, numbers.shape[1], channels):
            numbers[0, q] = numbers[1, q] = mean[c]
    return near


@serial
def correct(sums, numbers, rstd, corrections, count, g_weight, g_bias):
    """The gradients of weight and bias, and what multiplies x - mean, and what is added, in that of x."""
    channels = rstd.size
    for c in range(channels):
        total, product = _of_channel(sums, 0, c, channels), _of_channel(sums, 1, c, channels) * rstd[c]
        g_bias[c], g_weight[c] = total, product
        share = -numbers[2, c] / count
        along, offset = share * product * rstd[c], share * total
        for q in range(c, corrections.shape[1], channels):
            corrections[0, q], corrections[1, q] = along, offset


@serial
def _of_channel(sums, i, c, channels):
    total = 0.0
    for t in range(len(sums)):
        for q in range(c, sums.shape[2], channels):
            total += sums[t, i, q]
    return total


# --- sums -------------------------------------------------------------------------------------------------------------


@serial
def _share(t, size, length, workers):
    """Where the stretches of a thread begin and end."""
    stretches = -(-size // length)
    return t * stretches // workers * length, min((t + 1) * stretches // workers * length, size)


@serial
def _move(block, total):
    """Add the sums of a block to the total, and begin anew."""
    for q in range(block.size):
        total[q] += block[q]
        block[q] = 0


@serial
def _gated(g, x, scale, shift, least):
    """g, or zero where what was made of x is not above `least`."""
    return type(g)(0) if x * scale + shift <= least else g


@serial
def _add_stretch(g, x, numbers, least, total, product):
    centre, mean, scale, shift = numbers[0], numbers[1], numbers[2], numbers[3]
    for q in range(g.size):
        value = _gated(g[q], x[q], scale[q], shift[q], least) - centre[q]
        total[q] += value
        product[q] += value * (x[q] - mean[q])


@serial
def _add_four_stretches(g, x, numbers, least, total, product):
    """The same for four in a row: the sums are read and written once for them, which takes half the time."""
    n, centre, mean, scale, shift = total.size, numbers[0], numbers[1], numbers[2], numbers[3]
    for q in range(n):
        e, m, s, p = centre[q], mean[q], scale[q], shift[q]
        a, b = _gated(g[q], x[q], s, p, least) - e, _gated(g[q + n], x[q + n], s, p, least) - e
        c, d = _gated(g[q + 2 * n], x[q + 2 * n], s, p, least) - e, _gated(g[q + 3 * n], x[q + 3 * n], s, p, least) - e
        total[q] += (a + b) + (c + d)
        a, b = a * (x[q] - m), b * (x[q + n] - m)
        c, d = c * (x[q + 2 * n] - m), d * (x[q + 3 * n] - m)
        product[q] += (a + b) + (c + d)


@serial
def _add_blocks(g, x, numbers, least, block, sums):
    total, product, length = block[0], block[1], numbers.shape[1]
    for start in range(0, g.size, BLOCK * length):
        end = min(start + BLOCK * length, g.size)
        i = start
        while i + 4 * length <= end:
            _add_four_stretches(g[i:], x[i:], numbers, least, total, product)
            i += 4 * length
        while i < end:
            j = min(i + length, end)
            _add_stretch(g[i:j], x[i:j], numbers, least, total, product)
            i = j
        _move(total, sums[0])
        _move(product, sums[1])


@parallel
def _add(g, x, numbers, least, blocks, sums, workers):
    for t in prange(workers):
        i, j = _share(t, g.size, numbers.shape[1], workers)
        _add_blocks(g[i:j], x[i:j], numbers, least, blocks[t], sums[t])


# --- what is written --------------------------------------------------------------------------------------------------


@parallel
def _normalise(x, numbers, least, y, workers):
    for t in prange(workers):
        length, scale, shift = numbers.shape[1], numbers[2], numbers[3]
        first, end = _share(t, x.size, length, workers)
        for i in range(first, end, length):
            j = min(i + length, end)
            normalise_stretch(x[i:j], scale, shift, least, y[i:j])


@serial
def normalise_stretch(x, scale, shift, least, y):
    for q in range(x.size):
        value = x[q] * scale[q] + shift[q]
        y[q] = least if value <= least else value


@parallel
def _combine(g, x, numbers, corrections, least, out, workers):
    for t in prange(workers):
        length, mean, scale, shift = numbers.shape[1], numbers[1], numbers[2], numbers[3]
        first, end = _share(t, x.size, length, workers)
        for i in range(first, end, length):
            j = min(i + length, end)
            combine_stretch(g[i:j], x[i:j], mean, scale, shift, least, corrections[0], corrections[1], out[i:j])


@serial
def combine_stretch(g, x, mean, scale, shift, least, along, offset, out):
    for q in range(x.size):
        value = _gated(g[q], x[q], scale[q], shift[q], least)
        out[q] = value * scale[q] + (x[q] - mean[q]) * along[q] + offset[q]
