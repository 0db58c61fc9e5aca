"""Max pooling: the greatest value of each window, or of each of a number of bins."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from .. import kernels
from ..autograd import primitive
from .activation import relu
from .average_pool import bins, check_images, pooled_geometry, wanted_sizes
from .conv import Pair
from .indexing import take_along
from .promotion import Array, array_of, check_floats
from .shape import reshape, squeeze, transpose, unsqueeze

Geometry = tuple[tuple[int, ...], ...]
"""Kernel size, stride, padding, dilation and number of windows, each along all dimensions."""


@primitive(outputs=("values", "taps"))
def _max_pool2d(x, kernel_size, stride, padding, dilation, ceil_mode, least):
    """Also which tap of each window is the greatest: a byte, where its place in the image takes eight.

    What is not above `least` becomes it, and has no gradient.
    """
    return kernels.of(x).max_pool2d(x, kernel_size, stride, padding, dilation, ceil_mode, least)


@_max_pool2d.gradient("x")
def _(g, taps, x_shape, kernel_size, stride, padding, dilation):
    return spread_windows(g[0], taps, x_shape, kernel_size, stride, padding, dilation)


@primitive
def spread_windows(g, taps, shape, kernel_size, stride, padding, dilation):
    return kernels.of(g).max_pool2d_gradient(g, taps, shape, kernel_size, stride, padding, dilation)


@spread_windows.gradient("g")
def _(gg, taps, kernel_size, stride, padding, dilation):
    return _gather(gg, taps, kernel_size, stride, padding, dilation)


@primitive
def _gather(x, taps, kernel_size, stride, padding, dilation):
    return kernels.of(x).pool_gather(x, taps, kernel_size, stride, padding, dilation)


@_gather.gradient("x")
def _(g, taps, x_shape, kernel_size, stride, padding, dilation):
    return spread_windows(g, taps, x_shape, kernel_size, stride, padding, dilation)


@primitive
def _places(taps, input_width, kernel_size, stride, padding, dilation):
    return kernels.of(taps).pool_places(taps, input_width, kernel_size, stride, padding, dilation)


# --- any number of dimensions ----------------------------------------------------------------------------------------


@primitive
def _window_places(x, geometry):
    """Where the greatest value of each window stands in its flattened plane, the first of equal ones; NaN wins.

    What pads is the least of all values, and loses to the plane's own where those are no greater.
    """
    size, step, pads, spread, counts = geometry
    count = len(size)
    plane = x.shape[-count:]
    values = x
    places = np.arange(math.prod(plane)).reshape(plane)
    widths = [
        (p, max((m - 1) * s + d * (k - 1) + 1 - n - p, 0))
        for n, k, s, p, d, m in zip(plane, size, step, pads, spread, counts, strict=True)
    ]
    lead = [(0, 0)] * (x.ndim - count)
    values = np.pad(x, [*lead, *widths], constant_values=_least(x.dtype))
    places = np.pad(places, widths, constant_values=-1)
    window = [d * (k - 1) + 1 for d, k in zip(spread, size, strict=True)]
    starts = tuple(slice(None, (m - 1) * s + 1, s) for m, s in zip(counts, step, strict=True))
    every: Any = (...,) + starts + tuple(slice(None, None, d) for d in spread)
    axes = tuple(range(-count, 0))
    views = [np.lib.stride_tricks.sliding_window_view(a, window, axes)[every] for a in (values, places)]
    flat = [view.reshape(*view.shape[: view.ndim - count], math.prod(size)) for view in views]
    chosen = flat[0].argmax(-1)
    where_placed = np.broadcast_to(flat[1], flat[0].shape)
    found = np.take_along_axis(where_placed, chosen[..., None], -1)[..., 0]
    first = np.take_along_axis(flat[1], (flat[1] >= 0).argmax(-1)[..., None], -1)[..., 0]
    return np.where(found < 0, first, found)


def _least(dtype: np.dtype) -> Any:
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _taken(x: Array, places: Array, count: int) -> Array:
    """The values at places of the flattened planes."""
    lead = tuple(x.shape[: x.ndim - count])
    flat, index = reshape(x, (*lead, math.prod(x.shape[-count:]))), array_of(places)
    return reshape(take_along(flat, index.reshape(*lead, math.prod(index.shape[-count:])), len(lead)), index.shape)


def max_pooled(
    name: str,
    count: int,
    input: Array,
    kernel_size: Pair,
    stride: Any,
    padding: Pair,
    dilation: Pair,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    check_images(name, input, count)
    if input.dtype.kind == "b":
        check_floats(name, input)
    geometry = pooled_geometry(name, input, count, kernel_size, stride, padding, dilation, ceil_mode)
    if input.ndim == count + 2 and input.dtype.kind == "f":
        if count < 3:
            return _pooled_planes(input, geometry, ceil_mode, return_indices, -math.inf)
        if not return_indices:
            return _pooled_volumes(input, geometry, ceil_mode, -math.inf)
    places = _window_places(input, geometry)
    values = _taken(input, places, count)
    return (values, places) if return_indices else values


def max_pool_relu(
    count: int, input: Array, kernel_size: Pair, stride: Any, padding: Pair, dilation: Pair, ceil_mode: bool
) -> Array:
    """relu(max_pool(...)) over `count` dimensions; of a batch of floats the ReLU costs no pass over memory, neither
    way."""
    name = f"max_pool{count}d"
    if input.ndim != count + 2 or input.dtype.kind != "f":
        return relu(max_pooled(name, count, input, kernel_size, stride, padding, dilation, ceil_mode, False))
    check_images(name, input, count)
    geometry = pooled_geometry(name, input, count, kernel_size, stride, padding, dilation, ceil_mode)
    if count == 3:
        return _pooled_volumes(input, geometry, ceil_mode, 0.0)
    return _pooled_planes(input, geometry, ceil_mode, False, 0.0)


def _pooled_planes(x: Array, geometry: Geometry, ceil_mode: bool, return_indices: bool, least: float) -> Any:
    """Of (N, C, H, W); or of (N, C, L), as images of one row."""
    if x.ndim == 3:
        size, step, pads, spread, counts = geometry
        of_rows = (1, *size), (1, *step), (0, *pads), (1, *spread), (1, *counts)
        result = _pooled_planes(unsqueeze(x, 2), of_rows, ceil_mode, return_indices, least)
        return tuple(squeeze(part, 2) for part in result) if return_indices else squeeze(result, 2)
    size, step, pads, spread, _ = geometry
    values, taps = _max_pool2d(x, size, step, pads, spread, ceil_mode, least)
    return (values, _places(taps, x.shape[3], size, step, pads, spread)) if return_indices else values


def _pooled_volumes(x: Array, geometry: Geometry, ceil_mode: bool, least: float) -> Array:
    """Of (N, C, D, H, W): each frame's windows, then those of frames.  Of equal values the first wins in both, and so
    in all."""
    size, step, pads, spread, counts = geometry
    n, c, d, *plane = x.shape
    frames = reshape(transpose(x, 1, 2), (n * d, c, *plane))
    frames, _ = _max_pool2d(frames, size[1:], step[1:], pads[1:], spread[1:], ceil_mode, -math.inf)
    along = transpose(reshape(frames, (n, d, c, math.prod(counts[1:]))), 1, 2)
    values, _ = _max_pool2d(along, (size[0], 1), (step[0], 1), (pads[0], 0), (spread[0], 1), ceil_mode, least)
    return reshape(values, (n, c, *counts))


def max_pool1d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The greatest value in each window of (N, C, L) or (C, L); otherwise as `max_pool2d`."""
    return max_pooled("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The greatest value in each window of (N, C, H, W) or (C, H, W); of equal ones the first gets the gradient.

    stride          the distance between windows; by default the kernel size
    padding         at most half the kernel, of values that never win
    ceil_mode       also windows that reach over the end
    return_indices  also where each value stands in its H * W plane
    """
    return max_pooled("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The greatest value in each window of (N, C, D, H, W) or (C, D, H, W); otherwise as `max_pool2d`."""
    return max_pooled("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


# --- bins ------------------------------------------------------------------------------------------------------------


@primitive
def _bin_places(x, sizes):
    """Where the greatest value of each bin stands in its flattened plane."""
    count = len(sizes)
    plane = x.shape[-count:]
    numbers = np.arange(math.prod(plane)).reshape(plane)
    places = np.zeros((*x.shape[: x.ndim - count], *sizes), np.int64)
    stretches = [bins(n, m) for n, m in zip(plane, sizes, strict=True)]
    for cell in np.ndindex(*sizes):
        part = tuple(slice(*stretches[i][j]) for i, j in enumerate(cell))
        inside = numbers[part].reshape(-1)
        values = x[(...,) + part].reshape(*x.shape[: x.ndim - count], inside.size)
        places[(...,) + cell] = inside[values.argmax(-1)]
    return places


def _adaptive(name: str, count: int, input: Array, output_size: Any, return_indices: bool) -> Any:
    check_images(name, input, count)
    check_floats(name, input)
    sizes, plane = wanted_sizes(name, input, output_size, count), input.shape[-count:]
    if all(sizes) and not any(n % m for n, m in zip(plane, sizes, strict=True)):  # bins of one size are windows
        size = tuple(n // m for n, m in zip(plane, sizes, strict=True))
        return max_pooled(name, count, input, size, None, 0, 1, False, return_indices)
    places = _bin_places(input, sizes)
    values = _taken(input, places, count)
    return (values, places) if return_indices else values


def adaptive_max_pool1d(input: Array, output_size: Any, return_indices: bool = False) -> Any:
    """The greatest values of `output_size` bins of (N, C, L) or (C, L)."""
    return _adaptive("adaptive_max_pool1d", 1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Array, output_size: Any, return_indices: bool = False) -> Any:
    """The greatest values of a grid of bins of (N, C, H, W) or (C, H, W); None keeps a size."""
    return _adaptive("adaptive_max_pool2d", 2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Array, output_size: Any, return_indices: bool = False) -> Any:
    """The greatest values of a grid of bins of (N, C, D, H, W) or (C, D, H, W); None keeps a size."""
    return _adaptive("adaptive_max_pool3d", 3, input, output_size, return_indices)


# --- always with indices ---------------------------------------------------------------------------------------------


def with_indices(pool: Any) -> Any:
    """What `pool` gives with return_indices=True; that argument, where it is given, changes nothing."""
    place = pool.__code__.co_varnames.index("return_indices")

    @functools.wraps(pool)
    def pooled(*args: Any, **named: Any) -> tuple[Array, Array]:
        if len(args) > place:
            return pool(*args[:place], True, *args[place + 1 :], **named)
        return pool(*args, **{**named, "return_indices": True})

    pooled.__name__ = f"{pool.__name__}_with_indices"
    return pooled


max_pool1d_with_indices = with_indices(max_pool1d)
max_pool2d_with_indices = with_indices(max_pool2d)
max_pool3d_with_indices = with_indices(max_pool3d)
adaptive_max_pool1d_with_indices = with_indices(adaptive_max_pool1d)
adaptive_max_pool2d_with_indices = with_indices(adaptive_max_pool2d)
adaptive_max_pool3d_with_indices = with_indices(adaptive_max_pool3d)
