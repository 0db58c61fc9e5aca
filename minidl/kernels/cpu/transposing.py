"""Matrices turned round, in squares of as many rows as a vector has numbers, which lie in registers meanwhile.

One number after the other takes a cycle each, to write it far from the one before; in squares 256 take some 100.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .jit import serial
from .tile import VECTOR_BYTES


def _typed(_: Any, x: Any, y: Any, starts: Any, steps: Any) -> Any:
    """y[starts[1] + c * steps[1] + r] = x[starts[0] + r * steps[0] + c], of flat arrays."""
    itemsize = x.dtype.bitwidth // 8
    size = VECTOR_BYTES // itemsize
    short, integer = ir.IntType(32), ir.IntType(64)

    def interleaved(builder: Any, a: Any, b: Any, first: int) -> Any:
        """Numbers of a and of b in turn, from the one at `first` on."""
        order = [place for i in range(first, first + size // 2) for place in (i, size + i)]
        return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(short, size), [short(i) for i in order]))

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        starts, steps = ([builder.extract_value(pair, i) for i in range(2)] for pair in arguments[2:])
        vector = ir.VectorType(context.get_value_type(x.dtype), size)

        def row(number: int, which: int) -> Any:
            memory = context.make_array(signature.args[which])(context, builder, arguments[which]).data
            place = builder.add(starts[which], builder.mul(steps[which], integer(number)))
            return builder.bitcast(builder.gep(memory, [place]), vector.as_pointer())

        rows = [builder.load(row(i, 0)) for i in range(size)]
        for loaded in rows:
            loaded.align = itemsize
        for _ in range(size.bit_length() - 1):  # each pass halves the distance between neighbours of a column
            pairs = zip(rows[: size // 2], rows[size // 2 :], strict=True)
            rows = [interleaved(builder, a, b, first) for a, b in pairs for first in (0, size // 2)]
        for i, column in enumerate(rows):
            builder.store(column, row(i, 1)).align = itemsize
        return context.get_dummy_value()

    two = types.UniTuple(types.int64, 2)
    return types.void(x, y, two, two), emit


_transpose_square: Any = intrinsic(_typed)


@serial
def transpose(x, start, x_step, rows, columns, y, y_step):
    """y[c * y_step + r] = x[start + r * x_step + c], of flat arrays, for r < rows and c < columns."""
    size = VECTOR_BYTES // x.itemsize
    for top in range(0, rows, size):
        for left in range(0, columns, size):
            if top + size <= rows and left + size <= columns:
                _transpose_square(x, y, (start + top * x_step + left, left * y_step + top), (x_step, y_step))
            else:
                for c in range(left, min(left + size, columns)):
                    for r in range(top, min(top + size, rows)):
                        y[c * y_step + r] = x[start + r * x_step + c]
