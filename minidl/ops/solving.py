"""Inverses, solutions of linear equations, powers and the exponential of matrices.

NumPy computes them; the gradients are written with operators, so they can be differentiated again.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..autograd import primitive
from ..errors import ArgumentError, DtypeError, ShapeError
from .creation import made
from .cumulative import cumprod
from .elementwise import astype
from .joining import cat
from .linalg import matmul
from .lu import eliminated
from .matrices import (
    check_matrices,
    check_one_dtype,
    check_square,
    check_square_floats,
    common_batch,
    lapack,
    refuse_failures,
)
from .products import without_slope
from .promotion import Array, array_of, at_least_single, check_floats, check_tensors
from .rearranging import flip
from .shape import axis_of, movedim, reshape, squeeze, unsqueeze
from .shape import matrix_transpose as mT

SINGULAR = "the matrix is singular, U has a zero on its diagonal"


# --- inverses and solutions ------------------------------------------------------------------------------------------


@primitive
def inverse(x, checked):
    """The inverses; of a singular matrix an error if `checked`, else the infinities that a division by zero gives."""
    if checked:
        try:
            return np.linalg.inv(x)
        except np.linalg.LinAlgError:
            refuse_failures("inv", _zero_pivots(x), SINGULAR)
    return solve_matrix(x, np.eye(x.shape[-1], dtype=x.dtype), False)


@inverse.gradient("x")
def _(g, y):
    return -matmul(mT(y), matmul(g, mT(y)))


def inv(A: Array) -> Array:
    """The inverses of square matrices.  Raises LinAlgError for a singular one."""
    check_square_floats("inv", A)
    return inverse(A, True)


@primitive
def solve_matrix(a, b, checked):
    """x with a @ x = b, of matrices or batches of them that broadcast; `checked`: as for `inverse`."""
    try:
        return np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        if checked:
            refuse_failures("solve", _zero_pivots(a), SINGULAR)
    return _divided_anyway(a, b)


@solve_matrix.gradient("a")
def _(g, a, y):
    return -matmul(solve_matrix(mT(a), g, False), mT(y))


@solve_matrix.gradient("b")
def _(g, a):
    return solve_matrix(mT(a), g, False)


def _divided_anyway(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Solutions by LU, where a zero pivot gives infinities."""
    substitute = lapack("getrs", a.dtype)
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    x = np.empty((*batch, *b.shape[-2:]), b.dtype)
    factors, pivots, _ = (np.broadcast_to(part, batch + part.shape[a.ndim - 2 :]) for part in eliminated(a))
    for place in np.ndindex(batch):
        x[place] = substitute(factors[place], pivots[place] - 1, np.broadcast_to(b, x.shape)[place])[0]
    return x


def _zero_pivots(x: np.ndarray) -> np.ndarray:
    """For each matrix the place of the first zero on U's diagonal, from 1; 0 if there is none."""
    info = np.zeros(x.shape[:-2], np.int32)
    for place in np.argwhere(np.linalg.slogdet(x)[0] == 0):
        info[tuple(place)] = eliminated(x[tuple(place)])[2]
    return info


def solve(A: Array, B: Array, *, left: bool = True) -> Array:
    """X with A X = B, or X A = B; B holds matrices, or vectors where its shape is A's without the last dimension.

    Raises LinAlgError for a singular A.
    """
    return _solved("solve", A, B, left, True)


def _solved(name: str, A: Array, B: Array, left: bool, checked: bool) -> Array:
    check_square_floats(name, A)
    check_one_dtype(name, A, B)
    vectors = B.ndim == 1 or (A.ndim - 1 == B.ndim and tuple(B.shape) == tuple(A.shape[:-1]))
    if not B.ndim or (unsqueeze(B, -1) if vectors else B).shape[-2 if left else -1] != A.shape[-1]:
        raise ShapeError(f"{name}: A {tuple(A.shape)} and B {tuple(B.shape)} do not fit")
    b = unsqueeze(B, -1) if vectors else B
    common_batch(name, A, b)
    x = solve_matrix(A, b, checked) if left else mT(solve_matrix(mT(A), mT(b), checked))
    return squeeze(x, -1) if vectors else x


class InverseInfo(NamedTuple):
    inverse: Array
    info: Array


class SolveInfo(NamedTuple):
    result: Array
    info: Array


def inv_ex(A: Array, *, check_errors: bool = False) -> InverseInfo:
    """The inverses, and for each the place of the first zero pivot, from 1, or 0; an error only with `check_errors`."""
    check_square_floats("inv_ex", A)
    info = _zero_pivots(array_of(A))
    if check_errors:
        refuse_failures("inv_ex", info, SINGULAR)
    return InverseInfo(inverse(A, False), made(info))


def solve_ex(A: Array, B: Array, *, left: bool = True, check_errors: bool = False) -> SolveInfo:
    """The solutions, and for each matrix the place of the first zero pivot, from 1, or 0; as `inv_ex`."""
    result = _solved("solve_ex", A, B, left, False)
    info = _zero_pivots(array_of(A))
    if check_errors:
        refuse_failures("solve_ex", info, SINGULAR)
    return SolveInfo(result, made(info))


# --- powers ----------------------------------------------------------------------------------------------------------


def matrix_power(input: Array, n: int) -> Array:
    """A square matrix times itself, n times; the identity for 0, the power of the inverse below."""
    check_square("matrix_power", input)
    try:
        n = operator.index(n)
    except TypeError:
        raise DtypeError(f"matrix_power: n {n!r}; needs a whole number") from None
    if n < 0:
        check_square_floats("matrix_power", input)
        return matrix_power(inv(input), -n)
    if input.dtype.kind == "b" and n > 1:
        raise DtypeError("matrix_power: got booleans, needs numbers; use .int() or .float()")
    if n == 0:
        identity = np.broadcast_to(np.eye(input.shape[-1], dtype=input.dtype), tuple(input.shape))
        return without_slope(made(identity.copy()), input)
    result, square = None, input
    while n:
        if n & 1:
            result = square if result is None else matmul(result, square)
        n >>= 1
        square = matmul(square, square) if n else square
    return result


@primitive
def _matrix_exp(x):
    import scipy.linalg

    return np.asarray(scipy.linalg.expm(at_least_single(x))).astype(x.dtype, copy=False) if x.size else x.copy()


@_matrix_exp.gradient
def _(g, x):
    # the block above the diagonal of the exponential of [[A, G], [0, A]] (Van Loan 1978)
    n = x.shape[-1]
    a = mT(x)
    upper = cat([a, g], -1)
    lower = cat([a * 0, a], -1)
    return _matrix_exp(cat([upper, lower], -2))[..., :n, n:]


def matrix_exp(input: Array) -> Array:
    """The sum of A^k / k! of square matrices."""
    check_square("matrix_exp", input)
    check_floats("matrix_exp", input)
    return _matrix_exp(input)


def linalg_vander(x: Array, *, N: int | None = None) -> Array:
    """The powers 0 to N - 1 of each element, as the last dimension; left out, N is the number of elements."""
    if x.dtype.kind == "b":
        raise DtypeError("vander: got booleans, needs numbers; convert them with .to(dtype)")
    count = x.shape[-1] if N is None and x.ndim else N
    if count is None or count < 2:
        raise ArgumentError(f"vander: N {count} for shape {tuple(x.shape)}; needs at least 2")
    return _powers(x if x.ndim else reshape(x, (1,)), count)


def vander(x: Array, N: int | None = None, increasing: bool = False) -> Array:
    """The powers N - 1 to 0 of each element of a vector, or the other way round, as rows.

    Left out, N is the number of elements.
    """
    check_tensors("vander", x)
    count = N if N is not None or not x.ndim else x.shape[0]
    if x.ndim != 1 or count is None or count < 0:
        raise ShapeError(f"vander: shape {tuple(x.shape)} and N {N}; needs a vector, and N of at least 0")
    powers = _powers(x if x.dtype.kind == "f" else astype(x, np.int64), count)
    return powers if increasing else flip(powers, (1,))


def _powers(x: Array, count: int) -> Array:
    """The powers 0 to count - 1, as the last dimension."""
    ones = made(np.ones((*x.shape, 1), x.dtype))
    return cumprod(cat([ones, *[unsqueeze(x, -1)] * (count - 1)], -1), -1)[..., :count]


# --- of tensors ------------------------------------------------------------------------------------------------------


def tensorinv(A: Array, ind: int = 2) -> Array:
    """The inverse of the map that a tensor is, from its dimensions behind `ind` to those before."""
    check_tensors("tensorinv", A)
    before, count = (int(np.prod(part)) for part in (A.shape[:ind], A.shape[ind:]))
    if ind < 1 or before != count:
        raise ShapeError(f"tensorinv: ind {ind} of shape {tuple(A.shape)}; the sizes before and behind must agree")
    matrix = reshape(A, (before, count))
    check_matrices("tensorinv", matrix)
    return reshape(inv(matrix), (*A.shape[ind:], *A.shape[:ind]))


def tensorsolve(A: Array, B: Array, dims: Sequence[int] | None = None) -> Array:
    """X with tensordot(A, X, X.ndim) = B."""
    check_one_dtype("tensorsolve", A, B)
    axes = () if dims is None else tuple(axis_of("tensorsolve", A, d) for d in dims)
    a = movedim(A, axes, tuple(range(A.ndim - len(axes), A.ndim)))
    size = array_of(B).size
    if array_of(a).size != size * size:
        raise ShapeError(f"tensorsolve: A {tuple(A.shape)} for B {tuple(B.shape)}; needs B's size squared")
    return reshape(solve(reshape(a, (size, size)), reshape(B, (-1,))), tuple(a.shape[B.ndim :]))
