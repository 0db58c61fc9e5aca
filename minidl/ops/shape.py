"""Operators that rearrange: reshape, transpose, expand, join, split.

Where memory allows the result is a view, which shares the memory of its input; `clone` and `contiguous` copy.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import primitive
from ..errors import ArgumentError, ShapeError
from .promotion import Array, aligned, array_of


def size_of(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """Sizes given one by one or as one sequence."""
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(sizes[0])
    try:
        return tuple(operator.index(n) for n in sizes)
    except TypeError:
        raise ShapeError(f"sizes {sizes}: needs whole numbers") from None


def axis_of(name: str, x: Array, dim: int, extra: int = 0) -> int:
    """`dim` counted from the front."""
    ndim = max(x.ndim + extra, 1)
    if not -ndim <= dim < ndim:
        raise ShapeError(f"{name}: dim {dim} of a tensor with shape {tuple(x.shape)}; needs -{ndim} to {ndim - 1}")
    return dim % ndim


# --- reshape --------------------------------------------------------------------------------------------------------


@primitive(view=True)
def view_as_shape(x, shape):
    return x.reshape(shape, copy=False)


@view_as_shape.gradient("x")
def _(g, x_shape):
    return reshape(g, x_shape)


@primitive
def copy_to_shape(x, shape):
    return x.reshape(shape)


@copy_to_shape.gradient("x")
def _(g, x_shape):
    return reshape(g, x_shape)


def _resolved(name: str, x: Array, shape: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` with its -1, if any, worked out."""
    known = 1
    for n in shape:
        known *= n if n != -1 else 1
    unknown = shape.count(-1)
    size = 1
    for n in x.shape:
        size *= n
    if unknown == 1 and known and size % known == 0:
        return tuple(size // known if n == -1 else n for n in shape)
    if unknown == 0 and known == size and min(shape, default=0) >= 0:
        return shape
    raise ShapeError(f"{name}: {tuple(x.shape)} has {size} elements and cannot become {shape}")


def _is_view(array: Any, shape: tuple[int, ...]) -> bool:
    try:
        array.reshape(shape, copy=False)
    except ValueError:
        return False
    return True


def reshape(x: Array, *shape: Any) -> Array:
    """x in another shape with the same elements in order; one size may be -1.  A view where memory allows."""
    shape = size_of(shape)
    array = array_of(x)
    if array is x:
        return x.reshape(shape)
    shape = _resolved("reshape", x, shape)
    return view_as_shape(x, shape) if _is_view(array, shape) else copy_to_shape(x, shape)


def view(x: Array, *shape: Any) -> Array:
    """As `reshape`, sharing memory.

    Images that a convolution left channels-last are copied, since their memory has another order than their shape
    says; any other tensor for which no view exists is a ShapeError: use reshape().
    """
    shape = _resolved("view", x, size_of(shape))
    array = array_of(x)
    if _is_view(array, shape):
        return view_as_shape(x, shape)
    if array.ndim == 4 and array.transpose(0, 2, 3, 1).flags.c_contiguous:
        return copy_to_shape(x, shape)
    raise ShapeError(
        f"view: {tuple(x.shape)} with strides {array.strides} cannot be seen as {shape} without a copy; use reshape()"
    )


def flatten(x: Array, start_dim: int = 0, end_dim: int = -1) -> Array:
    """Dimensions start_dim to end_dim as one."""
    if x.ndim == 0:
        return reshape(x, (1,))
    start, end = axis_of("flatten", x, start_dim), axis_of("flatten", x, end_dim)
    if start > end:
        raise ArgumentError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    length = 1
    for n in x.shape[start : end + 1]:
        length *= n
    return reshape(x, (*x.shape[:start], length, *x.shape[end + 1 :]))


def squeeze(x: Array, dim: int | tuple[int, ...] | None = None) -> Array:
    """Without dimensions of size 1: all of them, or those of `dim` that have it."""
    dims = (
        range(x.ndim) if dim is None else [axis_of("squeeze", x, d) for d in ((dim,) if isinstance(dim, int) else dim)]
    )
    return reshape(x, tuple(n for i, n in enumerate(x.shape) if not (i in dims and n == 1)))


def unsqueeze(x: Array, dim: int) -> Array:
    """With a new dimension of size 1 at `dim`."""
    axis = axis_of("unsqueeze", x, dim, extra=1)
    return reshape(x, (*x.shape[:axis], 1, *x.shape[axis:]))


# --- transpose ------------------------------------------------------------------------------------------------------


@primitive(view=True)
def _permute(x, axes):
    return x.transpose(axes)


@_permute.gradient("x")
def _(g, axes):
    return _permute(g, tuple(axes.index(i) for i in range(len(axes))))


def permute(x: Array, *dims: Any) -> Array:
    """The dimensions in the order `dims`."""
    dims = size_of(dims)
    if sorted(d % max(x.ndim, 1) for d in dims) != list(range(x.ndim)):
        raise ShapeError(f"permute: {dims} is no order of the {x.ndim} dimensions of {tuple(x.shape)}")
    return _permute(x, tuple(d % x.ndim for d in dims))


def transpose(x: Array, dim0: int, dim1: int) -> Array:
    """With two dimensions exchanged."""
    axes = list(range(x.ndim))
    i, j = axis_of("transpose", x, dim0), axis_of("transpose", x, dim1)
    if axes:
        axes[i], axes[j] = axes[j], axes[i]
    return _permute(x, tuple(axes))


def t(x: Array) -> Array:
    """The transpose of a matrix; a vector as it is."""
    if x.ndim > 2:
        raise ShapeError(f"t: got shape {tuple(x.shape)}, needs at most 2 dimensions; use transpose(dim0, dim1) or .mT")
    return _permute(x, tuple(reversed(range(x.ndim))))


def matrix_transpose(x: Array) -> Array:
    """The last two dimensions exchanged."""
    if x.ndim < 2:
        raise ShapeError(f"mT: got shape {tuple(x.shape)}, needs at least 2 dimensions")
    return _permute(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


# --- expand ---------------------------------------------------------------------------------------------------------


@primitive(view=True)
def broadcast(x, shape):
    """x repeated to `shape` without copying."""
    return np.broadcast_to(x, shape)


@broadcast.gradient("x")
def _(g):
    return g  # the engine sums over the new dimensions


def expand(x: Array, *shape: Any) -> Array:
    """Repeated, without copying, along dimensions of size 1 and new leading ones; -1 leaves a size as it is."""
    shape = size_of(shape)
    lead = len(shape) - x.ndim
    shape = tuple(x.shape[i - lead] if n == -1 and i >= lead else n for i, n in enumerate(shape))
    if lead < 0 or any(m not in (1, n) for m, n in zip(x.shape, shape[lead:], strict=True)):
        raise ShapeError(f"expand: {tuple(x.shape)} cannot be repeated to {shape}; sizes must be equal or 1")
    return broadcast(x, shape)


# --- layout ---------------------------------------------------------------------------------------------------------


def contiguous(x: Array) -> Array:
    """x itself if its elements lie in order in memory, else a copy that does."""
    array = array_of(x)
    return x if array.flags.c_contiguous else ordered_copy(x)


@primitive
def ordered_copy(x):
    return x.copy(order="C")


@ordered_copy.gradient
def _(g):
    return g


# --- join and split -------------------------------------------------------------------------------------------------


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
    if len({part.dtype for part in parts}) > 1:
        dtype = parts[0].dtype
        for part in parts[1:]:
            dtype = np.result_type(*(p.dtype for p in aligned(np.empty(1, dtype), np.empty(1, part.dtype))))
        parts = [part.astype(dtype) for part in parts]
    return parts


def cat(tensors: Sequence[Array], dim: int = 0) -> Array:
    """Joined along an existing dimension."""
    parts = _promoted("cat", tensors)
    axis = axis_of("cat", parts[0], dim)
    first = parts[0].shape
    for part in parts[1:]:
        if part.ndim != len(first) or any(
            m != n for i, (m, n) in enumerate(zip(part.shape, first, strict=True)) if i != axis
        ):
            raise ShapeError(f"cat: {tuple(first)} and {tuple(part.shape)} differ outside dim {dim}")
    return _concatenate(axis, *parts)


def stack(tensors: Sequence[Array], dim: int = 0) -> Array:
    """Joined along a new dimension."""
    parts = _promoted("stack", tensors)
    for part in parts[1:]:
        if part.shape != parts[0].shape:
            raise ShapeError(f"stack: {tuple(parts[0].shape)} and {tuple(part.shape)} differ; all must be equal")
    axis = axis_of("stack", parts[0], dim, extra=1)
    return _concatenate(axis, *[unsqueeze(part, axis) for part in parts])


def narrow(x: Array, dim: int, start: int, length: int) -> Array:
    """`length` elements from `start` along `dim`."""
    axis = axis_of("narrow", x, dim)
    return x[(slice(None),) * axis + (slice(start, start + length),)]


def split(x: Array, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Array, ...]:
    """Pieces along `dim`: of one size (the last may be smaller), or of the given sizes."""
    axis = axis_of("split", x, dim)
    total = x.shape[axis]
    if isinstance(split_size_or_sections, int):
        step = split_size_or_sections
        if step <= 0:
            raise ArgumentError(f"split: size {step}; needs at least 1")
        sizes = [min(step, total - start) for start in range(0, total, step)] or [0]
    else:
        sizes = list(split_size_or_sections)
        if sum(sizes) != total:
            raise ShapeError(f"split: sizes {sizes} sum to {sum(sizes)}, dim {dim} of {tuple(x.shape)} has {total}")
    starts = np.cumsum([0, *sizes]).tolist()
    return tuple(narrow(x, axis, start, size) for start, size in zip(starts, sizes, strict=False))


def chunk(x: Array, chunks: int, dim: int = 0) -> tuple[Array, ...]:
    """At most `chunks` pieces of equal size along `dim`, the last one smaller where it does not divide."""
    if chunks <= 0:
        raise ArgumentError(f"chunk: got {chunks} chunks; needs at least 1")
    return split(x, max(-(-x.shape[axis_of("chunk", x, dim)] // chunks), 1), dim)


def unbind(x: Array, dim: int = 0) -> tuple[Array, ...]:
    """The slices along `dim`, without it."""
    axis = axis_of("unbind", x, dim)
    return tuple(x[(slice(None),) * axis + (i,)] for i in range(x.shape[axis]))


@primitive
def flip(x, dims):
    """The order reversed along `dims`."""
    return np.flip(x, dims).copy()


@flip.gradient("x")
def _(g, dims):
    return flip(g, dims)
