"""Padding along the last dimensions: rows are copied in runs of neighbours, and a gradient's added up in the same runs.

Arrays are read as they lie, channels-last images pixel by pixel.  What is only copied is copied as bytes, so that one
kernel serves all dtypes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numba import prange

from .. import threads
from .copying import clear, copy_run
from .half import also_in_half_precision
from .jit import parallel, serial
from .layout import channels_last, empty_channels_last

PARALLEL_FROM = 1 << 15
"""Elements from which threads pay (measured on 2 cores)."""

SHAPES = 256
"""Shapes for which is remembered what comes from where: to find it takes 50 microseconds."""

DIMENSIONS = 3
"""How many dimensions the kernels pad; NumPy puts constants around more."""

SMALL = 1 << 12
"""Elements below which NumPy's two calls take 8 microseconds, as a kernel does, and need no compiling."""

Widths = tuple[tuple[int, int], ...]
"""How much is added before and behind each of the last dimensions; negative numbers cut off."""


def padded(x: np.ndarray, mode: str, widths: Widths, value: Any) -> np.ndarray:
    """x (..., *plane) -> (..., *larger plane), which lies in memory as x does.

    Modes are "constant", which puts `value` around x, "reflect", "replicate" and "circular".
    """
    if mode == "constant" and (x.size < SMALL or len(widths) > DIMENSIONS):
        return _framed(x, widths, value)
    plane = x.shape[x.ndim - len(widths) :]
    plan = _plan(plane, mode, widths)
    numbers, y, result, pixel = _in_memory(x, plan.plane)
    if y.size:
        row = np.full(plan.plane[-1] * pixel, value, x.dtype).view(np.uint8)
        sizes = (_images(y, plan.plane, pixel), pixel * x.itemsize, *_three(plane))
        workers = threads.workers(y.size, PARALLEL_FROM)
        _copy(numbers.view(np.uint8), result.view(np.uint8), row, plan.sources, plan.runs, sizes, workers)
    return y


@also_in_half_precision
def padding_gradient(g: np.ndarray, plane: tuple[int, ...], mode: str, widths: Widths) -> np.ndarray:
    """The gradient of `padded` with respect to an x whose last dimensions are `plane`, in all modes but "constant":
    there it is g padded by the widths with their signs turned."""
    plan = _plan(plane, mode, widths)
    numbers, x, result, pixel = _in_memory(g, plane)
    if x.size:
        sizes = (_images(x, plane, pixel), pixel, *_three(plane))
        line = plan.plane[-1] * pixel
        _add(numbers, result, plan.targets, plan.runs, line, sizes, threads.workers(g.size, PARALLEL_FROM))
    return x


def _framed(x: np.ndarray, widths: Widths, value: Any) -> np.ndarray:
    """x in the middle of an array that holds `value` elsewhere, or what is left of x."""
    pairs = [(0, 0)] * (x.ndim - len(widths)) + list(widths)
    y = np.empty_like(x, shape=[n + low + high for n, (low, high) in zip(x.shape, pairs, strict=True)])
    y.fill(value)
    inside = tuple(slice(max(low, 0), n - max(high, 0)) for n, (low, high) in zip(y.shape, pairs, strict=True))
    kept = tuple(slice(max(-low, 0), n - max(-high, 0)) for n, (low, high) in zip(x.shape, pairs, strict=True))
    y[inside] = x[kept]
    return y


# --- how arrays lie --------------------------------------------------------------------------------------------------


def _in_memory(x: np.ndarray, plane: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """The numbers of x as they lie, a new array of the same order whose last dimensions are `plane`, its numbers, and
    how many make a pixel: one where dimensions lie in order, or are no images with channels; else a channels-last
    image's channels."""
    lead = x.shape[: x.ndim - len(plane)]
    if x.flags.c_contiguous or len(lead) != 2:
        y = np.empty((*lead, *plane), x.dtype)
        return np.ascontiguousarray(x).reshape(-1), y, y.reshape(-1), 1
    y = empty_channels_last((*lead, *plane), x.dtype)
    return channels_last(x).reshape(-1), y, channels_last(y).reshape(-1), lead[1]


def _images(x: np.ndarray, plane: tuple[int, ...], pixel: int) -> int:
    return x.size // (math.prod(plane) * pixel)


def _three(plane: tuple[int, ...]) -> tuple[int, int, int]:
    depth, height, width = (1,) * (DIMENSIONS - len(plane)) + plane
    return depth, height, width


# --- what comes from where -------------------------------------------------------------------------------------------


class _Plan(NamedTuple):
    plane: tuple[int, ...]
    """The last dimensions of what is padded."""
    sources: tuple[np.ndarray, np.ndarray]
    """For each frame, and for each row of a frame, which one of the input's it is; -1 for what is filled."""
    targets: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    """The frames of the output in the order of the input's, and where those of each frame begin; the same of rows."""
    runs: np.ndarray
    """(runs, 3): along a row where a run begins in the output, where in the input, -1 for what is filled, and how long
    it is.  The longest comes first."""


@lru_cache(SHAPES)
def _plan(plane: tuple[int, ...], mode: str, widths: Widths) -> _Plan:
    along = [_SOURCES[mode](n, low, high) for n, (low, high) in zip(plane, widths, strict=True)]
    depths, heights, columns = [np.zeros(1, np.int64)] * (DIMENSIONS - len(along)) + along
    targets = *_targets(depths, _three(plane)[0]), *_targets(heights, _three(plane)[1])
    return _Plan(tuple(map(len, along)), (depths, heights), targets, _runs(columns))


def _targets(sources: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(sources, kind="stable")
    return order, np.searchsorted(sources[order], np.arange(n + 1))


def _runs(sources: np.ndarray) -> np.ndarray:
    filled = sources < 0
    goes_on = np.where(filled[1:], filled[:-1], (sources[1:] == sources[:-1] + 1) & ~filled[:-1])
    starts = np.flatnonzero(np.concatenate([np.ones(min(len(sources), 1), bool), ~goes_on]))
    runs = np.stack([starts, sources[starts], np.diff(starts, append=len(sources))], 1)
    return runs[np.argsort(-runs[:, 2], kind="stable")]


def _constant(size: int, low: int, high: int) -> np.ndarray:
    places = np.arange(-low, size + high)
    return np.where(places < size, np.maximum(places, -1), -1)


def _reflected(size: int, low: int, high: int) -> np.ndarray:
    places = np.abs(np.arange(-low, size + high))
    return np.where(places >= size, 2 * (size - 1) - places, places)


def _replicated(size: int, low: int, high: int) -> np.ndarray:
    return np.clip(np.arange(-low, size + high), 0, size - 1)


def _wrapped(size: int, low: int, high: int) -> np.ndarray:
    start, end = max(-low, 0), size - max(-high, 0)  # what is cut off is not wrapped around
    return start + np.arange(-max(low, 0), end - start + max(high, 0)) % (end - start)


_SOURCES: dict[str, Callable[[int, int, int], np.ndarray]] = {
    "constant": _constant,
    "reflect": _reflected,
    "replicate": _replicated,
    "circular": _wrapped,
}


# --- kernels ---------------------------------------------------------------------------------------------------------


@parallel
def _copy(x, y, filling, sources, runs, sizes, workers):
    """Of bytes.  Threads take rows of the output."""
    lead, pixel, d, h, w = sizes
    depths, heights = sources
    rows = lead * len(depths) * len(heights)
    for t in prange(workers):
        for row in range(t * rows // workers, (t + 1) * rows // workers):
            frame, height = row // len(heights), heights[row % len(heights)]
            image, depth = frame // len(depths), depths[frame % len(depths)]
            if depth < 0 or height < 0:
                copy_run(filling, 0, y, row * filling.size, filling.size)
            else:
                place = ((image * d + depth) * h + height) * w * pixel
                for r in range(len(runs)):
                    to, source, count = runs[r]
                    target = row * filling.size + to * pixel
                    if source < 0:
                        copy_run(filling, 0, y, target, count * pixel)
                    else:
                        copy_run(x, place + source * pixel, y, target, count * pixel)


@parallel
def _add(g, x, targets, runs, width, sizes, workers):
    """Threads take rows of the input."""
    lead, pixel, d, h, w = sizes
    depths, first_depths, heights, first_heights = targets
    rows = lead * d * h
    for t in prange(workers):
        line = np.empty(width, g.dtype)
        for row in range(t * rows // workers, (t + 1) * rows // workers):
            frame, height = row // h, row % h
            image, depth = frame // d, frame % d
            added, given = 0, line
            for i in range(first_depths[depth], first_depths[depth + 1]):
                for j in range(first_heights[height], first_heights[height + 1]):
                    place = ((image * len(depths) + depths[i]) * len(heights) + heights[j]) * width
                    if added == 0:
                        given = g[place : place + width]
                    else:
                        copy_run(given, 0, line, 0, width)
                        _add_run(g[place : place + width], line)
                        given = line
                    added += 1
            _add_row(given, x[row * w * pixel : (row + 1) * w * pixel], runs, pixel, added == 0)


@serial
def _add_row(given, row, runs, pixel, none):
    if none or len(runs) == 0:
        clear(row)
        return
    if runs[0, 2] * pixel == row.size:
        copy_run(given, runs[0, 0] * pixel, row, 0, row.size)
    else:
        clear(row)
    for r in range(runs[0, 2] * pixel == row.size, len(runs)):
        to, source, count = runs[r]
        _add_run(given[to * pixel : (to + count) * pixel], row[source * pixel : (source + count) * pixel])


@serial
def _add_run(given, sums):
    for q in range(given.size):
        sums[q] += given[q]
