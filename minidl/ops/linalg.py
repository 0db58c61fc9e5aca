"""Products of matrices."""

from __future__ import annotations

import math

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..errors import DtypeError, ShapeError
from .promotion import Array, array_of, check_tensors
from .shape import broadcast, broadcasts_to, matrix_transpose, permute, reshape, unsqueeze

LARGE_SUM = 1 << 13
"""Elements from which the jitted sum of a bias's gradients beats NumPy's (measured on 2 cores)."""

MANY_ROWS = 1 << 8
"""Rows of several elements from which it does so too: NumPy goes through each row on its own, which takes 11
microseconds for 640 rows of 5 where the jitted sum takes 3."""

_BOOLEANS = np.dtype(bool)


@primitive
def _matmul(a, b):
    return kernels.of(a).matmul(a, b)


@_matmul.gradient("a")
def _(g, b):
    return _matmul(g, matrix_transpose(b))


@_matmul.gradient("b")
def _(g, a):
    return _matmul(matrix_transpose(a), g)


@primitive
def _dot(a, b):
    return np.asarray(a.dot(b))


@_dot.gradient("a")
def _(g, b):
    return g * b


@_dot.gradient("b")
def _(g, a):
    return g * a


def check_product(name: str, a: Array, b: Array) -> None:
    """Raise, in the name of the operator, unless there is a product a @ b."""
    check_tensors(name, a, b)
    if a.ndim == 0 or b.ndim == 0:
        raise ShapeError(f"{name}: {tuple(a.shape)} @ {tuple(b.shape)}: needs at least one dimension each; use *")
    inner = b.shape[0] if b.ndim == 1 else b.shape[-2]
    dtype, other = a.dtype, b.dtype
    if (dtype is not other and dtype != other) or dtype is _BOOLEANS:
        raise DtypeError(f"{name}: {dtype} @ {other}: needs one dtype of numbers; convert one with .to(dtype)")
    if a.shape[-1] != inner:
        raise ShapeError(f"{name}: {tuple(a.shape)} @ {tuple(b.shape)}: inner sizes {a.shape[-1]} and {inner} differ")


def matmul(a: Array, b: Array) -> Array:
    """a @ b: matrices (n, k) @ (k, m) -> (n, m), batches of them with broadcasting; a vector counts as a row or column.

    Raises ShapeError when the inner sizes differ.
    """
    first, second = array_of(a), array_of(b)
    try:
        left, right = first.shape, second.shape
        fit = left[-1] == right[-2:][0] and first.dtype is second.dtype and first.dtype is not _BOOLEANS
    except (AttributeError, IndexError):  # no tensors, or without dimensions
        fit = False
    if not fit:
        check_product("matmul", a, b)
    if len(left) > 1 and len(right) > 1:
        return _matmul(a, b)
    if len(left) == 1 and len(right) == 1:
        return _dot(a, b)
    rows = unsqueeze(a, 0) if len(left) == 1 else a
    columns = unsqueeze(b, 1) if len(right) == 1 else b
    product = _matmul(rows, columns)
    shape = product.shape[:-2] + (() if a.ndim == 1 else (a.shape[-2],)) + (() if b.ndim == 1 else (b.shape[-1],))
    return reshape(product, shape)


def mm(a: Array, b: Array) -> Array:
    """The product of two matrices."""
    check_tensors("mm", a, b)
    if a.ndim != 2 or b.ndim != 2:
        raise ShapeError(f"mm: {tuple(a.shape)} @ {tuple(b.shape)}: needs two matrices; use matmul()")
    check_product("mm", a, b)
    return _matmul(a, b)


def dot(a: Array, b: Array) -> Array:
    """The inner product of two vectors."""
    check_tensors("dot", a, b)
    if a.ndim != 1 or b.ndim != 1:
        raise ShapeError(f"dot: {tuple(a.shape)} and {tuple(b.shape)}: needs two vectors; use matmul()")
    check_product("dot", a, b)
    return _dot(a, b)


@primitive
def _linear(x, weight, bias):
    dtype = x.dtype
    fit = dtype is weight.dtype and x.shape[-1:] == weight.shape[1:] and (bias is None or bias.dtype is dtype)
    if not fit or dtype.kind != "f":
        _check_linear(x, weight, bias)
    if dtype.kind != "f":
        y = kernels.of(x).matmul(x, weight.T)
        return y if bias is None else y + bias
    return kernels.of(x).linear(x, weight, bias)


@_linear.gradient("x")
def _(g, weight):
    return matmul(g, weight)


@_linear.gradient("weight")
def _(g, x):
    return _matmul(matrix_transpose(_rows(g)), _rows(x))


@_linear.gradient("bias")
def _(g):
    return _sum_of_rows(_rows(g))


@primitive
def _sum_of_rows(x):
    """(rows, n) -> (n,)"""
    small = x.size < LARGE_SUM and (len(x) < MANY_ROWS or x.shape[1] == 1)
    if small or not x.flags.c_contiguous or x.dtype.char not in "fd":
        return np.add.reduce(x, 0, np.float32 if x.dtype.char == "e" else None).astype(x.dtype, copy=False)
    return kernels.of(x).sum_of_columns(x)


@_sum_of_rows.gradient
def _(g, x_shape):
    return broadcast(g, x_shape)


def _rows(x: Array) -> Array:
    """All leading dimensions as one: (..., n) -> (rows, n)."""
    if x.ndim == 2:
        return x
    sizes = math.prod(x.shape[:-1]), x.shape[-1]
    return x.reshape(sizes) if type(x) is np.ndarray else reshape(x, sizes)  # of arrays, soonest


def linear(input: Array, weight: Array, bias: Array | None = None) -> Array:
    """input @ weight.T + bias: (..., in), (out, in), (out,) -> (..., out).

    A weight of one dimension gives (...); a bias of another shape broadcasts to the result.
    """
    sizes = getattr(array_of(weight), "shape", ())
    if len(sizes) == 2 and (bias is None or array_of(bias).shape == sizes[:1]):
        return _linear(input, weight, bias)
    check_tensors("linear", input, weight)
    if weight.ndim == 1 and bias is None:
        check_product("linear", input, weight)
        return matmul(input, weight)
    if weight.ndim != 2 or bias is None:
        raise ShapeError(f"linear: weight {tuple(weight.shape)}; needs (out, in), or without a bias (in,)")
    product = _linear(input, weight, None)
    shape = tuple(product.shape)
    if bias.dtype != product.dtype or not broadcasts_to(bias.shape, shape):
        raise ShapeError(f"linear: bias {bias.dtype}{tuple(bias.shape)} for a result {product.dtype}{shape}")
    return product + bias


def bilinear(input1: Array, input2: Array, weight: Array, bias: Array | None = None) -> Array:
    """x1 W_k x2 + b_k for each k: (..., n), (..., m), (out, n, m), (out,) -> (..., out)."""
    check_tensors("bilinear", input1, input2, weight)
    if (
        weight.ndim != 3
        or not input1.ndim == input2.ndim > 0
        or tuple(input1.shape[:-1]) != tuple(input2.shape[:-1])
        or (input1.shape[-1], input2.shape[-1]) != tuple(weight.shape[1:])
        or (bias is not None and tuple(bias.shape) != tuple(weight.shape[:1]))
    ):
        raise ShapeError(
            f"bilinear: inputs {tuple(input1.shape)} and {tuple(input2.shape)}, weight {tuple(weight.shape)}, "
            f"bias {None if bias is None else tuple(bias.shape)}; needs (..., n), (..., m), (out, n, m) and (out,)"
        )
    dtypes = [x.dtype for x in (input1, input2, weight, bias) if x is not None]
    if len(set(dtypes)) > 1:
        raise DtypeError(f"bilinear: got {', '.join(map(str, dtypes))}; needs one dtype")
    out, n, m = weight.shape
    rows = math.prod(input1.shape[:-1])
    turned = matmul(reshape(input1, (rows, n)), reshape(permute(weight, (1, 0, 2)), (n, out * m)))
    product = matmul(reshape(turned, (rows, out, m)), reshape(input2, (rows, m, 1)))
    product = reshape(product, (*input1.shape[:-1], out))
    return product if bias is None else product + bias


def _check_linear(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None) -> None:
    if weight.ndim != 2 or x.ndim == 0 or x.shape[-1] != weight.shape[1]:
        raise ShapeError(
            f"linear: input {x.shape} and weight {weight.shape}: the input's last size must "
            f"equal the weight's second; flatten the input, or build the layer for "
            f"{x.shape[-1] if x.ndim else 0} features"
        )
    if x.dtype != weight.dtype or weight.dtype.kind == "b":
        raise DtypeError(
            f"linear: input {x.dtype} and weight {weight.dtype} need one dtype of numbers; use input.to(weight.dtype)"
        )
    if bias is not None and bias.dtype != x.dtype:
        raise DtypeError(f"linear: input {x.dtype} and bias {bias.dtype} need one dtype; use bias.to(input.dtype)")
