"""Filling a tensor in place, drawing by it, and making new ones like it, as methods."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import dtypes
from ...autograd.graph import Variable
from .. import creation, inplace, sampling


class FillingMethods(Variable):
    """`x.zero_()`, `x.normal_()`, `x.new_zeros()` and their like."""

    __slots__ = ()

    copy_ = inplace.copy_
    fill_ = inplace.fill_
    zero_ = inplace.zero_
    normal_ = sampling.normal_
    log_normal_ = sampling.log_normal_
    uniform_ = sampling.uniform_
    exponential_ = sampling.exponential_
    cauchy_ = sampling.cauchy_
    geometric_ = sampling.geometric_
    bernoulli_ = sampling.bernoulli_
    random_ = sampling.random_
    bernoulli = sampling.bernoulli
    multinomial = sampling.multinomial

    def new_tensor(self, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
        """A tensor of a copy of `data`, of this tensor's dtype."""
        return creation.tensor(data, dtype=dtype or self.array.dtype, device=device, requires_grad=requires_grad)

    def new_zeros(self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
        """Zeros of another size and this tensor's dtype."""
        return self._new(creation.checked_size("new_zeros", size), 0, dtype, device, requires_grad)

    def new_ones(self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
        """Ones of another size and this tensor's dtype."""
        return self._new(creation.checked_size("new_ones", size), 1, dtype, device, requires_grad)

    def new_full(
        self, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Any:
        """One value in another size and this tensor's dtype."""
        return self._new(creation.checked_size("new_full", (size,)), fill_value, dtype, device, requires_grad)

    def new_empty(self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
        """Unwritten memory of another size and this tensor's dtype."""
        array = np.empty(creation.checked_size("new_empty", size), self._dtype(dtype))
        return creation.made(array, requires_grad, device)

    def new_empty_strided(
        self, size: Any, stride: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Any:
        """Unwritten memory of another size and stride and this tensor's dtype."""
        like = {"dtype": self._dtype(dtype), "device": device, "requires_grad": requires_grad}
        return creation.empty_strided(size, stride, **like)

    def _dtype(self, dtype: Any) -> np.dtype:
        return self.array.dtype if dtype is None else dtypes.as_dtype(dtype)

    def _new(self, size: tuple[int, ...], value: Any, dtype: Any, device: Any, requires_grad: bool) -> Any:
        return creation.full(size, value, dtype=self._dtype(dtype), device=device, requires_grad=requires_grad)
