"""Orthogonal polynomials."""

from __future__ import annotations

from .base import S, normal

FAMILIES = ("chebyshev_polynomial_t", "chebyshev_polynomial_u", "chebyshev_polynomial_v", "chebyshev_polynomial_w",
            "hermite_polynomial_h", "hermite_polynomial_he", "laguerre_polynomial_l", "legendre_polynomial_p",
            "shifted_chebyshev_polynomial_t", "shifted_chebyshev_polynomial_u", "shifted_chebyshev_polynomial_v",
            "shifted_chebyshev_polynomial_w")  # fmt: skip

SAMPLES = [
    S(
        f"special.{name}",
        lambda T, x, name=name: getattr(T.special, name)(x.detach(), T.tensor([-1, 0, 1, 2, 5])[:, None]),
        [normal(7)],
        False,
    )
    for name in FAMILIES
]
