"""How elements lie in memory, by PyTorch's names: its layouts, of which here is one, and its memory formats."""

from __future__ import annotations

from typing import Any

from .errors import ArgumentError


class layout:  # noqa: N801 - PyTorch's name
    """A layout: `strided` is the only one here."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"minidl.{self.name}"


class memory_format:  # noqa: N801 - PyTorch's name
    """An order of dimensions in memory.

    order    the dimensions, outermost first; None if the format does not say
    """

    def __init__(self, name: str, order: tuple[int, ...] | None = None) -> None:
        self.name = name
        self.order = order

    def __repr__(self) -> str:
        return f"minidl.{self.name}"


strided = layout("strided")
contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last", (0, 2, 3, 1))
channels_last_3d = memory_format("channels_last_3d", (0, 2, 3, 4, 1))


def order_of(name: str, format: Any, ndim: int) -> tuple[int, ...] | None:
    """The order of dimensions that a format asks for, None for the usual one."""
    if format is None:
        return None
    if not isinstance(format, memory_format):
        raise ArgumentError(f"{name}: memory_format {format!r}; needs contiguous_format, channels_last or their like")
    if format.order is not None and len(format.order) != ndim:
        raise ArgumentError(f"{name}: {format} of {ndim} dimensions; needs {len(format.order)}")
    return format.order


def check_layout(name: str, asked: Any) -> None:
    """Raise unless it is `strided`, or nothing."""
    if asked is not None and asked is not strided:
        raise ArgumentError(f"{name}: layout {asked!r}; needs minidl.strided, the only one here")
