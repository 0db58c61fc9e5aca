"""How kernels are compiled: lazily, for the dtypes that come, once per machine (numba keeps them on disk).

`contract` lets a multiplication and an addition become one instruction; NaN and infinities stay what they are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any

from numba import njit

from .. import threads

threads.prepare()

_turn = Lock()

serial = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
"""A kernel that computes in the thread that calls it."""

serial_sum = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
"""The same, with sums in any order, so that they use vector registers (and round less)."""


def parallel(kernel: Callable[..., None]) -> Callable[..., None]:
    """A kernel whose `prange(workers)` divides the work among threads."""
    compiled: Any = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"}, parallel=True)(kernel)
    return _in_turn(compiled) if threads.pool_takes_turns() else compiled


def _in_turn(kernel: Callable[..., None]) -> Callable[..., None]:
    @wraps(kernel)
    def call(*arguments: Any) -> None:
        with _turn:
            kernel(*arguments)

    return call
