"""Special functions: error functions, gamma functions, Bessel functions, and what statistics makes of them.

SciPy computes the values; it is imported when one is first asked for.  Formulas of derivatives: the NIST Digital
Library of Mathematical Functions, chapters 5 (gamma), 7 (error functions) and 10 (Bessel functions).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..errors import ArgumentError
from .comparison import clip, where
from .elementwise import exp, log, log1p
from .promotion import Array, aligned_floats, as_float
from .rounding import sign

_ROOT_PI = math.sqrt(math.pi)


def scipy_special(name: str, *values: Any) -> np.ndarray:
    """SciPy's function, in the dtype of the last value."""
    import scipy.special

    x = as_float(values[-1])
    wide = x.astype(np.float32) if x.dtype == np.float16 else x
    return np.asarray(getattr(scipy.special, name)(*values[:-1], wide)).astype(x.dtype, copy=False)


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
    return scipy_special("erfinv", x)


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
    return g * (math.sqrt(2 / math.pi) / erfcx(x * -math.sqrt(0.5)))


# --- gamma functions ------------------------------------------------------------------------------------------------


@primitive
def lgamma(x):
    """log |Gamma(x)|"""
    return scipy_special("gammaln", x)


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
    if n < 0:
        raise ArgumentError(f"polygamma: order {n}; needs at least 0")
    return digamma(input) if n == 0 else _polygamma(n, input)


def mvlgamma(input: Array, p: int) -> Array:
    """The logarithm of the multivariate gamma function of dimension p."""
    if p < 1:
        raise ArgumentError(f"mvlgamma: p {p}; needs at least 1")
    x = as_float(input)
    total = lgamma(x)
    for i in range(1, p):
        total = total + lgamma(x - i / 2)
    return total + p * (p - 1) / 4 * math.log(math.pi)


@primitive
def zeta(a, b):
    """The Hurwitz zeta function: the sum of (k + b)^-a over k from 0."""
    import scipy.special

    a, b = aligned_floats(a, b)
    return np.asarray(scipy.special.zeta(a, b)).astype(np.result_type(a, b), copy=False)


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
    ratio = where(x == 0, 0.5, y / where(x == 0, 1.0, x))
    return g * (i0(x) - ratio)


@primitive
def i1e(x):
    """exp(-|x|) i1(x)"""
    return scipy_special("i1e", x)


@i1e.gradient
def _(g, x, y):
    slope = i0e(x) - y * (sign(x) + 1 / where(x == 0, 1.0, x))
    return g * where(x == 0, 0.5, slope)


def _without_gradient(name: str, theirs: str, meaning: str) -> Any:
    def forward(x):
        return scipy_special(theirs, x)

    forward.__name__ = forward.__qualname__ = name
    forward.__doc__ = f"{meaning}; it has no gradient, as in PyTorch."
    return primitive(forward)


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


@primitive
def spherical_bessel_j0(x):
    """The spherical Bessel function sin(x) / x; it has no gradient, as in PyTorch."""
    x = as_float(x)
    return np.sinc(x / math.pi).astype(x.dtype)


@primitive
def airy_ai(x):
    """The Airy function Ai; it has no gradient, as in PyTorch."""
    import scipy.special

    x = as_float(x)
    return np.asarray(scipy.special.airy(x)[0]).astype(x.dtype)


# --- of probabilities -----------------------------------------------------------------------------------------------


def logit(input: Array, eps: float | None = None) -> Array:
    """log(x / (1 - x)), the inverse of sigmoid; with `eps`, of x limited to [eps, 1 - eps]."""
    x = as_float(input)
    if eps is not None:
        x = clip(x, eps, 1 - eps)
    return log(x) - log1p(-x)


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
