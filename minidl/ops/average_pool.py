"""Means over windows of images, and over as many bins as one asks for."""

from __future__ import annotations

import functools
import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..errors import ArgumentError, DtypeError, ShapeError
from .arithmetic import pow, trunc_divide
from .conv import LAYOUTS, Pair, sizes_of
from .elementwise import abs, astype
from .gates import relu
from .promotion import Array, at_least_single, check_floats, check_tensors
from .reduction import mean
from .rounding import sign

SHAPES = 1024
"""Shapes whose numbers of windows are remembered: to count them takes 1.3 microseconds, to look them up 0.1."""


# --- sums over windows -----------------------------------------------------------------------------------------------


class Windows(NamedTuple):
    """The windows along all dimensions."""

    bounds: tuple[np.ndarray, ...]
    """For each dimension (windows, 2): where each begins, and where it ends."""
    seen_by: tuple[np.ndarray, ...]
    """For each dimension (places, 2): the first window that sees a place, and the one behind the last."""
    divisor: Any
    """Of how many values each window is the mean: a number if it is the same for all, else an array."""


@primitive
def _sums(x, bounds, seen_by, divisor):
    """The sums over the windows along the last dimensions, divided by a number."""
    return kernels.of(x).window_sums(x, bounds, divisor)


@_sums.gradient("x")
def _(g, bounds, seen_by, divisor):
    """What a place gets is a sum over the windows that see it."""
    return _sums(g, seen_by, bounds, divisor)


@primitive
def _whole_sums(x, bounds):
    """The same of integers, as differences of the sums up to each place."""
    for axis, along in enumerate(bounds, x.ndim - len(bounds)):
        up_to = np.cumsum(np.insert(x, 0, 0, axis), axis)
        x = up_to.take(along[:, 1], axis) - up_to.take(along[:, 0], axis)
    return x


def _means(x: Array, windows: Windows, divisor: int | None) -> Array:
    """The sums over windows divided by the number of their values, or by `divisor`."""
    bounds, seen_by, own = windows
    divisor = own if divisor is None else divisor
    if x.dtype.kind != "f":
        return trunc_divide(_whole_sums(x, bounds), divisor)
    if isinstance(divisor, int):
        return _sums(x, bounds, seen_by, divisor)
    means = _sums(at_least_single(x), bounds, seen_by, 1) / divisor.astype(x.dtype)
    return means if means.dtype == x.dtype else astype(means, x.dtype)


@lru_cache(SHAPES)
def _windows(
    plane: tuple[int, ...],
    size: tuple[int, ...],
    step: tuple[int, ...],
    pads: tuple[int, ...],
    counts: tuple[int, ...],
    include_pad: bool,
) -> Windows:
    bounds, sizes = [], []
    for n, k, s, p, m in zip(plane, size, step, pads, counts, strict=True):
        starts = np.arange(m) * s - p
        ends = np.minimum(starts + k, n + p)
        inside = np.stack([np.maximum(starts, 0), np.minimum(ends, n)], 1)
        bounds.append(inside)
        sizes.append(ends - starts if include_pad else inside[:, 1] - inside[:, 0])
    return _with_transposes(plane, bounds, sizes)


@lru_cache(SHAPES)
def _bins(plane: tuple[int, ...], counts: tuple[int, ...]) -> Windows:
    bounds = [np.array(bins(n, m), np.int64).reshape(m, 2) for n, m in zip(plane, counts, strict=True)]
    return _with_transposes(plane, bounds, [along[:, 1] - along[:, 0] for along in bounds])


def _with_transposes(plane: tuple[int, ...], bounds: list[np.ndarray], sizes: list[np.ndarray]) -> Windows:
    """Begins and ends are in order, and so are the windows that see a place."""
    seen_by = []
    for n, (begins, ends) in zip(plane, (along.T for along in bounds), strict=True):
        places = np.arange(n)
        first = ends.searchsorted(places, "right")
        seen_by.append(np.stack([first, np.maximum(first, begins.searchsorted(places, "right"))], 1))
    divisor = functools.reduce(np.multiply.outer, sizes)
    same = divisor.size and (divisor == divisor.flat[0]).all()
    return Windows(tuple(bounds), tuple(seen_by), int(divisor.flat[0]) if same else divisor)


# --- means -----------------------------------------------------------------------------------------------------------


def window_count(n: int, size: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> int:
    """How many windows fit; with ceil_mode also one that begins inside and reaches over the end."""
    room = n + 2 * padding - dilation * (size - 1) - 1
    count = (math.ceil(room / stride) if ceil_mode else room // stride) + 1
    if ceil_mode and (count - 1) * stride >= n + padding:
        count -= 1
    return count


@lru_cache(SHAPES)
def _window_counts(
    plane: tuple[int, ...],
    size: tuple[int, ...],
    step: tuple[int, ...],
    pads: tuple[int, ...],
    spread: tuple[int, ...],
    ceil_mode: bool,
) -> tuple[int, ...]:
    along = zip(plane, size, step, pads, spread, strict=True)
    return tuple(window_count(*sizes, ceil_mode) for sizes in along)


def pooled_geometry(
    name: str, x: Array, count: int, kernel_size: Pair, stride: Any, padding: Pair, dilation: Pair, ceil_mode: bool
) -> tuple[tuple[int, ...], ...]:
    """Kernel size, stride, padding, dilation and number of windows, checked."""
    size = sizes_of(f"{name}: kernel_size", kernel_size, count, 1)
    empty = stride is None or (isinstance(stride, (tuple, list)) and not stride)
    step = size if empty else sizes_of(f"{name}: stride", stride, count, 1)
    pads = sizes_of(f"{name}: padding", padding, count, 0)
    spread = sizes_of(f"{name}: dilation", dilation, count, 1)
    if any(pads) and any(2 * p > k for p, k in zip(pads, size, strict=True)):
        raise ArgumentError(f"{name}: padding {pads} exceeds half the kernel size {size}")
    counts = _window_counts(x.shape[-count:], size, step, pads, spread, ceil_mode)
    if min(counts) < 1:
        raise ShapeError(f"{name}: windows of {size} do not fit into {tuple(x.shape[-count:])} padded by {pads}")
    return size, step, pads, spread, counts


def check_images(name: str, x: Array, count: int) -> None:
    """Raise unless x has `count` dimensions behind channels and an optional batch."""
    check_tensors(name, x)
    if x.ndim not in (count + 1, count + 2) or 0 in x.shape[-count - 1 :]:
        raise ShapeError(f"{name}: got shape {tuple(x.shape)}, needs images {LAYOUTS[count][0]}")


def avg_pool1d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """The means over windows of (N, C, L) or (C, L); otherwise as `avg_pool2d`."""
    return _averaged("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """The means over windows of (N, C, H, W) or (C, H, W).

    stride               the distance between windows; by default the kernel size
    ceil_mode            also windows that reach over the end
    count_include_pad    whether padding counts in the number that is divided by
    divisor_override     the number to divide by
    """
    return _averaged(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """The means over windows of (N, C, D, H, W) or (C, D, H, W); otherwise as `avg_pool2d`."""
    return _averaged(
        "avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def _averaged(
    name: str,
    count: int,
    input: Array,
    kernel_size: Pair,
    stride: Any,
    padding: Pair,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Array:
    check_images(name, input, count)
    if input.dtype.kind != "f" and input.dtype != np.int64:
        raise DtypeError(f"{name}: got {input.dtype}, needs a floating dtype or int64; use x.float()")
    if divisor_override is not None and (not isinstance(divisor_override, int) or divisor_override == 0):
        raise ArgumentError(f"{name}: divisor_override {divisor_override}; needs a whole number other than 0, or None")
    size, step, pads, _, counts = pooled_geometry(name, input, count, kernel_size, stride, padding, 1, ceil_mode)
    windows = _windows(input.shape[-count:], size, step, pads, counts, bool(count_include_pad))
    return _means(input, windows, divisor_override)


# --- bins ------------------------------------------------------------------------------------------------------------


def bins(n: int, count: int) -> list[tuple[int, int]]:
    """`count` stretches that cover n places, each of nearly the same length; they may overlap."""
    return [(i * n // count, -(-(i + 1) * n // count)) for i in range(count)]


def wanted_sizes(name: str, x: Array, output_size: Any, count: int) -> tuple[int, ...]:
    """The output size; None in the place of a number keeps that of a dimension."""
    given = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * count
    sizes = tuple(n if m is None else m for m, n in zip(given, x.shape[-count:], strict=False))
    whole = output_size is not None and all(isinstance(n, (int, np.integer)) and n >= 0 for n in sizes)
    if len(given) != count or not whole:
        raise ArgumentError(f"{name}: output_size {output_size!r}; needs {count} whole numbers of at least 0")
    return tuple(int(n) for n in sizes)


def _adaptive(name: str, input: Array, output_size: Any, count: int) -> Array:
    check_images(name, input, count)
    check_floats(name, input)
    sizes = wanted_sizes(name, input, output_size, count)
    if set(sizes) == {1}:  # one bin, one sum: a third of the time that sums along one dimension after the other take
        return mean(input, tuple(range(input.ndim - count, input.ndim)), True)
    return _means(input, _bins(input.shape[-count:], sizes), None)


def adaptive_avg_pool1d(input: Array, output_size: Any) -> Array:
    """The means over `output_size` bins of (N, C, L) or (C, L)."""
    return _adaptive("adaptive_avg_pool1d", input, output_size, 1)


def adaptive_avg_pool2d(input: Array, output_size: Any) -> Array:
    """The means over a grid of bins of (N, C, H, W) or (C, H, W); None keeps a size."""
    return _adaptive("adaptive_avg_pool2d", input, output_size, 2)


def adaptive_avg_pool3d(input: Array, output_size: Any) -> Array:
    """The means over a grid of bins of (N, C, D, H, W) or (C, D, H, W); None keeps a size."""
    return _adaptive("adaptive_avg_pool3d", input, output_size, 3)


# --- power means -----------------------------------------------------------------------------------------------------


def _power_pool(
    name: str, count: int, input: Array, p: float, kernel_size: Pair, stride: Any, ceil_mode: bool
) -> Array:
    size = sizes_of(f"{name}: kernel_size", kernel_size, count, 1)
    check_tensors(name, input)
    if p == 0:
        raise ArgumentError(f"{name}: norm_type 0; needs another number")
    if math.isinf(p):
        from .pool import max_pooled

        toward = math.copysign(1.0, p)
        return max_pooled(name, count, abs(input) * toward, kernel_size, stride, 0, 1, ceil_mode, False) * toward
    means = _averaged(name, count, pow(input, p), kernel_size, stride, 0, ceil_mode, True, None)
    return pow(sign(means) * relu(abs(means)) * math.prod(size), 1.0 / p)


def lp_pool1d(
    input: Array, norm_type: float, kernel_size: Pair, stride: Pair | None = None, ceil_mode: bool = False
) -> Array:
    """(sum x^p)^(1/p) over windows of (N, C, L) or (C, L); of p inf and -inf the greatest and least |x|."""
    return _power_pool("lp_pool1d", 1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Array, norm_type: float, kernel_size: Pair, stride: Pair | None = None, ceil_mode: bool = False
) -> Array:
    """(sum x^p)^(1/p) over windows of (N, C, H, W) or (C, H, W)."""
    return _power_pool("lp_pool2d", 2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Array, norm_type: float, kernel_size: Pair, stride: Pair | None = None, ceil_mode: bool = False
) -> Array:
    """(sum x^p)^(1/p) over windows of (N, C, D, H, W) or (C, D, H, W)."""
    return _power_pool("lp_pool3d", 3, input, norm_type, kernel_size, stride, ceil_mode)
