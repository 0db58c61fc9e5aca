"""Diagonals and triangles of matrices."""

from __future__ import annotations

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..errors import ShapeError
from .elementwise import clone
from .inplace import update
from .promotion import Array, check_tensors
from .shape import axis_of, reshape
from .words import whole_number


@primitive(view=True)
def _diagonal(x, offset, axis1, axis2):
    rows, columns = x.shape[axis1], x.shape[axis2]
    count = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    start = [slice(None)] * x.ndim
    start[axis1] = slice(min(max(-offset, 0), rows), None)
    start[axis2] = slice(min(max(offset, 0), columns), None)
    others = [i for i in range(x.ndim) if i not in (axis1, axis2)]
    shape = (*(x.shape[i] for i in others), count)
    strides = (*(x.strides[i] for i in others), x.strides[axis1] + x.strides[axis2])
    return np.lib.stride_tricks.as_strided(x[tuple(start)], shape, strides, writeable=x.flags.writeable)


@_diagonal.gradient("x")
def _(g, x_shape, offset, axis1, axis2):
    return _on_diagonal(g, x_shape, offset, axis1, axis2)


@primitive
def _on_diagonal(g, shape, offset, axis1, axis2):
    """Zeros of `shape` with g on a diagonal."""
    x = np.zeros(shape, g.dtype)
    _diagonal(x, offset, axis1, axis2)[...] = g
    return x


@_on_diagonal.gradient("g")
def _(gg, offset, axis1, axis2):
    return _diagonal(gg, offset, axis1, axis2)


def _two_axes(name: str, x: Array, dim1: int, dim2: int, extra: int = 0) -> tuple[int, int]:
    axis1, axis2 = axis_of(name, x, dim1, extra), axis_of(name, x, dim2, extra)
    if axis1 == axis2 or x.ndim + extra < 2:
        raise ShapeError(f"{name}: dims {dim1} and {dim2} of shape {tuple(x.shape)}; needs two different ones")
    return axis1, axis2


def diagonal(input: Array, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    """A view of the diagonal of two dimensions, as the last one; `offset` places above the main one, or below."""
    axes = _two_axes("diagonal", input, dim1, dim2)
    return _diagonal(input, whole_number("diagonal", "offset", offset), *axes)


def matrix_diagonal(A: Array, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Array:
    """A view of the diagonals of matrices, the last two dimensions."""
    return diagonal(A, offset, dim1, dim2)


def diag_embed(input: Array, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Array:
    """Zeros with the last dimension on the diagonal of two new ones."""
    axis1, axis2 = _two_axes("diag_embed", input, dim1, dim2, extra=1)
    offset = whole_number("diag_embed", "offset", offset)
    size = input.shape[-1] + abs(offset)
    shape = list(input.shape[:-1])
    for axis in sorted((axis1, axis2)):
        shape.insert(axis, size)
    return _on_diagonal(input, tuple(shape), offset, axis1, axis2)


def diag(input: Array, diagonal: int = 0) -> Array:
    """Of a vector the matrix with it on a diagonal, of a matrix a diagonal."""
    check_tensors("diag", input)
    diagonal = whole_number("diag", "diagonal", diagonal)
    if input.ndim == 1:
        return diag_embed(input, diagonal)
    if input.ndim == 2:
        return clone(_diagonal(input, diagonal, 0, 1))
    raise ShapeError(f"diag: shape {tuple(input.shape)}; needs 1 or 2 dimensions, or use diagonal() and diag_embed()")


def diagflat(input: Array, offset: int = 0) -> Array:
    """The matrix with all elements on a diagonal."""
    check_tensors("diagflat", input)
    return diag_embed(reshape(input, (-1,)), whole_number("diagflat", "offset", offset))


@primitive
def fill_diagonal(x, fill_value, wrap):
    if x.ndim < 2 or len(set(x.shape)) > 1 < x.ndim - 1:
        raise ShapeError(f"fill_diagonal: shape {x.shape}; needs a matrix, or more dimensions of one size")
    filled = x.copy()
    np.fill_diagonal(filled, fill_value, wrap)
    return filled


@fill_diagonal.gradient("x")
def _(g, wrap):
    return fill_diagonal(g, 0.0, wrap)


def fill_diagonal_(self: Array, fill_value: float, wrap: bool = False) -> Array:
    """One number written to the main diagonal; `wrap`: beyond the last column it begins anew, a row further down."""
    return update(self, fill_diagonal, fill_value, wrap)


def _is_plain(x: np.ndarray) -> bool:
    """Whether a kernel takes the matrices, of numbers that it is compiled for."""
    return x.dtype.char in "fd" and x.size > 0 and x.flags.c_contiguous


@primitive
def _tril(x, diagonal):
    if _is_plain(x):
        return kernels.of(x).lower_triangles(x, diagonal)
    return np.tril(x, diagonal)


@_tril.gradient("x")
def _(g, diagonal):
    return _tril(g, diagonal)


@primitive
def _triu(x, diagonal):
    if _is_plain(x):
        return kernels.of(x).upper_triangles(x, diagonal)
    return np.triu(x, diagonal)


@_triu.gradient("x")
def _(g, diagonal):
    return _triu(g, diagonal)


def tril(input: Array, diagonal: int = 0) -> Array:
    """The lower triangles of matrices, zeros above a diagonal."""
    _check_matrices("tril", input)
    return _tril(input, whole_number("tril", "diagonal", diagonal))


def triu(input: Array, diagonal: int = 0) -> Array:
    """The upper triangles of matrices, zeros below a diagonal."""
    _check_matrices("triu", input)
    return _triu(input, whole_number("triu", "diagonal", diagonal))


def _check_matrices(name: str, x: Array) -> None:
    check_tensors(name, x)
    if x.ndim < 2:
        raise ShapeError(f"{name}: shape {tuple(x.shape)}; needs at least 2 dimensions")
