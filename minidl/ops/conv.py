"""Convolution (in the field's sense: cross-correlation), and its two gradients, which are operators themselves.

A convolution is linear in the image and in the weight, so the three share one family: the gradient of each is made of
the other two, to any order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..errors import ArgumentError, DtypeError, ShapeError
from .elementwise import astype
from .padding import constant_pad_nd
from .promotion import Array, array_of, check_tensors
from .reduction import sum as total
from .shape import reshape, squeeze, transpose, unsqueeze

Pair = int | tuple[int, ...]

_BIASES = (np.ndarray, type(None))


@primitive
def _conv2d(x, weight, bias, stride, padding, dilation, groups):
    return kernels.of(x).conv2d(x, weight, bias, stride, padding, dilation, groups)


@_conv2d.gradient("x")
def _(g, weight, x_shape, stride, padding, dilation, groups):
    return conv2d_input(g, weight, x_shape, stride, padding, dilation, groups)


@_conv2d.gradient("weight")
def _(g, x, weight_shape, stride, padding, dilation, groups):
    return _conv2d_weight(g, x, weight_shape, stride, padding, dilation, groups)


@_conv2d.gradient("bias")
def _(g):
    return total(g, (0, 2, 3))


@_conv2d.gradient("weight", "bias")
def _(g, x, weight_shape, stride, padding, dilation, groups):
    """Over arrays, g is summed while it is in the cache."""
    if isinstance(g, np.ndarray):
        return kernels.of(g).conv2d_parameter_gradients(g, x, weight_shape, stride, padding, dilation, groups)
    return _conv2d_weight(g, x, weight_shape, stride, padding, dilation, groups), total(g, (0, 2, 3))


@primitive
def conv2d_input(g, weight, shape, stride, padding, dilation, groups):
    return kernels.of(g).conv2d_input_gradient(g, weight, shape, stride, padding, dilation, groups)


@conv2d_input.gradient("g")
def _(gg, weight, g_shape, stride, padding, dilation, groups):
    return _within(_conv2d(gg, weight, None, stride, padding, dilation, groups), g_shape)


@conv2d_input.gradient("weight")
def _(gg, g, weight_shape, stride, padding, dilation, groups):
    return _conv2d_weight(g, gg, weight_shape, stride, padding, dilation, groups)


@primitive
def _conv2d_weight(g, x, shape, stride, padding, dilation, groups):
    return kernels.of(g).conv2d_weight_gradient(g, x, shape, stride, padding, dilation, groups)


@_conv2d_weight.gradient("g")
def _(gg, x, g_shape, stride, padding, dilation, groups):
    return _within(_conv2d(x, gg, None, stride, padding, dilation, groups), g_shape)


def _within(y: Array, shape: tuple[int, ...]) -> Array:
    """y, without the windows that the image had room for beyond those that there were."""
    return y if y.shape == shape else y[:, :, : shape[2], : shape[3]]


@_conv2d_weight.gradient("x")
def _(gg, g, x_shape, stride, padding, dilation, groups):
    return conv2d_input(g, gg, x_shape, stride, padding, dilation, groups)


def sizes_of(name: str, value: Pair, count: int, least: int) -> tuple[int, ...]:
    """One size for all dimensions, or one for each."""
    sizes = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    sizes = sizes * count if len(sizes) == 1 else sizes
    for n in sizes:
        if type(n) is not int or n < least:
            break
    else:
        if len(sizes) == count:
            return sizes  # the usual case, soonest
    if len(sizes) != count or any(not isinstance(n, (int, np.integer)) or n < least for n in sizes):
        numbers = {1: "one whole number", 2: "one or two whole numbers", 3: "one or three whole numbers"}[count]
        raise ArgumentError(f"{name}: got {value}, needs {numbers} of at least {least}")
    return tuple(int(n) for n in sizes)


def pair(name: str, value: Pair, least: int) -> tuple[int, ...]:
    """One size for both directions, or (height, width)."""
    return sizes_of(name, value, 2, least)


def conv1d(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Pair = 1,
    padding: Pair | str = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Array:
    """Slide `weight` (K, C/groups, k) over `input` (N, C, L) or (C, L), and add `bias` (K,); otherwise as `conv2d`."""
    return _convolved("conv1d", 1, _rows, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Pair = 1,
    padding: Pair | str = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Array:
    """Slide `weight` (K, C/groups, kh, kw) over `input` (N, C, H, W), or (C, H, W), and add `bias` (K,).

    padding   zeros added on each side: a number, a pair, "valid" for none, "same" to keep the size (stride 1)
    Returns (N, K, H', W') with H' = (H + 2 padding - dilation (kh - 1) - 1) // stride + 1.
    """
    return _convolved("conv2d", 2, _conv2d, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Pair = 1,
    padding: Pair | str = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Array:
    """Slide `weight` (K, C/groups, kd, kh, kw) over `input` (N, C, D, H, W), or (C, D, H, W); otherwise as `conv2d`."""
    return _convolved("conv3d", 3, _volumes, input, weight, bias, stride, padding, dilation, groups)


def _convolved(
    name: str,
    count: int,
    convolve: Callable[..., Array],
    input: Array,
    weight: Array,
    bias: Array | None,
    stride: Pair,
    padding: Pair | str,
    dilation: Pair,
    groups: int,
) -> Array:
    """The arguments checked, a single sample as a batch of one, and the convolution over `count` dimensions."""
    x, kernel, shift = array_of(input), array_of(weight), array_of(bias)
    if not type(x) is type(kernel) is np.ndarray or type(shift) not in _BIASES:
        check_tensors(name, input, weight, *([] if bias is None else [bias]))
    if x.ndim == count + 1:
        batch = unsqueeze(input, 0)
        return squeeze(_convolved(name, count, convolve, batch, weight, bias, stride, padding, dilation, groups), 0)
    strides = sizes_of(f"{name}: stride", stride, count, 1)
    dilations = sizes_of(f"{name}: dilation", dilation, count, 1)
    check_convolution(name, count, x, kernel, shift, groups)
    if x.dtype.kind != "f":  # whole numbers up to 2^53 are exact in float64
        images, filters, shift = (part if part is None else astype(part, np.float64) for part in (input, weight, bias))
        y = _convolved(name, count, convolve, images, filters, shift, stride, padding, dilation, groups)
        return astype(y, x.dtype)
    if isinstance(padding, str):
        extent = [d * (n - 1) + 1 for d, n in zip(dilations, kernel.shape[2:], strict=True)]
        input, pads = _named_padding(name, padding, strides, extent, input)
    else:
        pads = sizes_of(f"{name}: padding", padding, count, 0)
    _check_room(name, array_of(input).shape[2:], kernel.shape[2:], pads, dilations)
    return convolve(input, weight, bias, strides, pads, dilations, groups)


def _check_room(name: str, image: tuple[int, ...], kernel: tuple[int, ...], pads: Any, dilations: Any) -> None:
    """Raise unless the kernel has room in the padded image."""
    for n, k, pad, dilation in zip(image, kernel, pads, dilations, strict=True):
        if dilation * (k - 1) >= n + 2 * pad:
            extent = tuple(d * (size - 1) + 1 for d, size in zip(dilations, kernel, strict=True))
            room = tuple(size + 2 * p for size, p in zip(image, pads, strict=True))
            raise ShapeError(f"{name}: the kernel covers {extent}, more than the padded input {room}")


def _named_padding(
    name: str, padding: str, strides: tuple[int, ...], extent: list[int], x: Array
) -> tuple[Array, tuple[int, ...]]:
    """The input, padded where both sides cannot have as much, and what to pad on both sides."""
    if padding == "valid":
        return x, (0,) * len(extent)
    if padding != "same":
        raise ArgumentError(f"{name}: padding {padding!r}; needs 'same', 'valid' or numbers")
    if any(n != 1 for n in strides):
        raise ArgumentError(f"{name}: padding='same' needs stride 1, got {strides}")
    if any(e % 2 == 0 for e in extent):
        x = constant_pad_nd(x, [n for e in reversed(extent) for n in (0, 1 - e % 2)])
    return x, tuple((e - 1) // 2 for e in extent)


def widths_around(
    padding: tuple[int, ...] | str, kernel_size: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[int, ...]:
    """What a convolution's padding adds, as the widths of `pad`: the last dimension first, two ends each."""
    if padding == "same":
        extents = [d * (k - 1) for k, d in zip(kernel_size, dilation, strict=True)]
        return tuple(width for e in reversed(extents) for width in (e // 2, e - e // 2))
    numbers = (0,) * len(kernel_size) if isinstance(padding, str) else padding
    return tuple(width for p in reversed(numbers) for width in (p, p))


def _rows(x: Array, weight: Array, bias: Array | None, stride: Any, padding: Any, dilation: Any, groups: int) -> Array:
    """Over one dimension: images of one row."""
    images, kernel = unsqueeze(x, 2), unsqueeze(weight, 2)
    return squeeze(_conv2d(images, kernel, bias, (1, *stride), (0, *padding), (1, *dilation), groups), 2)


def _volumes(
    x: Array, weight: Array, bias: Array | None, stride: Any, padding: Any, dilation: Any, groups: int
) -> Array:
    """Over three dimensions: images whose channels are those of all frames that the kernel meets at once."""
    (batch, _, depth, *_), (kernels, own, layers, *size) = x.shape, weight.shape
    count = (depth + 2 * padding[0] - dilation[0] * (layers - 1) - 1) // stride[0] + 1
    images = _met_frames(x, (layers, stride[0], padding[0], dilation[0], count), groups)
    kernel = reshape(transpose(weight, 1, 2), (kernels, layers * own, *size))
    y = _conv2d(images, kernel, bias, stride[1:], padding[1:], dilation[1:], groups)
    return transpose(reshape(y, (batch, count, *y.shape[1:])), 1, 2)


@primitive
def _met_frames(x, walk, groups):
    return kernels.of(x).met_frames(x, walk, groups)


@_met_frames.gradient("x")
def _(g, x_shape, walk, groups):
    return _back_to_frames(g, x_shape, walk, groups)


@primitive
def _back_to_frames(g, shape, walk, groups):
    return kernels.of(g).met_frames_gradient(g, shape, walk, groups)


@_back_to_frames.gradient("g")
def _(gg, walk, groups):
    return _met_frames(gg, walk, groups)


LAYOUTS = {
    1: ("(N, C, L) or (C, L)", "k"),
    2: ("(N, C, H, W) or (C, H, W)", "kh, kw"),
    3: ("(N, C, D, H, W) or (C, D, H, W)", "kd, kh, kw"),
}


def check_convolution(name: str, count: int, x: Array, weight: Array, bias: Array | None, groups: int) -> None:
    """Raise unless shapes and dtypes fit; arrays answer soonest."""
    if type(groups) is not int or groups < 1:
        sizes_of(f"{name}: groups", groups, 1, 1)
    images, kernel = LAYOUTS[count]
    if x.ndim != count + 2 or weight.ndim != count + 2:
        raise ShapeError(
            f"{name}: input {tuple(x.shape)} and weight {tuple(weight.shape)}: needs images {images} "
            f"and a weight (K, C/groups, {kernel})"
        )
    if 0 in weight.shape[2:] or 0 in x.shape[2:]:
        raise ShapeError(
            f"{name}: input {tuple(x.shape)} and weight {tuple(weight.shape)}: only batch and channels may be empty"
        )
    if weight.shape[0] % groups or x.shape[1] != weight.shape[1] * groups:
        raise ShapeError(
            f"{name}: input {tuple(x.shape)} has {x.shape[1]} channels, weight {tuple(weight.shape)} with "
            f"groups={groups} needs {weight.shape[1] * groups}"
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ShapeError(f"{name}: bias {tuple(bias.shape)} for {weight.shape[0]} output channels")
    if bias is not None and bias.dtype != x.dtype:
        raise DtypeError(f"{name}: input {x.dtype} and bias {bias.dtype} need one dtype; use .to(dtype)")
    if x.dtype != weight.dtype or x.dtype.kind == "b":
        raise DtypeError(f"{name}: input {x.dtype} and weight {weight.dtype} need one dtype of numbers; use .to(dtype)")
