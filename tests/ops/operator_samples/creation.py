"""What makes tensors of others: grids, products, combinations."""

from __future__ import annotations

from .base import S, normal

WINDOWS = {
    "bartlett": {},
    "blackman": {},
    "cosine": {},
    "exponential": {"tau": 2.0},
    "gaussian": {"std": 1.5},
    "general_cosine": {"a": [0.5, 0.3, 0.2]},
    "general_hamming": {"alpha": 0.6},
    "hamming": {},
    "hann": {},
    "kaiser": {"beta": 3.0},
    "nuttall": {},
}

SAMPLES = [
    *[
        S(
            f"signal.windows.{name}",
            lambda T, x, name=name, options=options: getattr(T.signal.windows, name)(
                5, sym=False, dtype=x.dtype, **options
            ),
            [normal(1)],
            False,
        )
        for name, options in WINDOWS.items()
    ],
    S(
        "meshgrid",
        lambda T, a, b: T.meshgrid(a, b, indexing="ij")[0] * T.meshgrid(a, b, indexing="ij")[1],
        [normal(3), normal(2)],
    ),
    S("meshgrid xy", lambda T, a, b: T.meshgrid(a, b, indexing="xy")[0] * b.sum(), [normal(3), normal(2)]),
    S("cartesian_prod", lambda T, a, b: T.cartesian_prod(a, b), [normal(3), normal(2)]),
    S("normal", lambda T, a: T.normal(a, T.zeros(2, 3, dtype=a.dtype)), [normal(2, 3)], differentiable=False),
    S("combinations", lambda T, a: T.combinations(a, 2), [normal(4)]),
]
