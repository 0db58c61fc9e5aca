"""How kernels are compiled: lazily, for the dtypes that come, once per machine (numba keeps them on disk).

`contract` lets a multiplication and an addition become one instruction; NaN and infinities stay what they are.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from threading import Lock
from typing import Any

from .. import memory, threads

threads.prepare()
memory.keep_freed()

from .nested import Kernel  # noqa: E402 - numba's parallel driver, made or loaded by these,
from .parts import Turns, launch  # noqa: E402 - needs the threads that were prepared

_turn = Lock()

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
_EXACT = {"fastmath": {"contract"}, **_OPTIONS}
_SUMS = {"fastmath": {"contract", "reassoc", "nsz"}, **_OPTIONS}


def serial(kernel: Callable[..., Any]) -> Any:
    """A kernel that computes in the thread that calls it."""
    return Kernel(kernel, _EXACT)


def serial_sum(kernel: Callable[..., Any]) -> Any:
    """The same, with sums in any order, so that they use vector registers (and round less)."""
    return Kernel(kernel, _SUMS)


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
    names_used = {"launch": launch, "kernel": Turns(kernel, _EXACT), "__name__": kernel.__module__}
    *arguments, _ = code.co_varnames[: code.co_argcount]
    # numba's cache asks the file of the kernel whether it has changed, and hashes what is closed over
    source = _LAUNCH.format(name=kernel.__name__, arguments=", ".join(arguments))
    exec(compile("\n" * code.co_firstlineno + source, code.co_filename, "exec"), names_used)
    made: Any = names_used["made"]
    compiled = Kernel(made(zlib.crc32(code.co_code, _machinery())), _EXACT)
    return _in_turn(compiled) if threads.pool_takes_turns() else compiled


@cache
def _machinery() -> int:
    """A number of the sources that stand between a kernel and what is kept of it on disk."""
    here = Path(__file__)
    return zlib.crc32(b"".join(here.with_name(name).read_bytes() for name in (here.name, "nested.py", "parts.py")))


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
