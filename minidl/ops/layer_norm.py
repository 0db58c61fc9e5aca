"""Normalisation over dimensions of one sample: layer, group, instance, RMS, local response."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..errors import ArgumentError, ShapeError
from .arithmetic import pow
from .conv import sizes_of
from .elementwise import rsqrt, square
from .norm import batch_norm, by_channel, check_channels, check_fitting, in_dtype_of
from .padding import constant_pad_nd
from .promotion import Array, array_of, at_least_single, check_floats, check_tensors
from .rearranging import unfold
from .reduction import mean, plain_sum
from .shape import reshape


def _standardised(x: Array, axes: tuple[int, ...], eps: float) -> tuple[Array, Array]:
    """(x - mean) / sqrt(variance + eps) over the axes, made of operators, and the factor 1 / sqrt(variance + eps)."""
    centred = x - mean(x, axes, True)
    scale = rsqrt(mean(square(centred), axes, True) + eps)
    return centred * scale, scale


def _pulled_back(g: Array, normal: Array, scale: Array, axes: tuple[int, ...]) -> Array:
    """The gradient of x from that of what `_standardised` gives."""
    return (g - normal * mean(g * normal, axes, True) - mean(g, axes, True)) * scale


def _last(name: str, input: Array, normalized_shape: Sequence[int], weight: Any, bias: Any) -> tuple[int, ...]:
    """The last dimensions, whose sizes are given."""
    check_tensors(name, input)
    x = array_of(input)
    check_floats(name, x)
    sizes = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not sizes or x.shape[-len(sizes) :] != sizes or not all(isinstance(n, int) for n in sizes):
        raise ShapeError(f"{name}: normalized_shape {sizes} for input {tuple(x.shape)}; needs its last dimensions")
    check_fitting(name, x, sizes, weight=weight, bias=bias)
    return tuple(range(x.ndim - len(sizes), x.ndim))


def layer_norm(
    input: Array,
    normalized_shape: Sequence[int],
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-5,
) -> Array:
    """Each sample's last dimensions to mean 0 and variance 1, times weight, plus bias (Ba et al. 2016)."""
    axes = _last("layer_norm", input, normalized_shape, weight, bias)
    x = array_of(input)
    if x.dtype.char in "fd" and x.size:  # as those of weight and bias, then; the kernel does no halves, and needs a row
        return _layer_norm(input, weight, bias, len(axes), eps)[0]
    normal = _standardised(at_least_single(input), axes, eps)[0]
    scaled = normal if weight is None else normal * weight
    return in_dtype_of(input, scaled if bias is None else scaled + bias)


@primitive(outputs=("y", "means", "scales"))
def _layer_norm(x, weight, bias, own, eps):
    """Over the last `own` dimensions."""
    return kernels.of(x).layer_norm(x, own, weight, bias, eps)


@_layer_norm.gradient("x", "weight", "bias")
def _(g, x, weight, own, eps, means, scales):
    g = g[0]
    if isinstance(g, np.ndarray):
        return kernels.of(g).layer_norm_gradient(g, x, own, weight, means, scales)
    lead, axes = _split(x, own)
    normal, scale = _standardised(x, axes, eps)
    dx = _pulled_back(g if weight is None else g * weight, normal, scale, axes)
    return dx, plain_sum(g * normal, lead, False), plain_sum(g, lead, False)


def _split(x: Array, own: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The first dimensions, and the last `own`."""
    return tuple(range(x.ndim - own)), tuple(range(x.ndim - own, x.ndim))


def rms_norm(
    input: Array, normalized_shape: Sequence[int], weight: Array | None = None, eps: float | None = None
) -> Array:
    """Each sample's last dimensions divided by the root of their mean square (Zhang and Sennrich 2019)."""
    axes = _last("rms_norm", input, normalized_shape, weight, None)
    eps = float(np.finfo(np.promote_types(input.dtype, np.float32)).eps) if eps is None else eps
    x = array_of(input)
    if x.dtype.char in "fd" and x.size:
        return _rms_norm(input, weight, len(axes), eps)[0]
    wide = at_least_single(input)
    normal = wide * _factor(wide, axes, eps)
    return in_dtype_of(input, normal if weight is None else normal * weight)


@primitive(outputs=("y", "scales"))
def _rms_norm(x, weight, own, eps):
    """Over the last `own` dimensions."""
    return kernels.of(x).rms_norm(x, own, weight, eps)


@_rms_norm.gradient("x", "weight")
def _(g, x, weight, own, eps, scales):
    g = g[0]
    if isinstance(g, np.ndarray):
        return kernels.of(g).rms_norm_gradient(g, x, own, weight, scales)
    lead, axes = _split(x, own)
    scale = _factor(x, axes, eps)
    normal, p = x * scale, g if weight is None else g * weight
    return (p - normal * mean(p * normal, axes, True)) * scale, plain_sum(g * normal, lead, False)


def _factor(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    """1 / sqrt(mean of x^2 + eps) over the axes."""
    return rsqrt(mean(square(x), axes, True) + eps)


def group_norm(
    input: Array, num_groups: int, weight: Array | None = None, bias: Array | None = None, eps: float = 1e-5
) -> Array:
    """(N, C, ...) with each of `num_groups` groups of channels to mean 0 and variance 1 (Wu and He 2018)."""
    check_tensors("group_norm", input)
    check_floats("group_norm", input)
    sizes_of("group_norm: num_groups", num_groups, 1, 1)
    if input.ndim < 2 or input.shape[1] % num_groups:
        raise ShapeError(f"group_norm: {num_groups} groups for shape {tuple(input.shape)}; it must divide the channels")
    check_channels("group_norm", input, weight=weight, bias=bias)
    if input.shape[0] and math.prod(input.shape) == num_groups:
        raise ShapeError(
            f"group_norm: got shape {tuple(input.shape)}: one value a group has no variance; use a larger batch"
        )
    return _group_norm(input, weight, bias, num_groups, eps)[0]


@primitive(outputs=("y", "means", "variances"))
def _group_norm(x, weight, bias, groups, eps):
    return kernels.of(x).group_norm(x, groups, weight, bias, eps)


@_group_norm.gradient("x", "weight", "bias")
def _(g, x, weight, groups, eps, means, variances):
    g = g[0]
    if isinstance(g, np.ndarray):
        return kernels.of(g).group_norm_gradient(g, x, weight, means, variances, eps)
    rows = (x.shape[0], groups, math.prod(x.shape[1:]) // max(groups, 1))
    normal, scale = _standardised(reshape(x, rows), (2,), eps)
    dx = _pulled_back(reshape(by_channel(g, weight, None), rows), normal, scale, (2,))
    shape, but_channels = tuple(x.shape), (0, *range(2, x.ndim))
    along = plain_sum(g * reshape(normal, shape), but_channels, False)
    return reshape(dx, shape), along, plain_sum(g, but_channels, False)


def instance_norm(
    input: Array,
    running_mean: Array | None = None,
    running_var: Array | None = None,
    weight: Array | None = None,
    bias: Array | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:
    """Each channel of each sample of (N, C, ...) to mean 0 and variance 1 (Ulyanov et al. 2016).

    use_input_stats    False: with the running mean and variance; True: with its own, of whose means over the samples a
                       share `momentum` goes into the running ones, but for an empty batch
    """
    check_tensors("instance_norm", input)
    check_floats("instance_norm", input)
    if input.ndim < 3 or (use_input_stats and math.prod(input.shape[2:]) == 1):
        raise ShapeError(f"instance_norm: shape {tuple(input.shape)}; needs (N, C, ...) of more than one place")
    check_channels("instance_norm", input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise ArgumentError("instance_norm: use_input_stats=False needs running_mean and running_var")
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    if (running_mean is None) != (running_var is None):
        raise ArgumentError("instance_norm: got one of running_mean and running_var; give both, or neither")
    y, *moments = _group_norm(input, weight, bias, input.shape[1], eps)
    if running_mean is not None and running_var is not None and input.shape[0]:
        means, variances = map(array_of, moments)
        count = math.prod(input.shape[2:])
        for running, new in ((running_mean, means), (running_var, variances * (count / (count - 1)))):
            running.array += momentum * (new.mean(0) - running.array)
            running.version[0] += 1
    return y


def local_response_norm(input: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Array:
    """x / (k + alpha * mean of x^2 over `size` neighbouring channels)^beta (Krizhevsky et al. 2012)."""
    check_tensors("local_response_norm", input)
    if input.ndim < 3:
        raise ShapeError(f"local_response_norm: shape {tuple(input.shape)}; needs at least 3 dimensions")
    sizes_of("local_response_norm: size", size, 1, 1)
    if not math.prod(input.shape):
        return input
    widths = (0, 0) * (input.ndim - 2) + (size // 2, (size - 1) // 2)
    windows = unfold(constant_pad_nd(square(input), widths), 1, size, 1)
    return input / pow(plain_sum(windows, (windows.ndim - 1,), False) * (alpha / size) + k, beta)


def cross_map_lrn2d(input: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Array:
    """As `local_response_norm`, over the same number of neighbours on both sides: an even size counts one less."""
    if input.ndim != 4:
        raise ShapeError(f"cross_map_lrn2d: shape {tuple(input.shape)}; needs (N, C, H, W)")
    neighbours = size - 1 + size % 2
    return local_response_norm(input, neighbours, alpha * neighbours / size, beta, k)
