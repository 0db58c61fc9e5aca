"""Resizing by interpolation: nearest, linear, cubic and area, over 1, 2 or 3 dimensions behind batch and channels.

Each dimension is resized on its own.  Output place d looks at source place

    scale * (d + 1/2) - 1/2,   scale = in / out           or, with align_corners,
    scale * d,                 scale = (in - 1) / (out - 1)

and mixes its neighbours.  With `antialias` a smaller result stretches the kernel by the scale, so that each place mixes
all that lies under it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..errors import ArgumentError, MinidlWarning, ShapeError
from .average_pool import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from .indexing import getitem
from .mixing import Mixing, mixed
from .promotion import Array, check_floats, check_tensors

CUBIC = -0.75
"""The parameter a of the cubic convolution kernel (Keys 1981), as in PyTorch and OpenCV."""

CUBIC_STRETCHED = -0.5
"""The same where the kernel is stretched against aliasing: Keys' own choice, and Pillow's and PyTorch's."""

SHAPES = 256
"""Sizes of dimensions of which is remembered what they mix."""

_AREAS = {1: adaptive_avg_pool1d, 2: adaptive_avg_pool2d, 3: adaptive_avg_pool3d}
_DIMENSIONS = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}


class Taps(NamedTuple):
    """For each place of the output: which places of the input it mixes, and by which weights."""

    places: list[np.ndarray]
    weights: list[np.ndarray]

    def mixing(self, size: int, precision: Any) -> Mixing:
        """As a matrix, for an input of so many places."""
        starts = np.arange(self.places[0].size + 1) * len(self.places)
        weights = np.stack(self.weights, 1).astype(precision)
        return Mixing(size, starts, np.stack(self.places, 1).reshape(-1), weights.reshape(-1))


def interpolate(
    input: Array,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Array:
    """(N, C, ...) resized to `size`, or by `scale_factor`, over the dimensions behind the channels.

    mode    nearest, nearest-exact (rounds as other libraries do), linear (1 dimension), bilinear, bicubic (2),
            trilinear (3), area (the mean over the source's area)
    recompute_scale_factor    take the ratio of the sizes, rounded as they are, instead of `scale_factor` itself
    antialias                 for bilinear and bicubic: a smaller result is blurred first, as far as it is smaller
    """
    check_tensors("interpolate", input)
    count = input.ndim - 2
    _check_mode(mode, count, align_corners, antialias, input)
    sizes, scales = _sizes(input, count, size, scale_factor, bool(recompute_scale_factor))
    if mode == "area":
        return _AREAS[count](input, sizes)
    if input.dtype == np.uint8:
        places = [_nearest(*along, mode) for along in zip(input.shape[2:], sizes, scales, strict=True)]
        return getitem(input, (slice(None), slice(None), *np.ix_(*places)))
    precision = input.dtype.type if input.dtype.itemsize > 2 else np.float32
    along = zip(input.shape[2:], sizes, scales, strict=True)
    return mixed(input, tuple(_mixing(mode, bool(align_corners), antialias, precision, *each) for each in along))


@lru_cache(SHAPES)
def _mixing(
    mode: str, align_corners: bool, antialias: bool, precision: Any, size: int, wanted: int, scale: float | None
) -> Mixing:
    """What each of the `wanted` places of a dimension mixes of `size` ones, by weights of the input's own precision."""
    if mode.startswith("nearest"):
        places = _nearest(size, wanted, scale, mode)
        return Taps([places], [np.ones(wanted)]).mixing(size, precision)
    step = _step(size, wanted, scale, align_corners, precision)
    if not antialias:
        kernel = _cubic if mode == "bicubic" else _linear
        return kernel(_sources(wanted, step, align_corners), size).mixing(size, precision)
    if size == wanted:  # PyTorch leaves it then, whatever the scale
        return Taps([np.arange(size)], [np.ones(size)]).mixing(size, precision)
    shares = _shares(mode, wanted, size, step)
    targets, places = np.nonzero(shares)
    return Mixing(size, np.searchsorted(targets, np.arange(wanted + 1)), places, shares[targets, places])


def _check_mode(mode: str, count: int, align_corners: bool | None, antialias: bool, input: Array) -> None:
    known = ("nearest", "nearest-exact", "area", *_DIMENSIONS)
    if mode not in known:
        raise ArgumentError(f"interpolate: mode {mode!r}; needs one of {', '.join(known)}")
    if count not in (1, 2, 3) or _DIMENSIONS.get(mode, count) != count:
        wanted = _DIMENSIONS.get(mode, "1 to 3")
        raise ShapeError(
            f"interpolate: mode {mode!r} of shape {tuple(input.shape)}; needs batch, channels and {wanted} dimensions"
        )
    if align_corners is not None and mode not in _DIMENSIONS:
        raise ArgumentError(f"interpolate: align_corners with mode {mode!r}; only linear and cubic modes take it")
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ArgumentError(f"interpolate: antialias with mode {mode!r}; only bilinear and bicubic take it")
    if not mode.startswith("nearest") or input.dtype != np.uint8:
        check_floats("interpolate", input)


def _sizes(
    input: Array, count: int, size: Any, scale_factor: Any, recompute: bool
) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    """The size of each output dimension, and the scale that was asked for, if any."""
    if (size is None) == (scale_factor is None):
        raise ArgumentError("interpolate: give either size or scale_factor")
    shape = tuple(input.shape[2:])
    if size is not None:
        sizes = tuple(size) if isinstance(size, (tuple, list)) else (size,) * count
        if not all(isinstance(n, (int, np.integer)) for n in sizes):
            raise ArgumentError(f"interpolate: size {size!r}; needs whole numbers")
        scales: tuple[float | None, ...] = (None,) * count
        if recompute:
            raise ArgumentError("interpolate: recompute_scale_factor needs scale_factor instead of size")
    else:
        factors = (float(scale_factor),) * count if np.ndim(scale_factor) == 0 else tuple(map(float, scale_factor))
        if not np.isfinite(factors).all():
            raise ArgumentError(f"interpolate: scale_factor {scale_factor}; needs finite numbers")
        sizes = tuple(int(np.floor(n * factor)) for n, factor in zip(shape, factors, strict=False))
        scales = (None,) * count if recompute else factors
    if len(sizes) != count or len(scales) != count:
        raise ShapeError(f"interpolate: {len(sizes)} sizes for the {count} dimensions of {tuple(input.shape)}")
    if min(sizes) < 1 or 0 in input.shape[1:]:
        raise ShapeError(f"interpolate: from {tuple(input.shape)} to {sizes}; only the batch may be empty")
    return sizes, scales


def _nearest(size: int, wanted: int, scale: float | None, mode: str) -> np.ndarray:
    step = np.float32(size / wanted if scale is None else 1 / scale)
    shift = np.float32(0.5 if mode == "nearest-exact" else 0.0)
    places = np.floor((np.arange(wanted, dtype=np.float32) + shift) * step).astype(np.int64)
    return np.minimum(places, size - 1)


def _step(size: int, wanted: int, scale: float | None, align_corners: bool, precision: Any) -> Any:
    """How far apart in the input neighbours of the output look."""
    if align_corners:
        return precision((size - 1) / (wanted - 1) if wanted > 1 else 0.0)
    return precision(size / wanted if scale is None else 1 / scale)


def _sources(wanted: int, step: Any, align_corners: bool) -> np.ndarray:
    """Where in the input each place of the output looks."""
    half = type(step)(0.0 if align_corners else 0.5)
    return step * (np.arange(wanted, dtype=step.dtype) + half) - half


def _linear(source: np.ndarray, size: int) -> Taps:
    source = np.maximum(source, 0)
    low = np.minimum(source.astype(np.int64), size - 1)
    high = np.minimum(low + 1, size - 1)
    t = np.clip(source - low, 0, 1)
    return Taps([low, high], [1 - t, t])


def _cubic(source: np.ndarray, size: int) -> Taps:
    low = np.floor(source)
    places = [np.clip(low + k, 0, size - 1).astype(np.int64) for k in (-1, 0, 1, 2)]
    return Taps(places, list(cubic_weights(source - low)))


def cubic_weights(t: Any) -> tuple[Any, Any, Any, Any]:
    """Weights of the four neighbours of a place that lies t, from 0 to 1, behind the second (Keys 1981, eq. 15)."""
    return _far(t + 1), _near(t), _near(1 - t), _far(2 - t)


def _near(x: Any, a: float = CUBIC) -> Any:
    return ((a + 2) * x - (a + 3)) * x * x + 1


def _far(x: Any, a: float = CUBIC) -> Any:
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a


# --- against aliasing ------------------------------------------------------------------------------------------------


def _shares(mode: str, wanted: int, size: int, step: Any) -> np.ndarray:
    """The share of each input place in each output place, (wanted, size): the kernel `step` wide, shares of sum 1."""
    half = step.dtype.type(0.5)
    centres = step * (np.arange(wanted, dtype=step.dtype) + half)[:, None]
    width = max(step, step.dtype.type(1))
    reach = (2 if mode == "bicubic" else 1) * width
    first = np.maximum(np.trunc(centres - reach + half), 0)
    end = np.minimum(np.trunc(centres + reach + half), size)
    place = np.arange(size, dtype=step.dtype)
    distance = np.abs((place + half - centres) / width)
    if mode == "bicubic":
        near, far = _near(distance, CUBIC_STRETCHED), _far(distance, CUBIC_STRETCHED)
        shares = np.where(distance < 1, near, np.where(distance < 2, far, 0))
    else:
        shares = np.maximum(1 - distance, 0)
    shares = np.where((place >= first) & (place < end), shares, 0)
    total = shares.sum(1, keepdims=True)
    return shares / np.where(total == 0, 1, total)


# --- PyTorch's older names ------------------------------------------------------------------------------------------


def upsample(
    input: Array,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Array:
    """`interpolate`, under its older name."""
    warnings.warn("upsample is deprecated in PyTorch: use interpolate", MinidlWarning, stacklevel=2)
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Array, size: Any = None, scale_factor: Any = None) -> Array:
    """`interpolate` with mode "nearest"."""
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Array, size: Any = None, scale_factor: Any = None) -> Array:
    """`interpolate` with mode "bilinear" and aligned corners."""
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)
