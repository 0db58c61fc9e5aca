"""Copying and clearing stretches of memory, inside kernels.

NumPy's assignment to a slice brings an error's words with it, which take 2 seconds to compile.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
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


@intrinsic
def _copy_lanes(_: Any, source: Any, start: Any, target: Any, place: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds, pointers = signature.args, []
        for kind, value, first in zip(kinds[::2], arguments[::2], arguments[1::2], strict=True):
            data = context.make_array(kind)(context, builder, value).data
            vector = ir.VectorType(context.get_value_type(kind.dtype), LANES)
            pointers.append(builder.bitcast(builder.gep(data, [first]), vector.as_pointer()))
        itemsize = kinds[0].dtype.bitwidth // 8
        lanes = builder.load(pointers[0])
        lanes.align = itemsize
        builder.store(lanes, pointers[1]).align = itemsize
        return context.get_dummy_value()

    return types.void(source, types.int64, target, types.int64), emit


@serial
def copy_pixels(source, target, count, channels, steps, times, apart):
    """Pixels, steps[0] apart in flat `source`, each so many times, `apart`, from multiples of steps[1] in flat `target`
    on; and behind each up to LANES - 1 numbers, over which the next one is written.

    A loop over six channels is not vectorised, and asks each time whether the two arrays overlap.
    """
    vectors = -(-channels // LANES)
    for p in range(count):
        for i in range(times):
            for v in range(vectors):
                _copy_lanes(source, p * steps[0] + v * LANES, target, p * steps[1] + i * apart + v * LANES)
