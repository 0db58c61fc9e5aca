"""Padding in all of PyTorch's modes.

Widths are given from the last dimension backwards: (left, right, top, bottom, front, back, ...); negative ones cut off.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..errors import ArgumentError, DtypeError, ShapeError
from .promotion import Array, check_tensors

MODES = ("constant", "reflect", "replicate", "circular")


Widths = tuple[tuple[int, int], ...]
"""How much is added before and behind each of the last dimensions."""


@primitive
def _framed(x, widths, value):
    return kernels.of(x).padded(x, "constant", widths, value)


@_framed.gradient("x")
def _(g, widths):
    """What was added is cut off, and where x was cut zeros are put."""
    return _framed(g, tuple((-low, -high) for low, high in widths), 0)


@primitive
def _extended(x, mode, widths):
    return kernels.of(x).padded(x, mode, widths, 0)


@_extended.gradient("x")
def _(g, x_shape, mode, widths):
    return _added_back(g, x_shape[-len(widths) :], mode, widths)


@primitive
def _added_back(g, plane, mode, widths):
    """Each element's gradients from all places to which padding has copied it."""
    return kernels.of(g).padding_gradient(g, plane, mode, widths)


@_added_back.gradient("g")
def _(gg, mode, widths):
    return _extended(gg, mode, widths)


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
        _check_reach(input.shape, input.ndim - 1 - i, mode, widths, *widths[2 * i : 2 * i + 2])
    return _extended(input, mode, _pairs(widths))


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
    for i in range(len(pad) // 2):
        if input.shape[-1 - i] + pad[2 * i] + pad[2 * i + 1] < 0:
            raise ShapeError(f"{name}: widths {pad} cut more off than shape {tuple(input.shape)} has")
    return _framed(input, _pairs(pad), value)


def _pairs(widths: tuple[int, ...]) -> Widths:
    """In the order of the dimensions."""
    return tuple(zip(widths[-2::-2], widths[::-2], strict=True))


def _check_reach(shape: tuple[int, ...], axis: int, mode: str, widths: tuple[int, ...], low: int, high: int) -> None:
    """Raise unless a dimension has what is to be put around it, and what is to be cut off."""
    size = shape[axis]
    if not low and not high:
        return
    if size + low + high < 0:
        raise ShapeError(f"pad: widths {widths} cut more off than dim {axis} of {tuple(shape)} has")
    if mode == "reflect" and max(low, high) >= size:
        raise ShapeError(f"pad: reflecting {low} and {high} elements needs more than that, dim {axis} has {size}")
    if mode == "replicate" and not size:
        raise ShapeError(f"pad: dim {axis} of shape {tuple(shape)} has no element to repeat")
    if mode == "circular" and (max(low, high) > size or (size + min(low, 0) + min(high, 0) < 1 and max(low, high) > 0)):
        raise ShapeError(f"pad: wrapping {low} and {high} elements around needs as many, dim {axis} has {size}")
