"""Operators that put values where a view looks: a slice, several, a diagonal; each gives a new tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import primitive
from ..errors import ArgumentError, ShapeError
from .diagonal import diagonal
from .indexing import getitem, reason, select
from .inplace import blank_view
from .promotion import Array, check_tensors
from .shape import own_axis
from .words import also_numpy_words, whole_number


@primitive
def _view_scatter(x, src, operator, args):
    """x with src where the view `operator(x, *args)` looks."""
    written = x.copy()
    operator(written, *args)[...] = src
    return written


@_view_scatter.gradient("x")
def _(g, operator, args):
    return blank_view(g, operator, args)


@_view_scatter.gradient("src")
def _(g, operator, args):
    return operator(g, *args)


def _scattered(name: str, input: Array, src: Array, operator: Any, args: tuple[Any, ...]) -> Array:
    check_tensors(name, input, src)
    try:
        seen = operator(np.empty(tuple(input.shape), bool), *args)
    except (ShapeError, ArgumentError) as error:
        raise type(error)(f"{name}: {reason(error)}") from None
    if seen.shape != tuple(src.shape):
        raise ShapeError(f"{name}: src {tuple(src.shape)} for a part of shape {seen.shape}")
    return _view_scatter(input, src, operator, args)


@also_numpy_words
def select_scatter(input: Array, src: Array, dim: int, index: int) -> Array:
    """The input with src as its slice `index` along `dim`."""
    return _scattered("select_scatter", input, src, select, (dim, index))


@also_numpy_words
def slice_scatter(
    input: Array, src: Array, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Array:
    """The input with src at start:end:step along `dim`."""
    axis = own_axis("slice_scatter", input, dim)
    for word, number in (("start", start), ("end", end), ("step", step)):
        if number is not None:
            whole_number("slice_scatter", word, number)
    if step < 1:
        raise ArgumentError(f"slice_scatter: step {step}; needs at least 1")
    index = (slice(None),) * axis + (slice(start, end, step),)
    return _scattered("slice_scatter", input, src, getitem, (index,))


def diagonal_scatter(input: Array, src: Array, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    """The input with src on a diagonal."""
    return _scattered("diagonal_scatter", input, src, diagonal, (offset, dim1, dim2))
