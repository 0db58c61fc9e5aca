"""The innermost loops of convolutions: a tile of the output, kept in vector registers while products are added to it.

    s[m, n] = sum over p, q, r of  a[at[m] + p * a_0 + q * a_1 + r * a_2] * b[p * b_0 + q * b_1 + r * b_2 + n]

for m < ROWS and n < COLUMN_BYTES // itemsize; of two loops or of three, as many as counts are given.  Rows of `a` may
begin anywhere, and overlap as the windows of neighbouring pixels do: so windows need not be copied, which a product by
BLAS would ask for.

Narrower tiles waste less on few columns.  A tile of lanes has a number of `a` for each column, at `at[m] + ... + n`: so
it multiplies element by element, as channels that do not mix ask for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .machine import REGISTERS, VECTOR_BYTES

VECTORS = 2

ROWS = REGISTERS // 4
"""Rows of a tile: 2 vectors each fill half of the registers."""

FEW_ROWS = ROWS // 2
"""Rows of the tile for what has no more: its 8 sums (with AVX-512) just hide how long an addition takes."""

TAPS = 9 if REGISTERS == 32 else 5
"""Rows of the tile of lanes that adds up gradients of weights: of kernels of 3x3 taps all or about half."""

COLUMN_BYTES = VECTORS * VECTOR_BYTES
"""Bytes of a tile's row."""

_INTEGER, _SHORT = ir.IntType(64), ir.IntType(32)


class _Shape(NamedTuple):
    """What a tile's row is made of, whether `a` has a number for each column, and how many rows there are."""

    vectors: int
    vector_bytes: int
    lanes: bool
    rows: int = ROWS


class _Tile:
    """A tile of numbers of one type, in the function that is being built."""

    def __init__(self, builder: Any, shape: _Shape, number: Any, itemsize: int) -> None:
        self.builder, self.vectors, self.lanes, self.itemsize = builder, shape.vectors, shape.lanes, itemsize
        self.vector = ir.VectorType(number, shape.vector_bytes // itemsize)

    def at(self, place: Any, number: int) -> Any:
        """A pointer to the vector of that number in the row that begins at `place`."""
        place = self.builder.gep(place, [_INTEGER(number * self.vector.count)])
        return self.builder.bitcast(place, self.vector.as_pointer())

    def row(self, place: Any) -> list[Any]:
        """The vectors that begin at `place`."""
        return [self.load(self.at(place, v)) for v in range(self.vectors)]

    def load(self, pointer: Any) -> Any:
        value = self.builder.load(pointer)
        value.align = self.itemsize
        return value

    def store(self, value: Any, pointer: Any) -> None:
        self.builder.store(value, pointer).align = self.itemsize

    def spread(self, number: Any) -> Any:
        """One number in all places of a vector."""
        count = ir.VectorType(_SHORT, self.vector.count)
        undefined = ir.Constant(ir.VectorType(number.type, self.vector.count), ir.Undefined)
        single = self.builder.insert_element(undefined, number, _SHORT(0))
        return self.builder.shuffle_vector(single, undefined, ir.Constant(count, None))

    def sums(self, a: list[Any], b: Any, counts: list[Any], a_steps: list[Any], b_steps: list[Any], sums: Any) -> Any:
        """`sums` with the products added, over loops from the outermost to the innermost."""
        builder = self.builder
        if not counts:
            return self._with_products(a, b, sums)
        entry, body, done = builder.block, builder.append_basic_block("loop"), builder.append_basic_block("done")
        builder.branch(body)
        builder.position_at_end(body)
        turn, running = builder.phi(_INTEGER), [builder.phi(self.vector) for _ in sums]
        forth = [builder.mul(turn, steps[0]) for steps in (a_steps, b_steps)]
        a, b = [builder.gep(row, [forth[0]]) for row in a], builder.gep(b, [forth[1]])
        added = self.sums(a, b, counts[1:], a_steps[1:], b_steps[1:], running)
        following = builder.add(turn, _INTEGER(1))
        turn.add_incoming(_INTEGER(0), entry)
        turn.add_incoming(following, builder.block)
        for phi, start, total in zip(running, sums, added, strict=True):
            phi.add_incoming(start, entry)
            phi.add_incoming(total, builder.block)
        builder.cbranch(builder.icmp_signed("<", following, counts[0]), body, done)
        builder.position_at_end(done)
        return added

    def _with_products(self, a: list[Any], b: Any, sums: list[Any]) -> list[Any]:
        factors, added = self.row(b), []
        for m, row in enumerate(a):
            own = self.row(row) if self.lanes else [self.spread(self.builder.load(row))] * self.vectors
            for v in range(self.vectors):
                product = self.builder.fmul(own[v], factors[v], flags=("contract",))
                added.append(self.builder.fadd(product, sums[m * self.vectors + v], flags=("contract",)))
        return added


def _numbers(builder: Any, values: Any, kind: Any) -> list[Any]:
    return [builder.extract_value(values, i) for i in range(kind.count)]


def _products(shape: _Shape, finish: Callable[[_Tile, Any, Any], None]) -> Any:
    """A tile that ends in rows of c, c_row apart."""

    def typed(_: Any, a: Any, at: Any, b: Any, c: Any, starts: Any, counts: Any, steps: Any) -> Any:
        """Flat arrays a, b, c and the offsets `at`; starts (in a, at, b, c), counts of each loop, all at least 1, and
        steps (of a in each loop, of b in each loop, c_row)."""
        integers = [types.UniTuple(types.int64, n) for n in (4, counts.count, 2 * counts.count + 1)]

        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kinds = signature.args
            a, at, b, c = (
                context.make_array(kind)(context, builder, value).data
                for kind, value in zip(kinds[:4], arguments[:4], strict=True)
            )
            starts, counts, steps = map(_numbers, (builder,) * 3, arguments[4:], kinds[4:])
            depth = len(counts)
            tile = _Tile(builder, shape, context.get_value_type(kinds[0].dtype), kinds[0].dtype.bitwidth // 8)
            rows = _rows(builder, builder.gep(a, [starts[0]]), at, starts[1], shape.rows)
            sums = [ir.Constant(tile.vector, None)] * (shape.rows * tile.vectors)
            b = builder.gep(b, [starts[2]])
            sums = tile.sums(rows, b, counts, steps[:depth], steps[depth : 2 * depth], sums)
            for m in range(shape.rows):
                place = builder.gep(c, [builder.add(starts[3], builder.mul(_INTEGER(m), steps[-1]))])
                for v in range(tile.vectors):
                    finish(tile, sums[m * tile.vectors + v], tile.at(place, v))
            return context.get_dummy_value()

        return types.void(a, at, b, c, *integers), emit

    return intrinsic(typed)


def _rows(builder: Any, a: Any, at: Any, start: Any, count: int) -> list[Any]:
    """Where each row of a tile begins."""
    places = [builder.gep(at, [builder.add(start, _INTEGER(m))]) for m in range(count)]
    return [builder.gep(a, [builder.load(place)]) for place in places]


def _add(tile: _Tile, total: Any, target: Any) -> None:
    tile.store(tile.builder.fadd(tile.load(target), total), target)


def _set(tile: _Tile, total: Any, target: Any) -> None:
    tile.store(total, target)


_Write = Callable[[_Tile, list[Any], list[Any], Any], None]
"""Of a tile's sums, each to its target; columns below a number are inside."""


def _pixels(shape: _Shape, begin: Callable[[_Tile, list[Any], Any], list[Any]], write: _Write) -> Any:
    """A tile of which each row has its own place in c, and of which some columns are written."""

    def typed(
        _: Any, a: Any, at: Any, b: Any, c: Any, c_at: Any, inside: Any, starts: Any, counts: Any, steps: Any
    ) -> Any:
        """As `_products`, but for columns below `inside`, with starts (in a, in at and c_at, in b, in c, initial in b)
        and steps (of a in each loop, of b in each loop)."""
        integers = [types.UniTuple(types.int64, n) for n in (5, counts.count, 2 * counts.count)]

        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kinds = signature.args
            a, at, b, c, c_at = (
                context.make_array(kind)(context, builder, value).data
                for kind, value in zip(kinds[:5], arguments[:5], strict=True)
            )
            starts, counts, steps = map(_numbers, (builder,) * 3, arguments[6:], kinds[6:])
            depth = len(counts)
            tile = _Tile(builder, shape, context.get_value_type(kinds[0].dtype), kinds[0].dtype.bitwidth // 8)
            rows = _rows(builder, builder.gep(a, [starts[0]]), at, starts[1], shape.rows)
            targets = _rows(builder, builder.gep(c, [starts[3]]), c_at, starts[1], shape.rows)
            sums = begin(tile, targets, builder.gep(b, [starts[4]]))
            sums = tile.sums(rows, builder.gep(b, [starts[2]]), counts, steps[:depth], steps[depth:], sums)
            write(tile, sums, [tile.at(place, v) for place in targets for v in range(tile.vectors)], arguments[5])
            return context.get_dummy_value()

        return types.void(a, at, b, c, c_at, types.int64, *integers), emit

    return intrinsic(typed)


def _with_initial(tile: _Tile, targets: list[Any], initial: Any) -> list[Any]:
    return tile.row(initial) * len(targets)


def _with_present(tile: _Tile, targets: list[Any], initial: Any) -> list[Any]:
    return [vector for target in targets for vector in tile.row(target)]


def _mask(tile: _Tile, number: int, inside: Any) -> Any:
    """Which columns of the vector of that number are inside."""
    count = tile.vector.count
    places = ir.Constant(ir.VectorType(_INTEGER, count), [_INTEGER(number * count + i) for i in range(count)])
    return tile.builder.icmp_signed("<", places, tile.spread(inside))


def _inside(store: Callable[[_Tile, Any, Any, Any], None]) -> _Write:
    """Some columns are written by `store` with a mask, all of them without one: many processors are slow to store by a
    mask, which takes 18 instructions with AVX2, and a branch for each number with SSE and NEON."""

    def write(tile: _Tile, sums: list[Any], targets: list[Any], inside: Any) -> None:
        builder, columns = tile.builder, tile.vectors * tile.vector.count
        with builder.if_else(builder.icmp_signed(">=", inside, _INTEGER(columns))) as (whole, part):
            with whole:
                for total, target in zip(sums, targets, strict=True):
                    tile.store(total, target)
            with part:
                masks = [_mask(tile, v, inside) for v in range(tile.vectors)]
                for i, (total, target) in enumerate(zip(sums, targets, strict=True)):
                    store(tile, total, target, masks[i % tile.vectors])

    return write


def _store_masked(tile: _Tile, value: Any, pointer: Any, mask: Any) -> None:
    name = f"llvm.masked.store.v{tile.vector.count}f{8 * tile.itemsize}.p0"
    kind = ir.FunctionType(ir.VoidType(), [tile.vector, pointer.type, _SHORT, mask.type])
    store = cgutils.get_or_insert_function(tile.builder.module, kind, name)
    tile.builder.call(store, [value, pointer, _SHORT(tile.itemsize), mask])


def _blend(tile: _Tile, value: Any, pointer: Any, mask: Any) -> None:
    """What the mask leaves out is written as it was, where no other thread writes: faster than to store by a mask."""
    tile.store(tile.builder.select(mask, value, tile.load(pointer)), pointer)


def _stream(tile: _Tile, sums: list[Any], targets: list[Any], inside: Any) -> None:
    """All columns, past the caches: written lines need not be read from memory first."""
    for total, target in zip(sums, targets, strict=True):
        store = tile.builder.store(total, target)
        store.align = VECTOR_BYTES
        store.set_metadata("nontemporal", tile.builder.module.add_metadata([_SHORT(1)]))


@intrinsic
def end_streaming(_: Any) -> Any:
    """What was streamed is in memory before anything that follows, for other threads, too."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), emit


_WHOLE = _Shape(VECTORS, VECTOR_BYTES, lanes=False)
_HALF = _Shape(1, VECTOR_BYTES, lanes=False)
_FEW = _Shape(VECTORS, VECTOR_BYTES, lanes=False, rows=FEW_ROWS)
_QUARTER = _Shape(1, VECTOR_BYTES // 2, lanes=False)
_LANES = _Shape(VECTORS, VECTOR_BYTES, lanes=True)
_LANES_OF_TAPS = _Shape(VECTORS, VECTOR_BYTES, lanes=True, rows=TAPS)

add_products: Any = _products(_WHOLE, _add)
"""c[m, n] += s[m, n]"""
add_products_half, add_products_quarter, add_products_few, add_lanes = (
    _products(shape, _add) for shape in (_HALF, _QUARTER, _FEW, _LANES_OF_TAPS)
)

add_products_of_4, add_products_of_2, add_products_of_1 = (
    _products(_Shape(VECTORS, VECTOR_BYTES, lanes=False, rows=rows), _add) for rows in (4, 2, 1)
)
"""The same for so many rows."""

set_products: Any = _products(_WHOLE, _set)
"""c[m, n] = s[m, n]"""
set_products_half, set_products_few = (_products(shape, _set) for shape in (_HALF, _FEW))

set_pixels: Any = _pixels(_WHOLE, _with_initial, _inside(_store_masked))
"""c[c_at[m] + n] = b[initial + n] + s[m, n] for n < inside"""
set_pixels_half, set_pixels_quarter, set_pixels_of_lanes = (
    _pixels(shape, _with_initial, _inside(_store_masked)) for shape in (_HALF, _QUARTER, _LANES)
)

stream_pixels: Any = _pixels(_WHOLE, _with_initial, _stream)
"""The same for whole rows, which begin at multiples of a vector."""

add_to_pixels: Any = _pixels(_WHOLE, _with_present, _inside(_blend))
"""c[c_at[m] + n] += s[m, n] for n < inside; all columns of c are read and written"""
add_to_pixels_half: Any = _pixels(_HALF, _with_present, _inside(_blend))
