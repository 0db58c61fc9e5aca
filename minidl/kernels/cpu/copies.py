"""Copies between arrays of one shape that lie in memory in any two ways, divided among threads."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import prange, types
from numba.core import cgutils
from numba.extending import intrinsic

from .. import threads
from .jit import parallel, serial
from .layout import address
from .stretches import MOST, Strides, padded, stretches

VECTOR = 32
"""Bytes that are moved at once."""

SHORT = 512
"""Bytes up to which moving them so takes less time than calling the C library's `memcpy`."""


def copy_in_threads(y: np.ndarray, x: np.ndarray) -> None:
    """y[...] = x; they do not overlap."""
    loops = _loops(x.shape, x.strides, y.strides) if x.dtype is y.dtype and x.shape == y.shape else None
    element = _ELEMENTS.get(x.itemsize)
    if loops is None or element is None:
        y[...] = x
    else:
        _copy(np.array([address(x), address(y)]), *loops, element, x.size, threads.get_num_threads())


_ELEMENTS = {size: np.zeros(1, f"u{size}") for size in (1, 2, 4, 8)}
"""For each size in bytes an array whose elements have it: its type is what kernels take from it."""


@lru_cache(1024)
def _loops(shape: tuple[int, ...], x: Strides, y: Strides) -> tuple[tuple[int, ...], np.ndarray] | None:
    """Counts and steps for the kernel; None where there are too many, or none."""
    counts, steps = stretches(shape, x, y)
    return padded(counts, steps) if 0 < len(counts) <= MOST else None


@parallel
def _copy(starts, counts, steps, element, size, workers):
    """Of four nested loops the inner three run `counts` times; steps (4, 2) of source and target are in bytes."""
    rows, columns = counts[1], counts[2]
    for t in prange(workers):
        first, end = t * size // workers, (t + 1) * size // workers
        while first < end:
            row, column = first // columns, first % columns
            i, j, k = row // rows // counts[0], row // rows % counts[0], row % rows
            source = starts[0] + i * steps[0, 0] + j * steps[1, 0] + k * steps[2, 0] + column * steps[3, 0]
            target = starts[1] + i * steps[0, 1] + j * steps[1, 1] + k * steps[2, 1] + column * steps[3, 1]
            count = min(columns - column, end - first)
            many = min(rows - k, (end - first) // columns) if count == columns else 1
            for _ in range(many):
                _copy_row(source, steps[3, 0], target, steps[3, 1], count, element)
                source += steps[2, 0]
                target += steps[2, 1]
            first += many * count


@serial
def _copy_row(source, source_step, target, target_step, count, element):
    size = element.itemsize
    end = target + count * size
    if target_step == size and count * size >= VECTOR and abs(source_step) in (0, size):
        last = end - VECTOR  # of the vectors; it may write over what is there
        if source_step == 0:
            while target < last:
                _move_repeated(source, target, element)
                target += VECTOR
            _move_repeated(source, last, element)
        elif source_step == -size:
            while target < last:
                _move_reversed(source, target, element)
                source, target = source - VECTOR, target + VECTOR
            _move_reversed(source + target - last, last, element)
        elif count * size > SHORT:
            _move_all(source, target, count * size)
        else:
            while target < last:
                _move_vector(source, target, element)
                source, target = source + VECTOR, target + VECTOR
            _move_vector(source + last - target, last, element)
    else:
        for _ in range(count):
            _move_one(source, target, element)
            source, target = source + source_step, target + target_step


@intrinsic
def _move_all(_: Any, source: Any, target: Any, size: Any) -> Any:
    """So many bytes from one address to another, by the C library's `memcpy`."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, target = (builder.inttoptr(a, ir.IntType(8).as_pointer()) for a in arguments[:2])
        cgutils.raw_memcpy(builder, target, source, arguments[2], 1)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), emit


def _moving(places: Callable[[int], list[int]]) -> Any:
    """Of the vector whose first wanted element has an address, those at `places` to another address."""

    def typed(_: Any, source: Any, target: Any, element: Any) -> Any:
        size = element.dtype.bitwidth // 8
        order = places(VECTOR // size)

        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            whole = ir.VectorType(context.get_value_type(element.dtype), max(order) + 1)
            first = builder.sub(arguments[0], ir.IntType(64)(order[0] * size))
            value = builder.load(builder.inttoptr(first, whole.as_pointer()))
            value.align = size
            lanes = ir.Constant(ir.VectorType(ir.IntType(32), len(order)), [ir.IntType(32)(i) for i in order])
            value = builder.shuffle_vector(value, value, lanes)
            target = builder.inttoptr(arguments[1], value.type.as_pointer())
            builder.store(value, target).align = size
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, element), emit

    return intrinsic(typed)


_move_one: Any = _moving(lambda count: [0])
_move_vector: Any = _moving(lambda count: list(range(count)))
_move_repeated: Any = _moving(lambda count: [0] * count)
_move_reversed: Any = _moving(lambda count: list(reversed(range(count))))
