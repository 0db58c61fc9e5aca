"""Winograd's algorithm where there are few tiles, as of one small image deep in a network.

There it takes most time to bring the kernels to their values, so these are not written down: of a vector of kernels
half of the transform is made for all channels, which stays in the L2 cache; the other half is made in registers, a row
of points at a time, and multiplied there with the tiles' values.  Within a ResNet-18 for one image, 256 channels at 8x8
take 230 microseconds so instead of 530, and 128 at 16x16 150 instead of 200 (two threads).
"""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import threads
from .copying import copy
from .few_tiles_steps import POINTS, TILES, VECTOR, add_up_products, set_image_values, set_outputs, set_tap_values
from .jit import parallel, serial
from .layout import Kernels
from .transposing import set_columns, set_taps
from .workspace import Workspace

Pair = tuple[int, int]

MOST = 16
"""Tiles up to which this is the faster way (measured with AVX-512)."""


def suits(channels: int, output: tuple[int, ...]) -> bool:
    """Whether there are few tiles in the output (N, H', W', K), and whole vectors of channels and kernels."""
    return _count(output) <= MOST and channels % VECTOR == output[3] % VECTOR == 0


def cost(channels: int, output: tuple[int, ...]) -> float:
    """Of this way, in multiplications of the direct way (measured with AVX-512)."""
    return channels * output[3] * (80 + 170 * -(-_count(output) // TILES)) + 2_500_000


def _count(output: tuple[int, ...]) -> int:
    """Tiles in all."""
    n, height, width, _ = output
    return n * -(-height // 4) * -(-width // 4)


def convolve(images: np.ndarray, kernels: Kernels, bias: np.ndarray | None, padding: Pair, y: np.ndarray) -> None:
    """Images (N, H, W, C) with kernels (K, C, 3, 3) and bias (K,) into a dense y (N, H', W', K), all float32."""
    start, _, of_kernel, of_channel, _, of_tap = kernels.steps
    channels, k, workers = images.shape[3], y.shape[3], threads.get_num_threads()
    groups = -(-_count(y.shape) // TILES)
    offset = np.zeros(k, np.float32) if bias is None else np.ascontiguousarray(bias)
    own = channels * 36 * TILES * groups, channels * 18 * VECTOR
    with Workspace(workers * own[0], workers * own[1]) as (values, taps):
        _convolve(
            np.ascontiguousarray(images), np.zeros(channels, np.float32), padding, kernels.numbers,
            (start, of_kernel, of_channel, of_tap), offset, y.reshape(-1), y.shape, values, taps, groups, workers,
        )  # fmt: skip


@parallel
def _convolve(x, zeros, padding, weight, steps, bias, y, shape, values, taps, groups, workers):
    """Each thread makes the values of all tiles, and takes some vectors of kernels."""
    k, channels = shape[3], x.shape[3]
    tiles, panels, size = shape[0] * -(-shape[1] // 4) * -(-shape[2] // 4), k // VECTOR, channels * POINTS * TILES
    for t in prange(workers):
        products, at = np.empty(36 * TILES * VECTOR, np.float32), np.empty(36 * TILES, np.int64)
        of_values, of_taps = t * values.size // workers, t * taps.size // workers
        for group in range(groups):
            _find_pixels(at, x, zeros, padding, shape, group * TILES, tiles)
            _set_values(x, at, products, values, of_values + group * POINTS * size)
        for panel in range(t * panels // workers, (t + 1) * panels // workers):
            _expand(weight, steps, panel * VECTOR, channels, taps, of_taps)
            for group in range(groups):
                for i in range(POINTS):
                    starts = (of_taps + i * channels * 3 * VECTOR, of_values + (group * POINTS + i) * size,
                              i * POINTS * TILES * VECTOR)  # fmt: skip
                    add_up_products(taps, values, products, (*starts, channels))
                for n in range(min(TILES, tiles - group * TILES)):
                    _finish(products, n, bias, panel * VECTOR, y, shape, group * TILES + n)


@serial
def _find_pixels(at, x, zeros, padding, shape, first, tiles):
    """Where each tile's 36 pixels lie in x (N, H, W, C); those outside, and of tiles that are not there, in `zeros`,
    which the caller holds."""
    _, h, w, c = x.shape
    beyond = (zeros.ctypes.data - x.ctypes.data) // x.itemsize
    down, across = -(-shape[1] // 4), -(-shape[2] // 4)
    for n in range(TILES):
        tile = first + n
        top, left = tile // across % down * 4 - padding[0], tile % across * 4 - padding[1]
        for i in range(6):
            for j in range(6):
                inside = tile < tiles and 0 <= top + i < h and 0 <= left + j < w
                place = ((tile // (across * down) * h + top + i) * w + left + j) * c
                at[n * 36 + i * 6 + j] = place if inside else beyond


@serial
def _set_values(x, at, square, values, first):
    """The values of some tiles (row of points, channel, column of points, tile), made in a square of vectors."""
    pixels, channels = x.reshape(-1), x.shape[3]
    for channel in range(0, channels, VECTOR):
        for n in range(TILES):
            set_image_values(pixels, at, square, (channel, n, n * VECTOR))
        for i in range(POINTS):
            source, target = i * POINTS * TILES * VECTOR, first + (i * channels + channel) * POINTS * TILES
            set_columns(square, values, (source, target), (VECTOR, POINTS * TILES))


@serial
def _expand(weight, steps, kernel, channels, taps, first):
    """The values of the columns of a vector of kernels (row of points, channel, column of taps)."""
    start, of_kernel, of_channel, of_tap = steps
    start += kernel * of_kernel + min(8 * of_tap, 0)  # the least place of a kernel's nine
    turned, at = np.empty(9 * VECTOR, np.float32), np.empty(9, np.int64)
    for tap in range(9):
        at[tap] = (tap if of_tap == 1 else 8 - tap) * VECTOR
    for channel in range(channels):
        set_taps(weight, turned, (start + channel * of_channel, 0), (of_kernel, VECTOR))
        set_tap_values(turned, at, taps, (first + channel * 3 * VECTOR, channels * 3 * VECTOR))


@serial
def _finish(products, n, bias, kernel, y, shape, tile):
    """Takes a tile's products back to its part of the output."""
    _, height, width, k = shape
    down, across = -(-height // 4), -(-width // 4)
    top, left = tile // across % down * 4, tile % across * 4
    target = ((tile // (across * down) * height + top) * width + left) * k + kernel
    if top + 4 <= height and left + 4 <= width:
        set_outputs(products, bias, y, (n * VECTOR, kernel, target, width * k, k))
    else:
        square = np.empty(16 * VECTOR, np.float32)
        set_outputs(products, bias, square, (n * VECTOR, kernel, 0, 4 * VECTOR, VECTOR))
        for i in range(min(4, height - top)):
            for j in range(min(4, width - left)):
                place, source = target + (i * width + j) * k, (i * 4 + j) * VECTOR
                copy(square[source : source + VECTOR], y[place : place + VECTOR])
