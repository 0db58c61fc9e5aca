"""What all functions of matrices share: what they ask of their inputs, what they raise, and a loop over a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import DtypeError, LinAlgError, ShapeError
from .promotion import Array, check_tensors


def check_matrices(name: str, x: Array) -> None:
    """Raise unless x holds matrices of float32 or float64."""
    check_tensors(name, x)
    if x.ndim < 2:
        raise ShapeError(f"{name}: shape {tuple(x.shape)}; needs matrices (..., m, n)")
    if x.dtype.kind != "f" or x.dtype.itemsize < 4:
        raise DtypeError(f"{name}: got {x.dtype}, needs float32 or float64")


def check_square(name: str, x: Array) -> None:
    """Raise ShapeError unless x is a square matrix, or a batch of them."""
    check_tensors(name, x)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"{name}: shape {tuple(x.shape)}; needs square matrices (..., n, n)")


def check_square_floats(name: str, x: Array) -> None:
    """Raise unless x holds square matrices of float32 or float64."""
    check_square(name, x)
    check_matrices(name, x)


def check_one_dtype(name: str, a: Array, b: Array) -> None:
    """Raise DtypeError unless both are tensors of the same dtype."""
    check_tensors(name, a, b)
    if a.dtype != b.dtype:
        raise DtypeError(f"{name}: {a.dtype} and {b.dtype}; needs one dtype, convert one with .to(dtype)")


def common_batch(name: str, a: Array, b: Array) -> tuple[int, ...]:
    """The batch dimensions of two batches of matrices, broadcast."""
    try:
        return np.broadcast_shapes(tuple(a.shape[:-2]), tuple(b.shape[:-2]))
    except ValueError:
        raise ShapeError(f"{name}: the batches of {tuple(a.shape)} and {tuple(b.shape)} do not broadcast") from None


def computed(name: str, x: np.ndarray, decompose: Callable[[np.ndarray], Any]) -> Any:
    """What `decompose` gives; where it fails, an error that says which matrix of the batch is at fault."""
    try:
        return decompose(x)
    except np.linalg.LinAlgError as failure:
        reason = str(failure)
    at_fault = [place for place in np.ndindex(x.shape[:-2]) if place and not _decomposes(x[place], decompose)]
    which = f"matrix {at_fault[0]} of the batch: " if at_fault else ""
    raise LinAlgError(f"{name}: {which}{reason}")


def _decomposes(x: np.ndarray, decompose: Callable[[np.ndarray], Any]) -> bool:
    try:
        decompose(x)
    except np.linalg.LinAlgError:
        return False
    return True


def refuse_failures(name: str, info: np.ndarray, reason: str) -> None:
    """Raise LinAlgError for the first matrix of a batch whose `info`, as LAPACK gives it, is not zero."""
    if info.any():
        place = tuple(int(i) for i in np.argwhere(info)[0])
        which = f"matrix {place} of the batch: " if place else ""
        raise LinAlgError(f"{name}: {which}{reason} (at diagonal element {int(info[place])})")


def each_matrix(function: Callable[[np.ndarray], tuple[Any, ...]], x: np.ndarray) -> tuple[np.ndarray, ...]:
    """What `function` gives for each matrix of a batch, each result stacked.

    LAPACK refuses empty matrices: `function` must take those itself.
    """
    batch = x.shape[:-2]
    if 0 in batch:
        shaped = function(np.eye(*x.shape[-2:], dtype=x.dtype))
        return tuple(np.empty((*batch, *np.shape(part)), np.asarray(part).dtype) for part in shaped)
    found = [function(x[place]) for place in np.ndindex(batch)]
    return tuple(np.array(part).reshape((*batch, *np.shape(part[0]))) for part in zip(*found, strict=True))


def lapack(name: str, dtype: np.dtype) -> Any:
    """LAPACK's function for float32 or float64: getrf is sgetrf or dgetrf."""
    import scipy.linalg.lapack

    return getattr(scipy.linalg.lapack, ("s" if dtype.itemsize == 4 else "d") + name)
