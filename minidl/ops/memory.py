"""The memory of a tensor: copies in an order of dimensions, its size, another shape in it, sharing it."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np

from .. import layouts
from ..autograd.graph import Variable, refresh
from ..errors import ArgumentError, GraphError, ShapeError
from . import elementwise, shape
from .promotion import Array, array_of, check_tensors
from .storage import as_strided_, owner_of
from .words import size_of

# --- memory formats --------------------------------------------------------------------------------------------------


def clone(input: Array, *, memory_format: Any = None) -> Array:
    """A copy in memory of its own, of the same layout or in a memory format."""
    if memory_format is None or memory_format is layouts.preserve_format:
        return elementwise.clone(input)
    order = layouts.order_of("clone", memory_format, input.ndim)
    return shape.ordered_copy(input) if order is None else _copy_in(input, order)


def contiguous(input: Array, memory_format: Any = None) -> Array:
    """The tensor itself if its elements lie in the order of the memory format, else a copy that does."""
    if memory_format is None or memory_format is layouts.contiguous_format:
        return shape.contiguous(input)
    order = layouts.order_of("contiguous", memory_format, input.ndim)
    if order is None:
        raise ArgumentError("contiguous: preserve_format says no order; use contiguous_format or channels_last")
    return input if lies_in(array_of(input), order) else _copy_in(input, order)


def is_contiguous(input: Array, memory_format: Any = None) -> bool:
    """Whether the elements lie in memory in order, or in that of a memory format."""
    array = array_of(input)
    if memory_format is None or getattr(memory_format, "order", None) is None or array.ndim != len(memory_format.order):
        return array.flags.c_contiguous
    return lies_in(array, memory_format.order)


def lies_in(array: Any, order: tuple[int, ...]) -> bool:
    """Whether the dimensions lie in memory in this order, outermost first, without gaps."""
    return array.transpose(order).flags.c_contiguous


def _copy_in(x: Array, order: tuple[int, ...]) -> Array:
    back = tuple(order.index(i) for i in range(len(order)))
    return shape.permute(shape.ordered_copy(shape.permute(x, order)), back)


def dim_order(input: Array) -> tuple[int, ...]:
    """The dimensions in the order in which they lie in memory, outermost first."""
    strides = array_of(input).strides
    return tuple(sorted(range(len(strides)), key=lambda i: -strides[i]))


# --- storage ---------------------------------------------------------------------------------------------------------


class UntypedStorage:
    """The memory that a tensor, or the one that it looks into, has: its bytes."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def data_ptr(self) -> int:
        """The address of the first byte."""
        return np.lib.array_utils.byte_bounds(self._array)[0]

    def nbytes(self) -> int:
        """The number of bytes."""
        low, high = np.lib.array_utils.byte_bounds(self._array)
        return int(high - low) if self._array.size else 0

    def size(self) -> int:
        """The number of bytes."""
        return self.nbytes()

    def __len__(self) -> int:
        return self.size()

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, UntypedStorage) and self.data_ptr() == other.data_ptr()

    def __hash__(self) -> int:
        return hash(self.data_ptr())


class TypedStorage(UntypedStorage):
    """The same, counted in elements."""

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the elements."""
        return self._array.dtype

    def size(self) -> int:
        """The number of elements."""
        return self.nbytes() // self._array.itemsize

    def element_size(self) -> int:
        """The bytes of one element."""
        return self._array.itemsize

    def untyped(self) -> UntypedStorage:
        """The same memory, counted in bytes."""
        return UntypedStorage(self._array)


def untyped_storage(input: Variable) -> UntypedStorage:
    """The memory of the tensor, or of the one that it is a view of."""
    return UntypedStorage(array_of(owner_of(input)))


def storage(input: Variable) -> TypedStorage:
    """The same, counted in elements."""
    return TypedStorage(array_of(owner_of(input)))


def is_storage(obj: Any) -> bool:
    """Whether it is what `storage` or `untyped_storage` gives."""
    return isinstance(obj, UntypedStorage)


def is_set_to(self: Variable, tensor: Variable) -> bool:
    """Whether both see the same elements of the same memory."""
    check_tensors("is_set_to", tensor)
    a, b = self.array, tensor.array
    places = [x.__array_interface__["data"][0] for x in (a, b)]
    return places[0] == places[1] and a.shape == b.shape and a.strides == b.strides and a.dtype == b.dtype


# --- another size in the same memory ---------------------------------------------------------------------------------


def resize_(self: Variable, *size: Any, memory_format: Any = None) -> Any:
    """Another size, whose elements are the first of the memory that the tensor has.

    Raises ShapeError for more elements than that: memory does not grow, except that of a tensor of none.
    """
    sizes = size_of(size, "resize_")
    refresh(self)
    if self._requires_grad:
        raise GraphError("resize_: the tensor requires a gradient; use detach(), or reshape()")
    if min(sizes, default=0) < 0:
        raise ShapeError(f"resize_: {sizes} has a negative size")
    layouts.order_of("resize_", memory_format, len(sizes))
    needed = int(np.prod(sizes, dtype=np.int64))
    if not self.array.size and self._view is None:
        self.array = np.empty(sizes, self.array.dtype)
        return self
    strides = [int(np.prod(sizes[i + 1 :], dtype=np.int64)) for i in range(len(sizes))]
    try:
        return as_strided_(self, sizes, strides)
    except ShapeError:
        raise ShapeError(
            f"resize_: {sizes} has {needed} elements, more than the memory of the tensor {self.array.shape}; "
            "make a new tensor, or use reshape()"
        ) from None


def resize_as_(self: Variable, the_template: Variable, *, memory_format: Any = None) -> Any:
    """`resize_` to the size of another tensor."""
    check_tensors("resize_as_", the_template)
    return resize_(self, *the_template.array.shape, memory_format=memory_format)


# --- sharing it ------------------------------------------------------------------------------------------------------


def share_memory_(self: Variable) -> Any:
    """Moved into memory that processes forked from this one share; views taken before stay behind.

    A tensor sent to another process by other means is copied.
    """
    if self._view is not None:
        raise GraphError("share_memory_: a view stays in the memory of another tensor; share that one, or clone() it")
    if not is_shared(self) and self.array.size:
        old = self.array
        self.array = np.frombuffer(mmap.mmap(-1, old.nbytes), old.dtype).reshape(old.shape)
        self.array[...] = old
    return self


def is_shared(self: Variable) -> bool:
    """Whether the memory is one that forked processes share."""
    base = self.array
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base.obj if isinstance(base, memoryview) else base, mmap.mmap)
