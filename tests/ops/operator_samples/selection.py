"""Indexing, and writing in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .base import S, normal, positive


def _written(change: Callable[..., Any]) -> Callable[..., Any]:
    """A program that changes a copy of its first input in place."""

    def program(T: Any, a: Any, *rest: Any) -> Any:
        changed = a * 1
        change(T, changed, *rest)
        return changed * 2

    return program


SAMPLES = [
    S("slice", lambda T, a: a[1:, ::2], [normal(3, 5)]),
    S("integer", lambda T, a: a[-1, ..., 0], [normal(3, 2, 4)]),
    S("none", lambda T, a: a[:, None, 1], [normal(3, 4)]),
    S("iterate", lambda T, a: sum(row * i for i, row in enumerate(a)), [normal(3, 4)]),
    S("integer tensor", lambda T, a: a[T.tensor([2, 0, 2])], [normal(3, 4)]),
    S("list", lambda T, a: a[[2, 0, 2]], [normal(3, 4)]),
    S("pairs", lambda T, a: a[T.tensor([2, 0, 2]), T.tensor([1, 1, 1])], [normal(3, 4)]),
    S("mask", lambda T, a: a[a > 0], [normal(3, 4)]),
    S("gather", lambda T, a: T.gather(a, 1, T.tensor([[0, 0], [3, 1]])), [normal(3, 4)]),
    S("add_", _written(lambda T, a, b: a.add_(b, alpha=2)), [normal(2, 3), normal(3)]),
    S("sub_", _written(lambda T, a, b: a.sub_(b)), [normal(2, 3), normal(3)]),
    S("mul_", _written(lambda T, a, b: a.mul_(b)), [normal(2, 3), normal(3)]),
    S("div_", _written(lambda T, a, b: a.div_(b)), [normal(2, 3), positive(3)]),
    S("pow_", _written(lambda T, a: a.pow_(3)), [normal(2, 3)]),
    S("clamp_", _written(lambda T, a: a.clamp_(min=0.05)), [normal(2, 3)]),
    S("relu_", _written(lambda T, a: a.relu_()), [normal(2, 3)]),
    S("neg_ exp_", _written(lambda T, a: a.neg_().exp_()), [normal(2, 3)]),
    S("copy_", _written(lambda T, a, b: a.copy_(b)), [normal(2, 3), normal(3)]),
    S("fill_ zero_", _written(lambda T, a: (a[0].fill_(3), a[1].zero_())), [normal(3, 3)]),
    S("set slice", _written(lambda T, a, b: a.__setitem__((slice(None), 1), b)), [normal(3, 3), normal(3)]),
    S("set scalar", _written(lambda T, a: a.__setitem__((0, slice(1, None)), 5.0)), [normal(3, 3)]),
    S("set mask", _written(lambda T, a: a.__setitem__(a > 0, 5.0)), [normal(3, 3)]),
    S("set integers", _written(lambda T, a, b: a.__setitem__(T.tensor([2, 0]), b)), [normal(3, 3), normal(2, 3)]),
    S("through a view", _written(lambda T, a, b: a.T[1:].mul_(b)), [normal(3, 3), normal(3)]),
    S("take_along_dim", lambda T, x: T.take_along_dim(x, T.tensor([[0, 2]]), 1), [normal(2, 3)]),
    S("select", lambda T, x: T.select(x, 1, 2), [normal(2, 3)]),
    S("index_select", lambda T, x: T.index_select(x, 0, T.tensor([2, 0, 2])), [normal(3, 2)]),
    S("index_add", lambda T, x, y: T.index_add(x, 0, T.tensor([0, 2, 0]), y, alpha=2), [normal(3, 2), normal(3, 2)]),
    S("index_copy", lambda T, x, y: T.index_copy(x, 1, T.tensor([2, 0]), y), [normal(2, 3), normal(2, 2)]),
    S("index_fill", lambda T, x: T.index_fill(x, 1, T.tensor([0, 2]), 1.5), [normal(2, 3)]),
    S("index_put", lambda T, x, y: T.index_put(x, (T.tensor([0, 0, 1]),), y, accumulate=True), [normal(3), normal(3)]),
    S("index_reduce", lambda T, x, y: T.index_reduce(x, 0, T.tensor([0, 0]), y, "mean"), [normal(3), normal(2)]),
    S("scatter", lambda T, x, y: T.scatter(x, 1, T.tensor([[0, 2], [1, 0]]), y), [normal(2, 3), normal(2, 2)]),
    S("scatter_add", lambda T, x, y: T.scatter_add(x, 0, T.tensor([[0, 0]]), y), [normal(2, 2), normal(1, 2)]),
    *[
        S(
            f"scatter_reduce {kind}",
            lambda T, x, y, kind=kind: T.scatter_reduce(x, 0, T.tensor([0, 2, 0]), y, kind),
            [normal(3), normal(3) + 0.01],
        )
        for kind in ("sum", "prod", "mean", "amax", "amin")
    ],
    S("masked_fill", lambda T, x: T.masked_fill(x, x > 0, 0.5), [normal(2, 3)]),
    S("masked_select", lambda T, x: T.masked_select(x, x > 0), [normal(2, 3)]),
    S("masked_scatter", lambda T, x, y: T.masked_scatter(x, x > 0, y), [normal(2, 3), normal(6)]),
    S("take", lambda T, x: T.take(x, T.tensor([4, 0, 4])), [normal(2, 3)]),
    S("put", lambda T, x, y: T.Tensor.put(x, T.tensor([4, 0]), y), [normal(2, 3), normal(2)]),
    S("select_scatter", lambda T, x, y: T.select_scatter(x, y, 0, 1), [normal(3, 2), normal(2)]),
    S("slice_scatter", lambda T, x, y: T.slice_scatter(x, y, 1, 0, 3, 2), [normal(2, 3), normal(2, 2)]),
    S("diagonal_scatter", lambda T, x, y: T.diagonal_scatter(x, y), [normal(2, 2), normal(2)]),
    S("fill", lambda T, x: T.fill(x, 2.0), [normal(3)], differentiable=False),
]
