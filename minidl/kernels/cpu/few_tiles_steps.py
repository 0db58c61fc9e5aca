"""The innermost steps of Winograd's convolution of few tiles (`few_tiles.py`), emitted for vector registers.

A kernel's values at the six points of `winograd_transforms.py` are those of its polynomial, times a scale for each
point.  The polynomial's alone have whole coefficients and take fewer instructions; so the scales are given to the other
factor, the values of the image, of which there are fewer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .tile import ROWS, VECTOR_BYTES
from .winograd_transforms import _Lanes, input_values, outputs

VECTOR = VECTOR_BYTES // 4
"""Numbers of float32 in a vector."""

TILES = ROWS // 2
"""Tiles at a time: the sums of six points of each fill three quarters of the registers."""

POINTS = 6
"""Along one dimension."""

SCALES = (1 / 4, -1 / 6, -1 / 6, 1 / 24, 1 / 24, 1.0)

_INTEGER, _SHORT = ir.IntType(64), ir.IntType(32)


def tap_values(g: Any) -> list[Any]:
    """Three taps of a kernel -> their polynomial's values at the six points."""
    even, far_even, far_odd = g[0] + g[2], g[0] + 4 * g[2], g[1] + g[1]
    return [g[0], even + g[1], even - g[1], far_even + far_odd, far_even - far_odd, g[2]]


class _Numbers:
    """A flat array in the function that is being built."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any) -> None:
        self.builder, self._data = builder, context.make_array(kind)(context, builder, value).data

    def number(self, place: Any) -> Any:
        return self.builder.load(self.builder.gep(self._data, [place]))

    def vector(self, place: Any) -> _Lanes:
        value = self.builder.load(self._at(place))
        value.align = 4
        return _Lanes(self.builder, value)

    def everywhere(self, place: Any) -> Any:
        """A single number in all places of a vector."""
        undefined = ir.Constant(ir.VectorType(ir.FloatType(), VECTOR), ir.Undefined)
        single = self.builder.insert_element(undefined, self.number(place), _SHORT(0))
        return self.builder.shuffle_vector(single, undefined, ir.Constant(ir.VectorType(_SHORT, VECTOR), None))

    def store(self, value: Any, place: Any) -> None:
        self.builder.store(value, self._at(place)).align = 4

    def _at(self, place: Any) -> Any:
        vector = ir.VectorType(ir.FloatType(), VECTOR)
        return self.builder.bitcast(self.builder.gep(self._data, [place]), vector.as_pointer())


def _in_columns(transform: Any, rows: list[list[Any]]) -> list[list[Any]]:
    """The transform of every column of a square."""
    columns = [transform([row[j] for row in rows]) for j in range(len(rows[0]))]
    return [list(row) for row in zip(*columns, strict=True)]


def _step(emit: Callable[[Any, list[_Numbers], list[Any]], None]) -> Any:
    """Called with three flat arrays and a tuple of whole numbers; emit(builder, arrays, numbers) makes it."""

    def emit_call(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        given = zip(signature.args[:3], arguments[:3], strict=True)
        arrays = [_Numbers(context, builder, kind, value) for kind, value in given]
        emit(builder, arrays, [builder.extract_value(arguments[3], i) for i in range(signature.args[3].count)])
        return context.get_dummy_value()

    def typed(_: Any, first: Any, second: Any, third: Any, numbers: Any) -> Any:
        return types.void(first, second, third, types.UniTuple(types.int64, numbers.count)), emit_call

    return intrinsic(typed)


def _emit_tap_values(builder: Any, arrays: Any, numbers: Any) -> None:
    taps, at, values = arrays
    target, step = numbers
    rows = [[taps.vector(at.number(_INTEGER(3 * r + s))) for s in range(3)] for r in range(3)]
    for i, row in enumerate(_in_columns(tap_values, rows)):
        begin = builder.add(target, builder.mul(step, _INTEGER(i)))
        for s, lanes in enumerate(row):
            values.store(lanes.value, builder.add(begin, _INTEGER(s * VECTOR)))


def _emit_image_values(builder: Any, arrays: Any, numbers: Any) -> None:
    x, at, values = arrays
    channel, tile, target = numbers
    tile = builder.mul(tile, _INTEGER(36))

    def pixel(place: int) -> Any:
        return x.vector(builder.add(channel, at.number(builder.add(tile, _INTEGER(place)))))

    rows = _in_columns(input_values, [[pixel(6 * i + j) for j in range(6)] for i in range(6)])
    for i, row in enumerate(rows):
        for j, lanes in enumerate(input_values(row)):
            place = builder.add(target, _INTEGER((6 * i + j) * TILES * VECTOR))
            values.store((SCALES[i] * SCALES[j] * lanes).value, place)


def _emit_products(builder: Any, arrays: Any, numbers: Any) -> None:
    taps, values, products = arrays
    tap, value, product, channels = numbers
    vector = ir.VectorType(ir.FloatType(), VECTOR)
    entry, body, done = builder.block, builder.append_basic_block("loop"), builder.append_basic_block("done")
    builder.branch(body)
    builder.position_at_end(body)
    channel, sums = builder.phi(_INTEGER), [builder.phi(vector) for _ in range(POINTS * TILES)]
    own = builder.add(tap, builder.mul(channel, _INTEGER(3 * VECTOR)))
    row = [taps.vector(builder.add(own, _INTEGER(s * VECTOR))) for s in range(3)]
    other = builder.add(value, builder.mul(channel, _INTEGER(POINTS * TILES)))
    added: list[Any] = []
    for lanes in tap_values(row):
        for _ in range(TILES):
            factor = values.everywhere(builder.add(other, _INTEGER(len(added))))
            result = builder.fmul(factor, lanes.value, flags=("contract",))
            added.append(builder.fadd(result, sums[len(added)], flags=("contract",)))
    following = builder.add(channel, _INTEGER(1))
    channel.add_incoming(_INTEGER(0), entry)
    channel.add_incoming(following, body)
    for running, total in zip(sums, added, strict=True):
        running.add_incoming(ir.Constant(vector, None), entry)
        running.add_incoming(total, body)
    builder.cbranch(builder.icmp_signed("<", following, channels), body, done)
    builder.position_at_end(done)
    for i, total in enumerate(added):
        products.store(total, builder.add(product, _INTEGER(i * VECTOR)))


def _emit_outputs(builder: Any, arrays: Any, numbers: Any) -> None:
    products, bias, y = arrays
    source, kernel, target, row_step, column_step = numbers
    offset = bias.vector(kernel)

    def product(point: int) -> Any:
        return products.vector(builder.add(source, _INTEGER(point * TILES * VECTOR)))

    rows = _in_columns(outputs, [[product(6 * i + j) for j in range(6)] for i in range(6)])
    for i, row in enumerate(rows):
        for j, lanes in enumerate(outputs(row)):
            place = builder.add(builder.mul(row_step, _INTEGER(i)), builder.mul(column_step, _INTEGER(j)))
            y.store((lanes + offset).value, builder.add(target, place))


set_tap_values: Any = _step(_emit_tap_values)
"""Taps of kernels, a vector each at places `at` -> their columns' values (row of points, column of taps).

Numbers: where in the values, and how far rows of points are apart.
"""

set_image_values: Any = _step(_emit_image_values)
"""A vector of channels of x at places `at` (tile, 36) -> the tile's values (point, tile), scaled.

Numbers: channel, tile, where in the values.
"""

add_up_products: Any = _step(_emit_products)
"""Column's values of taps (channel, 3) times values of tiles (channel, column of points, tile), summed over channels.

Numbers: where in the taps, the values, the products; channels.
"""

set_outputs: Any = _step(_emit_outputs)
"""Products (point, tile) of a tile, and the bias -> 4x4 pixels of y.

Numbers: where in the products, the bias, y; how far rows and columns of y are apart.
"""
