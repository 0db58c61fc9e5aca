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
    kh, (_, h, w, c), (n, height, width, _), length = geometry[0], x.shape, chosen.shape, signs.size
    pixels, own, values, numbered = x.reshape(-1), chosen.reshape(-1), y.reshape(-1), taps.reshape(-1)
    nothing, padding = x.dtype.type(-np.inf), taps.dtype.type(kh * geometry[1])
    for t in prange(workers):
        memory, rows = row_memory(chosen, taps, geometry, piece), np.empty((1, kh, w, c), x.dtype)
        signed = rows.reshape(-1)
        for row in range(t * n * height // workers, (t + 1) * n * height // workers):
            start, place = (row // height * h + row % height * kh) * w * c, row * width * c
            for first in range(0, signed.size, length):
                _sign(pixels[start + first :], signs, signed[first : first + length])
            greatest_of_row(rows, 0, 0, own, numbered, place, width, geometry, nothing, piece, memory)
            for first in range(place, place + width * c, length):
                end = min(first + length, place + width * c)
                _finish(own[first:end], signs, numbers[2], numbers[3], values[first:end], numbered[first:end], padding)


@serial
def _sign(x, signs, y):
    for q in range(y.size):
        y[q] = x[q] * signs[q]


@serial
def _finish(chosen, signs, scale, shift, y, taps, padding):
    """The signs are taken back, y is made of what was chosen, and where it is zero, the tap becomes that of padding."""
    zero = y.dtype.type(0)
    for q in range(y.size):
        chosen[q] *= signs[q]
    for q in range(y.size):
        value = chosen[q] * scale[q] + shift[q]
        y[q] = zero if value <= zero else value
    for q in range(y.size):
        taps[q] = padding if y[q] <= zero else taps[q]


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
