"""What a tensor is not, and where its memory lies, as attributes and methods."""

from __future__ import annotations

from typing import Any

from ... import layouts
from ...autograd.graph import Output, Variable
from ...errors import DeviceError, DtypeError
from .. import creation, diagonal, inplace, memory, queries, rearranging, shape


class AttributeMethods(Variable):
    """`x.is_cuda`, `x.get_device()`, `x.apply_()` and their like."""

    __slots__ = ()

    is_cpu = True
    is_cuda = is_mps = is_xpu = is_meta = is_sparse = is_sparse_csr = is_quantized = is_nested = is_mkldnn = False
    layout = layouts.strided
    name = None

    get_device = queries.get_device
    is_conj = queries.is_conj
    is_neg = queries.is_neg
    is_inference = queries.is_inference
    is_distributed = queries.is_distributed

    clone = memory.clone
    contiguous = memory.contiguous
    is_contiguous = memory.is_contiguous
    dim_order = memory.dim_order
    storage = memory.storage
    untyped_storage = memory.untyped_storage
    is_set_to = memory.is_set_to
    resize_ = memory.resize_
    resize_as_ = memory.resize_as_
    share_memory_ = memory.share_memory_
    is_shared = memory.is_shared

    fill_diagonal_ = diagonal.fill_diagonal_
    apply_ = inplace.apply_
    map_ = inplace.map_
    map2_ = inplace.map2_

    @property
    def output_nr(self) -> int:
        """Which of the results of its operator it is."""
        return self.node.index if isinstance(self.node, Output) else 0

    @property
    def _version(self) -> int:
        """How often it was written to."""
        return self.version[0]

    @property
    def retains_grad(self) -> bool:
        """Whether it is a computed tensor that keeps its `.grad`."""
        return self.node is not None and self.node.retained is not None and self.node.retained() is self

    def new(self, *data_or_size: Any) -> Any:
        """A tensor of this dtype: of data, which is copied, or unwritten memory of a size."""
        return creation.from_data_or_size("new", data_or_size, self.array.dtype)

    def to_dense(self, dtype: Any = None, *, masked_grad: bool = True) -> Any:
        """The tensor itself, which is dense, or in another dtype."""
        return self if dtype is None else self.to(dtype)  # type: ignore[attr-defined]

    def as_subclass(self, cls: type) -> Any:
        """The same memory and place in the graph, as a tensor of another class."""
        if not (isinstance(cls, type) and issubclass(cls, AttributeMethods)):
            raise DtypeError(f"as_subclass: got {cls!r}; needs a class made from minidl.Tensor")
        seen = shape.view_as_shape(self, self.array.shape)
        made = object.__new__(cls)  # __class__ cannot be set where the class has attributes of its own
        for name in Variable.__slots__:
            if name != "__weakref__":
                setattr(made, name, getattr(seen, name))
        return made

    def is_pinned(self) -> bool:
        """Whether the memory is locked for copies to a GPU: it is not."""
        return False

    def pin_memory(self, device: Any = None) -> Any:
        """As in PyTorch without a GPU, an error."""
        raise DeviceError("pin_memory: there is no GPU to copy to; leave it out")

    def cuda(self, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Any:
        """An error: this version has no GPU."""
        raise DeviceError(
            "cuda: a GPU is not available: this version computes on the CPU; leave it out, or ask "
            "minidl.cuda.is_available() first"
        )

    def __reversed__(self) -> Any:
        """The elements along the first dimension, last first."""
        return rearranging.flip(self, (0,)) if self.array.ndim else self
