"""Lines of the cache: memory that begins one, and lines that are asked for before they are needed."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .jit import serial
from .tile import VECTOR_BYTES

_LINE_BYTES = 64


def _typed(_: Any, x: Any, place: Any) -> Any:
    """Asks for the cache line of x[place], x flat."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        memory = context.make_array(x)(context, builder, arguments[0]).data
        pointer = builder.bitcast(builder.gep(memory, [arguments[1]]), ir.IntType(8).as_pointer())
        option = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, option, option, option])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(prefetch, [pointer, option(0), option(3), option(1)])  # to read it, in all caches, as data
        return context.get_dummy_value()

    return types.void(x, types.int64), emit


_prefetch: Any = intrinsic(_typed)


@serial
def prefetch_rows(x, start, step, rows, columns):
    """Ask for x[start + r * step + c], of a flat array, for r < rows and c < columns.

    The processor itself guesses what comes next where memory is read line after line.  The rows of a head are short,
    and far from one another: attention waited for them a tenth of its time.
    """
    for r in range(rows):
        for c in range(0, columns, _LINE_BYTES // x.itemsize):
            _prefetch(x, start + r * step + c)


@serial
def lines(size, real):
    """Zeros from the beginning of a cache line on: a vector register reads or writes one line then, else often two."""
    memory = np.zeros(size + VECTOR_BYTES, real)
    first = -memory.ctypes.data % VECTOR_BYTES // memory.itemsize
    return memory[first : first + size]
