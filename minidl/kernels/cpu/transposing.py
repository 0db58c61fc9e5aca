"""Matrices turned round, in squares of as many rows as a vector has numbers, which lie in registers meanwhile.

One number after the other takes a cycle each, to write it far from the one before; in squares 256 take some 100.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .jit import serial
from .tile import ROWS, VECTOR_BYTES

KERNEL = 9
"""Numbers of a kernel of 3x3 taps."""

_SHORT, _INTEGER = ir.IntType(32), ir.IntType(64)


class _Memory:
    """Rows of numbers in a flat array, in the function that is being built."""

    def __init__(self, builder: Any, array: Any, vector: Any, start: Any, step: Any, itemsize: int) -> None:
        self.builder, self.vector, self.itemsize = builder, vector, itemsize
        self._array, self._start, self._step = array, start, step

    def at(self, row: int, column: int) -> Any:
        place = self.builder.add(self._start, self.builder.mul(self._step, _INTEGER(row)))
        place = self.builder.gep(self._array, [self.builder.add(place, _INTEGER(column))])
        return self.builder.bitcast(place, self.vector.as_pointer())

    def load(self, pointer: Any, inside: int) -> Any:
        """A vector, of which numbers from `inside` on are not read."""
        if inside < self.vector.count:
            undefined = ir.Constant(self.vector, ir.Undefined)
            return self._masked("load", self.vector, [pointer, _SHORT(self.itemsize), self._mask(inside), undefined])
        value = self.builder.load(pointer)
        value.align = self.itemsize
        return value

    def store(self, value: Any, pointer: Any, inside: int) -> None:
        if inside < self.vector.count:
            self._masked("store", ir.VoidType(), [value, pointer, _SHORT(self.itemsize), self._mask(inside)])
        else:
            self.builder.store(value, pointer).align = self.itemsize

    def add(self, value: Any, pointer: Any, inside: int) -> None:
        self.store(self.builder.fadd(self.load(pointer, inside), value), pointer, inside)

    def _mask(self, inside: int) -> Any:
        count = self.vector.count
        return ir.Constant(ir.VectorType(ir.IntType(1), count), [i < inside for i in range(count)])

    def _masked(self, what: str, result: Any, arguments: list[Any]) -> Any:
        name = f"llvm.masked.{what}.v{self.vector.count}f{8 * self.itemsize}.p0"
        kind = ir.FunctionType(result, [argument.type for argument in arguments])
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, kind, name), arguments)


def turned(builder: Any, rows: list[Any]) -> list[Any]:
    """The columns of a square of vectors."""
    size = len(rows)

    def interleaved(a: Any, b: Any, first: int) -> Any:
        """Numbers of a and of b in turn, from the one at `first` on."""
        order = [place for i in range(first, first + size // 2) for place in (i, size + i)]
        return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(_SHORT, size), [_SHORT(i) for i in order]))

    for _ in range(size.bit_length() - 1):  # each pass halves the distance between neighbours of a column
        pairs = zip(rows[: size // 2], rows[size // 2 :], strict=True)
        rows = [interleaved(a, b, first) for a, b in pairs for first in (0, size // 2)]
    return rows


def _transposition(shape: Callable[[int], tuple[int, int]], write: Callable[[_Memory, Any, Any, int], None]) -> Any:
    """Of rows and columns as `shape` says for the count of numbers in a vector; what is not there is not touched."""

    def typed(_: Any, x: Any, y: Any, starts: Any, steps: Any) -> Any:
        """y[starts[1] + c * steps[1] + r] from x[starts[0] + r * steps[0] + c], of flat arrays."""
        itemsize = x.dtype.bitwidth // 8
        size = VECTOR_BYTES // itemsize
        rows, columns = shape(size)

        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            vector = ir.VectorType(context.get_value_type(x.dtype), size)

            def memory(which: int) -> _Memory:
                array = context.make_array(signature.args[which])(context, builder, arguments[which]).data
                start, step = (builder.extract_value(pair, which) for pair in arguments[2:])
                return _Memory(builder, array, vector, start, step, itemsize)

            source, target = memory(0), memory(1)
            for top in range(0, rows, size):
                for left in range(0, columns, size):
                    height, width = min(size, rows - top), min(size, columns - left)
                    square = [source.load(source.at(top + i, left), width) for i in range(height)]
                    square += [ir.Constant(vector, ir.Undefined)] * (size - height)
                    for i, column in enumerate(turned(builder, square)[:width]):
                        write(target, column, target.at(left + i, top), height)
            return context.get_dummy_value()

        two = types.UniTuple(types.int64, 2)
        return types.void(x, y, two, two), emit

    return intrinsic(typed)


def _rows_turned(_: Any, x: Any, at: Any, y: Any, starts: Any, step: Any) -> Any:
    """y[starts[2] + c * step + r] = x[starts[0] + at[starts[1] + r] + c], of flat arrays, in a square of a vector."""
    itemsize = x.dtype.bitwidth // 8
    size = VECTOR_BYTES // itemsize

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = ir.VectorType(context.get_value_type(x.dtype), size)
        source, places, target = (
            context.make_array(kind)(context, builder, value).data
            for kind, value in zip(signature.args[:3], arguments[:3], strict=True)
        )
        start, first, begin = (builder.extract_value(arguments[3], i) for i in range(3))
        square = []
        for r in range(size):
            place = builder.load(builder.gep(places, [builder.add(first, _INTEGER(r))]))
            row = _Memory(builder, source, vector, builder.add(start, place), _INTEGER(0), itemsize)
            square.append(row.load(row.at(0, 0), size))
        columns = _Memory(builder, target, vector, begin, arguments[4], itemsize)
        for c, column in enumerate(turned(builder, square)):
            columns.store(column, columns.at(c, 0), size)
        return context.get_dummy_value()

    return types.void(x, at, y, types.UniTuple(types.int64, 3), types.int64), emit


turn_rows: Any = intrinsic(_rows_turned)
"""Rows that lie anywhere, turned to columns."""

_transpose_square: Any = _transposition(lambda size: (size, size), _Memory.store)

set_taps: Any = _transposition(lambda size: (size, KERNEL), _Memory.store)
"""Kernels, as many as a vector has numbers, turned to vectors of a tap each: y[c, r] = x[r, c]."""

set_columns: Any = _transposition(lambda size: (3 * ROWS, size), _Memory.store)
"""As many rows as Winograd's values of few tiles have (`few_tiles.py`), turned to columns."""

add_kernels: Any = _transposition(lambda size: (KERNEL, size), _Memory.add)
"""Taps of as many kernels as a vector has numbers, a vector each, turned to kernels: y[c, r] += x[r, c]."""


@serial
def transpose(x, start, x_step, rows, columns, y, y_step):
    """y[c * y_step + r] = x[start + r * x_step + c], of flat arrays, for r < rows and c < columns."""
    size = VECTOR_BYTES // x.itemsize
    if rows < size or columns < size:
        for c in range(columns):
            for r in range(rows):
                y[c * y_step + r] = x[start + r * x_step + c]
        return
    for row in range(0, rows, size):
        for column in range(0, columns, size):  # the last squares reach back over those before
            top, left = min(row, rows - size), min(column, columns - size)
            _transpose_square(x, y, (start + top * x_step + left, left * y_step + top), (x_step, y_step))
