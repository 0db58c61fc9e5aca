"""DataLoader: batches of a dataset, in order or shuffled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import ArgumentError, DataError
from ..ops.creation import as_tensor
from ..ops.joining import stack
from ..random import Generator, numpy_generator
from ..tensor import Tensor
from .dataset import TensorDataset


def default_collate(items: Sequence[Any]) -> Any:
    """Items as one batch: tensors and arrays stacked, numbers as a tensor, tuples and dicts part by part."""
    first = items[0]
    if isinstance(first, Tensor):
        return stack(items)
    if isinstance(first, np.ndarray):
        shapes = {item.shape for item in items}
        if len(shapes) > 1:
            raise DataError(f"default_collate: arrays of shapes {sorted(shapes)}; needs arrays of one shape")
        return as_tensor(np.stack(items))
    if isinstance(first, (int, float, np.number, np.bool_)):
        return as_tensor(np.array(items) if isinstance(first, np.generic) else list(items))
    if isinstance(first, (tuple, list)):
        if len({len(item) for item in items}) > 1:
            raise DataError(f"default_collate: items of {[len(item) for item in items]} parts; needs the same number")
        parts = [default_collate(part) for part in zip(*items, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else type(first)(parts)
    if isinstance(first, dict):
        return {key: default_collate([item[key] for item in items]) for key in first}
    return list(items)


class DataLoader:
    """Batches of `dataset`.

    shuffle      in a new random order each time, from `generator` (by default the one behind `manual_seed`)
    drop_last    leave out the last batch when it is smaller
    collate_fn   makes a batch of a list of items
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        drop_last: bool = False,
        collate_fn: Callable[[Sequence[Any]], Any] | None = None,
        generator: Generator | None = None,
    ) -> None:
        if not isinstance(batch_size, int) or batch_size < 1:
            raise ArgumentError(f"DataLoader: batch_size={batch_size}; needs a whole number of at least 1")
        if len(dataset) == 0:
            raise DataError("DataLoader: the dataset is empty")
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.collate_fn = collate_fn
        self.generator = generator

    def __len__(self) -> int:
        whole, rest = divmod(len(self.dataset), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[Any]:
        count = len(self.dataset)
        order = numpy_generator(self.generator).permutation(count) if self.shuffle else np.arange(count)
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            yield self._batch(order[start : start + self.batch_size])

    def _batch(self, indices: np.ndarray) -> Any:
        if type(self.dataset) is TensorDataset and self.collate_fn is None:
            return self.dataset[indices]  # one selection instead of an item at a time
        items = [self.dataset[int(i)] for i in indices]
        return (self.collate_fn or default_collate)(items)
