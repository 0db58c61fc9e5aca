"""Operators that put elements elsewhere, or repeat them: flip, roll, rot90, repeat, tile, windows."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..autograd.calling import wrap
from ..errors import ArgumentError, ShapeError
from .indexing import getitem
from .promotion import Array, array_of, check_tensors
from .shape import axis_of, broadcast, ordered_copy, reshape, transpose
from .words import also_numpy_words, size_of, whole_number, whole_numbers


def flip(input: Array, *dims: Any, **named: Any) -> Array:
    """The order reversed along the given dimensions."""
    axes = tuple([axis_of("flip", input, d) for d in size_of(dims, "flip", named, "dims")])
    if len(axes) > 1 and len(set(axes)) < len(axes):
        raise ArgumentError(f"flip: a dim appears twice in {axes}")
    return _flip(input, axes if input.ndim else ())


@primitive
def _flip(x, axes):
    turned = [slice(None)] * x.ndim
    for axis in axes:
        turned[axis] = slice(None, None, -1)
    view, y = x[tuple(turned)], np.empty_like(x)
    kernels.of(x).copy_into(y, view)
    return y


@_flip.gradient("x")
def _(g, axes):
    return _flip(g, axes)


def fliplr(input: Array) -> Array:
    """Columns in reverse order: the second dimension."""
    check_tensors("fliplr", input)
    if input.ndim < 2:
        raise ShapeError(f"fliplr: shape {tuple(input.shape)}; needs at least 2 dimensions")
    return _flip(input, (1,))


def flipud(input: Array) -> Array:
    """Rows in reverse order: the first dimension."""
    check_tensors("flipud", input)
    if input.ndim < 1:
        raise ShapeError("flipud: a 0-d tensor has no rows")
    return _flip(input, (0,))


def rot90(input: Array, k: int = 1, dims: Any = (0, 1)) -> Array:
    """Turned k times by a quarter, from the first of two dimensions towards the second."""
    k, axes = whole_number("rot90", "k", k), [axis_of("rot90", input, d) for d in dims]
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ArgumentError(f"rot90: dims {dims}; needs two different ones")
    first, second = axes
    turns = {
        0: lambda: _flip(input, ()),
        1: lambda: transpose(_flip(input, (second,)), first, second),
        2: lambda: _flip(input, (first, second)),
        3: lambda: _flip(transpose(input, first, second), (second,)),
    }
    return turns[k % 4]()


@primitive
def _roll(x, shifts, axes):
    return np.roll(x, shifts, axes)


@_roll.gradient("x")
def _(g, shifts, axes):
    return _roll(g, tuple(-n for n in shifts), axes)


def roll(input: Array, shifts: Any, dims: Any = None) -> Array:
    """Elements moved by `shifts` places along `dims`, those that leave coming in again; without dims as one row."""
    check_tensors("roll", input)
    shifts = whole_numbers("roll", "shifts", shifts)
    if dims is None or (isinstance(dims, (tuple, list)) and not dims):
        if len(shifts) != 1:
            raise ArgumentError(f"roll: {len(shifts)} shifts without dims; give as many dims")
        return reshape(_roll(reshape(input, (-1,)), shifts, (0,)), tuple(input.shape))
    axes = tuple(axis_of("roll", input, d) for d in (dims if isinstance(dims, (tuple, list)) else (dims,)))
    if len(axes) != len(shifts):
        raise ArgumentError(f"roll: {len(shifts)} shifts for {len(axes)} dims")
    if not input.ndim:
        raise ShapeError("roll: a 0-d tensor has no dims to roll along; leave dims out")
    return _roll(input, shifts, axes)


# --- repeated -------------------------------------------------------------------------------------------------------


def repeat(input: Array, *repeats: Any, **named: Any) -> Array:
    """The whole, so many times along each dimension; more numbers than dimensions make new ones in front."""
    return _repeated("repeat", input, size_of(repeats, "repeat", named, "repeats"))


def _repeated(name: str, input: Array, counts: tuple[int, ...]) -> Array:
    lead = len(counts) - input.ndim
    if lead < 0 or min(counts, default=0) < 0:
        raise ShapeError(f"{name}: {counts} times for shape {tuple(input.shape)}; needs a number for each dimension")
    shape = (1,) * lead + tuple(input.shape)
    spread = [n for size in shape for n in (1, size)]
    repeated = [n for size, count in zip(shape, counts, strict=True) for n in (count, size)]
    wide = broadcast(reshape(input, tuple(spread)), tuple(repeated))
    return reshape(ordered_copy(wide), tuple(size * count for size, count in zip(shape, counts, strict=True)))


def tile(input: Array, *dims: Any, **named: Any) -> Array:
    """As `repeat`; fewer numbers than dimensions stand for the last ones."""
    check_tensors("tile", input)
    counts = size_of(dims, "tile", named, "dims")
    return _repeated("tile", input, (1,) * (input.ndim - len(counts)) + counts)


@also_numpy_words
def repeat_interleave(
    input: Array, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Array:
    """Each element so many times, one behind the other along `dim`, or of all in a row.

    repeats    a number, or one for each place; alone, `repeat_interleave(repeats)` gives each index so many times
    """
    check_tensors("repeat_interleave", input)
    if repeats is None:
        array = array_of(input)
        return wrap(_repeated_places(input, array.size, output_size).astype(array.dtype, copy=False))
    x = reshape(input, (-1,)) if dim is None or not input.ndim else input
    axis = 0 if dim is None else axis_of("repeat_interleave", x, dim)
    return getitem(x, (slice(None),) * axis + (_repeated_places(repeats, x.shape[axis], output_size),))


def _repeated_places(repeats: Any, size: int, output_size: int | None) -> np.ndarray:
    """0 to size - 1, each so many times."""
    counts = np.asarray(array_of(repeats))
    if counts.dtype.kind not in "iu" or counts.ndim > 1 or (counts.size and counts.min() < 0):
        raise ArgumentError("repeat_interleave: repeats must be a whole number of at least 0, or a vector of them")
    if counts.ndim and counts.size not in (1, size):
        raise ShapeError(f"repeat_interleave: {counts.size} repeats for {size} places")
    places = np.repeat(np.arange(size), counts)
    if output_size is not None and output_size != places.size:
        raise ShapeError(f"repeat_interleave: output_size {output_size}, but the repeats sum to {places.size}")
    return places


# --- windows --------------------------------------------------------------------------------------------------------


@primitive(view=True)
def windows(x, axis, size, step):
    """All windows of `size` elements along an axis, `step` apart, as the last dimension."""
    writeable = x.flags.writeable and step >= size  # else windows overlap
    every = np.lib.stride_tricks.sliding_window_view(x, size, axis, writeable=writeable)
    return every[(slice(None),) * axis + (slice(None, None, step),)]


@windows.gradient("x")
def _(g, x_shape, axis, size, step):
    return add_windows(g, x_shape, axis, size, step)


@primitive
def add_windows(g, shape, axis, size, step):
    """Windows added where they lay: the transpose of taking them."""
    x = np.zeros(shape, g.dtype)
    lead = (slice(None),) * axis
    count = g.shape[axis]
    for k in range(size):
        x[lead + (slice(k, k + (count - 1) * step + 1, step),)] += g[..., k]
    return x


@add_windows.gradient("g")
def _(gg, axis, size, step):
    return windows(gg, axis, size, step)


def unfold(input: Array, dimension: int, size: int, step: int) -> Array:
    """A view of all windows of `size` elements along a dimension, `step` apart; the windows are the last dimension."""
    axis = axis_of("unfold", input, dimension)
    size, step = whole_number("unfold", "size", size), whole_number("unfold", "step", step)
    if not input.ndim:
        if not 0 <= size <= 1 or step < 1:
            raise ShapeError(f"unfold: windows of {size} elements, {step} apart, of a 0-d tensor")
        return reshape(input, (1,))[:size]
    if not 0 <= size <= input.shape[axis] or step < 1:
        raise ShapeError(
            f"unfold: windows of {size}, {step} apart, along dim {dimension} of shape {tuple(input.shape)}; needs a "
            f"size of at most {input.shape[axis]} and a step of at least 1"
        )
    return windows(input, axis, size, step)
