"""Pooling: one value for each window of an image."""

from __future__ import annotations

from .. import kernels
from ..autograd import primitive
from ..errors import ArgumentError, ShapeError
from .conv import Pair, pair
from .promotion import Array, check_floats
from .shape import squeeze, unsqueeze


@primitive(outputs=("values", "indices"))
def _max_pool2d(x, kernel_size, stride, padding, dilation, ceil_mode):
    return kernels.of(x).max_pool2d(x, kernel_size, stride, padding, dilation, ceil_mode)


@_max_pool2d.gradient("x")
def _(g, indices, x_shape):
    return _scatter(g[0], indices, x_shape)


@primitive
def _scatter(g, indices, shape):
    return kernels.of(g).pool_scatter(g, indices, shape)


@_scatter.gradient("g")
def _(gg, indices):
    return _gather(gg, indices)


@primitive
def _gather(x, indices):
    return kernels.of(x).pool_gather(x, indices)


@_gather.gradient("x")
def _(g, indices, x_shape):
    return _scatter(g, indices, x_shape)


def max_pool2d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Array:
    """The greatest value in each window of (N, C, H, W) or (C, H, W); of equal ones the first gets the gradient.

    stride          the distance between windows; by default the kernel size
    padding         at most half the kernel, of values that never win
    ceil_mode       also windows that reach over the end
    return_indices  also where each value stands in its H * W plane
    """
    if input.ndim == 3:
        pooled = max_pool2d(unsqueeze(input, 0), kernel_size, stride, padding, dilation, ceil_mode, return_indices)
        return tuple(squeeze(part, 0) for part in pooled) if return_indices else squeeze(pooled, 0)
    if input.ndim != 4:
        raise ShapeError(f"max_pool2d: got shape {tuple(input.shape)}, needs images (N, C, H, W) or (C, H, W)")
    check_floats("max_pool2d", input)
    size = pair("max_pool2d: kernel_size", kernel_size, 1)
    step = size if stride is None else pair("max_pool2d: stride", stride, 1)
    pads, spread = pair("max_pool2d: padding", padding, 0), pair("max_pool2d: dilation", dilation, 1)
    if any(2 * p > k for p, k in zip(pads, size, strict=True)):
        raise ArgumentError(f"max_pool2d: padding {pads} exceeds half the kernel size {size}")
    extent = [d * (k - 1) + 1 for d, k in zip(spread, size, strict=True)]
    if any(e > n + 2 * p for e, n, p in zip(extent, input.shape[2:], pads, strict=True)) and not ceil_mode:
        raise ShapeError(
            f"max_pool2d: windows of {tuple(extent)} do not fit into {tuple(input.shape[2:])} padded by {pads}"
        )
    values, indices = _max_pool2d(input, size, step, pads, spread, ceil_mode)
    return (values, indices) if return_indices else values
