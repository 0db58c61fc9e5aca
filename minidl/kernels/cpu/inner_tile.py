"""The innermost loop of inner products of rows: a tile of them, whose partial sums stay in vector registers.

    sums[m, n, l] += sum over k = 0, lanes, 2 lanes ... of  a[a_at[m] + k + l] * b[b_at[n] + k + l]

for m, n < SIDE and l < lanes, the numbers of a vector.  Both operands are read along their rows, as they lie.  What is
added is summed on its own first, so that a long sum made in several turns rounds less.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .machine import REGISTERS, VECTOR_BYTES

SIDE = 4 if REGISTERS == 32 else 3
"""Rows of either operand in a tile: its sums fill half of the vector registers."""

_INTEGER = ir.IntType(64)


def _typed(_: Any, a: Any, a_at: Any, b: Any, b_at: Any, sums: Any, starts: Any, count: Any) -> Any:
    """Flat arrays a, b, sums, the offsets a_at and b_at of rows; starts (in a, a_at, b, b_at, sums), and how many
    numbers of each row: a multiple of the lanes, at least one."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number, itemsize = context.get_value_type(sums.dtype), sums.dtype.bitwidth // 8
        vector = ir.VectorType(number, VECTOR_BYTES // itemsize)
        a, a_at, b, b_at, target = (
            context.make_array(kind)(context, builder, value).data
            for kind, value in zip(signature.args[:5], arguments[:5], strict=True)
        )
        a_start, a_row, b_start, b_row, place = (builder.extract_value(arguments[5], i) for i in range(5))

        def rows(data: Any, start: Any, at: Any, first: Any) -> list[Any]:
            offsets = [builder.load(builder.gep(at, [builder.add(first, _INTEGER(m))])) for m in range(SIDE)]
            return [builder.gep(data, [builder.add(start, offset)]) for offset in offsets]

        def vector_at(data: Any, index: Any) -> Any:
            return builder.bitcast(builder.gep(data, [index]), vector.as_pointer())

        def load(pointer: Any) -> Any:
            value = builder.load(pointer)
            value.align = itemsize
            return value

        rows_of_a, rows_of_b = rows(a, a_start, a_at, a_row), rows(b, b_start, b_at, b_row)
        places = [vector_at(target, builder.add(place, _INTEGER(i * vector.count))) for i in range(SIDE * SIDE)]
        entry, body, done = builder.block, builder.append_basic_block("loop"), builder.append_basic_block("done")
        builder.branch(body)
        builder.position_at_end(body)
        k, running = builder.phi(_INTEGER), [builder.phi(vector) for _ in places]
        factors = [load(vector_at(row, k)) for row in rows_of_b]
        added = []
        for m, row in enumerate(rows_of_a):
            own = load(vector_at(row, k))
            for n, factor in enumerate(factors):
                product = builder.fmul(own, factor, flags=("contract",))
                added.append(builder.fadd(product, running[m * SIDE + n], flags=("contract",)))
        following = builder.add(k, _INTEGER(vector.count))
        k.add_incoming(_INTEGER(0), entry)
        k.add_incoming(following, body)
        for phi, total in zip(running, added, strict=True):
            phi.add_incoming(ir.Constant(vector, None), entry)
            phi.add_incoming(total, body)
        builder.cbranch(builder.icmp_signed("<", following, arguments[6]), body, done)
        builder.position_at_end(done)
        for total, pointer in zip(added, places, strict=True):
            builder.store(builder.fadd(load(pointer), total), pointer).align = itemsize
        return context.get_dummy_value()

    return types.void(a, a_at, b, b_at, sums, types.UniTuple(types.int64, 5), types.int64), emit


add_inner_products: Any = intrinsic(_typed)
