"""Products of Householder reflectors, the form in which LAPACK leaves the Q of a QR decomposition.

Reflector i is I - tau_i v v^T, where v has a one at place i, zeros before it, and below it what column i of the matrix
has below its diagonal.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..autograd import primitive
from ..errors import ShapeError
from .creation import made
from .diagonal import tril
from .elementwise import clone
from .linalg import matmul
from .matrices import check_matrices, check_one_dtype, each_matrix, lapack
from .products import without_slope
from .promotion import Array
from .shape import matrix_transpose as mT


class GeQRF(NamedTuple):
    a: Array
    tau: Array


@primitive(outputs=("a", "tau"))
def _geqrf(x):
    factor = lapack("geqrf", x.dtype)

    def one(matrix: np.ndarray) -> tuple[Any, ...]:
        if not matrix.size:
            return matrix.copy(), np.zeros(min(matrix.shape), matrix.dtype)
        return factor(matrix)[:2]

    return each_matrix(one, x)


def geqrf(input: Array) -> GeQRF:
    """R on and above the diagonal, the reflectors whose product is Q below it, and their factors tau; no gradient."""
    check_matrices("geqrf", input)
    return GeQRF(*_geqrf(input))


def _check(name: str, A: Array, tau: Array) -> None:
    check_matrices(name, A)
    check_one_dtype(name, A, tau)
    if not tau.ndim or tuple(tau.shape[:-1]) != tuple(A.shape[:-2]) or tau.shape[-1] > min(A.shape[-2:]):
        raise ShapeError(
            f"{name}: A {tuple(A.shape)} and tau {tuple(tau.shape)}; needs (..., m, n) and (..., k), k <= m and k <= n"
        )


def _reflected(A: Array, tau: Array, x: Array, backwards: bool) -> Array:
    """The product of all reflectors, or of their transposes the other way round, times x."""
    count = tau.shape[-1]
    if not count:
        return without_slope(clone(x), A)
    vectors = tril(A, -1) + np.eye(*A.shape[-2:], dtype=A.dtype)
    for i in range(count) if backwards else reversed(range(count)):
        v = vectors[..., i : i + 1]
        x = x - matmul(v * tau[..., i : i + 1, None], matmul(mT(v), x))
    return x


def householder_product(A: Array, tau: Array) -> Array:
    """The first n columns of the product of the reflectors that the columns of A (..., m, n) and tau tell."""
    _check("householder_product", A, tau)
    if A.shape[-2] < A.shape[-1]:
        raise ShapeError(f"householder_product: A {tuple(A.shape)}; needs at least as many rows as columns")
    identity = np.broadcast_to(np.eye(*A.shape[-2:], dtype=A.dtype), tuple(A.shape))
    return _reflected(A, tau, made(identity.copy()), False)


def ormqr(input: Array, tau: Array, other: Array, left: bool = True, transpose: bool = False) -> Array:
    """Q other, or other Q, of the product Q of reflectors; `transpose`: with Q^T."""
    check_one_dtype("ormqr", input, other)
    _check("ormqr", input, tau)
    fits = other.ndim >= 2 and other.shape[-2 if left else -1] == input.shape[-2]
    if not fits or tuple(other.shape[:-2]) != tuple(input.shape[:-2]):
        raise ShapeError(f"ormqr: input {tuple(input.shape)} and other {tuple(other.shape)} do not fit")
    if left:
        return _reflected(input, tau, other, transpose)
    return mT(_reflected(input, tau, mT(other), not transpose))
