"""NumPy's functions of each element, with large arrays divided among threads.

A ufunc's inner loop is a C function over pointers, counts and strides, which NumPy vectorises well but runs in one
thread.  Here numba's threads call it, each for its part: one jitted kernel serves every ufunc and dtype.

    void loop(char **arrays, intptr_t *count, intptr_t *strides, void *data)

Where the loops stand is read from the head of NumPy's public struct `PyUFuncObject`; its other fields must agree with
what Python knows of the ufunc, or NumPy computes alone.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import prange, types
from numba.extending import intrinsic

from .. import LARGE, threads
from .jit import parallel
from .layout import address, in_memory_order


class _UFunc(ctypes.Structure):
    """The head of PyUFuncObject, behind what every Python object has."""

    _fields_ = [
        ("nin", ctypes.c_int),
        ("nout", ctypes.c_int),
        ("nargs", ctypes.c_int),
        ("identity", ctypes.c_int),
        ("functions", ctypes.POINTER(ctypes.c_void_p)),
        ("data", ctypes.POINTER(ctypes.c_void_p)),
        ("ntypes", ctypes.c_int),
        ("reserved", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("types", ctypes.POINTER(ctypes.c_char)),
    ]


class Loop(NamedTuple):
    """An inner loop: its address, what it takes as `data`, and the dtype of its output."""

    address: int
    data: int
    dtype: np.dtype


@functools.cache
def loop_of(ufunc: np.ufunc, inputs: str) -> Loop | None:
    """The loop for inputs of these dtypes, as NumPy's characters; None if it is not to be had."""
    head = _UFunc.from_address(id(ufunc) + object.__basicsize__)
    known = (ufunc.nin, ufunc.nout, ufunc.nargs, ufunc.ntypes)
    if (head.nin, head.nout, head.nargs, head.ntypes) != known or ufunc.nout != 1:
        return None
    if not head.name or head.name.decode() != ufunc.__name__:
        return None
    wanted = f"{inputs}->"
    for i, signature in enumerate(ufunc.types):
        if signature.startswith(wanted):
            dtype = np.dtype(signature[-1])
            numbers = b"".join(head.types[i * ufunc.nargs + k] for k in range(ufunc.nargs))
            if numbers != bytes(np.dtype(char).num for char in inputs + signature[-1]):
                return None
            return Loop(head.functions[i], head.data[i] or 0 if head.data else 0, dtype)
    return None


PARALLEL_FROM = 1 << 16
"""Elements from which threads pay (measured on 2 cores)."""

BLOCK = 1 << 11
"""Elements at a time when a single element stands for all: a loop is fastest where every argument is an array, so that
one is repeated, but only so often."""


def divided(ufunc: np.ufunc, *arrays: Any) -> np.ndarray:
    """`ufunc(*arrays)`, its elements divided among threads.

    All have one shape, or are single elements or numbers; for others NumPy computes alone.  The result lies in
    memory as the first array.
    """
    if not _lie_alike(arrays):
        return _divided_with_care(ufunc, arrays)
    first = arrays[0]
    loop = loop_of(ufunc, first.dtype.char * len(arrays))
    if loop is None:
        return ufunc(*arrays)
    out = np.empty_like(first, loop.dtype)
    sizes = _sizes(len(arrays), first.itemsize, out.itemsize)
    _launch(loop, (*arrays, out), sizes, sizes, first.size)
    return out


def add_to(total: np.ndarray, x: np.ndarray) -> None:
    """total += x, of one shape, divided among threads."""
    loop = loop_of(np.add, 2 * total.dtype.char)
    if loop is None or not _lie_alike((total, x)):
        np.add(total, x, out=total)
    else:
        sizes = _sizes(2, total.itemsize, total.itemsize)
        _launch(loop, (total, x, total), sizes, sizes, total.size)


def scale(x: np.ndarray, factor: Any) -> None:
    """x *= factor, a number in the dtype of x, divided among threads where x is large."""
    loop = loop_of(np.multiply, 2 * x.dtype.char) if x.size >= LARGE and _lie_alike((x,)) else None
    if loop is None:
        np.multiply(x, factor, out=x)
    else:
        steps = _sizes(2, x.itemsize, x.itemsize)
        _launch(loop, (x, np.full(BLOCK, factor, x.dtype), x), steps * (1, 0, 1), steps, BLOCK)


def _lie_alike(arrays: tuple[Any, ...]) -> bool:
    """Whether all are contiguous, of one shape and dtype: the usual case, for which three microseconds of preparation
    do instead of thirteen."""
    first = arrays[0]
    if type(first) is not np.ndarray:
        return False
    shape, dtype = first.shape, first.dtype
    for a in arrays:
        if type(a) is not np.ndarray or a.dtype is not dtype or a.shape != shape or not a.flags.carray:
            return False
    return dtype.isnative and first.size > 0


@functools.cache
def _sizes(inputs: int, itemsize: int, out_itemsize: int) -> np.ndarray:
    return np.array([*(itemsize,) * inputs, out_itemsize])


def _divided_with_care(ufunc: np.ufunc, arrays: tuple[Any, ...]) -> np.ndarray:
    model = next(a for a in arrays if isinstance(a, np.ndarray) and a.size > 1)
    arrays = tuple(a if isinstance(a, np.ndarray) else np.asarray(a, model.dtype) for a in arrays)
    loop = loop_of(ufunc, "".join(a.dtype.char for a in arrays))
    if loop is None or in_memory_order(model) is None or not all(map(_is_plain, arrays)):
        return ufunc(*arrays)
    operands, moves, block = [], [], model.size
    for a in arrays:
        if a.size == 1 and a.ndim <= model.ndim:
            operands.append(np.full(BLOCK, a.reshape(()), a.dtype))
            moves.append(0)
            block = BLOCK
        elif a.shape == model.shape:
            operands.append(a if a.strides == model.strides else _in_order_of(model, a))
            moves.append(a.itemsize)
        else:
            return ufunc(*arrays)
    out = np.empty_like(model, loop.dtype)
    operands.append(out)
    steps = np.array([a.itemsize for a in operands])
    _launch(loop, operands, np.array([*moves, out.itemsize]), steps, block)
    return out


def _launch(loop: Loop, operands: Sequence[np.ndarray], moves: np.ndarray, steps: np.ndarray, block: int) -> None:
    """Let threads call the loop; the last of the operands is the result."""
    size = operands[-1].size
    starts = np.array([address(a) for a in operands])
    _divide(loop.address, loop.data, starts, moves, steps, block, size, threads.workers(size, PARALLEL_FROM))


def _is_plain(a: np.ndarray) -> bool:
    """Whether a loop may read it as it lies: in the machine's byte order, at addresses that suit its size."""
    return a.flags.aligned and a.dtype.isnative


def _in_order_of(model: np.ndarray, a: np.ndarray) -> np.ndarray:
    copy = np.empty_like(model, a.dtype)
    copy[...] = a
    return copy


@parallel
def _divide(loop, data, starts, moves, steps, block, size, workers):
    for t in prange(workers):
        end = (t + 1) * size // workers
        for first in range(t * size // workers, end, block):
            places = starts + first * moves
            counts = np.full(len(steps), min(block, end - first))
            _call(loop, places, counts, steps, data)


def reduced_rows(ufunc: np.ufunc, x: np.ndarray) -> np.ndarray:
    """`ufunc.reduce(x, -1)` of a contiguous array with at least one element a row, the rows divided among threads."""
    loop = loop_of(ufunc, 2 * x.dtype.char)
    if loop is None or loop.dtype != x.dtype or not _is_plain(x):
        return ufunc.reduce(x, -1)
    y = x[..., 0].copy()
    shape = np.array([y.size, x.shape[-1], x.itemsize])
    _reduce_rows(loop.address, loop.data, address(x), address(y), shape, threads.workers(x.size, LARGE))
    return y


@parallel
def _reduce_rows(loop, data, start, out, shape, workers):
    rows, columns, itemsize = shape
    for t in prange(workers):
        places, counts, steps = np.empty(3, np.int64), np.full(3, columns - 1), np.array([0, itemsize, 0])
        for row in range(t * rows // workers, (t + 1) * rows // workers):
            places[0] = places[2] = out + row * itemsize
            places[1] = start + (row * columns + 1) * itemsize
            _call(loop, places, counts, steps, data)


def _typed(_: Any, loop: Any, places: Any, counts: Any, steps: Any, data: Any) -> Any:
    """It takes arrays, not where they lie: numba frees an array once its name is not used again."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte] * 4).as_pointer()
        address, *arrays, own = arguments
        pointers = [
            builder.bitcast(context.make_array(array)(context, builder, value).data, byte)
            for array, value in zip(signature.args[1:4], arrays, strict=True)
        ]
        builder.call(builder.inttoptr(address, kind), [*pointers, builder.inttoptr(own, byte)])
        return context.get_dummy_value()

    return types.void(loop, places, counts, steps, data), emit


_call: Any = intrinsic(_typed)
