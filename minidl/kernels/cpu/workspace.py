"""Memory for what a kernel needs only while it runs.

It is kept for the next call: fresh memory costs a page fault for every 4 KiB, often more than the work in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

LINE = 16
"""Numbers of float32 in a cache line."""

_kept: list[np.ndarray] = []


@contextmanager
def workspace(*sizes: int) -> Iterator[list[np.ndarray]]:
    """Arrays of float32 of these sizes, each beginning a cache line; what they hold is arbitrary."""
    places = np.cumsum([0, *(-(-size // LINE) * LINE for size in sizes)])
    memory = _borrow(int(places[-1]))
    first = -memory.__array_interface__["data"][0] // 4 % LINE
    try:
        yield [memory[first + place : first + place + size] for place, size in zip(places[:-1], sizes, strict=True)]
    finally:
        _kept.append(memory)


def _borrow(size: int) -> np.ndarray:
    """The memory of an earlier call if it is large enough; each call in another thread has its own."""
    try:
        memory = _kept.pop()
    except IndexError:
        memory = np.empty(0, np.float32)
    return memory if memory.size >= size + LINE else np.zeros(size + LINE, np.float32)
