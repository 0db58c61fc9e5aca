"""Decompositions of matrices: Cholesky, QR, eigenvalues of symmetric ones, singular values.

NumPy computes them.  The gradients are written with operators, so they can be differentiated again; where eigenvalues
or singular values coincide they are infinite, as the mathematics has it.  Sources: Murray 2016 (Cholesky), Walter and
Lehmann 2018 (QR), Giles 2008 and Townsend 2016 (eigenvalues, singular values).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..autograd import primitive
from ..errors import ArgumentError
from .creation import made
from .diagonal import diag_embed, diagonal, tril
from .joining import cat
from .linalg import matmul
from .matrices import check_matrices, check_square_floats, computed, each_matrix, lapack, refuse_failures
from .promotion import Array, array_of
from .shape import matrix_transpose as mT
from .shape import unsqueeze
from .triangular import triangular_solution


class QR(NamedTuple):
    Q: Array
    R: Array


class Eigh(NamedTuple):
    eigenvalues: Array
    eigenvectors: Array


class SVD(NamedTuple):
    U: Array
    S: Array
    Vh: Array


# --- Cholesky --------------------------------------------------------------------------------------------------------


class CholeskyInfo(NamedTuple):
    L: Array
    info: Array


NOT_POSITIVE = "the matrix is not positive definite"


@primitive
def _cholesky(x, checked):
    try:
        y = np.linalg.cholesky(x)
        if np.isfinite(np.diagonal(y, axis1=-2, axis2=-1)).all():
            return y
    except np.linalg.LinAlgError:
        pass
    y, info = _cholesky_so_far(x)
    if checked:
        refuse_failures("cholesky", info, NOT_POSITIVE)
    return y


def _cholesky_so_far(x: np.ndarray) -> tuple[np.ndarray, ...]:
    """The factors as far as they go, and for each the place of the first pivot that is not positive, from 1, or 0."""
    factor = lapack("potrf", x.dtype)

    def one(matrix: np.ndarray) -> tuple[np.ndarray, np.int32]:
        if not matrix.size:
            return matrix.copy(), np.int32(0)
        y, info = factor(matrix, lower=1, clean=1)
        strange = ~np.isfinite(np.diagonal(y))  # some LAPACKs go on with NaN
        first = int(np.argmax(strange)) + 1 if strange.any() else 0
        return y, np.int32(info or first)

    return each_matrix(one, x)


@_cholesky.gradient("x")
def _(g, y):
    inner = tril(matmul(mT(y), g))
    halved = inner - diag_embed(diagonal(inner, 0, -2, -1)) * 0.5
    left = triangular_solution(mT(y), halved, True, False)
    full = mT(triangular_solution(mT(y), mT(left), True, False))
    return (full + mT(full)) * 0.5


def cholesky(A: Array, *, upper: bool = False) -> Array:
    """The lower triangle L with A = L L^T of symmetric positive definite matrices, of which the lower triangle is read.

    `upper`: the transpose of L, and the upper triangle is read.  Raises LinAlgError for another matrix.
    """
    check_square_floats("cholesky", A)
    return _triangle(A, upper, True)


def _triangle(A: Array, upper: bool, checked: bool) -> Array:
    return mT(_cholesky(mT(A), checked)) if upper else _cholesky(A, checked)


def cholesky_ex(A: Array, *, upper: bool = False, check_errors: bool = False) -> CholeskyInfo:
    """`cholesky`, and for each matrix the place of the first pivot that is not positive, from 1, or 0.

    Of such a matrix the factor is what came before.  It is an error only with `check_errors`.
    """
    check_square_floats("cholesky_ex", A)
    factor = _triangle(A, upper, False)
    x = array_of(A)
    _, info = _cholesky_so_far(x.swapaxes(-1, -2) if upper else x)
    if check_errors:
        refuse_failures("cholesky_ex", info, NOT_POSITIVE)
    return CholeskyInfo(factor, made(info))


# --- QR --------------------------------------------------------------------------------------------------------------


@primitive(outputs=("q", "r"))
def _qr(x):
    return tuple(np.linalg.qr(x))


@_qr.gradient("x")
def _(g, q, r):
    gq, gr = g
    gq = q * 0 if gq is None else gq
    gr = r * 0 if gr is None else gr
    k = q.shape[-1]
    if r.shape[-1] == k:
        return _qr_slope(q, r, gq, gr)
    square, rest = r[..., :k], r[..., k:]
    wide = matmul(q, rest)  # the columns beyond the square
    slope = _qr_slope(q, square, gq + matmul(wide, mT(gr[..., k:])), gr[..., :k])
    return cat([slope, matmul(q, gr[..., k:])], -1)


def _qr_slope(q: Array, r: Array, gq: Array, gr: Array) -> Array:
    m = matmul(r, mT(gr)) - matmul(mT(gq), q)
    lower = tril(m, -1)
    symmetric = lower + mT(lower) + diag_embed(diagonal(m, 0, -2, -1))
    return mT(triangular_solution(r, mT(gq + matmul(q, symmetric)), True, False))


@primitive(outputs=("q", "r"))
def complete_qr(x):
    """The square Q: its further columns are free to turn, so it has no gradient."""
    return tuple(np.linalg.qr(x, "complete"))


@primitive
def r_of_qr(x):
    """R alone: its gradient would need Q."""
    return np.linalg.qr(x, "r")


def qr(A: Array, mode: str = "reduced") -> QR:
    """Q with orthonormal columns and an upper triangle R, A = Q R; mode "reduced", "complete" or "r" (R alone).

    The reduced form has a gradient; for matrices that are not tall the complete form is the same.
    """
    check_matrices("qr", A)
    if mode == "reduced" or (mode == "complete" and A.shape[-2] <= A.shape[-1]):
        return QR(*_qr(A))
    if mode == "complete":
        return QR(*complete_qr(A))
    if mode == "r":
        return QR(made(np.zeros(0, A.dtype)), r_of_qr(A))
    raise ArgumentError(f"qr: mode {mode!r}; needs 'reduced', 'complete' or 'r'")


# --- eigenvalues of symmetric matrices -------------------------------------------------------------------------------


@primitive(outputs=("values", "vectors"))
def _eigh(x, uplo, name):
    return tuple(computed(name, x, lambda a: np.linalg.eigh(a, uplo)))


@_eigh.gradient("x")
def _(g, values, vectors):
    g_values, g_vectors = g
    inner = None if g_values is None else diag_embed(g_values)
    if g_vectors is not None:
        gaps = unsqueeze(values, -2) - unsqueeze(values, -1)
        eye = np.eye(values.shape[-1], dtype=bool)
        mixed = matmul(mT(vectors), g_vectors) / (gaps + eye.astype(gaps.dtype)) * (1 - eye.astype(gaps.dtype))
        inner = mixed if inner is None else inner + mixed
    slope = matmul(vectors, matmul(inner, mT(vectors)))
    return (slope + mT(slope)) * 0.5


def eigh(A: Array, UPLO: str = "L") -> Eigh:
    """Eigenvalues in rising order and eigenvectors, as columns, of symmetric matrices; one triangle is read."""
    return _eigen("eigh", A, UPLO)


def _eigen(name: str, A: Array, UPLO: str) -> Eigh:
    check_square_floats(name, A)
    triangle = str(UPLO).upper()
    if triangle not in ("L", "U"):
        raise ArgumentError(f"{name}: UPLO {UPLO!r}; needs 'L' or 'U'")
    return Eigh(*_eigh(A, triangle, name))


def eigvalsh(A: Array, UPLO: str = "L") -> Array:
    """The eigenvalues of symmetric matrices, in rising order."""
    return _eigen("eigvalsh", A, UPLO).eigenvalues


# --- singular values -------------------------------------------------------------------------------------------------


@primitive(outputs=("u", "s", "vh"))
def _svd(x, name):
    return tuple(computed(name, x, lambda a: np.linalg.svd(a, full_matrices=False)))


@_svd.gradient("x")
def _(g, u, s, vh):
    gu, gs, gvh = g
    inner = None if gs is None else diag_embed(gs)
    if gu is not None or gvh is not None:
        eye = np.eye(s.shape[-1], dtype=s.dtype)
        gaps = unsqueeze(s * s, -2) - unsqueeze(s * s, -1) + eye
        if gu is not None:
            turned = _skew(matmul(mT(u), gu)) / gaps * unsqueeze(s, -2)
            inner = turned if inner is None else inner + turned
        if gvh is not None:
            turned = unsqueeze(s, -1) * (_skew(matmul(vh, mT(gvh))) / gaps)
            inner = turned if inner is None else inner + turned
    slope = matmul(u, matmul(inner, vh))
    if gu is not None and u.shape[-2] > s.shape[-1]:
        outside = gu - matmul(u, matmul(mT(u), gu))
        slope = slope + matmul(outside / unsqueeze(s, -2), vh)
    if gvh is not None and vh.shape[-1] > s.shape[-1]:
        outside = gvh - matmul(matmul(gvh, mT(vh)), vh)
        slope = slope + matmul(u, outside / unsqueeze(s, -1))
    return slope


def _skew(x: Array) -> Array:
    return x - mT(x)


def svd(A: Array, full_matrices: bool = True, *, driver: str | None = None) -> SVD:
    """U, S and Vh with A = U diag(S) Vh, singular values falling; without full_matrices only as many vectors."""
    check_matrices("svd", A)
    _check_driver("svd", driver)
    u, s, vh = _svd(A, "svd")
    if not full_matrices or A.shape[-1] == A.shape[-2]:
        return SVD(u, s, vh)
    whole_u, _, whole_vh = np.linalg.svd(array_of(A), full_matrices=True)
    count = s.shape[-1]
    # the further vectors only span what the others leave: they are constants
    return SVD(cat([u, made(whole_u[..., count:])], -1), s, cat([vh, made(whole_vh[..., count:, :])], -2))


def svdvals(A: Array, *, driver: str | None = None) -> Array:
    """The singular values, falling."""
    _check_driver("svdvals", driver)
    return singular_values("svdvals", A)


def _check_driver(name: str, driver: str | None) -> None:
    if driver is not None:
        raise ArgumentError(f"{name}: driver {driver!r}; only GPUs have a choice, leave it None")


def singular_values(name: str, A: Array) -> Array:
    """The singular values, falling; what is wrong with A is said in the name of the operator that asks."""
    check_matrices(name, A)
    return _svd(A, name)[1]


# --- under PyTorch's older names -------------------------------------------------------------------------------------


class SVDOfMatrix(NamedTuple):
    U: Array
    S: Array
    V: Array


def svd_of_matrix(input: Array, some: bool = True, compute_uv: bool = True) -> SVDOfMatrix:
    """U, S and V, not its transpose, with A = U diag(S) V^T."""
    u, s, vh = svd(input, full_matrices=not some)
    if not compute_uv:
        rows, columns = input.shape[-2:]
        lead = tuple(input.shape[:-2])
        empty = (made(np.zeros((*lead, n, n), input.dtype)) for n in (rows, columns))
        return SVDOfMatrix(next(empty), s, next(empty))
    return SVDOfMatrix(u, s, mT(vh))


def qr_of_matrix(input: Array, some: bool = True) -> QR:
    """`qr`, reduced, or complete if not `some`."""
    return qr(input, "reduced" if some else "complete")


def cholesky_of_matrix(input: Array, upper: bool = False) -> Array:
    """`cholesky`."""
    return cholesky(input, upper=upper)
