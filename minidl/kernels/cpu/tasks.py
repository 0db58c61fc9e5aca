"""Work in parts, divided among threads by one jitted loop, which calls each task as a C function by its address.

A `parallel` kernel compiles all that it calls anew, in 1 to 4 seconds where a task takes 0.3 to 1; the loop is compiled
once for all tasks.  A task knows its dtypes beforehand:

    void task(int64 part, int64 parts, void **arrays, int64 *numbers)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, cfunc, prange, types
from numba.extending import intrinsic

from .jit import parallel, serial

_SIGNATURE = types.void(types.int64, types.int64, types.CPointer(types.voidptr), types.CPointer(types.int64))


class task:  # noqa: N801 - a decorator
    """A function of (part, parts, arrays, numbers), compiled when it is first run.

    `numbers` begins with the sizes of the arrays, which `floats` needs.
    """

    def __init__(self, function: Callable[..., None]) -> None:
        self.function = function

    @cached_property
    def _compiled(self) -> Any:
        return cfunc(_SIGNATURE, cache=True, error_model="numpy", fastmath={"contract"})(self.function)

    def run(self, arrays: Sequence[np.ndarray], numbers: Sequence[int], workers: int) -> None:
        """Each of the threads does its part, of contiguous arrays."""
        addresses = np.array([a.__array_interface__["data"][0] for a in arrays], np.int64)
        _run(self._compiled.address, addresses, np.array([*(a.size for a in arrays), *numbers], np.int64), workers)


@serial
def floats(arrays, numbers, i):
    """Array i of a task, flat, of float32."""
    return carray(arrays[i], numbers[i], np.float32)


@parallel
def _run(address, arrays, numbers, workers):
    for t in prange(workers):
        _call(address, t, workers, arrays.ctypes.data, numbers.ctypes.data)


def _typed(_: Any, address: Any, part: Any, parts: Any, arrays: Any, numbers: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, part, parts, *pointers = arguments
        integer, byte = ir.IntType(64), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [integer, integer, byte, byte]).as_pointer()
        places = [builder.inttoptr(pointer, byte) for pointer in pointers]
        builder.call(builder.inttoptr(address, kind), [part, parts, *places])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, arrays, numbers), emit


_call: Any = intrinsic(_typed)
