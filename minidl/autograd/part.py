"""Gradients that are zero but in one part of an input."""

from __future__ import annotations

from typing import Any

import numpy as np


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

    def add_to(self, whole: np.ndarray) -> None:
        """Add it, in place, to another gradient of the whole input."""
        whole[self.index] += self.array
