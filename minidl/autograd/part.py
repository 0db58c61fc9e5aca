"""Gradients that are zero but in one part of an input."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

_ALL = slice(None)


class Part:
    """What a rule gives, on arrays, for an input of which its operator took a part: that part's gradient alone.

    array    the gradient of the part
    shape    that of the whole input
    index    where the part is: integers, slices, None and ellipsis, as NumPy takes them

    The engine adds it to what other parts have given.  Of the pieces that a tensor was split into, each would otherwise
    be written into zeros of the whole size, and all of these be added up.
    """

    __slots__ = ("array", "index", "shape")

    def __init__(self, array: np.ndarray, shape: tuple[int, ...], index: Any) -> None:
        self.array = array
        self.shape = shape
        self.index = index

    @property
    def dtype(self) -> np.dtype:
        return self.array.dtype

    def astype(self, dtype: np.dtype) -> Part:
        """The same in another dtype."""
        return Part(self.array.astype(dtype), self.shape, self.index)

    def whole(self) -> np.ndarray:
        """The gradient of the whole input, in fresh memory."""
        whole = np.zeros(self.shape, self.array.dtype)
        whole[self.index] = self.array
        return whole

    def span(self) -> tuple[int, int, int] | None:
        """(dimension, first, end) of a part that has whole places of one dimension; else None."""
        *before, last = self.index if type(self.index) is tuple and self.index else (self.index,)
        axis = len(before)
        if any(place != _ALL for place in before) or axis >= len(self.shape):
            return None
        if type(last) is slice:
            first, end, step = last.indices(self.shape[axis])
            return (axis, first, end) if step == 1 else None
        if type(last) is int:
            first = last % self.shape[axis]
            return axis, first, first + 1
        return None

    def add_to(self, whole: np.ndarray) -> None:
        """Add it, in place, to another gradient of the whole input."""
        whole[self.index] += self.array


class Parts:
    """The parts that have come for one input, as long as they may be the pieces that it was cut into.

    Those are written side by side, without zeros and sums; or not at all, if what made them has already put them into
    one array.  For queries, keys and values of a small GPT, one projection, that takes 0.6 of 30 milliseconds a step.
    """

    __slots__ = ("missing", "parts")

    def __init__(self, part: Part) -> None:
        self.parts = [part]
        self.missing = math.prod(part.shape) - part.array.size
        """Elements that no part has, if none overlap; below zero some do."""

    def add(self, part: Part) -> None:
        """Take a further part."""
        self.parts.append(part)
        self.missing -= part.array.size

    def whole(self) -> tuple[np.ndarray, bool]:
        """Their sum, and whether it is in fresh memory."""
        parts = self.parts
        if self.missing or not self._are_side_by_side():
            total = parts[0].whole()
            for part in parts[1:]:
                part.add_to(total)
            return total, True
        shared = self._shared()
        if shared is not None:
            return shared, False
        total = np.empty(parts[0].shape, parts[0].dtype)
        for part in parts:
            total[part.index] = part.array
        return total, True

    def _are_side_by_side(self) -> bool:
        spans = [part.span() for part in self.parts]
        known = sorted(span for span in spans if span is not None)
        meet = all(a[0] == b[0] and a[2] == b[1] for a, b in itertools.pairwise(known))
        return len(known) == len(spans) and meet

    def _shared(self) -> np.ndarray | None:
        """The array in which all parts lie in their places, if there is one."""
        first = self.parts[0]
        base = first.array.base
        if type(base) is not np.ndarray or not base.flags.c_contiguous or base.dtype != first.dtype:
            return None
        if base.size != math.prod(first.shape) or any(part.array.base is not base for part in self.parts):
            return None
        whole = base.reshape(first.shape)
        return whole if all(_same_place(whole[part.index], part.array) for part in self.parts) else None


def _same_place(a: np.ndarray, b: np.ndarray) -> bool:
    return a.strides == b.strides and a.__array_interface__["data"] == b.__array_interface__["data"]
