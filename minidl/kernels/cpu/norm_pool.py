"""Batch norm, ReLU and max pooling in one, for windows that lie side by side: what comes between is never in memory.

    y = max over each window of max(0, (x - mean) * rstd * weight + bias)

A positive scale makes the greatest of a window from its greatest x, a negative one from its least.  So windows are
pooled first, of x or -x, and of a quarter of the numbers the rest is made.  On the way back the sums over all pixels
are sums over windows, and the gradients that windows send back live in a buffer of a row, which fits the first cache.
So a step of three blocks of 32 to 128 channels, from 64x64, takes 0.83 to 0.88 of the time with two threads, and 0.90
to 0.93 with one.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial
from .layout import channels_first, channels_last, empty_channels_last
from .normalization import (
    PARALLEL_FROM,
    blank_numbers,
    combine_stretch,
    correct,
    normalise_stretch,
    numbers_of,
    sums_of,
)
from .pooling import (
    PIECE,
    greatest_of_row,
    pick_row,
    repeat_row,
    row_memory,
    spread_memory,
    tap_dtype,
    wanted_taps,
)

Pair = tuple[int, int]


def batch_norm_relu_pool(
    x: np.ndarray,
    mean: np.ndarray,
    rstd: np.ndarray,
    weight: np.ndarray | None,
    bias: np.ndarray | None,
    kernel_size: Pair,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x (N, C, H, W), numbers (C,), weights not being zero -> y (N, C, H // kh, W // kw), the taps of `max_pool2d`, and
    the x from which each y is made.

    Where y is zero, the tap is that of padding: no gradient goes there.
    """
    images = channels_last(x)
    n, h, w, c = images.shape
    y = np.empty((n, h // kernel_size[0], w // kernel_size[1], c), x.dtype)
    chosen: np.ndarray = np.empty_like(y)
    taps: np.ndarray = np.empty(y.shape, tap_dtype(kernel_size))
    numbers = numbers_of(y.reshape(-1), mean, rstd, weight, bias)
    signs = np.copysign(1, numbers[2], dtype=x.dtype)
    piece = max(PIECE // (kernel_size[1] * c), 1)
    workers = threads.workers(x.size, PARALLEL_FROM)
    _pool(images, signs, numbers, y, taps, chosen, _side_by_side(kernel_size), piece, workers)
    return channels_first(y), channels_first(taps), channels_first(chosen)


def batch_norm_relu_pool_gradient(
    g: np.ndarray,
    taps: np.ndarray,
    chosen: np.ndarray,
    x: np.ndarray,
    mean: np.ndarray,
    rstd: np.ndarray,
    weight: np.ndarray | None,
    bias: np.ndarray | None,
    kernel_size: Pair,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients in x, weight and bias, where mean and rstd are those of x: those of `batch_norm`, for the gradients
    g (N, C, H', W') where the taps say, and zeros elsewhere."""
    images, given, found, seen = channels_last(x), channels_last(g), channels_last(taps), channels_last(chosen)
    numbers = numbers_of(seen.reshape(-1), mean, rstd, weight, bias)
    sums = sums_of(given.reshape(-1), seen.reshape(-1), numbers, 0.0)
    geometry, c = _side_by_side(kernel_size), images.shape[3]
    corrections = blank_numbers(images.reshape(-1), c)
    g_weight, g_bias = np.empty(c, x.dtype), np.empty(c, x.dtype)
    correct(sums, numbers, rstd, corrections, x.size // c, g_weight, g_bias)
    numbers = numbers_of(images.reshape(-1), mean, rstd, weight, bias)
    wanted = wanted_taps(images.shape[2], given.shape[2], c, geometry, found.dtype)
    gx, workers = empty_channels_last(x.shape, x.dtype), threads.workers(x.size, PARALLEL_FROM)
    _combine_windows(given, found, images, wanted, numbers, corrections, geometry, channels_last(gx), workers)
    return gx, g_weight, g_bias


def _side_by_side(kernel_size: Pair) -> tuple[int, ...]:
    """The geometry of windows that neither overlap nor leave gaps."""
    return (*kernel_size, *kernel_size, 0, 0, 1, 1)


@parallel
def _pool(x, signs, numbers, y, taps, chosen, geometry, piece, workers):
    """The greatest of x times signs in each window, and what is made of it.  Threads take rows of the output."""
    kh, (_, h, w, c), (n, height, _, _) = geometry[0], x.shape, chosen.shape
    length, nothing = signs.size, x.dtype.type(-np.inf)
    for t in prange(workers):
        memory, rows = row_memory(chosen, taps, geometry, piece), np.empty((1, kh, w, c), x.dtype)
        signed, pixels = rows.reshape(-1), x.reshape(-1)
        for row in range(t * n * height // workers, (t + 1) * n * height // workers):
            image, i = row // height, row % height
            start = (image * h + i * kh) * w * c
            for first in range(0, signed.size, length):
                end = min(first + length, signed.size)
                _multiply(pixels[start + first : start + end], signs, signed[first:end])
            greatest_of_row(rows, 0, 0, chosen[image, i], taps[image, i], geometry, nothing, piece, memory)
            _finish_row(chosen[image, i].reshape(-1), signs, numbers, y[image, i].reshape(-1),
                        taps[image, i].reshape(-1), taps.dtype.type(kh * geometry[1]))  # fmt: skip


@serial
def _finish_row(chosen, signs, numbers, y, taps, padding):
    zero = y.dtype.type(0)
    for first in range(0, y.size, signs.size):
        end = min(first + signs.size, y.size)
        values, numbered = y[first:end], taps[first:end]
        _multiply(chosen[first:end], signs, chosen[first:end])
        normalise_stretch(chosen[first:end], numbers[2], numbers[3], zero, values)
        for q in range(values.size):
            numbered[q] = padding if values[q] <= zero else numbered[q]


@serial
def _multiply(x, factors, y):
    for q in range(x.size):
        y[q] = x[q] * factors[q]


@parallel
def _combine_windows(g, taps, x, wanted, numbers, corrections, geometry, out, workers):
    """The gradient in x.  Threads take rows of windows; the last rows of an image may be seen by none."""
    kh, (n, h, w, c), length = geometry[0], x.shape, numbers.shape[1]
    high, mean, scale, shift = -(-h // kh), numbers[1], numbers[2], numbers[3]
    nothing = x.dtype.type(-np.inf)
    for t in prange(workers):
        memory, spread = spread_memory(g, taps, w, geometry), np.empty(w * c, g.dtype)
        pixels, gradients = x.reshape(-1), out.reshape(-1)
        for row in range(t * n * high // workers, (t + 1) * n * high // workers):
            image, i = row // high, row % high
            inside = i < g.shape[1]
            if inside:
                repeat_row(g[image, i], taps[image, i], geometry, memory)
            for k in range(min(kh, h - i * kh)):
                pick_row(memory, wanted[k if inside else kh], 0, spread)
                start = (image * h + i * kh + k) * w * c
                for first in range(0, spread.size, length):
                    end = min(first + length, spread.size)
                    combine_stretch(spread[first:end], pixels[start + first : start + end], mean, scale, shift, nothing,
                                    corrections[0], corrections[1], gradients[start + first : start + end])  # fmt: skip
