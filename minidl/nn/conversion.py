"""The numbers of a module in another dtype or another memory."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..devices import device as device_named
from ..errors import DtypeError
from ..ops.creation import check_device, empty, empty_like, from_numpy
from ..tensor import Tensor
from .walks import Walks


class Conversion(Walks):
    """`to`, `double` and their like: parameters stay the same objects, and get other arrays."""

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Any:
        """Put fn(tensor) in the place of every parameter, gradient and buffer."""
        for tensor in (*self.parameters(recurse), *self.buffers(recurse)):
            tensor.array = fn(tensor.detach()).array
            if tensor.grad is not None:
                tensor.grad = fn(tensor.grad)
        return self

    def to(
        self,
        *args: Any,
        dtype: Any = None,
        device: Any = None,
        non_blocking: bool = False,
        memory_format: Any = None,
    ) -> Any:
        """All floating parameters, their gradients and buffers in another dtype; the device is always the CPU.

        Takes what a tensor's `to` takes: a dtype, a device, both, or a tensor that has them.

        memory_format    makes no difference: the kernels have an order of their own
        """
        asked = empty(0).to(*args, dtype=dtype, device=device)
        if not asked.is_floating_point():
            raise DtypeError(f"{self._get_name()}.to: got {asked.dtype}, needs a floating dtype, as gradients do")

        def converted(tensor: Tensor) -> Tensor:
            return tensor.to(*args, dtype=dtype, device=device) if tensor.is_floating_point() else tensor

        return self._apply(converted)

    def type(self, dst_type: Any) -> Any:
        """All parameters and buffers in one dtype, also those of whole numbers."""
        asked = dtypes.as_dtype(dst_type)
        if asked.kind != "f" and any(True for _ in self.parameters()):
            raise DtypeError(f"{self._get_name()}.type: parameters have gradients and cannot be {asked}")
        return self._apply(lambda tensor: tensor.to(asked))

    def half(self) -> Any:
        """In float16."""
        return self.to(dtypes.float16)

    def float(self) -> Any:
        """In float32."""
        return self.to(dtypes.float32)

    def double(self) -> Any:
        """In float64."""
        return self.to(dtypes.float64)

    def cpu(self) -> Any:
        """On the CPU, where it is."""
        return self

    def cuda(self, device: Any = None) -> Any:
        """On a GPU: a DeviceError in this version."""
        return self.to(device_named("cuda", device) if device is None or isinstance(device, int) else device)

    def to_empty(self, *, device: Any = "cpu", recurse: bool = True) -> Any:
        """With unwritten memory in the place of all values."""
        check_device(device)
        return self._apply(empty_like, recurse)

    def share_memory(self) -> Any:
        """In memory that forked processes share with this one: what one writes, all see."""
        return self._apply(_shared)

    def _get_name(self) -> str:
        return self.__class__.__name__


def _shared(tensor: Tensor) -> Tensor:
    """The same values in an anonymous mapping, which a fork does not copy."""
    array = tensor.array
    memory = mmap.mmap(-1, max(array.nbytes, 1))
    shared: np.ndarray = np.ndarray(array.shape, array.dtype, memory)
    shared[...] = array
    return from_numpy(shared)
