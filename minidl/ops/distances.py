"""The distances between all rows of two matrices."""

from __future__ import annotations

import math

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..errors import ArgumentError, ShapeError
from .comparison import where
from .linalg import matmul
from .matrices import check_one_dtype, common_batch
from .norms import vector_norm
from .promotion import Array, array_of, check_floats
from .reduction import plain_sum
from .shape import matrix_transpose, unsqueeze

_BY_PRODUCTS, _BY_MANY_PRODUCTS, _BY_DIFFERENCES = (
    "use_mm_for_euclid_dist",
    "use_mm_for_euclid_dist_if_necessary",
    "donot_use_mm_for_euclid_dist",
)

MANY = 25
"""Rows of either matrix above which products are the usual way, as in PyTorch."""


def cdist(x1: Array, x2: Array, p: float = 2.0, compute_mode: str = _BY_MANY_PRODUCTS) -> Array:
    """The distances between all rows of two matrices: (..., n, d), (..., m, d) -> (..., n, m).

    compute_mode    for p 2: whether distances come from a product of the matrices, always, of more than 25 rows, or
                    never; those of close rows come from their difference in any case
    """
    check_one_dtype("cdist", x1, x2)
    check_floats("cdist", x1)
    if x1.ndim < 2 or x2.ndim < 2 or x1.shape[-1] != x2.shape[-1]:
        raise ShapeError(f"cdist: {tuple(x1.shape)} and {tuple(x2.shape)}; needs (..., n, d) and (..., m, d)")
    if p < 0:
        raise ArgumentError(f"cdist: p {p}; needs at least 0")
    modes = _BY_MANY_PRODUCTS, _BY_PRODUCTS, _BY_DIFFERENCES
    if compute_mode not in modes:
        raise ArgumentError(f"cdist: compute_mode {compute_mode!r}; needs one of {', '.join(modes)}")
    common_batch("cdist", x1, x2)
    many = max(x1.shape[-2], x2.shape[-2]) > MANY
    if p == 2 and (compute_mode == _BY_PRODUCTS or (many and compute_mode == _BY_MANY_PRODUCTS)):
        rows, others = array_of(x1), array_of(x2)
        if _have_products(rows) and _have_products(others):
            centre = np.add.reduce(others.reshape(-1, others.shape[-1]), 0) / (others.size // others.shape[-1])
            return _euclidean(x1 - centre, x2 - centre)  # which cancels less, and changes no distance or gradient
    differences = unsqueeze(x1, -2) - unsqueeze(x2, -3)
    if not differences.shape[-1]:
        return plain_sum(differences, (differences.ndim - 1,), False)
    return vector_norm(differences, p, -1)


def _have_products(x: np.ndarray) -> bool:
    """Whether the squares of rows are finite, also of those moved to the centre of others."""
    if x.dtype.char not in "fd" or not x.size:
        return False
    bound = math.sqrt(float(np.finfo(x.dtype).max) / (32 * x.shape[-1]))
    return kernels.of(x).all_within(x, -bound, bound)


@primitive
def _euclidean(a, b):
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    y = kernels.of(a).distances(_as_matrices(a, batch), _as_matrices(b, batch))
    return y.reshape(*batch, a.shape[-2], b.shape[-2])


@_euclidean.gradient("a", "b")
def _(g, a, b, y):
    if type(g) is np.ndarray:
        batch = y.shape[:-2]
        matrices = (_as_matrices(x, batch) for x in (g, a, b, y))
        da, db = kernels.of(g).distances_gradient(*matrices)
        return da.reshape(*batch, *a.shape[-2:]), db.reshape(*batch, *b.shape[-2:])
    zero = y == 0
    shares = where(zero, 0.0, g / where(zero, 1.0, y))
    axis = y.ndim - 1
    da = a * plain_sum(shares, (axis,), True) - matmul(shares, b)
    db = b * unsqueeze(plain_sum(shares, (axis - 1,), False), -1) - matmul(matrix_transpose(shares), a)
    return da, db


def _as_matrices(x: np.ndarray, batch: tuple[int, ...]) -> np.ndarray:
    """(..., n, m) -> (k, n, m), contiguous, of a batch that it broadcasts to."""
    whole = x if x.shape[:-2] == batch else np.broadcast_to(x, batch + x.shape[-2:])
    return np.ascontiguousarray(whole).reshape(-1, *x.shape[-2:])
