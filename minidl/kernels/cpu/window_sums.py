"""Sums over windows of channels-last images of one, two or three dimensions: first the rows that a row of windows sees,
long runs of neighbours, then the pixels of what is left, as many channels at a time as a vector has numbers.

Taken back to the pixels, a gradient is a sum over windows, too: of those that see a pixel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import prange, types
from numba.core import cgutils
from numba.extending import intrinsic

from .. import threads
from .copying import LANES, clear, copy_run, place_in
from .jit import parallel, serial
from .layout import channels_last, empty_channels_last

PARALLEL_FROM = 1 << 14
"""Elements from which threads pay (measured on 2 cores)."""

_WHOLE = np.array([[0, 1]])
"""The bounds of the windows along a dimension that images lack."""


def window_sums(x: np.ndarray, bounds: tuple[np.ndarray, ...], divisor: int) -> np.ndarray:
    """x (N, C, ...) or (C, ...) -> the sums over windows, divided by `divisor`: as many as `bounds` has, in its order.

    bounds    for each dimension behind the channels (windows, 2): where each window begins, and where it ends
    """
    if x.ndim == len(bounds) + 1:
        return window_sums(x[None], bounds, divisor)[0]
    n, c, *plane = x.shape
    sums = empty_channels_last((n, c, *map(len, bounds)), x.dtype)
    if sums.size:
        lacking = 3 - len(bounds)
        pixels = channels_last(x).reshape(n, *(1,) * lacking, *plane, c)
        workers = threads.workers(max(x.size, sums.size), PARALLEL_FROM)
        along = (*(_WHOLE,) * lacking, *bounds)
        _add(pixels, channels_last(sums).reshape(-1), along, x.dtype.type(divisor), workers)
    return sums


@parallel
def _add(x, sums, bounds, divisor, workers):
    """Threads take rows of windows."""
    depths, heights, widths = bounds
    n, d, h, w, c = x.shape
    size, count, pixels = w * c, len(widths) * c, x.reshape(-1)
    rows = n * len(depths) * len(heights)
    for t in prange(workers):
        seen, line = np.empty(size + LANES, x.dtype), np.empty(count + LANES, x.dtype)
        for row in range(t * rows // workers, (t + 1) * rows // workers):
            frame, height = row // len(heights), row % len(heights)
            image, depth = frame // len(depths), frame % len(depths)
            added = 0
            for i in range(depths[depth, 0], depths[depth, 1]):
                for j in range(heights[height, 0], heights[height, 1]):
                    place = ((image * d + i) * h + j) * size
                    if added == 0:
                        copy_run(pixels, place, seen, 0, size)
                    else:
                        _add_row(pixels[place : place + size], seen)
                    added += 1
            if added == 0:
                clear(seen)
            for window in range(len(widths)):
                first, end = widths[window]
                for channel in range(0, c, LANES):
                    _add_pixels(seen, (first * c + channel, c), end - first, line, window * c + channel, divisor)
            copy_run(line, 0, sums, row * count, count)


@serial
def _add_row(row, sums):
    for q in range(row.size):
        sums[q] += row[q]


@intrinsic
def _add_pixels(_: Any, source: Any, steps: Any, count: Any, target: Any, place: Any, divisor: Any) -> Any:
    """target[place] = (source[steps[0]] + source[steps[0] + steps[1]] + ...) / divisor, LANES of them at once.

    As a loop over six channels this is not vectorised.
    """

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = context.get_value_type(source.dtype)
        vector, itemsize = ir.VectorType(number, LANES), source.dtype.bitwidth // 8

        def lanes(kind: Any, array: Any, at: Any) -> Any:
            return builder.bitcast(place_in(context, builder, kind, array, at), vector.as_pointer())

        first, apart = (builder.extract_value(arguments[1], i) for i in range(2))
        total = cgutils.alloca_once_value(builder, ir.Constant(vector, [0.0] * LANES))
        with cgutils.for_range(builder, arguments[2]) as loop:
            pixel = builder.load(lanes(source, arguments[0], builder.add(first, builder.mul(loop.index, apart))))
            pixel.align = itemsize
            builder.store(builder.fadd(builder.load(total), pixel), total)
        one = builder.insert_element(ir.Constant(vector, ir.Undefined), arguments[5], ir.IntType(32)(0))
        every = builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))
        mean = builder.fdiv(builder.load(total), every)
        builder.store(mean, lanes(target, arguments[3], arguments[4])).align = itemsize
        return context.get_dummy_value()

    two = types.UniTuple(types.int64, 2)
    return types.void(source, two, types.int64, target, types.int64, divisor), emit
