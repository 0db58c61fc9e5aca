"""Weights computed from other numbers: with a length of their own, a greatest singular value of 1, orthonormal rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..autograd import primitive
from .creation import eye
from .diagonal import diagonal, tril
from .elementwise import clone, rsqrt
from .householder import geqrf, householder_product
from .joining import cat
from .norms import normalize, vector_norm
from .products import mv, vecdot
from .promotion import Array, array_of
from .reduction import sum as total
from .shape import matrix_transpose, movedim, reshape, unsqueeze
from .solving import matrix_exp, solve


def norm_except_dim(v: Array, pow: float = 2, dim: int = 0) -> Array:
    """The norm of each slice of `v` along `dim`, broadcasting against it: shape (1, ..., n, ..., 1); dim -1: of all."""
    if dim == -1:
        return vector_norm(v, pow)
    if v.ndim == 1:
        return abs(v)
    return vector_norm(v, pow, [d for d in range(v.ndim) if d != dim], keepdim=True)


def weight_norm(v: Array, g: Array, dim: int = 0) -> Array:
    """g * v / |v|: the direction of each slice along `dim` from v, its length from g (Salimans & Kingma 2016)."""
    rows, lengths = array_of(v), array_of(g)
    if dim in (0, -v.ndim) and v.ndim > 1 and g.dtype == v.dtype and _are_rows(rows, lengths):
        return _rows_of_length(v, g)[0]
    return v * (g / norm_except_dim(v, 2, dim))


def _are_rows(v: Any, g: Any) -> bool:
    """Whether v (n, ...) and g (n, 1, ...) are contiguous floats, for a kernel that passes over each row once."""
    fits = g.shape == (len(v),) + (1,) * (v.ndim - 1)
    return fits and v.size > 0 and v.dtype.char in "fd" and v.flags.c_contiguous and g.flags.c_contiguous


@primitive(outputs=("y", "norms"))
def _rows_of_length(v, g):
    y, norms = kernels.of(v).rows_of_length(v.reshape(len(v), -1), g.reshape(-1))
    return y.reshape(v.shape), norms


@_rows_of_length.gradient("v", "g")
def _(grads, v, g, norms):
    dy = grads[0]
    if type(dy) is np.ndarray:
        rows = np.ascontiguousarray(dy).reshape(len(v), -1)
        dv, dg = kernels.of(dy).rows_of_length_gradient(rows, v.reshape(len(v), -1), g.reshape(-1), array_of(norms))
        return dv.reshape(v.shape), dg.reshape(g.shape)
    others = tuple(range(1, v.ndim))
    length = vector_norm(v, 2, others, True)
    along = total(dy * v, others, True) / length
    return (dy - v * (along / length)) * (g / length), along


def as_matrix(weight: Array, dim: int) -> Array:
    """`weight` with one row for each place along `dim`."""
    return reshape(movedim(weight, dim, 0), (weight.shape[dim], -1))


def leading_left(matrix: Array, v: Array, eps: float) -> Array:
    """A step of the power method: matrix @ v, of length 1."""
    return normalize(mv(matrix, v), dim=0, eps=eps)


def leading_right(matrix: Array, u: Array, eps: float) -> Array:
    """A step of the power method: matrix.T @ u, of length 1."""
    return normalize(mv(matrix_transpose(matrix), u), dim=0, eps=eps)


def spectral_norm(weight: Array, u: Array, v: Array, dim: int) -> Array:
    """weight / sigma, where sigma = u @ W @ v estimates its greatest singular value (Miyato et al. 2018)."""
    return weight / vecdot(u, mv(as_matrix(weight, dim), v))


def scaled_and_shifted(
    weight: Array,
    bias: Array | None,
    mean: Array,
    var: Array,
    eps: float,
    scale: Array | None,
    shift: Array | None,
    dim: int,
) -> tuple[Array, Array]:
    """The weight and bias of a layer followed by a batch norm with these statistics; `dim`: that of its outputs."""
    factor = rsqrt(var + eps) * (1 if scale is None else scale)
    along = [-1 if d == dim else 1 for d in range(weight.ndim)]
    centred = -mean if bias is None else bias - mean
    return weight * reshape(factor, along), centred * factor + (0 if shift is None else shift)


def orthogonal_by_exponential(x: Array) -> Array:
    """exp(A) of the skew-symmetric A below whose diagonal x stands: (n, k), n >= k -> k orthonormal columns."""
    return matrix_exp(_skew(x))[..., :, : x.shape[-1]]


def orthogonal_by_cayley(x: Array) -> Array:
    """(I - A / 2)^-1 (I + A / 2) of the same A: (n, k), n >= k -> k orthonormal columns (Cayley 1846)."""
    half = _skew(x) / 2
    identity = eye(half.shape[-1], dtype=half.dtype)
    return solve(identity - half, identity + half)[..., :, : x.shape[-1]]


def orthogonal_by_householder(x: Array) -> Array:
    """A product of reflections, whose vectors stand below the diagonal of x, with signs from the diagonal itself."""
    vectors = tril(x, -1)
    scales = 2 / (1 + total(vectors * vectors, -2))
    return householder_product(vectors, scales) * unsqueeze(_signs(x), -2)


def orthogonal_to_householder(q: Array) -> Array:
    """The x for which `orthogonal_by_householder` gives q, a matrix of orthonormal columns."""
    packed, scales = geqrf(q)
    x = clone(packed)
    diagonal(x, 0, -2, -1).copy_(_signs(packed) * (1 - 2 * (scales == 0)))
    return x


def orthonormalized(a: Array) -> Array:
    """Q of a QR decomposition of `a`, with signs that make R's diagonal positive: `a` itself if it is orthonormal."""
    packed, scales = geqrf(a)
    return householder_product(packed, scales) * unsqueeze(_signs(packed), -2)


def _signs(x: Array) -> Array:
    return diagonal(x, 0, -2, -1).sign()


def _skew(x: Array) -> Array:
    """The square A = L - L.T, where L is the lower triangle of x, filled up with columns of zeros."""
    n, k = x.shape[-2:]
    lower: Any = tril(x)
    if n > k:
        lower = cat([lower, x.new_zeros(*x.shape[:-1], n - k)], -1)
    return lower - matrix_transpose(lower)
