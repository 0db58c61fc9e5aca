"""Images as columns of windows, and back: unfold and fold."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import primitive
from ..errors import ShapeError
from .conv import Pair, sizes_of
from .promotion import Array, check_tensors
from .shape import squeeze, unsqueeze


def _counts(shape: tuple[int, ...], size: tuple, dilation: tuple, padding: tuple, stride: tuple) -> tuple[int, ...]:
    """How many windows there are in each direction."""
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, d, p, s in zip(shape, size, dilation, padding, stride, strict=True)
    )


def _tap(i: int, j: int, counts: tuple[int, ...], dilation: tuple, stride: tuple) -> tuple[Any, ...]:
    """Where the (i, j)-th elements of all windows lie in the padded image."""
    firsts = (i * dilation[0], j * dilation[1])
    return (..., *(slice(a, a + (n - 1) * s + 1, s) for a, n, s in zip(firsts, counts, stride, strict=True)))


@primitive
def _columns(x, size, dilation, padding, stride):
    batch, channels, *plane = x.shape
    counts = _counts(tuple(plane), size, dilation, padding, stride)
    padded = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    columns = np.empty((batch, channels, *size, *counts), x.dtype)
    for i, j in np.ndindex(*size):
        columns[:, :, i, j] = padded[_tap(i, j, counts, dilation, stride)]
    return columns.reshape(batch, channels * size[0] * size[1], counts[0] * counts[1])


@_columns.gradient("x")
def _(g, x_shape, size, dilation, padding, stride):
    return _image(g, x_shape[2:], size, dilation, padding, stride)


@primitive
def _image(columns, plane, size, dilation, padding, stride):
    counts = _counts(plane, size, dilation, padding, stride)
    batch, channels = columns.shape[0], columns.shape[1] // (size[0] * size[1])
    windows = columns.reshape(batch, channels, *size, *counts)
    padded = np.zeros((batch, channels, plane[0] + 2 * padding[0], plane[1] + 2 * padding[1]), columns.dtype)
    for i, j in np.ndindex(*size):
        padded[_tap(i, j, counts, dilation, stride)] += windows[:, :, i, j]
    return padded[:, :, padding[0] : padding[0] + plane[0], padding[1] : padding[1] + plane[1]].copy()


@_image.gradient("columns")
def _(g, size, dilation, padding, stride):
    return _columns(g, size, dilation, padding, stride)


def _geometry(name: str, kernel_size: Pair, dilation: Pair, padding: Pair, stride: Pair) -> tuple[tuple[int, ...], ...]:
    return (
        sizes_of(f"{name}: kernel_size", kernel_size, 2, 1),
        sizes_of(f"{name}: dilation", dilation, 2, 1),
        sizes_of(f"{name}: padding", padding, 2, 0),
        sizes_of(f"{name}: stride", stride, 2, 1),
    )


def unfold(input: Array, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1) -> Array:
    """(N, C, H, W) -> (N, C kh kw, windows): each window as a column; (C, H, W) without the batch."""
    geometry = _geometry("unfold", kernel_size, dilation, padding, stride)
    check_tensors("unfold", input)
    if input.ndim not in (3, 4) or 0 in input.shape[-3:]:
        raise ShapeError(f"unfold: shape {tuple(input.shape)}; needs images (N, C, H, W) or (C, H, W)")
    x = input if input.ndim == 4 else unsqueeze(input, 0)
    if min(_counts(tuple(x.shape[2:]), *geometry)) < 1:
        raise ShapeError(f"unfold: windows of {geometry[0]} do not fit into {tuple(input.shape)}")
    columns = _columns(x, *geometry)
    return columns if input.ndim == 4 else squeeze(columns, 0)


def fold(
    input: Array, output_size: Pair, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1
) -> Array:
    """(N, C kh kw, windows) -> (N, C, H, W): windows added where they lay; (C kh kw, windows) without the batch."""
    geometry = _geometry("fold", kernel_size, dilation, padding, stride)
    plane = sizes_of("fold: output_size", output_size, 2, 1)
    check_tensors("fold", input)
    if input.ndim not in (2, 3) or 0 in input.shape[-2:]:
        raise ShapeError(f"fold: shape {tuple(input.shape)}; needs columns (N, C kh kw, windows)")
    x = input if input.ndim == 3 else unsqueeze(input, 0)
    counts, area = _counts(plane, *geometry), geometry[0][0] * geometry[0][1]
    if min(counts) < 1 or x.shape[1] % area or x.shape[2] != counts[0] * counts[1]:
        raise ShapeError(
            f"fold: columns {tuple(input.shape)} for windows of {geometry[0]} in {plane}; needs a multiple of {area} "
            f"rows and {counts[0] * counts[1]} windows"
        )
    image = _image(x, plane, *geometry)
    return image if input.ndim == 3 else squeeze(image, 0)
