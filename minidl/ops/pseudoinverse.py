"""Pseudoinverses, ranks and least squares: what singular values above a tolerance tell of a matrix."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..autograd import primitive
from ..errors import ArgumentError, ShapeError
from .creation import made
from .linalg import matmul
from .matrices import check_matrices, check_one_dtype, check_square, common_batch, computed
from .promotion import Array, array_of
from .reduction import plain_sum
from .shape import broadcast, reshape, squeeze, unsqueeze
from .shape import matrix_transpose as mT

DRIVERS = (None, "gels", "gelsy", "gelsd", "gelss")


def _tolerance(x: np.ndarray, values: np.ndarray, atol: Any, rtol: Any) -> np.ndarray:
    """max(atol, rtol * the greatest singular value); rtol left out is the dtype's eps times the greater size."""
    if rtol is None:
        rtol = max(x.shape[-2:]) * np.finfo(x.dtype).eps if atol is None or not np.any(atol) else 0.0
    return np.maximum(0.0 if atol is None else atol, rtol * values.max(-1, initial=0))


def _singular_values(name: str, x: np.ndarray, hermitian: bool) -> np.ndarray:
    if hermitian:
        return np.abs(computed(name, x, np.linalg.eigvalsh))
    return computed(name, x, lambda a: np.linalg.svd(a, compute_uv=False))


@primitive
def _pinv(x, rtol, hermitian):
    return computed("pinv", x, lambda a: np.linalg.pinv(a, rtol, hermitian))


@_pinv.gradient("x")
def _(g, x, y):
    # Golub and Pereyra 1973, eq. 4.12
    rows = np.eye(x.shape[-2], dtype=x.dtype) - matmul(x, y)
    columns = np.eye(x.shape[-1], dtype=x.dtype) - matmul(y, x)
    direct = -matmul(mT(y), matmul(g, mT(y)))
    return direct + matmul(rows, matmul(mT(g), matmul(y, mT(y)))) + matmul(matmul(mT(y), y), matmul(mT(g), columns))


def pinv(A: Array, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Array:
    """The pseudoinverses of matrices; singular values of at most max(atol, rtol * the greatest) count as zero."""
    check_matrices("pinv", A)
    if hermitian:
        check_square("pinv", A)
    x = array_of(A)
    if not x.size:
        return mT(A) * 1
    relative = array_of(rcond if rtol is None else rtol)
    if atol is not None or relative is None:
        values = _singular_values("pinv", x, hermitian)
        greatest = values.max(-1)
        relative = _tolerance(x, values, array_of(atol), relative) / np.where(greatest == 0, 1, greatest)
    batch = np.broadcast_shapes(np.shape(relative), x.shape[:-2])
    return _pinv(A if batch == x.shape[:-2] else broadcast(A, (*batch, *x.shape[-2:])), relative, hermitian)


def pinverse(input: Array, rcond: float = 1e-15) -> Array:
    """`pinv`, under its older name."""
    return pinv(input, rcond)


def matrix_rank(A: Array, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Array:
    """How many singular values exceed max(atol, rtol * the greatest); `tol` is the older name of atol."""
    check_matrices("matrix_rank", A)
    if hermitian:
        check_square("matrix_rank", A)
    x = array_of(A)
    values = _singular_values("matrix_rank", x, hermitian)
    limit = _tolerance(x, values, array_of(tol if atol is None else atol), array_of(rtol))
    return made((values > np.asarray(limit)[..., None]).sum(-1).astype(np.int64))


class LeastSquares(NamedTuple):
    solution: Array
    residuals: Array
    rank: Array
    singular_values: Array


def lstsq(A: Array, B: Array, rcond: float | None = None, *, driver: str | None = None) -> LeastSquares:
    """The X of least norm among those for which A X is nearest to B, by the pseudoinverse.

    B holds matrices, or vectors where it has a dimension less than A.  As in PyTorch the residuals are there for more
    rows than columns, full rank and a driver other than "gelsy" (the default); the rank for all drivers but "gels";
    the singular values for "gelsd" and "gelss".  What is not there is empty.
    """
    check_matrices("lstsq", A)
    check_one_dtype("lstsq", A, B)
    if driver not in DRIVERS:
        raise ArgumentError(f"lstsq: driver {driver!r}; needs one of {', '.join(map(repr, DRIVERS))}")
    vectors = B.ndim == A.ndim - 1 and tuple(B.shape) == tuple(A.shape[:-1])
    if not vectors and (B.ndim < 2 or B.shape[-2] != A.shape[-2]):
        raise ShapeError(f"lstsq: A {tuple(A.shape)} and B {tuple(B.shape)} do not fit")
    b = unsqueeze(B, -1) if vectors else B
    common_batch("lstsq", A, b)
    solution = matmul(pinv(A, rcond), b)
    values = _singular_values("lstsq", array_of(A), False)
    rank = (values > _tolerance(array_of(A), values, None, rcond)[..., None]).sum(-1)
    residuals = reshape(solution, (-1,))[:0]
    if driver not in (None, "gelsy") and A.shape[-2] > A.shape[-1] and np.all(rank == A.shape[-1]):
        distance = matmul(A, solution) - b
        residuals = plain_sum(distance * distance, (distance.ndim - 2,), False)
    return LeastSquares(
        squeeze(solution, -1) if vectors else solution,
        residuals,
        made(rank.astype(np.int64) if driver != "gels" else np.zeros(0, np.int64)),
        made(values if driver in ("gelsd", "gelss") else np.zeros(0, A.dtype)),
    )
