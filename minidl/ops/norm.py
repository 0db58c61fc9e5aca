"""Normalisation: batch norm (Ioffe & Szegedy 2015)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..autograd.graph import Variable
from ..autograd.modes import is_grad_enabled
from ..errors import ArgumentError, DtypeError, ShapeError
from .activation import gate, relu
from .elementwise import astype, clone, rsqrt
from .promotion import Array, array_of, check_floats, check_tensors
from .reduction import mean as average
from .reduction import sum as total
from .shape import reshape


@primitive
def _batch_norm(x, weight, bias, mean, rstd, eps):
    """(x - mean) * rstd * weight + bias, where mean and rstd are those of x itself."""
    return kernels.of(x).batch_norm(x, mean, rstd, weight, bias)


@_batch_norm.gradient("x", "weight", "bias")
def _(g, x, weight, mean, rstd, eps):
    """One fused pass over arrays; over tensors, whose gradients must be differentiable again, the formula itself."""
    if isinstance(g, np.ndarray):
        return kernels.of(g).batch_norm_gradient(g, x, mean, rstd, weight)
    return batch_norm_gradient(g, x, weight, eps)


@primitive
def _batch_norm_relu(x, weight, bias, mean, rstd, eps):
    """The same, or zero where that is below: batch norm and ReLU in one pass."""
    return kernels.of(x).batch_norm(x, mean, rstd, weight, bias, 0.0)


@_batch_norm_relu.gradient("x", "weight", "bias")
def _(g, x, weight, bias, mean, rstd, eps):
    if isinstance(g, np.ndarray):
        return kernels.of(g).batch_norm_gradient(g, x, mean, rstd, weight, bias, 0.0)
    return batch_norm_gradient(gate(g, _batch_norm(x, weight, bias, mean, rstd, eps)), x, weight, eps)


def batch_norm_gradient(g: Array, x: Array, weight: Array, eps: float) -> tuple[Array, Array, Array]:
    """Gradients in x, weight and bias; Ioffe & Szegedy 2015, section 3."""
    axes = _but_channels(x)
    centred = x - average(x, axes, True)
    rstd = rsqrt(average(centred * centred, axes, True) + eps)
    normal = centred * rstd
    gx = rstd * (g - average(g, axes, True) - normal * average(g * normal, axes, True))
    if weight is not None:
        gx = gx * _along(x, weight)
    return gx, total(g * normal, axes), total(g, axes)


@primitive
def _batch_norm_by(x, weight, bias, mean, variance, eps):
    """(x - mean) / sqrt(variance + eps) * weight + bias, where mean and variance are constants."""
    return kernels.of(x).batch_norm_by(x, mean, variance, weight, bias, eps)


@_batch_norm_by.gradient("x")
def _(g, weight, variance, eps):
    rstd = rsqrt(variance + eps)
    return g * _along(g, rstd if weight is None else weight * rstd)


@_batch_norm_by.gradient("weight")
def _(g, x, mean, variance, eps):
    return total(g * ((x - _along(x, mean)) * _along(x, rsqrt(variance + eps))), _but_channels(x))


@_batch_norm_by.gradient("bias")
def _(g):
    return total(g, _but_channels(g))


def _but_channels(x: Array) -> tuple[int, ...]:
    return (0, *range(2, x.ndim))


def _along(x: Array, statistic: Array) -> Array:
    """A number a channel, so that it broadcasts with x (N, C, ...)."""
    return reshape(statistic, (1, -1, *[1] * (x.ndim - 2)))


def batch_norm(
    input: Array,
    running_mean: Array | None,
    running_var: Array | None,
    weight: Array | None = None,
    bias: Array | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:
    """Normalise each channel of (N, C) or (N, C, ...), then scale by `weight` and shift by `bias`, both (C,).

    training   with the batch's own mean and variance, of which a share `momentum` goes into the running ones (there the
               variance is the unbiased one); otherwise with the running ones
    """
    x = array_of(input)
    if not isinstance(x, np.ndarray):
        check_tensors("batch_norm", input)
    if not x.size:
        return clone(input) if x.ndim < 2 else by_channel(input, weight, bias)
    check_norm(x, running_mean, running_var, weight, bias, training)
    if not training:
        mean, variance = array_of(running_mean), array_of(running_var)
        if is_grad_enabled():  # what a node keeps must not follow the running statistics
            mean, variance = mean.copy(), variance.copy()
        return _batch_norm_by(input, weight, bias, mean, variance, eps)
    return by_own_moments(_batch_norm, input, running_mean, running_var, weight, bias, momentum, eps)


def batch_norm_relu(
    input: Array,
    running_mean: Array | None,
    running_var: Array | None,
    weight: Array | None,
    bias: Array | None,
    training: bool,
    momentum: float,
    eps: float,
) -> Array:
    """relu(batch_norm(...)); in training one operator, whose ReLU costs no pass over memory, neither way."""
    x = array_of(input)
    if not training or not x.size or not isinstance(input, Variable):
        return relu(batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps))
    check_norm(x, running_mean, running_var, weight, bias, training)
    return by_own_moments(_batch_norm_relu, input, running_mean, running_var, weight, bias, momentum, eps)


def by_own_moments(
    normalised: Callable[..., Array],
    input: Array,
    running_mean: Array | None,
    running_var: Array | None,
    weight: Array | None,
    bias: Array | None,
    momentum: float,
    eps: float,
) -> Array:
    """Normalise by the mean and variance of the input, of which the running ones take a share."""
    x = array_of(input)
    mean, variance = kernels.of(x).channel_moments(x)
    if running_mean is not None and running_var is not None:
        count = x.size // max(x.shape[1], 1)
        for running, new in ((running_mean, mean), (running_var, variance * (count / (count - 1)))):
            running.array += momentum * (new - running.array)
            running.version[0] += 1
    return normalised(input, weight, bias, mean, 1 / np.sqrt(variance + eps), eps)


def count_batch(counter: Variable) -> None:
    """Count one batch more in a tensor of one whole number, as quickly as the running statistics are changed."""
    counter.array += 1
    counter.version[0] += 1


def by_channel(x: Array, weight: Array | None, bias: Array | None) -> Array:
    """x times weight plus bias, both one number a channel, the second dimension; in the dtype of x."""
    shape = (1, -1) + (1,) * (x.ndim - 2)
    y = x if weight is None else x * reshape(weight, shape)
    return in_dtype_of(x, y if bias is None else y + reshape(bias, shape))


def in_dtype_of(x: Array, y: Array) -> Array:
    """y in the dtype of x, which a weight of float32 beside float16 has left."""
    return y if y.dtype == x.dtype else astype(y, x.dtype)


def check_channels(name: str, x: Array, **values: Array | None) -> None:
    """Raise unless all values have one number for each channel."""
    check_fitting(name, x, (x.shape[1],), **values)


def check_fitting(name: str, x: Array, shape: tuple[int, ...], **values: Array | None) -> None:
    """Raise unless all values have this shape and the dtype of x; float32 goes with float16, too."""
    dtype = x.dtype
    for part, value in values.items():
        if value is None:
            continue
        own = array_of(value)
        if own.shape != shape:
            raise ShapeError(f"{name}: input {tuple(x.shape)} with {part} {tuple(own.shape)}; needs {shape}")
        if own.dtype is not dtype and own.dtype != dtype and (dtype, own.dtype) != (np.float16, np.float32):
            raise DtypeError(f"{name}: input {dtype} with {part} {own.dtype}; needs one dtype")


def check_norm(
    x: np.ndarray,
    running_mean: Array | None,
    running_var: Array | None,
    weight: Array | None,
    bias: Array | None,
    training: bool,
) -> None:
    if x.ndim < 2:
        raise ShapeError(f"batch_norm: got shape {tuple(x.shape)}, needs (N, C) or (N, C, ...)")
    check_floats("batch_norm", x)
    check_channels("batch_norm", x, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if training and x.size == x.shape[1]:
        raise ShapeError(
            f"batch_norm: got shape {tuple(x.shape)}: one value a channel has no variance; "
            "use a larger batch, or eval()"
        )
    if (running_mean is None) != (running_var is None):
        raise ArgumentError("batch_norm: got one of running_mean and running_var; give both, or neither")
    if not training and (running_mean is None or running_var is None):
        raise ArgumentError(
            "batch_norm: evaluation needs running_mean and running_var; pass training=True without them"
        )
