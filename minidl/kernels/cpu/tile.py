"""The innermost loop of convolutions: a tile of the output, kept in vector registers while products are added to it.

    c[m, n] += sum over p < outer, q < inner of  a[at[m] + p * a_outer + q * a_inner] * b[p * b_outer + q * b_inner + n]

for m < ROWS and n < COLUMN_BYTES // itemsize.  Rows of `a` may begin anywhere, and overlap as the windows of
neighbouring pixels do: so windows need not be copied, which a product by BLAS would ask for.

Narrower tiles waste less on few columns.  A tile of lanes has a number of `a` for each column, at
a[at[m] + p * a_outer + q * a_inner + n]: so it multiplies element by element, as channels that do not mix ask for.
"""

from __future__ import annotations

from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.extending import intrinsic

_features = binding.get_host_cpu_features()
_VECTOR_BYTES = 64 if _features.get("avx512f") else 32 if _features.get("avx") else 16
_VECTORS = 2

ROWS = 4 if _features.get("avx") and not _features.get("avx512f") else 8
"""Rows of a tile: 2 vectors each fill half of the registers, which are 16 with AVX and 32 elsewhere."""

COLUMN_BYTES = _VECTORS * _VECTOR_BYTES
"""Bytes of a tile's row."""


def _tile(vector_bytes: int, vectors: int, lanes: bool) -> Any:
    """A tile whose rows are so many vectors of so many bytes."""

    def typed(_: Any, a: Any, at: Any, b: Any, c: Any, starts: Any, counts: Any, steps: Any) -> Any:
        """Flat arrays a, b, c and the offsets `at`; starts (in a, at, b, c), counts (outer, inner), steps (a_outer,
        a_inner, b_outer, b_inner, c_row).  All counts at least 1."""
        integers = [types.UniTuple(types.int64, n) for n in (4, 2, 5)]

        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            real = context.get_value_type(signature.args[0].dtype)
            width = signature.args[0].dtype.bitwidth // 8
            vector = ir.VectorType(real, vector_bytes // width)
            data = [
                context.make_array(kind)(context, builder, value).data
                for kind, value in zip(signature.args[:4], arguments[:4], strict=True)
            ]
            numbers = [
                builder.extract_value(values, i)
                for values, count in zip(arguments[4:], (4, 2, 5), strict=True)
                for i in range(count)
            ]
            _emit(builder, vector, vectors, width, lanes, data, numbers)
            return context.get_dummy_value()

        return types.void(a, at, b, c, *integers), emit

    return intrinsic(typed)


def _emit(
    builder: Any, vector: Any, vectors: int, width: int, lanes: bool, data: list[Any], numbers: list[Any]
) -> None:
    a, at, b, c = data
    a_start, at_start, b_start, c_start, outer, inner, a_outer, a_inner, b_outer, b_inner, c_row = numbers
    integer, undefined = ir.IntType(64), ir.Constant(vector, ir.Undefined)
    everywhere = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), None)

    def vector_at(data: Any, place: Any, number: int) -> Any:
        place = builder.add(place, integer(number * vector.count))
        return builder.bitcast(builder.gep(data, [place]), vector.as_pointer())

    def load(pointer: Any) -> Any:
        value = builder.load(pointer)
        value.align = width
        return value

    def load_vector(data: Any, place: Any, number: int) -> Any:
        return load(vector_at(data, place, number))

    def spread(row: Any, place: Any) -> Any:
        """One number in all places of a vector."""
        single = builder.insert_element(undefined, builder.load(builder.gep(row, [place])), ir.IntType(32)(0))
        return builder.shuffle_vector(single, undefined, everywhere)

    def step(place: Any, count: Any, size: Any) -> Any:
        return builder.add(place, builder.mul(count, size))

    offsets = [builder.load(builder.gep(at, [builder.add(at_start, integer(m))])) for m in range(ROWS)]
    rows = [builder.gep(a, [builder.add(a_start, offset)]) for offset in offsets]

    entry = builder.block
    outer_loop, inner_loop = builder.append_basic_block("outer"), builder.append_basic_block("inner")
    next_outer, done = builder.append_basic_block("next"), builder.append_basic_block("done")
    builder.branch(outer_loop)

    builder.position_at_end(outer_loop)
    p = builder.phi(integer)
    sums_outer = [builder.phi(vector) for _ in range(ROWS * vectors)]
    a_place, b_place = builder.mul(p, a_outer), step(b_start, p, b_outer)
    builder.branch(inner_loop)

    builder.position_at_end(inner_loop)
    q = builder.phi(integer)
    sums = [builder.phi(vector) for _ in range(ROWS * vectors)]
    b_at = step(b_place, q, b_inner)
    b_vectors = [load_vector(b, b_at, v) for v in range(vectors)]
    a_at = step(a_place, q, a_inner)
    added = []
    for m in range(ROWS):
        factors = [load_vector(rows[m], a_at, v) for v in range(vectors)] if lanes else [spread(rows[m], a_at)] * vectors
        for v in range(vectors):
            product = builder.fmul(factors[v], b_vectors[v], flags=("contract",))
            added.append(builder.fadd(product, sums[m * vectors + v], flags=("contract",)))
    q_next = builder.add(q, integer(1))
    builder.cbranch(builder.icmp_signed("<", q_next, inner), inner_loop, next_outer)

    builder.position_at_end(next_outer)
    p_next = builder.add(p, integer(1))
    builder.cbranch(builder.icmp_signed("<", p_next, outer), outer_loop, done)

    p.add_incoming(integer(0), entry)
    p.add_incoming(p_next, next_outer)
    q.add_incoming(integer(0), outer_loop)
    q.add_incoming(q_next, inner_loop)
    zeros = ir.Constant(vector, None)
    for start, running, total in zip(sums_outer, sums, added, strict=True):
        start.add_incoming(zeros, entry)
        start.add_incoming(total, next_outer)
        running.add_incoming(start, outer_loop)
        running.add_incoming(total, inner_loop)

    builder.position_at_end(done)
    for m in range(ROWS):
        place = step(c_start, integer(m), c_row)
        for v in range(vectors):
            target = vector_at(c, place, v)
            store = builder.store(builder.fadd(load(target), added[m * vectors + v]), target)
            store.align = width


add_products: Any = _tile(_VECTOR_BYTES, 2, lanes=False)
"""COLUMN_BYTES wide."""

add_products_half: Any = _tile(_VECTOR_BYTES, 1, lanes=False)
"""Half as wide."""

add_products_quarter: Any = _tile(_VECTOR_BYTES // 2, 1, lanes=False)
"""A quarter as wide."""

add_products_of_lanes: Any = _tile(_VECTOR_BYTES, 2, lanes=True)
"""COLUMN_BYTES wide, with a vector of `a` for each of `b`."""
