"""Normalisations under PyTorch's `native_*` names: with the result, what it was made of.

That has no gradient of its own, but for the moments of `native_group_norm`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import dtypes
from ..autograd.calling import wrap
from ..errors import ShapeError
from ..random import numpy_generator
from .dropout import dropout
from .elementwise import clone, rsqrt, square
from .layer_norm import group_norm, layer_norm
from .norm import batch_norm, in_dtype_of
from .promotion import Array, array_of, at_least_single, check_floats
from .reduction import mean
from .shape import reshape, unsqueeze


def _moments(x: np.ndarray, axes: tuple[int, ...], eps: float, keepdims: bool) -> tuple[Array, Array]:
    """The means over the axes, and 1 / sqrt(variance + eps)."""
    wide = x.astype(np.float32) if x.dtype == np.float16 else x
    mean = wide.mean(axes, keepdims=keepdims)
    rstd = 1 / np.sqrt(wide.var(axes, keepdims=keepdims) + eps)
    return wrap(np.asarray(mean, x.dtype)), wrap(np.asarray(rstd, x.dtype))


def native_layer_norm(
    input: Array, normalized_shape: Sequence[int], weight: Array | None, bias: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    """`layer_norm`; the mean of each sample, and 1 / sqrt(its variance + eps)."""
    result = layer_norm(input, normalized_shape, weight, bias, eps)
    count = 1 if isinstance(normalized_shape, int) else len(normalized_shape)
    return result, *_moments(array_of(input), tuple(range(input.ndim - count, input.ndim)), eps, True)


def native_group_norm(
    input: Array, weight: Array | None, bias: Array | None, N: int, C: int, HxW: int, group: int, eps: float
) -> tuple[Array, Array, Array]:
    """`group_norm` of N samples of C channels of HxW places; the mean of each group (N, group), and 1 / sqrt(its
    variance + eps)."""
    if array_of(input).size != N * C * HxW or group < 1 or C % group:
        raise ShapeError(
            f"native_group_norm: input {tuple(input.shape)} with N {N}, C {C}, HxW {HxW} and {group} groups; needs "
            "N * C * HxW elements, and a number of groups that divides C"
        )
    result = reshape(group_norm(reshape(input, (N, C, HxW)), group, weight, bias, eps), tuple(input.shape))
    grouped = at_least_single(reshape(input, (N, group, C * HxW // group)))
    average = mean(grouped, 2)
    rstd = rsqrt(mean(square(grouped - unsqueeze(average, 2)), 2) + eps)
    return result, in_dtype_of(input, average), in_dtype_of(input, rstd)


def native_batch_norm(
    input: Array,
    weight: Array | None,
    bias: Array | None,
    running_mean: Array | None,
    running_var: Array | None,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[Array, Array, Array]:
    """`batch_norm`; in training the mean of each channel, and 1 / sqrt(its variance + eps), else two empty tensors."""
    result = batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)
    x = array_of(input)
    if not training:
        return result, wrap(np.empty(0, x.dtype)), wrap(np.empty(0, x.dtype))
    return result, *_moments(x, (0, *range(2, x.ndim)), eps, False)


def native_dropout(input: Array, p: float, train: bool | None) -> tuple[Array, Array]:
    """In training (None is that, too), or else of nothing: `dropout`, and which elements it left."""
    check_floats("native_dropout", input)
    shape = tuple(input.shape)
    if train is False or p == 0:
        return clone(input), wrap(np.ones(shape, dtypes.bool_))
    dropout(input, p, False)  # which checks p
    kept = numpy_generator(None).random(shape, np.float32) >= p
    scale = input.dtype.type(1 / (1 - p) if p < 1 else 0)
    return input * (kept * scale), wrap(kept)
