"""Equations with triangular matrices, by substitution, and with matrices of which the Cholesky factor is known.

BLAS computes them.  A zero on the diagonal gives infinities and NaN, as in PyTorch, and no error.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..autograd import primitive
from ..errors import ShapeError
from .diagonal import tril, triu
from .elementwise import clone
from .linalg import matmul
from .matrices import check_matrices, check_one_dtype, check_square_floats, common_batch, refuse_failures
from .promotion import Array, array_of
from .shape import broadcast
from .shape import matrix_transpose as mT


@primitive
def triangular_solution(a, b, upper, unitriangular):
    """x with a @ x = b, of one triangle of a, whose diagonal counts as ones if `unitriangular`."""
    import scipy.linalg.blas

    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    x = np.empty((*batch, *b.shape[-2:]), b.dtype)
    if not x.size:
        return x
    solve = scipy.linalg.blas.strsm if b.dtype.itemsize == 4 else scipy.linalg.blas.dtrsm
    a, b = np.broadcast_to(a, (*batch, *a.shape[-2:])), np.broadcast_to(b, x.shape)
    for place in np.ndindex(batch):  # Fortran reads the other triangle of the transpose, which it need not copy
        x[place] = solve(1.0, a[place].T, b[place], lower=upper, trans_a=1, diag=unitriangular)
    return x


@triangular_solution.gradient("a")
def _(g, a, y, upper, unitriangular):
    slope = -matmul(triangular_solution(mT(a), g, not upper, unitriangular), mT(y))
    return triu(slope, int(unitriangular)) if upper else tril(slope, -int(unitriangular))


@triangular_solution.gradient("b")
def _(g, a, upper, unitriangular):
    return triangular_solution(mT(a), g, not upper, unitriangular)


def _check(name: str, A: Array, B: Array, left: bool = True) -> tuple[int, ...]:
    """The batch that both make; raise unless A and B fit."""
    check_square_floats(name, A)
    check_matrices(name, B)
    check_one_dtype(name, A, B)
    if B.shape[-2 if left else -1] != A.shape[-1]:
        raise ShapeError(f"{name}: A {tuple(A.shape)} and B {tuple(B.shape)} do not fit")
    return common_batch(name, A, B)


def solve_triangular(A: Array, B: Array, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Array:
    """X with A X = B, or X A = B, of one triangle of A; `unitriangular`: with ones for its diagonal."""
    _check("solve_triangular", A, B, left)
    if left:
        return triangular_solution(A, B, upper, unitriangular)
    return mT(triangular_solution(mT(A), mT(B), not upper, unitriangular))


class TriangularSolve(NamedTuple):
    solution: Array
    cloned_coefficient: Array


def triangular_solve(
    input: Array, A: Array, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> TriangularSolve:
    """X with A X = input of one triangle of A, or of its transpose; and a copy of A."""
    batch = _check("triangular_solve", A, input)
    coefficients, reads_upper = (mT(A), not upper) if transpose else (A, upper)
    copy = clone(broadcast(A, (*batch, *A.shape[-2:])))
    return TriangularSolve(triangular_solution(coefficients, input, reads_upper, unitriangular), copy)


def cholesky_solve(B: Array, L: Array, upper: bool = False) -> Array:
    """X with L L^T X = B; `upper`: with L^T L X = B."""
    _check("cholesky_solve", L, B)
    first, second = (mT(L), L) if upper else (L, mT(L))
    return triangular_solution(second, triangular_solution(first, B, False, False), True, False)


def cholesky_inverse(L: Array, upper: bool = False) -> Array:
    """The inverse of L L^T; `upper`: of L^T L.  Raises LinAlgError when L has a zero on its diagonal."""
    check_square_floats("cholesky_inverse", L)
    pivots = np.diagonal(array_of(L), axis1=-2, axis2=-1)
    places = np.argmax(pivots == 0, -1) + 1 if pivots.size else 0
    refuse_failures("cholesky_inverse", (pivots == 0).any(-1) * places, "the factor is singular")
    inverse = triangular_solution(mT(L) if upper else L, np.eye(L.shape[-1], dtype=L.dtype), False, False)
    return matmul(mT(inverse), inverse)
