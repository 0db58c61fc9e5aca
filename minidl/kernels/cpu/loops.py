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
from numpy.lib.stride_tricks import as_strided

from .. import LARGE, threads
from .jit import parallel
from .layout import address, laid_out_like, lies_channels_last
from .stretches import LONG, MOST, SHORT, Strides, divisor, padded, stretches


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
    not to be had, or the arrays lie in more than four stretches, NumPy computes alone.
    """
    if not _lie_alike(arrays):
        result = _divided_beside_numbers(ufunc, arrays)
        return _divided_with_care(ufunc, arrays) if result is None else result
    first = arrays[0]
    loop = loop_of(ufunc, first.dtype.char * len(arrays))
    if loop is None:
        return ufunc(*arrays)
    out = np.empty_like(first, loop.dtype)
    _launch(loop, (*arrays, out), _sizes(len(arrays), first.itemsize, out.itemsize), (1, 1, first.size), first.size)
    return out


def add_to(total: np.ndarray, x: np.ndarray) -> None:
    """total += x, of one shape, divided among threads."""
    loop = loop_of(np.add, 2 * total.dtype.char)
    if loop is None or not total.flags.writeable or not _lie_alike((total, x)):
        np.add(total, x, out=total)
    else:
        _launch(loop, (total, x, total), _sizes(2, total.itemsize, total.itemsize), (1, 1, total.size), total.size)


def scale(x: np.ndarray, factor: Any) -> None:
    """x *= factor, a number in the dtype of x, divided among threads where x is large."""
    loop = loop_of(np.multiply, 2 * x.dtype.char) if x.size >= LARGE else None
    if loop is None or not x.flags.writeable or not _lie_alike((x,)):
        np.multiply(x, factor, out=x)
    else:
        steps = _sizes_beside_numbers(1, 1, x.itemsize, x.itemsize)
        _launch(loop, (x, np.full(BLOCK, factor, x.dtype), x), steps, (1, x.size // BLOCK + 1, BLOCK), x.size)


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
    steps = np.zeros((MOST, inputs + 1), np.int64)
    steps[-1] = [*(itemsize,) * inputs, out_itemsize]
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
    _launch(loop, (*arrays[:count], *numbers, out), steps, (1, out.size // BLOCK + 1, BLOCK), out.size)
    return out


@functools.cache
def _sizes_beside_numbers(arrays: int, numbers: int, itemsize: int, out_itemsize: int) -> np.ndarray:
    steps = _sizes(arrays + numbers, itemsize, out_itemsize).copy()
    steps[-2] = BLOCK * steps[-1]
    steps[-2, arrays : arrays + numbers] = 0
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
    arrays = tuple([a if isinstance(a, np.ndarray) else np.asarray(a, dtype) for a in arrays])
    loop = loop_of(ufunc, "".join([a.dtype.char for a in arrays]))
    shape = _broadcast_shape(*[a.shape for a in arrays])
    model = next((a for a in arrays if a.shape == shape and any(a.strides)), None)
    if loop is None or model is None or not all(map(_is_plain, arrays)):
        return ufunc(*arrays)
    out = np.empty_like(model, loop.dtype)
    if not out.size or not _computed_into(out, loop, arrays):
        return ufunc(*arrays)
    return out


_broadcast_shape = functools.lru_cache(1024)(np.broadcast_shapes)


def _computed_into(out: np.ndarray, loop: Loop, arrays: tuple[np.ndarray, ...]) -> bool:
    """Let threads fill `out`; False, with nothing done, if the arrays lie in too many stretches."""
    operands = [_in_order_of(out, a) for a in arrays]
    nest = _nest(out.shape, *[(a.shape, a.strides, a.itemsize) for a in (*operands, out)])
    if nest is None:
        return False
    for k, shape, strides in nest.repeated:
        operands[k] = _seen(operands[k], shape, strides).copy()
    _launch(loop, (*operands, out), nest.steps, nest.counts, out.size)
    return True


def _seen(a: np.ndarray, shape: tuple[int, ...], strides: Strides) -> np.ndarray:
    """a in another shape; of contiguous arrays in a sixth of the time that `as_strided` takes."""
    return np.ndarray(shape, a.dtype, a, 0, strides) if a.flags.c_contiguous else as_strided(a, shape, strides)


class _Nest(NamedTuple):
    """Nested loops over operands: how often the inner ones run, and steps (loops, operands) in bytes."""

    counts: tuple[int, ...]
    steps: np.ndarray
    repeated: list[tuple[int, tuple[int, ...], Strides]]
    """Which operands are first copied with repetitions, and the shape and strides of what is copied."""


@functools.lru_cache(1024)
def _nest(shape: tuple[int, ...], *lie: tuple[tuple[int, ...], Strides, int]) -> _Nest | None:
    """For operands that broadcast to `shape`, the result last: the shape, strides and itemsize of each; None if there
    are too many loops.

    Where the innermost one is short, and an operand comes again in the next one, as factors of channels do for each
    pixel, that operand is repeated, so that both become one: 16x64x32x32 numbers, channels-last, take 60 microseconds
    so instead of 190.
    """
    counts, steps = stretches(shape, *(_broadcast(shape, *own) for own in lie))
    if len(counts) == 1:  # beside single numbers the inner loop is to be lengthened, else it is all
        counts, steps = [1, *counts] if all(steps[0]) else [*counts, 1], [*steps, *steps]
    if not 1 < len(counts) <= MOST:
        return None
    *outer, many, count = counts
    again = [not step for step in steps[-2]]
    alike = all(b or step == count * own for b, step, own in zip(again, *steps[-2:], strict=True))
    times = 1
    if any(again) and alike and count < SHORT:  # of the outermost loop the kernel knows the end
        times = divisor(many, LONG // count) if outer else max(1, min(many, LONG // count))
    moves, repeated = np.array(steps), []
    moves[-2] *= times
    for k, (_, _, itemsize) in enumerate(lie):
        if again[k] and (times > 1 or not moves[:, k].any()):
            own = [n if step[k] else 1 for n, step in zip(outer, steps, strict=False)]
            repeated.append((k, (*own, times, count), tuple(step[k] for step in steps)))
            moves[-1, k] = itemsize
            for level in range(len(outer)):
                moves[level, k] = math.prod(own[level + 1 :]) * times * count * itemsize if steps[level][k] else 0
    return _Nest(*padded([*outer, -(-many // times), times * count], moves), repeated)


def _broadcast(shape: tuple[int, ...], own: tuple[int, ...], strides: Strides, _: int) -> Strides:
    """The strides of an array that is broadcast to `shape`."""
    lead = len(shape) - len(own)
    here = zip(own, shape[lead:], strides, strict=True)
    return (0,) * lead + tuple([0 if n == 1 < whole else step for n, whole, step in here])


def _in_order_of(out: np.ndarray, a: np.ndarray) -> np.ndarray:
    """a itself, or, where its dimensions have another order in memory, a copy."""
    if a.strides == out.strides or a.shape != out.shape:
        return a
    apart = [abs(a.strides[axis]) for axis in np.argsort(out.strides)[::-1] if a.shape[axis] > 1 and a.strides[axis]]
    if apart == sorted(apart, reverse=True):
        return a
    return laid_out_like(a, np.empty_like(out, a.dtype))


def _launch(loop: Loop, operands: Sequence[np.ndarray], steps: np.ndarray, counts: tuple[int, ...], size: int) -> None:
    """Let threads call the loop; the last of the operands is the result.  Steps and counts are as in `_divide`."""
    starts = np.array([address(a) for a in operands])
    _divide(loop.address, loop.data, starts, steps, counts, size, threads.workers(size, PARALLEL_FROM))


def _is_plain(a: np.ndarray) -> bool:
    """Whether a loop may read it as it lies: in the machine's byte order, at addresses that suit its size."""
    return a.flags.aligned and a.dtype.isnative


@parallel
def _divide(loop, data, starts, steps, counts, size, workers):
    """Of four nested loops the inner three run `counts` times; steps (4, operands) are theirs in bytes."""
    for t in prange(workers):
        places, count, end = np.empty_like(starts), np.empty_like(starts), (t + 1) * size // workers
        first = t * size // workers
        row, column = first // counts[2], first % counts[2]
        h, i, j = row // counts[1] // counts[0], row // counts[1] % counts[0], row % counts[1]
        while first < end:
            count[0] = min(counts[2] - column, end - first)
            for k in range(len(starts)):
                outer = h * steps[0, k] + i * steps[1, k]
                places[k] = starts[k] + outer + j * steps[2, k] + column * steps[3, k]
            _call(loop, places, count, steps[3], data)
            first, column, j = first + count[0], 0, j + 1
            if j == counts[1]:
                j, i = 0, i + 1
                if i == counts[0]:
                    i, h = 0, h + 1


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
