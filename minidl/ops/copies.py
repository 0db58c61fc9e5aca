"""PyTorch's `*_copy` functions: what a view shows, in memory of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError
from .diagonal import diagonal
from .elementwise import clone
from .indexing import getitem, select
from .joining import split, split_with_sizes, unbind
from .promotion import Array
from .rearranging import unfold
from .shape import axis_of, expand, narrow, permute, squeeze, t, transpose, unsqueeze, view
from .storage import as_strided


def _copying(look: Callable[..., Any]) -> Callable[..., Any]:
    """The function that copies what `look` shows."""

    @functools.wraps(look, updated=())  # whose primitive it is not
    def copy(*args: Any, **named: Any) -> Any:
        seen = look(*args, **named)
        return tuple(clone(part) for part in seen) if isinstance(seen, tuple) else clone(seen)

    copy.__name__ = copy.__qualname__ = f"{look.__name__}_copy"
    return copy


def alias(input: Array) -> Array:
    """The tensor itself."""
    return input


def slice_along(input: Array, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Array:
    """The part `start:end:step` of a dimension."""
    axis = axis_of("slice", input, dim)
    if step < 1:
        raise ArgumentError(f"slice: step {step}; needs at least 1")
    return getitem(input, (slice(None),) * axis + (slice(start, end, step),))


slice_along.__name__ = "slice"  # what PyTorch calls it

alias_copy = _copying(alias)
as_strided_copy = _copying(as_strided)
diagonal_copy = _copying(diagonal)
expand_copy = _copying(expand)
narrow_copy = _copying(narrow)
select_copy = _copying(select)
slice_copy = _copying(slice_along)
permute_copy = _copying(permute)
split_copy = _copying(split)
split_with_sizes_copy = _copying(split_with_sizes)
squeeze_copy = _copying(squeeze)
t_copy = _copying(t)
transpose_copy = _copying(transpose)
unbind_copy = _copying(unbind)
unfold_copy = _copying(unfold)
unsqueeze_copy = _copying(unsqueeze)
view_copy = _copying(view)
