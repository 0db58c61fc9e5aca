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
from numba.extending import intrinsic

from .tile import VECTOR_BYTES, VECTORS


def input_values(d: Any) -> list[Any]:
    """B' d: six inputs -> their part of the products at the six points."""
    even, odd = d[4] - 4 * d[2], d[3] - 4 * d[1]
    far_even, far_odd = d[4] - d[2], 2 * (d[3] - d[1])
    return [
        4 * d[0] - 5 * d[2] + d[4],
        even + odd,
        even - odd,
        far_even + far_odd,
        far_even - far_odd,
        4 * d[1] - 5 * d[3] + d[5],
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


def in_two_dimensions(transform: Callable[[Any], list[Any]], rows: list[list[Any]]) -> list[list[Any]]:
    """The transform of every column, then of every row."""
    columns = [transform([row[j] for row in rows]) for j in range(len(rows))]
    return [transform([column[i] for column in columns]) for i in range(len(columns[0]))]


class _Lanes(NamedTuple):
    """A vector register while code is emitted: `+`, `-` and a number's `*` emit instructions."""

    builder: Any
    value: Any

    def __add__(self, other: Any) -> _Lanes:
        return _Lanes(self.builder, self.builder.fadd(self.value, other.value, flags=("contract",)))

    def __sub__(self, other: Any) -> _Lanes:
        return _Lanes(self.builder, self.builder.fsub(self.value, other.value, flags=("contract",)))

    def __rmul__(self, number: Any) -> _Lanes:
        factor = ir.Constant(self.value.type, [float(number)] * self.value.type.count)
        return _Lanes(self.builder, self.builder.fmul(factor, self.value, flags=("contract",)))


def _emitted(transform: Callable[[Any], list[Any]], size: int) -> Any:
    """The transform of a square of pixels, for as many channels as the register tile has columns.

    Called with flat arrays source, at, target; `at` holds the places of the square's pixels in source, row by row;
    starts (added to these, target); steps in target (row, column).
    """

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, at, target = (
            context.make_array(kind)(context, builder, value).data
            for kind, value in zip(signature.args[:3], arguments[:3], strict=True)
        )
        start, begin = (builder.extract_value(arguments[3], i) for i in range(2))
        row_step, column_step = (builder.extract_value(arguments[4], i) for i in range(2))
        real, width = context.get_value_type(signature.args[0].dtype), signature.args[0].dtype.bitwidth // 8
        vector, integer = ir.VectorType(real, VECTOR_BYTES // width), ir.IntType(64)

        def pointer(data: Any, place: Any, number: int) -> Any:
            place = builder.add(place, integer(number * vector.count))
            return builder.bitcast(builder.gep(data, [place]), vector.as_pointer())

        def load(pixel: int, number: int) -> _Lanes:
            place = builder.add(start, builder.load(builder.gep(at, [integer(pixel)])))
            value = builder.load(pointer(source, place, number))
            value.align = width
            return _Lanes(builder, value)

        for number in range(VECTORS):
            rows = [[load(i * size + j, number) for j in range(size)] for i in range(size)]
            for i, row in enumerate(in_two_dimensions(transform, rows)):
                for j, lane in enumerate(row):
                    place = builder.add(builder.mul(integer(i), row_step), builder.mul(integer(j), column_step))
                    builder.store(lane.value, pointer(target, builder.add(begin, place), number)).align = width
        return context.get_dummy_value()

    def typed(_: Any, source: Any, at: Any, target: Any, starts: Any, steps: Any) -> Any:
        pair = types.UniTuple(types.int64, 2)
        return types.void(source, at, target, pair, pair), emit

    return intrinsic(typed)


transform_input: Any = _emitted(input_values, 6)
transform_weight: Any = _emitted(weight_values, 3)
transform_gradient: Any = _emitted(gradient_values, 4)
transform_output: Any = _emitted(outputs, 6)
transform_weight_gradient: Any = _emitted(weight_gradients, 6)
