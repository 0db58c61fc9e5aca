"""Max pooling of channels-last images: the inner loops run over the channels of a pixel, which lie side by side."""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import threads
from .copying import copy_elements
from .jit import parallel, serial
from .layout import channels_first, channels_last

PARALLEL_FROM = 1 << 14
"""Elements from which threads pay (measured on 2 cores)."""

Pair = tuple[int, int]


def max_pool2d(
    x: np.ndarray, kernel_size: Pair, stride: Pair, padding: Pair, dilation: Pair, ceil_mode: bool
) -> tuple[np.ndarray, np.ndarray]:
    """x (N, C, H, W) -> the greatest value of each window, and its place in the H * W plane, both (N, C, H', W').

    The first of equal values wins; NaN wins over all.
    """
    images = channels_last(x)
    n, h, w, c = images.shape
    height, width = (
        _windows(size, kernel, step, pad, spread, ceil_mode)
        for size, kernel, step, pad, spread in zip((h, w), kernel_size, stride, padding, dilation, strict=True)
    )
    values = np.empty((n, height, width, c), x.dtype)
    indices = np.empty((n, height, width, c), np.int64)
    geometry = (*kernel_size, *stride, *padding, *dilation)
    _greatest(images, values, indices, geometry, threads.workers(images.size, PARALLEL_FROM))
    return channels_first(values), channels_first(indices)


def pool_scatter(g: np.ndarray, indices: np.ndarray, input_shape: tuple[int, ...]) -> np.ndarray:
    """Zeros of `input_shape` (N, C, H, W) with g (N, C, H', W') added at each plane's indices."""
    n, c, h, w = input_shape
    x = np.zeros((n, h, w, c), g.dtype)
    places = indices.shape[2] * indices.shape[3]
    given, at = (channels_last(a).reshape(n, places, c) for a in (g, indices))
    _scatter(given, at, x.reshape(n, h * w, c), threads.workers(x.size, PARALLEL_FROM))
    return channels_first(x)


def pool_gather(x: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """The values of x (N, C, H, W) at each plane's indices (N, C, H', W')."""
    n, c, height, width = indices.shape
    planes = channels_last(x).reshape(n, x.shape[2] * x.shape[3], c)
    picked = np.take_along_axis(planes, channels_last(indices).reshape(n, height * width, c), 1)
    return channels_first(picked.reshape(n, height, width, c))


def _windows(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> int:
    """How many windows fit; with `ceil_mode` one more that reaches over the end, unless it starts beyond it."""
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil_mode:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - ((count - 1) * stride >= size + padding)


@parallel
def _greatest(x, values, indices, geometry, workers):
    _, height, width, c = values.shape
    pixels = values.size // max(c, 1)
    best, places = values.reshape(pixels, c), indices.reshape(pixels, c)
    for t in prange(workers):
        for p in range(t * pixels // workers, (t + 1) * pixels // workers):
            _greatest_of_window(x, best[p], places[p], p // (height * width), p // width % height, p % width, geometry)


@serial
def _greatest_of_window(x, best, places, image, row, column, geometry):
    kh, kw, sh, sw, ph, pw, dh, dw = geometry
    _, h, w, _ = x.shape
    top, left = row * sh - ph, column * sw - pw
    started = False
    for i in range(kh):
        y = top + i * dh
        if y < 0 or y >= h:
            continue
        for j in range(kw):
            xx = left + j * dw
            if xx < 0 or xx >= w:
                continue
            if started:
                _take_greater(x[image, y, xx], y * w + xx, best, places)
            else:
                copy_elements(best, x[image, y, xx])
                places[:] = y * w + xx
                started = True
    if not started:  # a dilated window can lie wholly in the padding
        best[:] = -np.inf
        places[:] = -1


@serial
def _take_greater(pixel, place, best, places):
    for q in range(best.size):
        value, held = pixel[q], best[q]
        greater = (value > held) | ((value != value) & (held == held))
        best[q] = value if greater else held
        places[q] = place if greater else places[q]


@parallel
def _scatter(g, indices, x, workers):
    """Threads take whole images, or whole channels of the only one, so they never add to the same place."""
    n, places, c = g.shape
    by_image = n >= workers
    for t in prange(workers):
        images = (t * n // workers, (t + 1) * n // workers) if by_image else (0, n)
        channels = (0, c) if by_image else (t * c // workers, (t + 1) * c // workers)
        for image in range(images[0], images[1]):
            for p in range(places):
                for q in range(channels[0], channels[1]):
                    x[image, indices[image, p, q], q] += g[image, p, q]
