"""Functions of two or three arrays: mixtures, logarithms of sums, angles, distances."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import primitive
from ..errors import ArgumentError, DtypeError
from .arithmetic import pow
from .comparison import flat, where
from .elementwise import astype, exp, log, log1p
from .promotion import Array, aligned, aligned_floats, array_of, as_float
from .rounding import isnan
from .special import lgamma

# --- extremes that pass NaN by ---------------------------------------------------------------------------------------


@primitive
def fmax(a, b):
    """The greater of each pair; where one is NaN, the other."""
    return np.fmax(*aligned(a, b))


@fmax.gradient("a", "b")
def _(g, a, b):
    first = (a >= b) | isnan(b)
    return where(first, g, 0.0), where(first, 0.0, g)


@primitive
def fmin(a, b):
    """The lesser of each pair; where one is NaN, the other."""
    return np.fmin(*aligned(a, b))


@fmin.gradient("a", "b")
def _(g, a, b):
    first = (a <= b) | isnan(b)
    return where(first, g, 0.0), where(first, 0.0, g)


# --- mixtures --------------------------------------------------------------------------------------------------------


def lerp(input: Array, end: Array, weight: Any) -> Array:
    """input + weight * (end - input), from whichever end is nearer, so that both ends are exact."""
    if input.dtype != end.dtype:
        raise DtypeError(f"lerp: input {input.dtype} and end {end.dtype}; needs one dtype")
    span = end - input
    near = array_of(weight) < 0.5
    if isinstance(weight, (int, float)):
        return input + span * weight if near else end - span * (1 - weight)
    return where(near, input + weight * span, end - span * (1 - weight))


def addcmul(input: Array, tensor1: Array, tensor2: Array, *, value: float = 1) -> Array:
    """input + value * tensor1 * tensor2"""
    product = tensor1 * tensor2
    return input + (product if value == 1 else product * value)


def addcdiv(input: Array, tensor1: Array, tensor2: Array, *, value: float = 1) -> Array:
    """input + value * tensor1 / tensor2"""
    if all(x.dtype.kind != "f" for x in (tensor1, tensor2)):
        raise DtypeError(f"addcdiv: {tensor1.dtype} / {tensor2.dtype}; needs floats, use .float()")
    return input + (tensor1 if value == 1 else tensor1 * value) / tensor2


# --- logarithms and powers -------------------------------------------------------------------------------------------


@primitive
def logaddexp(a, b):
    """log(exp(a) + exp(b)), without overflow."""
    return np.logaddexp(*aligned_floats(a, b))


@logaddexp.gradient("a")
def _(g, a, b):
    return g / (1 + exp(b - a))


@logaddexp.gradient("b")
def _(g, a, b):
    return g / (1 + exp(a - b))


@primitive
def logaddexp2(a, b):
    """log2(2^a + 2^b), without overflow."""
    return np.logaddexp2(*aligned_floats(a, b))


@logaddexp2.gradient("a")
def _(g, a, b):
    return g / (1 + pow(2.0, b - a))


@logaddexp2.gradient("b")
def _(g, a, b):
    return g / (1 + pow(2.0, a - b))


@primitive
def xlogy(a, b):
    """a * log(b), and 0 where a is 0, whatever b is, unless NaN."""
    a, b = aligned_floats(a, b)
    return np.where((a == 0) & ~np.isnan(b), np.zeros((), np.result_type(a, b)), a * np.log(b))


@xlogy.gradient("a")
def _(g, a, b):
    silent = (a == 0) & (b <= 0)
    return where(silent, 0.0, g * log(where(silent, 1.0, b)))


@xlogy.gradient("b")
def _(g, a, b):
    return g * a / b


@primitive
def xlog1py(a, b):
    """a * log1p(b), and 0 where a is 0, whatever b is, unless NaN."""
    a, b = aligned_floats(a, b)
    return np.where((a == 0) & ~np.isnan(b), np.zeros((), np.result_type(a, b)), a * np.log1p(b))


@xlog1py.gradient("a")
def _(g, a, b):
    silent = (a == 0) & (b <= -1)
    return where(silent, 0.0, g * log1p(where(silent, 0.0, b)))


@xlog1py.gradient("b")
def _(g, a, b):
    return g * a / (b + 1)


def float_power(input: Any, exponent: Any) -> Array:
    """input ** exponent in float64."""
    return pow(_double(input), _double(exponent))


def _double(value: Any) -> Any:
    return astype(value, dtypes.float64) if hasattr(value, "dtype") else float(value)


def ldexp(input: Array, other: Array) -> Array:
    """input * 2 ** other"""
    return input * pow(2.0, as_float(other))


# --- lengths and angles ----------------------------------------------------------------------------------------------


@primitive
def hypot(a, b):
    """sqrt(a^2 + b^2), without overflow."""
    return np.hypot(*_same_floats("hypot", a, b))


@hypot.gradient("a")
def _(g, a, y):
    return g * (a / y)


@hypot.gradient("b")
def _(g, b, y):
    return g * (b / y)


@primitive
def atan2(a, b):
    """The angle of the point (b, a), from -pi to pi."""
    return np.arctan2(*aligned_floats(a, b))


@atan2.gradient("a")
def _(g, a, b):
    return g * b / (a * a + b * b)


@atan2.gradient("b")
def _(g, a, b):
    return -g * a / (a * a + b * b)


def _same_floats(name: str, a: Any, b: Any) -> tuple[Any, Any]:
    a, b = aligned(a, b)
    if a.dtype.kind != "f":
        raise DtypeError(f"{name}: got {a.dtype}, needs floats; use .float()")
    return a, b


# --- signs and neighbours --------------------------------------------------------------------------------------------


@primitive
def copysign(a, b):
    """The size of a with the sign of b."""
    return np.copysign(*aligned_floats(a, b))


@copysign.gradient("a")
def _(g, a, y):
    return where(a == 0, 0.0, g * (y / where(a == 0, 1.0, a)))


@copysign.gradient("b")
def _(g):
    return flat(g)


@primitive
def heaviside(a, b):
    """0 where a is negative, b where it is 0, 1 where positive; it has no gradient, as in PyTorch."""
    if np.result_type(a) != np.result_type(b):
        raise DtypeError(f"heaviside: input {a.dtype} and values {b.dtype}; needs one dtype")
    return np.where(np.isnan(a), a, np.where(a == 0, b, a > 0)).astype(a.dtype)


@primitive
def nextafter(a, b):
    """The next float after a towards b; it has no gradient, as in PyTorch."""
    return np.nextafter(*_same_floats("nextafter", a, b))


# --- incomplete gamma functions --------------------------------------------------------------------------------------


@primitive
def igamma(a, b):
    """The regularized lower incomplete gamma function P(a, b); it has no gradient for a, as in PyTorch."""
    return _incomplete("gammainc", a, b)


@igamma.gradient("b")
def _(g, a, b):
    return g * exp((a - 1) * log(b) - b - lgamma(a))


@primitive
def igammac(a, b):
    """1 - igamma(a, b); it has no gradient for a, as in PyTorch."""
    return _incomplete("gammaincc", a, b)


@igammac.gradient("b")
def _(g, a, b):
    return -g * exp((a - 1) * log(b) - b - lgamma(a))


def _incomplete(name: str, a: Any, b: Any) -> np.ndarray:
    import scipy.special

    a, b = _same_floats(name, a, b)
    return np.asarray(getattr(scipy.special, name)(a, b)).astype(a.dtype, copy=False)


# --- whether two are alike -------------------------------------------------------------------------------------------


def isclose(input: Array, other: Array, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Array:
    """Where |input - other| <= atol + rtol * |other|."""
    return _isclose(input, other, rtol, atol, equal_nan)


@primitive
def _isclose(a, b, rtol, atol, equal_nan):
    if a.dtype != b.dtype:
        raise DtypeError(f"isclose: {a.dtype} and {b.dtype}; needs one dtype")
    if rtol < 0 or atol < 0 or not math.isfinite(rtol + atol):
        raise ArgumentError(f"isclose: rtol {rtol} and atol {atol}; needs finite numbers of at least 0")
    return np.isclose(a, b, rtol, atol, equal_nan)


def allclose(input: Array, other: Array, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether `isclose` holds everywhere."""
    return bool(array_of(isclose(input, other, rtol, atol, equal_nan)).all())


def equal(input: Array, other: Array) -> bool:
    """Whether both have one shape and the same elements."""
    a, b = array_of(input), array_of(other)
    return a.shape == b.shape and bool((a == b).all())


arctan2 = atan2
