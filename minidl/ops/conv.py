"""Convolution (in the field's sense: cross-correlation), and its two gradients, which are operators themselves.

A convolution is linear in the image and in the weight, so the three share one family: the gradient of each is made of
the other two, to any order.
"""

from __future__ import annotations

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..errors import ArgumentError, DtypeError, ShapeError
from .promotion import Array
from .reduction import sum as total
from .shape import squeeze, unsqueeze

Pair = int | tuple[int, int]


@primitive
def _conv2d(x, weight, bias, stride, padding, dilation, groups):
    return kernels.of(x).conv2d(x, weight, bias, stride, padding, dilation, groups)


@_conv2d.gradient("x")
def _(g, weight, x_shape, stride, padding, dilation, groups):
    return _conv2d_input(g, weight, x_shape, stride, padding, dilation, groups)


@_conv2d.gradient("weight")
def _(g, x, weight_shape, stride, padding, dilation, groups):
    return _conv2d_weight(g, x, weight_shape, stride, padding, dilation, groups)


@_conv2d.gradient("bias")
def _(g):
    return total(g, (0, 2, 3))


@primitive
def _conv2d_input(g, weight, shape, stride, padding, dilation, groups):
    return kernels.of(g).conv2d_input_gradient(g, weight, shape, stride, padding, dilation, groups)


@_conv2d_input.gradient("g")
def _(gg, weight, stride, padding, dilation, groups):
    return _conv2d(gg, weight, None, stride, padding, dilation, groups)


@_conv2d_input.gradient("weight")
def _(gg, g, weight_shape, stride, padding, dilation, groups):
    return _conv2d_weight(g, gg, weight_shape, stride, padding, dilation, groups)


@primitive
def _conv2d_weight(g, x, shape, stride, padding, dilation, groups):
    return kernels.of(g).conv2d_weight_gradient(g, x, shape, stride, padding, dilation, groups)


@_conv2d_weight.gradient("g")
def _(gg, x, stride, padding, dilation, groups):
    return _conv2d(x, gg, None, stride, padding, dilation, groups)


@_conv2d_weight.gradient("x")
def _(gg, g, x_shape, stride, padding, dilation, groups):
    return _conv2d_input(g, gg, x_shape, stride, padding, dilation, groups)


def pair(name: str, value: Pair, least: int) -> tuple[int, int]:
    """One size for both directions, or (height, width)."""
    both = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if len(both) == 1:
        both *= 2
    if len(both) != 2 or any(not isinstance(n, (int, np.integer)) or n < least for n in both):
        raise ArgumentError(f"{name}: got {value}, needs one or two whole numbers of at least {least}")
    return int(both[0]), int(both[1])


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

    padding   zeros added on each side: a number, a pair, "valid" for none, "same" to keep the size (stride 1, odd
              extent)
    Returns (N, K, H', W') with H' = (H + 2 padding - dilation (kh - 1) - 1) // stride + 1.
    """
    if input.ndim == 3:
        return squeeze(conv2d(unsqueeze(input, 0), weight, bias, stride, padding, dilation, groups), 0)
    stride, dilation = pair("conv2d: stride", stride, 1), pair("conv2d: dilation", dilation, 1)
    _check(input, weight, bias, groups)
    extent = [d * (n - 1) + 1 for d, n in zip(dilation, weight.shape[2:], strict=True)]
    if isinstance(padding, str):
        padding = _named_padding(padding, stride, extent)
    padding = pair("conv2d: padding", padding, 0)
    room = [n + 2 * p for n, p in zip(input.shape[2:], padding, strict=True)]
    if any(e > n for e, n in zip(extent, room, strict=True)):
        raise ShapeError(f"conv2d: the kernel covers {tuple(extent)}, more than the padded input {tuple(room)}")
    return _conv2d(input, weight, bias, stride, padding, dilation, groups)


def _named_padding(name: str, stride: tuple[int, int], extent: list[int]) -> tuple[int, int]:
    if name == "valid":
        return 0, 0
    if name != "same":
        raise ArgumentError(f"conv2d: padding {name!r}; needs 'same', 'valid' or numbers")
    if stride != (1, 1) or any(e % 2 == 0 for e in extent):
        raise ArgumentError(
            f"conv2d: padding='same' needs stride 1 and an odd extent, got {stride} and {tuple(extent)}"
        )
    return extent[0] // 2, extent[1] // 2


def _check(x: Array, weight: Array, bias: Array | None, groups: int) -> None:
    if x.ndim != 4 or weight.ndim != 4:
        raise ShapeError(
            f"conv2d: input {tuple(x.shape)} and weight {tuple(weight.shape)}: needs images (N, C, H, W) or (C, H, W) "
            "and a weight (K, C/groups, kh, kw)"
        )
    if groups < 1 or weight.shape[0] % groups or x.shape[1] != weight.shape[1] * groups:
        raise ShapeError(
            f"conv2d: input {tuple(x.shape)} has {x.shape[1]} channels, weight {tuple(weight.shape)} with "
            f"groups={groups} needs {weight.shape[1] * groups}"
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ShapeError(f"conv2d: bias {tuple(bias.shape)} for {weight.shape[0]} output channels")
    if x.dtype != weight.dtype or x.dtype.kind != "f":
        raise DtypeError(f"conv2d: input {x.dtype} and weight {weight.dtype} need one floating dtype; use .to(dtype)")
