"""Factors of symmetric matrices that need not be definite, A = P L D L^T P^T, and equations with them.

D has blocks of one and two rows on its diagonal (Bunch and Kaufman 1977).  LAPACK computes them (sytrf, sytrs).  There
is no gradient, as in PyTorch: solve() has one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..autograd import primitive
from ..errors import ArgumentError, DtypeError, ShapeError
from .matrices import check_matrices, check_one_dtype, check_square_floats, each_matrix, lapack, refuse_failures
from .promotion import Array, array_of


class LDLFactor(NamedTuple):
    LD: Array
    pivots: Array


class LDLFactorInfo(NamedTuple):
    LD: Array
    pivots: Array
    info: Array


@primitive(outputs=("packed", "pivots", "info"))
def _ldl_factor(x):
    factor = lapack("sytrf", x.dtype)

    def one(matrix: np.ndarray) -> tuple[Any, ...]:
        if not matrix.size:
            return matrix.copy(), np.zeros(0, np.int32), np.int32(0)
        packed, pivots, info = factor(matrix, lower=1)
        return np.tril(packed), pivots.astype(np.int32), np.int32(info)

    return each_matrix(one, x)


def ldl_factor_ex(A: Array, *, hermitian: bool = False, check_errors: bool = False) -> LDLFactorInfo:
    """`ldl_factor`, and for each matrix the place of the first zero block of D, from 1, or 0."""
    check_square_floats("ldl_factor", A)
    packed, pivots, info = _ldl_factor(A)
    if check_errors:
        refuse_failures("ldl_factor", array_of(info), "D is singular; use ldl_factor_ex() to have it")
    return LDLFactorInfo(packed, pivots, info)


def ldl_factor(A: Array, *, hermitian: bool = False) -> LDLFactor:
    """L and D of symmetric matrices (..., n, n) in one matrix, and the rows exchanged at each step, from 1: (..., n).

    The lower triangle is read.  L, whose diagonal is ones, stands below the blocks of D; a block of two rows has the
    same negative number twice among the pivots.  `hermitian` makes no difference to real numbers.  Raises LinAlgError
    when D is singular.
    """
    packed, pivots, _ = ldl_factor_ex(A, hermitian=hermitian, check_errors=True)
    return LDLFactor(packed, pivots)


@primitive
def _ldl_solve(packed, pivots, b):
    solve = lapack("sytrs", b.dtype)
    batch = np.broadcast_shapes(packed.shape[:-2], b.shape[:-2])
    x = np.empty((*batch, *b.shape[-2:]), b.dtype)
    if not x.size:
        return x
    packed = np.broadcast_to(packed, (*batch, *packed.shape[-2:]))
    pivots = np.broadcast_to(pivots, (*batch, pivots.shape[-1])).astype(np.int32)
    b = np.broadcast_to(b, x.shape)
    for place in np.ndindex(batch):
        x[place] = solve(packed[place], pivots[place], b[place], lower=1)[0]
    return x


def ldl_solve(LD: Array, pivots: Array, B: Array, *, hermitian: bool = False) -> Array:
    """X with A X = B of the factors that `ldl_factor` gives for A: B (..., n, k) -> (..., n, k)."""
    check_square_floats("ldl_solve", LD)
    check_matrices("ldl_solve", B)
    check_one_dtype("ldl_solve", LD, B)
    exchanged = array_of(pivots)
    if exchanged.dtype.kind not in "iu":
        raise DtypeError(f"ldl_solve: pivots of {exchanged.dtype}; needs int32, as ldl_factor gives them")
    if B.shape[-2] != LD.shape[-1] or tuple(pivots.shape) != tuple(LD.shape[:-1]):
        raise ShapeError(
            f"ldl_solve: LD {tuple(LD.shape)}, pivots {tuple(pivots.shape)}, B {tuple(B.shape)} do not fit"
        )
    n = LD.shape[-1]
    if not all(_well_formed(exchanged[place]) for place in np.ndindex(exchanged.shape[:-1])):
        raise ArgumentError(f"ldl_solve: pivots that are no rows 1 to {n}, negative ones in pairs; use ldl_factor()")
    return _ldl_solve(LD, exchanged, B)


def _well_formed(pivots: np.ndarray) -> bool:
    """Whether LAPACK may use them: it would read beyond the matrix otherwise."""
    if pivots.size and not (np.abs(pivots).min() >= 1 and np.abs(pivots).max() <= pivots.size):
        return False
    i = 0
    while i < pivots.size:
        if pivots[i] < 0 and (i + 1 == pivots.size or pivots[i + 1] != pivots[i]):
            return False
        i += 1 if pivots[i] > 0 else 2
    return True
