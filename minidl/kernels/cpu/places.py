"""Slices and elements that are added up at places, which may recur, and elements taken from there.

Arrays are seen as (outer, places, inner): what lies before the dimension in question, that one, and what lies behind
it.  Threads divide what lies outside it, so each sum has one order, whatever their number, and is one thread's alone.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import prange, types
from numba.extending import intrinsic

from .. import threads
from .jit import parallel, serial

DIVIDED_FROM = 1 << 13
"""Numbers from which threads pay (measured on 2 cores)."""


def add_slices(sums: np.ndarray, g: np.ndarray, places: np.ndarray, axis: int) -> None:
    """Add slice i of g along an axis to slice places[i] of `sums`, of floats, dense in C's order."""
    outer, inner = math.prod(g.shape[:axis]), math.prod(g.shape[axis + 1 :])
    shape, workers = (outer, places.size, sums.shape[axis], inner), _workers(g.size, outer, inner)
    if inner == 1:
        _add_elements(_flat(g), _integers(places), sums.reshape(-1), shape, 0, workers)
    else:
        _move_slices(_flat(g), np.arange(places.size), _integers(places), sums.reshape(-1), shape, workers)


def rows_moved(x: np.ndarray, sources: np.ndarray, targets: np.ndarray, count: int) -> np.ndarray:
    """Zeros (count, n), to whose row targets[i] row sources[i] of x (rows, n), of floats, is added."""
    sums, (given, n) = np.zeros((count, x.shape[1]), x.dtype), x.shape
    workers = _workers(sources.size * n, 1, n)
    _move_slices(_flat(x), _integers(sources), _integers(targets), sums.reshape(-1), (1, given, count, n), workers)
    return sums


def add_elements(sums: np.ndarray, g: np.ndarray, indices: np.ndarray, axis: int) -> None:
    """Add each element of g at its index along an axis of `sums`, of floats, dense in C's order."""
    outer, inner = math.prod(g.shape[:axis]), math.prod(g.shape[axis + 1 :])
    shape, workers = (outer, g.shape[axis], sums.shape[axis], inner), _workers(g.size, outer, inner)
    _add_elements(_flat(g), _integers(indices), sums.reshape(-1), shape, shape[1], workers)


def elements_taken(x: np.ndarray, indices: np.ndarray, axis: int) -> np.ndarray:
    """Of x the elements at `indices` along an axis; x is of their shape outside it."""
    outer, inner = math.prod(x.shape[:axis]), math.prod(x.shape[axis + 1 :])
    y = np.empty(indices.shape, x.dtype)
    shape = outer, indices.shape[axis], x.shape[axis], inner
    _take_elements(_flat(x), _integers(indices), y.reshape(-1), shape, threads.workers(y.size, DIVIDED_FROM))
    return y


def _flat(x: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(x).reshape(-1)


def _integers(places: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(places, np.int64).reshape(-1)


def _workers(size: int, outer: int, inner: int) -> int:
    """One, if there is nothing to divide."""
    return threads.workers(size, DIVIDED_FROM) if max(outer, inner) > 1 else 1


@serial
def _part(t, workers, outer, inner):
    """Of thread t the outer numbers, and the inner ones: the outer are divided if there are enough of them."""
    if outer >= workers:
        return t * outer // workers, (t + 1) * outer // workers, 0, inner
    return 0, outer, t * inner // workers, (t + 1) * inner // workers


@serial
def _counted(place, count):
    """A place counted from the front."""
    return place + count if place < 0 else place


@parallel
def _move_slices(x, sources, targets, sums, shape, workers):
    outer, given, count, inner = shape
    for t in prange(workers):
        start, stop, first, last = _part(t, workers, outer, inner)
        many, lanes = first + (last - first) // MANY_LANES * MANY_LANES, first + (last - first) // LANES * LANES
        for o in range(start, stop):
            for i in range(sources.size):
                source = (o * given + _counted(sources[i], given)) * inner
                target = (o * count + _counted(targets[i], count)) * inner
                for q in range(first, many, MANY_LANES):
                    _add_many(x, source + q, sums, target + q)
                for q in range(many, lanes, LANES):
                    _add_lanes(x, source + q, sums, target + q)
                for q in range(lanes, last):
                    sums[target + q] += x[source + q]


@parallel
def _add_elements(g, indices, sums, shape, step, workers):
    """Where nothing lies behind the axis, the next row's indices are `step` further: nowhere, if they are the same."""
    outer, given, count, inner = shape
    for t in prange(workers):
        start, stop, first, last = _part(t, workers, outer, inner)
        for o in range(start, stop):
            if inner == 1:
                row, own = g[o * given : (o + 1) * given], sums[o * count : (o + 1) * count]
                places = indices[o * step : o * step + given]
                for i in range(given):
                    own[places[i]] += row[i]
                continue
            for i in range(given):
                source = (o * given + i) * inner
                for q in range(first, last):
                    place = _counted(indices[source + q], count)
                    sums[(o * count + place) * inner + q] += g[source + q]


@parallel
def _take_elements(x, indices, y, shape, workers):
    outer, wanted, count, inner = shape
    for t in prange(workers):
        if inner == 1:
            for o in range(t * outer // workers, (t + 1) * outer // workers):
                own, row = x[o * count : (o + 1) * count], y[o * wanted : (o + 1) * wanted]
                places = indices[o * wanted : (o + 1) * wanted]
                for i in range(wanted):
                    row[i] = own[places[i]]
        else:
            for row in range(t * outer * wanted // workers, (t + 1) * outer * wanted // workers):
                start = row // wanted * count * inner
                for q in range(inner):
                    place = _counted(indices[row * inner + q], count)
                    y[row * inner + q] = x[start + place * inner + q]


def _adding(lanes: int) -> Any:
    """So many numbers of a flat `source`, from `start` on, added to those of `target` from `place` on."""

    def typed(_: Any, source: Any, start: Any, target: Any, place: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            vector = ir.VectorType(context.get_value_type(source.dtype), lanes)

            def pointer(kind: Any, array: Any, index: Any) -> Any:
                first = builder.gep(context.make_array(kind)(context, builder, array).data, [index])
                return builder.bitcast(first, vector.as_pointer())

            own, sums = pointer(source, *arguments[:2]), pointer(target, *arguments[2:])
            values = [builder.load(each) for each in (sums, own)]
            for value in values:
                value.align = source.dtype.bitwidth // 8
            builder.store(builder.fadd(*values), sums).align = source.dtype.bitwidth // 8
            return context.get_dummy_value()

        return types.void(source, types.int64, target, types.int64), emit

    return intrinsic(typed)


LANES, MANY_LANES = 8, 32
"""Numbers that are added side by side."""

_add_lanes, _add_many = _adding(LANES), _adding(MANY_LANES)
