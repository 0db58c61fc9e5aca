"""Padding layers: elements added, or with negative widths cut off, at the ends of the last 1, 2 or 3 dimensions."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
from . import functional as F
from .module import Module


class _Pad(Module):
    """padding: one width for all ends, or (left, right, top, bottom, front, back)."""

    dimensions: int
    mode: str

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__()
        ends = 2 * self.dimensions
        self.padding = tuple(padding) if isinstance(padding, (tuple, list)) else (padding,) * ends
        if len(self.padding) != ends or not all(isinstance(width, int) for width in self.padding):
            raise ArgumentError(f"{type(self).__name__}: padding {padding}; needs one whole number or {ends}")

    def forward(self, input: Any) -> Any:
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return str(self.padding)


class _ConstantPad(_Pad):
    mode = "constant"

    def __init__(self, padding: int | tuple[int, ...], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Any) -> Any:
        return F.pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """(..., L) with `value` on both sides."""

    dimensions = 1


class ConstantPad2d(_ConstantPad):
    """(..., H, W) with `value` around."""

    dimensions = 2


class ConstantPad3d(_ConstantPad):
    """(..., D, H, W) with `value` around."""

    dimensions = 3


class ZeroPad1d(_Pad):
    """(..., L) with zeros on both sides."""

    dimensions, mode = 1, "constant"


class ZeroPad2d(_Pad):
    """(..., H, W) with zeros around."""

    dimensions, mode = 2, "constant"


class ZeroPad3d(_Pad):
    """(..., D, H, W) with zeros around."""

    dimensions, mode = 3, "constant"


class ReflectionPad1d(_Pad):
    """(N, C, L) or (C, L) mirrored at its outermost elements, which are not repeated: c b | a b c | b a"""

    dimensions, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """(N, C, H, W) or (C, H, W) mirrored at its outermost elements, which are not repeated."""

    dimensions, mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """(N, C, D, H, W) or (C, D, H, W) mirrored at its outermost elements, which are not repeated."""

    dimensions, mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """(N, C, L) or (C, L) with its outermost elements repeated: a a | a b c | c c"""

    dimensions, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """(N, C, H, W) or (C, H, W) with its outermost elements repeated."""

    dimensions, mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """(N, C, D, H, W) or (C, D, H, W) with its outermost elements repeated."""

    dimensions, mode = 3, "replicate"


class CircularPad1d(_Pad):
    """(N, C, L) or (C, L) continued from its other end: b c | a b c | a b"""

    dimensions, mode = 1, "circular"


class CircularPad2d(_Pad):
    """(N, C, H, W) or (C, H, W) continued from its other ends."""

    dimensions, mode = 2, "circular"


class CircularPad3d(_Pad):
    """(N, C, D, H, W) or (C, D, H, W) continued from its other ends."""

    dimensions, mode = 3, "circular"
