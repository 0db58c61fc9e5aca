"""The transforms of Winograd's convolution F(4x4, 3x3) and of its weight's gradient F(3x3, 4x4).

A product of polynomials of degrees 2 and 3 is known by its values at six points; the points are 0, 1, -1, 2, -2 and
infinity (Lavin and Gray 2015, "Fast Algorithms for Convolutional Neural Networks", equations 6 to 8).  Correlation is
the transpose of that product, so from six neighbouring inputs d, and four outputs or three taps as g,

    y = A' [(G g) * (B' d)]                      in one dimension, `*` by element
    Y = A' [(G g G') * (B' D B)] A               in two: 36 products take the place of 144.

Each transform of one dimension is one function below, of lists of anything that can be added and multiplied by numbers:
NumPy arrays in tests, vectors of channels where code is emitted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .tile import VECTOR_BYTES
from .transposing import KERNEL, turned

_INTEGER, _SHORT = ir.IntType(64), ir.IntType(32)


def input_values(d: Any) -> list[Any]:
    """B' d: six inputs -> their part of the products at the six points."""
    even, odd = d[4] - 4 * d[2], d[3] - 4 * d[1]
    far_even, far_odd = d[4] - d[2], 2 * (d[3] - d[1])
    return [
        d[4] - 5 * d[2] + 4 * d[0],
        even + odd,
        even - odd,
        far_even + far_odd,
        far_even - far_odd,
        d[5] - 5 * d[3] + 4 * d[1],
    ]


def weight_values(g: Any) -> list[Any]:
    """G g: three taps of a kernel -> the polynomial's values at the six points, scaled."""
    even, odd = (-1 / 6) * (g[0] + g[2]), (-1 / 6) * g[1]
    far_even, far_odd = (1 / 24) * g[0] + (1 / 6) * g[2], (1 / 12) * g[1]
    return [0.25 * g[0], even + odd, even - odd, far_even + far_odd, far_even - far_odd, g[2]]


def gradient_values(g: Any) -> list[Any]:
    """G g: four gradients of outputs -> the polynomial's values at the six points, scaled."""
    even, odd = (-1 / 6) * (g[0] + g[2]), (-1 / 6) * (g[1] + g[3])
    far_even, far_odd = (1 / 24) * g[0] + (1 / 6) * g[2], (1 / 12) * g[1] + (1 / 3) * g[3]
    return [0.25 * g[0], even + odd, even - odd, far_even + far_odd, far_even - far_odd, g[3]]


def outputs(m: Any) -> list[Any]:
    """A' m: products at the six points -> four outputs."""
    even, odd = m[1] + m[2], m[1] - m[2]
    far_even, far_odd = m[3] + m[4], m[3] - m[4]
    return [m[0] + even + far_even, odd + 2 * far_odd, even + 4 * far_even, odd + 8 * far_odd + m[5]]


def weight_gradients(m: Any) -> list[Any]:
    """A' m: products at the six points -> the gradients of three taps."""
    even, odd = m[1] + m[2], m[1] - m[2]
    far_even, far_odd = m[3] + m[4], m[3] - m[4]
    return [m[0] + even + far_even, odd + 2 * far_odd, even + 4 * far_even + m[5]]


def in_two_dimensions(transform: Callable[[Any], list[Any]], rows: list[list[Any]], some: range) -> list[list[Any]]:
    """The transform of every column, then of every row: some rows of the result."""
    columns = [transform([row[j] for row in rows]) for j in range(len(rows))]
    return [transform([column[i] for column in columns]) for i in some]


class _Lanes(NamedTuple):
    """A vector register, or a multiple of one, while code is emitted: `+` and `-` emit instructions.

    To add a multiple is one instruction, so it is not multiplied before.
    """

    builder: Any
    vector: Any
    factor: float = 1

    @property
    def value(self) -> Any:
        return self.vector if self.factor == 1 else self.builder.fmul(self._everywhere(self.factor), self.vector)

    def __add__(self, other: Any) -> _Lanes:
        if other.factor != 1:
            return self._plus_product(other, other.factor)
        if self.factor != 1:
            return other + self
        return _Lanes(self.builder, self.builder.fadd(self.value, other.value))

    def __sub__(self, other: Any) -> _Lanes:
        if other.factor != 1:
            return self._plus_product(other, -other.factor)
        return _Lanes(self.builder, self.builder.fsub(self.value, other.value, flags=("contract",)))

    def __rmul__(self, number: Any) -> _Lanes:
        return _Lanes(self.builder, self.vector, number * self.factor)

    def _plus_product(self, other: _Lanes, factor: float) -> _Lanes:
        kind = self.vector.type
        name = f"llvm.fmuladd.v{kind.count}f{64 if kind.element == ir.DoubleType() else 32}"
        function = cgutils.get_or_insert_function(self.builder.module, ir.FunctionType(kind, [kind] * 3), name)
        return _Lanes(self.builder, self.builder.call(function, [self._everywhere(factor), other.vector, self.value]))

    def _everywhere(self, number: float) -> Any:
        return ir.Constant(self.vector.type, [float(number)] * self.vector.type.count)


class _Memory:
    """A flat array of which vectors are read and written at places, in the function that is being built."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any) -> None:
        self.builder, self.width = builder, kind.dtype.bitwidth // 8
        self.vector = ir.VectorType(context.get_value_type(kind.dtype), VECTOR_BYTES // self.width)
        self._data = context.make_array(kind)(context, builder, value).data

    def number(self, place: Any) -> Any:
        return self.builder.load(self.builder.gep(self._data, [place]))

    def load(self, place: Any, mask: Any) -> Any:
        """The numbers where the mask says so, zeros elsewhere: nothing is read there."""
        arguments = [self._at(place), _SHORT(self.width), mask, ir.Constant(self.vector, None)]
        return self._masked("load", self.vector, arguments)

    def store(self, value: Any, place: Any, mask: Any) -> None:
        self._masked("store", ir.VoidType(), [value, self._at(place), _SHORT(self.width), mask])

    def mask(self, inside: Any) -> Any:
        """The first `inside` numbers of a vector."""
        count = self.vector.count
        spread = ir.Constant(ir.VectorType(_INTEGER, count), ir.Undefined)
        spread = self.builder.insert_element(spread, inside, _SHORT(0))
        spread = self.builder.shuffle_vector(spread, spread, ir.Constant(ir.VectorType(_SHORT, count), None))
        places = ir.Constant(ir.VectorType(_INTEGER, count), [_INTEGER(i) for i in range(count)])
        return self.builder.icmp_signed("<", places, spread)

    def first(self, count: int) -> Any:
        """The same of a count that is known."""
        return ir.Constant(
            ir.VectorType(ir.IntType(1), self.vector.count), [i < count for i in range(self.vector.count)]
        )

    def whole(self) -> Any:
        """All numbers of a vector: LLVM makes plain instructions of it."""
        return self.first(self.vector.count)

    def _at(self, place: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(self._data, [place]), self.vector.as_pointer())

    def _masked(self, what: str, result: Any, arguments: list[Any]) -> Any:
        name = f"llvm.masked.{what}.v{self.vector.count}f{8 * self.width}.p0"
        kind = ir.FunctionType(result, [argument.type for argument in arguments])
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, kind, name), arguments)


def _emitted(
    transform: Callable[[Any], list[Any]],
    size: int,
    parts: list[range],
    masks: Callable[[_Memory, Any], tuple[Any, Any]],
) -> Any:
    """The transform of a square of that size, for as many channels as a vector has numbers, some rows after others.

    Called with flat arrays source, source_at, target, target_at; starts (in source, in target); inside.  The offsets
    `..._at` say where the square's pixels lie, row by row.  Of channels from `inside` on `masks` says what happens.
    """

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, source_at, target, target_at = (
            _Memory(context, builder, kind, value)
            for kind, value in zip(signature.args[:4], arguments[:4], strict=True)
        )
        start, begin = (builder.extract_value(arguments[4], i) for i in range(2))
        read, written = masks(source, arguments[5])

        def load(pixel: int) -> _Lanes:
            place = builder.add(start, source_at.number(_INTEGER(pixel)))
            return _Lanes(builder, source.load(place, read))

        for part in parts:
            rows = [[load(i * size + j) for j in range(size)] for i in range(size)]
            for row, lanes in zip(part, in_two_dimensions(transform, rows, part), strict=True):
                for column, lane in enumerate(lanes):
                    place = target_at.number(_INTEGER(row * len(lanes) + column))
                    target.store(lane.value, builder.add(begin, place), written)
        return context.get_dummy_value()

    def typed(_: Any, source: Any, source_at: Any, target: Any, target_at: Any, starts: Any, inside: Any) -> Any:
        return types.void(source, source_at, target, target_at, types.UniTuple(types.int64, 2), types.int64), emit

    return intrinsic(typed)


def _reading_some(memory: _Memory, inside: Any) -> tuple[Any, Any]:
    """Channels beyond are zero, and not read."""
    return memory.mask(inside), memory.whole()


def _writing_some(memory: _Memory, inside: Any) -> tuple[Any, Any]:
    """Channels beyond are not written."""
    return memory.whole(), memory.mask(inside)


_HALVES = [range(3), range(3, 6)]
"""36 vectors are more than there are registers; the first half of an input's values needs none of the others' sums."""

transform_input: Any = _emitted(input_values, 6, _HALVES, _reading_some)
transform_gradient: Any = _emitted(gradient_values, 4, [range(6)], _reading_some)
transform_output: Any = _emitted(outputs, 6, [range(4)], _writing_some)
transform_weight_gradient: Any = _emitted(weight_gradients, 6, [range(3)], _writing_some)


def _kernels_typed(_: Any, weight: Any, target: Any, target_at: Any, starts: Any, steps: Any, inside: Any) -> Any:
    """Kernels of one channel, as many as a vector has numbers, where they lie in flat `weight` -> their values.

    starts (the least place of the first kernel's taps, in target); steps (of kernels, 1 or -1 of taps).  In place of
    kernels from `inside` on the last is read again.
    """

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, values, at = (
            _Memory(context, builder, kind, value)
            for kind, value in zip(signature.args[:3], arguments[:3], strict=True)
        )
        start, begin = (builder.extract_value(arguments[3], i) for i in range(2))
        of_kernel, of_tap = (builder.extract_value(arguments[4], i) for i in range(2))
        last, taps, count = builder.sub(arguments[5], _INTEGER(1)), [], source.vector.count
        for left in range(0, KERNEL, count):
            width, rows = min(count, KERNEL - left), []
            for i in range(count):
                kernel = builder.select(builder.icmp_signed("<", _INTEGER(i), last), _INTEGER(i), last)
                place = builder.add(builder.add(start, builder.mul(kernel, of_kernel)), _INTEGER(left))
                rows.append(source.load(place, source.first(width)))
            taps += turned(builder, rows)[:width]
        backwards = builder.icmp_signed("<", of_tap, _INTEGER(0))
        taps = [builder.select(backwards, taps[KERNEL - 1 - i], tap) for i, tap in enumerate(taps)]
        lanes = [[_Lanes(builder, taps[3 * i + j]) for j in range(3)] for i in range(3)]
        for point, lane in enumerate(v for row in in_two_dimensions(weight_values, lanes, range(6)) for v in row):
            values.store(lane.value, builder.add(begin, at.number(_INTEGER(point))), values.whole())
        return context.get_dummy_value()

    pair = types.UniTuple(types.int64, 2)
    return types.void(weight, target, target_at, pair, pair, types.int64), emit


transform_kernels: Any = intrinsic(_kernels_typed)
