"""Memory for what a kernel needs only while it runs.

It is kept for the next call: fresh memory costs a page fault for every 4 KiB, often more than the work in it.
"""

from __future__ import annotations

import numpy as np

LINE = 16
"""Numbers of float32 in a cache line."""

_kept: list[np.ndarray] = []


class Workspace:
    """Arrays of float32 of these sizes, each beginning a cache line; what they hold is arbitrary."""

    __slots__ = ("_memory", "_sizes")  # 2 microseconds; `contextmanager` and a sum by NumPy took 8

    def __init__(self, *sizes: int) -> None:
        self._sizes = sizes

    def __enter__(self) -> list[np.ndarray]:
        places = [0]
        for size in self._sizes:
            places.append(places[-1] + -(-size // LINE) * LINE)
        self._memory = _borrow(places.pop())
        return [self._memory[place : place + size] for place, size in zip(places, self._sizes, strict=True)]

    def __exit__(self, *error: object) -> None:
        _kept.append(self._memory)


def _borrow(size: int) -> np.ndarray:
    """The memory of an earlier call if it is large enough; each call in another thread has its own."""
    try:
        memory = _kept.pop()
    except IndexError:
        memory = np.empty(0, np.float32)
    return memory if memory.size >= size else _aligned(size)


def _aligned(size: int) -> np.ndarray:
    memory = np.zeros(size + LINE, np.float32)
    first = -memory.__array_interface__["data"][0] // 4 % LINE
    return memory[first : first + size]
