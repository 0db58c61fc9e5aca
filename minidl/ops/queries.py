"""What a value is: whether a tensor, of which kind, of how many elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import dtypes
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


def get_device(input: Array) -> int:
    """The number of the GPU that the tensor is on; -1 stands for the CPU."""
    check_tensors("get_device", input)
    return -1


def _never(name: str, meaning: str) -> Callable[[Array], bool]:
    def ask(input: Array) -> bool:
        check_tensors(name, input)
        return False

    ask.__name__ = ask.__qualname__ = name
    ask.__doc__ = f"Whether {meaning}: never, here."
    return ask


is_conj = _never("is_conj", "the elements still have to be conjugated")
is_neg = _never("is_neg", "the elements still have to be negated")
is_inference = _never("is_inference", "the tensor can have no gradient for having been made in inference_mode")
is_distributed = _never("is_distributed", "the tensor is spread over machines")


def typename(obj: Any) -> str:
    """The name of the class of an object, with its module; of a tensor that of its dtype: "minidl.FloatTensor"."""
    if isinstance(obj, Variable):
        return type_of_tensor(obj.array.dtype)
    cls = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(cls, "__module__", None)
    return cls.__qualname__ if module in (None, "builtins") else f"{module}.{cls.__qualname__}"


def type_of_tensor(dtype: Any) -> str:
    """The name of the old class of tensors of a dtype."""
    return f"minidl.{dtypes.old_name(dtype)}"
