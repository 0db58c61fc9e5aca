"""What PyTorch compiles, and what it captures into its graphs: here it runs as it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import DtypeError


def compile(
    model: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: Any = "inductor",
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    disable: bool = False,
) -> Any:
    """The function or module itself, also as a decorator: there is nothing to compile, its kernels already are."""
    if model is None:
        return lambda model: compile(model)
    if not callable(model):
        raise DtypeError(f"compile: got {type(model).__name__}; needs a function or a module")
    return model


def cond(
    pred: Any, true_fn: Callable[..., Any], false_fn: Callable[..., Any], operands: tuple[Any, ...] | list[Any] = ()
) -> Any:
    """`true_fn(*operands)` if pred, a boolean or a tensor of one, else `false_fn(*operands)`."""
    if not isinstance(operands, (tuple, list)):
        raise DtypeError(f"cond: operands is {type(operands).__name__}; needs a tuple of tensors")
    return (true_fn if bool(pred) else false_fn)(*operands)
