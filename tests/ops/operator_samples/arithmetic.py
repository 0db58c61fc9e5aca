"""Arithmetic, comparisons and choices."""

from __future__ import annotations

import numpy as np

from .base import S, backwards, normal, positive

SAMPLES = [
    S("add", lambda T, a, b: a + b, [normal(3, 5), normal(3, 5)]),
    S("add broadcast", lambda T, a, b: T.add(a, b), [normal(2, 1, 5), normal(3, 1)]),
    S("add scalar", lambda T, a: 2 + a + 1.5, [normal(3)]),
    S("add alpha", lambda T, a, b: a.add(b, alpha=3), [normal(3), normal(3)]),
    S("add 0-d", lambda T, a, b: a + b, [normal(), normal(2, 3)]),
    S("add empty", lambda T, a, b: a + b, [normal(0, 3), normal(3)]),
    S("sub", lambda T, a, b: T.sub(a, b), [normal(4, 1), backwards(3)]),
    S("sub scalar", lambda T, a: 1 - a - 2, [normal(3)]),
    S("mul", lambda T, a, b: T.mul(a, b), [normal(3, 1, 2), normal(4, 1)]),
    S("mul twice the same", lambda T, a: a * a, [normal(3)]),
    S("mul scalar", lambda T, a: 3 * a, [backwards(3, 2)]),
    S("div", lambda T, a, b: T.div(a, b), [normal(3, 5), positive(5)]),
    S("div by scalar", lambda T, a: a / 4, [normal(3)]),
    S("div scalar by", lambda T, a: 4 / a, [positive(3)]),
    S("floor_divide", lambda T, a, b: T.floor_divide(a, b), [normal(3, 5), positive(5)], differentiable=False),
    S("remainder", lambda T, a, b: T.remainder(a, b), [np.array([2.3, -1.6, 0.7]), np.array([0.9, 1.0, -0.5])]),
    S("neg", lambda T, a: -a, [normal(3, 2)]),
    S("pow", lambda T, a, b: T.pow(a, b), [positive(3, 4), normal(4)]),
    S("pow 2", lambda T, a: a**2, [normal(3)]),
    S("pow 3", lambda T, a: a**3, [normal(3)]),
    S("pow 0", lambda T, a: a**0, [normal(3)]),
    S("pow 1", lambda T, a: a**1, [normal(3)]),
    S("pow -1", lambda T, a: a**-1, [positive(3)]),
    S("pow 0.5", lambda T, a: a**0.5, [positive(3)]),
    S("scalar pow", lambda T, a: 2.0**a, [normal(3)]),
    S("maximum", lambda T, a, b: T.maximum(a, b), [normal(3, 4), normal(4) + 0.003]),
    S("minimum", lambda T, a, b: T.minimum(a, b), [normal(3, 4), normal(4) + 0.003]),
    S("where", lambda T, a, b: T.where(a > b, a * 2, b), [normal(3, 4), normal(4) + 0.003]),
    S("where scalar", lambda T, a: T.where(a > 0, a, 0.5), [normal(5)]),
    S("clamp", lambda T, a: T.clamp(a, -0.55, 0.7), [normal(7)]),
    S("clamp min", lambda T, a: a.clamp(min=0.05), [normal(7)]),
    S("clamp max", lambda T, a: a.clamp(max=0.05), [normal(7)]),
    S(
        "comparisons",
        lambda T, a, b: T.stack([a > b, a >= b, a < b, a <= b, a == b, a != b]),
        [normal(3), normal(3)],
        False,
    ),
    S("logic", lambda T, a, b: (a > 0) & (b > 0) | ~(a > 1) ^ (b < 0), [normal(5), normal(5)], False),
    S("isnan", lambda T, a: T.isnan(T.log(a)), [normal(5)], False),
    S("isfinite", lambda T, a: T.isfinite(1 / (a - a[0])), [normal(5)], False),
    S("sign", lambda T, a: T.sign(a), [normal(5)], False),
]
