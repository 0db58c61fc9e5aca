"""Products of matrices.  NumPy does the small ones; large ones, batches and integers go to jitted loops."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import cpu

_jitted: Any = cpu
"""Where jitted kernels are found, and loaded when they are first used."""

LARGE = 1 << 18
"""Multiplications from which dividing a product among threads pays; below, NumPy's BLAS uses one thread as well."""

VECTOR = 1 << 13
"""Multiplications of a matrix and a vector, or two vectors, from which NumPy's BLAS takes threads of its own."""

LARGE_VECTOR = 1 << 20
"""Those from which dividing such a product among threads pays."""

MEMBER = 1 << 15
"""Multiplications in one product of a batch from which BLAS in jitted code beats NumPy's loop over the batch."""

INTEGERS = 1 << 15
"""Multiplications from which a jitted integer product beats NumPy's loop."""

MANY_ROWS = 1 << 8
"""Rows from which, where they have 2 to `SHORT_ROW` elements, a jitted loop beats NumPy's, which goes through each row
on its own: 640 rows of 5 take it 3.8 microseconds instead of 1.7, to add a bias, and 5.5 instead of 2.4 as a product
of a column and a row."""

SHORT_ROW = 32


def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a @ b with the meaning of np.matmul."""
    if a.dtype != b.dtype or a.ndim < 2 or b.ndim < 2:
        return np.matmul(a, b)
    if a.dtype.char in "fd":
        if a.ndim == 2 and b.ndim == 2:
            return _matrix_product(a, b)
        if b.ndim == 2:  # one product of all rows, not one for each member of a batch
            return _matrix_product(_as_rows(a), b).reshape(*a.shape[:-1], b.shape[1])
        if _multiplications(a, b) >= LARGE and a.shape[-2] * a.shape[-1] * b.shape[-1] >= MEMBER:
            return _batched(_jitted.float_products, a, b)
    elif a.dtype.kind in "iu" and _multiplications(a, b) >= INTEGERS:
        return _batched(_jitted.integer_products, a, b)
    return np.matmul(a, b)


def linear(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    """x (..., in) @ weight (out, in).T + bias (out,)."""
    rows = x if x.ndim == 2 else _as_rows(x)
    if x.dtype != weight.dtype or x.dtype.char not in "fd":
        y = matmul(rows, weight.T)
        if bias is not None:
            y += bias
    elif len(rows) == 1 and rows.flags.carray and weight.flags.carray:
        y = np.zeros((1, len(weight)), x.dtype) if bias is None else np.array(bias, ndmin=2)
        _jitted.add_row_product(rows, weight, y)
    else:
        y = _matrix_product(rows, weight.T, bias)
    return y if x.ndim == 2 else y.reshape(*x.shape[:-1], len(weight))


def _as_rows(x: np.ndarray) -> np.ndarray:
    """All leading dimensions as one: (..., n) -> (rows, n)."""
    return x if x.ndim == 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def _matrix_product(a: np.ndarray, b: np.ndarray, row: np.ndarray | None = None) -> np.ndarray:
    (n, k), m = a.shape, b.shape[1]
    size, thin = n * k * m, n == 1 or k == 1 or m == 1
    if size >= (LARGE_VECTOR if thin else LARGE):
        return _jitted.float_product(a, b, row)
    if k == 1 and n >= MANY_ROWS and 1 < m <= SHORT_ROW:
        y = _jitted.outer_product(a, b)
    elif size < VECTOR or not thin:
        y = np.matmul(a, b)
    elif k == 1:
        y = a * b
    else:
        y = _jitted.vector_product(a, b)
    if row is None:
        return y
    if n >= MANY_ROWS and 1 < m <= SHORT_ROW and row.dtype is y.dtype and row.flags.carray:
        _jitted.add_to_rows(y, row)
    else:
        y += row
    return y


def _multiplications(a: np.ndarray, b: np.ndarray) -> int:
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return math.prod(batch) * a.shape[-2] * a.shape[-1] * b.shape[-1]


def _batched(products, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Bring both to (batch, n, k) and (batch, k, m), and multiply."""
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    count = math.prod(batch)
    members = [
        (x if x.shape[:-2] == batch else np.broadcast_to(x, batch + x.shape[-2:])).reshape(count, *x.shape[-2:])
        for x in (a, b)
    ]
    return products(*members).reshape(*batch, a.shape[-2], b.shape[-1])
