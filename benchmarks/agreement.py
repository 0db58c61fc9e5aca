"""Do both libraries compute the same?  A workload's first steps, under each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import minidl

from .timing import Work

STEPS = 3

ROUNDING = 1e-3
"""Greatest difference, relative to the loss, that rounding explains.  Sums in another order differ by some 1e-7, and
so do most losses; each of ResNet-18's 20 batch norms enlarges what came before it, to 1e-4 after three steps."""


class Agreement(NamedTuple):
    """The last step's loss (or mean output) under each, and the greatest relative difference of any step."""

    ours: float
    theirs: float
    difference: float


def agreement(program: Callable[..., Work], other: Any, **sizes: int) -> Agreement:
    """Compare the program under minidl with the same under `other`, a namespace like it."""
    ours, theirs = program(minidl, **sizes), program(other, **sizes)
    differences = []
    for _ in range(STEPS):
        a, b = (np.asarray(step().detach().numpy(), np.float64) for step in (ours, theirs))
        differences.append(float(np.abs(a - b).max() / np.abs(b).max()))
    return Agreement(float(a.mean()), float(b.mean()), max(differences))
