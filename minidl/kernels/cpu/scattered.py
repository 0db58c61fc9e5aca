"""The input's gradient where images have few channels: each output pixel's share is added to the window that it saw.

As a convolution (`convolution.py`) that gradient fills only as many columns of the tile as the image has channels, and
multiplies with the zeros around the output.  Turned about, a column is a channel in one of the places of a row of the
kernel, which are neighbours in an image that lies channels-last: five places of six channels fill 30 columns of 32, one
tile of AVX-512 or two of AVX2.  The rows of a tile are pixels of different rows of the output, so that their windows do
not overlap.
"""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial
from .tile import COLUMN_BYTES, ROWS, add_to_pixels, add_to_pixels_half

COLUMNS = COLUMN_BYTES // 4
"""Numbers of float32 in a row of the tile."""

LONGEST = 32
"""Numbers in a row of a window up to which this can be the faster way."""

BLOCK_BYTES = 256 * 1024
"""Size of a block's gradients, and of its part of the image: both stay in an L2 cache of 1 MiB."""

Geometry = tuple[int, int, int, int, int, int, int, int]


def pays(g: tuple[int, ...], image: tuple[int, ...], geometry: Geometry, cost: float) -> bool:
    """Whether this is faster, from g (N, H', W', K) to an image (N, H, W, C), than a way that takes `cost` steps.

    A step is a multiplication by a whole tile; to read and write one takes as long as three (measured with AVX-512).
    """
    kh, kw, *_, dilation = geometry
    run = kw * image[3]
    share = 0.5 if run <= COLUMNS // 2 else -(-run // COLUMNS)
    return dilation == 1 and run <= LONGEST and math.prod(g[:3]) / ROWS * kh * (g[3] + 3) * share < cost


def input_gradient(g: np.ndarray, weight: np.ndarray, geometry: Geometry, x: np.ndarray) -> None:
    """g (N, H', W', K) with a weight (K, C, kh, kw) into x (N, H, W, C), all float32 and dense."""
    k, c, kh, kw = weight.shape
    columns = COLUMNS // 2 if kw * c <= COLUMNS // 2 else COLUMNS
    panels = -(-kw * c // columns)
    packed = np.zeros((kh, k, panels * columns), np.float32)
    packed[:, :, : kw * c] = weight.transpose(2, 0, 3, 1).reshape(kh, k, kw * c)
    n, height, width, _ = g.shape
    span = _span(height, geometry[2], kh, geometry[6]), _span(width, geometry[3], kw, 1)
    size = 4 * max(math.prod(g.shape[1:]), span[0] * span[1] * c)
    workers = threads.get_num_threads()
    images = max(min(BLOCK_BYTES // size, n // workers), 1)
    _scatter(
        g.reshape(-1), packed.reshape(-1), x, (n, height, width, k), (panels, columns), geometry, span, images, workers
    )


def _span(count: int, stride: int, size: int, dilation: int) -> int:
    """From the first to the last pixel that `count` windows see."""
    return (count - 1) * stride + (size - 1) * dilation + 1


@parallel
def _scatter(g, packed, x, shape, tiles, geometry, span, block, workers):
    """Threads take images, a block at a time: their gradients are summed in a buffer with the padding around them.

    `tiles` is how many hold a row of a window, and the columns of each.
    """
    n, height, width, k = shape
    c = x.shape[3]
    seen, across = span
    lines = -(-block * height // ROWS) * ROWS
    for t in prange(workers):
        buffer = np.empty((block + 1) * seen * across * c + tiles[0] * tiles[1], np.float32)
        sources, targets = np.empty(lines, np.int64), np.empty(lines, np.int64)
        end = (t + 1) * n // workers
        for image in range(t * n // workers, end, block):
            images = min(block, end - image)
            _find_lines(sources, targets, images, shape, c, geometry, span)
            for place in range(images * seen * across * c):
                buffer[place] = 0
            _add_windows(g, image * height * width * k, packed, buffer, sources, targets, -(-images * height // ROWS),
                         (width, k, c), tiles, geometry, across)  # fmt: skip
            for m in range(images):
                _take_inside(buffer, m * seen * across * c, x, image + m, geometry, span)


@serial
def _find_lines(sources, targets, images, shape, c, geometry, span):
    """Where each row of the output begins, and the rows of the image that it saw; one image more, which nobody reads,
    fills up the last tile."""
    _, height, width, k = shape
    for line in range(-(-images * height // ROWS) * ROWS):
        inside = line < images * height
        sources[line] = line * width * k if inside else 0
        row = line // height * span[0] + line % height * geometry[2] if inside else images * span[0]
        targets[line] = row * span[1] * c


@serial
def _add_windows(g, start, packed, buffer, sources, targets, groups, sizes, tiles, geometry, across):
    """Neighbours along a row see the same pixels, so a whole column of tiles lies between them."""
    (width, k, c), (panels, columns) = sizes, tiles
    kh, kw, _, stride, _, _, dilation, _ = geometry
    steps = (0, 1, 0, panels * columns)
    for column in range(width):
        for i in range(kh):
            for panel in range(panels):
                place = (i * dilation * across + column * stride) * c + panel * columns
                weight, inside = (i * k * panels + panel) * columns, min(columns, kw * c - panel * columns)
                for group in range(groups):
                    starts = (start + column * k, group * ROWS, weight, place, 0)
                    if columns == COLUMNS:
                        add_to_pixels(g, sources, packed, buffer, targets, inside, starts, (1, k), steps)
                    else:
                        add_to_pixels_half(g, sources, packed, buffer, targets, inside, starts, (1, k), steps)


@serial
def _take_inside(buffer, start, x, image, geometry, span):
    """What lies in the image, of a buffer with its padding; zeros where no window came."""
    _, h, w, c = x.shape
    top, left = geometry[4:6]
    pixels = x.reshape(-1)
    first, last = min(left, span[1]) * c, max(min(left + w, span[1]), left) * c
    for row in range(h):
        target = (image * h + row) * w * c
        line = pixels[target : target + w * c]
        count = last - first if row + top < span[0] else 0
        source = buffer[start + (row + top) * span[1] * c + first : start + (row + top) * span[1] * c + first + count]
        for q in range(count):
            line[q] = source[q]
        for q in range(count, w * c):
            line[q] = 0
