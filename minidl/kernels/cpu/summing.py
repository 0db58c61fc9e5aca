"""Sums over any dimensions, of numbers or of products of two arrays, in one pass that threads divide.

Memory is seen as four nested loops: over what is summed, what is kept, what is summed and what is kept, each of which
may run once.  Channels-last images whose channels are kept have the last two; others the first three.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numba import prange

from .. import MIDDLING, threads
from .copying import clear
from .jit import parallel, serial, serial_sum
from .layout import window
from .loops import divided
from .reduction import BLOCK, ROWS, add
from .stretches import LONG, SHORT, Strides, divisor, stretches


def sums(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """The sums over `axes`, of floats; in their dtype."""
    walk = _walk(x.shape, x.strides, x.itemsize, axes, threads.get_num_threads()) if x.dtype.char in "fd" else None
    if walk is None:
        wide = np.float32 if x.dtype.char == "e" else None  # sums of halves stand still at 2048
        return np.asarray(np.add.reduce(x, axes, wide)).astype(x.dtype, copy=False)
    return _summed(x, None, walk)


def sums_of_products(x: np.ndarray, y: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """The sums of x * y over `axes`; of floats of one shape and dtype."""
    alike = x.dtype.char in "fd" and x.strides == y.strides
    walk = _walk(x.shape, x.strides, x.itemsize, axes, threads.get_num_threads()) if alike else None
    if walk is None:
        return sums(x * y if x.size < MIDDLING else divided(np.multiply, x, y), axes)
    return _summed(x, y, walk)


class _Walk(NamedTuple):
    """How a kernel goes through the memory of an array."""

    counts: tuple[int, ...]
    """Of the four loops."""
    steps: tuple[int, ...]
    """In elements."""
    bands: np.ndarray
    """(workers, 7): for each thread where it begins and ends in the last three loops, and the number of its sums."""
    times: int
    """How many turns of the third loop are one turn of the kernel's, whose last one is the longer."""
    shape: tuple[int, ...]
    """What is kept, as it lies in memory ..."""
    order: tuple[int, ...]
    """... and how its dimensions are to be ordered."""


@lru_cache(1024)
def _walk(shape: tuple[int, ...], strides: Strides, itemsize: int, axes: tuple[int, ...], workers: int) -> _Walk | None:
    """None where other loops were needed."""
    kept = sorted((axis for axis in range(len(shape)) if axis not in axes), key=lambda axis: -strides[axis])
    if not all(shape) or min(strides, default=0) <= 0:
        return None
    own = [0] * len(shape)  # the strides of what is kept, as if it were broadcast
    for i, axis in enumerate(kept):
        own[axis] = math.prod(shape[inner] for inner in kept[i + 1 :])
    loops, place = [(1, 0)] * 4, 4
    for count, (to, step) in list(zip(*stretches(shape, tuple(own), strides), strict=True))[::-1]:
        place -= 1 if place % 2 == (0 if to else 1) else 2  # what is kept has the second and the last place
        if place < 0:
            return None
        loops[place] = count, step // itemsize
    (a, a_step), (b, b_step), (c, c_step), (d, d_step) = loops
    if (d_step if d > 1 else c_step) != 1:
        return None
    times = divisor(c, 2 * SHORT // d) if c_step == d > 1 else 1
    bands = _bands(b, c // times, d * times, workers)
    ordered = tuple(kept.index(axis) for axis in sorted(kept))
    sizes = tuple(shape[axis] for axis in kept)
    return _Walk((a, b, c // times, d * times), (a_step, b_step, c_step * times, 1), bands, times, sizes, ordered)


def _bands(b: int, c: int, d: int, workers: int) -> np.ndarray:
    """Where threads share what is summed each has sums of its own, so that it must be long."""
    if not b % workers or b > 4 * workers:
        shared = 0
    elif c * d >= BLOCK * workers and c >= 8 * workers:
        shared = 1
    else:
        shared, workers = 2, min(workers, d)
    bands = np.array([[0, b, 0, c, 0, d, 0]] * workers)
    ends = np.arange(workers + 1) * (b, c, d)[shared] // workers
    bands[:, 2 * shared], bands[:, 2 * shared + 1] = ends[:-1], ends[1:]
    if shared == 1:
        bands[:, -1] = np.arange(workers)
    return bands


def _summed(x: np.ndarray, y: np.ndarray | None, walk: _Walk) -> np.ndarray:
    b, d = walk.counts[1::2]
    parts = np.empty((walk.bands[-1, -1] + 1, b, d), x.dtype)
    memory = window(x), None if y is None else window(y)
    _sum(*memory, walk.counts[0], walk.counts[3], walk.steps, walk.bands, parts, len(walk.bands))
    if len(parts) * walk.times > 1:
        parts = np.add.reduce(parts.reshape(len(parts), b, walk.times, -1), (0, 2))
    return parts.reshape(walk.shape).transpose(walk.order)


@parallel
def _sum(x, y, a, d, steps, bands, sums, workers):
    for t in prange(workers):
        part = np.empty(LONG, x.dtype)
        for j in range(bands[t, 0], bands[t, 1]):
            for left in range(bands[t, 4], bands[t, 5], LONG):
                size = min(LONG, bands[t, 5] - left)
                own, total = sums[bands[t, 6], j, left : left + size], 0.0
                clear(own)
                for i in range(a):
                    start, end = i * steps[0] + j * steps[1] + left, bands[t, 3]
                    if d == 1:
                        for k in range(bands[t, 2], end, BLOCK):
                            total += _sum_of_row(x, y, start + k, min(BLOCK, end - k))
                    else:
                        for k in range(bands[t, 2], end, ROWS):
                            _add_rows(x, y, start + k * steps[2], steps[2], min(ROWS, end - k), part[:size], own)
                if d == 1:
                    own[0] = total


@serial_sum
def _sum_of_row(x, y, start, size):
    total = x.dtype.type(0)
    row = x[start : start + size]
    if y is None:
        for q in range(size):
            total += row[q]
    else:
        factors = y[start : start + size]
        for q in range(size):
            total += row[q] * factors[q]
    return total


@serial
def _add_rows(x, y, start, step, count, part, total):
    """total += the sum of so many rows, which is first made in `part`: so rounding grows slowly."""
    clear(part)
    whole = count // 4 * 4
    for r in range(0, whole, 4):
        _add_four(x, y, start + r * step, step, part)
    for r in range(whole, count):
        _add_row(x, y, start + r * step, part)
    add(total, part)


@serial
def _add_four(x, y, start, step, part):
    """Four rows at once: the sum is read and written once, and rounded less."""
    i, j, k, n = start + step, start + 2 * step, start + 3 * step, part.size
    a, b, c, d = x[start : start + n], x[i : i + n], x[j : j + n], x[k : k + n]
    if y is None:
        for q in range(n):
            part[q] += (a[q] + b[q]) + (c[q] + d[q])
    else:
        e, f, g, h = y[start : start + n], y[i : i + n], y[j : j + n], y[k : k + n]
        for q in range(n):
            part[q] += (a[q] * e[q] + b[q] * f[q]) + (c[q] * g[q] + d[q] * h[q])


@serial
def _add_row(x, y, start, part):
    row = x[start : start + part.size]
    if y is None:
        add(part, row)
    else:
        factors = y[start : start + part.size]
        for q in range(part.size):
            part[q] += row[q] * factors[q]
