"""Reductions, running sums, orderings."""

from __future__ import annotations

from .base import S, backwards, normal

SAMPLES = [
    S("sum", lambda T, a: T.sum(a), [normal(3, 5)]),
    S("sum dim", lambda T, a: a.sum(1), [normal(2, 3, 4)]),
    S("sum dims keepdim", lambda T, a: a.sum((0, -1), keepdim=True), [normal(2, 3, 4)]),
    S("sum axis", lambda T, a: a.sum(axis=0, keepdims=True), [normal(2, 3)]),
    S("sum empty", lambda T, a: a.sum(0), [normal(0, 3)]),
    S("mean", lambda T, a: T.mean(a), [backwards(3, 5)]),
    S("mean dim", lambda T, a: a.mean((0, 2)), [normal(2, 3, 4)]),
    S("var", lambda T, a: T.var(a), [normal(3, 5)]),
    S("var biased", lambda T, a: a.var(1, unbiased=False), [normal(3, 5)]),
    S("var correction", lambda T, a: a.var((0, 1), correction=2, keepdim=True), [normal(3, 5)]),
    S("std", lambda T, a: a.std(1), [normal(3, 5)]),
    S("amax", lambda T, a: T.amax(a, (0, 2)), [normal(2, 3, 4)]),
    S("amin", lambda T, a: T.amin(a, 1, keepdim=True), [normal(2, 3, 4)]),
    S("max", lambda T, a: T.max(a), [normal(2, 3)]),
    S("min", lambda T, a: a.min(), [normal(2, 3)]),
    S("max dim", lambda T, a: a.max(1).values, [normal(2, 3, 4)]),
    S("max dim indices", lambda T, a: a.max(1, keepdim=True)[1], [normal(2, 3, 4)], False),
    S("min dim", lambda T, a: a.min(-1, keepdim=True)[0], [normal(2, 3, 4)]),
    S("argmax", lambda T, a: T.stack([a.argmax(), a.argmax(0)[1]]), [normal(3, 4)], False),
    S("argmin", lambda T, a: a.argmin(1, keepdim=True), [normal(3, 4)], False),
    S("all any", lambda T, a: T.stack([(a > 0).all(0), (a > 0).any(0)]), [normal(3, 4)], False),
    S("logsumexp", lambda T, a: T.logsumexp(a, 1), [normal(3, 4)]),
    S("logsumexp keepdim", lambda T, a: a.logsumexp((0, 1), keepdim=True), [normal(3, 4)]),
]
