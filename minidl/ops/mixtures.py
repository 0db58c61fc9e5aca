"""Mixtures of three arrays: a step from one towards another, and sums with products and quotients."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes, kernels
from ..autograd import primitive
from ..errors import DtypeError
from .elementwise import astype
from .promotion import Array, aligned, aligned_floats, check_tensors, constant


def lerp(input: Array, end: Array, weight: Any) -> Array:
    """input + weight * (end - input), from whichever end is nearer, so that both ends are exact."""
    return _lerp(input, end, weight)


@primitive
def _lerp(a, end, weight):
    if a.dtype is end.dtype is dtypes.float32 and type(weight) is float:
        weight = constant(weight)
    else:
        a, end, weight = _with_weight(a, end, weight)
    return kernels.of(a).lerp(a, end, weight)


@_lerp.gradient("a")
def _(g, weight):
    return g * (1 - weight)


@_lerp.gradient("end")
def _(g, weight):
    return g * weight


@_lerp.gradient("weight")
def _(g, a, end):
    return g * (end - a)


def _with_weight(input: Array, end: Array, weight: Any) -> tuple[Array, Array, Any]:
    """All in the dtype of the result; only a weight without dimensions may come in another one."""
    check_tensors("lerp", input, end)
    if input.dtype != end.dtype:
        raise DtypeError(f"lerp: input {input.dtype} and end {end.dtype}; needs one dtype")
    if getattr(weight, "ndim", 0) and weight.dtype != input.dtype:
        raise DtypeError(f"lerp: input {input.dtype} and weight {weight.dtype}; needs one dtype")
    dtype = dtypes.result_type(input, weight) if hasattr(weight, "dtype") else input.dtype
    if dtype.kind != "f":
        raise DtypeError(f"lerp: got {dtype}, needs floats; use .float()")
    if input.dtype != dtype:
        input, end = astype(input, dtype), astype(end, dtype)
    return input, end, weight if getattr(weight, "dtype", dtype) == dtype else astype(weight, dtype)


def addcmul(input: Array, tensor1: Array, tensor2: Array, *, value: float = 1) -> Array:
    """input + value * tensor1 * tensor2"""
    return _addcmul(input, tensor1, tensor2, value)


@primitive
def _addcmul(x, a, b, value):
    if x.dtype is a.dtype is b.dtype is dtypes.float32 and type(value) in (float, int):
        return kernels.of(x).addcmul(x, a, b, constant(value))
    a, value = _first_factor("addcmul", x, a, b, value)
    product = np.multiply(*aligned(a, b))
    return np.add(*aligned(x, product if value == 1 else np.multiply(*aligned(product, value))))


@_addcmul.gradient("x")
def _(g):
    return g


@_addcmul.gradient("a")
def _(g, b, value):
    return g * (b if value == 1 else b * value)


@_addcmul.gradient("b")
def _(g, a, value):
    return g * (a if value == 1 else a * value)


def addcdiv(input: Array, tensor1: Array, tensor2: Array, *, value: float = 1) -> Array:
    """input + value * tensor1 / tensor2"""
    return _addcdiv(input, tensor1, tensor2, value)


@primitive
def _addcdiv(x, a, b, value):
    if x.dtype is a.dtype is b.dtype is dtypes.float32 and type(value) in (float, int):
        return kernels.of(x).addcdiv(x, a, b, constant(value))
    if a.dtype.kind != "f" and b.dtype.kind != "f":
        raise DtypeError(f"addcdiv: {a.dtype} / {b.dtype}; needs floats, use .float()")
    a, value = _first_factor("addcdiv", x, a, b, value)
    return np.add(*aligned(x, np.true_divide(*aligned_floats(a if value == 1 else a * value, b))))


@_addcdiv.gradient("x")
def _(g):
    return g


@_addcdiv.gradient("a")
def _(g, b, value):
    return g * value / b


@_addcdiv.gradient("b")
def _(g, a, b, value):
    return -g * value * a / (b * b)


def _first_factor(name: str, input: Array, tensor1: Array, tensor2: Array, value: Any) -> tuple[Array, Any]:
    """tensor1 and the value in the dtype of the result."""
    check_tensors(name, input, tensor1, tensor2)
    dtype = dtypes.result_type(input, tensor1, tensor2)
    if dtype.kind == "b":
        raise DtypeError(f"{name}: got booleans; use .int() or .float()")
    if dtype.kind == "f" and tensor1.dtype != dtype:
        tensor1 = astype(tensor1, dtype)
    return tensor1, value if dtype.kind == "f" else int(value)
