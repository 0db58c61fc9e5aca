"""Max pooling of channels-last images: the inner loops run over the channels of a pixel, which lie side by side."""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import threads
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
    """Of each window the greatest values are held, and by which tap, in numbers as wide as float32: so the loop over
    channels takes as many of both in a vector register, and all channels of a pixel at once."""
    kh, kw, sh, sw, ph, pw, dh, dw = geometry
    n, h, w, c = x.shape
    _, height, width, _ = values.shape
    flat, best, places, pixels = x.reshape(-1), values.reshape(-1), indices.reshape(-1), n * height * width
    for t in prange(workers):
        taps, apart = np.empty(c, np.int32), np.empty(kh * kw, np.int64)
        for tap in range(kh * kw):
            apart[tap] = tap // kw * dh * w + tap % kw * dw
        for p in range(t * pixels // workers, (t + 1) * pixels // workers):
            image, top, left = p // (height * width), p // width % height * sh - ph, p % width * sw - pw
            held = best[p * c : p * c + c]
            for q in range(c):
                held[q], taps[q] = -np.inf, -1
            for i in range(kh):
                for j in range(kw):
                    row, column = top + i * dh, left + j * dw
                    if 0 <= row < h and 0 <= column < w:
                        start = ((image * h + row) * w + column) * c
                        _take_greater(flat[start : start + c], held, taps, np.int32(i * kw + j))
            _find_places(taps, apart, top * w + left, places[p * c : p * c + c])


@serial
def _take_greater(pixel, best, taps, tap):
    """Where a value is greater, or the first, or the first NaN."""
    for q in range(best.size):
        value, held, known = pixel[q], best[q], taps[q]
        greater = ((held == held) & (not (value <= held))) | (known < 0)
        best[q] = value if greater else held
        taps[q] = tap if greater else known


@serial
def _find_places(taps, apart, first, places):
    """Where each tap is in the plane; -1 for a dilated window that lies wholly in the padding."""
    for q in range(places.size):
        places[q] = first + apart[taps[q]] if taps[q] >= 0 else -1


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
