"""2-d convolution and its two gradients.

The forward and the weight's gradient are direct: tiles of the output held in registers (`direct.py`, `tile.py`).  So is
the input's gradient with stride 1, which is a convolution itself; else it is a product by BLAS, added window by window.
3x3 kernels with stride 1 and enough channels take a quarter of the multiplications (`winograd.py`).
"""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import precision, threads
from . import few_pixels, winograd
from .blas import multiply
from .direct import convolve, correlate, pack_weight, sum_and_unpack
from .jit import parallel
from .layout import channels_first, channels_last
from .tile import COLUMN_BYTES, ROWS
from .windows import add_windows

BUFFER_BYTES = 512 * 1024
"""Size of a block's input: with the weight and the output it shares an L2 cache of 1 MiB."""

FORWARD_PIXELS, GRADIENT_PIXELS = 1024, 256
"""Output pixels in a block: many repay reading the weight again; few keep a panel of gradients in the L1 cache."""

PARALLEL_FROM = 1 << 20
"""Multiplications from which threads pay (measured on 2 cores)."""

SCATTER_PIXELS = 256
"""Output pixels whose windows are added to the input's gradient at a time."""

Pair = tuple[int, int]
Geometry = tuple[int, int, int, int, int, int, int, int]


def conv2d(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> np.ndarray:
    """x (N, C, H, W), weight (K, C/groups, kh, kw), bias (K,) -> (N, K, H', W')."""
    geometry = (weight.shape[2], weight.shape[3], *stride, *padding, *dilation)
    images = channels_last(x)
    size = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, p, d, k, s in zip(images.shape[1:3], padding, dilation, weight.shape[2:], stride, strict=True)
    ]
    y = np.empty((len(images), *size, len(weight)), x.dtype)
    for channels, kernels in _groups(groups, images.shape[3], len(weight)):
        offset = None if bias is None else bias[kernels]
        _forward(images[..., channels], weight[kernels], offset, geometry, y[..., kernels])
    return channels_first(y)


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

    With stride 1 it is itself a convolution, of g with the weight flipped and its two channel axes exchanged, unless
    the input has places that no window reached.
    """
    n, c, h, w = input_shape
    k, _, kh, kw = weight.shape
    beyond = tuple(d * (size - 1) - p for d, size, p in zip(dilation, (kh, kw), padding, strict=True))
    reached = tuple(m + b - p for m, b, p in zip(g.shape[2:], beyond, padding, strict=True))
    if stride == (1, 1) and min(beyond) >= 0 and reached == (h, w):
        grouped = weight[:, :, ::-1, ::-1].reshape(groups, k // groups, c // groups, kh, kw)
        flipped = grouped.transpose(0, 2, 1, 3, 4).reshape(c, k // groups, kh, kw)
        return conv2d(g, flipped, None, (1, 1), (beyond[0], beyond[1]), dilation, groups)
    gradients = channels_last(g)
    x = np.zeros((n, h, w, c), g.dtype)
    for channels, kernels in _groups(groups, c, k):
        part = x if groups == 1 else np.zeros((n, h, w, c // groups), g.dtype)
        given = np.ascontiguousarray(gradients[..., kernels])
        matrix = np.ascontiguousarray(weight[kernels].transpose(0, 2, 3, 1)).reshape(k // groups, kh * kw * c // groups)
        geometry = (kh, kw, *stride, *padding, *dilation)
        if given.size and part.size:
            workers = threads.workers(given.size * matrix.shape[1], PARALLEL_FROM)
            _add_windows_of_gradient(given, matrix, part, geometry, workers)
        if groups > 1:
            x[..., channels] = part
    return channels_first(x)


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
    gradients, images = channels_last(g), channels_last(x)
    out = np.zeros(weight_shape, g.dtype)
    geometry = (weight_shape[2], weight_shape[3], *stride, *padding, *dilation)
    for channels, kernels in _groups(groups, images.shape[3], weight_shape[0]):
        if g.size and x.size and out.size:
            _weight_gradient(gradients[..., kernels], images[..., channels], geometry, out[kernels])
    return out


def _groups(groups: int, channels: int, kernels: int) -> list[tuple[slice, slice]]:
    """For each group its slice of input channels and of kernels."""
    c, k = channels // groups, kernels // groups
    return [(slice(i * c, (i + 1) * c), slice(i * k, (i + 1) * k)) for i in range(groups)]


def _forward(
    images: np.ndarray, weight: np.ndarray, bias: np.ndarray | None, geometry: Geometry, y: np.ndarray
) -> None:
    """One group's convolution of images (N, H, W, C) into y (N, H', W', K)."""
    if y.size == 0 or images.size == 0:
        y[...] = 0 if bias is None else bias
        return
    k = len(weight)
    offset = np.zeros(k, y.dtype) if bias is None else np.ascontiguousarray(bias)
    out = y if y.flags.c_contiguous else np.empty(y.shape, y.dtype)
    if _by_winograd(images, y.shape, geometry):
        winograd.convolve(images, weight, offset, geometry[4:6], out)
    elif _by_few_pixels(y.shape, weight.shape, y.dtype) and few_pixels.can_read(weight):
        few_pixels.convolve(images, weight, offset, geometry, out)
    else:
        _directly(images, weight, offset, geometry, out)
    if out is not y:
        y[...] = out


def _by_winograd(images: np.ndarray, output: tuple[int, ...], geometry: Geometry) -> bool:
    """Whether Winograd's algorithm serves, is allowed and pays; it is exact enough for float32 alone."""
    plain = geometry[:4] == (3, 3, 1, 1) and geometry[6:] == (1, 1) and images.dtype == np.float32
    return plain and not precision.exact_convolution and winograd.pays(images.shape, output)


def _by_few_pixels(output: tuple[int, ...], weight_shape: tuple[int, ...], dtype: np.dtype) -> bool:
    return dtype == np.float32 and few_pixels.pays(output, weight_shape)


def _directly(images: np.ndarray, weight: np.ndarray, bias: np.ndarray, geometry: Geometry, y: np.ndarray) -> None:
    k, c, kh, kw = weight.shape
    columns, workers = COLUMN_BYTES // y.itemsize, threads.workers(y.size * kh * kw * c, PARALLEL_FROM)
    packed = np.empty((-(-k // columns), kh * kw * c, columns), y.dtype)
    pack_weight(weight, packed, workers)
    images = np.ascontiguousarray(images)
    convolve(images, packed, bias, y, geometry, _block(images, y.shape, geometry, FORWARD_PIXELS), workers)


def _weight_gradient(g: np.ndarray, images: np.ndarray, geometry: Geometry, out: np.ndarray) -> None:
    """One group's gradient, from g (N, H', W', K) and images (N, H, W, C) into out (K, C, kh, kw)."""
    _, c, kh, kw = out.shape
    if _by_winograd(images, g.shape, geometry):
        out[...] = winograd.correlate(g, images, geometry[4:6])
        return
    if _by_few_pixels(g.shape, out.shape, g.dtype):
        few_pixels.correlate(g, images, geometry, out)
        return
    columns, workers = COLUMN_BYTES // g.itemsize, threads.workers(g.size * kh * kw * c, PARALLEL_FROM)
    g, images = _whole_panels(g, columns), np.ascontiguousarray(images)
    sums = np.zeros((workers, -(-kh * kw * c // ROWS) * ROWS, g.shape[3]), g.dtype)
    correlate(images, g, sums, geometry, _block(images, g.shape, geometry, GRADIENT_PIXELS), workers)
    sum_and_unpack(sums, out, workers)


def _whole_panels(g: np.ndarray, columns: int) -> np.ndarray:
    """g (N, H', W', K), dense, with zeros beyond K up to a multiple of `columns`."""
    beyond = -g.shape[3] % columns
    return np.pad(g, ((0, 0), (0, 0), (0, 0), (0, beyond))) if beyond else np.ascontiguousarray(g)


def _block(images: np.ndarray, output: tuple[int, ...], geometry: Geometry, pixels: int) -> Pair:
    """Whole images, or rows of one, whose output has at most `pixels` and whose input fits the buffer.

    Small batches are cut so finely that every thread has about four blocks.
    """
    kh, _, sh, _, _, pw, dh, _ = geometry
    n, _, w, c = images.shape
    _, height, width, _ = output
    shares = 4 * threads.get_num_threads()
    fitting = BUFFER_BYTES // ((w + 2 * pw) * c * images.itemsize)  # input rows
    rows = min((fitting - (kh - 1) * dh - 1) // sh + 1, pixels // width, -(-n * height // shares), height)
    if rows < height:
        return 1, max(rows, 1)
    seen = (height - 1) * sh + (kh - 1) * dh + 1
    return max(min(fitting // seen, pixels // (height * width), n // shares), 1), height


@parallel
def _add_windows_of_gradient(g, weight, x, geometry, workers):
    """Threads take whole images, so they never add to the same pixel."""
    n, height, width, k = g.shape
    rows = g.reshape(n * height * width, k)
    for t in prange(workers):
        columns = np.empty((SCATTER_PIXELS, weight.shape[1]), g.dtype)
        end = (t + 1) * n // workers * height * width
        for first in range(t * n // workers * height * width, end, SCATTER_PIXELS):
            last = min(first + SCATTER_PIXELS, end)
            multiply(rows[first:last], weight, 0.0, columns[: last - first])
            add_windows(columns, x, first, last, height, width, geometry)
