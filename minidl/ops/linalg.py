"""Products of matrices."""

from __future__ import annotations

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..errors import DtypeError, ShapeError
from .promotion import Array
from .shape import matrix_transpose, reshape, unsqueeze


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
    return np.dot(a, b)


@_dot.gradient("a")
def _(g, b):
    return g * b


@_dot.gradient("b")
def _(g, a):
    return g * a


def matmul(a: Array, b: Array) -> Array:
    """a @ b: matrices (n, k) @ (k, m) -> (n, m), batches of them with broadcasting; a vector counts as a row or column.

    Raises ShapeError when the inner sizes differ.
    """
    if a.ndim == 0 or b.ndim == 0:
        raise ShapeError(f"matmul: {tuple(a.shape)} @ {tuple(b.shape)}: needs at least one dimension each; use *")
    inner = b.shape[0] if b.ndim == 1 else b.shape[-2]
    if a.dtype != b.dtype:
        raise DtypeError(f"matmul: {a.dtype} @ {b.dtype}: needs one dtype; convert one with .to(dtype)")
    if a.shape[-1] != inner:
        raise ShapeError(f"matmul: {tuple(a.shape)} @ {tuple(b.shape)}: inner sizes {a.shape[-1]} and {inner} differ")
    if a.ndim > 1 and b.ndim > 1:
        return _matmul(a, b)
    if a.ndim == 1 and b.ndim == 1:
        return _dot(a, b)
    rows = unsqueeze(a, 0) if a.ndim == 1 else a
    columns = unsqueeze(b, 1) if b.ndim == 1 else b
    product = _matmul(rows, columns)
    shape = product.shape[:-2] + (() if a.ndim == 1 else (a.shape[-2],)) + (() if b.ndim == 1 else (b.shape[-1],))
    return reshape(product, shape)


def mm(a: Array, b: Array) -> Array:
    """The product of two matrices."""
    if a.ndim != 2 or b.ndim != 2:
        raise ShapeError(f"mm: {tuple(a.shape)} @ {tuple(b.shape)}: needs two matrices; use matmul()")
    return matmul(a, b)


def dot(a: Array, b: Array) -> Array:
    """The inner product of two vectors."""
    if a.ndim != 1 or b.ndim != 1:
        raise ShapeError(f"dot: {tuple(a.shape)} and {tuple(b.shape)}: needs two vectors; use matmul()")
    return matmul(a, b)


@primitive
def _linear(x, weight, bias):
    _check_linear(x, weight, bias)
    if x.dtype.kind != "f":
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
    return g  # the engine sums over the rows


def _rows(x: Array) -> Array:
    """All leading dimensions as one: (..., n) -> (rows, n)."""
    return x if x.ndim == 2 else reshape(x, (int(np.prod(x.shape[:-1])), x.shape[-1]))


def linear(input: Array, weight: Array, bias: Array | None = None) -> Array:
    """input @ weight.T + bias: (..., in), (out, in), (out,) -> (..., out)."""
    return _linear(input, weight, bias)


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
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ShapeError(f"linear: bias {bias.shape} for {weight.shape[0]} outputs")
