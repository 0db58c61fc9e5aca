"""Sines, hyperbolic sines, their inverses, and angles."""

from __future__ import annotations

import math

import numpy as np

from ..autograd import primitive
from .comparison import flat, where
from .elementwise import rsqrt
from .promotion import apply_to_floats, as_float, at_least_single


@primitive
def sin(x):
    """The sine of x in radians."""
    return apply_to_floats(np.sin, x)


@sin.gradient
def _(g, x):
    return g * cos(x)


@primitive
def cos(x):
    """The cosine of x in radians."""
    return apply_to_floats(np.cos, x)


@cos.gradient
def _(g, x):
    return -g * sin(x)


@primitive
def tan(x):
    """The tangent of x in radians."""
    return apply_to_floats(np.tan, x)


@tan.gradient
def _(g, y):
    return g * (y * y + 1)


@primitive
def asin(x):
    """The angle in [-pi/2, pi/2] whose sine is x; NaN outside [-1, 1]."""
    return apply_to_floats(np.arcsin, x)


@asin.gradient
def _(g, x):
    return g * rsqrt(1 - x * x)


@primitive
def acos(x):
    """The angle in [0, pi] whose cosine is x; NaN outside [-1, 1]."""
    return apply_to_floats(np.arccos, x)


@acos.gradient
def _(g, x):
    return -g * rsqrt(1 - x * x)


@primitive
def atan(x):
    """The angle in (-pi/2, pi/2) whose tangent is x."""
    return apply_to_floats(np.arctan, x)


@atan.gradient
def _(g, x):
    return g / (x * x + 1)


@primitive
def sinh(x):
    """The hyperbolic sine."""
    return apply_to_floats(np.sinh, x)


@sinh.gradient
def _(g, x):
    return g * cosh(x)


@primitive
def cosh(x):
    """The hyperbolic cosine."""
    return apply_to_floats(np.cosh, x)


@cosh.gradient
def _(g, x):
    return g * sinh(x)


@primitive
def asinh(x):
    """The number whose hyperbolic sine is x."""
    return apply_to_floats(np.arcsinh, x)


@asinh.gradient
def _(g, x):
    return g * rsqrt(x * x + 1)


@primitive
def acosh(x):
    """The number of at least 0 whose hyperbolic cosine is x; NaN below 1."""
    return apply_to_floats(np.arccosh, x)


@acosh.gradient
def _(g, x):
    return g * rsqrt(x * x - 1)


@primitive
def atanh(x):
    """The number whose hyperbolic tangent is x; infinite at -1 and 1, NaN outside."""
    return apply_to_floats(np.arctanh, x)


@atanh.gradient
def _(g, x):
    return g / (1 - x * x)


@primitive
def sinc(x):
    """sin(pi x) / (pi x), and 1 at zero."""
    x = as_float(x)
    return np.sinc(at_least_single(x)).astype(x.dtype, copy=False)


@sinc.gradient
def _(g, x):
    angle = math.pi * x
    square = x * angle
    return where(square == 0, 0.0, g * ((angle * cos(angle) - sin(angle)) / square))


@primitive
def deg2rad(x):
    """Degrees as radians."""
    x = as_float(x)
    return x * x.dtype.type(math.pi / 180)


@deg2rad.gradient
def _(g):
    return g * (math.pi / 180)


@primitive
def rad2deg(x):
    """Radians as degrees."""
    x = as_float(x)
    return x * x.dtype.type(180 / math.pi)


@rad2deg.gradient
def _(g):
    return g * (180 / math.pi)


@primitive
def angle(x):
    """The angle of a number in the complex plane: 0, or pi below zero; NaN stays."""
    x = as_float(x)
    return np.where(np.isnan(x), x, np.where(x < 0, math.pi, 0.0)).astype(x.dtype, copy=False)


@angle.gradient
def _(g):
    return flat(g)


arcsin = asin
arccos = acos
arctan = atan
arcsinh = asinh
arccosh = acosh
arctanh = atanh
