"""Activation functions that bend or gate: of straight pieces, smooth ones, gated ones; and their in-place forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..errors import ArgumentError, DtypeError, ShapeError
from ..random import Generator, numpy_generator
from . import activation
from .activation import may_write, sigmoid, softmax, softplus, tanh
from .arithmetic import sub
from .comparison import where
from .elementwise import abs, exp
from .inplace import in_place, update
from .joining import cat, chunk
from .promotion import Array, array_of, as_dtype, check_floats
from .scatter import scatter
from .shape import axis_of, reshape


def relu(input: Array, inplace: bool = False) -> Array:
    """max(x, 0); the gradient at zero is zero."""
    return update(input, activation.relu) if inplace else activation.relu(input)


# --- straight pieces -------------------------------------------------------------------------------------------------


@primitive
def _hardtanh(x, low, high):
    if x.dtype.kind == "f":
        return kernels.of(x).clip(x, low, high)
    return np.minimum(np.maximum(x, low), high)


@_hardtanh.gradient("x")
def _(g, x, low, high):
    if isinstance(x, np.ndarray):
        return kernels.of(x).gate_within(x, g, low, high)
    return where((x <= low) | (x >= high), 0.0, g)


@may_write
def hardtanh(input: Array, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Array:
    """x limited to [min_val, max_val]; the gradient is zero at both ends."""
    check_numbers("hardtanh", input)
    if min_val > max_val:
        raise ArgumentError(f"hardtanh: min_val {min_val} above max_val {max_val}")
    if input.dtype.kind == "u" and min_val < 0:
        raise DtypeError(f"hardtanh: got {input.dtype} and min_val {min_val}; use a signed dtype")
    return _hardtanh(input, as_dtype(min_val, input.dtype), as_dtype(max_val, input.dtype))


def check_numbers(name: str, x: Array) -> None:
    """Raise unless x holds numbers."""
    if x.dtype.kind == "b":
        check_floats(name, x)


@may_write
def relu6(input: Array, inplace: bool = False) -> Array:
    """x limited to [0, 6] (Krizhevsky 2010)."""
    check_numbers("relu6", input)
    return hardtanh(input, 0, 6)


@primitive
def _hardsigmoid(x):
    return kernels.of(x).hardsigmoid(x)


@_hardsigmoid.gradient
def _(g, x):
    if isinstance(x, np.ndarray):
        return kernels.of(x).hardsigmoid_gradient(x, g)
    return where((x > -3) & (x < 3), g / 6, 0.0)


@may_write
def hardsigmoid(input: Array, inplace: bool = False) -> Array:
    """(x + 3) / 6, limited to [0, 1]."""
    check_floats("hardsigmoid", input)
    return _hardsigmoid(input)


@primitive
def _hardswish(x):
    return kernels.of(x).hardswish(x)


@_hardswish.gradient
def _(g, x):
    if isinstance(x, np.ndarray):
        return kernels.of(x).hardswish_gradient(x, g)
    return g * where(x <= -3, 0.0, where(x < 3, x / 3 + 0.5, 1.0))


@may_write
def hardswish(input: Array, inplace: bool = False) -> Array:
    """x * hardsigmoid(x) (Howard et al. 2019)."""
    check_floats("hardswish", input)
    return _hardswish(input)


@primitive
def _hardshrink(x, lambd):
    return kernels.of(x).gate_outside(x, x, -lambd, lambd)


def _shrunk_gradient(g: Array, x: Array, lambd: float) -> Array:
    """g, but zero where x is within [-lambd, lambd]."""
    if isinstance(x, np.ndarray):
        return kernels.of(x).gate_outside(x, g, -lambd, lambd)
    return where((x >= -lambd) & (x <= lambd), 0.0, g)


@_hardshrink.gradient("x")
def _(g, x, lambd):
    return _shrunk_gradient(g, x, lambd)


def hardshrink(input: Array, lambd: float = 0.5) -> Array:
    """x, and zero within [-lambd, lambd]."""
    check_floats("hardshrink", input)
    return _hardshrink(input, float(lambd))


@primitive
def _softshrink(x, lambd):
    return sub(x, kernels.of(x).clip(x, -lambd, lambd))


@_softshrink.gradient("x")
def _(g, x, lambd):
    return _shrunk_gradient(g, x, lambd)


def softshrink(input: Array, lambd: float = 0.5) -> Array:
    """x moved by lambd towards zero, and zero within [-lambd, lambd]."""
    check_floats("softshrink", input)
    if lambd < 0:
        raise ArgumentError(f"softshrink: lambd {lambd}; needs at least 0")
    return _softshrink(input, float(lambd))


@may_write
def threshold(input: Array, threshold: float, value: float, inplace: bool = False) -> Array:
    """x where it exceeds the threshold, else `value`."""
    check_numbers("threshold", input)
    return _threshold(input, threshold, value)


@primitive
def _threshold(x, threshold, value):
    if x.dtype.kind == "f":
        return kernels.of(x).gate_above(x, x, threshold, value)
    return np.where(x <= threshold, x.dtype.type(value), x)


@_threshold.gradient("x")
def _(g, x, threshold):
    if isinstance(x, np.ndarray):
        return kernels.of(x).gate_above(x, g, threshold, 0.0)
    return where(x <= threshold, 0.0, g)


@primitive
def _prelu(x, slopes):
    return kernels.of(x).prelu(x, slopes)


@_prelu.gradient("x")
def _(g, x, slopes):
    if isinstance(x, np.ndarray):
        return kernels.of(x).prelu_gradient(x, g, slopes)
    return where(x > 0, g, g * slopes)


@_prelu.gradient("slopes")
def _(g, x):
    if isinstance(x, np.ndarray):
        return kernels.of(x).prelu_slope_gradient(x, g)
    return g * where(x > 0, 0.0, x)


def prelu(input: Array, weight: Array) -> Array:
    """x where positive, else weight * x; one weight, or one for each channel (He et al. 2015)."""
    check_floats("prelu", input)
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1 or array_of(weight).size not in (1, channels):
        raise ShapeError(f"prelu: weight {tuple(weight.shape)} for input {tuple(input.shape)}; needs 1 or {channels}")
    if weight.dtype != input.dtype:
        check_one_dtype("prelu", input, weight)
    slopes = weight
    if weight.ndim and input.ndim:
        slopes = reshape(weight, (1, -1) + (1,) * (input.ndim - 2) if input.ndim > 1 else (1,))
    elif weight.ndim:
        slopes = reshape(weight, ())
    return _prelu(input, slopes)


def check_one_dtype(name: str, *tensors: Array) -> None:
    """Raise unless all have one dtype."""
    if len({x.dtype for x in tensors}) > 1:
        raise ArgumentError(f"{name}: got {', '.join(str(x.dtype) for x in tensors)}; needs one dtype")


@may_write
def rrelu(
    input: Array,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Array:
    """x where positive, else a slope times x: in training a random one of [lower, upper], else their mean."""
    check_floats("rrelu", input)
    if not 0 <= lower <= upper:
        raise ArgumentError(f"rrelu: lower {lower} and upper {upper}; needs 0 <= lower <= upper")
    if not training:
        return activation.leaky_relu(input, (lower + upper) / 2)
    slopes = numpy_generator(generator).uniform(lower, upper, tuple(input.shape))
    return input * np.where(array_of(input) <= 0, slopes, 1).astype(input.dtype)


# --- smooth ----------------------------------------------------------------------------------------------------------


@may_write
def celu(input: Array, alpha: float = 1.0, inplace: bool = False) -> Array:
    """x where positive, else alpha * (exp(x / alpha) - 1) (Barron 2017)."""
    check_floats("celu", input)
    if alpha == 0:
        raise ArgumentError("celu: alpha is 0")
    return activation.scaled_elu(input, 1.0, float(alpha), 1 / alpha)


SELU_SCALE = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717
"""The fixed point of self-normalising networks (Klambauer et al. 2017, eq. 14)."""


@may_write
def selu(input: Array, inplace: bool = False) -> Array:
    """SELU_SCALE * elu(x, SELU_ALPHA)"""
    check_floats("selu", input)
    return activation.scaled_elu(input, SELU_SCALE, SELU_SCALE * SELU_ALPHA, 1.0)


@primitive
def _gelu(x):
    return kernels.of(x).gelu(x)


@_gelu.gradient
def _(g, x):
    return _gelu_gradient(x, g)


@primitive
def _gelu_gradient(x, g):
    """g times the slope: the chance that a normal number is below x, plus x times its density."""
    return kernels.of(x).gelu_gradient(x, g)


@_gelu_gradient.gradient("g")
def _(gg, x):
    return _gelu_gradient(x, gg)


@_gelu_gradient.gradient("x")
def _(gg, x, g):
    return gg * g * ((2 - x * x) * exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi)))


@primitive
def _gelu_tanh(x):
    return kernels.of(x).gelu_tanh(x)


@_gelu_tanh.gradient
def _(g, x):
    return _gelu_tanh_gradient(x, g)


@primitive
def _gelu_tanh_gradient(x, g):
    """g times the slope of x s(z), s the sigmoid and z = sqrt(8 / pi) (x + 0.044715 x^3): s + x s (1 - s) z'."""
    return kernels.of(x).gelu_tanh_gradient(x, g)


@_gelu_tanh_gradient.gradient("g")
def _(gg, x):
    return _gelu_tanh_gradient(x, gg)


@_gelu_tanh_gradient.gradient("x")
def _(gg, x, g):
    scale, cubic = math.sqrt(8 / math.pi), 0.044715
    s = sigmoid((x * x * cubic + 1) * x * scale)
    rise = (x * x * (3 * cubic) + 1) * scale
    bend = rise * 2 + x * ((1 - 2 * s) * rise * rise + x * (6 * cubic * scale))
    return gg * g * (s * (1 - s) * bend)


def gelu(input: Array, approximate: str = "none") -> Array:
    """x times the chance that a normal number is below x (Hendrycks and Gimpel 2016), or its form with "tanh"."""
    check_floats("gelu", input)
    if approximate not in ("none", "tanh"):
        raise ArgumentError(f"gelu: approximate {approximate!r}; needs 'none' or 'tanh'")
    return _gelu(input) if approximate == "none" else _gelu_tanh(input)


@primitive
def _silu(x):
    check_floats("silu", x)
    return kernels.of(x).silu(x)


@_silu.gradient
def _(g, x):
    if isinstance(x, np.ndarray):
        return kernels.of(x).silu_gradient(x, g)
    s = sigmoid(x)
    return g * (s * (1 + x * (1 - s)))


@may_write
def silu(input: Array, inplace: bool = False) -> Array:
    """x * sigmoid(x) (Hendrycks and Gimpel 2016; Ramachandran et al. 2017)."""
    return _silu(input)


@primitive
def _mish(x):
    return x * tanh(softplus(x))


@_mish.gradient
def _(g, x):
    y = tanh(softplus(x))
    return g * (y + x * sigmoid(x) * (1 - y * y))


@may_write
def mish(input: Array, inplace: bool = False) -> Array:
    """x * tanh(softplus(x)) (Misra 2019)."""
    check_floats("mish", input)
    return _mish(input)


def softsign(input: Array) -> Array:
    """x / (1 + |x|)"""
    return input / (1 + abs(input))


def tanhshrink(input: Array) -> Array:
    """x - tanh(x)"""
    return input - tanh(input)


def softmin(input: Array, dim: int | None = None, dtype: Any = None) -> Array:
    """softmax(-x) along `dim`."""
    return softmax(-input, dim, dtype)


@primitive
def _glu(x, axis):
    return kernels.of(x).glu(x, axis)


@_glu.gradient("x")
def _(g, x, axis):
    if isinstance(x, np.ndarray):
        return kernels.of(x).glu_gradient(g, x, axis)
    values, gates = chunk(x, 2, axis)
    s = sigmoid(gates)
    return cat((g * s, g * values * (s * (1 - s))), axis)


def glu(input: Array, dim: int = -1) -> Array:
    """The first half along `dim` times sigmoid of the second (Dauphin et al. 2017)."""
    check_floats("glu", input)
    axis = axis_of("glu", input, dim)
    if not input.ndim or input.shape[axis] % 2:
        raise ShapeError(f"glu: dim {dim} of shape {tuple(input.shape)}; needs an even size to halve")
    return _glu(input, axis)


def gumbel_softmax(
    logits: Array,
    tau: float = 1,
    hard: bool = False,
    eps: float = 1e-10,
    dim: int = -1,
    *,
    generator: Generator | None = None,
) -> Array:
    """A random choice along `dim` with chances softmax(logits), made differentiable (Jang et al. 2017).

    hard    one-hot, with the gradient of the soft one
    """
    check_floats("gumbel_softmax", logits)
    noise = numpy_generator(generator).gumbel(size=tuple(logits.shape)).astype(logits.dtype)
    soft = softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    values = array_of(soft)
    chosen = scatter(np.zeros_like(values), dim, values.argmax(dim, keepdims=True), 1.0)
    return chosen - values + soft


# --- in place --------------------------------------------------------------------------------------------------------

relu_ = in_place(activation.relu)
leaky_relu_ = in_place(activation.leaky_relu)
elu_ = in_place(activation.elu)
selu_ = in_place(selu)
celu_ = in_place(celu)
rrelu_ = in_place(rrelu)
hardtanh_ = in_place(hardtanh)
threshold_ = in_place(threshold)
