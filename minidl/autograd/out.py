"""`out=`: a result written into a tensor that is there already.

Primitives take it by themselves (`calling.py`), and the reductions (`ops/words.py`); other functions of a namespace are
let take it where they are exported, by `let_take_out`.  No gradient follows such a write.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..dtypes import can_cast
from ..errors import ArgumentError, DtypeError, GraphError, ShapeError
from .graph import Variable, refresh
from .modes import state


def call_into(function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Call the function with all but `out`, and write what it returns into that, if it is not None."""
    out = named["out"]
    result = function(*args, **{name: value for name, value in named.items() if name != "out"})
    return result if out is None else written_into(function.__name__, result, out)


def written_into(name: str, result: Any, out: Any) -> Any:
    """The tensors of `out`, which hold now what `result` does."""
    if not isinstance(result, (tuple, list)):
        return _write(name, result, out)
    if not isinstance(out, (tuple, list)) or len(out) != len(result):
        raise ArgumentError(f"{name}: out is {type(out).__name__}; needs a tuple of {len(result)} tensors")
    tensors = [_write(name, part, place) for part, place in zip(result, out, strict=True)]
    return type(result)(*tensors) if hasattr(result, "_fields") else tuple(tensors)


def _write(name: str, result: Any, out: Any) -> Any:
    if not isinstance(out, Variable):
        raise DtypeError(f"{name}: out is {type(out).__name__}; needs a tensor")
    refresh(out)
    if state.recording and (out._requires_grad or getattr(result, "_requires_grad", False)):
        raise GraphError(f"{name}: no gradient follows into out=; use no_grad(), detach(), or leave out= away")
    value = getattr(result, "array", result)
    array = out.array
    if not can_cast(value.dtype, array.dtype):
        raise DtypeError(f"{name}: a result of {value.dtype} does not fit into out of {array.dtype}")
    if value.shape != array.shape and not array.size and out._view is None:
        out.array = np.array(value, array.dtype)  # PyTorch gives a tensor of no elements the size of the result
        out.version[0] += 1
        return out
    if value.shape != array.shape:
        raise ShapeError(f"{name}: a result of shape {value.shape} does not fit into out of shape {array.shape}")
    if not array.flags.writeable:
        raise GraphError(f"{name}: several elements of out share one place in memory (expand, unfold); clone() it")
    array[...] = value
    out.version[0] += 1
    return out


def taking_out(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which takes `out=` besides."""

    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        return call_into(function, args, named) if "out" in named else function(*args, **named)

    return call


def let_take_out(namespace: dict[str, Any], names: Iterable[str]) -> None:
    """Let the functions of these names in a namespace take `out=`, as far as they do not yet."""
    for name in names:
        function = namespace[name]
        if not hasattr(function, "primitive") and not hasattr(function, "takes_out"):
            namespace[name] = taking_out(function)
