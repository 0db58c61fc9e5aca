"""How arrays lie in memory."""

from __future__ import annotations

import ctypes
import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

FEW_CHANNELS = 8
"""Channels up to which they are copied one after the other; all at once, NumPy's innermost loop is the one over them,
and takes four times as long for three."""

SIDE = 16
"""Channels, and pixels, from which they are turned in squares that lie in registers: 4 images of 64 channels at 64x64
take 0.27 milliseconds so instead of 3."""

TURNED_FROM = 1 << 19
"""Elements from which that pays: NumPy's copy of half as many takes 0.06 milliseconds longer, and the kernel once 0.35
seconds to compile."""


COPIED_FROM = 1 << 16
"""Elements from which copying them in threads pays, of arrays that both lie as their shapes say twice as many (measured
on 2 cores)."""


def _address_as_told(x: np.ndarray) -> int:
    """Where the first element is."""
    address: int = x.__array_interface__["data"][0]
    return address


def _address_in_head(x: np.ndarray) -> int:
    """The same, read from NumPy's public struct `PyArrayObject`, where it comes behind what every Python object has: in
    0.1 microseconds instead of 1.1."""
    return ctypes.c_ssize_t.from_address(id(x) + object.__basicsize__).value


_probe = np.arange(2)[1:]
address = _address_in_head if _address_in_head(_probe) == _address_as_told(_probe) else _address_as_told


def in_memory_order(x: np.ndarray) -> np.ndarray | None:
    """A flat view of a dense array, whatever the order of its dimensions in memory; None if it is not dense."""
    if x.flags.c_contiguous:
        return x.reshape(-1)
    ordered = x.transpose(sorted(range(x.ndim), key=lambda axis: -x.strides[axis]))
    return ordered.reshape(-1) if ordered.flags.c_contiguous else None


def dense(x: np.ndarray) -> np.ndarray:
    """x itself if it is dense, else a dense copy in the nearest order."""
    return x if in_memory_order(x) is not None else x.copy(order="K")


def flat(x: np.ndarray) -> np.ndarray:
    """The elements of an array known to be dense, in memory order, as a view."""
    elements = in_memory_order(x)
    assert elements is not None, f"an array of shape {x.shape} with strides {x.strides} is not dense"
    return elements


def window(x: np.ndarray) -> np.ndarray:
    """The memory from the first element of x to its last, strides being positive: flat, for kernels that count steps.

    It is of one type for the compiler, however x lies, so that a kernel is compiled once.
    """
    if x.flags.c_contiguous:  # reshaping takes 0.1 microseconds, to find the order 2, `as_strided` 4
        return x.reshape(-1)
    if x.flags.f_contiguous:
        return x.T.reshape(-1)
    elements = in_memory_order(x)
    if elements is not None:
        return elements
    span = sum((n - 1) * step for n, step in zip(x.shape, x.strides, strict=True)) // x.itemsize + 1 if x.size else 0
    return as_strided(x, (span,), (x.itemsize,))


def laid_out_like(x: np.ndarray, model: np.ndarray) -> np.ndarray:
    """x in the dtype and memory order of `model`, which has its shape; copied only if it must be."""
    if x.strides == model.strides and x.dtype == model.dtype:
        return x
    if x.dtype == model.dtype and _turned_in_squares(x):
        if model.flags.c_contiguous:
            return ordered_copy(x)
        if lies_channels_last(model):
            return channels_first(channels_last(x))
    copy = np.empty_like(model)
    copy_into(copy, x)
    return copy


def copied(x: np.ndarray) -> np.ndarray:
    """A copy in dense memory, whose dimensions lie in the order in which those of x do; of broadcast x as they come."""
    copy = np.empty(x.shape, x.dtype) if 0 in x.strides else np.empty_like(x)
    copy_into(copy, x)
    return copy


def copy_into(y: np.ndarray, x: np.ndarray) -> None:
    """y[...] = x, of one shape; they do not overlap."""
    plain = x.flags.c_contiguous and y.flags.c_contiguous
    if x.size < COPIED_FROM << plain:
        y[...] = x
    else:
        from . import copies

        copies.copy_in_threads(y, x)


def lies_channels_last(x: np.ndarray) -> bool:
    """Whether x (N, C, ...) lies in memory as a dense (N, ..., C)."""
    return x.ndim > 2 and x.transpose(_last(x.ndim)).flags.c_contiguous


def ordered_copy(x: np.ndarray) -> np.ndarray:
    """A copy that lies in the order of its dimensions; fast for images, and for matrices that are transposed."""
    if x.ndim == 2:
        return ordered_copy(x[None])[0]
    if lies_channels_last(x):
        if not _turned_in_squares(x):
            return x.copy(order="C")
        from . import planes

        return planes.planes_of(x)
    if x.ndim > 2:
        images = channels_first(x)
        if images.flags.c_contiguous and not x.flags.c_contiguous:
            return channels_last(images)
    copy = np.empty(x.shape, x.dtype)
    copy_into(copy, x)
    return copy


def _turned_in_squares(x: np.ndarray) -> bool:
    """Whether images (N, C, ...) are large enough to go from one order to the other by `planes.py`."""
    if x.ndim < 3 or x.size < TURNED_FROM or x.dtype.char not in "fd":
        return False
    return x.shape[1] >= SIDE and x.size >= SIDE * x.shape[0] * x.shape[1]


def channels_last(x: np.ndarray) -> np.ndarray:
    """(N, C, ...) as a dense (N, ..., C); free when x already lies so."""
    pixels = x.transpose(_last(x.ndim))
    if pixels.flags.c_contiguous:
        return pixels
    if x.flags.c_contiguous and _turned_in_squares(x):
        from . import planes

        return planes.pixels_of(x)
    if not 1 < x.shape[1] <= FEW_CHANNELS or not x.flags.c_contiguous:
        return np.ascontiguousarray(pixels)
    copy = np.empty(pixels.shape, x.dtype)
    for channel in range(x.shape[1]):
        copy[..., channel] = x[:, channel]
    return copy


def channels_first(x: np.ndarray) -> np.ndarray:
    """(N, ..., C) seen as (N, C, ...)."""
    return x.transpose(_first(x.ndim))


def empty_channels_last(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """A new array (N, C, ...) that lies channels-last, and is no view of another: a gradient that nobody else can hold
    is kept, or added to, where it is."""
    return np.empty_like(_pattern(len(shape)), dtype, shape=shape)


@lru_cache
def _pattern(dimensions: int) -> np.ndarray:
    return channels_first(np.empty((2,) * dimensions))


@lru_cache
def _last(dimensions: int) -> tuple[int, ...]:
    """The order that takes channels from the second place to the last."""
    return (0, *range(2, dimensions), 1)


@lru_cache
def _first(dimensions: int) -> tuple[int, ...]:
    """The order that takes them back."""
    return (0, dimensions - 1, *range(1, dimensions - 1))


def aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """A new dense array that begins at a multiple of 64 bytes; what it holds is arbitrary."""
    size = math.prod(shape) * dtype.itemsize
    memory = np.empty(size + 64, np.uint8)
    first = -memory.__array_interface__["data"][0] % 64
    return memory[first : first + size].view(dtype).reshape(shape)


class Kernels(NamedTuple):
    """The kernels of a convolution as they lie in a flat array; in what order, the steps say."""

    numbers: np.ndarray
    groups: int
    shape: tuple[int, int, int, int]
    """(K, C/groups, kh, kw)"""
    steps: tuple[int, int, int, int, int, int]
    """Where the first number is, and how far it is to the next group, kernel, channel, row and column."""


def kernels_of(weight: np.ndarray, groups: int = 1) -> Kernels:
    """A weight (K, C/groups, kh, kw) as it lies, dense; copied if it is not."""
    k, c, kh, kw = weight.shape
    steps = (0, k // groups * c * kh * kw, c * kh * kw, kh * kw, kw, 1)
    return Kernels(np.ascontiguousarray(weight).reshape(-1), groups, weight.shape, steps)
