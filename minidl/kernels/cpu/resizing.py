"""Images of another size, each of whose rows and columns is a mix of some of the old ones, by given weights.

A mix is three dense arrays, as of a sparse matrix: output place i sums weights[k] times input place places[k], for k
from starts[i] up to starts[i + 1].  The transposed matrix takes a gradient back, so both ways are one kernel, which
writes each number once: no two threads add to the same place.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import prange, types
from numba.core import cgutils
from numba.extending import intrinsic

from .. import threads
from .copying import copy_run
from .jit import parallel, serial
from .layout import channels_first, channels_last

PARALLEL_FROM = 1 << 13
"""Numbers from which dividing the rows among threads pays (measured on 2 cores)."""

Mix = tuple[np.ndarray, np.ndarray, np.ndarray]


def resized(x: np.ndarray, mixes: tuple[Mix, ...]) -> np.ndarray:
    """x (N, C, ...) of floats with 1 to 3 more dimensions, each of which is mixed by its own weights.

    Images keep the layout that they have: those that lie channel by channel are as many images of one channel.
    """
    n, c, *sizes = x.shape
    wanted = [starts.size - 1 for starts, _, _ in mixes]
    by_channel = x.flags.c_contiguous
    images, numbers = (n * c, 1) if by_channel else (n, c)
    pixels = (x if by_channel else channels_last(x)).reshape(-1)
    if len(sizes) == 3:  # the depth first: a whole picture is one pixel of so many numbers
        pixels = _mixed(pixels, images, (sizes[0], 1, math.prod(sizes[1:]) * numbers), mixes[0], _unmixed(x.dtype))
        images *= wanted[0]
    height, rows = (sizes[-2], mixes[-2]) if len(sizes) > 1 else (1, _unmixed(x.dtype))
    pixels = _mixed(pixels, images, (height, sizes[-1], numbers), rows, mixes[-1])
    return pixels.reshape(n, c, *wanted) if by_channel else channels_first(pixels.reshape(n, *wanted, c))


def _unmixed(dtype: np.dtype) -> Mix:
    """One place, which stays as it is."""
    return np.arange(2), np.zeros(1, np.int64), np.ones(1, dtype)


def _mixed(x: np.ndarray, images: int, shape: tuple[int, int, int], rows: Mix, columns: Mix) -> np.ndarray:
    """Flat images of a shape (H, W, C)."""
    y = np.empty(images * (rows[0].size - 1) * (columns[0].size - 1) * shape[2], x.dtype)
    _resize(x, y, images, shape, rows, columns, threads.workers(max(x.size, y.size), PARALLEL_FROM))
    return y


@parallel
def _resize(x, y, images, shape, rows, columns, workers):
    """Threads take rows of the output.  Rows are mixed first: they are long runs of neighbours."""
    h, w, c = shape
    height, width = rows[0].size - 1, columns[0].size - 1
    for t in prange(workers):
        line = np.empty(w * c, x.dtype)
        picks, taps, known = _taps(rows) == 1, _taps(columns), -1
        for row in range(t * images * height // workers, (t + 1) * images * height // workers):
            image, i = row // height * h * w * c, row % height
            place = image + rows[1][rows[0][i]] * w * c if picks else 0
            if picks and place == known:  # the row above, once more
                copy_run(y, (row - 1) * width * c, y, row * width * c, width * c)
            elif picks:
                _mix_columns(x, place, y, row * width * c, c, columns, taps)
            else:
                _mix(x, image, line, 0, w * c, rows, i, i + 1)
                _mix_columns(line, 0, y, row * width * c, c, columns, taps)
            known = place


@serial
def _taps(mix):
    """How many places every place mixes, 0 if not all the same; one by another weight than 1 counts as 0, too."""
    starts, _, weights = mix
    taps = starts[1] - starts[0]
    for i in range(starts.size - 1):
        if starts[i + 1] - starts[i] != taps or (taps == 1 and weights[i] != 1):
            return 0
    return taps


@serial
def _mix_columns(source, start, target, place, c, mix, taps):
    """A row of pixels from a row of fewer, or more."""
    _, places, weights = mix
    width = mix[0].size - 1
    if taps == 1 and c == 1:
        for j in range(width):
            target[place + j] = source[start + places[j]]
    elif taps == 1:
        for j in range(width):
            copy_run(source, start + places[j] * c, target, place + j * c, c)
    elif taps == 2 and c == 1:
        for j in range(width):
            near, far = source[start + places[2 * j]], source[start + places[2 * j + 1]]
            target[place + j] = weights[2 * j] * near + weights[2 * j + 1] * far
    else:
        _mix(source, start, target, place, c, mix, 0, width)


@serial
def _mix(source, start, target, place, size, mix, begin, end):
    """For output places `begin` to `end` the mixes of stretches of so many numbers, from `start` on.

    The last vector of a stretch may begin within the one before it: what it holds is then written twice.
    """
    starts, places, weights = mix
    for i in range(begin, end):
        first, last = starts[i], starts[i + 1]
        if size >= MANY_LANES:
            for v in range(-(-size // MANY_LANES)):
                q = min(v * MANY_LANES, size - MANY_LANES)
                mix_many(source, start + q, size, target, place + q, places, weights, first, last)
        elif size >= LANES:
            for v in range(-(-size // LANES)):
                q = min(v * LANES, size - LANES)
                mix_lanes(source, start + q, size, target, place + q, places, weights, first, last)
        else:
            for q in range(size):
                mix_number(source, start + q, size, target, place + q, places, weights, first, last)
        place += size


def _mixing(lanes: int) -> Any:
    """So many numbers of a flat `target`: sums of weights[k] * source[start + places[k] * step] and its neighbours."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _, start, step, _, place, _, _, first, last = arguments
        kinds = signature.args
        vector = ir.VectorType(context.get_value_type(kinds[0].dtype), lanes)
        undefined, first_lane = ir.Constant(vector, ir.Undefined), ir.IntType(32)(0)
        every_lane = ir.Constant(ir.VectorType(ir.IntType(32), lanes), None)

        def pointer(number: int, index: Any) -> Any:
            return builder.gep(context.make_array(kinds[number])(context, builder, arguments[number]).data, [index])

        def lanes_at(number: int, index: Any) -> Any:
            return builder.bitcast(pointer(number, index), vector.as_pointer())

        sums = cgutils.alloca_once(builder, vector)  # LLVM holds it in a register
        builder.store(ir.Constant(vector, None), sums)
        with cgutils.for_range_slice(builder, first, last, first.type(1)) as (k, _):
            found = builder.load(lanes_at(0, builder.add(start, builder.mul(builder.load(pointer(5, k)), step))))
            found.align = kinds[0].dtype.bitwidth // 8
            weight = builder.insert_element(undefined, builder.load(pointer(6, k)), first_lane)
            share = builder.fmul(found, builder.shuffle_vector(weight, undefined, every_lane), flags=("contract",))
            builder.store(builder.fadd(builder.load(sums), share, flags=("contract",)), sums)
        builder.store(builder.load(sums), lanes_at(3, place)).align = kinds[0].dtype.bitwidth // 8
        return context.get_dummy_value()

    def typed(
        _: Any,
        source: Any,
        start: Any,
        step: Any,
        target: Any,
        place: Any,
        places: Any,
        weights: Any,
        first: Any,
        last: Any,
    ) -> Any:
        number = types.int64
        return types.void(source, number, number, target, number, places, weights, number, number), emit

    return intrinsic(typed)


LANES, MANY_LANES = 8, 32
"""Numbers that are mixed side by side, in registers: for pixels of few channels, and for those of more, and rows."""

mix_number, mix_lanes, mix_many = _mixing(1), _mixing(LANES), _mixing(MANY_LANES)
