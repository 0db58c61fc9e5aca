"""Grids of coordinates and index tables: meshgrid, products and combinations of elements, triangles of indices."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from ..errors import ArgumentError, ShapeError
from .creation import made
from .indexing import getitem
from .joining import stack
from .promotion import check_tensors
from .shape import expand, reshape
from .words import whole_number

if TYPE_CHECKING:
    from ..tensor import Tensor


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Any, ...]:
    """Of n vectors, n grids of n dimensions: the k-th repeats vector k along all dimensions but its own.

    With indexing "xy" the first two dimensions are exchanged, as pictures have them.
    """
    vectors = list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else list(tensors)
    check_tensors("meshgrid", *vectors)
    if indexing not in ("ij", "xy"):
        raise ArgumentError(f"meshgrid: indexing {indexing!r}; needs 'ij' or 'xy'")
    if not vectors or any(v.ndim > 1 for v in vectors):
        raise ShapeError(f"meshgrid: got shapes {[tuple(v.shape) for v in vectors]}; needs one or more vectors")
    if len({v.dtype for v in vectors}) > 1:
        raise ArgumentError(f"meshgrid: got {', '.join(str(v.dtype) for v in vectors)}; needs one dtype")
    sizes = [v.shape[0] if v.ndim else 1 for v in vectors]
    order = list(range(len(vectors)))
    if indexing == "xy" and len(vectors) > 1:
        order[:2] = 1, 0
    grid = [sizes[k] for k in order]
    return tuple(
        expand(reshape(v, tuple(sizes[k] if k == axis else 1 for axis in order)), tuple(grid))
        for k, v in enumerate(vectors)
    )


def cartesian_prod(*tensors: Any) -> Any:
    """All ways to take one element of each vector: (product of their lengths, number of vectors)."""
    vectors = list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else list(tensors)
    check_tensors("cartesian_prod", *vectors)
    if any(v.ndim != 1 for v in vectors):
        raise ShapeError(f"cartesian_prod: got shapes {[tuple(v.shape) for v in vectors]}; needs vectors")
    if len({v.dtype for v in vectors}) > 1:
        raise ArgumentError(f"cartesian_prod: got {', '.join(str(v.dtype) for v in vectors)}; needs one dtype")
    if len(vectors) == 1:
        return vectors[0]
    return stack([reshape(grid, (-1,)) for grid in meshgrid(*vectors)], 1)


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """All choices of r elements of a vector, in order: (number of choices, r)."""
    check_tensors("combinations", input)
    r = whole_number("combinations", "r", r)
    if input.ndim != 1:
        raise ShapeError(f"combinations: got shape {tuple(input.shape)}, needs a vector")
    if r < 0:
        raise ArgumentError(f"combinations: r {r}; needs at least 0")
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = list(choose(range(input.shape[0]), r))
    if not r:
        return getitem(input, slice(0, 0))
    return getitem(input, np.array(rows, np.int64).reshape(-1, r))


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64, device: Any = None) -> Tensor:
    """The places of the lower triangle of a (row, col) matrix: rows and columns, (2, count)."""
    row, col, offset = _triangle("tril_indices", row, col, offset)
    return made(np.stack(np.tril_indices(row, offset, col)).astype(dtypes.as_dtype(dtype)), device=device)


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64, device: Any = None) -> Tensor:
    """The places of the upper triangle of a (row, col) matrix: rows and columns, (2, count)."""
    row, col, offset = _triangle("triu_indices", row, col, offset)
    return made(np.stack(np.triu_indices(row, offset, col)).astype(dtypes.as_dtype(dtype)), device=device)


def _triangle(name: str, row: int, col: int, offset: int) -> tuple[int, ...]:
    words = {"row": row, "col": col, "offset": offset}
    row, col, offset = (whole_number(name, word, value) for word, value in words.items())
    if min(row, col) < 0:
        raise ShapeError(f"{name}: a matrix of {row} rows and {col} columns; needs at least 0 of each")
    return row, col, offset
