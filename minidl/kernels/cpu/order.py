"""The greatest or least elements of each row, in order."""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from .. import LARGE, threads
from .jit import parallel, serial

_int64 = np.dtype(np.int64)


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
    (_greatest_of_rows if largest else _least_of_rows)(rows, values, places, threads.workers(x.size, LARGE))
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
