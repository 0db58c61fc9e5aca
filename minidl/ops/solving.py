"""Linear equations: solutions, inverses, determinants, pseudoinverses, the exponential of a matrix.

NumPy computes them; the gradients are written with operators, so they can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..autograd import primitive
from ..errors import ArgumentError, DtypeError, ShapeError
from .comparison import where
from .creation import made
from .diagonal import tril, triu
from .joining import cat
from .linalg import matmul
from .products import check_square
from .promotion import Array, array_of
from .reduction import products_of_others
from .shape import matrix_transpose as mT
from .shape import movedim, reshape, squeeze, unsqueeze


class SingularMatrixError(ShapeError, ArithmeticError):
    """A matrix that has no inverse, or is not positive definite."""


def computed(name: str, x: np.ndarray, decompose: Callable[[np.ndarray], Any]) -> Any:
    """What `decompose` gives; where it fails, an error that says which matrix of the batch is at fault."""
    try:
        return decompose(x)
    except np.linalg.LinAlgError as failure:
        reason = str(failure)
    at_fault = [place for place in np.ndindex(x.shape[:-2]) if place and not _decomposes(x[place], decompose)]
    which = f"matrix {at_fault[0]} of the batch: " if at_fault else ""
    raise SingularMatrixError(f"{name}: {which}{reason}")


def _decomposes(x: np.ndarray, decompose: Callable[[np.ndarray], Any]) -> bool:
    try:
        decompose(x)
    except np.linalg.LinAlgError:
        return False
    return True


def _check(name: str, A: Array) -> None:
    check_square(name, A)
    if A.dtype.kind != "f" or A.dtype.itemsize < 4:
        raise DtypeError(f"{name}: got {A.dtype}, needs float32 or float64")


# --- inverses and solutions ------------------------------------------------------------------------------------------


@primitive
def _inv(x):
    return computed("inv", x, np.linalg.inv)


@_inv.gradient
def _(g, y):
    return -matmul(mT(y), matmul(g, mT(y)))


def inv(A: Array) -> Array:
    """The inverses of square matrices."""
    _check("inv", A)
    return _inv(A)


@primitive
def solve_matrix(a, b):
    """x with a @ x = b, of matrices or batches of them that broadcast."""
    return computed("solve", a, lambda part: np.linalg.solve(part, b if part.shape == a.shape else b[..., :, :1]))


@solve_matrix.gradient("a")
def _(g, a, y):
    return -matmul(solve_matrix(mT(a), g), mT(y))


@solve_matrix.gradient("b")
def _(g, a):
    return solve_matrix(mT(a), g)


def solve(A: Array, B: Array, *, left: bool = True) -> Array:
    """X with A X = B, or X A = B; B holds matrices, or vectors where its shape is A's without the last dimension."""
    _check("solve", A)
    if A.dtype != B.dtype:
        raise DtypeError(f"solve: A {A.dtype} and B {B.dtype}; needs one dtype")
    vectors = B.ndim == 1 or (A.ndim - 1 == B.ndim and tuple(B.shape) == tuple(A.shape[:-1]))
    b = unsqueeze(B, -1) if vectors else B
    if b.shape[-2 if left or vectors else -1] != A.shape[-1]:
        raise ShapeError(f"solve: A {tuple(A.shape)} and B {tuple(B.shape)} do not fit")
    if left or vectors:
        x = solve_matrix(A if left else mT(A), b)
        return squeeze(x, -1) if vectors else x
    return mT(solve_matrix(mT(A), mT(b)))


class Info(NamedTuple):
    inverse: Array
    info: Array


class SolveInfo(NamedTuple):
    result: Array
    info: Array


def inv_ex(A: Array, *, check_errors: bool = False) -> Info:
    """The inverse, and zeros where it exists: a singular matrix is an error here."""
    return Info(inv(A), made(np.zeros(tuple(A.shape[:-2]), np.int32)))


def solve_ex(A: Array, B: Array, *, left: bool = True, check_errors: bool = False) -> SolveInfo:
    """The solution, and zeros where it exists: a singular matrix is an error here."""
    return SolveInfo(solve(A, B, left=left), made(np.zeros(tuple(A.shape[:-2]), np.int32)))


def solve_triangular(A: Array, B: Array, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Array:
    """As `solve`, of one triangle of A; `unitriangular`: with ones for its diagonal."""
    _check("solve_triangular", A)
    triangle = triu(A, int(unitriangular)) if upper else tril(A, -int(unitriangular))
    if unitriangular:
        triangle = triangle + np.eye(A.shape[-1], dtype=A.dtype)
    return solve_matrix(triangle, B) if left else mT(solve_matrix(mT(triangle), mT(B)))


class TriangularSolve(NamedTuple):
    solution: Array
    cloned_coefficient: Array


def triangular_solve(
    input: Array, A: Array, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> TriangularSolve:
    """X with A X = input of one triangle of A, or of its transpose; and a copy of A."""
    coefficients = mT(A) if transpose else A
    found = solve_triangular(coefficients, input, upper=upper != transpose, unitriangular=unitriangular)
    return TriangularSolve(found, A * 1)


def cholesky_solve(B: Array, L: Array, upper: bool = False) -> Array:
    """X with L L^T X = B."""
    lower = mT(triu(L)) if upper else tril(L)
    return solve_matrix(mT(lower), solve_matrix(lower, B))


def cholesky_inverse(L: Array, upper: bool = False) -> Array:
    """The inverse of L L^T."""
    lower = mT(triu(L)) if upper else tril(L)
    inverse = inv(lower)
    return matmul(mT(inverse), inverse)


# --- determinants ----------------------------------------------------------------------------------------------------


@primitive
def _det(x):
    return np.asarray(np.linalg.det(x))


@_det.gradient
def _(g, x, y):
    if np.all(array_of(y)):
        return unsqueeze(unsqueeze(g * y, -1), -1) * mT(inv(x))
    from .decomposition import svd  # of a singular matrix the adjugate comes from the other singular values

    u, s, vh = svd(x, full_matrices=False)
    turned = made(np.linalg.det(array_of(u)) * np.linalg.det(array_of(vh)))
    adjugate = matmul(u * unsqueeze(products_of_others(s), -2), vh)
    sign = turned if hasattr(x, "array") else array_of(turned)
    return unsqueeze(unsqueeze(g * sign, -1), -1) * adjugate


def det(A: Array) -> Array:
    """The determinants of square matrices."""
    _check("det", A)
    return _det(A)


class Slogdet(NamedTuple):
    sign: Array
    logabsdet: Array


@primitive
def _log_abs_det(x):
    return np.asarray(np.linalg.slogdet(x)[1])


@_log_abs_det.gradient
def _(g, x):
    return unsqueeze(unsqueeze(g, -1), -1) * mT(inv(x))


@primitive
def _sign_of_det(x):
    return np.asarray(np.linalg.slogdet(x)[0])


@_sign_of_det.gradient
def _(g, x_shape):
    return unsqueeze(unsqueeze(g * 0, -1), -1) * np.zeros(x_shape, g.dtype)


def slogdet(A: Array) -> Slogdet:
    """The sign of the determinant, and the logarithm of its size."""
    _check("slogdet", A)
    return Slogdet(_sign_of_det(A), _log_abs_det(A))


def logdet(input: Array) -> Array:
    """The logarithm of the determinant; NaN where that is negative."""
    sign, size = slogdet(input)
    return where(array_of(sign) < 0, float("nan"), size)


# --- pseudoinverses --------------------------------------------------------------------------------------------------


@primitive
def _pinv(x, rtol, hermitian):
    return np.linalg.pinv(x, rtol, hermitian)


@_pinv.gradient("x")
def _(g, x, y):
    # Golub and Pereyra 1973, eq. 4.12
    rows = np.eye(x.shape[-2], dtype=x.dtype) - matmul(x, y)
    columns = np.eye(x.shape[-1], dtype=x.dtype) - matmul(y, x)
    direct = -matmul(mT(y), matmul(g, mT(y)))
    return direct + matmul(rows, matmul(mT(g), matmul(y, mT(y)))) + matmul(matmul(mT(y), y), matmul(mT(g), columns))


def pinv(A: Array, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Array:
    """The pseudoinverses of matrices; singular values of at most max(atol, rtol * the greatest) count as zero."""
    if A.ndim < 2 or A.dtype.kind != "f":
        raise ShapeError(f"pinv: got {A.dtype}{tuple(A.shape)}; needs matrices of floats")
    if not array_of(A).size:
        return mT(A) * 1
    given = rcond if rtol is None else rtol
    relative: Any = (
        max(A.shape[-2:]) * np.finfo(A.dtype).eps if given is None and atol is None else array_of(given or 0.0)
    )
    if atol is not None:
        greatest = np.linalg.norm(array_of(A), 2, (-2, -1))
        relative = np.maximum(relative, array_of(atol) / np.where(greatest == 0, 1, greatest))
    return _pinv(A, relative, hermitian)


def pinverse(input: Array, rcond: float = 1e-15) -> Array:
    """`pinv`, under its older name."""
    return pinv(input, rcond)


# --- the exponential of a matrix -------------------------------------------------------------------------------------


@primitive
def _matrix_exp(x):
    import scipy.linalg

    return np.asarray(scipy.linalg.expm(x)).astype(x.dtype, copy=False) if x.size else x.copy()


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
    _check("matrix_exp", input)
    return _matrix_exp(input)


# --- of tensors ------------------------------------------------------------------------------------------------------


def tensorinv(A: Array, ind: int = 2) -> Array:
    """The inverse of the map that a tensor is, from its dimensions behind `ind` to those before."""
    count = 1
    for n in A.shape[ind:]:
        count *= n
    before = 1
    for n in A.shape[:ind]:
        before *= n
    if ind < 1 or before != count:
        raise ShapeError(f"tensorinv: ind {ind} of shape {tuple(A.shape)}; the sizes before and behind must agree")
    return reshape(inv(reshape(A, (before, count))), (*A.shape[ind:], *A.shape[:ind]))


def tensorsolve(A: Array, B: Array, dims: Sequence[int] | None = None) -> Array:
    """X with tensordot(A, X, X.ndim) = B."""
    a = A if dims is None else movedim(A, tuple(dims), tuple(range(A.ndim - len(dims), A.ndim)))
    size = array_of(B).size
    if array_of(a).size != size * size:
        raise ShapeError(f"tensorsolve: A {tuple(A.shape)} for B {tuple(B.shape)}; needs B's size squared")
    return reshape(solve(reshape(a, (size, size)), reshape(B, (-1,))), tuple(a.shape[B.ndim :]))


def vander(x: Array, N: int | None = None) -> Array:
    """The powers 0 to N - 1 of each element, as the last dimension."""
    if (N is None and not x.ndim) or (N is not None and N < 1):
        raise ArgumentError(f"vander: N {N} for shape {tuple(x.shape)}; needs at least 1")
    count = x.shape[-1] if N is None else N
    from .cumulative import cumprod

    x = x if x.ndim else reshape(x, (1,))
    ones = made(np.ones((*x.shape, 1), x.dtype))
    factors = [unsqueeze(x, -1)] * (count - 1)
    return cumprod(cat([ones, *factors], -1), -1)


def matrix_rank(A: Array, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Array:
    """How many singular values exceed max(atol, rtol * the greatest)."""
    x = array_of(A)
    values = np.abs(np.linalg.eigvalsh(x)) if hermitian else np.linalg.svd(x, compute_uv=False)
    greatest = values.max(-1, initial=0)
    absolute = array_of(tol if atol is None else atol)
    relative = array_of(rtol)
    if relative is None:
        relative = max(x.shape[-2:]) * np.finfo(x.dtype).eps if absolute is None or np.all(absolute == 0) else 0.0
    limit = np.maximum(0.0 if absolute is None else absolute, relative * greatest)
    return made((values > np.asarray(limit)[..., None]).sum(-1).astype(np.int64))
