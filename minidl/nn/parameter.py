"""Parameter: a tensor that a module trains."""

from __future__ import annotations

from typing import Any

from ..autograd.calling import wrap
from ..tensor import Tensor


class Parameter(Tensor):
    """A leaf that requires a gradient; as an attribute of a Module it becomes one of its parameters.

    It shares the memory of `data`.
    """

    __slots__ = ()

    def __new__(cls, data: Any = (), requires_grad: bool = True) -> Any:
        source = data if isinstance(data, Tensor) else Tensor(data)
        made = wrap(source.array)
        made.__class__ = cls
        made.requires_grad_(requires_grad)
        return made

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
