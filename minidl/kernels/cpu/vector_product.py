"""A matrix times a vector: SciPy's BLAS, which is held at one thread.

NumPy's takes threads of its own for it, and these starve the kernels that follow (see threads.py).  One thread reads a
matrix that lies in the caches at 60 GB/s, which is as fast as such a product of a layer needs to be.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.blas import dgemv, sgemv

from .. import threads

threads.prepare()

_GEMV = {"f": sgemv, "d": dgemv}


def vector_product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a (n, k) @ b (k, m), of which one has a single row or column."""
    if b.shape[1] == 1:
        return _times(a, b[:, 0])[:, None]
    return _times(b.T, a[0])[None]


def _times(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """BLAS takes the matrix by columns: one that lies by rows is one turned round."""
    gemv = _GEMV[matrix.dtype.char]
    if matrix.flags.f_contiguous:
        return gemv(1.0, matrix, vector)
    return gemv(1.0, matrix.T, vector, trans=True)
