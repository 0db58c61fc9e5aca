"""Joining tensors, and dividing them: cat, stack, split, chunk and their like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import primitive
from ..errors import ArgumentError, ShapeError
from .padding import constant_pad_nd
from .promotion import Array, aligned, array_of, check_tensors
from .shape import atleast_1d, atleast_2d, atleast_3d, axis_of, narrow, reshape


@primitive
def _concatenate(axis, *parts):
    return np.concatenate(parts, axis)


@_concatenate.gradient("parts")
def _(g, axis, parts_shape):
    pieces, start = [], 0
    for shape in parts_shape:
        pieces.append(narrow(g, axis, start, shape[axis]))
        start += shape[axis]
    return pieces


def _promoted(name: str, tensors: Sequence[Array]) -> list[Array]:
    """All parts in the dtype of their result."""
    if not tensors:
        raise ArgumentError(f"{name}: got no tensors; needs at least one")
    parts = list(tensors)
    check_tensors(name, *parts)
    if len({part.dtype for part in parts}) > 1:
        dtype = parts[0].dtype
        for part in parts[1:]:
            dtype = np.result_type(*(p.dtype for p in aligned(np.empty(1, dtype), np.empty(1, part.dtype))))
        parts = [part.astype(dtype) for part in parts]
    return parts


def cat(tensors: Sequence[Array], dim: int = 0) -> Array:
    """Joined along an existing dimension."""
    parts = _promoted("cat", tensors)
    if any(not part.ndim for part in parts):
        raise ShapeError("cat: a 0-d tensor cannot be joined; use stack(), or reshape(1) it")
    shapes = [array_of(part).shape for part in parts]
    if (0,) in shapes:  # an empty vector fits to everything
        parts = [part for part, shape in zip(parts, shapes, strict=True) if shape != (0,)] or parts[:1]
        shapes = [array_of(part).shape for part in parts]
    axis = axis_of("cat", parts[0], dim)
    first = shapes[0]
    for shape in shapes[1:]:
        if shape[:axis] != first[:axis] or shape[axis + 1 :] != first[axis + 1 :] or len(shape) != len(first):
            raise ShapeError(f"cat: {first} and {shape} differ outside dim {dim}")
    return _concatenate(axis, *parts)


def stack(tensors: Sequence[Array], dim: int = 0) -> Array:
    """Joined along a new dimension."""
    parts = _promoted("stack", tensors)
    return _stack(axis_of("stack", parts[0], dim, extra=1), *parts)


@primitive
def _stack(axis, *parts):
    for part in parts[1:]:
        if part.shape != parts[0].shape:
            raise ShapeError(f"stack: {parts[0].shape} and {part.shape} differ; all must be equal")
    return np.concatenate([np.expand_dims(part, axis) for part in parts], axis)


@_stack.gradient("parts")
def _(g, axis, parts_shape):
    return [g[(slice(None),) * axis + (i,)] for i in range(len(parts_shape))]


def split(tensor: Array, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Array, ...]:
    """Pieces along `dim`: of one size (the last may be smaller), or of the given sizes."""
    axis = _axis_of_parts("split", tensor, dim)
    total = tensor.shape[axis]
    if isinstance(split_size_or_sections, int):
        step = split_size_or_sections
        if step < 0 or (step == 0 and total):
            raise ArgumentError(f"split: size {step}; needs at least 1")
        sizes = [min(step, total - start) for start in range(0, total, max(step, 1))] or [0]
    else:
        sizes = list(split_size_or_sections)
        if sum(sizes) != total:
            raise ShapeError(
                f"split: sizes {sizes} sum to {sum(sizes)}, dim {dim} of {tuple(tensor.shape)} has {total}"
            )
    starts = np.cumsum([0, *sizes]).tolist()
    return tuple(narrow(tensor, axis, start, size) for start, size in zip(starts, sizes, strict=False))


def chunk(input: Array, chunks: int, dim: int = 0) -> tuple[Array, ...]:
    """At most `chunks` pieces of equal size along `dim`, the last one smaller where it does not divide."""
    if chunks <= 0:
        raise ArgumentError(f"chunk: got {chunks} chunks; needs at least 1")
    size = input.shape[_axis_of_parts("chunk", input, dim)]
    if not size:
        return tuple(narrow(input, dim, 0, 0) for _ in range(chunks))
    return split(input, -(-size // chunks), dim)


def _axis_of_parts(name: str, x: Array, dim: int) -> int:
    if not x.ndim:
        raise ShapeError(f"{name}: a 0-d tensor has no dimension to divide")
    return axis_of(name, x, dim)


def split_with_sizes(input: Array, split_sizes: Sequence[int], dim: int = 0) -> tuple[Array, ...]:
    """Pieces of the given sizes along `dim`."""
    return split(input, list(split_sizes), dim)


def unbind(input: Array, dim: int = 0) -> tuple[Array, ...]:
    """The slices along `dim`, without it."""
    axis = _axis_of_parts("unbind", input, dim)
    return tuple(input[(slice(None),) * axis + (i,)] for i in range(input.shape[axis]))


def tensor_split(input: Array, indices_or_sections: Any = None, dim: int = 0, **named: Any) -> tuple[Array, ...]:
    """Pieces along `dim`: so many, the first ones larger where it does not divide, or cut at the given places."""
    cuts = named.get("indices", named.get("sections", indices_or_sections))
    axis = _axis_of_parts("tensor_split", input, dim)
    size = input.shape[axis]
    cuts = array_of(cuts)
    if np.ndim(cuts) == 0:
        sections = int(cuts)
        if sections < 1:
            raise ArgumentError(f"tensor_split: {sections} sections; needs at least 1")
        large = size % sections
        sizes = [size // sections + (i < large) for i in range(sections)]
        return split_with_sizes(input, sizes, axis)
    bounds = [slice(None, n).indices(size)[1] for n in np.asarray(cuts, np.int64).tolist()]
    starts, ends = [0, *bounds], [*bounds, size]
    return tuple(narrow(input, axis, min(a, b), max(b - a, 0)) for a, b in zip(starts, ends, strict=True))


def hsplit(input: Array, indices_or_sections: Any = None, **named: Any) -> tuple[Array, ...]:
    """`tensor_split` along the second dimension; of a vector along the first."""
    return _divided("hsplit", input, 0 if input.ndim == 1 else 1, 1, indices_or_sections, named)


def vsplit(input: Array, indices_or_sections: Any = None, **named: Any) -> tuple[Array, ...]:
    """`tensor_split` along the first dimension."""
    return _divided("vsplit", input, 0, 2, indices_or_sections, named)


def dsplit(input: Array, indices_or_sections: Any = None, **named: Any) -> tuple[Array, ...]:
    """`tensor_split` along the third dimension."""
    return _divided("dsplit", input, 2, 3, indices_or_sections, named)


def _divided(name: str, input: Array, dim: int, least: int, cuts: Any, named: dict[str, Any]) -> tuple[Array, ...]:
    if input.ndim < least:
        raise ShapeError(f"{name}: shape {tuple(input.shape)}; needs at least {least} dimensions")
    cuts = named.get("indices", named.get("sections", cuts))
    if isinstance(cuts, str) or cuts is None:
        raise ArgumentError(f"{name}: got {cuts!r}; needs a number of sections, or the places to cut at")
    if isinstance(cuts, int) and (cuts < 1 or input.shape[dim] % cuts):
        raise ArgumentError(f"{name}: {cuts} sections do not divide the {input.shape[dim]} places of dim {dim}")
    return tensor_split(input, cuts, dim)


# --- joined as rows, columns and layers -----------------------------------------------------------------------------


def hstack(tensors: Sequence[Array]) -> Array:
    """Joined along the second dimension; vectors one behind the other."""
    parts = atleast_1d(list(tensors))
    return cat(parts, 0 if parts and parts[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Array]) -> Array:
    """Joined along the first dimension, vectors as rows."""
    return cat(atleast_2d(list(tensors)), 0)


def dstack(tensors: Sequence[Array]) -> Array:
    """Joined along the third dimension."""
    return cat(atleast_3d(list(tensors)), 2)


def column_stack(tensors: Sequence[Array]) -> Array:
    """Joined along the second dimension, vectors as columns."""
    return hstack([reshape(x, (-1, 1)) if x.ndim < 2 else x for x in tensors])


def block_diag(*tensors: Array) -> Array:
    """A matrix with the given ones along its diagonal, zeros elsewhere; vectors count as rows."""
    if any(x.ndim > 2 for x in tensors):
        raise ShapeError(f"block_diag: shapes {[tuple(x.shape) for x in tensors]}; needs at most 2 dimensions each")
    parts = _promoted("block_diag", [reshape(x, (1, -1)) if x.ndim < 2 else x for x in tensors])
    width = sum(x.shape[1] for x in parts)
    rows, start = [], 0
    for x in parts:
        rows.append(constant_pad_nd(x, (start, width - start - x.shape[1])))
        start += x.shape[1]
    return cat(rows, 0)


concat = concatenate = cat
row_stack = vstack
unsafe_split = split
unsafe_chunk = chunk
