"""Layers that resize images."""

from __future__ import annotations

from typing import Any

from . import functional as F
from .module import Module

Scale = float | tuple[float, ...]


class Upsample(Module):
    """(N, C, ...) resized to `size` or by `scale_factor`; arguments as `functional.interpolate`'s."""

    def __init__(
        self,
        size: int | tuple[int, ...] | None = None,
        scale_factor: Scale | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.size = size
        self.scale_factor = scale_factor if scale_factor is None else _as_float(scale_factor)
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Any) -> Any:
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        name = "size" if self.scale_factor is None else "scale_factor"
        return f"{name}={getattr(self, name)!r}, mode={self.mode!r}"


def _as_float(scale: Scale) -> Scale:
    return tuple(float(part) for part in scale) if isinstance(scale, tuple) else float(scale)


class UpsamplingNearest2d(Upsample):
    """(N, C, H, W) resized, each place with its nearest neighbour's value."""

    def __init__(self, size: int | tuple[int, int] | None = None, scale_factor: Scale | None = None) -> None:
        super().__init__(size, scale_factor, "nearest")


class UpsamplingBilinear2d(Upsample):
    """(N, C, H, W) resized by bilinear interpolation with aligned corners."""

    def __init__(self, size: int | tuple[int, int] | None = None, scale_factor: Scale | None = None) -> None:
        super().__init__(size, scale_factor, "bilinear", align_corners=True)
