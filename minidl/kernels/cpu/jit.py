"""How kernels are compiled: lazily, for the dtypes that come, once per machine (numba keeps them on disk).

`contract` lets a multiplication and an addition become one instruction; NaN and infinities stay what they are.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any

from numba import njit

from .. import threads

threads.prepare()

from .parts import launch  # noqa: E402 - makes or loads numba's parallel driver, for which the threads must be set

_turn = Lock()

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}

serial = njit(cache=True, fastmath={"contract"}, **_OPTIONS)
"""A kernel that computes in the thread that calls it."""

serial_sum = njit(cache=True, fastmath={"contract", "reassoc", "nsz"}, **_OPTIONS)
"""The same, with sums in any order, so that they use vector registers (and round less)."""

_LAUNCH = """
def made(code):
    def {name}({arguments}, workers):
        code
        if launch(kernel, ({arguments},), workers):
            raise RuntimeError("{name}: a thread failed, most likely for want of memory")
    return {name}
"""


def parallel(kernel: Callable[..., None]) -> Callable[..., None]:
    """A kernel whose `for t in prange(workers)` divides the work among threads; `workers` is its last argument.

    The loop stands last: every thread runs through what is before it, and then its own turns.  With one worker it
    runs in the calling thread: waking threads that then find nothing to do costs 2 microseconds at best, and
    milliseconds when other processes hold the cores.
    """
    code = kernel.__code__
    within = njit(fastmath={"contract"}, no_cpython_wrapper=True, **_OPTIONS)(kernel)
    names_used = {"launch": launch, "kernel": within, "__name__": kernel.__module__}
    *arguments, _ = code.co_varnames[: code.co_argcount]
    # numba's cache asks the file of the kernel whether it has changed, and hashes what is closed over
    source = _LAUNCH.format(name=kernel.__name__, arguments=", ".join(arguments))
    exec(compile("\n" * code.co_firstlineno + source, code.co_filename, "exec"), names_used)
    compiled = serial(names_used["made"](zlib.crc32(code.co_code)))
    return _in_turn(compiled) if threads.pool_takes_turns() else compiled


def _in_turn(kernel: Callable[..., None]) -> Callable[..., None]:
    """A kernel that waits for others of several threads to end."""

    @wraps(kernel)
    def call(*arguments: Any) -> None:
        if arguments[-1] == 1:
            kernel(*arguments)
        else:
            with _turn:
                kernel(*arguments)

    return call
