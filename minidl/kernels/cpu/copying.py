"""Copying and clearing stretches of memory, inside kernels.

NumPy's assignment to a slice brings an error's words with it, which take 2 seconds to compile.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .jit import serial


@serial
def copy(source, target):
    for q in range(target.size):  # an index from zero is known not to count from the end: so this is vectorised
        target[q] = source[q]


@serial
def clear(target):
    for q in range(target.size):
        target[q] = 0


LANES = 8
"""Numbers that are copied at once, unasked how many are wanted: the rest is written over by what follows."""


def place_in(context: Any, builder: Any, kind: Any, array: Any, number: Any) -> Any:
    """A pointer to that number of a flat array."""
    return builder.gep(context.make_array(kind)(context, builder, array).data, [number])


@intrinsic
def copy_lanes(_: Any, source: Any, start: Any, target: Any, place: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = ir.VectorType(context.get_value_type(source.dtype), LANES)
        itemsize = source.dtype.bitwidth // 8
        pointers = [
            builder.bitcast(place_in(context, builder, *of), vector.as_pointer())
            for of in ((source, *arguments[:2]), (target, *arguments[2:]))
        ]
        lanes = builder.load(pointers[0])
        lanes.align = itemsize
        builder.store(lanes, pointers[1]).align = itemsize
        return context.get_dummy_value()

    return types.void(source, types.int64, target, types.int64), emit


@intrinsic
def copy_run(_: Any, source: Any, start: Any, target: Any, place: Any, count: Any) -> Any:
    """`count` numbers of flat arrays by the C library's `memcpy`: less to compile than a loop, which is
    vectorised and unrolled wherever it is called."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        begin = place_in(context, builder, source, *arguments[:2])
        end = place_in(context, builder, target, *arguments[2:4])
        cgutils.raw_memcpy(builder, end, begin, arguments[4], source.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(source, types.int64, target, types.int64, types.int64), emit
