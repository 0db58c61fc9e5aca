"""Where a tensor lies in memory: its storage, any view of that by strides, and shapes changed in place.

The storage is the memory of the tensor that a view was taken of, however many views lie between.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

import numpy as np

from ..autograd import primitive
from ..autograd.calling import wrap
from ..autograd.graph import Variable, refresh
from ..autograd.modes import enable_grad, state
from ..errors import GraphError, ShapeError
from .indexing import put_at
from .inplace import write_at
from .promotion import Array, array_of, check_tensors
from .shape import permute, reshape
from .words import whole_numbers

Arguments = ParamSpec("Arguments")


def owner_of(x: Array) -> Array:
    """The tensor whose memory x looks into; x itself if it is no view."""
    while getattr(x, "_view", None) is not None:
        x = x._view.source()
    return x


def offset_in_storage(x: Array) -> int:
    """How many elements of the storage come before the first."""
    array, memory = array_of(x), array_of(owner_of(x))
    behind = sum((n - 1) * step for n, step in zip(memory.shape, memory.strides, strict=True) if step < 0)
    first, start = (part.__array_interface__["data"][0] for part in (array, memory))
    return (first - start - behind) // array.itemsize


def _memory_order(array: np.ndarray) -> list[int] | None:
    """The dimensions in the order in which they lie in memory; None if there are gaps or overlaps."""
    axes = list(range(array.ndim))
    if array.flags.c_contiguous:
        return axes
    axes.sort(key=lambda i: -array.strides[i])
    return axes if array.transpose(axes).flags.c_contiguous else None


# --- views by strides -----------------------------------------------------------------------------------------------


@primitive(view=True)
def _strided(x, size, stride, offset):
    """Of the elements of x in order, number offset + i * stride[0] + j * stride[1] + ... at (i, j, ...)."""
    steps = tuple(n * x.itemsize for n in stride)
    writeable = x.flags.writeable and not _overlapping(size, stride)
    return np.lib.stride_tricks.as_strided(x.reshape(-1)[offset:], size, steps, writeable=writeable)


@_strided.gradient("x")
def _(g, x_shape, size, stride, offset):
    return reshape(put_at(g, (math.prod(x_shape),), _places(size, stride, offset)), x_shape)


def _overlapping(size: tuple[int, ...], stride: tuple[int, ...]) -> bool:
    """Whether two elements may share one place."""
    reach = 0
    for step, n in sorted(zip(stride, size, strict=True)):
        if n > 1 and step <= reach:
            return True
        reach += (n - 1) * step
    return False


def _places(size: tuple[int, ...], stride: tuple[int, ...], offset: int) -> np.ndarray:
    places = np.full(size, offset)
    for axis, (n, step) in enumerate(zip(size, stride, strict=True)):
        places += (np.arange(n) * step).reshape((-1,) + (1,) * (len(size) - 1 - axis))
    return places


def _geometry(
    name: str, input: Array, size: Any, stride: Any, offset: int | None
) -> tuple[tuple[int, ...], tuple[int, ...], int, int]:
    """Sizes, strides, the offset in the storage and how far they reach there, all as numbers that make sense."""
    check_tensors(name, input)
    sizes, strides = whole_numbers(name, "size", size), whole_numbers(name, "stride", stride)
    first = offset_in_storage(input) if offset is None else operator.index(offset)
    if len(sizes) != len(strides) or min((*sizes, *strides, first)) < 0:
        raise ShapeError(
            f"{name}: size {sizes}, stride {strides}, offset {first}; needs a stride for each size, nothing negative"
        )
    if not all(sizes):  # nothing is looked at, so it may lie anywhere
        first = offset_in_storage(input)
        return sizes, strides, first, first
    return sizes, strides, first, first + sum((n - 1) * step for n, step in zip(sizes, strides, strict=True)) + 1


def as_strided(input: Array, size: Any, stride: Any, storage_offset: int | None = None) -> Array:
    """A view of the storage: element (i, j, ...) is number storage_offset + i * stride[0] + j * stride[1] + ... there.

    storage_offset    by default the tensor's own

    Raises ShapeError outside the storage, GraphError where a gradient would have to pass through memory that is not
    the tensor's own.
    """
    sizes, strides, first, end = _geometry("as_strided", input, size, stride, storage_offset)
    own, order = offset_in_storage(input), _memory_order(array_of(input))
    if order is not None and own <= first and end <= own + array_of(input).size:
        return _strided(permute(input, order), sizes, strides, first - own)
    owner = owner_of(input)
    order = _memory_order(array_of(owner))
    if order is None or owner.dtype != input.dtype or end > array_of(owner).size:
        raise ShapeError(
            f"as_strided: size {sizes}, stride {strides}, offset {first} reach outside the {array_of(owner).size} "
            "elements of the storage, or it has gaps; use contiguous() first"
        )
    if state.recording and isinstance(owner, Variable) and owner._requires_grad:
        raise GraphError(
            "as_strided: no gradient follows into memory outside the tensor; contiguous() or detach() it first"
        )
    return _strided(permute(owner, order), sizes, strides, first)


def as_strided_scatter(input: Array, src: Array, size: Any, stride: Any, storage_offset: int | None = None) -> Array:
    """The input with src where `as_strided` looks; of several elements at one place, the last."""
    sizes, strides, first, end = _geometry("as_strided_scatter", input, size, stride, storage_offset)
    if sizes != tuple(src.shape):
        raise ShapeError(f"as_strided_scatter: src {tuple(src.shape)} for a part of shape {sizes}")
    own, order = offset_in_storage(input), _memory_order(array_of(input))
    if order is None or first < own or end > own + array_of(input).size:
        raise ShapeError(
            f"as_strided_scatter: size {sizes}, stride {strides}, offset {first} reach outside the "
            f"{array_of(input).size} elements of the input, or it has gaps in memory; use contiguous() first"
        )
    ordered = permute(input, order)
    written = write_at(reshape(ordered, (-1,)), src, _places(sizes, strides, first - own))
    return permute(reshape(written, tuple(ordered.shape)), [order.index(i) for i in range(len(order))])


# --- another shape in place -----------------------------------------------------------------------------------------


def reshaping(look: Callable[Concatenate[Any, Arguments], Any]) -> Callable[Concatenate[Any, Arguments], Any]:
    """The method that makes a tensor what a view of it is: `x.t_()` for `t(x)`.

    What the tensor was before stays behind it, unnamed; views that were taken of it look into that.
    """

    @functools.wraps(look)
    def change(target: Any, *args: Any, **named: Any) -> Any:
        refresh(target)
        _check_no_leaf(f"{look.__name__}_", target)
        before = wrap(target.array, target.node)
        before._requires_grad, before._view, before.version = target._requires_grad, target._view, target.version
        with enable_grad():
            after = look(before, *args, **named)
        target.array, target.node, target._view = after.array, after.node, after._view
        target.version[0] += 1
        return target

    change.__name__ = f"{look.__name__}_"
    return change


as_strided_ = reshaping(as_strided)


def _check_no_leaf(name: str, target: Variable) -> None:
    if target._requires_grad and target.node is None:
        raise GraphError(f"{name}: a leaf that requires a gradient keeps its shape; use detach(), or the plain form")
