"""Directions of quasi-Newton methods."""

from __future__ import annotations

from typing import Any

import numpy as np


def lbfgs_direction(
    grad: np.ndarray, steps: list[np.ndarray], changes: list[np.ndarray], factors: list[Any], scale: Any
) -> np.ndarray:
    """-H @ grad, with the inverse Hessian H that the last steps, and the gradient's changes along them, suggest.

    All vectors are flat; factors[i] = 1 / (changes[i] @ steps[i]); `scale` times the identity is where H starts.

    Nocedal 1980, the recursion of two loops (Nocedal & Wright 2006, algorithm 7.4).
    """
    direction = -grad
    shares = []
    for step, change, factor in zip(reversed(steps), reversed(changes), reversed(factors), strict=True):
        shares.append(step.dot(direction) * factor)
        direction -= shares[-1] * change
    direction *= scale
    for step, change, factor, share in zip(steps, changes, factors, reversed(shares), strict=True):
        direction += (share - change.dot(direction) * factor) * step
    return direction
