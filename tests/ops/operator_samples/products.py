"""Products of vectors and matrices."""

from __future__ import annotations

from .base import S, backwards, normal

SAMPLES = [
    S("matmul", lambda T, a, b: a @ b, [normal(3, 5), normal(5, 2)]),
    S("matmul batch", lambda T, a, b: T.matmul(a, b), [normal(2, 1, 3, 4), normal(5, 4, 2)]),
    S("matrix vector", lambda T, a, b: a @ b, [normal(3, 4), normal(4)]),
    S("vector matrix", lambda T, a, b: a @ b, [normal(4), normal(2, 4, 3)]),
    S("vector vector", lambda T, a, b: a @ b, [normal(4), normal(4)]),
    S("matmul transposed", lambda T, a, b: a.T @ b.T, [normal(4, 3), backwards(5, 4)]),
    S("mm", lambda T, a, b: T.mm(a, b), [normal(3, 1), normal(1, 2)]),
    S("dot", lambda T, a, b: T.dot(a, b), [normal(5), normal(5)]),
    S("linear", lambda T, x, w, b: T.nn.functional.linear(x, w, b), [normal(2, 3, 5), normal(4, 5), normal(4)]),
    S("linear vector", lambda T, x, w: T.nn.functional.linear(x, w), [normal(5), normal(4, 5)]),
]
