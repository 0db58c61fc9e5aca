"""Shape, order and joining."""

from __future__ import annotations

from .base import S, normal

SAMPLES = [
    S("reshape", lambda T, a: T.reshape(a, (4, -1)), [normal(3, 2, 4)]),
    S("reshape transposed", lambda T, a: a.T.reshape(-1), [normal(3, 4)]),
    S("view", lambda T, a: a.view(2, 6), [normal(3, 4)]),
    S("view_as", lambda T, a, b: a.view_as(b) * b, [normal(3, 4), normal(2, 6)]),
    S("flatten", lambda T, a: T.flatten(a, 1), [normal(2, 3, 4)]),
    S("squeeze", lambda T, a: T.squeeze(a) * 2, [normal(2, 1, 3, 1)]),
    S("squeeze dim", lambda T, a: a.squeeze(1), [normal(2, 1, 3, 1)]),
    S("unsqueeze", lambda T, a: T.unsqueeze(a, -1), [normal(2, 3)]),
    S("permute", lambda T, a: T.permute(a, (2, 0, 1)), [normal(2, 3, 4)]),
    S("transpose", lambda T, a: a.transpose(0, -1), [normal(2, 3, 4)]),
    S("t T mT", lambda T, a: a.t() @ a + a.T @ a - a.mT @ a * 0.5, [normal(3, 2)]),
    S("expand", lambda T, a: a.expand(4, -1, 3), [normal(2, 1)]),
    S("expand_as", lambda T, a, b: a.expand_as(b) * b, [normal(3), normal(2, 3)]),
    S("contiguous", lambda T, a: a.T.contiguous(), [normal(2, 3)]),
    S("cat", lambda T, a, b: T.cat([a, b, a], 1), [normal(2, 3), normal(2, 1)]),
    S("stack", lambda T, a, b: T.stack([a, b], -1), [normal(2, 3), normal(2, 3)]),
    S("narrow", lambda T, a: T.narrow(a, 1, 1, 2), [normal(3, 4)]),
    S("split", lambda T, a: T.split(a, 2)[1] * T.split(a, [3, 2])[1][0], [normal(5, 2)]),
    S("chunk", lambda T, a: T.chunk(a, 3, 1)[2], [normal(2, 7)]),
    S("unbind", lambda T, a: T.unbind(a, 1)[1] * a[:, 0], [normal(2, 3)]),
    S("flip", lambda T, a: T.flip(a, (0, 1)), [normal(2, 3)]),
]
