"""Lines of the cache: memory that begins one, and lines that are asked for before they are needed.

What an earlier layer wrote has often left the caches, and a core waits for it at 10 GB/s (measured); asked for early
enough, it comes while the arithmetic goes on.  A convolution of few channels else waits for half of its time, and
attention, whose rows are short and far from one another, for a tenth.
"""

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

_READ, _SECOND_CACHE, _DATA = 0, 2, 1


@intrinsic
def _prefetch(_: Any, values: Any, place: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(values)(context, builder, arguments[0]).data
        pointer = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [pointer, number(_READ), number(_SECOND_CACHE), number(_DATA)])
        return context.get_dummy_value()

    return types.void(values, types.int64), emit


@serial
def prefetch(values, first, last):
    """Ask for the lines of flat `values` from the number `first` on, before `last`."""
    for place in range(first, last, _LINE_BYTES // values.itemsize):
        _prefetch(values, place)


@serial
def prefetch_rows(values, first, step, rows, columns):
    """Ask for rows of some numbers each, `step` apart, of flat `values`.

    The processor itself guesses what comes next only where memory is read line after line.
    """
    for r in range(rows):
        prefetch(values, first + r * step, first + r * step + columns)


@serial
def per_turn(count, turns, values):
    """A share of `count` numbers for each of `turns`, in whole lines."""
    line = _LINE_BYTES // values.itemsize
    return -(-count // (turns * line)) * line


@serial
def lines(size, real):
    """Zeros from the beginning of a cache line on: a vector register reads or writes one line then, else often two."""
    memory = np.zeros(size + VECTOR_BYTES, real)
    first = -memory.ctypes.data % VECTOR_BYTES // memory.itemsize
    return memory[first : first + size]
