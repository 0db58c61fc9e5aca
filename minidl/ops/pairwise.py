"""Functions of two arrays: logarithms of sums, powers, lengths, angles, closeness."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import primitive
from ..errors import ArgumentError, DtypeError
from .arithmetic import pow
from .comparison import flat, where
from .elementwise import astype, exp, log, log1p
from .promotion import (
    Array,
    aligned,
    aligned_floats,
    apply_to_float_pair,
    apply_to_pair,
    array_of,
    as_float,
    check_tensors,
)
from .special import lgamma

# --- extremes that pass NaN by ---------------------------------------------------------------------------------------


@primitive
def fmax(a, b):
    """The greater of each pair; where one is NaN, the other."""
    return apply_to_pair(np.fmax, a, b)


@fmax.gradient("a", "b")
def _(g, a, b):
    first = (a >= b) | (b != b)
    return where(first, g, 0.0), where(first, 0.0, g)


@primitive
def fmin(a, b):
    """The lesser of each pair; where one is NaN, the other."""
    return apply_to_pair(np.fmin, a, b)


@fmin.gradient("a", "b")
def _(g, a, b):
    first = (a <= b) | (b != b)
    return where(first, g, 0.0), where(first, 0.0, g)


# --- logarithms and powers -------------------------------------------------------------------------------------------


@primitive
def logaddexp(a, b):
    """log(exp(a) + exp(b)), without overflow."""
    return np.logaddexp(*_same_floats("logaddexp", a, b))


@logaddexp.gradient("a")
def _(g, a, b):
    return g / (1 + exp(b - a))


@logaddexp.gradient("b")
def _(g, a, b):
    return g / (1 + exp(a - b))


@primitive
def logaddexp2(a, b):
    """log2(2^a + 2^b), without overflow."""
    return np.logaddexp2(*_same_floats("logaddexp2", a, b))


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
    return np.where((a == 0) & (b == b), a.dtype.type(0), a * np.log(b, dtype=a.dtype))


@xlogy.gradient("a")
def _(g, a, b):
    silent = (a == 0) & (b <= 0)
    return where(silent, 0.0, g * log(where(silent, 1.0, _in_dtype_of(g, b))))


@xlogy.gradient("b")
def _(g, a, b):
    return g * a / b


@primitive
def xlog1py(a, b):
    """a * log1p(b), and 0 where a is 0, whatever b is, unless NaN."""
    a, b = aligned_floats(a, b)
    return np.where((a == 0) & (b == b), a.dtype.type(0), a * np.log1p(b, dtype=a.dtype))


@xlog1py.gradient("a")
def _(g, a, b):
    silent = (a == 0) & (b <= -1)
    return where(silent, 0.0, g * log1p(where(silent, 0.0, _in_dtype_of(g, b))))


@xlog1py.gradient("b")
def _(g, a, b):
    return g * a / (b + 1)


def _in_dtype_of(g: Array, b: Any) -> Any:
    """b, as exact as g if it is a number."""
    return g.dtype.type(b) if isinstance(b, (int, float)) else b


def float_power(input: Any, exponent: Any) -> Array:
    """input ** exponent in float64."""
    return pow(_double(input), _double(exponent))


def _double(value: Any) -> Any:
    return astype(value, dtypes.float64) if hasattr(value, "dtype") else float(value)


def ldexp(input: Array, other: Array) -> Array:
    """input * 2 ** other"""
    check_tensors("ldexp", input, other)
    if input.dtype.kind != "f" or other.dtype.kind == "f":
        return input * pow(2.0, as_float(other))
    if other.dtype.kind == "b":
        raise DtypeError("ldexp: got booleans as exponents; use .int()")
    return _ldexp(input, other)


@primitive
def _ldexp(x, exponents):
    return np.ldexp(x, exponents)


@_ldexp.gradient
def _(g, exponents):
    return _ldexp(g, exponents)


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
    return apply_to_float_pair(np.arctan2, a, b)


@atan2.gradient("a")
def _(g, a, b):
    return g * b / _squares(a, b)


@atan2.gradient("b")
def _(g, a, b):
    return -g * a / _squares(a, b)


def _squares(a: Array, b: Array) -> Array:
    """a^2 + b^2, but 1 at the origin, where the gradient is zero."""
    squares = a * a + b * b
    return where(squares == 0, 1.0, squares)


def _same_floats(name: str, a: Any, b: Any) -> tuple[Any, Any]:
    a, b = aligned(a, b)
    if a.dtype.kind != "f":
        raise DtypeError(f"{name}: got {a.dtype}, needs floats; use .float()")
    return a, b


# --- signs and neighbours --------------------------------------------------------------------------------------------


@primitive
def copysign(a, b):
    """The size of a with the sign of b."""
    return apply_to_float_pair(np.copysign, a, b)


@copysign.gradient("a")
def _(g, a, y):
    return where(a == 0, 0.0, g * (y / where(a == 0, 1.0, a)))


@copysign.gradient("b")
def _(g):
    return flat(g)


@primitive
def heaviside(a, values):
    """0 where a is negative or NaN, the value where it is 0, 1 where positive; it has no gradient, as in PyTorch."""
    if a.dtype != values.dtype:
        raise DtypeError(f"heaviside: input {a.dtype} and values {values.dtype}; needs one dtype")
    return np.where(a == 0, values, a > 0).astype(a.dtype)


@primitive
def nextafter(a, b):
    """The next float after a towards b."""
    return np.nextafter(*_same_floats("nextafter", a, b))


@nextafter.gradient("a", "b")
def _(g, a, b):
    return where(a != b, g, 0.0), flat(g)


# --- incomplete gamma functions --------------------------------------------------------------------------------------


@primitive
def igamma(a, b):
    """The regularized lower incomplete gamma function P(a, b); it has no gradient for a, as in PyTorch."""
    import scipy.special

    a, b = _same_floats("igamma", a, b)
    return np.asarray(scipy.special.gammainc(a, b), dtype=a.dtype)


@igamma.gradient("b")
def _(g, a, b):
    return g * exp((a - 1) * log(b) - b - lgamma(_in_dtype_of(g, a)))


@primitive
def igammac(a, b):
    """The upper one, 1 - P(a, b); it has no gradient for a, as in PyTorch."""
    import scipy.special

    a, b = _same_floats("igammac", a, b)
    return np.asarray(scipy.special.gammaincc(a, b), dtype=a.dtype)


@igammac.gradient("b")
def _(g, a, b):
    return -g * exp((a - 1) * log(b) - b - lgamma(_in_dtype_of(g, a)))


# --- whether two are alike -------------------------------------------------------------------------------------------


def isclose(input: Array, other: Array, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Array:
    """Where |input - other| <= atol + rtol * |other|."""
    return _isclose(input, other, rtol, atol, equal_nan)


@primitive
def _isclose(a, b, rtol, atol, equal_nan):
    if a.dtype != b.dtype:
        raise DtypeError(f"isclose: {a.dtype} and {b.dtype}; needs one dtype")
    if not (rtol >= 0 and atol >= 0):
        raise ArgumentError(f"isclose: rtol {rtol} and atol {atol}; needs numbers of at least 0")
    same = (a == b) | ((a != a) & (b != b)) if equal_nan else a == b
    if rtol == atol == 0:
        return same
    a, b = as_float(a), as_float(b)
    error = np.abs(a - b)
    return same | (np.isfinite(error) & (error <= atol + np.abs(rtol * b)))


def allclose(input: Array, other: Array, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether `isclose` holds everywhere."""
    return bool(array_of(isclose(input, other, rtol, atol, equal_nan)).all())


def equal(input: Array, other: Array) -> bool:
    """Whether both have one shape and the same elements."""
    check_tensors("equal", input, other)
    a, b = array_of(input), array_of(other)
    return a.shape == b.shape and bool((a == b).all())


arctan2 = atan2
