"""Functions of each element as methods: exponentials, sines, signs, activations, casts."""

from __future__ import annotations

from typing import Any

from ...autograd.graph import Variable
from .. import activation, arithmetic, comparison, elementwise
from ..inplace import in_place


class ElementwiseMethods(Variable):
    """`x.exp()`, `x.exp_()` and their like."""

    __slots__ = ()

    neg = arithmetic.neg
    neg_ = in_place(arithmetic.neg)
    abs = elementwise.abs
    sign = elementwise.sign
    square = elementwise.square
    sqrt = elementwise.sqrt
    rsqrt = elementwise.rsqrt
    reciprocal = elementwise.reciprocal
    exp = elementwise.exp
    exp_ = in_place(elementwise.exp)
    log = elementwise.log
    log1p = elementwise.log1p
    expm1 = elementwise.expm1
    sin = elementwise.sin
    cos = elementwise.cos
    isnan = comparison.isnan
    isfinite = elementwise.isfinite
    clone = elementwise.clone

    tanh = activation.tanh
    sigmoid = activation.sigmoid
    relu = activation.relu
    relu_ = in_place(activation.relu)
    logsigmoid = activation.logsigmoid
    softmax = activation.softmax
    log_softmax = activation.log_softmax

    def type_as(self, other: Any) -> Any:
        return elementwise.astype(self, other.dtype)
