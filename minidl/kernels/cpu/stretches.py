"""Arrays of one shape as nested loops over memory: as few as there can be."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

MOST = 4
"""Nested loops that kernels take."""

LONG = 1 << 10
"""Elements that an innermost loop takes, if it can: to start it takes as long as some 64."""

SHORT = 1 << 8
"""Elements from which lengthening it does not pay."""

Strides = tuple[int, ...]


@lru_cache(1024)  # to find them takes 10 microseconds, as the copy of 80,000 numbers does
def stretches(shape: tuple[int, ...], *lie: Strides) -> tuple[list[int], list[Strides]]:
    """How often each loop runs, the innermost last, and for each loop the steps in bytes of all arrays.

    `lie` has the strides of each array, zeros where it is broadcast; those of the last tell the order of the loops.
    """
    counts: list[int] = []
    steps: list[Strides] = []
    for axis in sorted(range(len(shape)), key=lambda axis: -lie[-1][axis]):
        count, here = shape[axis], tuple([strides[axis] for strides in lie])
        if count == 1:
            continue
        if counts and all(outer == count * inner for outer, inner in zip(steps[-1], here, strict=True)):
            counts[-1], steps[-1] = counts[-1] * count, here
        else:
            counts.append(count)
            steps.append(here)
    return counts, steps


def padded(counts: Sequence[int], steps: Sequence[Strides] | np.ndarray) -> tuple[tuple[int, ...], np.ndarray]:
    """The same for a kernel of that many loops, those outside running once: the counts of all but the outermost, whose
    end the kernel knows, and steps (MOST, arrays)."""
    all_steps = np.zeros((MOST, len(steps[0])), np.int64)
    all_steps[MOST - len(counts) :] = steps
    return (*(1,) * (MOST - len(counts)), *counts)[1:], all_steps


def divisor(count: int, most: int) -> int:
    """The greatest divisor of `count` that is not above `most`; at least 1."""
    return next((n for n in range(min(count, most), 1, -1) if not count % n), 1)
