"""2-d convolution and its two gradients.

All three are direct: tiles of the output held in registers (`direct.py`, `tile.py`).  The input's gradient is itself a
convolution, of the output's gradient with the kernels turned round; with a stride it is one for each place that an
input pixel can have between two windows.

Some cases have faster forms: 3x3 kernels with stride 1 and some channels take a quarter of the multiplications
(`winograd.py`, `few_tiles.py`), 1x1 kernels are products of matrices (`pointwise.py`), and for few output pixels the
weight is read where it lies (`few_pixels.py`).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .. import precision, threads
from . import depthwise, few_pixels, few_tiles, pointwise, scattered, winograd
from .direct import convolve, correlate
from .layout import Kernels, aligned, channels_first, channels_last, kernels_of
from .normalization import channel_sums
from .panels import pack_weight, sum_and_unpack
from .tile import COLUMN_BYTES, ROWS, TAPS

BUFFER_BYTES = 512 * 1024
"""Size of a block's input: with the weight and the output it shares an L2 cache of 1 MiB."""

ALIGNED_BYTES = 1 << 17
"""Size from which outputs begin a cache line."""

BLOCK_PIXELS = 1024
"""Output pixels in a block: many repay reading the weight again."""

PARALLEL_FROM = 1 << 20
"""Multiplications from which threads pay (measured on 2 cores)."""

SHARED_FROM = 1 << 18
"""Sums of a weight's gradient from which threads divide them; fewer are made by each thread for its share of images."""

SHAPES = 1024
"""Shapes whose way through this file is remembered: to find it takes 3 microseconds, 10 for an input's gradient."""

Pair = tuple[int, int]
Geometry = tuple[int, int, int, int, int, int, int, int]


def conv2d(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> np.ndarray:
    """x (N, C, H, W), weight (K, C/groups, kh, kw), bias (K,) -> (N, K, H', W')."""
    geometry = (*weight.shape[2:], *stride, *padding, *dilation)
    images = channels_last(x)
    shape = _output_shape(images.shape, len(weight), geometry)
    y = _empty(shape, x.dtype)
    _forward(images, kernels_of(weight, groups), bias, geometry, y, (0, 0), (1, 1))
    return channels_first(y)


def _empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Memory for images (N, H, W, C); if it is much, its vectors begin cache lines, and none lies in two."""
    return aligned(shape, dtype) if math.prod(shape) * dtype.itemsize >= ALIGNED_BYTES else np.empty(shape, dtype)


@lru_cache(SHAPES)
def _output_shape(images: tuple[int, ...], kernels: int, geometry: Geometry) -> tuple[int, int, int, int]:
    """(N, H', W', K)"""
    n, h, w, _ = images
    kh, kw, sh, sw, ph, pw, dh, dw = geometry
    return n, (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1, (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1, kernels


def conv2d_input_gradient(
    g: np.ndarray,
    weight: np.ndarray,
    input_shape: tuple[int, ...],
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> np.ndarray:
    """The gradient g (N, K, H', W') of the output, taken to the input (N, C, H, W).

    Every `stride`-th pixel of the input meets the same taps of the kernels: for each first pixel a convolution of g.
    """
    n, c, h, w = input_shape
    k, _, kh, kw = weight.shape
    gradients, numbers = channels_last(g), np.ascontiguousarray(weight).reshape(-1)
    x = _empty((n, h, w, c), g.dtype)
    if groups == k > 1 and x.size and g.size:
        size = c // groups * kh * kw  # of a kernel
        turned = Kernels(numbers, groups, (c, 1, kh, kw), (kh * kw - 1, size, kh * kw, size, -kw, -1))
        before = (dilation[0] * (kh - 1) - padding[0], dilation[1] * (kw - 1) - padding[1])
        _forward_depthwise(gradients, turned, None, stride, (kh, kw, 1, 1, *before, *dilation), x)
        return channels_first(x)
    geometry = (kh, kw, *stride, *padding, *dilation)
    if g.dtype == np.float32 and _by_scattering(
        gradients.shape, x.shape, weight.shape, geometry, threads.get_num_threads()
    ):
        scattered.input_gradient(gradients, weight, geometry, x)
        return channels_first(x)
    for part in _parts((h, w, c), weight.shape, stride, padding, dilation, groups):
        turned = Kernels(numbers, groups, part.shape, part.steps)
        _forward(gradients, turned, None, part.geometry, x, part.first, stride)
    return channels_first(x)


class Part(NamedTuple):
    """The input's pixels first, first + stride, ..., and the convolution that makes their gradient."""

    first: Pair
    steps: tuple[int, int, int, int, int, int]
    shape: tuple[int, int, int, int]
    geometry: Geometry


@lru_cache(SHAPES)
def _parts(
    image: tuple[int, int, int], weight: tuple[int, ...], stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> list[Part]:
    """Of an image (H, W, C): one for each place that a pixel can have between two windows."""
    (h, w, c), (k, _, kh, kw) = image, weight
    size, parts = c // groups * kh * kw, []
    for first in np.ndindex(min(stride[0], h), min(stride[1], w)):
        rows, columns = map(_meeting, first, (kh, kw), stride, padding, dilation)
        steps = (rows.last * kw + columns.last, k // groups * size, kh * kw, size, -rows.step * kw, -columns.step)
        geometry = (rows.taps, columns.taps, 1, 1, rows.padding, columns.padding, rows.dilation, columns.dilation)
        parts.append(Part(first, steps, (c, k // groups, rows.taps, columns.taps), geometry))
    return parts


class Meeting(NamedTuple):
    """Taps of a kernel along one dimension, read from the last by steps, and how a convolution with them goes."""

    taps: int
    last: int
    step: int
    padding: int
    dilation: int


def _meeting(first: int, size: int, stride: int, padding: int, dilation: int) -> Meeting:
    """The taps that meet the input's pixels first, first + stride, ...

    Output o meets pixel p by tap i where o * stride = p + padding - i * dilation.
    """
    taps = [i for i in range(size) if (first + padding - i * dilation) % stride == 0]
    last, common = (taps or [0])[-1], math.gcd(stride, dilation)
    before = (last * dilation - first - padding) // stride  # what lies before the first output that meets `first`
    return Meeting(len(taps), last, stride // common, before, dilation // common)


def conv2d_weight_gradient(
    g: np.ndarray,
    x: np.ndarray,
    weight_shape: tuple[int, ...],
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> np.ndarray:
    """The gradient g (N, K, H', W') of the output, taken to the weight (K, C/groups, kh, kw)."""
    kh, kw = weight_shape[2:]
    return _weight_gradient(g, x, weight_shape, (kh, kw, *stride, *padding, *dilation), groups, np.zeros(0, g.dtype))


def conv2d_parameter_gradients(
    g: np.ndarray,
    x: np.ndarray,
    weight_shape: tuple[int, ...],
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> tuple[np.ndarray, np.ndarray]:
    """The same, and the gradient of the bias (K,), for which g is summed while it is in the cache."""
    k, _, kh, kw = weight_shape
    g_bias = np.zeros(k, g.dtype)
    geometry = (kh, kw, *stride, *padding, *dilation)
    return _weight_gradient(g, x, weight_shape, geometry, groups, g_bias), g_bias


def _weight_gradient(
    g: np.ndarray, x: np.ndarray, weight_shape: tuple[int, ...], geometry: Geometry, groups: int, g_bias: np.ndarray
) -> np.ndarray:
    """The weight's gradient; sums of g are added to g_bias (K,), unless it is empty."""
    k, c, kh, kw = weight_shape
    if g.size == 0 or x.size == 0:
        _add_sums(g, g_bias)
        return np.zeros(weight_shape, g.dtype)
    gradients, images = channels_last(g), channels_last(x)
    if _by_winograd(images, gradients.shape, groups, geometry):
        return winograd.correlate(gradients, images, geometry[4:6], g_bias)
    out = np.empty(weight_shape, g.dtype)
    if _by_few_pixels(gradients, weight_shape, groups):
        _add_sums(g, g_bias)
        few_pixels.correlate(gradients, images, geometry, out)
        return out
    workers = threads.workers(g.size * kh * kw * c, PARALLEL_FROM)
    if pointwise.suits(c, g.itemsize, groups, geometry) and k % ROWS == 0:
        _add_sums(g, g_bias)
        pointwise.weight_gradient(gradients, images, out, workers)
        return out
    panels, columns = _panels(weight_shape, groups, g.itemsize)
    if _depthwise(weight_shape, groups):
        _add_sums(g, g_bias)
        sums = np.zeros((workers, panels, -(-kh * kw // TAPS) * TAPS, columns), g.dtype)
        rows = depthwise.rows_at_a_time(gradients.shape, panels * columns, g.itemsize, geometry)
        depthwise.correlate(images, gradients, sums, geometry, rows, workers)
        sum_and_unpack(sums, 1, out)
        return out
    taps = -(-kh * kw * c // ROWS) * ROWS
    by_panels = panels % workers == 0 and panels * taps * columns >= SHARED_FROM
    sums = np.zeros((1 if by_panels else workers, panels, taps, columns), g.dtype)
    ones = np.zeros((len(sums), panels, columns if g_bias.size else 0), g.dtype)
    block = _block(images, gradients.shape, geometry, BLOCK_PIXELS)
    correlate(images, gradients, sums, ones, groups, geometry, block, workers)
    sum_and_unpack(sums, groups, out)
    if g_bias.size:
        g_bias += ones.sum(0).reshape(groups, -1)[:, : k // groups].reshape(-1)
    return out


def _add_sums(g: np.ndarray, g_bias: np.ndarray) -> None:
    """Add the sums of the channels of g (N, K, H', W') to g_bias, unless it is empty."""
    if g_bias.size:
        g_bias += channel_sums(g)


def _forward(
    images: np.ndarray,
    kernels: Kernels,
    bias: np.ndarray | None,
    geometry: Geometry,
    y: np.ndarray,
    first: Pair,
    apart: Pair,
) -> None:
    """The convolution of images (N, H, W, C), written to each `apart`-th pixel from `first` of y (N, H', W', K)."""
    part = y[:, first[0] :: apart[0], first[1] :: apart[1]]
    k, c, kh, kw = kernels.shape
    if part.size == 0 or images.size == 0 or 0 in kernels.shape:
        part[...] = 0 if bias is None else bias
        return
    if apart == (1, 1) and _by_few_tiles(images, y.shape, kernels.groups, geometry):
        few_tiles.convolve(images, kernels, bias, geometry[4:6], y)
        return
    if apart == (1, 1) and _by_winograd(images, y.shape, kernels.groups, geometry):
        winograd.convolve(images, kernels, bias, geometry[4:6], y)
        return
    if _by_few_pixels(y, kernels.shape, kernels.groups) and apart == (1, 1):
        few_pixels.convolve(images, kernels, bias, geometry, y)
        return
    groups, width = kernels.groups, y.shape[2]
    if _depthwise(kernels.shape, groups):
        _forward_depthwise(images, kernels, bias, (1, 1), geometry, y)
        return
    workers = threads.workers(part.size * kh * kw * c, PARALLEL_FROM)
    packed = _packed(kernels, bias)
    if pointwise.suits(packed.shape[2], y.itemsize, groups, geometry) and apart == (1, 1):
        pointwise.multiply(images.reshape(-1), packed, y.reshape(-1), k, workers)
        return
    places = ((first[0] * width + first[1]) * k, y.shape[1] * width * k, apart[0] * width * k, apart[1] * k)
    block = _block(images, part.shape, geometry, BLOCK_PIXELS)
    convolve(images, packed, y.reshape(-1), part.shape, places, groups, geometry, block, workers)


def _forward_depthwise(
    images: np.ndarray, kernels: Kernels, bias: np.ndarray | None, spread: Pair, geometry: Geometry, y: np.ndarray
) -> None:
    """The same where every channel is a group of its own, of images whose pixels lie `spread` apart."""
    packed = _packed(kernels, bias)
    rows = depthwise.rows_at_a_time(y.shape, packed[:, 0].size, y.itemsize, geometry)
    workers = threads.workers(y.size * kernels.shape[2] * kernels.shape[3], PARALLEL_FROM)
    depthwise.convolve(images, packed, y, spread, geometry, rows, workers)


def _by_few_tiles(images: np.ndarray, output: tuple[int, ...], groups: int, geometry: Geometry) -> bool:
    """Whether Winograd's algorithm is allowed, and pays in its form for few tiles."""
    return _winograd_allowed(images, groups) and _few_tiles_pay(images.shape, output, geometry)


def _by_winograd(images: np.ndarray, output: tuple[int, ...], groups: int, geometry: Geometry) -> bool:
    """Whether Winograd's algorithm is allowed, and pays in its usual form."""
    return _winograd_allowed(images, groups) and _winograd_pays(images.shape, output, geometry)


def _winograd_allowed(images: np.ndarray, groups: int) -> bool:
    """It is exact enough for float32 alone."""
    return groups == 1 and images.dtype == np.float32 and not precision.exact_convolution


@lru_cache(SHAPES)
def _few_tiles_pay(images: tuple[int, ...], output: tuple[int, ...], geometry: Geometry) -> bool:
    if not _serves_winograd(geometry) or not few_tiles.suits(images[3], output):
        return False
    return few_tiles.cost(images[3], output) < min(winograd.cost(images, output), _plain_cost(images, output))


@lru_cache(SHAPES)
def _winograd_pays(images: tuple[int, ...], output: tuple[int, ...], geometry: Geometry) -> bool:
    return _serves_winograd(geometry) and winograd.cost(images, output) < _plain_cost(images, output)


def _serves_winograd(geometry: Geometry) -> bool:
    """Kernels of 3x3 with stride and dilation 1."""
    return geometry[:4] == (3, 3, 1, 1) and geometry[6:] == (1, 1)


def _plain_cost(images: tuple[int, ...], output: tuple[int, ...]) -> float:
    """Of 3x3 kernels without Winograd's algorithm, in multiplications."""
    weight_shape = output[3], images[3], 3, 3
    few = few_pixels.pays(output, weight_shape)
    return few_pixels.cost(output, weight_shape) if few else _direct_cost(output, weight_shape)


def _direct_cost(output: tuple[int, ...], weight_shape: tuple[int, ...]) -> float:
    """In multiplications, with those of columns that hold no kernel; to pack a weight takes as long as 60, and the
    calls as long as 2,500,000."""
    panels, columns = _panels(weight_shape, 1, 4)
    wide = COLUMN_BYTES // 4
    kernels = panels * wide * _COST_OF_TILE[wide // columns] / _COST_OF_TILE[1]
    return (math.prod(output[:3]) + 60) * math.prod(weight_shape[1:]) * kernels + 2_500_000


def _by_few_pixels(output: np.ndarray, weight_shape: tuple[int, ...], groups: int) -> bool:
    """Whether so few pixels that packing the weight would cost more than the products."""
    return output.dtype == np.float32 and groups == 1 and few_pixels.pays(output.shape, weight_shape)


@lru_cache(SHAPES)
def _by_scattering(
    g: tuple[int, ...], x: tuple[int, ...], weight_shape: tuple[int, ...], geometry: Geometry, workers: int
) -> bool:
    """Whether the gradient g (N, H', W', K) had better be added to an image x (N, H, W, C) than gathered."""
    k, channels, kh, kw = weight_shape
    if channels != x[3] or 0 in weight_shape:
        return False
    panels, columns = _panels((channels, k, kh, kw), 1, 4)
    cost = panels * _COST_OF_TILE[COLUMN_BYTES // (columns * 4)] / _COST_OF_TILE[1]
    tiles = math.prod(x[:3]) / ROWS
    steps = tiles * kh * kw * k / (geometry[2] * geometry[3]) * cost
    return g[0] >= workers and scattered.pays(g, x, geometry, steps)


def _packed(kernels: Kernels, bias: np.ndarray | None) -> np.ndarray:
    """Bias and weights in panels (panels, 1 + kh * kw * C/groups, columns)."""
    groups, (k, c, kh, kw) = kernels.groups, kernels.shape
    panels, columns = _panels(kernels.shape, groups, kernels.numbers.itemsize)
    packed = aligned((panels, 1 + kh * kw * c, columns), kernels.numbers.dtype)
    if _depthwise(kernels.shape, groups):
        groups = 1
    if bias is None:
        packed[:, 0] = 0
    else:
        initial = np.zeros((groups, panels // groups * columns), packed.dtype)
        initial[:, : k // groups] = bias.reshape(groups, -1)
        packed[:, 0] = initial.reshape(panels, columns)
    pack_weight(kernels, groups, packed)
    return packed


def _depthwise(weight_shape: tuple[int, ...], groups: int) -> bool:
    """Whether every channel is a group of its own, with one kernel or several (K, 1, kh, kw)."""
    return groups > 1 and weight_shape[1] == 1


@lru_cache(SHAPES)
def _panels(weight_shape: tuple[int, ...], groups: int, itemsize: int) -> tuple[int, int]:
    """How many panels of how many columns hold the kernels, at the least cost of multiplying."""
    wide = COLUMN_BYTES // itemsize
    if _depthwise(weight_shape, groups):
        return -(-weight_shape[0] // wide), wide
    group = weight_shape[0] // groups
    share = min(_COST_OF_TILE, key=lambda share: -(-group // (wide // share)) * _COST_OF_TILE[share])
    return groups * -(-group // (wide // share)), wide // share


_COST_OF_TILE = {1: 16, 2: 8, 4: 5} if ROWS == 8 else {4: 4, 2: 4, 1: 4}
"""Cycles that a step of a whole, half and quarter tile takes: with AVX-512, one such multiplication a cycle; with the 4
rows of AVX2, two a cycle, but 4 cycles until a sum can be added to.  Of tiles that take as long, the first is taken."""


def _block(images: np.ndarray, output: tuple[int, ...], geometry: Geometry, pixels: int) -> Pair:
    """Whole images, or rows of one, whose output has at most `pixels` and whose input fits the buffer.

    Small batches are cut so finely that every thread has about four blocks.
    """
    kh, kw, sh, sw, _, _, dh, dw = geometry
    n, _, _, c = images.shape
    _, height, width, _ = output
    shares = 4 * threads.get_num_threads()
    line = (width - 1) * sw + (kw - 1) * dw + 1
    fitting = BUFFER_BYTES // (line * c * images.itemsize)  # input rows
    rows = min((fitting - (kh - 1) * dh - 1) // sh + 1, pixels // width, -(-n * height // shares), height)
    if rows < height:
        return 1, max(rows, 1)
    seen = (height - 1) * sh + (kh - 1) * dh + 1
    return max(min(fitting // seen, pixels // (height * width), n // shares), 1), height
