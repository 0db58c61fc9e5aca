"""How kernels are compiled: lazily, for the dtypes that come, once per machine (numba keeps them on disk).

`contract` lets a multiplication and an addition become one instruction; NaN and infinities stay what they are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from threading import Lock
from types import FunctionType
from typing import Any

from numba import njit

from .. import memory, threads

threads.prepare()
memory.keep_freed()

_turn = Lock()

serial = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
"""A kernel that computes in the thread that calls it."""

serial_sum = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
"""The same, with sums in any order, so that they use vector registers (and round less)."""


def parallel(kernel: Callable[..., None]) -> Callable[..., None]:
    """A kernel whose `prange(workers)` divides the work among threads; `workers` is its last argument.

    With one worker it runs in the calling thread, compiled apart: waking threads that then find nothing to do costs 2
    microseconds at best, and milliseconds when other processes hold the cores.
    """
    compiled: Any = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"}, parallel=True)(kernel)
    in_threads = _in_turn(compiled) if threads.pool_takes_turns() else compiled
    alone = serial(_renamed(kernel))

    @wraps(kernel)
    def call(*arguments: Any) -> None:
        (alone if arguments[-1] == 1 else in_threads)(*arguments)

    return call


def _renamed(kernel: Any) -> Any:
    """A copy under another name, since numba's cache on disk tells kernels apart by their names."""
    copy = FunctionType(kernel.__code__, kernel.__globals__, f"{kernel.__name__}_alone")
    copy.__qualname__ = copy.__name__
    copy.__module__ = kernel.__module__
    return copy


def _in_turn(kernel: Callable[..., None]) -> Callable[..., None]:
    @wraps(kernel)
    def call(*arguments: Any) -> None:
        with _turn:
            kernel(*arguments)

    return call
