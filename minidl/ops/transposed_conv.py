"""Transposed convolution: what is the gradient of a convolution for its input, as an operator of its own.

Each element of the input spreads the kernel, weighted, over the output (Zeiler et al. 2010).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ArgumentError, DtypeError, ShapeError
from .conv import Pair, conv2d_input, sizes_of
from .elementwise import astype
from .indexing import put_slice
from .padding import constant_pad_nd
from .promotion import Array, check_tensors
from .shape import reshape, squeeze, transpose, unsqueeze


def conv_transpose1d(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
    output_padding: Pair = 0,
    groups: int = 1,
    dilation: Pair = 1,
) -> Array:
    """(N, C, L) or (C, L), weight (C, K/groups, k) -> (N, K, L'); otherwise as `conv_transpose2d`."""
    rest = (stride, padding, output_padding, groups, dilation)
    return _spread("conv_transpose1d", 1, _rows, input, weight, bias, *rest)


def conv_transpose2d(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
    output_padding: Pair = 0,
    groups: int = 1,
    dilation: Pair = 1,
) -> Array:
    """(N, C, H, W) or (C, H, W), weight (C, K/groups, kh, kw) -> (N, K, H', W').

    H' = (H - 1) stride - 2 padding + dilation (kh - 1) + output_padding + 1
    """
    return _spread(
        "conv_transpose2d", 2, _planes, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose3d(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
    output_padding: Pair = 0,
    groups: int = 1,
    dilation: Pair = 1,
) -> Array:
    """(N, C, D, H, W) or (C, D, H, W), weight (C, K/groups, kd, kh, kw); otherwise as `conv_transpose2d`."""
    rest = (stride, padding, output_padding, groups, dilation)
    return _spread("conv_transpose3d", 3, _volumes, input, weight, bias, *rest)


def _spread(
    name: str,
    count: int,
    spread: Callable[..., Array],
    input: Array,
    weight: Array,
    bias: Array | None,
    stride: Pair,
    padding: Pair,
    output_padding: Pair,
    groups: int,
    dilation: Pair,
) -> Array:
    """The arguments checked, a single sample as a batch of one, and the bias added."""
    check_tensors(name, input, weight, *([] if bias is None else [bias]))
    rest = (stride, padding, output_padding, groups, dilation)
    if input.ndim == count + 1:
        return squeeze(_spread(name, count, spread, unsqueeze(input, 0), weight, bias, *rest), 0)
    strides = sizes_of(f"{name}: stride", stride, count, 1)
    pads = sizes_of(f"{name}: padding", padding, count, 0)
    more = sizes_of(f"{name}: output_padding", output_padding, count, 0)
    dilations = sizes_of(f"{name}: dilation", dilation, count, 1)
    _check(name, count, input, weight, bias, groups)
    if any(m >= max(s, d) for m, s, d in zip(more, strides, dilations, strict=True)):
        raise ArgumentError(f"{name}: output_padding {more}; needs less than stride {strides} or dilation {dilations}")
    if input.dtype.kind != "f":
        x, kernel, shift = (part if part is None else astype(part, np.float64) for part in (input, weight, bias))
        return astype(_spread(name, count, spread, x, kernel, shift, *rest), input.dtype)
    sizes = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + m + 1
        for n, s, p, d, k, m in zip(input.shape[2:], strides, pads, dilations, weight.shape[2:], more, strict=True)
    )
    if min(sizes) < 1:
        raise ShapeError(f"{name}: the output would have size {sizes}; use less padding")
    y = spread(input, weight, sizes, strides, pads, dilations, groups)
    return y if bias is None else y + reshape(bias, (1, -1) + (1,) * count)


def _planes(x: Array, weight: Array, sizes: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Array:
    shape = (x.shape[0], weight.shape[1] * groups, *sizes)
    return conv2d_input(x, weight, shape, stride, padding, dilation, groups)


def _rows(x: Array, weight: Array, sizes: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Array:
    images, kernel = unsqueeze(x, 2), unsqueeze(weight, 2)
    y = _planes(images, kernel, (1, *sizes), (1, *stride), (0, *padding), (1, *dilation), groups)
    return squeeze(y, 2)


def _volumes(x: Array, weight: Array, sizes: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Array:
    """For each layer of the kernel the transposed convolution of all frames, added where they go."""
    batch, channels, depth, *plane = x.shape
    images = reshape(transpose(x, 1, 2), (batch * depth, channels, *plane))
    whole = sizes[0] + 2 * padding[0]
    volume = None
    for k in range(weight.shape[2]):
        frames = _planes(images, weight[:, :, k], sizes[1:], stride[1:], padding[1:], dilation[1:], groups)
        layers = transpose(reshape(frames, (batch, depth, *frames.shape[1:])), 1, 2)
        first = k * dilation[0]
        index = (slice(None), slice(None), slice(first, first + (depth - 1) * stride[0] + 1, stride[0]))
        part = put_slice(layers, (batch, layers.shape[1], whole, *sizes[1:]), index)
        volume = part if volume is None else volume + part
    return constant_pad_nd(volume, (0, 0, 0, 0, -padding[0], -padding[0]))


def _check(name: str, count: int, x: Array, weight: Array, bias: Array | None, groups: int) -> None:
    sizes_of(f"{name}: groups", groups, 1, 1)
    if x.ndim != count + 2 or weight.ndim != count + 2:
        raise ShapeError(
            f"{name}: input {tuple(x.shape)} and weight {tuple(weight.shape)}; needs {count} dimensions behind batch "
            "and channels, and as many behind (C, K/groups)"
        )
    if 0 in weight.shape[2:] or 0 in x.shape[1:]:
        raise ShapeError(
            f"{name}: input {tuple(x.shape)} and weight {tuple(weight.shape)}: only batch and outputs may be empty"
        )
    if x.shape[1] % groups or x.shape[1] != weight.shape[0]:
        raise ShapeError(
            f"{name}: input {tuple(x.shape)} has {x.shape[1]} channels, weight {tuple(weight.shape)} with "
            f"groups={groups} needs {weight.shape[0]}"
        )
    if bias is not None and tuple(bias.shape) != (weight.shape[1] * groups,):
        raise ShapeError(f"{name}: bias {tuple(bias.shape)} for {weight.shape[1] * groups} output channels")
    if bias is not None and bias.dtype != x.dtype:
        raise DtypeError(f"{name}: input {x.dtype} and bias {bias.dtype} need one dtype; use .to(dtype)")
    if x.dtype != weight.dtype or x.dtype.kind == "b":
        raise DtypeError(f"{name}: input {x.dtype} and weight {weight.dtype} need one dtype of numbers; use .to(dtype)")
