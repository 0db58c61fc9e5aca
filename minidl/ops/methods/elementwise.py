"""Functions of each element as methods: exponentials, sines, signs, activations, casts."""

from __future__ import annotations

from typing import Any

from ...autograd.graph import Variable
from .. import activation, arithmetic, elementwise, gates, inplace, rounding, special, trigonometric
from ..inplace import in_place


class ElementwiseMethods(Variable):
    """`x.exp()`, `x.exp_()` and their like."""

    __slots__ = ()

    neg = negative = arithmetic.neg
    neg_ = negative_ = in_place(arithmetic.neg)
    positive = elementwise.positive
    abs = absolute = elementwise.abs
    abs_ = absolute_ = in_place(elementwise.abs)
    square = elementwise.square
    square_ = in_place(elementwise.square)
    sqrt = elementwise.sqrt
    sqrt_ = in_place(elementwise.sqrt)
    rsqrt = elementwise.rsqrt
    rsqrt_ = in_place(elementwise.rsqrt)
    reciprocal = elementwise.reciprocal
    reciprocal_ = in_place(elementwise.reciprocal)
    exp = elementwise.exp
    exp_ = in_place(elementwise.exp)
    exp2 = elementwise.exp2
    exp2_ = in_place(elementwise.exp2)
    expm1 = elementwise.expm1
    expm1_ = in_place(elementwise.expm1)
    log = elementwise.log
    log_ = in_place(elementwise.log)
    log2 = elementwise.log2
    log2_ = in_place(elementwise.log2)
    log10 = elementwise.log10
    log10_ = in_place(elementwise.log10)
    log1p = elementwise.log1p
    log1p_ = in_place(elementwise.log1p)
    clone = elementwise.clone
    real = property(elementwise.real)
    conj = elementwise.conj
    conj_physical = elementwise.conj_physical
    conj_physical_ = elementwise.conj_physical
    resolve_conj = elementwise.resolve_conj
    resolve_neg = elementwise.resolve_neg
    is_nonzero = elementwise.is_nonzero

    # --- rounding and signs -------------------------------------------------------------------------------------------

    floor = rounding.floor
    floor_ = in_place(rounding.floor)
    ceil = rounding.ceil
    ceil_ = in_place(rounding.ceil)
    trunc = fix = rounding.trunc
    trunc_ = fix_ = in_place(rounding.trunc)
    frac = rounding.frac
    frac_ = in_place(rounding.frac)
    sign = rounding.sign
    sign_ = in_place(rounding.sign)
    sgn = rounding.sgn
    sgn_ = in_place(rounding.sgn)
    signbit = rounding.signbit
    isnan = rounding.isnan
    isinf = rounding.isinf
    isfinite = rounding.isfinite
    isposinf = rounding.isposinf
    isneginf = rounding.isneginf
    isreal = rounding.isreal
    nan_to_num = rounding.nan_to_num
    nan_to_num_ = in_place(rounding.nan_to_num)
    frexp = rounding.frexp

    def round(self, *, decimals: int = 0) -> Any:
        """The nearest number of so many decimals; halves go to the even neighbour."""
        return rounding.round(self, decimals)

    def round_(self, *, decimals: int = 0) -> Any:
        """As `round`, in place."""
        return inplace.update(self, rounding.round, decimals)

    # --- sines --------------------------------------------------------------------------------------------------------

    sin = trigonometric.sin
    sin_ = in_place(trigonometric.sin)
    cos = trigonometric.cos
    cos_ = in_place(trigonometric.cos)
    tan = trigonometric.tan
    tan_ = in_place(trigonometric.tan)
    asin = arcsin = trigonometric.asin
    asin_ = arcsin_ = in_place(trigonometric.asin)
    acos = arccos = trigonometric.acos
    acos_ = arccos_ = in_place(trigonometric.acos)
    atan = arctan = trigonometric.atan
    atan_ = arctan_ = in_place(trigonometric.atan)
    sinh = trigonometric.sinh
    sinh_ = in_place(trigonometric.sinh)
    cosh = trigonometric.cosh
    cosh_ = in_place(trigonometric.cosh)
    asinh = arcsinh = trigonometric.asinh
    asinh_ = arcsinh_ = in_place(trigonometric.asinh)
    acosh = arccosh = trigonometric.acosh
    acosh_ = arccosh_ = in_place(trigonometric.acosh)
    atanh = arctanh = trigonometric.atanh
    atanh_ = arctanh_ = in_place(trigonometric.atanh)
    sinc = trigonometric.sinc
    sinc_ = in_place(trigonometric.sinc)
    deg2rad = trigonometric.deg2rad
    deg2rad_ = in_place(trigonometric.deg2rad)
    rad2deg = trigonometric.rad2deg
    rad2deg_ = in_place(trigonometric.rad2deg)
    angle = trigonometric.angle

    # --- special functions --------------------------------------------------------------------------------------------

    erf = special.erf
    erf_ = in_place(special.erf)
    erfc = special.erfc
    erfc_ = in_place(special.erfc)
    erfinv = special.erfinv
    erfinv_ = in_place(special.erfinv)
    lgamma = special.lgamma
    lgamma_ = in_place(special.lgamma)
    digamma = special.digamma
    digamma_ = in_place(special.digamma)
    mvlgamma = special.mvlgamma
    mvlgamma_ = in_place(special.mvlgamma)
    logit = special.logit
    logit_ = in_place(special.logit)
    i0 = special.i0
    i0_ = in_place(special.i0)

    def polygamma(self, n: int) -> Any:
        """The n-th derivative of digamma."""
        return special.polygamma(n, self)

    def polygamma_(self, n: int) -> Any:
        """As `polygamma`, in place."""
        return inplace.update(self, lambda x: special.polygamma(n, x))

    # --- activations --------------------------------------------------------------------------------------------------

    tanh = activation.tanh
    tanh_ = in_place(activation.tanh)
    sigmoid = activation.sigmoid
    sigmoid_ = in_place(activation.sigmoid)
    relu = activation.relu
    relu_ = in_place(activation.relu)
    logsigmoid = activation.logsigmoid
    prelu = gates.prelu
    hardshrink = gates.hardshrink
    softmax = activation.softmax
    log_softmax = activation.log_softmax

    def type_as(self, other: Any) -> Any:
        """In the dtype of another tensor."""
        return elementwise.astype(self, other.dtype)
