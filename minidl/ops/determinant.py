"""Determinants and their logarithms."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..autograd import primitive
from .comparison import where
from .decomposition import svd
from .linalg import matmul
from .matrices import check_square_floats
from .promotion import Array, array_of
from .reduction import products_of_others
from .shape import matrix_transpose as mT
from .shape import unsqueeze
from .solving import inverse


@primitive
def _det(x):
    return np.asarray(np.linalg.det(x))


@_det.gradient
def _(g, x, y):
    if np.all(array_of(y)):
        return unsqueeze(unsqueeze(g * y, -1), -1) * mT(inverse(x, True))
    # the adjugate, which a singular matrix has too: each singular value gives way to the product of the others
    u, s, vh = svd(x, full_matrices=False)
    turned = np.linalg.det(array_of(u)) * np.linalg.det(array_of(vh))
    adjugate = matmul(u * unsqueeze(products_of_others(s), -2), vh)
    return unsqueeze(unsqueeze(g * turned, -1), -1) * adjugate


def det(A: Array) -> Array:
    """The determinants of square matrices."""
    check_square_floats("det", A)
    return _det(A)


class Slogdet(NamedTuple):
    sign: Array
    logabsdet: Array


@primitive(outputs=("sign", "logabsdet"))
def _slogdet(x):
    sign, size = (np.asarray(part) for part in np.linalg.slogdet(x))
    return np.where(np.isnan(size), 0, sign).astype(x.dtype, copy=False), size


@_slogdet.gradient("x")
def _(g, x):
    if g[1] is None:  # the sign is constant between its steps
        return where(True, 0.0, x)
    return unsqueeze(unsqueeze(g[1], -1), -1) * mT(inverse(x, False))


def slogdet(A: Array) -> Slogdet:
    """The sign of the determinant, and the logarithm of its size."""
    check_square_floats("slogdet", A)
    return Slogdet(*_slogdet(A))


def logdet(input: Array) -> Array:
    """The logarithm of the determinant; NaN where that is negative."""
    check_square_floats("logdet", input)
    sign, size = slogdet(input)
    return where(array_of(sign) < 0, float("nan"), size)
