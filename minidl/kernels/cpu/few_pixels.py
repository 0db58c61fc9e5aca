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
from .jit import parallel, serial
from .layout import Kernels
from .tile import COLUMN_BYTES, ROWS, VECTOR_BYTES, set_products, set_products_half
from .transposing import turn_rows
from .workspace import Workspace

COLUMNS = COLUMN_BYTES // 4
"""Numbers of float32 in a row of the tile."""

VECTOR = VECTOR_BYTES // 4
"""Numbers of float32 in a vector."""

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


def cost(output: tuple[int, ...], weight_shape: tuple[int, ...]) -> float:
    """Of this way, in multiplications of the direct way (measured with AVX-512)."""
    pixels = math.prod(output[:3])
    width = NARROW if pixels <= NARROW else COLUMNS
    return -(-pixels // width) * width * math.prod(weight_shape) + 4_000_000


def convolve(images: np.ndarray, kernels: Kernels, bias: np.ndarray | None, geometry: Geometry, y: np.ndarray) -> None:
    """Images (N, H, W, C) with kernels (K, C, kh, kw) and bias (K,) into y (N, H', W', K), all float32 and y dense."""
    k, c, kh, kw = kernels.shape
    pixels, workers = math.prod(y.shape[:3]), threads.get_num_threads()
    width = NARROW if pixels <= NARROW else COLUMNS
    division = (workers, 1) if pixels > (workers - 1) * width else (1, workers)
    offset = np.zeros(k, np.float32) if bias is None else np.ascontiguousarray(bias)
    with Workspace(division[1] * -(-pixels // width) * width * c * kh * kw) as (columns,):
        _convolve(
            np.ascontiguousarray(images), np.zeros(c, np.float32), kernels.numbers, kernels.steps[0], kernels.steps[2],
            *_loops(kernels, width), columns, offset, y.reshape(-1), y.shape, geometry, width, division, workers,
        )  # fmt: skip


def _loops(kernels: Kernels, width: int) -> tuple[tuple[int, int, int], tuple[int, ...]]:
    """Counts of loops over the taps of a kernel, as few as their order in memory allows, and the tile's steps."""
    _, c, kh, kw = kernels.shape
    _, _, _, of_channel, of_row, of_column = kernels.steps
    if of_row != kw * of_column:
        return (c, kh, kw), (of_channel, of_row, of_column, kh * kw * width, kw * width, width, width)
    if of_channel != kh * of_row:
        return (1, c, kh * kw), (0, of_channel, of_column, 0, kh * kw * width, width, width)
    return (1, 1, c * kh * kw), (0, 0, of_column, 0, 0, width, width)


def correlate(g: np.ndarray, images: np.ndarray, geometry: Geometry, out: np.ndarray) -> None:
    """The weight's gradient from g (N, H', W', K) and images (N, H, W, C), into out (K, C, kh, kw), dense float32."""
    pixels, workers = math.prod(g.shape[:3]), threads.get_num_threads()
    k, taps = len(out), math.prod(out.shape[1:])
    with Workspace(-(-taps // COLUMNS) * COLUMNS * pixels) as (rows,):
        _windows_by_pixel(np.ascontiguousarray(images), rows, g.shape, geometry, workers)
        _correlate(np.ascontiguousarray(g).reshape(-1), rows, out.reshape(-1), k, taps, pixels, workers)


@serial
def _find_pixels(shape, output, geometry, beyond, places):
    """For each place in the kernel and output pixel, where the input pixel is that meets it, or `beyond`."""
    _, h, w, c = shape
    n, height, width, _ = output
    kh, kw, sh, sw, ph, pw, dh, dw = geometry
    pixel = 0
    for image in range(n):
        for row in range(height):
            for column in range(width):
                for i in range(kh):
                    for j in range(kw):
                        y, x = row * sh - ph + i * dh, column * sw - pw + j * dw
                        inside = 0 <= y < h and 0 <= x < w
                        places[i * kw + j, pixel] = ((image * h + y) * w + x) * c if inside else beyond
                pixel += 1
    for i in range(kh * kw):
        for more in range(pixel, places.shape[1]):
            places[i, more] = beyond


@parallel
def _convolve(images, zeros, weight, first, of_kernel, counts, steps, columns, bias, y, output, geometry, width,
              division, workers):  # fmt: skip
    """Each thread takes some panels of pixels, or some kernels.

    It makes all windows that it needs itself, as it would wait for those that lie in another core's cache; a ResNet-18
    for one image takes 4.97 milliseconds so instead of 5.16 (two threads; 8.2 instead of 8.6 with one).
    """
    count, k, pixels = geometry[0] * geometry[1], output[3], output[0] * output[1] * output[2]
    size = images.shape[3] * count * width
    panels, groups, (by_panels, by_kernels) = -(-pixels // width), -(-k // ROWS), division
    for t in prange(workers):
        of_panels, of_kernels = t % by_panels, t // by_panels
        upper, lower = of_panels * panels // by_panels, (of_panels + 1) * panels // by_panels
        own = of_kernels * panels * size
        places = np.empty((count, panels * width), np.int64)
        beyond = (zeros.ctypes.data - images.ctypes.data) // images.itemsize
        _find_pixels(images.shape, output, geometry, beyond, places)
        for panel in range(upper, lower):
            for i in range(count):
                at, place = places[i, panel * width : (panel + 1) * width], own + panel * size + i * width
                _set_windows(images, at, beyond, columns, place, count * width)
        rows, tile = np.empty(ROWS, np.int64), np.empty(ROWS * COLUMNS, np.float32)
        for group in range(of_kernels * groups // by_kernels, (of_kernels + 1) * groups // by_kernels):
            kernel = group * ROWS
            for m in range(ROWS):
                rows[m] = min(kernel + m, k - 1) * of_kernel
            for panel in range(upper, lower):
                starts = (first, 0, own + panel * size, 0)
                if width == COLUMNS:
                    set_products(weight, rows, columns, tile, starts, counts, steps)
                else:
                    set_products_half(weight, rows, columns, tile, starts, counts, steps)
                for p in range(min(width, pixels - panel * width)):
                    for m in range(min(ROWS, k - kernel)):
                        y[(panel * width + p) * k + kernel + m] = tile[m * width + p] + bias[kernel + m]


@serial
def _set_windows(images, at, beyond, columns, target, step):
    """What pixels see at one place of the kernel, of images (N, H, W, C): channels `step` apart, pixels in a row."""
    x, channels = images.reshape(-1), images.shape[3]
    whole = channels // VECTOR * VECTOR
    for first in range(0, at.size, VECTOR):
        for channel in range(0, whole, VECTOR):
            turn_rows(x, at, columns, (channel, first, target + channel * step + first), step)
        for channel in range(whole, channels):
            for pixel in range(first, first + VECTOR):
                place = at[pixel]
                columns[target + channel * step + pixel] = x[place + channel] if place != beyond else 0


@parallel
def _windows_by_pixel(images, rows, output, geometry, workers):
    """Windows of images (N, H, W, C) as (panel, pixel, channel and place); each thread takes some panels."""
    x, count, pixels = images.reshape(-1), geometry[0] * geometry[1], output[0] * output[1] * output[2]
    taps = images.shape[3] * count
    panels = -(-taps // COLUMNS)
    for t in prange(workers):
        places = np.empty((count, pixels), np.int64)
        _find_pixels(images.shape, output, geometry, -1, places)
        for tap in range(t * panels // workers * COLUMNS, min((t + 1) * panels // workers * COLUMNS, taps)):
            channel, i = tap // count, tap % count
            target = tap // COLUMNS * pixels * COLUMNS + tap % COLUMNS
            for pixel in range(pixels):
                place = places[i, pixel]
                rows[target + pixel * COLUMNS] = x[place + channel] if place >= 0 else 0


@parallel
def _correlate(g, rows, out, k, taps, pixels, workers):
    """Each thread takes the panels that it made; sums run over pixels."""
    panels = -(-taps // COLUMNS)
    for t in prange(workers):
        at, tile = np.empty(ROWS, np.int64), np.empty(ROWS * COLUMNS, np.float32)
        for kernel in range(0, k, ROWS):
            for m in range(ROWS):
                at[m] = min(kernel + m, k - 1)
            for panel in range(t * panels // workers, (t + 1) * panels // workers):
                tap = panel * COLUMNS
                place = kernel * taps + tap
                if kernel + ROWS <= k and tap + COLUMNS <= taps:
                    set_products(g, at, rows, out, (0, 0, tap * pixels, place), (1, pixels), (0, k, 0, COLUMNS, taps))
                else:
                    set_products(g, at, rows, tile, (0, 0, tap * pixels, 0), (1, pixels), (0, k, 0, COLUMNS, COLUMNS))
                    for m in range(min(ROWS, k - kernel)):
                        for n in range(min(COLUMNS, taps - tap)):
                            out[place + m * taps + n] = tile[m * COLUMNS + n]
