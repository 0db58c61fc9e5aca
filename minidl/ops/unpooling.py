"""Values put back where max pooling found them; and pooling over windows of random places."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ArgumentError, DtypeError, ShapeError
from ..random import Generator, numpy_generator
from .average_pool import check_images
from .conv import Pair, sizes_of
from .creation import made
from .indexing import take_along
from .pool import with_indices
from .promotion import Array, array_of, check_floats, check_tensors
from .scatter import scatter
from .shape import reshape


def _unpooled(
    name: str, count: int, input: Array, indices: Array, kernel_size: Pair, stride: Any, padding: Pair, output_size: Any
) -> Array:
    check_images(name, input, count)
    check_tensors(name, indices)
    if indices.dtype != np.int64:
        raise DtypeError(f"{name}: indices are {indices.dtype}, need int64; use .long()")
    if tuple(indices.shape) != tuple(input.shape):
        raise ShapeError(f"{name}: indices {tuple(indices.shape)} for input {tuple(input.shape)}; needs one shape")
    size = sizes_of(f"{name}: kernel_size", kernel_size, count, 1)
    step = size if stride is None or stride == () or stride == [] else sizes_of(f"{name}: stride", stride, count, 1)
    pads = sizes_of(f"{name}: padding", padding, count, 0)
    sizes = tuple((n - 1) * s - 2 * p + k for n, s, p, k in zip(input.shape[-count:], step, pads, size, strict=True))
    if output_size is not None:
        if len(output_size) not in (count, count + 2):
            raise ArgumentError(f"{name}: output_size {tuple(output_size)}; needs {count} or {count + 2} sizes")
        wanted = tuple(int(n) for n in output_size)[-count:]
        if any(abs(n - m) >= s for n, m, s in zip(wanted, sizes, step, strict=True)):
            raise ArgumentError(f"{name}: output_size {wanted}; needs less than {step} from {sizes}")
        sizes = wanted
    if min(sizes) < 0:
        raise ShapeError(f"{name}: the output would have size {sizes}; use less padding")
    lead = tuple(input.shape[: input.ndim - count])
    flat = (*lead, math.prod(input.shape[-count:]))
    places = array_of(indices)
    if places.size and (places.min() < 0 or places.max() >= math.prod(sizes)):
        raise ArgumentError(f"{name}: an index is outside the {sizes} places of the output")
    blank = made(np.zeros((*lead, math.prod(sizes)), input.dtype))
    filled = scatter(blank, len(lead), places.reshape(flat), reshape(input, flat))
    return reshape(filled, (*lead, *sizes))


def max_unpool1d(
    input: Array, indices: Array, kernel_size: Pair, stride: Any = None, padding: Pair = 0, output_size: Any = None
) -> Array:
    """Zeros with the input at the places that `max_pool1d` returned."""
    return _unpooled("max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Array, indices: Array, kernel_size: Pair, stride: Any = None, padding: Pair = 0, output_size: Any = None
) -> Array:
    """Zeros with the input at the places that `max_pool2d` returned."""
    return _unpooled("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Array, indices: Array, kernel_size: Pair, stride: Any = None, padding: Pair = 0, output_size: Any = None
) -> Array:
    """Zeros with the input at the places that `max_pool3d` returned."""
    return _unpooled("max_unpool3d", 3, input, indices, kernel_size, stride, padding, output_size)


# --- windows of random places ----------------------------------------------------------------------------------------


def _starts(sample: np.ndarray, n: int, count: int, size: int) -> np.ndarray:
    """Where windows begin: steps of nearly one length, shifted by a random share (Graham 2014): (..., count)."""
    step = (n - size) / (count - 1) if count > 1 else 0.0
    i = np.arange(count)
    starts = ((i + sample[..., None]) * step).astype(np.int64) - (sample[..., None] * step).astype(np.int64)
    starts[..., -1] = n - size
    return starts


def _fractional(
    name: str,
    count: int,
    input: Array,
    kernel_size: Pair,
    output_size: Any,
    output_ratio: Any,
    return_indices: bool,
    samples: Any,
    generator: Generator | None,
) -> Any:
    check_images(name, input, count)
    size = sizes_of(f"{name}: kernel_size", kernel_size, count, 1)
    plane, lead = tuple(input.shape[-count:]), tuple(input.shape[: input.ndim - count])
    check_floats(name, input)
    if output_size is None and output_ratio is None:
        raise ArgumentError(f"{name}: got neither output_size nor output_ratio")
    if output_size is None:
        ratios = tuple(output_ratio) if isinstance(output_ratio, (tuple, list)) else (output_ratio,) * count
        if len(ratios) != count:
            raise ArgumentError(f"{name}: output_ratio {output_ratio}; needs one number, or {count}")
        output_size = tuple(int(n * ratio) for n, ratio in zip(plane, ratios, strict=True))
    sizes = sizes_of(f"{name}: output_size", output_size, count, 1)
    if any(m + k - 1 > n for m, k, n in zip(sizes, size, plane, strict=True)):
        raise ShapeError(f"{name}: {sizes} windows of {size} do not fit into {plane}")
    drawn = numpy_generator(generator).random((*lead, count)) if samples is None else array_of(samples)
    if drawn.size != math.prod(lead) * count or (samples is not None and drawn.dtype != input.dtype):
        raise ShapeError(
            f"{name}: random samples {drawn.dtype}{drawn.shape}; needs {input.dtype}{(*lead[-2:], count)} as the input"
        )
    drawn = drawn.reshape(*lead, count)[..., ::-1] if count == 2 else drawn.reshape(*lead, count)
    places = np.zeros((*lead, *(1,) * 2 * count), np.int64)
    for i in range(count):
        rows = _starts(drawn[..., i].astype(np.float64), plane[i], sizes[i], size[i])[..., None] + np.arange(size[i])
        shape = [1] * (2 * count)
        shape[i], shape[count + i] = sizes[i], size[i]
        places = places * plane[i] + rows.reshape(*lead, *shape)
    flat = reshape(input, (*lead, math.prod(plane)))
    every = places.reshape(*lead, math.prod(sizes), math.prod(size))
    values = np.take_along_axis(array_of(flat)[..., None, :], every, -1)
    chosen = np.take_along_axis(every, values.argmax(-1)[..., None], -1)[..., 0]
    pooled = reshape(take_along(flat, chosen, len(lead)), (*lead, *sizes))
    return (pooled, made(chosen.reshape(*lead, *sizes))) if return_indices else pooled


def fractional_max_pool2d(
    input: Array,
    kernel_size: Pair,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
    *,
    generator: Generator | None = None,
) -> Any:
    """The greatest values of windows at random places of (N, C, H, W) or (C, H, W) (Graham 2014)."""
    rest = (output_size, output_ratio, return_indices, _random_samples, generator)
    return _fractional("fractional_max_pool2d", 2, input, kernel_size, *rest)


def fractional_max_pool3d(
    input: Array,
    kernel_size: Pair,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
    *,
    generator: Generator | None = None,
) -> Any:
    """The greatest values of windows at random places of (N, C, D, H, W) or (C, D, H, W)."""
    rest = (output_size, output_ratio, return_indices, _random_samples, generator)
    return _fractional("fractional_max_pool3d", 3, input, kernel_size, *rest)


fractional_max_pool2d_with_indices = with_indices(fractional_max_pool2d)
fractional_max_pool3d_with_indices = with_indices(fractional_max_pool3d)
