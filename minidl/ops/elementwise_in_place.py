"""Functions of each element that write their result into the tensor: `exp_(x)`, and so `x.exp_()`."""

from __future__ import annotations

from typing import Any

from . import activation, arithmetic, elementwise, rounding, special, trigonometric
from .inplace import in_place, update
from .promotion import Array

abs_ = absolute_ = in_place(elementwise.abs)
neg_ = negative_ = in_place(arithmetic.neg)
square_ = in_place(elementwise.square)
sqrt_ = in_place(elementwise.sqrt)
rsqrt_ = in_place(elementwise.rsqrt)
reciprocal_ = in_place(elementwise.reciprocal)
exp_ = in_place(elementwise.exp)
exp2_ = in_place(elementwise.exp2)
expm1_ = in_place(elementwise.expm1)
log_ = in_place(elementwise.log)
log2_ = in_place(elementwise.log2)
log10_ = in_place(elementwise.log10)
log1p_ = in_place(elementwise.log1p)
conj_physical_ = elementwise.conj_physical

floor_ = in_place(rounding.floor)
ceil_ = in_place(rounding.ceil)
trunc_ = fix_ = in_place(rounding.trunc)
frac_ = in_place(rounding.frac)
sign_ = in_place(rounding.sign)
sgn_ = in_place(rounding.sgn)
nan_to_num_ = in_place(rounding.nan_to_num)


def round_(input: Array, *, decimals: int = 0) -> Any:
    """As `round`, in place."""
    return update(input, rounding.round, decimals)


sin_ = in_place(trigonometric.sin)
cos_ = in_place(trigonometric.cos)
tan_ = in_place(trigonometric.tan)
asin_ = arcsin_ = in_place(trigonometric.asin)
acos_ = arccos_ = in_place(trigonometric.acos)
atan_ = arctan_ = in_place(trigonometric.atan)
sinh_ = in_place(trigonometric.sinh)
cosh_ = in_place(trigonometric.cosh)
tanh_ = in_place(activation.tanh)
asinh_ = arcsinh_ = in_place(trigonometric.asinh)
acosh_ = arccosh_ = in_place(trigonometric.acosh)
atanh_ = arctanh_ = in_place(trigonometric.atanh)
sinc_ = in_place(trigonometric.sinc)
deg2rad_ = in_place(trigonometric.deg2rad)
rad2deg_ = in_place(trigonometric.rad2deg)

sigmoid_ = in_place(activation.sigmoid)
logit_ = in_place(special.logit)
erf_ = in_place(special.erf)
erfc_ = in_place(special.erfc)
erfinv_ = in_place(special.erfinv)
lgamma_ = in_place(special.lgamma)
digamma_ = in_place(special.digamma)
mvlgamma_ = in_place(special.mvlgamma)
i0_ = in_place(special.i0)
