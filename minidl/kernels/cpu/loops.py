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
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import prange, types
from numba.extending import intrinsic

from .. import LARGE, threads
from .jit import parallel
from .layout import address, laid_out_like, lies_channels_last


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

BLOCK = 1 << 10
"""Elements at a time when a single element stands for all: a loop is fastest where every argument is an array, so that
one is repeated, but only so often.  Two arrays between two limits take a fifth less than with twice as many, which the
L1 cache does not hold."""


def divided(ufunc: np.ufunc, *arrays: Any) -> np.ndarray:
    """`ufunc(*arrays)`, its elements divided among threads.

    The arrays broadcast, or are numbers.  The result lies in memory as the first that has its shape.  Where the loop is
    not to be had, or the arrays lie in more than three stretches, NumPy computes alone.
    """
    if not _lie_alike(arrays):
        result = _divided_beside_numbers(ufunc, arrays)
        return _divided_with_care(ufunc, arrays) if result is None else result
    first = arrays[0]
    loop = loop_of(ufunc, first.dtype.char * len(arrays))
    if loop is None:
        return ufunc(*arrays)
    out = np.empty_like(first, loop.dtype)
    _launch(loop, (*arrays, out), _sizes(len(arrays), first.itemsize, out.itemsize), (1, first.size), first.size)
    return out


def add_to(total: np.ndarray, x: np.ndarray) -> None:
    """total += x, of one shape, divided among threads."""
    loop = loop_of(np.add, 2 * total.dtype.char)
    if loop is None or not total.flags.writeable or not _lie_alike((total, x)):
        np.add(total, x, out=total)
    else:
        _launch(loop, (total, x, total), _sizes(2, total.itemsize, total.itemsize), (1, total.size), total.size)


def scale(x: np.ndarray, factor: Any) -> None:
    """x *= factor, a number in the dtype of x, divided among threads where x is large."""
    loop = loop_of(np.multiply, 2 * x.dtype.char) if x.size >= LARGE else None
    if loop is None or not x.flags.writeable or not _lie_alike((x,)):
        np.multiply(x, factor, out=x)
    else:
        steps = _sizes_beside_numbers(1, 1, x.itemsize, x.itemsize)
        _launch(loop, (x, np.full(BLOCK, factor, x.dtype), x), steps, (x.size // BLOCK + 1, BLOCK), x.size)


def _lie_alike(arrays: tuple[Any, ...]) -> bool:
    """Whether all are of one shape and dtype, dense, in one order: the usual case, for which three microseconds of
    preparation do instead of thirteen."""
    first = arrays[0]
    if type(first) is not np.ndarray:
        return False
    shape, strides, dtype = first.shape, first.strides, first.dtype
    for a in arrays:
        if type(a) is not np.ndarray or a.dtype is not dtype or a.shape != shape:
            return False
        if a.strides != strides or not a.flags.aligned:
            return False
    return dtype.isnative and first.size > 0 and (first.flags.c_contiguous or lies_channels_last(first))


@functools.cache
def _sizes(inputs: int, itemsize: int, out_itemsize: int) -> np.ndarray:
    """The steps of arrays that lie alike, from element to element; there is one stretch, so none lead to others."""
    steps = np.zeros((3, inputs + 1), np.int64)
    steps[2] = [*(itemsize,) * inputs, out_itemsize]
    return steps


def _divided_beside_numbers(ufunc: np.ufunc, arrays: tuple[Any, ...]) -> np.ndarray | None:
    """Of arrays that lie alike and, behind them, numbers: the second usual case, five microseconds slower; else None.

    Numbers are read again for each block.
    """
    count = next((i for i, a in enumerate(arrays) if not isinstance(a, np.ndarray) or not any(a.strides)), 0)
    if not count or not _lie_alike(arrays[:count]):
        return None
    first = arrays[0]
    loop = loop_of(ufunc, first.dtype.char * len(arrays))
    numbers = [block for block in (_repeated_as(a, first) for a in arrays[count:]) if block is not None]
    if loop is None or len(numbers) < len(arrays) - count:
        return None
    out = np.empty_like(first, loop.dtype)
    steps = _sizes_beside_numbers(count, len(numbers), first.itemsize, out.itemsize)
    _launch(loop, (*arrays[:count], *numbers, out), steps, (out.size // BLOCK + 1, BLOCK), out.size)
    return out


@functools.cache
def _sizes_beside_numbers(arrays: int, numbers: int, itemsize: int, out_itemsize: int) -> np.ndarray:
    steps = _sizes(arrays + numbers, itemsize, out_itemsize).copy()
    steps[1] = BLOCK * steps[2]
    steps[1, arrays : arrays + numbers] = 0
    return steps


def _repeated_as(a: Any, model: np.ndarray) -> np.ndarray | None:
    """A block of the number `a`, or of the one number in all places of an array; None of another array."""
    if not isinstance(a, np.ndarray):
        return _repeated(a, math.copysign(1, a), model.dtype)
    if any(a.strides) or a.dtype is not model.dtype or a.shape not in ((), model.shape):
        return None
    return np.full(BLOCK, a[(0,) * a.ndim], a.dtype)


@functools.lru_cache(256)
def _repeated(number: float, sign: float, dtype: np.dtype) -> np.ndarray:
    """A block of a number; its sign tells zeros apart."""
    return np.full(BLOCK, number, dtype)


def _divided_with_care(ufunc: np.ufunc, arrays: tuple[Any, ...]) -> np.ndarray:
    dtype = next(a.dtype for a in arrays if isinstance(a, np.ndarray) and a.size > 1)
    arrays = tuple(a if isinstance(a, np.ndarray) else np.asarray(a, dtype) for a in arrays)
    loop = loop_of(ufunc, "".join(a.dtype.char for a in arrays))
    shape = np.broadcast_shapes(*(a.shape for a in arrays))
    model = next((a for a in arrays if a.shape == shape and any(a.strides)), None)
    if loop is None or model is None or not all(map(_is_plain, arrays)):
        return ufunc(*arrays)
    out = np.empty_like(model, loop.dtype)
    if not out.size or not _computed_into(out, loop, arrays):
        return ufunc(*arrays)
    return out


def _computed_into(out: np.ndarray, loop: Loop, arrays: tuple[np.ndarray, ...]) -> bool:
    """Let threads fill `out`; False, with nothing done, if the arrays lie in too many stretches."""
    singles = [a.size == 1 or not any(a.strides) for a in arrays]
    operands = [_in_order_of(out, a) for a, single in zip(arrays, singles, strict=True) if not single]
    counts, strides = _stretches(out, (*operands, out))
    if len(counts) > 3:
        return False
    if len(counts) == 1 and any(singles):  # in stretches as long as singles are repeated
        counts, strides = (out.size // BLOCK + 1, BLOCK), [(BLOCK * step, step) for (step,) in strides]
    steps, others = np.zeros((3, len(arrays) + 1), np.int64), iter(zip(operands, strides, strict=False))
    everything = []
    for k, (a, single) in enumerate(zip(arrays, singles, strict=True)):
        if single:
            a = np.full(counts[-1], a.reshape(-1)[:1], a.dtype)
            steps[2, k] = a.itemsize
        else:
            a, steps[3 - len(counts) :, k] = next(others)
        everything.append(a)
    steps[3 - len(counts) :, -1] = strides[-1]
    middle = counts[-2] if len(counts) > 1 else 1
    _launch(loop, (*everything, out), steps, (middle, counts[-1]), out.size)
    return True


def _in_order_of(out: np.ndarray, a: np.ndarray) -> np.ndarray:
    """a itself, or, where its dimensions have another order in memory, a copy."""
    if a.strides == out.strides or a.shape != out.shape:
        return a
    apart = [abs(a.strides[axis]) for axis in np.argsort(out.strides)[::-1] if a.shape[axis] > 1 and a.strides[axis]]
    if apart == sorted(apart, reverse=True):
        return a
    return laid_out_like(a, np.empty_like(out, a.dtype))


def _stretches(out: np.ndarray, operands: Sequence[np.ndarray]) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """How often each of the fewest nested loops over all operands runs, innermost last, and their steps in bytes."""
    if all(a.strides == out.strides for a in operands):  # `out` is dense, and all lie as it does
        return (out.size,), [(a.itemsize,) for a in operands]
    lie = [a.strides if a.shape == out.shape else np.broadcast_to(a, out.shape).strides for a in operands]
    counts: list[int] = []
    steps: list[list[int]] = []
    for axis in sorted(range(out.ndim), key=lambda axis: -out.strides[axis]):
        count, here = out.shape[axis], [strides[axis] for strides in lie]
        if count == 1:
            continue
        if counts and all(outer == count * inner for outer, inner in zip(steps[-1], here, strict=True)):
            counts[-1], steps[-1] = counts[-1] * count, here
        else:
            counts.append(count)
            steps.append(here)
    return tuple(counts), list(zip(*steps, strict=True))


def _launch(loop: Loop, operands: Sequence[np.ndarray], steps: np.ndarray, counts: tuple[int, int], size: int) -> None:
    """Let threads call the loop; the last of the operands is the result.  Steps and counts are as in `_divide`."""
    starts = np.array([address(a) for a in operands])
    _divide(loop.address, loop.data, starts, steps, *counts, size, threads.workers(size, PARALLEL_FROM))


def _is_plain(a: np.ndarray) -> bool:
    """Whether a loop may read it as it lies: in the machine's byte order, at addresses that suit its size."""
    return a.flags.aligned and a.dtype.isnative


@parallel
def _divide(loop, data, starts, steps, middle, inner, size, workers):
    """Of three nested loops the inner two run `middle` and `inner` times; steps (3, operands) are theirs in bytes."""
    for t in prange(workers):
        places, counts, end = np.empty_like(starts), np.empty_like(starts), (t + 1) * size // workers
        first = t * size // workers
        while first < end:
            row, column = first // inner, first % inner
            i, j, counts[0] = row // middle, row % middle, min(inner - column, end - first)
            for k in range(len(starts)):
                places[k] = starts[k] + i * steps[0, k] + j * steps[1, k] + column * steps[2, k]
            _call(loop, places, counts, steps[2], data)
            first += counts[0]


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
