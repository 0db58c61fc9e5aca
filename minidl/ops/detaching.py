"""Leaving the graph: the same values, of which no gradient comes."""

from __future__ import annotations

from typing import Any

from ..autograd.calling import wrap
from ..autograd.graph import Variable, refresh
from ..errors import GraphError
from .promotion import check_tensors


def detach(input: Variable) -> Any:
    """The same memory, outside the graph."""
    check_tensors("detach", input)
    detached = wrap(input.array)
    detached.version = input.version
    return detached


def detach_(input: Variable) -> Any:
    """The tensor itself, taken out of the graph: from now on a leaf without a gradient."""
    check_tensors("detach_", input)
    if input._view is not None:
        raise GraphError("detach_: a view cannot leave the graph without what it looks into; use detach()")
    refresh(input)
    input.node = None
    input._requires_grad = False
    return input


def detach_copy(input: Variable) -> Any:
    """As `detach`, in memory of its own."""
    check_tensors("detach_copy", input)
    return wrap(input.array.copy(order="K"))
