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
from .tasks import floats, task
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


def can_read(weight: np.ndarray) -> bool:
    """Whether the taps of a kernel (K, C, kh, kw) lie at equal steps, forwards or backwards."""
    return weight.strides[2] == weight.shape[3] * weight.strides[3]


def convolve(images: np.ndarray, weight: np.ndarray, bias: np.ndarray, geometry: Geometry, y: np.ndarray) -> None:
    """Images (N, H, W, C) with weight (K, C, kh, kw) and bias (K,) into y (N, H', W', K), all float32 and y dense."""
    k, c, kh, kw = weight.shape
    pixels, workers = math.prod(y.shape[:3]), threads.get_num_threads()
    width = NARROW if pixels <= NARROW else COLUMNS
    memory, first, steps = in_memory(weight)
    channels, places = (1, c * kh * kw) if steps[1] == kh * kw * steps[3] else (c, kh * kw)
    with workspace(-(-pixels // width) * width * c * kh * kw) as (columns,):
        _windows_by_tap.run(
            (np.ascontiguousarray(images), columns), (*images.shape, *y.shape[1:3], *geometry, width), workers
        )
        _multiply.run(
            (memory, columns, bias, y),
            (first, steps[0], steps[1], steps[3], channels, places, k, pixels, width),
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


@task
def _windows_by_tap(part, parts, arrays, numbers):
    """Windows of x (N, H, W, C) as (panel, channel and place, pixel); each thread takes some channels."""
    x, columns = floats(arrays, numbers, 0), floats(arrays, numbers, 1)
    n, h, w, c, height, across = numbers[2], numbers[3], numbers[4], numbers[5], numbers[6], numbers[7]
    kh, kw, sh, sw, ph, pw = numbers[8], numbers[9], numbers[10], numbers[11], numbers[12], numbers[13]
    dh, dw, width = numbers[14], numbers[15], numbers[16]
    begin, end, pixels, places = part * c // parts, (part + 1) * c // parts, n * height * across, kh * kw
    for pixel in range(-(-pixels // width) * width):
        image, top, left = pixel // (height * across), pixel // across % height * sh - ph, pixel % across * sw - pw
        for i in range(kh):
            for j in range(kw):
                inside = pixel < pixels and 0 <= top + i * dh < h and 0 <= left + j * dw < w
                source = ((image * h + top + i * dh) * w + left + j * dw) * c
                target = (pixel // width * c * places + i * kw + j) * width + pixel % width
                for channel in range(begin, end):
                    columns[target + channel * places * width] = x[source + channel] if inside else 0


@task
def _multiply(part, parts, arrays, numbers):
    """Each thread takes some kernels: their products with all pixels, which lie apart in the output."""
    weight, columns = floats(arrays, numbers, 0), floats(arrays, numbers, 1)
    bias, y = floats(arrays, numbers, 2), floats(arrays, numbers, 3)
    first, of_kernel, of_channel, of_place, channels = numbers[4], numbers[5], numbers[6], numbers[7], numbers[8]
    places, k, pixels, width = numbers[9], numbers[10], numbers[11], numbers[12]
    at, tile, size = np.empty(ROWS, np.int64), np.empty(ROWS * COLUMNS, np.float32), channels * places * width
    counts, steps = (channels, places), (of_channel, of_place, places * width, width, width)
    groups = -(-k // ROWS)
    for kernel in range(part * groups // parts * ROWS, min((part + 1) * groups // parts * ROWS, k), ROWS):
        for m in range(ROWS):
            at[m] = min(kernel + m, k - 1) * of_kernel
        for pixel in range(0, pixels, width):
            starts = (first, 0, pixel // width * size, 0)
            if width == COLUMNS:
                set_products(weight, at, columns, tile, starts, counts, steps)
            else:
                set_narrow_products(weight, at, columns, tile, starts, counts, steps)
            for p in range(min(width, pixels - pixel)):
                for m in range(min(ROWS, k - kernel)):
                    y[(pixel + p) * k + kernel + m] = tile[m * width + p] + bias[kernel + m]


@task
def _windows_by_pixel(part, parts, arrays, numbers):
    """Windows of x (N, H, W, C) as (panel, pixel, channel and place); each thread takes some pixels."""
    x, rows = floats(arrays, numbers, 0), floats(arrays, numbers, 1)
    n, h, w, c, height, across = numbers[2], numbers[3], numbers[4], numbers[5], numbers[6], numbers[7]
    kh, kw, sh, sw, ph, pw = numbers[8], numbers[9], numbers[10], numbers[11], numbers[12], numbers[13]
    dh, dw = numbers[14], numbers[15]
    pixels, places = n * height * across, kh * kw
    for pixel in range(part * pixels // parts, (part + 1) * pixels // parts):
        image, top, left = pixel // (height * across), pixel // across % height * sh - ph, pixel % across * sw - pw
        for i in range(kh):
            for j in range(kw):
                inside = 0 <= top + i * dh < h and 0 <= left + j * dw < w
                source = ((image * h + top + i * dh) * w + left + j * dw) * c
                for channel in range(c):
                    tap = channel * places + i * kw + j
                    target = (tap // COLUMNS * pixels + pixel) * COLUMNS + tap % COLUMNS
                    rows[target] = x[source + channel] if inside else 0


@task
def _correlate(part, parts, arrays, numbers):
    """Each thread takes some kernels; sums run over pixels."""
    g, rows, out = floats(arrays, numbers, 0), floats(arrays, numbers, 1), floats(arrays, numbers, 2)
    k, taps, pixels = numbers[3], numbers[4], numbers[5]
    at, tile, groups = np.empty(ROWS, np.int64), np.empty(ROWS * COLUMNS, np.float32), -(-k // ROWS)
    for kernel in range(part * groups // parts * ROWS, min((part + 1) * groups // parts * ROWS, k), ROWS):
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
