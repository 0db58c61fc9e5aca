"""Rows in order, or their greatest or least elements; and elements put back where they stood."""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial

_int64 = np.dtype(np.int64)

PASS_FROM = 1 << 13
"""Elements from which dividing a pass over rows among threads pays (measured on 2 cores)."""

_NAN, _SIGN = 0x7F800000, 0x7FFFFFFF
"""As an integer, the greatest float32 that is a number; all bits but the sign."""


def sort_of_rows(x: np.ndarray, descending: bool) -> tuple[np.ndarray, np.ndarray]:
    """The elements along the last axis of float32 in order, and where they stood.

    Equal elements stay as they stood, NaN counts as the greatest.  An integer of 64 bits holds an element and behind it
    its place, so that NumPy's fastest sort, which is not stable, serves: 128 rows of 512 take 0.3 milliseconds instead
    of 2.7.
    """
    rows = np.ascontiguousarray(x).reshape(-1, x.shape[-1])
    pairs, workers = np.empty(rows.shape, np.int64), threads.workers(x.size, PASS_FROM)
    _pair(rows.view(np.int32), -1 if descending else 0, pairs, workers)
    pairs.sort(-1)
    values = np.empty_like(rows)
    _take_apart(rows, pairs, values, workers)
    return values.reshape(x.shape), pairs.reshape(x.shape)


def put_in_rows(g: np.ndarray, places: np.ndarray, columns: int) -> np.ndarray:
    """Zeros (..., columns) with g (..., k) at places along the last axis, none of which recurs in a row."""
    x = np.zeros((*g.shape[:-1], columns), g.dtype)
    rows = (np.ascontiguousarray(a).reshape(-1, a.shape[-1]) for a in (g, places))
    _put(*rows, x.reshape(-1, columns), threads.workers(g.size, PASS_FROM))
    return x


@parallel
def _pair(bits, turned, pairs, workers):
    for t in prange(workers):
        for row in range(t * len(bits) // workers, (t + 1) * len(bits) // workers):
            _pair_row(bits[row], turned, pairs[row])


@serial
def _pair_row(bits, turned, pairs):
    """As integers, floats have the order of their sizes; negative ones are brought to theirs, and all turned round
    where `turned` has all bits set."""
    for i in range(bits.size):
        number = np.int64(bits[i])
        size = number & _SIGN
        key = -size if number < 0 else size
        key = _SIGN if size > _NAN else key
        pairs[i] = ((key ^ turned) << 32) | i


@parallel
def _take_apart(x, pairs, values, workers):
    for t in prange(workers):
        for row in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            _take_row_apart(x[row], pairs[row], values[row])


@serial
def _take_row_apart(x, pairs, values):
    """The places stay."""
    for i in range(pairs.size):
        pairs[i] &= 0xFFFFFFFF
        values[i] = x[pairs[i]]


@parallel
def _put(g, places, x, workers):
    for t in prange(workers):
        for row in range(t * len(g) // workers, (t + 1) * len(g) // workers):
            line, of = x[row], g[row]
            for i in range(of.size):
                line[places[row, i]] = of[i]


def top_of_rows(x: np.ndarray, k: int, largest: bool) -> tuple[np.ndarray, np.ndarray]:
    """The k greatest or least elements along the last axis, in order, and where they stood.

    Of equal elements the first comes first; NaN counts as the greatest.  The work grows with k: for a small part of a
    row it is far less than sorting.
    """
    if x.ndim == 1 and x.flags.c_contiguous:
        y, at = np.empty(k, x.dtype), np.empty(k, _int64)
        (_greatest if largest else _least)(x, y, at)
        return y, at
    lead, count = x.shape[:-1], math.prod(x.shape[:-1])
    rows = np.ascontiguousarray(x).reshape(count, x.shape[-1])
    values, places = np.empty((count, k), x.dtype), np.empty((count, k), np.int64)
    (_greatest_of_rows if largest else _least_of_rows)(rows, values, places, threads.workers(x.size, PASS_FROM))
    return values.reshape(*lead, k), places.reshape(*lead, k)


@parallel
def _greatest_of_rows(x, values, places, workers):
    for t in prange(workers):
        for row in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            _greatest(x[row], values[row], places[row])


@parallel
def _least_of_rows(x, values, places, workers):
    for t in prange(workers):
        for row in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            _least(x[row], values[row], places[row])


@serial
def _above(a, b):
    return a > b or (a != a and b == b)


@serial
def _greatest(x, values, places):
    """Insertion into the best so far, from which most elements are kept away by one comparison."""
    k, found = len(values), 0
    for i in range(len(x)):
        if found == k and (k == 0 or not _above(x[i], values[k - 1])):
            continue
        j = min(found, k - 1)
        while j > 0 and _above(x[i], values[j - 1]):
            values[j], places[j] = values[j - 1], places[j - 1]
            j -= 1
        values[j], places[j] = x[i], i
        found = min(found + 1, k)


@serial
def _least(x, values, places):
    k, found = len(values), 0
    for i in range(len(x)):
        if found == k and (k == 0 or not _above(values[k - 1], x[i])):
            continue
        j = min(found, k - 1)
        while j > 0 and _above(values[j - 1], x[i]):
            values[j], places[j] = values[j - 1], places[j - 1]
            j -= 1
        values[j], places[j] = x[i], i
        found = min(found + 1, k)
