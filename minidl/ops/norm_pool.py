"""Batch norm, ReLU and max pooling as one operator: a convolutional network's usual block."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..autograd.graph import Variable
from .conv import Pair, pair
from .norm import batch_norm_gradient, by_own_moments, check_norm
from .pool import spread_windows
from .promotion import Array, array_of


@primitive(outputs=("values", "taps", "chosen"))
def _batch_norm_relu_pool(x, weight, bias, mean, rstd, eps, kernel_size):
    """Also which tap of each window is the greatest, as `max_pool2d` counts, and the x there; that of padding where all
    are zero."""
    return kernels.of(x).batch_norm_relu_pool(x, mean, rstd, weight, bias, kernel_size)


@_batch_norm_relu_pool.gradient("x", "weight", "bias")
def _(g, x, weight, bias, mean, rstd, eps, kernel_size, taps, chosen):
    if isinstance(g[0], np.ndarray):
        found = g[0], taps, chosen
        return kernels.of(x).batch_norm_relu_pool_gradient(*found, x, mean, rstd, weight, bias, kernel_size)
    spread = spread_windows(g[0], taps, x.shape, kernel_size, kernel_size, (0, 0), (1, 1))
    return batch_norm_gradient(spread, x, weight, eps)


def windows_fit(input: Any, weight: Array | None, kernel_size: Pair) -> bool:
    """Whether `batch_norm_relu_pool` takes it: a batch of images of floats, each with room for a window, and no weight
    that is zero, which makes all values of a window equal."""
    x = array_of(input)
    if not isinstance(input, Variable) or x.ndim != 4 or x.dtype.kind != "f" or not x.size:
        return False
    if weight is not None and not array_of(weight).all():
        return False
    return all(n >= k for n, k in zip(x.shape[2:], pair("kernel_size", kernel_size, 1), strict=True))


def batch_norm_relu_pool(
    input: Array,
    running_mean: Array | None,
    running_var: Array | None,
    weight: Array | None,
    bias: Array | None,
    training: bool,
    momentum: float,
    eps: float,
    kernel_size: Pair,
) -> Array:
    """max_pool2d(relu(batch_norm(...)), kernel_size) of images that fit, in training: what comes between is never in
    memory, neither way."""
    check_norm(array_of(input), running_mean, running_var, weight, bias, training)
    size = pair("kernel_size", kernel_size, 1)

    def normalised(x: Array, weight: Array | None, bias: Array | None, mean: Any, rstd: Any, eps: float) -> Array:
        return _batch_norm_relu_pool(x, weight, bias, mean, rstd, eps, size)[0]

    return by_own_moments(normalised, input, running_mean, running_var, weight, bias, momentum, eps)
