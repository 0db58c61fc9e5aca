"""Factors by elimination, A = P L U, and equations with matrices of which they are known.

LAPACK computes the factors.  Their gradient is that of de Hoog, Anderssen and Lukas, "Differentiation of matrix
functionals using triangular factorization", 2011, applied to rectangular matrices too.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..autograd import primitive
from ..errors import ArgumentError, DtypeError, ShapeError
from .creation import made
from .diagonal import tril, triu
from .indexing import take_along
from .joining import cat
from .linalg import matmul
from .matrices import (
    check_matrices,
    check_one_dtype,
    check_square_floats,
    common_batch,
    each_matrix,
    lapack,
    refuse_failures,
)
from .promotion import Array, array_of, check_tensors
from .shape import broadcast
from .shape import matrix_transpose as mT
from .triangular import triangular_solution


class PLU(NamedTuple):
    P: Array
    L: Array
    U: Array


class LUFactor(NamedTuple):
    LU: Array
    pivots: Array


class LUFactorInfo(NamedTuple):
    LU: Array
    pivots: Array
    info: Array


# --- factors ---------------------------------------------------------------------------------------------------------


def eliminated(x: np.ndarray) -> tuple[np.ndarray, ...]:
    """L and U in one matrix, the rows exchanged at each step, from 1, and the place of the first zero pivot, or 0."""
    factor = lapack("getrf", x.dtype)

    def one(matrix: np.ndarray) -> tuple[Any, ...]:
        if not matrix.size:
            return matrix.copy(), np.zeros(min(matrix.shape), np.int32), np.int32(0)
        factors, pivots, info = factor(matrix)
        return factors, pivots.astype(np.int32) + np.int32(1), np.int32(info)

    return each_matrix(one, x)


@primitive(outputs=("packed", "pivots", "info"))
def _lu_factor(x):
    return eliminated(x)


@_lu_factor.gradient("x")
def _(g, packed, pivots):
    slope = g[0]
    k = min(packed.shape[-2:])
    square, g_square = packed[..., :k, :k], slope[..., :k, :k]
    lower = matmul(mT(_unit_lower(square)), tril(g_square, -1))
    upper = matmul(triu(g_square), mT(triu(square)))
    right, below = slope[..., k:], slope[..., k:, :]  # at most one of them has elements: U's, or L's
    if right.shape[-1]:
        lower = lower - matmul(right, mT(packed[..., k:]))
    if below.shape[-2]:
        upper = upper - matmul(mT(packed[..., k:, :]), below)
    inner = mT(triangular_solution(square, mT(tril(lower, -1) + triu(upper)), True, False))
    inner = cat([inner, right], -1) if right.shape[-1] else inner
    found = triangular_solution(mT(square), inner, True, True)
    if below.shape[-2]:
        found = cat([found, mT(triangular_solution(square, mT(below), True, False))], -2)
    return _reordered(found, np.argsort(_order(array_of(pivots), found.shape[-2]), -1))


def _unit_lower(packed: Array) -> Array:
    """The triangle below the diagonal, with ones on it."""
    return tril(packed, -1) + np.eye(*packed.shape[-2:], dtype=packed.dtype)


def _order(pivots: np.ndarray, rows: int) -> np.ndarray:
    """Where each row stood before the exchanges."""
    order = np.broadcast_to(np.arange(rows), (*pivots.shape[:-1], rows)).copy()
    for i in range(pivots.shape[-1]):
        other = pivots[..., i : i + 1] - 1
        moved = np.take_along_axis(order, other, -1)
        np.put_along_axis(order, other, order[..., i : i + 1].copy(), -1)
        order[..., i : i + 1] = moved
    return order


def _reordered(x: Array, order: np.ndarray) -> Array:
    """The rows of matrices in another order."""
    return take_along(x, np.broadcast_to(order[..., None], x.shape), x.ndim - 2)


def _check_pivoting(name: str, pivot: bool) -> None:
    if not pivot:
        raise ArgumentError(f"{name}: pivot=False is not there, on the CPU no more in PyTorch; leave it True")


def _check_exchanges(name: str, pivots: np.ndarray, rows: int) -> None:
    if pivots.size and not 1 <= pivots.min() <= pivots.max() <= rows:
        raise ArgumentError(f"{name}: pivots from {pivots.min()} to {pivots.max()}; needs rows from 1 to {rows}")


def lu_factor_ex(A: Array, *, pivot: bool = True, check_errors: bool = False) -> LUFactorInfo:
    """`lu_factor`, and for each matrix the place of the first zero on U's diagonal, from 1, or 0."""
    return _factored("lu_factor_ex", A, pivot, check_errors)


def _factored(name: str, A: Array, pivot: bool, check_errors: bool) -> LUFactorInfo:
    check_matrices(name, A)
    _check_pivoting(name, pivot)
    packed, pivots, info = _lu_factor(A)
    if check_errors:
        refuse_failures(name, array_of(info), "U has a zero on its diagonal; use lu_factor_ex() to have it")
    return LUFactorInfo(packed, pivots, info)


def lu_factor(A: Array, *, pivot: bool = True) -> LUFactor:
    """L and U with A = P L U in one matrix, L below the diagonal, and the rows exchanged at each step, from 1."""
    packed, pivots, _ = _factored("lu_factor", A, pivot, True)
    return LUFactor(packed, pivots)


def lu(A: Array, *, pivot: bool = True) -> PLU:
    """A permutation P, a unit lower triangle L and an upper triangle U with A = P L U."""
    return lu_unpack(*_factored("lu", A, pivot, False)[:2])


def lu_of_matrix(A: Array, pivot: bool = True, get_infos: bool = False) -> LUFactor | LUFactorInfo:
    """`lu_factor`, or `lu_factor_ex` with `get_infos`."""
    return lu_factor_ex(A, pivot=pivot) if get_infos else lu_factor(A, pivot=pivot)


def lu_unpack(LU_data: Array, LU_pivots: Array, unpack_data: bool = True, unpack_pivots: bool = True) -> PLU:
    """P, L and U of what `lu_factor` gives; empty where they are not asked for."""
    check_matrices("lu_unpack", LU_data)
    check_tensors("lu_unpack", LU_pivots)
    rows, columns = LU_data.shape[-2:]
    pivots = array_of(LU_pivots)
    if pivots.dtype != np.int32 or pivots.shape != (*LU_data.shape[:-2], min(rows, columns)):
        raise ShapeError(f"lu_unpack: pivots {pivots.dtype}{pivots.shape} for LU {tuple(LU_data.shape)}; use lu_factor")
    _check_exchanges("lu_unpack", pivots, rows)
    nothing = made(np.zeros(0, LU_data.dtype))
    permutation, k = nothing, min(rows, columns)
    if unpack_pivots:
        permutation = made(np.eye(rows, dtype=LU_data.dtype)[_order(pivots, rows)].swapaxes(-1, -2).copy())
    if not unpack_data:
        return PLU(permutation, nothing, nothing)
    return PLU(permutation, _unit_lower(LU_data[..., :k]), triu(LU_data[..., :k, :]))


# --- equations with known factors ------------------------------------------------------------------------------------


def lu_solve(LU: Array, pivots: Array, B: Array, *, left: bool = True, adjoint: bool = False) -> Array:
    """X with A X = B, or X A = B, of the factors that `lu_factor` gives for A; `adjoint`: with A^T for A."""
    check_square_floats("lu_solve", LU)
    check_matrices("lu_solve", B)
    check_one_dtype("lu_solve", LU, B)
    check_tensors("lu_solve", pivots)
    if array_of(pivots).dtype != np.int32:
        raise DtypeError(f"lu_solve: pivots of {pivots.dtype}; needs int32, as lu_factor gives them")
    if B.shape[-2 if left else -1] != LU.shape[-1] or tuple(pivots.shape) != tuple(LU.shape[:-1]):
        raise ShapeError(f"lu_solve: LU {tuple(LU.shape)}, pivots {tuple(pivots.shape)}, B {tuple(B.shape)} do not fit")
    _check_exchanges("lu_solve", array_of(pivots), LU.shape[-1])
    batch = common_batch("lu_solve", LU, B)
    if not left:
        return mT(lu_solve(LU, pivots, mT(B), adjoint=not adjoint))
    b = broadcast(B, (*batch, *B.shape[-2:]))
    order = np.broadcast_to(_order(array_of(pivots), LU.shape[-1]), (*batch, LU.shape[-1]))
    if adjoint:
        x = triangular_solution(mT(LU), triangular_solution(mT(LU), b, False, False), True, True)
        return _reordered(x, np.argsort(order, -1))
    return triangular_solution(LU, triangular_solution(LU, _reordered(b, order), False, True), True, False)


def lu_solve_of_matrix(b: Array, LU_data: Array, LU_pivots: Array) -> Array:
    """X with A X = b; the arguments in the older order."""
    return lu_solve(LU_data, LU_pivots, b)
