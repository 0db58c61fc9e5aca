"""Means over windows of images, and over as many bins as one asks for."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from ..autograd import primitive
from ..errors import ArgumentError, DtypeError, ShapeError
from .arithmetic import pow, trunc_divide
from .conv import LAYOUTS, Pair, sizes_of
from .elementwise import abs, astype
from .gates import relu
from .padding import constant_pad_nd
from .promotion import Array, at_least_single, check_floats, check_tensors
from .rearranging import windows
from .reduction import mean, plain_sum
from .rounding import sign
from .shape import narrow

SHAPES = 1024
"""Shapes whose numbers of windows are remembered: to count them takes 1.3 microseconds, to look them up 0.1."""


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
    geometry = pooled_geometry(name, input, count, kernel_size, stride, padding, 1, ceil_mode)
    size, step, pads, _, counts = geometry
    widths, divisors = [], np.ones((), np.int64)
    for n, k, s, p, m in zip(input.shape[-count:], size, step, pads, counts, strict=True):
        starts = np.arange(m) * s - p
        ends = np.minimum(starts + k, n + p)
        inside = np.minimum(ends, n) - np.maximum(starts, 0)
        divisors = divisors[..., None] * (ends - starts if count_include_pad else inside)
        widths.append((p, max(int((m - 1) * s + k - n - p), 0)))
    x = constant_pad_nd(input, [n for pair in reversed(widths) for n in pair]) if np.any(widths) else input
    x = at_least_single(x)
    for i in range(count):
        axis = input.ndim - count + i
        x = windows(x, axis, size[i], step[i])
        x = plain_sum(x[(slice(None),) * axis + (slice(counts[i]),)], (x.ndim - 1,), False)
    if x.dtype.kind != "f":
        return trunc_divide(x, divisors if divisor_override is None else divisor_override)
    means = x / (divisors.astype(x.dtype) if divisor_override is None else float(divisor_override))
    return means if means.dtype == input.dtype else astype(means, input.dtype)


# --- bins ------------------------------------------------------------------------------------------------------------


def bins(n: int, count: int) -> list[tuple[int, int]]:
    """`count` stretches that cover n places, each of nearly the same length; they may overlap."""
    return [(i * n // count, -(-(i + 1) * n // count)) for i in range(count)]


@primitive
def _bin_means(x, axis, count):
    lead = (slice(None),) * axis
    means = [x[lead + (slice(a, b),)].mean(axis) for a, b in bins(x.shape[axis], count)]
    return np.stack(means, axis)


@_bin_means.gradient("x")
def _(g, x_shape, axis, count):
    return _spread_over_bins(g, x_shape, axis)


@primitive
def _spread_over_bins(g, shape, axis):
    x = np.zeros(shape, g.dtype)
    lead = (slice(None),) * axis
    for i, (a, b) in enumerate(bins(shape[axis], g.shape[axis])):
        x[lead + (slice(a, b),)] += g[lead + (slice(i, i + 1),)] / (b - a)
    return x


@_spread_over_bins.gradient("g")
def _(gg, axis, g_shape):
    return _bin_means(gg, axis, g_shape[axis])


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
    for i, size in enumerate(sizes):
        axis = input.ndim - count + i
        input = _bin_means(input, axis, size) if size else narrow(input, axis, 0, 0)
    return input


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
