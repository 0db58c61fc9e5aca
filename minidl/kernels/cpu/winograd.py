"""3x3 convolutions with stride 1 by Winograd's algorithm: a quarter of the direct way's multiplications.

The output is cut into tiles of 4x4 pixels, each of which sees 6x6 of the input.  Tiles, kernels and gradients are taken
to their values at 6x6 points (`winograd_transforms.py`), the values multiplied, for each point a product of matrices
summed over channels (or over tiles, for the weight's gradient), and the products taken back.

So many tiles are transformed at a time that their values stay in the cache.  Channels are transformed a vector at a
time, and kernels multiplied in panels of the register tile's columns, of which the last may be half as wide: ten
channels take half of what 32 do.  The values of a point lie as the register tile reads them: (tile, channel) where it
sums over channels, (panel of channels, tile, channel) where it sums over tiles.  Points begin an odd number of cache
lines apart, since 36 places at a distance of a power of two would share a few lines of the L1 cache.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numba import prange

from .. import threads
from .cache_lines import prefetch_rows
from .jit import parallel, serial
from .layout import Kernels
from .tile import (
    COLUMN_BYTES,
    FEW_ROWS,
    ROWS,
    VECTOR_BYTES,
    add_products,
    add_products_few,
    set_products,
    set_products_few,
    set_products_half,
)
from .transposing import add_kernels
from .winograd_transforms import (
    transform_gradient,
    transform_input,
    transform_kernels,
    transform_output,
    transform_weight_gradient,
)
from .workspace import Workspace

COLUMNS = COLUMN_BYTES // 4
"""Kernels in a panel, of float32."""

VECTOR = VECTOR_BYTES // 4
"""Numbers in a vector, of float32; kernels in a narrow panel."""

BLOCK = 32
"""Tiles in a block: while it is multiplied with a panel of kernels, the products stay in the L2 cache."""

CHANNELS = 128
"""Channels of a panel of kernels whose values are held at a time: so they stay in the L2 cache."""

VALUES_BYTES = 4 << 20
"""Size of the values that are made at a time: they are to stay in the L3 cache."""

AHEAD = 8
"""Tiles by which pixels are asked for before they are transformed: 64 channels at 32x32 take 0.85 of the time so."""

FAR = 3 << 19
"""Numbers of images that have mostly left the caches; to ask for fewer takes longer than to wait."""

KERNEL = 200
"""Multiplications that take as long as to transform a kernel of one channel."""

SKEW = 16
"""Numbers between the values of neighbouring points, for the cache's sake."""

Pair = tuple[int, int]


def convolve(images: np.ndarray, kernels: Kernels, bias: np.ndarray | None, padding: Pair, y: np.ndarray) -> None:
    """Images (N, H, W, C) with kernels (K, C, 3, 3) and bias (K,) into a dense y (N, H', W', K), all float32."""
    start, _, of_kernel, of_channel, _, of_tap = kernels.steps
    images, channels, k, workers = np.ascontiguousarray(images), images.shape[3], y.shape[3], threads.get_num_threads()
    plan, zeros = _plan(y.shape, channels, workers, 0), np.zeros(channels, np.float32)
    offset = np.zeros(_panels(k) * COLUMNS, np.float32)
    if bias is not None:
        offset[:k] = bias
    tiles = -(-plan.share // ROWS) * ROWS
    held = min(BLOCK, tiles) if channels <= CHANNELS else tiles
    point, product = tiles * _vectors(channels) + SKEW, held * COLUMNS + SKEW
    kernel = max(min(channels, CHANNELS) * COLUMNS, channels * VECTOR) + SKEW
    sizes = 36 * point, 36 * kernel, 36 * product + COLUMNS
    with Workspace(*(workers * size for size in sizes)) as memory:
        for first in range(0, plan.tiles, plan.some):
            place = first, min(plan.tiles - first, plan.some)
            _convolve(
                images, zeros, padding, kernels.numbers, (start, of_kernel, of_channel, of_tap), offset, y.reshape(-1),
                y.shape, plan.grid, place, *memory, (point, kernel, product), held, plan.division, workers,
            )  # fmt: skip


def correlate(g: np.ndarray, images: np.ndarray, padding: Pair, g_bias: np.ndarray) -> np.ndarray:
    """The weight's gradient (K, C, 3, 3) from g (N, H', W', K) and images (N, H, W, C), all float32; to g_bias (K,),
    unless it is empty, sums of g are added."""
    k, c, workers = g.shape[3], images.shape[3], threads.get_num_threads()
    images, gradients = np.ascontiguousarray(images), np.ascontiguousarray(g)
    plan, zeros = _plan(g.shape, c, workers, _vectors(k)), np.zeros(max(c, k), np.float32)
    points = plan.share * _vectors(c) + SKEW, plan.share * _vectors(k) + SKEW, VECTOR * COLUMNS + SKEW
    sums = np.zeros((plan.division[0], k, c, 3, 3), np.float32)
    ones = np.zeros((plan.division[0], _panels(k) * COLUMNS if g_bias.size else 0), np.float32)
    with Workspace(*(workers * 36 * point for point in points)) as memory:
        for first in range(0, plan.tiles, plan.some):
            place = first, min(plan.tiles - first, plan.some)
            _correlate(
                images, zeros, padding, gradients, sums.reshape(-1), ones, plan.grid, place, *memory, points,
                plan.division, workers,
            )  # fmt: skip
    g_bias += 36 * ones.sum(0)[: len(g_bias)]
    return sums[0] if len(sums) == 1 else sums.sum(0)


def _vectors(channels: int) -> int:
    """Numbers in the vectors that hold so many."""
    return -(-channels // VECTOR) * VECTOR


def _panels(kernels: int) -> int:
    return -(-kernels // COLUMNS)


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
    values = _vectors(channels) + gradients
    some = _tiles_at_a_time(tiles, values)
    groups, panels = -(-some // FEW_ROWS), _panels(output[3])
    size = channels * min(COLUMNS, _vectors(output[3]))
    if gradients:
        panels, size = panels * _vectors(channels) // VECTOR, size // channels * VECTOR

    def slowest(division: Pair) -> int:
        own = -(-panels // division[1]) * size
        return -(-groups // division[0]) * FEW_ROWS * (36 * own + 340 * values) + KERNEL * own

    divisions = [(n, workers // n) for n in range(min(workers, groups), 0, -1) if workers % n == 0]
    division = min(divisions, key=slowest)
    return Plan(grid, tiles, some, division, -(-groups // division[0]) * FEW_ROWS)


def _cut(output: tuple[int, ...]) -> tuple[Pair, int]:
    """Rows and columns of tiles in an image of the output (N, H', W', K), and tiles in all."""
    n, height, width, _ = output
    grid = -(-height // 4), -(-width // 4)
    return grid, n * grid[0] * grid[1]


def cost(images: tuple[int, ...], output: tuple[int, ...]) -> float:
    """Of this way from images (N, H, W, C) to an output (N, H', W', K), in multiplications of the direct way.

    What transforms of tiles, which wait for memory as long as for 40 % of their work, of kernels and the calls cost
    beside the products.  Measured with AVX-512, forward and weight's gradient, at 198 shapes of 3 to 256 channels, 4x4
    to 56x56 pixels and 1 to 32 images: the choice by it takes 0.6 % longer than the better way (geometric mean).
    """
    c, k = images[3], _vectors(output[3])
    tiles = -(-_cut(output)[1] // FEW_ROWS) * FEW_ROWS
    return tiles * (36 * c * k + 1.4 * (340 * _vectors(c) + 220 * k)) + KERNEL * c * k + 2_000_000


def _tiles_at_a_time(tiles: int, channels: int) -> int:
    """A multiple of a block, unless there are fewer, then of a group."""
    fitting = VALUES_BYTES // (4 * 36 * channels * BLOCK) * BLOCK
    return min(max(fitting, BLOCK), -(-tiles // FEW_ROWS) * FEW_ROWS)


@parallel
def _convolve(x, zeros, padding, weight, steps, bias, y, shape, grid, place, values, kernels, products, points, held,
              division, workers):  # fmt: skip
    """Tiles' values times those of the kernels, taken back to the output.

    Each thread takes some of the tiles, or some of the panels of kernels.
    """
    (first, count), (point, kernel, product), channels = place, points, x.shape[3]
    groups, panels, pitch = -(-count // FEW_ROWS), -(-shape[3] // COLUMNS), -(-channels // VECTOR) * VECTOR
    by_tiles, by_panels = division
    for t in prange(workers):
        tiles, taps, results = t * 36 * point, t * 36 * kernel, t * (36 * product + COLUMNS)
        of_tiles, of_panels = t % by_tiles, t // by_tiles
        begin = of_tiles * groups // by_tiles * FEW_ROWS
        end = min((of_tiles + 1) * groups // by_tiles * FEW_ROWS, count)
        _input_values(x, zeros, padding, grid, (first + begin, end - begin), values, tiles, point, (pitch, VECTOR))
        for panel in range(of_panels * panels // by_panels, (of_panels + 1) * panels // by_panels):
            columns = COLUMNS if shape[3] - panel * COLUMNS > VECTOR else VECTOR
            some = CHANNELS if columns == COLUMNS else channels
            for channel in range(0, channels, some):
                present = channel, min(some, channels - channel)
                _kernel_values(weight, steps, (panel * COLUMNS, shape[3]), present, columns, kernels, taps, kernel)
                for tile in range(begin, end, held):
                    inside = min(held, end - tile)
                    _multiply_block(values, (tiles + (tile - begin) * pitch + channel, pitch, point), kernels,
                                    (taps, columns, kernel), products, (results, product), inside, present,
                                    y, shape, grid, first + tile, panel * COLUMNS)  # fmt: skip
                    if channel + some >= channels:
                        _finish_block(products, (results, product), bias, (panel * COLUMNS, columns), grid,
                                      (first + tile, inside), y, shape)  # fmt: skip


@serial
def _input_values(x, zeros, padding, grid, place, values, own, point, steps):
    """Each tile's 6x6 pixels of x (N, H, W, C) -> their values, at steps (tile, vector of channels)."""
    c = x.shape[3]
    at, targets, beyond = np.empty(36, np.int64), np.empty(36, np.int64), _distance(x, zeros)
    _count_by(targets, point)
    for tile in range(place[1]):
        _find_tile(at, 6, x, grid, place, tile, padding, beyond)
        for channel in range(0, c, VECTOR):
            target = own + tile * steps[0] + channel // VECTOR * steps[1]
            transform_input(x.reshape(-1), at, values, targets, (channel, target), c - channel)


@serial
def _gradient_values(g, zeros, grid, place, panels, values, own, point):
    """Each tile's 4x4 gradients of the output (N, H', W', K) -> their values (panel, tile, kernel), for some panels."""
    count, k = place[1], g.shape[3]
    at, targets, beyond = np.empty(16, np.int64), np.empty(36, np.int64), _distance(g, zeros)
    _count_by(targets, point)
    for tile in range(count):
        _find_tile(at, 4, g, grid, place, tile, (0, 0), beyond)
        for panel in range(panels[0], panels[1]):
            kernel = panel * COLUMNS
            columns = COLUMNS if k - kernel > VECTOR else VECTOR
            for m in range(0, columns, VECTOR):
                target = own + kernel * count + tile * columns + m
                transform_gradient(g.reshape(-1), at, values, targets, (kernel + m, target), k - kernel - m)


@serial
def _find_tile(at, side, x, grid, place, tile, padding, beyond):
    """Where the pixels of a tile's square lie; of many images, those of a tile further on are asked for."""
    first, count = place
    image, top, left = _corner(first + tile, grid)
    _find_pixels(at, side, x.shape, image, top - padding[0], left - padding[1], 0, beyond)
    if x.size >= FAR and tile + AHEAD < count:
        _ask_for(x.reshape(-1), x.shape, grid, first + tile + AHEAD, 0, x.shape[3])


@serial
def _ask_for(x, shape, grid, tile, channel, channels):
    """Ask for some channels of the pixels of a tile, in flat images (N, H, W, C), before they are needed."""
    (_, h, w, c), (image, top, left) = shape, _corner(tile, grid)
    for row in range(top, min(top + 4, h)):
        place = ((image * h + row) * w + left) * c + channel
        prefetch_rows(x, place, c, min(4, w - left), channels)


@serial
def _distance(x, other):
    """How far the first number of another array lies from that of x, whose pixels outside are there.

    Both must be held by who calls the kernel: numba frees an array of its own once its name is not used again.
    """
    return (other.ctypes.data - x.ctypes.data) // x.itemsize


@serial
def _count_by(at, step):
    for i in range(at.size):
        at[i] = i * step


@serial
def _corner(tile, grid):
    """The image of an output tile, and the row and column where it begins."""
    place = tile % (grid[0] * grid[1])
    return tile // (grid[0] * grid[1]), place // grid[1] * 4, place % grid[1] * 4


@serial
def _find_pixels(at, side, shape, image, top, left, channel, beyond):
    """Where a channel of the pixels of a square lies in images (N, H, W, C); `beyond` for those outside."""
    _, h, w, c = shape
    for i in range(side):
        row, present, line = (image * h + top + i) * w + left, 0 <= top + i < h, at[i * side : (i + 1) * side]
        for j in range(side):
            line[j] = (row + j) * c + channel if present and 0 <= left + j < w else beyond


@serial
def _kernel_values(weight, steps, place, present, columns, kernels, own, point):
    """The values (36, channels, kernels) of a panel of kernels, from the first on, for some channels."""
    (kernel, k), (channel, count), (first, of_kernel, of_channel, of_tap) = place, present, steps
    first += kernel * of_kernel + min(8 * of_tap, 0)  # the least place of a kernel's nine
    targets = np.empty(36, np.int64)
    _count_by(targets, point)
    for m in range(0, columns, VECTOR):
        for c in range(count):
            start = first + (channel + c) * of_channel + m * of_kernel
            transform_kernels(weight, kernels, targets, (start, own + c * columns + m), (of_kernel, of_tap),
                              min(VECTOR, k - kernel - m))  # fmt: skip


@serial
def _multiply_block(values, tiles, kernels, panel, products, results, inside, present, y, shape, grid, first, begin):
    """Each point's products of some tiles and a panel of kernels, summed over channels."""
    (start, pitch, value), (taps, columns, kernel), (target, product) = tiles, panel, results
    rows, (channel, count), asked = np.empty(ROWS, np.int64), present, inside if y.size >= FAR else 0
    _count_by(rows, pitch)
    for point in range(36):
        for tile in range(point, asked, 36):
            _ask_for(y, shape, grid, first + tile, begin, columns)
        for tile in range(0, inside, ROWS):
            starts = (start + point * value + tile * pitch, 0, taps + point * kernel,
                      target + point * product + tile * columns)  # fmt: skip
            if columns == VECTOR:
                set_products_half(values, rows, kernels, products, starts, (count,), (1, VECTOR, VECTOR))
            elif channel > 0 and inside - tile <= FEW_ROWS:
                add_products_few(values, rows, kernels, products, starts, (count,), (1, COLUMNS, COLUMNS))
            elif channel > 0:
                add_products(values, rows, kernels, products, starts, (count,), (1, COLUMNS, COLUMNS))
            elif inside - tile <= FEW_ROWS:
                set_products_few(values, rows, kernels, products, starts, (count,), (1, COLUMNS, COLUMNS))
            else:
                set_products(values, rows, kernels, products, starts, (count,), (1, COLUMNS, COLUMNS))


@serial
def _finish_block(products, results, bias, panel, grid, tiles, y, shape):
    """Takes the products of a panel back to output tiles; what lies outside the output goes behind the products."""
    (source, point), (kernel, columns), (first, count), k = results, panel, tiles, shape[3]
    at, targets = np.empty(36, np.int64), np.empty(16, np.int64)
    _count_by(at, point)
    offset, beyond = bias[kernel : kernel + columns], _distance(y, products) + source + 36 * point
    for tile in range(count):
        begin = source + tile * columns
        line = products[begin + 7 * point : begin + 7 * point + columns]
        for m in range(columns):  # a sum at the point (1, 1) reaches all outputs, as it is
            line[m] += offset[m]
        image, top, left = _corner(first + tile, grid)
        _find_pixels(targets, 4, shape, image, top, left, kernel, beyond)
        for m in range(0, columns, VECTOR):
            transform_output(products, at, y, targets, (begin + m, m), k - kernel - m)


@parallel
def _correlate(x, zeros, padding, g, sums, ones, grid, place, values, gradients, products, points, division,
               workers):  # fmt: skip
    """Products of the values of tiles and gradients, summed over tiles and taken back to the weight's gradient.

    Each thread takes some of the tiles, or some of the pairs of a panel of kernels and a vector of channels.  To
    ones (parts of tiles, K), unless it is empty, values of gradients at the point (1, 1) are added, which are a 36th of
    their sums: so the bias's gradient is had in 0.02 of the time that another pass over g takes.
    """
    (first, count), (value, gradient, product), c, k = place, points, x.shape[3], g.shape[3]
    groups, across = -(-count // FEW_ROWS), -(-c // VECTOR)
    pairs, (by_tiles, by_panels) = -(-k // COLUMNS) * across, division
    for t in prange(workers):
        own, other, results = t * 36 * value, t * 36 * gradient, t * 36 * product
        of_tiles, of_panels = t % by_tiles, t // by_tiles
        begin = of_tiles * groups // by_tiles * FEW_ROWS
        inside = min((of_tiles + 1) * groups // by_tiles * FEW_ROWS, count) - begin
        numbers = of_panels * pairs // by_panels, (of_panels + 1) * pairs // by_panels if inside > 0 else 0
        tiles, panels = (first + begin, inside), (numbers[0] // across, -(-numbers[1] // across))
        _input_values(x, zeros, padding, grid, tiles, values, own, value, (VECTOR, inside * VECTOR))
        _gradient_values(g, zeros, grid, tiles, panels, gradients, other, gradient)
        for number in range(numbers[0], numbers[1]):
            kernel, channel = number // across * COLUMNS, number % across * VECTOR
            columns, present = COLUMNS if k - kernel > VECTOR else VECTOR, min(VECTOR, c - channel)
            if channel == 0 and ones.size > 0:
                _add_rows(gradients, other + 7 * gradient + kernel * inside, inside, ones[of_tiles, kernel:][:columns])
            _multiply_values(values, (own + channel * inside, value), gradients, (other + kernel * inside, gradient),
                             products, (results, product), inside, present, columns)  # fmt: skip
            _add_taps(products, (results, product), sums, ((of_tiles * k + kernel) * c + channel) * 9, 9 * c,
                      min(COLUMNS, k - kernel), present, columns)  # fmt: skip


@serial
def _add_rows(values, start, rows, total):
    for row in range(rows):
        place = start + row * total.size
        line = values[place : place + total.size]
        for m in range(total.size):
            total[m] += line[m]


@serial
def _multiply_values(values, own, gradients, other, products, results, tiles, present, columns):
    """Each point's products (channel, kernel) of a vector of channels and a panel of kernels, summed over tiles."""
    rows = np.empty(ROWS, np.int64)
    _count_by(rows, 1)
    for point in range(36):
        for row in range(0, present, ROWS):
            starts = (own[0] + point * own[1] + row, 0, other[0] + point * other[1],
                      results[0] + point * results[1] + row * columns)  # fmt: skip
            if columns == VECTOR:
                set_products_half(values, rows, gradients, products, starts, (tiles,), (VECTOR, VECTOR, VECTOR))
            else:
                set_products(values, rows, gradients, products, starts, (tiles,), (VECTOR, COLUMNS, COLUMNS))


@serial
def _add_taps(products, results, sums, place, of_kernel, kernels, channels, columns):
    """Takes the products of a pair back to kernels' taps, `of_kernel` apart, and adds them to sums."""
    taps, at, targets = np.empty(9 * VECTOR, np.float32), np.empty(36, np.int64), np.empty(9, np.int64)
    _count_by(at, results[1])
    _count_by(targets, VECTOR)
    for channel in range(channels):
        for m in range(0, kernels, VECTOR):
            start = results[0] + channel * columns + m
            transform_weight_gradient(products, at, taps, targets, (start, 0), VECTOR)
            target = place + m * of_kernel + 9 * channel
            if m + VECTOR > kernels:
                for n in range(kernels - m):
                    for tap in range(9):
                        sums[target + n * of_kernel + tap] += taps[tap * VECTOR + n]
            else:
                add_kernels(taps, sums, (0, target), (VECTOR, of_kernel))
