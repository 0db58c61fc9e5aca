"""Singular values and principal components of matrices of low rank, by a random search for the space of their columns.

Halko, Martinsson and Tropp 2011, "Finding structure with randomness": algorithms 4.4 (the space, by subspace iteration)
and 5.1 (the decomposition in it).
"""

from __future__ import annotations

from ..errors import ArgumentError, DtypeError, ShapeError
from ..random import numpy_generator
from .decomposition import qr, svd
from .linalg import matmul
from .matrices import check_matrices
from .promotion import Array
from .reduction import mean
from .shape import broadcast
from .shape import matrix_transpose as mT


def _range(A: Array, q: int, niter: int) -> Array:
    """Q with q orthonormal columns that span nearly what the columns of A span: (..., m, n) -> (..., m, q)."""
    directions = numpy_generator(None).standard_normal((A.shape[-1], q)).astype(A.dtype)
    Q = qr(matmul(A, directions)).Q
    for _ in range(niter):
        Q = qr(matmul(A, qr(matmul(mT(A), Q)).Q)).Q
    return Q


def _check(name: str, A: Array, q: int, niter: int) -> None:
    check_matrices(name, A)
    if q < 0 or niter < 0:
        raise ArgumentError(f"{name}: q {q}, niter {niter}; needs numbers of at least 0")


def svd_lowrank(
    A: Array, q: int | None = 6, niter: int | None = 2, M: Array | None = None
) -> tuple[Array, Array, Array]:
    """U (..., m, q), S (..., q) and V (..., n, q) with A - M nearly U diag(S) V^T, for matrices A of rank about q.

    q        how many singular values; somewhat more than the rank
    niter    how often the space is refined
    M        what is subtracted first, of the shape of A or broadcast to it
    """
    q, niter = 6 if q is None else q, 2 if niter is None else niter
    _check("svd_lowrank", A, q, niter)
    if M is not None:
        if M.dtype != A.dtype:
            raise DtypeError(f"svd_lowrank: A {A.dtype} and M {M.dtype}; needs one dtype")
        A = A - broadcast(M, tuple(A.shape))
    return _decomposed(A, q, niter)


def _decomposed(A: Array, q: int, niter: int) -> tuple[Array, Array, Array]:
    wide = A.shape[-2] < A.shape[-1]
    A = mT(A) if wide else A
    Q = _range(A, q, niter)
    within = svd(matmul(mT(Q), A), full_matrices=False)
    left, right = matmul(Q, within.U), mT(within.Vh)
    return (right, within.S, left) if wide else (left, within.S, right)


def pca_lowrank(A: Array, q: int | None = None, center: bool = True, niter: int = 2) -> tuple[Array, Array, Array]:
    """Principal components of m samples of n features, A (..., m, n): U (..., m, q), S (..., q), V (..., n, q).

    The columns of V are the principal directions, S^2 / (m - 1) the variances along them; matmul(A, V[..., :k]) are the
    samples in the first k of them.  q is at most m and n, and 6 if left out; `center` subtracts the mean of each
    feature first; `niter` tells how often the space is refined.
    """
    check_matrices("pca_lowrank", A)
    most = min(A.shape[-2:])
    q = min(6, most) if q is None else q
    _check("pca_lowrank", A, q, niter)
    if q > most:
        raise ShapeError(f"pca_lowrank: q {q} of shape {tuple(A.shape)}; needs at most {most}")
    return _decomposed(A - mean(A, -2, True) if center else A, q, niter)
