"""Optimizers as formulas over arrays, for libraries that bring none.  Works on NumPy's arrays and JAX's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

State = tuple[list[Any], list[Any], Any]
"""Adam's two averages and the number of steps."""

Update = Callable[[list[Any], list[Any], State, float], tuple[list[Any], State]]


def sgd(values: list[Any], gradients: list[Any], state: State, lr: float) -> tuple[list[Any], State]:
    """w - lr g"""
    return [w - lr * g for w, g in zip(values, gradients, strict=True)], state


def adam(values: list[Any], gradients: list[Any], state: State, lr: float) -> tuple[list[Any], State]:
    """Kingma & Ba 2015, algorithm 1."""
    averages, squares, t = state
    t = t + 1
    averages = [0.9 * m + 0.1 * g for m, g in zip(averages, gradients, strict=True)]
    squares = [0.999 * v + 0.001 * g**2 for v, g in zip(squares, gradients, strict=True)]
    moved = [
        w - lr * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)) ** 0.5 + 1e-8)
        for w, m, v in zip(values, averages, squares, strict=True)
    ]
    return moved, (averages, squares, t)


UPDATES: dict[str, Update] = {"sgd": sgd, "adam": adam}


def first_state(values: list[Any], t: Any) -> State:
    """Averages of zero; `t` is a zero."""
    return [0 * w for w in values], [0 * w for w in values], t
