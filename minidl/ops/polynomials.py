"""Orthogonal polynomials of degree n at x, each by the recurrence from the two degrees below it.

NIST Digital Library of Mathematical Functions, tables 18.3.1 and 18.9.1.  x and n broadcast.  Of n the whole part
counts, and a negative degree gives 0.  They have no gradient, as in PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import primitive
from ..errors import DtypeError
from .promotion import aligned_floats, at_least_single

Recurrence = Callable[[np.ndarray, int, np.ndarray, np.ndarray], np.ndarray]
"""The polynomial of degree k from x, k, and the polynomials of degree k - 1 and k - 2."""


def _polynomial(name: str, first: Callable[[np.ndarray], np.ndarray], following: Recurrence, meaning: str) -> Any:
    """The operator for the family whose degree 1 is `first(x)`; degree 0 is 1."""

    def forward(x, n):
        if not (hasattr(x, "dtype") or hasattr(n, "dtype")):
            raise DtypeError(f"{name}: got x {x!r} and n {n!r}; needs a tensor for one of them")
        x, n = (np.asarray(part) for part in aligned_floats(x, n))
        degree = n.astype(np.int64)
        wide = at_least_single(x)
        before, value = np.ones_like(wide), first(wide)
        result = np.where(degree == 0, before, np.where(degree == 1, value, np.zeros_like(wide)))
        for k in range(2, int(degree.max(initial=0)) + 1):
            before, value = value, following(wide, k, value, before)
            result = np.where(degree == k, value, result)
        return result.astype(x.dtype, copy=False)

    forward.__name__ = forward.__qualname__ = name
    forward.__doc__ = f"{meaning}, of degree n at x; it has no gradient, as in PyTorch."
    return primitive(forward)


def _chebyshev(x: np.ndarray, k: int, value: np.ndarray, before: np.ndarray) -> np.ndarray:
    return 2 * x * value - before


chebyshev_polynomial_t = _polynomial(
    "chebyshev_polynomial_t", lambda x: x, _chebyshev, "The Chebyshev polynomial of the first kind, cos(n arccos(x))"
)
chebyshev_polynomial_u = _polynomial(
    "chebyshev_polynomial_u", lambda x: 2 * x, _chebyshev, "The Chebyshev polynomial of the second kind"
)
chebyshev_polynomial_v = _polynomial(
    "chebyshev_polynomial_v", lambda x: 2 * x - 1, _chebyshev, "The Chebyshev polynomial of the third kind"
)
chebyshev_polynomial_w = _polynomial(
    "chebyshev_polynomial_w", lambda x: 2 * x + 1, _chebyshev, "The Chebyshev polynomial of the fourth kind"
)


def _shifted(x: np.ndarray, k: int, value: np.ndarray, before: np.ndarray) -> np.ndarray:
    return 2 * (2 * x - 1) * value - before


shifted_chebyshev_polynomial_t = _polynomial(
    "shifted_chebyshev_polynomial_t", lambda x: 2 * x - 1, _shifted, "chebyshev_polynomial_t at 2 x - 1"
)
shifted_chebyshev_polynomial_u = _polynomial(
    "shifted_chebyshev_polynomial_u", lambda x: 4 * x - 2, _shifted, "chebyshev_polynomial_u at 2 x - 1"
)
shifted_chebyshev_polynomial_v = _polynomial(
    "shifted_chebyshev_polynomial_v", lambda x: 4 * x - 3, _shifted, "chebyshev_polynomial_v at 2 x - 1"
)
shifted_chebyshev_polynomial_w = _polynomial(
    "shifted_chebyshev_polynomial_w", lambda x: 4 * x - 1, _shifted, "chebyshev_polynomial_w at 2 x - 1"
)

hermite_polynomial_h = _polynomial(
    "hermite_polynomial_h",
    lambda x: 2 * x,
    lambda x, k, value, before: 2 * x * value - 2 * (k - 1) * before,
    "The physicist's Hermite polynomial, orthogonal under exp(-x^2)",
)
hermite_polynomial_he = _polynomial(
    "hermite_polynomial_he",
    lambda x: x,
    lambda x, k, value, before: x * value - (k - 1) * before,
    "The probabilist's Hermite polynomial, orthogonal under exp(-x^2 / 2)",
)
laguerre_polynomial_l = _polynomial(
    "laguerre_polynomial_l",
    lambda x: 1 - x,
    lambda x, k, value, before: ((2 * k - 1 - x) * value - (k - 1) * before) / k,
    "The Laguerre polynomial, orthogonal under exp(-x) from 0 on",
)
legendre_polynomial_p = _polynomial(
    "legendre_polynomial_p",
    lambda x: x,
    lambda x, k, value, before: ((2 * k - 1) * x * value - (k - 1) * before) / k,
    "The Legendre polynomial, orthogonal from -1 to 1",
)
