"""Datasets: anything with a length and items."""

from __future__ import annotations

from typing import Any

from ..errors import DataError
from ..tensor import Tensor


class Dataset:
    """The base: a subclass defines `__len__` and `__getitem__`."""

    def __len__(self) -> int:
        raise DataError(f"{type(self).__name__} defines no __len__(self)")

    def __getitem__(self, index: Any) -> Any:
        raise DataError(f"{type(self).__name__} defines no __getitem__(self, index)")


class TensorDataset(Dataset):
    """Tensors of equal length; item i is the tuple of their rows i."""

    def __init__(self, *tensors: Tensor) -> None:
        lengths = {len(t) for t in tensors}
        if len(lengths) != 1:
            raise DataError(f"TensorDataset: lengths {[len(t) for t in tensors]}; needs tensors of one length")
        self.tensors = tensors

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(t[index] for t in self.tensors)
