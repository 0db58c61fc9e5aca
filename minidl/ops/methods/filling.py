"""Filling a tensor in place, and making new ones like it, as methods."""

from __future__ import annotations

from typing import Any

from ...autograd.graph import Variable
from ...random import Generator, numpy_generator
from .. import inplace


class FillingMethods(Variable):
    """`x.zero_()`, `x.normal_()` and their like."""

    __slots__ = ()

    copy_ = inplace.copy_
    fill_ = inplace.copy_

    def zero_(self) -> Any:
        return inplace.copy_(self, 0)

    def normal_(self, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Any:
        return inplace.copy_(self, numpy_generator(generator).normal(mean, std, self.array.shape))

    def uniform_(self, low: float = 0.0, high: float = 1.0, *, generator: Generator | None = None) -> Any:
        return inplace.copy_(self, numpy_generator(generator).uniform(low, high, self.array.shape))
