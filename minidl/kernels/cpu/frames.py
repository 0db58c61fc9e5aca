"""Frames of volumes, brought to where a convolution over three dimensions meets them: as channels of images."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .layout import channels_first, channels_last

Walk = tuple[int, int, int, int, int]
"""How a kernel goes through the frames: its layers, the stride, the padding, the dilation, and how many places it has.
"""


def met_frames(x: np.ndarray, walk: Walk, groups: int) -> np.ndarray:
    """x (N, C, D, H, W) -> (N * count, layers * C, H, W): for each place of the kernel the frames that it meets, as
    channels, zeros in the padding; channels of a group stay together."""
    frames, (n, c, depth, h, w) = channels_last(x), x.shape
    layers, *_, count = walk
    images = np.empty((n, count, h, w, groups, layers, c // groups), x.dtype)
    for k, places, met in _meetings(walk, depth):
        images[:, : places.start, ..., k, :] = 0
        images[:, places.stop :, ..., k, :] = 0
        images[:, places, ..., k, :] = frames[:, met].reshape(n, places.stop - places.start, h, w, groups, c // groups)
    return channels_first(images.reshape(n * count, h, w, layers * c))


def met_frames_gradient(g: np.ndarray, shape: tuple[int, ...], walk: Walk, groups: int) -> np.ndarray:
    """The gradient g of `met_frames`, added up where frames were met more than once: (N, C, D, H, W)."""
    n, c, depth, h, w = shape
    layers, *_, count = walk
    images = channels_last(g).reshape(n, count, h, w, groups, layers, c // groups)
    frames = np.zeros((n, depth, h, w, c), g.dtype)
    for k, places, met in _meetings(walk, depth):
        frames[:, met] += images[:, places, ..., k, :].reshape(n, places.stop - places.start, h, w, c)
    return channels_first(frames)


def _meetings(walk: Walk, depth: int) -> Iterator[tuple[int, slice, slice]]:
    """For each of the kernel's layers the places at which it meets a frame, and these frames."""
    layers, step, padding, spread, count = walk
    for k in range(layers):
        before = padding - k * spread  # the frame met at place p is p * step - before
        first = min(max(-(-before // step), 0), count)
        last = max(min((depth - 1 + before) // step + 1, count), first)
        start = first * step - before
        yield k, slice(first, last), slice(start, start + max((last - first - 1) * step + 1, 0), step)
