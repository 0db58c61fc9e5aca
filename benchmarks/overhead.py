"""What a step costs in Python: counted, apart from any timing."""

from __future__ import annotations

import ctypes
import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NamedTuple

import minidl

from .timing import Work


class Overhead(NamedTuple):
    """Of one step: calls of Python functions and of built-ins, recorded operations, arrays allocated and their bytes.

    Arrays are those for which NumPy asks for memory; views and buffers inside compiled kernels are not among them.
    """

    python_calls: int
    builtin_calls: int
    operations: int
    arrays: int
    array_bytes: int


def overhead(step: Work) -> Overhead:
    """Count one step of minidl, after one that compiles and fills caches."""
    step()
    first = _recorded()
    calls = _calls(step)
    operations = _recorded() - first - 1
    with counted_arrays() as sizes:
        step()
    return Overhead(*calls, operations, len(sizes), sum(sizes))


def _calls(step: Work) -> tuple[int, int]:
    """Calls of Python functions, the step itself among them, and of built-in functions."""
    counts = {"call": 0, "c_call": 0}

    def count(frame: FrameType, event: str, called: Any) -> None:
        if event in counts:
            counts[event] += 1

    gc.disable()  # its callbacks would be counted
    sys.setprofile(count)
    try:
        step()
    finally:
        sys.setprofile(None)
        gc.enable()
    return counts["call"], counts["c_call"] - 1  # setprofile itself


def _recorded() -> int:
    """How many operations the engine has recorded so far, with the one that finds it out."""
    return (minidl.ones(1, requires_grad=True) + 1).node.order


# --- the memory of arrays ---------------------------------------------------------------------------------------------
#
# NumPy takes memory for arrays from a handler that a program may replace (NEP 49).  Only its C interface offers this:
# a table of function addresses, and a struct whose layout is public.  Its functions want the interpreter lock held.


class _Allocator(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("context", "malloc", "calloc", "realloc", "free")]


class _Handler(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char * 127), ("version", ctypes.c_uint8), ("allocator", _Allocator)]


_MALLOC = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
_CALLOC = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t)
_SET_HANDLER, _GET_HANDLER = 304, 305
_NAME = b"mem_handler"

_kept: list[Any] = []
"""Arrays made meanwhile are freed through the counting handler, so handlers are never freed."""


@contextmanager
def counted_arrays() -> Iterator[list[int]]:
    """The sizes in bytes of the arrays that NumPy allocates in the block."""
    api = ctypes.pythonapi
    pointer, capsule = api.PyCapsule_GetPointer, api.PyCapsule_New
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    capsule.restype, capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    core = importlib.import_module("numpy._core.multiarray")  # private, with the public C interface in it
    table = (ctypes.c_size_t * (_GET_HANDLER + 1)).from_address(pointer(core._ARRAY_API, None))
    get = ctypes.PYFUNCTYPE(ctypes.py_object)(table[_GET_HANDLER])
    replace = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(table[_SET_HANDLER])

    handler = _Handler.from_buffer_copy(_Handler.from_address(pointer(get(), _NAME)))
    usual_malloc = ctypes.cast(handler.allocator.malloc, _MALLOC)
    usual_calloc = ctypes.cast(handler.allocator.calloc, _CALLOC)
    sizes: list[int] = []

    @_MALLOC
    def malloc(context: int, size: int) -> Any:
        sizes.append(size)
        return usual_malloc(context, size)

    @_CALLOC
    def calloc(context: int, count: int, size: int) -> Any:
        sizes.append(count * size)
        return usual_calloc(context, count, size)

    handler.name = b"counting"
    handler.allocator.malloc = ctypes.cast(malloc, ctypes.c_void_p)
    handler.allocator.calloc = ctypes.cast(calloc, ctypes.c_void_p)
    _kept.append((handler, malloc, calloc))
    before = replace(capsule(ctypes.addressof(handler), _NAME, None))
    try:
        yield sizes
    finally:
        replace(before)
