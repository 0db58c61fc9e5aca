"""The sum of all elements, divided among threads."""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial, serial_sum
from .layout import flat, in_memory_order

BLOCK = 1024
"""Elements that are summed in their own precision; the sums of blocks are added in float64."""


def total(x: np.ndarray) -> np.ndarray:
    """The sum of all elements, in their dtype; of floats in any dense order."""
    if x.dtype.char not in "fd" or in_memory_order(x) is None:
        return np.asarray(np.add.reduce(x, None))
    sums = np.zeros(threads.get_num_threads())
    _total(flat(x), sums, len(sums))
    return np.asarray(np.add.reduce(sums), x.dtype)


@parallel
def _total(x, sums, workers):
    for t in prange(workers):
        sums[t] = _sum_of_blocks(x[t * x.size // workers : (t + 1) * x.size // workers])


@serial
def _sum_of_blocks(x):
    total = 0.0
    for first in range(0, x.size, BLOCK):
        total += _sum_of_block(x[first : first + BLOCK])
    return total


@serial_sum
def _sum_of_block(x):
    total = x.dtype.type(0)
    for i in range(x.size):
        total += x[i]
    return total
