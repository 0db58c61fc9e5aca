"""Layers that move values and compute nothing: Flatten, Unflatten, shuffles, Fold and Unfold."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
from ..ops.conv import Pair
from ..ops.shape import flatten, unflatten
from . import functional as F
from .layer import layer
from .module import Module


@layer
class Flatten(Module):
    """Dimensions start_dim to end_dim as one; by default all but the batch."""

    start_dim: int = 1
    end_dim: int = -1

    def forward(self, input: Any) -> Any:
        return flatten(input, self.start_dim, self.end_dim)


@layer
class Unflatten(Module):
    """The dimension `dim` as several, of the given sizes; one of them may be -1."""

    dim: int
    unflattened_size: tuple[int, ...]

    def __post_init__(self) -> None:
        sizes = self.unflattened_size
        if not isinstance(sizes, (tuple, list)) or not all(isinstance(size, int) for size in sizes):
            raise ArgumentError(f"Unflatten: unflattened_size {sizes!r}; needs a tuple of whole numbers")

    def forward(self, input: Any) -> Any:
        return unflatten(input, self.dim, self.unflattened_size)


@layer
class PixelShuffle(Module):
    """(..., C r^2, H, W) -> (..., C, H r, W r): r^2 channels become a block of pixels (Shi et al. 2016)."""

    upscale_factor: int

    def forward(self, input: Any) -> Any:
        return F.pixel_shuffle(input, self.upscale_factor)


@layer
class PixelUnshuffle(Module):
    """(..., C, H r, W r) -> (..., C r^2, H, W): the inverse of PixelShuffle."""

    downscale_factor: int

    def forward(self, input: Any) -> Any:
        return F.pixel_unshuffle(input, self.downscale_factor)


@layer
class ChannelShuffle(Module):
    """(N, C, ...): the channels of `groups` groups dealt out in turn (Zhang et al. 2018)."""

    groups: int

    def forward(self, input: Any) -> Any:
        return F.channel_shuffle(input, self.groups)


@layer
class Fold(Module):
    """(N, C kh kw, windows) -> (N, C, H, W) = output_size: windows added where they lay."""

    output_size: Pair
    kernel_size: Pair
    dilation: Pair = 1
    padding: Pair = 0
    stride: Pair = 1

    def forward(self, input: Any) -> Any:
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)


@layer
class Unfold(Module):
    """(N, C, H, W) -> (N, C kh kw, windows): each window as a column."""

    kernel_size: Pair
    dilation: Pair = 1
    padding: Pair = 0
    stride: Pair = 1

    def forward(self, input: Any) -> Any:
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)
