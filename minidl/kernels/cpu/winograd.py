"""3x3 convolutions with stride 1 by Winograd's algorithm: a quarter of the direct way's multiplications.

The output is cut into tiles of 4x4 pixels, each of which sees 6x6 of the input.  Tiles, kernels and gradients are taken
to their values at 6x6 points (`winograd_transforms.py`), the values multiplied, for each point a product of matrices
summed over channels (or over tiles, for the weight's gradient), and the products taken back.

So many tiles are transformed at a time that their values stay in the cache.  The values of a point lie in the order in
which the register tile reads them: (group of tiles, panel of channels, tile, channel).  Points begin an odd number of
cache lines apart, since 36 places at a distance of a power of two would share a few lines of the L1 cache.
"""

from __future__ import annotations

import math

import numpy as np

from .. import threads
from .few_pixels import in_memory
from .jit import serial
from .tasks import floats, task
from .tile import COLUMN_BYTES, ROWS, set_products
from .winograd_transforms import (
    transform_gradient,
    transform_input,
    transform_output,
    transform_weight,
    transform_weight_gradient,
)
from .workspace import workspace

COLUMNS = COLUMN_BYTES // 4
"""Channels in a panel, of float32."""

GROUP = ROWS * COLUMNS
"""Values of a group of tiles in a panel."""

GROUPS = 32 // ROWS
"""Groups in a block: while it is multiplied with a panel of kernels, the products stay in the L2 cache."""

VALUES_BYTES = 4 << 20
"""Size of the values that are made at a time: they are to stay in the L3 cache."""

TALL = 300
"""Tiles for each thread from which tiles are divided, instead of panels."""

RUN = 8
"""Channels of a kernel that are read in one go."""

SKEW = 16
"""Numbers between the values of neighbouring points, for the cache's sake."""

Pair = tuple[int, int]


def convolve(images: np.ndarray, weight: np.ndarray, bias: np.ndarray, padding: Pair, y: np.ndarray) -> None:
    """Images (N, H, W, C) with weight (K, C, 3, 3) and bias (K,) into y (N, H', W', K), all float32.

    y is dense; the weight may lie in any order.
    """
    present, images = images.shape[3], _whole_panels(images)
    channels, grid, tiles = images.shape[3], *_cut(y.shape)
    workers = threads.get_num_threads()
    by_tiles, by_panels = _division(tiles, workers)
    some = _tiles_at_a_time(tiles, channels)
    point = some * channels + SKEW
    of_kernels, of_products = 36 * (channels * COLUMNS + SKEW), 36 * (GROUPS * GROUP + SKEW)
    memory, start, steps = in_memory(weight)
    with workspace(36 * point, workers * of_kernels, workers * of_products) as (values, kernels, products):
        for first in range(0, tiles, some):
            count = min(tiles - first, some)
            _transform_images(images, padding, grid, first, count, values, point, workers)
            _multiply.run(
                (values, memory, bias, kernels, products, y),
                (*y.shape, *grid, first, count, channels, point, by_tiles, by_panels, start, *steps, present),
                workers,
            )


def correlate(g: np.ndarray, images: np.ndarray, padding: Pair) -> np.ndarray:
    """The weight's gradient (K, C, 3, 3) from g (N, H', W', K) and images (N, H, W, C), all float32."""
    k, c = g.shape[3], images.shape[3]
    images, gradients = _whole_panels(images), _whole_panels(g)
    channels, kernels, grid, tiles = images.shape[3], gradients.shape[3], *_cut(g.shape)
    workers = threads.get_num_threads()
    by_tiles, by_panels = _division(tiles, workers)
    some = _tiles_at_a_time(tiles, channels + kernels)
    point, other = some * channels + SKEW, some * kernels + SKEW
    of_products = 36 * (COLUMNS * COLUMNS + SKEW)
    sums = np.zeros((by_tiles, k, c, 3, 3), np.float32)
    with workspace(36 * point, 36 * other, workers * of_products) as (values, gradient_values, products):
        for first in range(0, tiles, some):
            count = min(tiles - first, some)
            _transform_images(images, padding, grid, first, count, values, point, workers)
            _transform_gradients(gradients, grid, first, count, gradient_values, other, workers)
            _correlate.run(
                (values, gradient_values, products, sums),
                (k, c, channels, kernels, count, point, other, by_tiles, by_panels),
                workers,
            )
    return sums[0] if by_tiles == 1 else sums.sum(0)


def _whole_panels(x: np.ndarray) -> np.ndarray:
    """x (N, H, W, C), dense, with zeros beyond C up to a multiple of a panel."""
    beyond = -x.shape[3] % COLUMNS
    return np.ascontiguousarray(np.pad(x, ((0, 0), (0, 0), (0, 0), (0, beyond))) if beyond else x)


def _cut(output: tuple[int, ...]) -> tuple[Pair, int]:
    """Rows and columns of tiles in an image of the output (N, H', W', K), and tiles in all."""
    n, height, width, _ = output
    grid = -(-height // 4), -(-width // 4)
    return grid, n * grid[0] * grid[1]


def pays(images: tuple[int, ...], output: tuple[int, ...]) -> bool:
    """Whether this is the faster way from images (N, H, W, C) to an output (N, H', W', K).

    In multiplications: the products, what transforms of tiles, of kernels and the calls cost beside them as measured
    with AVX-512, and half as much again for waiting for memory.
    """
    c, k = (-(-shape[3] // COLUMNS) * COLUMNS for shape in (images, output))
    tiles = -(-_cut(output)[1] // ROWS) * ROWS
    multiplications = tiles * (36 * c * k + 340 * c + 220 * k) + 280 * c * k + 3_000_000
    return 3 * multiplications < 2 * 9 * math.prod(output) * images[3]


def _division(tiles: int, workers: int) -> Pair:
    """Among how many threads tiles are divided, and then panels: a thread had better use the values that it made."""
    return (workers, 1) if tiles >= TALL * workers else (1, workers)


def _tiles_at_a_time(tiles: int, channels: int) -> int:
    """A multiple of a block, unless there are fewer, then of a group."""
    fitting = VALUES_BYTES // (4 * 36 * channels * ROWS * GROUPS) * ROWS * GROUPS
    return min(max(fitting, ROWS * GROUPS), -(-tiles // ROWS) * ROWS)


def _transform_images(images, padding, grid, first, count, values, point, workers):
    zeros = np.zeros(images.shape[3], np.float32)
    _input_values.run(
        (images, values), (*images.shape, *padding, *grid, first, count, point, _distance(images, zeros)), workers
    )


def _transform_gradients(gradients, grid, first, count, values, point, workers):
    zeros = np.zeros(gradients.shape[3], np.float32)
    _gradient_values.run(
        (gradients, values), (*gradients.shape, *grid, first, count, point, _distance(gradients, zeros)), workers
    )


def _distance(x: np.ndarray, other: np.ndarray) -> int:
    """Numbers from the beginning of x to that of the other."""
    begin, end = (a.__array_interface__["data"][0] for a in (x, other))
    return (end - begin) // 4


@task
def _input_values(part, parts, arrays, numbers):
    """Each tile's 6x6 pixels of images (N, H, W, C) -> their values.

    What is beyond the image is read from an array of zeros, at a distance from the image's beginning.
    """
    pixels, values = floats(arrays, numbers, 0), floats(arrays, numbers, 1)
    h, w, c, down, right, rows, columns = (
        numbers[3],
        numbers[4],
        numbers[5],
        numbers[6],
        numbers[7],
        numbers[8],
        numbers[9],
    )
    first, count, point, zeros = numbers[10], numbers[11], numbers[12], numbers[13]
    at, groups = np.empty(36, np.int64), -(-count // ROWS)
    for tile in range(part * groups // parts * ROWS, (part + 1) * groups // parts * ROWS):
        image, place = (first + tile) // (rows * columns), (first + tile) % (rows * columns)
        top, left = place // columns * 4 - down, place % columns * 4 - right
        for i in range(6):
            for j in range(6):
                inside = tile < count and 0 <= top + i < h and 0 <= left + j < w
                at[i * 6 + j] = ((image * h + top + i) * w + left + j) * c if inside else zeros
        for panel in range(c // COLUMNS):
            target = (tile // ROWS * (c // COLUMNS) + panel) * GROUP + tile % ROWS * COLUMNS
            transform_input(pixels, at, values, (panel * COLUMNS, target), (6 * point, point))


@task
def _gradient_values(part, parts, arrays, numbers):
    """Each tile's 4x4 gradients of the output (N, H', W', K) -> their values."""
    pixels, values = floats(arrays, numbers, 0), floats(arrays, numbers, 1)
    h, w, c, rows, columns = numbers[3], numbers[4], numbers[5], numbers[6], numbers[7]
    first, count, point, zeros = numbers[8], numbers[9], numbers[10], numbers[11]
    at, groups = np.empty(16, np.int64), -(-count // ROWS)
    for tile in range(part * groups // parts * ROWS, (part + 1) * groups // parts * ROWS):
        image, place = (first + tile) // (rows * columns), (first + tile) % (rows * columns)
        top, left = place // columns * 4, place % columns * 4
        for i in range(4):
            for j in range(4):
                inside = tile < count and top + i < h and left + j < w
                at[i * 4 + j] = ((image * h + top + i) * w + left + j) * c if inside else zeros
        for panel in range(c // COLUMNS):
            target = (tile // ROWS * (c // COLUMNS) + panel) * GROUP + tile % ROWS * COLUMNS
            transform_gradient(pixels, at, values, (panel * COLUMNS, target), (6 * point, point))


@task
def _multiply(part, parts, arrays, numbers):
    """The tiles' values times those of the kernels, taken back to the output.

    Each thread takes some of the tiles, or some of the panels of kernels.
    """
    values, weight, bias = floats(arrays, numbers, 0), floats(arrays, numbers, 1), floats(arrays, numbers, 2)
    kernels, products, y = floats(arrays, numbers, 3), floats(arrays, numbers, 4), floats(arrays, numbers, 5)
    shape = (numbers[6], numbers[7], numbers[8], numbers[9])
    grid, first, count, channels, point = (numbers[10], numbers[11]), numbers[12], numbers[13], numbers[14], numbers[15]
    by_tiles, by_panels = numbers[16], numbers[17]
    steps = (numbers[18], numbers[19], numbers[20], numbers[21], numbers[22], numbers[23])
    own, results = part * 36 * (channels * COLUMNS + SKEW), part * 36 * (GROUPS * GROUP + SKEW)
    of_tiles, of_panels, groups, panels = part % by_tiles, part // by_tiles, -(-count // ROWS), -(-shape[3] // COLUMNS)
    end = min((of_tiles + 1) * groups // by_tiles * ROWS, count)
    for panel in range(of_panels * panels // by_panels, (of_panels + 1) * panels // by_panels):
        _transform_kernels(weight, steps, panel * COLUMNS, shape[3], channels, kernels, own)
        for begin in range(of_tiles * groups // by_tiles * ROWS, end, GROUPS * ROWS):
            inside = min(GROUPS * ROWS, end - begin)
            _multiply_block(values, begin, inside, point, kernels, own, channels, products, results)
            _finish_block(products, results, bias, panel * COLUMNS, grid, first + begin, inside, y, shape)


@serial
def _transform_kernels(weight, steps, kernel, k, channels, kernels, own):
    """The values (36, channels, kernels) of a panel of kernels; zeros beyond those that there are."""
    point = channels * COLUMNS + SKEW
    first, of_kernel, of_channel, of_row, of_column, present = steps
    taps, inside, at = np.zeros(RUN * 9 * COLUMNS, np.float32), min(COLUMNS, k - kernel), np.arange(9) * COLUMNS
    for begin in range(0, channels, RUN):
        for m in range(inside):
            for c in range(RUN):
                place = first + (kernel + m) * of_kernel + (begin + c) * of_channel
                for i in range(3):
                    for j in range(3):
                        value = weight[place + i * of_row + j * of_column] if begin + c < present else 0
                        taps[((c * 3 + i) * 3 + j) * COLUMNS + m] = value
        for c in range(RUN):
            target = own + (begin + c) * COLUMNS
            transform_weight(taps, at, kernels, (c * 9 * COLUMNS, target), (6 * point, point))


@serial
def _multiply_block(values, begin, inside, value, kernels, own, channels, products, results):
    panels, kernel = channels // COLUMNS, channels * COLUMNS + SKEW
    rows = np.arange(0, GROUP, COLUMNS)
    for point in range(36):
        for tile in range(0, inside, ROWS):
            set_products(values, rows, kernels, products,
                         (point * value + (begin + tile) * channels, 0, own + point * kernel,
                          results + point * (GROUPS * GROUP + SKEW) + tile * COLUMNS), (panels, COLUMNS),
                         (GROUP, 1, COLUMNS * COLUMNS, COLUMNS, COLUMNS))  # fmt: skip


@serial
def _finish_block(products, results, bias, kernel, grid, first, inside, y, shape):
    """Takes the products of a panel back to output tiles."""
    _, height, width, k = shape
    point, columns = GROUPS * GROUP + SKEW, min(COLUMNS, k - kernel)
    square, at = np.empty(16 * COLUMNS, np.float32), np.arange(36) * point
    for number in range(inside):
        source = results + number * COLUMNS
        for m in range(columns):  # a sum at the point (1, 1) reaches all outputs, as it is
            products[source + 7 * point + m] += bias[kernel + m]
        image, place = (first + number) // (grid[0] * grid[1]), (first + number) % (grid[0] * grid[1])
        top, left = place // grid[1] * 4, place % grid[1] * 4
        target = ((image * height + top) * width + left) * k + kernel
        if columns == COLUMNS and top + 4 <= height and left + 4 <= width:
            transform_output(products, at, y, (source, target), (width * k, k))
        else:
            transform_output(products, at, square, (source, 0), (4 * COLUMNS, COLUMNS))
            for i in range(min(4, height - top)):
                for j in range(min(4, width - left)):
                    for m in range(columns):
                        y[target + (i * width + j) * k + m] = square[(i * 4 + j) * COLUMNS + m]


@task
def _correlate(part, parts, arrays, numbers):
    """Products of the values of tiles and gradients, summed over tiles and taken back to the weight's gradient."""
    values, gradients = floats(arrays, numbers, 0), floats(arrays, numbers, 1)
    products, sums = floats(arrays, numbers, 2), floats(arrays, numbers, 3)
    k, c, channels, kernels, count = numbers[4], numbers[5], numbers[6], numbers[7], numbers[8]
    value, gradient, by_tiles, by_panels = numbers[9], numbers[10], numbers[11], numbers[12]
    point = COLUMNS * COLUMNS + SKEW
    results = part * 36 * point
    of_tiles, of_panels, groups = part % by_tiles, part // by_tiles, -(-count // ROWS)
    begin, end = of_tiles * groups // by_tiles, (of_tiles + 1) * groups // by_tiles
    rows, at, taps = np.arange(ROWS), np.arange(36) * point, np.empty(9 * COLUMNS, np.float32)
    across = channels // COLUMNS
    tasks = kernels // COLUMNS * across
    if begin == end:
        return
    for number in range(of_panels * tasks // by_panels, (of_panels + 1) * tasks // by_panels):
        panel, channel = number // across, number % across
        for p in range(36):
            for row in range(0, COLUMNS, ROWS):
                set_products(values, rows, gradients, products,
                             (p * value + (begin * across + channel) * GROUP + row, 0,
                              p * gradient + begin * ROWS * kernels + panel * GROUP,
                              results + p * point + row * COLUMNS), (end - begin, ROWS),
                             (ROWS * channels, COLUMNS, ROWS * kernels, COLUMNS, COLUMNS))  # fmt: skip
        for row in range(min(COLUMNS, c - channel * COLUMNS)):
            transform_weight_gradient(products, at, taps, (results + row * COLUMNS, 0), (3 * COLUMNS, COLUMNS))
            for m in range(min(COLUMNS, k - panel * COLUMNS)):
                place = ((of_tiles * k + panel * COLUMNS + m) * c + channel * COLUMNS + row) * 9
                for tap in range(9):
                    sums[place + tap] += taps[tap * COLUMNS + m]
