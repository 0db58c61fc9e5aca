"""What a value is: whether a tensor, of which kind, of how many elements."""

from __future__ import annotations

from typing import Any

from ..autograd.graph import Variable
from .promotion import Array, check_tensors


def is_tensor(obj: Any) -> bool:
    """Whether it is a tensor."""
    return isinstance(obj, Variable)


def is_floating_point(input: Array) -> bool:
    """Whether the elements are floats."""
    check_tensors("is_floating_point", input)
    return input.dtype.kind == "f"


def is_complex(input: Array) -> bool:
    """Whether the elements are complex numbers: never, here."""
    check_tensors("is_complex", input)
    return False


def is_signed(input: Array) -> bool:
    """Whether the elements may be negative."""
    check_tensors("is_signed", input)
    return input.dtype.kind in "if"


def is_same_size(input: Array, other: Array) -> bool:
    """Whether both have one shape."""
    check_tensors("is_same_size", input, other)
    return tuple(input.shape) == tuple(other.shape)


def numel(input: Array) -> int:
    """The number of elements."""
    check_tensors("numel", input)
    count = 1
    for n in input.shape:
        count *= n
    return count
