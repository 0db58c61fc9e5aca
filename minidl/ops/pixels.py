"""Moving values between channels and pixels."""

from __future__ import annotations

from .. import kernels
from ..autograd import primitive
from ..errors import ArgumentError, ShapeError
from .conv import sizes_of
from .promotion import Array, array_of, check_tensors
from .shape import permute, reshape


@primitive
def _shuffled(x, r):
    return kernels.of(x).pixel_shuffle(x, r)


@_shuffled.gradient("x")
def _(g, r):
    return _unshuffled(g, r)


@primitive
def _unshuffled(x, r):
    return kernels.of(x).pixel_unshuffle(x, r)


@_unshuffled.gradient("x")
def _(g, r):
    return _shuffled(g, r)


def _lies_channels_last(x: Array) -> bool:
    """Images of which the plain form, which a reader finds below, would leave the channels first in memory."""
    return x.ndim == 4 and not array_of(x).flags.c_contiguous


def pixel_shuffle(input: Array, upscale_factor: int) -> Array:
    """(..., C r^2, H, W) -> (..., C, H r, W r): r^2 channels become a block of pixels (Shi et al. 2016)."""
    check_tensors("pixel_shuffle", input)
    (r,) = sizes_of("pixel_shuffle: upscale_factor", upscale_factor, 1, 1)
    if input.ndim < 3 or input.shape[-3] % r**2:
        raise ShapeError(
            f"pixel_shuffle: shape {tuple(input.shape)} by {r}; needs 3 or more dimensions, channels that r^2 divides"
        )
    if _lies_channels_last(input):
        return _shuffled(input, r)
    *lead, channels, height, width = input.shape
    n = len(lead)
    blocks = reshape(input, (*lead, channels // r**2, r, r, height, width))
    ordered = permute(blocks, (*range(n + 1), n + 3, n + 1, n + 4, n + 2))
    return reshape(ordered, (*lead, channels // r**2, height * r, width * r))


def pixel_unshuffle(input: Array, downscale_factor: int) -> Array:
    """(..., C, H r, W r) -> (..., C r^2, H, W): the inverse of `pixel_shuffle`."""
    check_tensors("pixel_unshuffle", input)
    (r,) = sizes_of("pixel_unshuffle: downscale_factor", downscale_factor, 1, 1)
    if input.ndim < 3 or input.shape[-1] % r or input.shape[-2] % r:
        raise ShapeError(
            f"pixel_unshuffle: shape {tuple(input.shape)} by {r}; needs 3 or more dimensions, sizes that r divides"
        )
    if _lies_channels_last(input):
        return _unshuffled(input, r)
    *lead, channels, height, width = input.shape
    n = len(lead)
    blocks = reshape(input, (*lead, channels, height // r, r, width // r, r))
    ordered = permute(blocks, (*range(n + 1), n + 2, n + 4, n + 1, n + 3))
    return reshape(ordered, (*lead, channels * r**2, height // r, width // r))


def channel_shuffle(input: Array, groups: int) -> Array:
    """(N, C, ...): the channels of `groups` groups dealt out in turn (Zhang et al. 2018)."""
    check_tensors("channel_shuffle", input)
    sizes_of("channel_shuffle: groups", groups, 1, 1)
    if input.ndim < 3:
        raise ShapeError(f"channel_shuffle: shape {tuple(input.shape)}; needs batch, channels and more")
    if input.shape[1] % groups:
        raise ArgumentError(f"channel_shuffle: {groups} groups of {input.shape[1]} channels; it must divide them")
    batch, channels, *rest = input.shape
    dealt = reshape(input, (batch, groups, channels // groups, *rest))
    return reshape(permute(dealt, (0, 2, 1, *range(3, dealt.ndim))), tuple(input.shape))


native_channel_shuffle = channel_shuffle
