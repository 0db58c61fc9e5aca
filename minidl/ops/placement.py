"""The words of functions that make tensors which say where: `out`, `layout`, `memory_format` and `pin_memory`.

They are taken where such functions are exported, so that each need not know them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from ..autograd.out import written_into
from ..errors import DeviceError
from ..layouts import check_layout, preserve_format
from .memory import contiguous


def placing(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that makes a tensor, which understands besides where it is to be.

    out              a tensor to write into, whose dtype the values then have
    layout           strided, the only one
    memory_format    the order of dimensions in memory
    pin_memory       False
    """
    name = function.__name__

    @functools.wraps(function)
    def make(*args: Any, **named: Any) -> Any:
        if not named:
            return function(*args)
        check_layout(name, named.pop("layout", None))
        if named.pop("pin_memory", False):
            raise DeviceError(f"{name}: pin_memory=True, and there is no GPU to copy to; leave it out")
        out, memory_format = named.pop("out", None), named.pop("memory_format", None)
        if out is not None and named.get("dtype") is None:
            named["dtype"] = out.dtype
        made = function(*args, **named)
        if memory_format is not None and memory_format is not preserve_format:
            requires_grad = made.requires_grad
            made = contiguous(made.detach(), memory_format).requires_grad_(requires_grad)
        return made if out is None else written_into(name, made, out)

    return make


def let_place(namespace: dict[str, Any], names: Iterable[str]) -> None:
    """Let the functions of these names in a namespace take the words."""
    for name in names:
        namespace[name] = placing(namespace[name])
