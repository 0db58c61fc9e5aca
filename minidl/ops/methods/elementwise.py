"""Functions of each element as methods: exponentials, sines, signs, activations, casts."""

from __future__ import annotations

from typing import Any

from ...autograd.graph import Variable
from .. import activation, arithmetic, elementwise, gates, inplace, rounding, special, trigonometric
from .. import elementwise_in_place as written
from ..inplace import in_place


class ElementwiseMethods(Variable):
    """`x.exp()`, `x.exp_()` and their like."""

    __slots__ = ()

    neg = negative = arithmetic.neg
    neg_ = negative_ = written.neg_
    positive = elementwise.positive
    abs = absolute = elementwise.abs
    abs_ = absolute_ = written.abs_
    square = elementwise.square
    square_ = written.square_
    sqrt = elementwise.sqrt
    sqrt_ = written.sqrt_
    rsqrt = elementwise.rsqrt
    rsqrt_ = written.rsqrt_
    reciprocal = elementwise.reciprocal
    reciprocal_ = written.reciprocal_
    exp = elementwise.exp
    exp_ = written.exp_
    exp2 = elementwise.exp2
    exp2_ = written.exp2_
    expm1 = elementwise.expm1
    expm1_ = written.expm1_
    log = elementwise.log
    log_ = written.log_
    log2 = elementwise.log2
    log2_ = written.log2_
    log10 = elementwise.log10
    log10_ = written.log10_
    log1p = elementwise.log1p
    log1p_ = written.log1p_
    real = property(elementwise.real)
    conj = elementwise.conj
    conj_physical = elementwise.conj_physical
    conj_physical_ = written.conj_physical_
    resolve_conj = elementwise.resolve_conj
    resolve_neg = elementwise.resolve_neg
    is_nonzero = elementwise.is_nonzero

    # --- rounding and signs -------------------------------------------------------------------------------------------

    floor = rounding.floor
    floor_ = written.floor_
    ceil = rounding.ceil
    ceil_ = written.ceil_
    trunc = fix = rounding.trunc
    trunc_ = fix_ = written.trunc_
    frac = rounding.frac
    frac_ = written.frac_
    sign = rounding.sign
    sign_ = written.sign_
    sgn = rounding.sgn
    sgn_ = written.sgn_
    signbit = rounding.signbit
    isnan = rounding.isnan
    isinf = rounding.isinf
    isfinite = rounding.isfinite
    isposinf = rounding.isposinf
    isneginf = rounding.isneginf
    isreal = rounding.isreal
    nan_to_num = rounding.nan_to_num
    nan_to_num_ = written.nan_to_num_
    frexp = rounding.frexp

    def round(self, *, decimals: int = 0) -> Any:
        """The nearest number of so many decimals; halves go to the even neighbour."""
        return rounding.round(self, decimals)

    round_ = written.round_

    # --- sines --------------------------------------------------------------------------------------------------------

    sin = trigonometric.sin
    sin_ = written.sin_
    cos = trigonometric.cos
    cos_ = written.cos_
    tan = trigonometric.tan
    tan_ = written.tan_
    asin = arcsin = trigonometric.asin
    asin_ = arcsin_ = written.asin_
    acos = arccos = trigonometric.acos
    acos_ = arccos_ = written.acos_
    atan = arctan = trigonometric.atan
    atan_ = arctan_ = written.atan_
    sinh = trigonometric.sinh
    sinh_ = written.sinh_
    cosh = trigonometric.cosh
    cosh_ = written.cosh_
    asinh = arcsinh = trigonometric.asinh
    asinh_ = arcsinh_ = written.asinh_
    acosh = arccosh = trigonometric.acosh
    acosh_ = arccosh_ = written.acosh_
    atanh = arctanh = trigonometric.atanh
    atanh_ = arctanh_ = written.atanh_
    sinc = trigonometric.sinc
    sinc_ = written.sinc_
    deg2rad = trigonometric.deg2rad
    deg2rad_ = written.deg2rad_
    rad2deg = trigonometric.rad2deg
    rad2deg_ = written.rad2deg_
    angle = trigonometric.angle

    # --- special functions --------------------------------------------------------------------------------------------

    erf = special.erf
    erf_ = written.erf_
    erfc = special.erfc
    erfc_ = written.erfc_
    erfinv = special.erfinv
    erfinv_ = written.erfinv_
    lgamma = special.lgamma
    lgamma_ = written.lgamma_
    digamma = special.digamma
    digamma_ = written.digamma_
    mvlgamma = special.mvlgamma
    mvlgamma_ = written.mvlgamma_
    logit = special.logit
    logit_ = written.logit_
    i0 = special.i0
    i0_ = written.i0_

    def polygamma(self, n: int) -> Any:
        """The n-th derivative of digamma."""
        return special.polygamma(n, self)

    def polygamma_(self, n: int) -> Any:
        """As `polygamma`, in place."""
        return inplace.update(self, lambda x: special.polygamma(n, x))

    # --- activations --------------------------------------------------------------------------------------------------

    tanh = activation.tanh
    tanh_ = written.tanh_
    sigmoid = activation.sigmoid
    sigmoid_ = written.sigmoid_
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
