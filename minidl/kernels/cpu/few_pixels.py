"""Convolutions with few output pixels, as of one small image: the weight is read where it lies.

There a weight takes part in few products, and to bring it into the order of the register tile, as `direct.py` does,
costs more than these.  So the parts change: the weight gives the tile's rows, and windows of the image, of which there
are few, are copied to be its columns (im2col).  Columns lie in panels of the tile's width: (panel, tap, pixel) for the
output, (panel, pixel, tap) for the weight's gradient; a tap is a channel and a place in the kernel.
"""

from __future__ import annotations

import math

import numpy as np

from .. import threads
from .jit import serial
from .tasks import floats, task
from .tile import COLUMN_BYTES, ROWS, set_narrow_products, set_products
from .workspace import LINE, workspace

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


def can_read(weight: np.ndarray) -> bool:
    """Whether the taps of a kernel (K, C, kh, kw) lie at equal steps, forwards or backwards."""
    return weight.strides[2] == weight.shape[3] * weight.strides[3]


def convolve(images: np.ndarray, weight: np.ndarray, bias: np.ndarray, geometry: Geometry, y: np.ndarray) -> None:
    """Images (N, H, W, C) with weight (K, C, kh, kw) and bias (K,) into y (N, H', W', K), all float32 and y dense."""
    k, c, kh, kw = weight.shape
    pixels, workers = math.prod(y.shape[:3]), threads.get_num_threads()
    width = NARROW if pixels <= NARROW else COLUMNS
    by_panels, by_kernels = (workers, 1) if pixels > (workers - 1) * width else (1, workers)
    memory, first, steps = in_memory(weight)
    channels, places = (1, c * kh * kw) if steps[1] == kh * kw * steps[3] else (c, kh * kw)
    with workspace(-(-pixels // width) * width * c * kh * kw) as (columns,):
        _windows_by_tap.run(
            (np.ascontiguousarray(images), columns),
            (*images.shape, *y.shape[1:3], *geometry, width, by_panels, by_kernels),
            workers,
        )
        _multiply.run(
            (memory, columns, bias, y),
            (first, steps[0], steps[1], steps[3], channels, places, k, pixels, width, by_panels, by_kernels),
            workers,
        )


def correlate(g: np.ndarray, images: np.ndarray, geometry: Geometry, out: np.ndarray) -> None:
    """The weight's gradient from g (N, H', W', K) and images (N, H, W, C), into out (K, C, kh, kw), dense float32."""
    pixels, workers = math.prod(g.shape[:3]), threads.get_num_threads()
    k, taps = len(out), math.prod(out.shape[1:])
    with workspace(-(-taps // COLUMNS) * COLUMNS * pixels) as (rows,):
        _windows_by_pixel.run((np.ascontiguousarray(images), rows), (*images.shape, *g.shape[1:3], *geometry), workers)
        _correlate.run((np.ascontiguousarray(g), rows, out), (k, taps, pixels), workers)


def in_memory(weight: np.ndarray) -> tuple[np.ndarray, int, list[int]]:
    """The weight from its lowest address on, where its first number is, and the steps of its dimensions."""
    weight = np.require(weight, None, ["A"])
    steps = [stride // weight.itemsize for stride in weight.strides]
    first = sum(-step * (n - 1) for step, n in zip(steps, weight.shape, strict=True) if step < 0)
    return weight[tuple(slice(None, None, -1 if step < 0 else 1) for step in steps)], first, steps


@serial
def _find_pixels(shape, geometry, places):
    """For each place in the kernel and output pixel, where the input pixel is that meets it; -1 if there is none."""
    n, h, w, c, height, width = shape
    kh, kw, sh, sw, ph, pw, dh, dw = geometry
    pixel = 0
    for image in range(n):
        for row in range(height):
            for column in range(width):
                for i in range(kh):
                    for j in range(kw):
                        y, x = row * sh - ph + i * dh, column * sw - pw + j * dw
                        inside = 0 <= y < h and 0 <= x < w
                        places[i * kw + j, pixel] = ((image * h + y) * w + x) * c if inside else -1
                pixel += 1


@task
def _windows_by_tap(part, parts, arrays, numbers):
    """Windows of x (N, H, W, C) as (panel, channel and place, pixel); each thread takes some panels or channels."""
    x, columns = floats(arrays, numbers, 0), floats(arrays, numbers, 1)
    shape = numbers[2], numbers[3], numbers[4], numbers[5], numbers[6], numbers[7]
    geometry = (numbers[8], numbers[9], numbers[10], numbers[11], numbers[12], numbers[13], numbers[14], numbers[15])
    width, by_panels, by_channels = numbers[16], numbers[17], numbers[18]
    c, count, pixels = shape[3], geometry[0] * geometry[1], shape[0] * shape[4] * shape[5]
    panels, of_panels, of_channels = -(-pixels // width), part % by_panels, part // by_panels
    places = np.full((count, panels * width), -1)
    _find_pixels(shape, geometry, places)
    for panel in range(of_panels * panels // by_panels, (of_panels + 1) * panels // by_panels):
        end = (of_channels + 1) * c // by_channels
        for begin in range(of_channels * c // by_channels, end, LINE):
            for i in range(count):
                for pixel in range(width):
                    place = places[i, panel * width + pixel]
                    target = (panel * c * count + i) * width + pixel
                    for channel in range(begin, min(begin + LINE, end)):
                        columns[target + channel * count * width] = x[place + channel] if place >= 0 else 0


@task
def _multiply(part, parts, arrays, numbers):
    """Each thread takes some pixels or kernels: the products of both, which lie apart in the output."""
    weight, columns = floats(arrays, numbers, 0), floats(arrays, numbers, 1)
    bias, y = floats(arrays, numbers, 2), floats(arrays, numbers, 3)
    first, of_kernel, of_channel, of_place, channels = numbers[4], numbers[5], numbers[6], numbers[7], numbers[8]
    places, k, pixels, width, by_panels, by_kernels = (
        numbers[9], numbers[10], numbers[11], numbers[12], numbers[13], numbers[14])  # fmt: skip
    at, tile, size = np.empty(ROWS, np.int64), np.empty(ROWS * COLUMNS, np.float32), channels * places * width
    counts, steps = (channels, places), (of_channel, of_place, places * width, width, width)
    panels, groups, of_panels, of_kernels = -(-pixels // width), -(-k // ROWS), part % by_panels, part // by_panels
    for group in range(of_kernels * groups // by_kernels, (of_kernels + 1) * groups // by_kernels):
        kernel = group * ROWS
        for m in range(ROWS):
            at[m] = min(kernel + m, k - 1) * of_kernel
        for panel in range(of_panels * panels // by_panels, (of_panels + 1) * panels // by_panels):
            if width == COLUMNS:
                set_products(weight, at, columns, tile, (first, 0, panel * size, 0), counts, steps)
            else:
                set_narrow_products(weight, at, columns, tile, (first, 0, panel * size, 0), counts, steps)
            for p in range(min(width, pixels - panel * width)):
                for m in range(min(ROWS, k - kernel)):
                    y[(panel * width + p) * k + kernel + m] = tile[m * width + p] + bias[kernel + m]


@task
def _windows_by_pixel(part, parts, arrays, numbers):
    """Windows of x (N, H, W, C) as (panel, pixel, channel and place); each thread takes some panels."""
    x, rows = floats(arrays, numbers, 0), floats(arrays, numbers, 1)
    shape = numbers[2], numbers[3], numbers[4], numbers[5], numbers[6], numbers[7]
    geometry = (numbers[8], numbers[9], numbers[10], numbers[11], numbers[12], numbers[13], numbers[14], numbers[15])
    count, pixels = geometry[0] * geometry[1], shape[0] * shape[4] * shape[5]
    places = np.empty((count, pixels), np.int64)
    _find_pixels(shape, geometry, places)
    taps = shape[3] * count
    panels = -(-taps // COLUMNS)
    for tap in range(part * panels // parts * COLUMNS, min((part + 1) * panels // parts * COLUMNS, taps)):
        channel, i = tap // count, tap % count
        target = tap // COLUMNS * pixels * COLUMNS + tap % COLUMNS
        for pixel in range(pixels):
            place = places[i, pixel]
            rows[target + pixel * COLUMNS] = x[place + channel] if place >= 0 else 0


@task
def _correlate(part, parts, arrays, numbers):
    """Each thread takes the panels that it made; sums run over pixels."""
    g, rows, out = floats(arrays, numbers, 0), floats(arrays, numbers, 1), floats(arrays, numbers, 2)
    k, taps, pixels = numbers[3], numbers[4], numbers[5]
    at, tile, panels = np.empty(ROWS, np.int64), np.empty(ROWS * COLUMNS, np.float32), -(-taps // COLUMNS)
    for kernel in range(0, k, ROWS):
        for m in range(ROWS):
            at[m] = min(kernel + m, k - 1)
        for panel in range(part * panels // parts, (part + 1) * panels // parts):
            tap = panel * COLUMNS
            place = kernel * taps + tap
            if kernel + ROWS <= k and tap + COLUMNS <= taps:
                set_products(g, at, rows, out, (0, 0, tap * pixels, place), (1, pixels), (0, k, 0, COLUMNS, taps))
            else:
                set_products(g, at, rows, tile, (0, 0, tap * pixels, 0), (1, pixels), (0, k, 0, COLUMNS, COLUMNS))
                for m in range(min(ROWS, k - kernel)):
                    for n in range(min(COLUMNS, taps - tap)):
                        out[place + m * taps + n] = tile[m * COLUMNS + n]
