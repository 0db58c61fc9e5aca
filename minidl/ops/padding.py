"""Padding in all of PyTorch's modes.

Widths are given from the last dimension backwards: (left, right, top, bottom, front, back, ...); negative ones cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import primitive
from ..errors import ArgumentError, DtypeError, ShapeError
from .indexing import getitem
from .promotion import Array, check_tensors

MODES = ("constant", "reflect", "replicate", "circular")


@primitive
def _framed(x, shape, inside, value):
    """x in the middle of an array of `shape` that holds `value` elsewhere."""
    framed = np.full(shape, value, x.dtype)
    framed[inside] = x
    return framed


@_framed.gradient("x")
def _(g, inside):
    return getitem(g, inside)


def pad(input: Array, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Array:
    """The input with `pad` elements more at the ends of its last dimensions.

    constant     the added elements are `value`, zero if left out
    reflect      mirrored at the outermost element, which is not repeated: c b | a b c | b a
    replicate    the outermost element repeated: a a | a b c | c c
    circular     from the other end: b c | a b c | a b
    The last three pad the last 1, 2 or 3 dimensions, behind channels and an optional batch.
    """
    widths = _widths("pad", input, pad)
    if mode not in MODES:
        raise ArgumentError(f"pad: mode {mode!r}; needs one of {', '.join(MODES)}")
    if mode == "constant":
        return _constant("pad", input, widths, 0.0 if value is None else value)
    if value is not None and value != 0:
        raise ArgumentError(f"pad: value {value} with mode {mode!r}; only mode 'constant' takes a value")
    count = len(widths) // 2
    if count not in (1, 2, 3) or input.ndim - count not in (1, 2):
        raise ShapeError(
            f"pad: mode {mode!r} with widths {widths} for shape {tuple(input.shape)}; it pads the last 1, 2 or 3 "
            "dimensions, behind channels and an optional batch"
        )
    if 0 in input.shape[-count - 1 :] and mode != "circular":
        raise ShapeError(f"pad: mode {mode!r} for shape {tuple(input.shape)}; only the batch may be empty")
    for i in range(count):
        axis = input.ndim - 1 - i
        low, high = widths[2 * i : 2 * i + 2]
        if low or high:
            if input.shape[axis] + low + high < 0:
                raise ShapeError(f"pad: widths {widths} cut more off than dim {axis} of {tuple(input.shape)} has")
            index = _SOURCES[mode](input.shape, axis, low, high)
            input = getitem(input, (slice(None),) * axis + (index,))
    return input


def constant_pad_nd(input: Array, pad: Sequence[int], value: float = 0.0) -> Array:
    """The input with `value` around it: `pad(input, pad, "constant", value)`."""
    return _constant("constant_pad_nd", input, _widths("constant_pad_nd", input, pad), value)


def _widths(name: str, input: Array, pad: Sequence[int]) -> tuple[int, ...]:
    check_tensors(name, input)
    if not isinstance(pad, (tuple, list)) or not all(isinstance(n, (int, np.integer)) for n in pad):
        raise ArgumentError(f"{name}: widths {pad!r}; needs a list of whole numbers")
    if len(pad) % 2 or len(pad) > 2 * input.ndim:
        raise ShapeError(
            f"{name}: widths {tuple(pad)} for shape {tuple(input.shape)}; needs a pair for each last dimension"
        )
    return tuple(int(n) for n in pad)


def _constant(name: str, input: Array, pad: tuple[int, ...], value: float) -> Array:
    if not isinstance(value, (int, float, np.number)):
        raise DtypeError(f"{name}: value {value!r}; needs a number")
    if input.dtype.kind in "iu":
        limits = np.iinfo(input.dtype)
        if not limits.min <= value <= limits.max:
            raise ArgumentError(f"{name}: value {value} does not fit into {input.dtype}")
    shape, inside, cut = list(input.shape), [slice(None)] * input.ndim, [slice(None)] * input.ndim
    for i in range(len(pad) // 2):
        axis = input.ndim - 1 - i
        low, high = pad[2 * i], pad[2 * i + 1]
        size = input.shape[axis]
        shape[axis] = size + low + high
        if shape[axis] < 0:
            raise ShapeError(f"{name}: widths {pad} cut more off than shape {tuple(input.shape)} has")
        cut[axis] = slice(max(-low, 0), size - max(-high, 0))
        inside[axis] = slice(max(low, 0), shape[axis] - max(high, 0))
    return _framed(getitem(input, tuple(cut)), tuple(shape), tuple(inside), value)


# --- where each element of the padded dimension comes from ----------------------------------------------------------


def _reflected(shape: tuple[int, ...], axis: int, low: int, high: int) -> np.ndarray:
    size = shape[axis]
    if max(low, high) >= size:
        raise ShapeError(f"pad: reflecting {low} and {high} elements needs more than that, dim {axis} has {size}")
    places = np.abs(np.arange(-low, size + high))
    return np.where(places >= size, 2 * (size - 1) - places, places)


def _replicated(shape: tuple[int, ...], axis: int, low: int, high: int) -> np.ndarray:
    size = shape[axis]
    if not size:
        raise ShapeError(f"pad: dim {axis} of shape {tuple(shape)} has no element to repeat")
    return np.clip(np.arange(-low, size + high), 0, size - 1)


def _wrapped(shape: tuple[int, ...], axis: int, low: int, high: int) -> np.ndarray:
    size = shape[axis]
    if max(low, high) > size:
        raise ShapeError(f"pad: wrapping {low} and {high} elements around needs as many, dim {axis} has {size}")
    start, end = max(-low, 0), size - max(-high, 0)  # what is cut off is not wrapped around
    return start + np.arange(-max(low, 0), end - start + max(high, 0)) % (end - start)


_SOURCES: dict[str, Any] = {"reflect": _reflected, "replicate": _replicated, "circular": _wrapped}
