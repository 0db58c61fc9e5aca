"""Convolutions with few output pixels, as of one small image: the weight is read where it lies.

There a weight takes part in few products, and to bring it into the order of the register tile, as `direct.py` does,
costs more than these.  So the parts change: the weight gives the tile's rows, and windows of the image, of which there
are few, are copied to be its columns (im2col).  Columns lie in panels of the tile's width: (panel, tap, pixel) for the
output, (panel, pixel, tap) for the weight's gradient; a tap is a channel and a place in the kernel.
"""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel
from .layout import Kernels
from .tile import COLUMN_BYTES, ROWS, set_narrow_products, set_products
from .workspace import workspace

COLUMNS = COLUMN_BYTES // 4
"""Numbers of float32 in a row of the tile."""

NARROW = COLUMNS // 2
"""Pixels for which a tile of half the width suffices."""

PIXELS = 128
"""Output pixels up to which this is the faster way (measured with AVX-512)."""

WEIGHTS = 1 << 14
"""Weights from which it is."""

Geometry = tuple[int, int, int, int, int, int, int, int]


def pays(output: tuple[int, ...], weight_shape: tuple[int, ...]) -> bool:
    """Whether this is the faster way to an output (N, H', W', K)."""
    return math.prod(output[:3]) <= PIXELS and math.prod(weight_shape) >= WEIGHTS


def convolve(images: np.ndarray, kernels: Kernels, bias: np.ndarray | None, geometry: Geometry, y: np.ndarray) -> None:
    """Images (N, H, W, C) with kernels (K, C, kh, kw) and bias (K,) into y (N, H', W', K), all float32 and y dense."""
    k, c, kh, kw = kernels.shape
    pixels, workers = math.prod(y.shape[:3]), threads.get_num_threads()
    width = NARROW if pixels <= NARROW else COLUMNS
    offset = np.zeros(k, np.float32) if bias is None else np.ascontiguousarray(bias)
    with workspace(-(-pixels // width) * width * c * kh * kw) as (columns,):
        _windows_by_tap(np.ascontiguousarray(images), columns, y.shape, geometry, width, workers)
        _multiply(kernels.numbers, kernels.steps, kernels.shape, columns, offset, y.reshape(-1), pixels, width, workers)


def correlate(g: np.ndarray, images: np.ndarray, geometry: Geometry, out: np.ndarray) -> None:
    """The weight's gradient from g (N, H', W', K) and images (N, H, W, C), into out (K, C, kh, kw), dense float32."""
    pixels, workers = math.prod(g.shape[:3]), threads.get_num_threads()
    k, taps = len(out), math.prod(out.shape[1:])
    with workspace(-(-taps // COLUMNS) * COLUMNS * pixels) as (rows,):
        _windows_by_pixel(np.ascontiguousarray(images), rows, g.shape, geometry, workers)
        _correlate(np.ascontiguousarray(g).reshape(-1), rows, out.reshape(-1), k, taps, pixels, workers)


@parallel
def _windows_by_tap(x, columns, output, geometry, width, workers):
    """Windows of x (N, H, W, C) as (panel, channel and place, pixel); each thread takes some channels."""
    _, h, w, c = x.shape
    n, height, across, _ = output
    kh, kw, sh, sw, ph, pw, dh, dw = geometry
    pixels, places = n * height * across, kh * kw
    for t in prange(workers):
        for pixel in range(-(-pixels // width) * width):
            image, top, left = pixel // (height * across), pixel // across % height * sh - ph, pixel % across * sw - pw
            for i in range(kh):
                for j in range(kw):
                    y, z = top + i * dh, left + j * dw
                    inside = pixel < pixels and 0 <= y < h and 0 <= z < w
                    target = (pixel // width * c * places + i * kw + j) * width + pixel % width
                    for channel in range(t * c // workers, (t + 1) * c // workers):
                        columns[target + channel * places * width] = x[image, y, z, channel] if inside else 0


@parallel
def _multiply(weight, steps, shape, columns, bias, y, pixels, width, workers):
    """Each thread takes some kernels: their products with all pixels, which lie apart in the output."""
    first, _, of_kernel, of_channel, of_row, of_column = steps
    k, channels, kh, kw = shape
    height, size = ROWS * COLUMNS // width, channels * kh * kw * width
    counts = (channels, kh, kw)
    along = (of_channel, of_row, of_column, kh * kw * width, kw * width, width, width)
    groups = -(-k // height)
    for t in prange(workers):
        at, tile = np.empty(height, np.int64), np.empty(ROWS * COLUMNS, np.float32)
        for kernel in range(t * groups // workers * height, min((t + 1) * groups // workers * height, k), height):
            for m in range(height):
                at[m] = min(kernel + m, k - 1) * of_kernel
            for pixel in range(0, pixels, width):
                starts = (first, 0, pixel // width * size, 0)
                if width == COLUMNS:
                    set_products(weight, at, columns, tile, starts, counts, along)
                else:
                    set_narrow_products(weight, at, columns, tile, starts, counts, along)
                for p in range(min(width, pixels - pixel)):
                    for m in range(min(height, k - kernel)):
                        y[(pixel + p) * k + kernel + m] = tile[m * width + p] + bias[kernel + m]


@parallel
def _windows_by_pixel(x, rows, output, geometry, workers):
    """Windows of x (N, H, W, C) as (panel, pixel, channel and place); each thread takes some pixels."""
    _, h, w, c = x.shape
    n, height, across, _ = output
    kh, kw, sh, sw, ph, pw, dh, dw = geometry
    pixels, places = n * height * across, kh * kw
    for t in prange(workers):
        for pixel in range(t * pixels // workers, (t + 1) * pixels // workers):
            image, top, left = pixel // (height * across), pixel // across % height * sh - ph, pixel % across * sw - pw
            for i in range(kh):
                for j in range(kw):
                    y, z = top + i * dh, left + j * dw
                    inside = 0 <= y < h and 0 <= z < w
                    for channel in range(c):
                        tap = channel * places + i * kw + j
                        target = (tap // COLUMNS * pixels + pixel) * COLUMNS + tap % COLUMNS
                        rows[target] = x[image, y, z, channel] if inside else 0


@parallel
def _correlate(g, rows, out, k, taps, pixels, workers):
    """Each thread takes some kernels; sums run over pixels."""
    groups = -(-k // ROWS)
    for t in prange(workers):
        at, tile = np.empty(ROWS, np.int64), np.empty(ROWS * COLUMNS, np.float32)
        for kernel in range(t * groups // workers * ROWS, min((t + 1) * groups // workers * ROWS, k), ROWS):
            for m in range(ROWS):
                at[m] = min(kernel + m, k - 1)
            for tap in range(0, taps, COLUMNS):
                starts, place = (0, 0, tap * pixels, 0), kernel * taps + tap
                if kernel + ROWS <= k and tap + COLUMNS <= taps:
                    set_products(g, at, rows, out, (0, 0, tap * pixels, place), (1, pixels), (0, k, 0, COLUMNS, taps))
                else:
                    set_products(g, at, rows, tile, starts, (1, pixels), (0, k, 0, COLUMNS, COLUMNS))
                    for m in range(min(ROWS, k - kernel)):
                        for n in range(min(COLUMNS, taps - tap)):
                            out[place + m * taps + n] = tile[m * COLUMNS + n]
