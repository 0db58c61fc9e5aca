"""The innermost loop of convolutions: a tile of the output, kept in vector registers while products are added to it.

    c[m, n] += sum over p < outer, q < inner of  a[at[m] + p * a_outer + q * a_inner] * b[p * b_outer + q * b_inner + n]

for m < ROWS and n < COLUMN_BYTES // itemsize; `set_products` writes `=` for `+=`, so that c need not be cleared,
and `set_narrow_products` does so for half the columns.
Rows of `a` may begin anywhere, and overlap as the windows of neighbouring pixels do: so windows need not be copied,
which a product by BLAS would ask for.
"""

from collections.abc import Iterator
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.extending import intrinsic

_features = binding.get_host_cpu_features()
VECTOR_BYTES = 64 if _features.get("avx512f") else 32 if _features.get("avx") else 16
VECTORS = 2

ROWS = 4 if _features.get("avx") and not _features.get("avx512f") else 8
"""Rows of a tile: 2 vectors each fill half of the registers, which are 16 with AVX and 32 elsewhere."""

COLUMN_BYTES = VECTORS * VECTOR_BYTES
"""Bytes of a tile's row."""


def _typed(_: Any, a: Any, at: Any, b: Any, c: Any, starts: Any, counts: Any, steps: Any) -> Any:
    """Flat arrays a, b, c and the offsets `at`; starts (in a, at, b, c), counts (outer, inner), steps (a_outer,
    a_inner, b_outer, b_inner, c_row).  All counts at least 1."""
    integers = [types.UniTuple(types.int64, n) for n in (4, 2, 5)]
    return types.void(a, at, b, c, *integers), _emit_added


def _typed_set(_: Any, a: Any, at: Any, b: Any, c: Any, starts: Any, counts: Any, steps: Any) -> Any:
    """The same, of sums that replace what is there."""
    return _typed(_, a, at, b, c, starts, counts, steps)[0], _emit_set


def _typed_narrow_set(_: Any, a: Any, at: Any, b: Any, c: Any, starts: Any, counts: Any, steps: Any) -> Any:
    """The same, of a tile of one vector a row."""
    return _typed(_, a, at, b, c, starts, counts, steps)[0], _emit_narrow_set


def _emit_added(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    for target, total in _emit_sums(context, builder, signature, arguments):
        before = builder.load(target)
        before.align = signature.args[3].dtype.bitwidth // 8
        builder.store(builder.fadd(before, total), target).align = before.align
    return context.get_dummy_value()


def _emit_set(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    for target, total in _emit_sums(context, builder, signature, arguments):
        builder.store(total, target).align = signature.args[3].dtype.bitwidth // 8
    return context.get_dummy_value()


def _emit_narrow_set(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    for target, total in _emit_sums(context, builder, signature, arguments, 1):
        builder.store(total, target).align = signature.args[3].dtype.bitwidth // 8
    return context.get_dummy_value()


def _emit_sums(
    context: Any, builder: Any, signature: Any, arguments: Any, vectors: int = VECTORS
) -> Iterator[tuple[Any, Any]]:
    """Each vector of the tile: where in c it belongs, and its sums."""
    a, at, b, c = (
        context.make_array(kind)(context, builder, value).data
        for kind, value in zip(signature.args[:4], arguments[:4], strict=True)
    )
    a_start, at_start, b_start, c_start = (builder.extract_value(arguments[4], i) for i in range(4))
    outer, inner = (builder.extract_value(arguments[5], i) for i in range(2))
    a_outer, a_inner, b_outer, b_inner, c_row = (builder.extract_value(arguments[6], i) for i in range(5))
    width = signature.args[0].dtype.bitwidth // 8
    real, integer = context.get_value_type(signature.args[0].dtype), ir.IntType(64)
    vector = ir.VectorType(real, VECTOR_BYTES // width)

    def vector_at(data: Any, place: Any, number: int) -> Any:
        place = builder.add(place, integer(number * vector.count))
        return builder.bitcast(builder.gep(data, [place]), vector.as_pointer())

    def load(pointer: Any) -> Any:
        value = builder.load(pointer)
        value.align = width
        return value

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
    b_vectors = [load(vector_at(b, b_at, v)) for v in range(vectors)]
    a_at = step(a_place, q, a_inner)
    added = []
    for m in range(ROWS):
        value = builder.load(builder.gep(rows[m], [a_at]))
        single = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.IntType(32)(0))
        spread = builder.shuffle_vector(
            single, ir.Constant(vector, ir.Undefined), ir.Constant(ir.VectorType(ir.IntType(32), vector.count), None)
        )
        for v in range(vectors):
            product = builder.fmul(spread, b_vectors[v], flags=("contract",))
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
            yield vector_at(c, place, v), added[m * vectors + v]


add_products: Any = intrinsic(_typed)
set_products: Any = intrinsic(_typed_set)
set_narrow_products: Any = intrinsic(_typed_narrow_set)
