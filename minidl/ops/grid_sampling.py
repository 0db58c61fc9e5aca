"""Sampling images at any places: grid_sample, and the grids of affine maps (Jaderberg et al. 2015).

A place's coordinates run from -1 to 1 over the image: over the outer edges of its corner elements, or with
`align_corners` over their centres.  They come as (x, y) or (x, y, z), the last dimension of the image first.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import primitive
from ..errors import ArgumentError, DtypeError, ShapeError
from .creation import made
from .indexing import take_along
from .interpolation import cubic_weights
from .linalg import matmul
from .promotion import Array, array_of, check_tensors
from .shape import matrix_transpose, reshape

_FILLINGS = ("zeros", "border", "reflection")
_MODES = ("bilinear", "nearest", "bicubic")


@primitive
def _moved(x, values, slopes):
    """`values`: x after a map made of straight pieces, whose slopes at x are given."""
    return values


@_moved.gradient("x")
def _(g, slopes):
    return g * slopes


def affine_grid(theta: Array, size: Sequence[int], align_corners: bool | None = None) -> Array:
    """The places that an image of `size` (N, C, H, W) or (N, C, D, H, W) looks at: theta (N, 2, 3) or (N, 3, 4)
    applied to its own coordinates -> (N, H, W, 2) or (N, D, H, W, 3)."""
    check_tensors("affine_grid", theta)
    if not isinstance(size, (tuple, list)) or not all(isinstance(n, (int, np.integer)) and n > 0 for n in size):
        raise ArgumentError(f"affine_grid: size {size}; needs whole numbers of at least 1")
    count = len(size) - 2
    if count not in (2, 3) or tuple(theta.shape) != (size[0], count, count + 1):
        raise ShapeError(
            f"affine_grid: theta {tuple(theta.shape)} and size {tuple(size)}; needs (N, 2, 3) with (N, C, H, W), or "
            "(N, 3, 4) with (N, C, D, H, W)"
        )
    if theta.dtype.kind != "f":
        raise DtypeError(f"affine_grid: theta is {theta.dtype}, needs a floating dtype")
    axes = [_own_coordinates(n, bool(align_corners)) for n in size[2:]]
    grids = np.meshgrid(*axes, indexing="ij")
    places = np.stack([*reversed(grids), np.ones_like(grids[0])], -1).astype(theta.dtype)
    flat = matmul(made(places.reshape(1, -1, count + 1)), matrix_transpose(theta))
    return reshape(flat, (size[0], *size[2:], count))


affine_grid_generator = affine_grid


def _own_coordinates(n: int, align_corners: bool) -> np.ndarray:
    if n <= 1:
        return np.zeros(n)
    places = np.linspace(-1, 1, n)
    return places if align_corners else places * (n - 1) / n


def grid_sample(
    input: Array, grid: Array, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None
) -> Array:
    """The image's values at the grid's places, interpolated.

    input (N, C, H, W), grid (N, Ho, Wo, 2) -> (N, C, Ho, Wo); with depth (N, C, D, H, W), (N, Do, Ho, Wo, 3).
    mode            bilinear (trilinear with depth), nearest, or bicubic (without depth)
    padding_mode    what lies outside: zeros, the border's elements, or the image's reflection
    """
    _check(input, grid, mode, padding_mode)
    sizes = tuple(input.shape[2:])
    coordinates = [grid[..., i] for i in range(len(sizes))][::-1]  # now in the order of the image's dimensions
    coordinates = [_unnormalized(c, n, bool(align_corners)) for c, n in zip(coordinates, sizes, strict=True)]
    filling = _Filling(padding_mode, bool(align_corners))
    if mode == "bicubic":
        taps = [_cubic_taps(c, n, filling) for c, n in zip(coordinates, sizes, strict=True)]
    else:
        inside = [filling.applied(c, n) for c, n in zip(coordinates, sizes, strict=True)]
        taps = [_nearest_tap(c) if mode == "nearest" else _linear_taps(c) for c in inside]
    return _gathered(input, taps)


def _check(input: Array, grid: Array, mode: str, padding_mode: str) -> None:
    check_tensors("grid_sample", input, grid)
    count = input.ndim - 2
    fits = count in (2, 3) and grid.ndim == input.ndim and grid.shape[0] == input.shape[0] and grid.shape[-1] == count
    if not fits:
        raise ShapeError(
            f"grid_sample: input {tuple(input.shape)} and grid {tuple(grid.shape)}; needs (N, C, H, W) with "
            "(N, Ho, Wo, 2), or (N, C, D, H, W) with (N, Do, Ho, Wo, 3)"
        )
    if 0 in input.shape[2:]:
        raise ShapeError(f"grid_sample: input {tuple(input.shape)} has no elements to sample")
    if mode not in _MODES or (mode == "bicubic" and count == 3):
        raise ArgumentError(f"grid_sample: mode {mode!r} over {count} dimensions; needs one of {', '.join(_MODES)}")
    if padding_mode not in _FILLINGS:
        raise ArgumentError(f"grid_sample: padding_mode {padding_mode!r}; needs one of {', '.join(_FILLINGS)}")
    if input.dtype != grid.dtype or input.dtype.kind != "f":
        raise DtypeError(f"grid_sample: input {input.dtype} and grid {grid.dtype}; needs one floating dtype")


def _unnormalized(c: Array, n: int, align_corners: bool) -> Array:
    """Coordinates from -1 to 1 as places from 0 to n - 1."""
    return (c + 1) * ((n - 1) / 2) if align_corners else ((c + 1) * n - 1) / 2


class _Filling:
    """What lies outside the image, as a map of places into it."""

    def __init__(self, padding_mode: str, align_corners: bool) -> None:
        self.padding_mode = padding_mode
        self.align_corners = align_corners

    def applied(self, c: Array, n: int) -> Array:
        """The places mapped into the image; unchanged when zeros lie outside."""
        if self.padding_mode == "zeros":
            return c
        places = array_of(c)
        slopes = np.ones_like(places)
        if self.padding_mode == "reflection":
            low, high = (0.0, n - 1.0) if self.align_corners else (-0.5, n - 0.5)
            places, slopes = _reflected(places, low, high)
        places = np.where(np.isnan(places), 0, places)  # as PyTorch has it
        clipped = (places <= 0) | (places >= n - 1)
        return _moved(c, np.clip(places, 0, n - 1), np.where(clipped, 0, slopes).astype(places.dtype))


def _reflected(places: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Places mirrored at low and high until they lie between, and the slope there: 1 or -1."""
    span = high - low
    if span == 0:
        return np.zeros_like(places), np.zeros_like(places)
    offset = places - low
    distance = np.abs(offset)
    flips = np.floor(distance / span)
    rest = distance - flips * span
    odd = flips % 2 == 1
    slopes = np.where(offset < 0, -1.0, 1.0) * np.where(odd, -1.0, 1.0)
    return (np.where(odd, span - rest, rest) + low).astype(places.dtype), slopes.astype(places.dtype)


Taps = list[tuple[np.ndarray, Any]]
"""For one dimension: the elements that each place mixes, and their weights; a weight of None is one."""


def _nearest_tap(c: Array) -> Taps:
    return [(np.rint(array_of(c)), None)]


def _linear_taps(c: Array) -> Taps:
    low = np.floor(array_of(c))
    t = c - low
    return [(low, 1 - t), (low + 1, t)]


def _cubic_taps(c: Array, n: int, filling: _Filling) -> Taps:
    low = np.floor(array_of(c))
    places = [filling.applied(low + k, n) for k in (-1, 0, 1, 2)]
    return list(zip(places, cubic_weights(c - low), strict=True))


def _gathered(input: Array, taps: list[Taps]) -> Array:
    """The sum over all combinations of taps: the product of their weights times the element there."""
    batch, channels, *sizes = input.shape
    flat = reshape(input, (batch, channels, math.prod(sizes)))
    wanted = taps[0][0][0].shape[1:]
    count = math.prod(wanted)
    total = None
    for corner in itertools.product(*taps):
        index = np.zeros(corner[0][0].shape, np.int64)
        inside = np.ones(index.shape, bool)
        for (place, _), n in zip(corner, sizes, strict=True):
            inside &= (place >= 0) & (place < n)
            index = index * n + np.clip(np.nan_to_num(place), 0, n - 1).astype(np.int64)
        places = np.broadcast_to(index.reshape(batch, 1, count), (batch, channels, count))
        values = take_along(flat, places, 2)
        weight = inside.astype(input.dtype)
        for _, factor in corner:
            if factor is not None:
                weight = factor * weight
        part = values * reshape(weight, (batch, 1, count))
        total = part if total is None else total + part
    return reshape(total, (batch, channels, *wanted))


# --- the forms with numbers for modes --------------------------------------------------------------------------------


def grid_sampler(input: Array, grid: Array, interpolation_mode: int, padding_mode: int, align_corners: bool) -> Array:
    """`grid_sample` of mode 0 bilinear, 1 nearest, 2 bicubic and padding 0 zeros, 1 border, 2 reflection."""
    return _by_numbers("grid_sampler", input, grid, interpolation_mode, padding_mode, align_corners)


def grid_sampler_2d(
    input: Array, grid: Array, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Array:
    """`grid_sampler` of images (N, C, H, W)."""
    _check_dimensions("grid_sampler_2d", input, 4)
    return _by_numbers("grid_sampler_2d", input, grid, interpolation_mode, padding_mode, align_corners)


def grid_sampler_3d(
    input: Array, grid: Array, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Array:
    """`grid_sampler` of images with depth (N, C, D, H, W)."""
    _check_dimensions("grid_sampler_3d", input, 5)
    return _by_numbers("grid_sampler_3d", input, grid, interpolation_mode, padding_mode, align_corners)


def _check_dimensions(name: str, input: Array, needed: int) -> None:
    if input.ndim != needed:
        raise ShapeError(f"{name}: input {tuple(input.shape)}; needs {needed} dimensions")


def _by_numbers(name: str, input: Array, grid: Array, mode: int, padding: int, align_corners: bool) -> Array:
    if mode not in (0, 1, 2) or padding not in (0, 1, 2):
        raise ArgumentError(f"{name}: modes {mode} and {padding}; needs numbers from 0 to 2")
    return grid_sample(input, grid, _MODES[mode], _FILLINGS[padding], align_corners)
