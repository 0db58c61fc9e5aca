"""Products divided among threads: by rows, by columns, or by the members of a batch."""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import threads
from .blas import multiply
from .jit import parallel, serial
from .long_product import long_product, suits_long
from .tiled_product import suits, tiled_product, turned_product
from .wide_product import suits_wide, wide_product


def float_product(a: np.ndarray, b: np.ndarray, row: np.ndarray | None = None) -> np.ndarray:
    """a (n, k) @ b (k, m) + row (m,): in tiles where their sizes suit, else by BLAS, each thread taking some rows or
    columns of the result, of whichever there are more."""
    a, b = _blas_ready(a), _blas_ready(b)
    if suits(a, b):
        if b.strides[0] == b.itemsize:
            shift = np.zeros(b.shape[1], b.dtype) if row is None else np.require(row, None, ["C", "W"])
            return turned_product(a, b.T, shift)
        if row is None:
            return tiled_product(a, b)
    if row is None and suits_wide(a, b):
        return wide_product(a, b)
    if suits_long(a, b):
        return long_product(a, b, row)
    row = np.empty(0, a.dtype) if row is None else np.require(row, None, ["C", "W"])
    out = np.empty((a.shape[0], b.shape[1]), a.dtype)
    by_rows = a.shape[0] >= b.shape[1]
    (_row_parts if by_rows else _column_parts)(a, b, row, out, threads.get_num_threads())
    return out


def float_products(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a[i] @ b[i] for each i; a (batch, n, k), b (batch, k, m)."""
    out = np.empty((len(a), a.shape[1], b.shape[2]), a.dtype)
    _batch_parts(_blas_ready(a), _blas_ready(b), out, threads.get_num_threads())
    return out


def integer_products(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a[i] @ b[i] for each i, of integers; sums wrap around as NumPy's do."""
    out = np.zeros((len(a), a.shape[1], b.shape[2]), a.dtype)
    _integer_parts(np.ascontiguousarray(a), np.ascontiguousarray(b), out, threads.get_num_threads())
    return out


def _blas_ready(x: np.ndarray) -> np.ndarray:
    """x, copied unless its matrices have unit stride along one axis and do not overlap along the other."""
    rows, columns = x.shape[-2:]
    down, along = x.strides[-2:]
    size = x.itemsize
    readable = (along == size and down >= columns * size) or (down == size and along >= rows * size and columns > 1)
    if readable and down % size == 0 and along % size == 0 and x.flags.writeable:
        return x
    return np.array(x, order="C")


@parallel
def _row_parts(a, b, row, out, workers):
    n = len(out)
    for t in prange(workers):
        first, last = t * n // workers, (t + 1) * n // workers
        if first < last:
            _multiply_and_add(a[first:last], b, row, out[first:last])


@parallel
def _column_parts(a, b, row, out, workers):
    m = out.shape[1]
    for t in prange(workers):
        first, last = t * m // workers, (t + 1) * m // workers
        if first < last:
            _multiply_and_add(a, b[:, first:last], row[first:last], out[:, first:last])


@serial
def _multiply_and_add(a, b, row, out):
    """a @ b + row, where there is a row: BLAS adds the product to it."""
    if not row.size:
        multiply(a, b, 0.0, out)
        return
    for i in range(len(out)):
        line = out[i]
        for j in range(row.size):
            line[j] = row[j]
    multiply(a, b, 1.0, out)


@parallel
def _batch_parts(a, b, out, workers):
    for t in prange(workers):
        for i in range(t * len(out) // workers, (t + 1) * len(out) // workers):
            multiply(a[i], b[i], 0.0, out[i])


@parallel
def _integer_parts(a, b, out, workers):
    """The inner loop runs along rows, which lie side by side."""
    count, n, k = a.shape
    for t in prange(workers):
        for row in range(t * count * n // workers, (t + 1) * count * n // workers):
            i, r = row // n, row % n
            total = out[i, r]
            for inner in range(k):
                factor, line = a[i, r, inner], b[i, inner]
                for c in range(total.size):
                    total[c] += factor * line[c]
