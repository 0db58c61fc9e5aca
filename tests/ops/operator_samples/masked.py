"""Reductions and normalisations of what a mask lets through."""

from __future__ import annotations

import numpy as np

from .base import S, normal, positive

MASK = np.array([[True, False, True, True], [False, True, True, False], [True, True, True, False]])


def _mask(T):
    return T.from_numpy(MASK)


REDUCTIONS = {
    "sum": {"dim": 1},
    "prod": {"dim": (0, 1)},
    "amax": {"dim": 1},
    "amin": {"dim": 0, "keepdim": True},
    "mean": {"dim": 1},
    "median": {"dim": 1},
    "norm": {"ord": 3.0, "dim": 1},
    "var": {"dim": 1},
    "std": {"dim": (0, 1), "unbiased": False},
    "logsumexp": {"dim": 1},
    "softmax": {"dim": 1},
    "softmin": {"dim": 0},
    "normalize": {"ord": 2.0, "dim": 1},
    "cumsum": {"dim": 1},
    "cumprod": {"dim": 0},
}

SAMPLES = [
    *[
        S(
            f"masked.{name}",
            lambda T, x, name=name, options=options: getattr(T.masked, name)(x, mask=_mask(T), **options),
            [positive(3, 4) if name == "norm" else normal(3, 4)],
        )
        for name, options in REDUCTIONS.items()
    ],
    S(
        "masked.log_softmax",
        lambda T, x: T.where(_mask(T), T.masked.log_softmax(x, 1, mask=_mask(T)), 0.0),
        [normal(3, 4)],
    ),
    S(
        "masked.logaddexp",
        lambda T, x, y: T.masked.logaddexp(x, y, input_mask=_mask(T)),
        [normal(3, 4), normal(3, 4)],
        pytorch_order=1,
    ),
    S("masked.argmax", lambda T, x: T.masked.argmax(x, 1, mask=_mask(T)), [normal(3, 4)], False),
    S("masked.argmin", lambda T, x: T.masked.argmin(x, mask=_mask(T)), [normal(3, 4)], False),
]
