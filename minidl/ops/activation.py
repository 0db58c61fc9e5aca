"""Activation functions: each the forward on kernels, and beside it the gradient in one line.

On arrays a gradient is one pass of a kernel, on tensors the line itself, which is recorded.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, ParamSpec

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..dtypes import as_dtype, float32
from ..errors import MinidlWarning, ShapeError
from .comparison import where
from .elementwise import astype, exp
from .inplace import update
from .promotion import Array, apply_to_floats, as_float, check_floats, constant
from .reduction import sum as total

Arguments = ParamSpec("Arguments")

TANH_FROM = 1 << 12
"""Elements from which one jitted pass for the gradient of tanh beats NumPy's three, and is worth compiling."""


def may_write(function: Callable[Arguments, Any]) -> Callable[Arguments, Any]:
    """Serve the argument `inplace`, the last by position, of an activation: its result is written into the input."""
    place = function.__code__.co_argcount - 1

    @functools.wraps(function)
    def activate(*args: Any, **named: Any) -> Any:
        if len(args) <= place and not named:
            return function(*args)  # type: ignore[call-arg] # of the usual call, soonest
        inplace = args[place] if len(args) > place else named.pop("inplace", False)
        if inplace:
            return update(args[0], function, *args[1:place], **named)
        return function(*args[:place], **named)

    return activate


@primitive
def tanh(x):
    """The hyperbolic tangent."""
    return apply_to_floats(np.tanh, x)


@tanh.gradient
def _(g, y):
    if isinstance(y, np.ndarray) and y.size >= TANH_FROM:
        return kernels.of(y).tanh_gradient(y, g)
    return g * (1 - y * y)


@primitive
def sigmoid(x):
    """1 / (1 + exp(-x))"""
    x = as_float(x)
    return kernels.of(x).sigmoid(x)


@sigmoid.gradient
def _(g, y):
    if isinstance(y, np.ndarray):
        return kernels.of(y).sigmoid_gradient(y, g)
    return g * (y * (1 - y))


@primitive
def relu(x):
    """max(x, 0); the gradient at zero is zero."""
    return kernels.of(x).relu(x)


@relu.gradient
def _(g, y):
    return gate(g, y)


@primitive
def gate(g, y):
    """Zero where y <= 0, else g."""
    return kernels.of(g).gate(y, g)


@gate.gradient("g")
def _(gg, y):
    return gate(gg, y)


@gate.gradient("y")
def _(gg):
    return where(False, gg, 0.0)


@primitive
def _leaky_relu(x, negative_slope):
    return kernels.of(x).leaky_relu(x, negative_slope)


@_leaky_relu.gradient("x")
def _(g, x, negative_slope):
    if isinstance(x, np.ndarray):
        return kernels.of(x).leaky_relu_gradient(x, g, negative_slope)
    return where(x > 0, g, g * negative_slope)


@may_write
def leaky_relu(input: Array, negative_slope: float = 0.01, inplace: bool = False) -> Array:
    """x where positive, else negative_slope * x."""
    check_floats("leaky_relu", input)
    return _leaky_relu(input, negative_slope)


@primitive
def scaled_elu(x, rise, floor, steepness):
    """rise * x where x is positive, else floor * (exp(steepness * x) - 1): ELU, SELU and CELU."""
    return kernels.of(x).elu(x, rise, floor, steepness)


@scaled_elu.gradient("x")
def _(g, x, rise, floor, steepness):
    slope = floor * steepness
    if isinstance(x, np.ndarray):
        return kernels.of(x).elu_gradient(x, g, rise, slope, steepness)
    return where(x <= 0, g * (slope * exp(where(x < 0, x, 0.0) * steepness)), g * rise)


@may_write
def elu(input: Array, alpha: float = 1.0, inplace: bool = False) -> Array:
    """x where positive, else alpha * (exp(x) - 1).  Clevert et al. 2015."""
    check_floats("elu", input)
    return scaled_elu(input, 1.0, float(alpha), 1.0)


@primitive
def _softplus(x, beta, threshold):
    check_floats("softplus", x)
    if x.dtype is float32:
        beta, threshold = constant(beta), constant(threshold)
    return kernels.of(x).softplus(x, beta, threshold)


@_softplus.gradient("x")
def _(g, x, beta, threshold):
    if isinstance(x, np.ndarray):
        return kernels.of(x).softplus_gradient(x, g, beta, threshold)
    return where(x * beta > threshold, g, g * sigmoid(x * beta))


def softplus(input: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    """log(1 + exp(beta * x)) / beta, and x itself where beta * x exceeds the threshold."""
    return _softplus(input, beta, threshold)


@primitive
def logsigmoid(x):
    """log(sigmoid(x)), without overflow."""
    return kernels.of(x).logsigmoid(as_float(x))


@logsigmoid.gradient
def _(g, x):
    if isinstance(x, np.ndarray):
        return kernels.of(x).logsigmoid_gradient(x, g)
    return g * sigmoid(-x)


@primitive
def _softmax(x, axis):
    check_floats("softmax", x)
    return kernels.of(x).softmax(x, axis)


@_softmax.gradient("x")
def _(g, y, axis):
    if isinstance(y, np.ndarray):
        return kernels.of(y).softmax_gradient(y, g, axis)
    gy = g * y
    return gy - y * total(gy, axis, True)


@primitive
def _log_softmax(x, axis):
    check_floats("log_softmax", x)
    return kernels.of(x).log_softmax(x, axis)


@_log_softmax.gradient("x")
def _(g, y, axis):
    if isinstance(y, np.ndarray):
        return kernels.of(y).log_softmax_gradient(y, g, axis)
    return g - exp(y) * total(g, axis, True)


def softmax(input: Array, dim: int | None = None, dtype: Any = None) -> Array:
    """exp(x) / sum(exp(x)) along `dim`."""
    x = input if dtype is None else astype(input, as_dtype(dtype))
    return _softmax(x, _axis("softmax", x, dim))


def log_softmax(input: Array, dim: int | None = None, dtype: Any = None) -> Array:
    """log(softmax(x)) along `dim`, without overflow."""
    x = input if dtype is None else astype(input, as_dtype(dtype))
    return _log_softmax(x, _axis("log_softmax", x, dim))


def _axis(name: str, x: Array, dim: int | None) -> int:
    """The dimension: without one, 1 of matrices and of images, else 0."""
    if dim is None:
        dim = 0 if x.ndim in (0, 1, 3) else 1
        warnings.warn(f"{name}: dim is missing, {dim} is taken; give dim", MinidlWarning, stacklevel=3)
    ndim = x.ndim or 1
    if not isinstance(dim, int) or not -ndim <= dim < ndim:
        raise ShapeError(f"{name}: dim {dim} of a tensor with shape {tuple(x.shape)}")
    return dim
