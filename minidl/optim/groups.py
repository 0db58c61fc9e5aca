"""What a parameter group holds: tensors, perhaps with names, and options."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
from ..tensor import Tensor


def named(optimizer: str, given: Any) -> dict[str, Any]:
    """{"params": tensors}, and their "param_names" where pairs (name, tensor) were given.

    Raises ArgumentError for a set, which has no order, and for pairs among tensors.
    """
    if isinstance(given, Tensor):
        return {"params": [given]}
    if isinstance(given, (set, frozenset)):
        raise ArgumentError(f"{optimizer}: a set of parameters has no order; give a list")
    tensors = list(given)
    pairs = [isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[0], str) for entry in tensors]
    if not any(pairs):
        return {"params": tensors}
    if not all(pairs):
        raise ArgumentError(f"{optimizer}: some parameters have names and some have not; name all or none")
    return {"params": [tensor for _, tensor in tensors], "param_names": [name for name, _ in tensors]}


def described(groups: list[dict[str, Any]]) -> str:
    """The options of every group, as PyTorch prints them."""
    lines = []
    for number, group in enumerate(groups):
        lines.append(f"\nParameter Group {number}")
        lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
    return "\n".join(lines)
