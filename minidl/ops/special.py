"""Special functions: error functions, gamma functions, Bessel functions, and what statistics makes of them.

SciPy computes the values; it is imported when one is first asked for.  Formulas of derivatives: the NIST Digital
Library of Mathematical Functions, chapters 5 (gamma), 7 (error functions) and 10 (Bessel functions).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import kernels
from ..autograd import no_grad, primitive
from ..errors import ArgumentError, DtypeError
from .comparison import where
from .elementwise import exp, log
from .promotion import Array, aligned_floats, array_of, as_float, at_least_single, check_tensors
from .rounding import sign

_ROOT_PI = math.sqrt(math.pi)


def scipy_special(name: str, *values: Any) -> np.ndarray:
    """SciPy's function, in the dtype of the last value."""
    import scipy.special

    x = as_float(values[-1])
    return np.asarray(getattr(scipy.special, name)(*values[:-1], at_least_single(x))).astype(x.dtype, copy=False)


# --- error functions ------------------------------------------------------------------------------------------------


@primitive
def erf(x):
    """The error function."""
    x = as_float(x)
    return kernels.of(x).erf(x)


@erf.gradient
def _(g, x):
    return g * (2 / _ROOT_PI * exp(-x * x))


@primitive
def erfc(x):
    """1 - erf(x), accurate for large x."""
    return scipy_special("erfc", x)


@erfc.gradient
def _(g, x):
    return g * (-2 / _ROOT_PI * exp(-x * x))


@primitive
def erfcx(x):
    """exp(x^2) erfc(x), without overflow for large x."""
    return scipy_special("erfcx", x)


@erfcx.gradient
def _(g, x, y):
    return g * (2 * x * y - 2 / _ROOT_PI)


@primitive
def erfinv(x):
    """The number whose error function is x; infinite at -1 and 1, NaN outside."""
    y = scipy_special("erfinv", x)
    return np.copysign(y, x, dtype=y.dtype)


@erfinv.gradient
def _(g, y):
    return g * (_ROOT_PI / 2 * exp(y * y))


@primitive
def ndtr(x):
    """The chance that a normal number is at most x."""
    return scipy_special("ndtr", x)


@ndtr.gradient
def _(g, x):
    return g * (exp(x * x * -0.5) / math.sqrt(2 * math.pi))


@primitive
def ndtri(x):
    """The number that a normal number exceeds with chance 1 - x."""
    return scipy_special("ndtri", x)


@ndtri.gradient
def _(g, y):
    return g * (math.sqrt(2 * math.pi) * exp(y * y * 0.5))


@primitive
def log_ndtr(x):
    """log(ndtr(x)), accurate for very negative x."""
    return scipy_special("log_ndtr", x)


@log_ndtr.gradient
def _(g, x):
    return g * _inverse_mills(x)


@primitive
def _inverse_mills(x):
    """A normal number's density at x over its chance to be less, the inverse of Mills' ratio."""
    return math.sqrt(2 / math.pi) / scipy_special("erfcx", x * -math.sqrt(0.5))


@_inverse_mills.gradient
def _(g, x, y):
    return -g * (y * (x + y))


# --- gamma functions ------------------------------------------------------------------------------------------------


@primitive
def lgamma(x):
    """log |Gamma(x)|"""
    x = as_float(x)
    return np.where(np.isneginf(x), np.inf, scipy_special("gammaln", x))


@lgamma.gradient
def _(g, x):
    return g * digamma(x)


@primitive
def digamma(x):
    """The derivative of lgamma; minus infinity at 0, NaN at negative whole numbers."""
    x = as_float(x)
    values = scipy_special("psi", x)
    values = np.where(x == 0, np.copysign(x.dtype.type(np.inf), -x), values)
    return np.where((x < 0) & (x == np.floor(x)), x.dtype.type(np.nan), values)


@digamma.gradient
def _(g, x):
    return g * _polygamma(1, x)


@primitive
def _polygamma(n, x):
    x = as_float(x)
    return scipy_special("polygamma", n, x)


@_polygamma.gradient("x")
def _(g, n, x):
    return g * _polygamma(n + 1, x)


def polygamma(n: int, input: Array) -> Array:
    """The n-th derivative of digamma."""
    n = _whole_number("polygamma", "n", n, 0)
    return digamma(input) if n == 0 else _polygamma(n, input)


def mvlgamma(input: Array, p: int) -> Array:
    """The logarithm of the multivariate gamma function of dimension p."""
    p = _whole_number("mvlgamma", "p", p, 1)
    check_tensors("mvlgamma", input)
    if input.dtype.kind == "b":
        raise DtypeError("mvlgamma: got bool, needs numbers; use x.int()")
    x = as_float(input)
    total = p * (p - 1) / 4 * math.log(math.pi)
    for i in range(1, p + 1):
        total = lgamma(x + (1 - i) / 2) + total
    return total


def _whole_number(name: str, argument: str, value: Any, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise DtypeError(f"{name}: {argument} {value!r}; needs a whole number") from None
    if number < least:
        raise ArgumentError(f"{name}: {argument} {number}; needs at least {least}")
    return number


@primitive
def zeta(a, b):
    """The Hurwitz zeta function: the sum of (k + b)^-a over k from 0."""
    import scipy.special

    a, b = aligned_floats(a, b)
    return np.asarray(scipy.special.zeta(a, b)).astype(np.result_type(a, b), copy=False)


@zeta.gradient("b")
def _(g, a, b):
    return -g * (a * zeta(a + 1, b))


# --- Bessel functions -----------------------------------------------------------------------------------------------


@primitive
def i0(x):
    """The modified Bessel function of the first kind, order 0."""
    return scipy_special("i0", x)


@i0.gradient
def _(g, x):
    return g * i1(x)


@primitive
def i0e(x):
    """exp(-|x|) i0(x)"""
    return scipy_special("i0e", x)


@i0e.gradient
def _(g, x, y):
    return g * (i1e(x) - sign(x) * y)


@primitive
def i1(x):
    """The modified Bessel function of the first kind, order 1."""
    return scipy_special("i1", x)


@i1.gradient
def _(g, x, y):
    return _beside_zero(g, x, lambda away: i0(away) - y / away)


@primitive
def i1e(x):
    """exp(-|x|) i1(x)"""
    return scipy_special("i1e", x)


@i1e.gradient
def _(g, x, y):
    return _beside_zero(g, x, lambda away: i0e(away) - y * (sign(away) + 1 / away))


def _beside_zero(g: Array, x: Array, slope: Callable[[Array], Array]) -> Array:
    """g * slope(x), and the limit at zero, g / 2, where x is too small to divide by."""
    epsilon = np.finfo(x.dtype).eps
    distinct = np.abs(array_of(x)) > epsilon
    return g * where(distinct, slope(where(distinct, x, epsilon)), 0.5)


def _without_gradient(name: str, theirs: str, meaning: str) -> Any:
    def forward(x):
        return scipy_special(theirs, x)

    forward.__name__ = forward.__qualname__ = name
    forward.__doc__ = f"{meaning}; it has no gradient, as in PyTorch."
    return no_grad()(primitive(forward))


bessel_j0 = _without_gradient("bessel_j0", "j0", "The Bessel function of the first kind, order 0")
bessel_j1 = _without_gradient("bessel_j1", "j1", "The Bessel function of the first kind, order 1")
bessel_y0 = _without_gradient("bessel_y0", "y0", "The Bessel function of the second kind, order 0")
bessel_y1 = _without_gradient("bessel_y1", "y1", "The Bessel function of the second kind, order 1")
modified_bessel_i0 = _without_gradient("modified_bessel_i0", "i0", "i0 under its longer name")
modified_bessel_i1 = _without_gradient("modified_bessel_i1", "i1", "i1 under its longer name")
modified_bessel_k0 = _without_gradient("modified_bessel_k0", "k0", "The modified Bessel function K0")
modified_bessel_k1 = _without_gradient("modified_bessel_k1", "k1", "The modified Bessel function K1")
scaled_modified_bessel_k0 = _without_gradient("scaled_modified_bessel_k0", "k0e", "exp(x) K0(x)")
scaled_modified_bessel_k1 = _without_gradient("scaled_modified_bessel_k1", "k1e", "exp(x) K1(x)")


@no_grad()
@primitive
def spherical_bessel_j0(x):
    """The spherical Bessel function sin(x) / x; it has no gradient, as in PyTorch."""
    x = as_float(x)
    wide = at_least_single(x)
    quotient = np.where(np.isinf(x), 0.0, np.sin(wide) / wide)
    return np.where(x == 0, 1.0, quotient).astype(x.dtype, copy=False)


@no_grad()
@primitive
def airy_ai(x):
    """The Airy function Ai; it has no gradient, as in PyTorch."""
    import scipy.special

    x = as_float(x)
    values = np.asarray(scipy.special.airy(at_least_single(x))[0])
    vanished = np.isfinite(x) & (x > 110)  # where SciPy gives up in the end
    return np.where(vanished, 0.0, values).astype(x.dtype, copy=False)


# --- of probabilities -----------------------------------------------------------------------------------------------


@primitive
def _logit(x, eps):
    x = as_float(x)
    odds = at_least_single(x)
    if eps is not None:
        odds = np.where(odds < eps, eps, np.where(odds > 1 - eps, 1 - eps, odds))
    return np.log(odds / (1 - odds)).astype(x.dtype, copy=False)


@_logit.gradient("x")
def _(g, x, eps):
    low = 0.0 if eps is None else eps
    outside = (x < low) | (x > 1 - low)
    return where(outside, math.nan if eps is None else 0.0, g / (x * (1 - x)))


def logit(input: Array, eps: float | None = None) -> Array:
    """log(x / (1 - x)), the inverse of sigmoid; with `eps`, of x limited to [eps, 1 - eps]."""
    return _logit(input, eps)


@primitive
def entr(x):
    """-x log(x): a chance's part of an entropy; 0 at 0, minus infinity below."""
    return scipy_special("entr", x)


@entr.gradient
def _(g, x):
    return g * (-log(x) - 1)


gammaln = lgamma
psi = digamma
multigammaln = mvlgamma
"""SciPy's names, which PyTorch has too."""
