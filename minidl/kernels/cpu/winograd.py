"""3x3 convolutions with stride 1 by Winograd's algorithm: a quarter of the direct way's multiplications.

The output is cut into tiles of 4x4 pixels, each of which sees 6x6 of the input.  Tiles, kernels and gradients are taken
to their values at 6x6 points (`winograd_transforms.py`), the values multiplied, for each point a product of matrices
summed over channels (or over tiles, for the weight's gradient), and the products taken back.

So many tiles are transformed at a time that their values stay in the cache.  The values of a point lie in the order in
which the register tile reads them: (group of tiles, panel of channels, tile, channel).  Points begin an odd number of
cache lines apart, since 36 places at a distance of a power of two would share a few lines of the L1 cache.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numba import prange

from .. import threads
from .copying import clear
from .jit import parallel, serial
from .layout import Kernels
from .tile import COLUMN_BYTES, ROWS, VECTOR_BYTES, set_products
from .transposing import add_kernels, set_taps
from .winograd_transforms import (
    transform_gradient,
    transform_input,
    transform_output,
    transform_weight,
    transform_weight_gradient,
)
from .workspace import Workspace

COLUMNS = COLUMN_BYTES // 4
"""Channels in a panel, of float32."""

VECTOR = VECTOR_BYTES // 4
"""Numbers in a vector, of float32."""

GROUP = ROWS * COLUMNS
"""Values of a group of tiles in a panel."""

GROUPS = 32 // ROWS
"""Groups in a block: while it is multiplied with a panel of kernels, the products stay in the L2 cache."""

VALUES_BYTES = 4 << 20
"""Size of the values that are made at a time: they are to stay in the L3 cache."""

KERNEL = 120
"""Multiplications that take as long as to transform a kernel of one channel."""

SKEW = 16
"""Numbers between the values of neighbouring points, for the cache's sake."""

Pair = tuple[int, int]


def convolve(images: np.ndarray, kernels: Kernels, bias: np.ndarray | None, padding: Pair, y: np.ndarray) -> None:
    """Images (N, H, W, C) with kernels (K, C, 3, 3) and bias (K,) into a dense y (N, H', W', K), all float32."""
    start, _, of_kernel, of_channel, _, of_tap = kernels.steps
    steps, present = (start, of_kernel, of_channel, of_tap), images.shape[3]
    offset = np.zeros(y.shape[3], np.float32) if bias is None else np.ascontiguousarray(bias)
    images = _whole_panels(images)
    channels, workers = images.shape[3], threads.get_num_threads()
    plan, zeros = _plan(y.shape, channels, workers, 0), np.zeros(channels, np.float32)
    point = plan.share * channels + SKEW
    sizes = 36 * point, 36 * (channels * COLUMNS + SKEW), 36 * (GROUPS * GROUP + SKEW)
    with Workspace(*(workers * size for size in sizes)) as (values, kernel_values, products):
        for first in range(0, plan.tiles, plan.some):
            place = first, min(plan.tiles - first, plan.some)
            _convolve(
                images, zeros, padding, kernels.numbers, steps, present, offset, y.reshape(-1), y.shape, plan.grid,
                place, values, point, kernel_values, products, plan.division, workers,
            )  # fmt: skip


def correlate(g: np.ndarray, images: np.ndarray, padding: Pair) -> np.ndarray:
    """The weight's gradient (K, C, 3, 3) from g (N, H', W', K) and images (N, H, W, C), all float32."""
    k, c = g.shape[3], images.shape[3]
    images, gradients = _whole_panels(images), _whole_panels(g)
    channels, kernels, workers = images.shape[3], gradients.shape[3], threads.get_num_threads()
    plan, zeros = _plan(g.shape, channels, workers, kernels), np.zeros(max(channels, kernels), np.float32)
    point, other = plan.share * channels + SKEW, plan.share * kernels + SKEW
    sizes = 36 * point, 36 * other, 36 * (COLUMNS * COLUMNS + SKEW)
    sums = np.zeros((plan.division[0], k, c, 3, 3), np.float32)
    with Workspace(*(workers * size for size in sizes)) as (values, gradient_values, products):
        for first in range(0, plan.tiles, plan.some):
            place = first, min(plan.tiles - first, plan.some)
            _correlate(
                images, zeros, padding, gradients, sums.reshape(-1), (k, c), plan.grid, place, values, point,
                gradient_values, other, products, plan.division, workers,
            )  # fmt: skip
    return sums[0] if len(sums) == 1 else sums.sum(0)


class Plan(NamedTuple):
    """How tiles are divided."""

    grid: Pair
    """Rows and columns of tiles in an image."""
    tiles: int
    some: int
    """Tiles at a time."""
    division: Pair
    """Among how many threads these are divided, and then panels."""
    share: int
    """Tiles of which a thread holds the values."""


@lru_cache(1024)
def _plan(output: tuple[int, ...], channels: int, workers: int, gradients: int) -> Plan:
    """For an output (N, H', W', K); `gradients` counts channels whose values are held beside those of the input.

    Each thread makes the values that it needs, also if another does so, too: to read them from another core's cache
    takes longer.  So 128 channels at 7x7 take 106 microseconds instead of 120.
    """
    grid, tiles = _cut(output)
    some = _tiles_at_a_time(tiles, channels + gradients)
    panels, size = -(-output[3] // COLUMNS), channels * COLUMNS
    if gradients:
        panels, size = panels * channels // COLUMNS, COLUMNS * COLUMNS

    def slowest(division: Pair) -> int:
        own = -(-panels // division[1]) * size
        return -(-some // ROWS // division[0]) * ROWS * (36 * own + 340 * (channels + gradients)) + KERNEL * own

    division = min(((n, workers // n) for n in range(workers, 0, -1) if workers % n == 0), key=slowest)
    return Plan(grid, tiles, some, division, -(-some // ROWS // division[0]) * ROWS)


def _whole_panels(x: np.ndarray) -> np.ndarray:
    """x (N, H, W, C), dense, with zeros beyond C up to a multiple of a panel."""
    *pixels, channels = x.shape
    if channels % COLUMNS == 0:
        return np.ascontiguousarray(x)
    padded = np.zeros((*pixels, -(-channels // COLUMNS) * COLUMNS), x.dtype)
    padded[..., :channels] = x
    return padded


def _cut(output: tuple[int, ...]) -> tuple[Pair, int]:
    """Rows and columns of tiles in an image of the output (N, H', W', K), and tiles in all."""
    n, height, width, _ = output
    grid = -(-height // 4), -(-width // 4)
    return grid, n * grid[0] * grid[1]


def cost(images: tuple[int, ...], output: tuple[int, ...]) -> float:
    """Of this way from images (N, H, W, C) to an output (N, H', W', K), in multiplications of the direct way.

    What transforms of tiles, of kernels and the calls cost beside the products, and 40 % for waiting for memory, as
    measured with AVX-512.
    """
    c, k = (-(-shape[3] // COLUMNS) * COLUMNS for shape in (images, output))
    tiles = -(-_cut(output)[1] // ROWS) * ROWS
    return 1.4 * (tiles * (36 * c * k + 340 * c + 220 * k) + KERNEL * c * k) + 2_000_000


def _tiles_at_a_time(tiles: int, channels: int) -> int:
    """A multiple of a block, unless there are fewer, then of a group."""
    fitting = VALUES_BYTES // (4 * 36 * channels * ROWS * GROUPS) * ROWS * GROUPS
    return min(max(fitting, ROWS * GROUPS), -(-tiles // ROWS) * ROWS)


@parallel
def _convolve(x, zeros, padding, weight, steps, present, bias, y, shape, grid, place, values, point, kernels, products,
              division, workers):  # fmt: skip
    """Tiles' values times those of the kernels, taken back to the output.

    Each thread takes some of the tiles, or some of the panels of kernels.
    """
    (first, count), channels = place, x.shape[3]
    groups, panels = -(-count // ROWS), -(-shape[3] // COLUMNS)
    by_tiles, by_panels = division
    for t in prange(workers):
        own, results = t * 36 * (channels * COLUMNS + SKEW), t * 36 * (GROUPS * GROUP + SKEW)
        of_tiles, of_panels = t % by_tiles, t // by_tiles
        start, end = of_tiles * groups // by_tiles * ROWS, min((of_tiles + 1) * groups // by_tiles * ROWS, count)
        _input_values(x, zeros, padding, grid, first + start, end - start, values, t * 36 * point, point)
        for panel in range(of_panels * panels // by_panels, (of_panels + 1) * panels // by_panels):
            _transform_kernels(weight, steps, present, panel * COLUMNS, shape[3], channels, kernels, own)
            for begin in range(0, end - start, GROUPS * ROWS):
                inside = min(GROUPS * ROWS, end - start - begin)
                _multiply_block(values, t * 36 * point + begin * channels, inside, point, kernels, own, channels,
                                products, results)  # fmt: skip
                _finish_block(products, results, bias, panel * COLUMNS, grid, first + start + begin, inside, y, shape)


@serial
def _input_values(x, zeros, padding, grid, first, count, values, own, point):
    """Each tile's 6x6 pixels of x (N, H, W, C) -> their values."""
    c = x.shape[3]
    at, beyond = np.empty(36, np.int64), _distance(x, zeros)
    for tile in range(-(-count // ROWS) * ROWS):
        image, top, left = _corner(first + tile, grid)
        _find_pixels(at, 6, x.shape, image, top - padding[0], left - padding[1], tile < count, beyond)
        for panel in range(c // COLUMNS):
            target = own + (tile // ROWS * (c // COLUMNS) + panel) * GROUP + tile % ROWS * COLUMNS
            transform_input(x.reshape(-1), at, values, (panel * COLUMNS, target), (6 * point, point))


@serial
def _gradient_values(g, zeros, grid, first, count, panels, values, own, point):
    """Each tile's 4x4 gradients of the output (N, H', W', K) -> their values, for some panels of kernels."""
    c = g.shape[3]
    at, beyond = np.empty(16, np.int64), _distance(g, zeros)
    for tile in range(-(-count // ROWS) * ROWS):
        image, top, left = _corner(first + tile, grid)
        _find_pixels(at, 4, g.shape, image, top, left, tile < count, beyond)
        for panel in range(panels[0], panels[1]):
            target = own + (tile // ROWS * (c // COLUMNS) + panel) * GROUP + tile % ROWS * COLUMNS
            transform_gradient(g.reshape(-1), at, values, (panel * COLUMNS, target), (6 * point, point))


@serial
def _distance(x, zeros):
    """How far a pixel of zeros, which tiles read in place of those beyond the images, lies from their first number.

    The zeros must be held by who calls the kernel: numba frees an array of its own once its name is not used again.
    """
    return (zeros.ctypes.data - x.ctypes.data) // x.itemsize


@serial
def _corner(tile, grid):
    """The image of an output tile, and the row and column where it begins."""
    place = tile % (grid[0] * grid[1])
    return tile // (grid[0] * grid[1]), place // grid[1] * 4, place % grid[1] * 4


@serial
def _find_pixels(at, side, shape, image, top, left, present, beyond):
    """Where the pixels of a square lie in images (N, H, W, C); `beyond` for those outside, or of a tile not present."""
    _, h, w, c = shape
    for i in range(side):
        for j in range(side):
            inside = present and 0 <= top + i < h and 0 <= left + j < w
            at[i * side + j] = ((image * h + top + i) * w + left + j) * c if inside else beyond


@serial
def _transform_kernels(weight, steps, present, kernel, k, channels, kernels, own):
    """The values (36, channels, kernels) of a panel of kernels; zeros beyond those that there are."""
    point, inside = channels * COLUMNS + SKEW, min(COLUMNS, k - kernel)
    first, of_kernel, of_channel, of_tap = steps
    first += kernel * of_kernel + min(8 * of_tap, 0)  # the least place of a kernel's nine
    taps, at = np.empty(9 * COLUMNS, np.float32), np.empty(9, np.int64)
    clear(taps)
    for tap in range(9):
        at[tap] = (tap if of_tap == 1 else 8 - tap) * COLUMNS
    for c in range(channels):
        place = first + c * of_channel
        if c < present:
            for m in range(0, inside // VECTOR * VECTOR, VECTOR):
                set_taps(weight, taps, (place + m * of_kernel, m), (of_kernel, COLUMNS))
            for m in range(inside // VECTOR * VECTOR, inside):
                for tap in range(9):
                    taps[tap * COLUMNS + m] = weight[place + m * of_kernel + tap]
        elif c == present:
            clear(taps)
        transform_weight(taps, at, kernels, (0, own + c * COLUMNS), (6 * point, point))


@serial
def _multiply_block(values, start, inside, value, kernels, own, channels, products, results):
    panels, kernel = channels // COLUMNS, channels * COLUMNS + SKEW
    rows = np.empty(ROWS, np.int64)
    for i in range(ROWS):
        rows[i] = i * COLUMNS
    for point in range(36):
        for tile in range(0, inside, ROWS):
            set_products(values, rows, kernels, products,
                         (start + point * value + tile * channels, 0, own + point * kernel,
                          results + point * (GROUPS * GROUP + SKEW) + tile * COLUMNS), (panels, COLUMNS),
                         (GROUP, 1, COLUMNS * COLUMNS, COLUMNS, COLUMNS))  # fmt: skip


@serial
def _finish_block(products, results, bias, kernel, grid, first, inside, y, shape):
    """Takes the products of a panel back to output tiles."""
    _, height, width, k = shape
    point, columns = GROUPS * GROUP + SKEW, min(COLUMNS, k - kernel)
    square, at = np.empty(16 * COLUMNS, np.float32), np.empty(36, np.int64)
    for i in range(36):
        at[i] = i * point
    for number in range(inside):
        source = results + number * COLUMNS
        for m in range(columns):  # a sum at the point (1, 1) reaches all outputs, as it is
            products[source + 7 * point + m] += bias[kernel + m]
        image, top, left = _corner(first + number, grid)
        target = ((image * height + top) * width + left) * k + kernel
        if columns == COLUMNS and top + 4 <= height and left + 4 <= width:
            transform_output(products, at, y, (source, target), (width * k, k))
        else:
            transform_output(products, at, square, (source, 0), (4 * COLUMNS, COLUMNS))
            for i in range(min(4, height - top)):
                for j in range(min(4, width - left)):
                    for m in range(columns):
                        y[target + (i * width + j) * k + m] = square[(i * 4 + j) * COLUMNS + m]


@parallel
def _correlate(x, zeros, padding, g, sums, sizes, grid, place, values, value, gradients, gradient, products, division,
               workers):  # fmt: skip
    """Products of the values of tiles and gradients, summed over tiles and taken back to the weight's gradient.

    Each thread takes some of the tiles, or some of the pairs of a panel of kernels and one of channels.
    """
    (first, count), (k, c), channels, kernels = place, sizes, x.shape[3], g.shape[3]
    groups, across, point = -(-count // ROWS), channels // COLUMNS, COLUMNS * COLUMNS + SKEW
    pairs, (by_tiles, by_panels) = kernels // COLUMNS * across, division
    for t in prange(workers):
        rows, at, taps = np.empty(ROWS, np.int64), np.empty(36, np.int64), np.empty(9 * COLUMNS, np.float32)
        for i in range(ROWS):
            rows[i] = i
        for i in range(36):
            at[i] = i * point
        of_tiles, of_panels, results = t % by_tiles, t // by_tiles, t * 36 * point
        begin, end = of_tiles * groups // by_tiles * ROWS, min((of_tiles + 1) * groups // by_tiles * ROWS, count)
        numbers = of_panels * pairs // by_panels, (of_panels + 1) * pairs // by_panels if begin < end else 0
        own, other = t * 36 * value, t * 36 * gradient
        _input_values(x, zeros, padding, grid, first + begin, end - begin, values, own, value)
        _gradient_values(g, zeros, grid, first + begin, end - begin, (numbers[0] // across, -(-numbers[1] // across)),
                         gradients, other, gradient)  # fmt: skip
        for number in range(numbers[0], numbers[1]):
            panel, channel = number // across, number % across
            for p in range(36):
                for row in range(0, COLUMNS, ROWS):
                    set_products(values, rows, gradients, products,
                                 (own + p * value + channel * GROUP + row, 0,
                                  other + p * gradient + panel * GROUP,
                                  results + p * point + row * COLUMNS), (-(-(end - begin) // ROWS), ROWS),
                                 (ROWS * channels, COLUMNS, ROWS * kernels, COLUMNS, COLUMNS))  # fmt: skip
            for row in range(min(COLUMNS, c - channel * COLUMNS)):
                transform_weight_gradient(products, at, taps, (results + row * COLUMNS, 0), (3 * COLUMNS, COLUMNS))
                place = ((of_tiles * k + panel * COLUMNS) * c + channel * COLUMNS + row) * 9
                inside = min(COLUMNS, k - panel * COLUMNS)
                for m in range(0, inside // VECTOR * VECTOR, VECTOR):
                    add_kernels(taps, sums, (m, place + m * c * 9), (COLUMNS, c * 9))
                for m in range(inside // VECTOR * VECTOR, inside):
                    for tap in range(9):
                        sums[place + m * c * 9 + tap] += taps[tap * COLUMNS + m]
