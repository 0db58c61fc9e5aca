"""Asking for memory before it is needed: the cache lines come while the arithmetic goes on.

What an earlier layer wrote has often left the caches, and a core waits for it at 10 GB/s (measured): a convolution of
few channels then spends half of its time so.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .jit import serial

LINE_BYTES = 64

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
def per_turn(count, turns, values):
    """A share of `count` numbers for each of `turns`, in whole lines."""
    line = LINE_BYTES // values.itemsize
    return -(-count // (turns * line)) * line


@serial
def prefetch(values, first, last):
    """Ask for the lines of flat `values` from the number `first` on, before `last`."""
    for place in range(first, last, LINE_BYTES // values.itemsize):
        _prefetch(values, place)
