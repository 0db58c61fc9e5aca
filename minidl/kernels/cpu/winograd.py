"""3x3 convolutions with stride 1 by Winograd's algorithm: a quarter of the direct way's multiplications.

The output is cut into tiles of 4x4 pixels, each of which sees 6x6 of the input.  Tiles, kernels and gradients are taken
to their 36 values (`winograd_transforms.py`), the values multiplied, for each of the 36 a product of matrices summed
over channels (or over tiles, for the weight's gradient), and the products taken back.

Some tiles are transformed at a time, so that their values stay in the cache.  Values lie in panels of as many channels
as the register tile has columns: (block, value, panel, tile in block, channel).  A value's data begins 64 bytes beyond
a power of two from the one before it, since 36 places at such distances would share a few lines of the L1 cache.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial
from .tile import COLUMN_BYTES, ROWS, set_products
from .winograd_transforms import transform_input, transform_output, transform_weight

COLUMNS = COLUMN_BYTES // 4
"""Channels in a panel, of float32."""

TILES = 32
"""Tiles in a block: while it is multiplied with a panel of kernels, the products stay in the L2 cache."""

VALUES_BYTES = 4 << 20
"""Size of the values that are made at a time: they are to stay in the L3 cache."""

SKEW = 16
"""Numbers between the values of neighbouring points, for the cache's sake."""

Pair = tuple[int, int]


def convolve(images: np.ndarray, weight: np.ndarray, bias: np.ndarray, padding: Pair, y: np.ndarray) -> None:
    """Images (N, H, W, C) with weight (K, C, 3, 3) and bias (K,) into y (N, H', W', K), all dense float32."""
    n, height, width, k = y.shape
    c = images.shape[3]
    grid = (-(-height // 4), -(-width // 4))
    tiles = n * grid[0] * grid[1]
    panels = -(-c // COLUMNS)
    block = 36 * (panels * TILES * COLUMNS + SKEW)
    blocks = min(max(VALUES_BYTES // (4 * block), 1), -(-tiles // TILES))
    workers = threads.get_num_threads()
    values = np.empty(blocks * block, np.float32)
    kernels = np.empty((workers, 36 * (panels * COLUMNS * COLUMNS + SKEW)), np.float32)
    products = np.empty((workers, 36 * (TILES * COLUMNS + SKEW)), np.float32)
    steps = tuple(s // 4 for s in weight.strides)
    for first in range(0, tiles, blocks * TILES):
        count = min(tiles - first, blocks * TILES)
        transform_tiles(images, padding, grid, first, count, values, workers)
        multiply(values, weight.reshape(-1), steps, bias, grid, first, count, kernels, products, c, y, workers)


@parallel
def transform_tiles(x, padding, grid, first, count, values, workers):
    """Tiles `first` and following of x (N, H, W, C) -> their values."""
    for t in prange(workers):
        _transform_tiles(x, padding, grid, first, t * count // workers, (t + 1) * count // workers, values)


@serial
def _transform_tiles(x, padding, grid, first, begin, end, values):
    _, h, w, c = x.shape
    panels = -(-c // COLUMNS)
    point = panels * TILES * COLUMNS + SKEW
    pixels, patch = x.reshape(-1), np.empty(36 * COLUMNS, np.float32)
    for number in range(begin, end):
        image, place = (first + number) // (grid[0] * grid[1]), (first + number) % (grid[0] * grid[1])
        top, left = place // grid[1] * 4 - padding[0], place % grid[1] * 4 - padding[1]
        inside = top >= 0 and left >= 0 and top + 6 <= h and left + 6 <= w
        for panel in range(panels):
            target = number // TILES * 36 * point + (panel * TILES + number % TILES) * COLUMNS
            if inside and (panel + 1) * COLUMNS <= c:
                source = ((image * h + top) * w + left) * c + panel * COLUMNS
                transform_input(pixels, values, (source, target), (w * c, c, 6 * point, point))
            else:
                _copy_square(x[image], top, left, panel * COLUMNS, 6, patch)
                transform_input(patch, values, (0, target), (6 * COLUMNS, COLUMNS, 6 * point, point))


@serial
def _copy_square(image, top, left, channel, size, square):
    """size x size pixels of a panel of channels; zeros where the image (H, W, C) has none."""
    h, w, c = image.shape
    inside = min(COLUMNS, c - channel)
    for i in range(size):
        for j in range(size):
            target = square[(i * size + j) * COLUMNS : (i * size + j + 1) * COLUMNS]
            if 0 <= top + i < h and 0 <= left + j < w:
                target[:inside] = image[top + i, left + j, channel : channel + inside]
                target[inside:] = 0
            else:
                target[:] = 0


@parallel
def multiply(values, weight, steps, bias, grid, first, count, kernels, products, channels, y, workers):
    """The tiles' values times those of the kernels, taken back to the output: y (N, H', W', K)."""
    for t in prange(workers):
        _multiply(values, weight, steps, bias, grid, first, count, kernels[t], products[t], channels, y, t, workers)


@serial
def _multiply(values, weight, steps, bias, grid, first, count, kernels, products, channels, y, t, workers):
    """A thread takes some pairs of a panel of kernels and a block of tiles, one panel after the other."""
    k, blocks = y.shape[3], -(-count // TILES)
    tasks, panel = -(-k // COLUMNS) * blocks, -1
    for task in range(t * tasks // workers, (t + 1) * tasks // workers):
        if task // blocks != panel:
            panel = task // blocks
            _transform_kernels(weight, steps, panel * COLUMNS, k, channels, kernels)
        block = task % blocks
        inside = min(TILES, count - block * TILES)
        _multiply_block(values, block, inside, kernels, channels, products)
        _finish_block(products, bias, panel * COLUMNS, grid, first + block * TILES, inside, y)


@serial
def _transform_kernels(weight, steps, kernel, k, channels, kernels):
    """The values (36, channels, kernels) of a panel of kernels; zeros beyond those that there are."""
    panels = -(-channels // COLUMNS)
    point = panels * COLUMNS * COLUMNS + SKEW
    taps, inside = np.zeros(9 * COLUMNS, np.float32), min(COLUMNS, k - kernel)
    for c in range(panels * COLUMNS):
        if c < channels:
            for i in range(3):
                for j in range(3):
                    place = kernel * steps[0] + c * steps[1] + i * steps[2] + j * steps[3]
                    for m in range(inside):
                        taps[(i * 3 + j) * COLUMNS + m] = weight[place + m * steps[0]]
        else:
            taps[:] = 0
        transform_weight(taps, kernels, (0, c * COLUMNS), (3 * COLUMNS, COLUMNS, 6 * point, point))


@serial
def _multiply_block(values, block, inside, kernels, channels, products):
    panels = -(-channels // COLUMNS)
    value, kernel = panels * TILES * COLUMNS + SKEW, panels * COLUMNS * COLUMNS + SKEW
    rows = np.empty(ROWS, np.int64)
    for m in range(ROWS):
        rows[m] = m * COLUMNS
    for point in range(36):
        for tile in range(0, inside, ROWS):
            set_products(values, rows, kernels, products,
                         ((block * 36 + point) * value + tile * COLUMNS, 0, point * kernel,
                          point * (TILES * COLUMNS + SKEW) + tile * COLUMNS), (panels, COLUMNS),
                         (TILES * COLUMNS, 1, COLUMNS * COLUMNS, COLUMNS, COLUMNS))  # fmt: skip


@serial
def _finish_block(products, bias, kernel, grid, first, inside, y):
    """Takes the products of a panel back to output tiles."""
    _, height, width, k = y.shape
    point, columns = TILES * COLUMNS + SKEW, min(COLUMNS, k - kernel)
    out, square = y.reshape(-1), np.empty(16 * COLUMNS, np.float32)
    for number in range(inside):
        for m in range(columns):  # a sum at the point (1, 1) reaches all outputs, as they are
            products[7 * point + number * COLUMNS + m] += bias[kernel + m]
        image, place = (first + number) // (grid[0] * grid[1]), (first + number) % (grid[0] * grid[1])
        top, left = place // grid[1] * 4, place % grid[1] * 4
        if columns == COLUMNS and top + 4 <= height and left + 4 <= width:
            target = ((image * height + top) * width + left) * k + kernel
            transform_output(products, out, (number * COLUMNS, target), (6 * point, point, width * k, k))
        else:
            transform_output(products, square, (number * COLUMNS, 0), (6 * point, point, 4 * COLUMNS, COLUMNS))
            for i in range(min(4, height - top)):
                for j in range(min(4, width - left)):
                    source = square[(i * 4 + j) * COLUMNS : (i * 4 + j) * COLUMNS + columns]
                    y[image, top + i, left + j, kernel : kernel + columns] = source
