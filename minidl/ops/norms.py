"""Norms of vectors and matrices, and the distances that they give.  At a norm of zero the gradient is zero."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import dtypes, kernels
from ..autograd import primitive
from ..autograd.calling import wrap
from ..errors import ArgumentError, DtypeError, ShapeError
from .arithmetic import mul, pow
from .comparison import clamp_min, where
from .elementwise import abs, astype
from .extremes import amax, amin
from .indexing import getitem
from .joining import stack
from .matrices import check_matrices, check_square
from .products import without_slope
from .promotion import Array, array_of, check_floats, check_tensors
from .reduction import Dim, axes_of, count_of, kept_shape, lies_in_rows, plain_sum, spread
from .rounding import sign
from .shape import axis_of, broadcast_tensors, reshape, transpose, unsqueeze


@primitive
def _two_norm(x, axes, keepdim):
    if len(axes) == x.ndim and not keepdim and x.flags.c_contiguous and x.dtype.char in "fd":
        flat = x.reshape(-1)
        return np.asarray(math.sqrt(flat.dot(flat)), x.dtype)
    if lies_in_rows(x, axes):
        y = kernels.of(x).lengths_of_rows(x)
        return y[..., None] if keepdim else y
    return np.sqrt(np.add.reduce(x * x, axes, keepdims=keepdim))


@_two_norm.gradient("x")
def _(g, x, y, x_shape, axes):
    zero = y == 0
    share = where(zero, 0.0, g / where(zero, 1.0, y))
    return mul(x, share if share.ndim == 0 else reshape(share, kept_shape(x_shape, axes)))


@primitive
def _p_norm(x, p, axes, keepdim):
    return np.power(np.add.reduce(np.power(np.abs(x), p), axes, keepdims=keepdim), 1 / p)


@_p_norm.gradient("x")
def _(g, x, y, x_shape, p, axes):
    length = spread(y, x_shape, axes)
    zero = (length == 0) | (x == 0)
    size = where(zero, 1.0, abs(x))
    slope = sign(x) * pow(size, p - 1) / pow(where(length == 0, 1.0, length), p - 1)
    return where(zero, 0.0, spread(g, x_shape, axes) * slope)


def vector_norm(x: Array, ord: float = 2, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    """(sum |x|^ord)^(1/ord) over `dim`; of ord inf and -inf the greatest and least |x|, of 0 how many are not zero."""
    return _vector_norm("vector_norm", x, ord, dim, keepdim, dtype)


def total_norm(tensors: Iterable[Array], ord: float) -> Array:
    """The norm of all elements of several tensors, as of one long vector; it has no gradient."""
    lengths = [_vector_norm("vector_norm", array_of(x), ord) for x in tensors]
    return wrap(_vector_norm("vector_norm", stack(lengths), ord))


def _vector_norm(name: str, x: Array, ord: float, dim: Dim = None, keepdim: bool = False, dtype: Any = None) -> Array:
    """`vector_norm`, which speaks as the operator that calls it."""
    x = _as_norm_dtype(name, x, dtype)
    if isinstance(ord, str):
        raise ArgumentError(f"{name}: ord {ord!r}; needs a number for vectors")
    axes = axes_of(name, x, dim)
    if (ord < 0 or ord == math.inf) and count_of(x.shape, axes) == 0:
        raise ShapeError(f"{name}: ord {ord} of no elements, dim {dim} of shape {tuple(x.shape)}")
    if x.dtype.char == "e":  # float16, whose squares leave it
        return astype(_vector_norm(name, astype(x, dtypes.float32), ord, dim, keepdim), dtypes.float16)
    if ord == 2:
        return _two_norm(x, axes, keepdim)
    if ord == 1:
        return plain_sum(abs(x), axes, keepdim)
    if ord == 0:
        return plain_sum(without_slope(astype(x != 0, x.dtype), x), axes, keepdim)
    if math.isinf(ord):
        return (amax if ord > 0 else amin)(abs(x), axes, keepdim)
    return _p_norm(x, ord, axes, keepdim)


def _as_norm_dtype(name: str, x: Array, dtype: Any) -> Array:
    """x in `dtype`, which may widen but not narrow it."""
    check_tensors(name, x)
    check_floats(name, x)
    if dtype is None:
        return x
    wanted = dtypes.as_dtype(dtype)
    if wanted.kind != "f" or wanted.itemsize < x.dtype.itemsize:
        raise DtypeError(f"{name}: dtype {wanted} for {x.dtype}; needs a floating dtype that holds it")
    return astype(x, wanted)


def matrix_norm(
    A: Array, ord: Any = "fro", dim: Sequence[int] = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Array:
    """Norms of matrices: "fro", "nuc", or 1, -1, inf, -inf (sums of columns or rows), 2, -2 (singular values)."""
    return _matrix_norm("matrix_norm", A, ord, dim, keepdim, dtype)


def _matrix_norm(name: str, A: Array, ord: Any, dim: Any = (-2, -1), keepdim: bool = False, dtype: Any = None) -> Array:
    """`matrix_norm`, which speaks as the operator that calls it."""
    A = _as_norm_dtype(name, A, dtype)
    dims = tuple(dim) if isinstance(dim, (tuple, list)) else (dim,)
    if A.ndim < 2 or len(dims) != 2:
        raise ShapeError(f"{name}: dim {dim} of shape {tuple(A.shape)}; needs two dimensions")
    rows, columns = axis_of(name, A, dims[0]), axis_of(name, A, dims[1])
    if rows == columns:
        raise ArgumentError(f"{name}: dims {dim} are the same")
    if ord == "fro":
        return _vector_norm(name, A, 2, (rows, columns), keepdim)
    if ord in (1, -1, math.inf, -math.inf):
        first, second = (rows, columns) if ord in (1, -1) else (columns, rows)
        found = _extreme(name, plain_sum(abs(A), (first,), True), second, ord)
        return found if keepdim else _without(found, (rows, columns))
    if ord not in ("nuc", 2, -2):
        raise ArgumentError(f"{name}: ord {ord!r}; needs 'fro', 'nuc', 1, -1, 2, -2, inf or -inf")
    from .decomposition import singular_values

    last = transpose(transpose(A, rows, -2), columns if columns != A.ndim - 2 or rows == A.ndim - 2 else rows, -1)
    values = singular_values(name, last)
    axis = values.ndim - 1
    found = plain_sum(values, (axis,), False) if ord == "nuc" else _without(_extreme(name, values, axis, ord), (axis,))
    return _with(found, sorted((rows, columns))) if keepdim else found


def _extreme(name: str, sizes: Array, axis: int, ord: float) -> Array:
    """The greatest along the axis, or for a negative ord the least; the greatest of nothing is 0, as sizes go."""
    if sizes.shape[axis]:
        return (amax if ord > 0 else amin)(sizes, axis, True)
    if ord < 0:
        raise ShapeError(f"{name}: ord {ord} of matrices without elements")
    return plain_sum(sizes, (axis,), True)


def _without(x: Array, axes: tuple[int, ...]) -> Array:
    return reshape(x, tuple(n for i, n in enumerate(x.shape) if i not in axes))


def _with(x: Array, axes: list[int]) -> Array:
    for axis in axes:
        x = unsqueeze(x, axis)
    return x


def linalg_norm(A: Array, ord: Any = None, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    """The vector or matrix norm, as `dim` and `ord` tell: of one dim, or without ord, that of vectors."""
    check_tensors("norm", A)
    dims = (dim,) if isinstance(dim, int) else dim
    if dims is not None and len(dims) not in (1, 2):
        raise ShapeError(f"norm: dim {dim}; needs 1 or 2 dimensions, or use vector_norm()")
    if ord is None:
        return _vector_norm("norm", A, 2, dims, keepdim, dtype)
    if dims is None and A.ndim > 2:
        raise ShapeError(f"norm: ord {ord!r} without dim of shape {tuple(A.shape)}; needs 1 or 2 dimensions")
    if isinstance(ord, str) or (len(dims) if dims is not None else A.ndim) == 2:
        return _matrix_norm("norm", A, ord, (-2, -1) if dims is None else dims, keepdim, dtype)
    return _vector_norm("norm", A, ord, dims, keepdim, dtype)


def norm(input: Array, p: Any = "fro", dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    """The norm of all elements, or over `dim`; p is a number, "fro" (2), or "nuc" for matrices."""
    check_tensors("norm", input)
    if p == "nuc":
        return _matrix_norm("norm", input, "nuc", tuple(range(input.ndim)) if dim is None else dim, keepdim, dtype)
    if isinstance(p, str) and p != "fro":
        raise ArgumentError(f"norm: p {p!r}; needs a number, 'fro' or 'nuc'")
    if p == "fro" and isinstance(dim, (tuple, list)) and len(dim) > 2:
        raise ShapeError(f"norm: p 'fro' over dim {dim}; needs at most two dimensions, or p 2")
    return _vector_norm("norm", input, 2 if p in ("fro", None) else p, dim, keepdim, dtype)


def frobenius_norm(input: Array, dim: Dim = (), keepdim: bool = False) -> Array:
    """The root of the sum of squares over `dim`, by default over all dimensions."""
    return vector_norm(input, 2, dim, keepdim)


def nuclear_norm(input: Array, dim: Any = None, keepdim: bool = False) -> Array:
    """The sums of the singular values of the matrices in two dimensions, by default the last."""
    if isinstance(dim, bool):  # nuclear_norm(input, keepdim)
        dim, keepdim = None, dim
    return matrix_norm(input, "nuc", (-2, -1) if dim is None else tuple(dim), keepdim)


def norm_except_dim(v: Array, pow: int = 2, dim: int = 0) -> Array:
    """The norms of the slices along `dim`, with the other dimensions kept as ones; of all elements for dim -1."""
    if dim == -1:
        return vector_norm(v, pow)
    axis = axis_of("norm_except_dim", v, dim)
    return vector_norm(v, pow, tuple(i for i in range(v.ndim) if i != axis), True)


def cond(A: Array, p: Any = None) -> Array:
    """The condition numbers: the norm of a matrix times that of its inverse; of p None, 2 and -2 by singular values."""
    from .decomposition import singular_values
    from .solving import inv_ex

    check_matrices("cond", A)
    if 0 in A.shape:
        return plain_sum(A, (A.ndim - 2, A.ndim - 1), False)
    if p in (None, 2, -2):
        values = singular_values("cond", A)
        greatest, least = getitem(values, (Ellipsis, 0)), getitem(values, (Ellipsis, -1))
        return least / greatest if p == -2 else greatest / least
    check_square("cond", A)
    length = _matrix_norm("cond", A, p)
    inverse, info = inv_ex(A)
    return where(array_of(info) > 0, math.inf, length * _matrix_norm("cond", inverse, p))


def renorm(input: Array, p: float, dim: int, maxnorm: float) -> Array:
    """The slices along `dim` scaled down to a norm of at most `maxnorm`."""
    axis = axis_of("renorm", input, dim)
    check_floats("renorm", input)
    if input.ndim < 2 or p <= 0 or maxnorm < 0:
        raise ArgumentError(f"renorm: p {p}, maxnorm {maxnorm}, shape {tuple(input.shape)}; needs p > 0, 2 dimensions")
    length = _vector_norm("renorm", input, p, tuple(i for i in range(input.ndim) if i != axis), True)
    return input * where(length > maxnorm, maxnorm / (length + 1e-7), 1.0)


# --- distances and angles --------------------------------------------------------------------------------------------


def dist(input: Array, other: Array, p: float = 2) -> Array:
    """The norm of the difference."""
    _check_alike("dist", input, other)
    return _vector_norm("dist", input - other, float(p))


def pdist(input: Array, p: float = 2.0) -> Array:
    """The distances between all pairs of rows of a matrix, as a vector."""
    check_tensors("pdist", input)
    check_floats("pdist", input)
    if input.ndim != 2 or p < 0:
        raise ShapeError(f"pdist: shape {tuple(input.shape)} and p {p}; needs a matrix and p of at least 0")
    first, second = np.triu_indices(input.shape[0], 1)
    differences = getitem(input, first) - getitem(input, second)
    if not array_of(differences).size:
        return plain_sum(differences, (1,), False)
    return _vector_norm("pdist", differences, p, -1)


def pairwise_distance(x1: Array, x2: Array, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Array:
    """The norms over the last dimension of x1 - x2 + eps."""
    _check_alike("pairwise_distance", x1, x2)
    return _vector_norm("pairwise_distance", x1 - x2 + eps, p, -1, keepdim)


def _check_alike(name: str, a: Array, b: Array) -> None:
    """Raise unless the difference of the two has a shape; a number has one with anything."""
    try:
        np.broadcast_shapes(np.shape(array_of(a)), np.shape(array_of(b)))
    except ValueError:
        raise ShapeError(f"{name}: {tuple(a.shape)} and {tuple(b.shape)} do not broadcast") from None


def cosine_similarity(x1: Array, x2: Array, dim: int = 1, eps: float = 1e-8) -> Array:
    """The cosines of the angles between vectors along `dim`; lengths count as at least eps."""
    check_tensors("cosine_similarity", x1, x2)
    dtype = dtypes.result_type(x1, x2)
    if dtype.kind != "f":
        raise DtypeError(f"cosine_similarity: {x1.dtype} and {x2.dtype}; needs a floating dtype")
    _check_alike("cosine_similarity", x1, x2)
    x1, x2 = (x if x.dtype == dtype else astype(x, dtype) for x in broadcast_tensors(x1, x2))
    product = (x1 / _length(x1, dim, eps)) * (x2 / _length(x2, dim, eps))
    return plain_sum(product, axes_of("cosine_similarity", product, dim), False)


def _length(x: Array, dim: int, eps: float) -> Array:
    length = _vector_norm("cosine_similarity", x, 2, dim, True)
    return length + np.maximum(eps - array_of(length), 0).astype(x.dtype)  # raised to eps with its slope kept


def normalize(input: Array, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Array:
    """Vectors along `dim` divided by their norm, which counts as at least eps."""
    return input / clamp_min(_vector_norm("normalize", input, p, dim, True), eps)
