"""Tensor: an array, its gradient, the node that made it; operators and methods.

The class only names things: each method is one call to the operator of the same name in minidl/ops.
"""

from __future__ import annotations

import builtins
import itertools
from collections.abc import Callable, Iterator
from typing import Any
from weakref import ref

import numpy as np

from . import dtypes, layouts
from .autograd.backward import AfterAccumulation, backward
from .autograd.calling import describe, wrap, wrap_with
from .autograd.graph import refresh
from .devices import device
from .errors import DeviceError, DtypeError, GraphError, ShapeError
from .ops import creation, detaching, elementwise, joining, queries, shape
from .ops.methods import OPERATORS, Methods

CPU = device("cpu")


class Size(tuple):
    """A shape: a tuple that prints as PyTorch's."""

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements."""
        return int(np.prod(self, dtype=np.int64))

    def __repr__(self) -> str:
        return f"minidl.Size({list(self)})"


class HookHandle:
    """What `register_hook` returns: it takes the hook away again, also at the end of a `with` block."""

    _numbers = itertools.count()

    def __init__(self, hooks: dict[int, Any], hook: Any) -> None:
        self._hooks = hooks
        self._number = next(self._numbers)
        hooks[self._number] = hook

    def remove(self) -> None:
        """Call the hook no more."""
        self._hooks.pop(self._number, None)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *error: Any) -> None:
        self.remove()


@wrap_with
class Tensor(Methods):
    """An array that remembers how it was computed.

    `.array` is the NumPy array itself; writing to it is not seen by the engine.
    """

    __slots__ = ()
    __array_priority__ = 1000

    def __new__(cls, *data: Any) -> Any:
        """`Tensor(data)`: data as the default float, copied; `Tensor(2, 3)`: unwritten memory of that size.

        `minidl.tensor(data)` is the usual way.
        """
        return creation.from_data_or_size("Tensor", data, dtypes.get_default_dtype())

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """`array + tensor` is an operation of minidl; other NumPy functions take the values."""
        operator = OPERATORS.get(ufunc.__name__)
        if method == "__call__" and operator is not None and not kwargs:
            return operator(*[wrap(x) if isinstance(x, (np.ndarray, np.generic)) else x for x in inputs])
        plain = [x.numpy() if isinstance(x, Tensor) else x for x in inputs]
        return getattr(ufunc, method)(*plain, **kwargs)

    # --- what it is ---------------------------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The size of each dimension."""
        return Size(self.array.shape)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        return self.shape if dim is None else self.array.shape[shape.own_axis("size", self, dim)]

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    def dim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the elements."""
        return self.array.dtype

    @property
    def device(self) -> device:
        """Where the array lives."""
        return CPU

    def numel(self) -> int:
        """The number of elements."""
        return self.array.size

    def is_floating_point(self) -> bool:
        """Whether the elements are floats."""
        return self.array.dtype.kind == "f"

    def __len__(self) -> int:
        if not self.array.ndim:
            raise ShapeError("len: a 0-dimensional tensor has no length")
        return len(self.array)

    def __iter__(self) -> Iterator[Tensor]:
        if not self.array.ndim:
            raise ShapeError("iter: a 0-dimensional tensor cannot be iterated over")
        return iter(joining.unbind(self))

    def __bool__(self) -> builtins.bool:
        if self.array.size != 1:
            raise ShapeError(f"bool: {describe(self.array)} has no one truth value; use .any() or .all()")
        return bool(self.array.item())

    def __contains__(self, value: Any) -> builtins.bool:
        return bool((self.array == getattr(value, "array", value)).any())

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        from .formatting import format_tensor

        refresh(self)
        suffix = []
        if self.node is not None:
            suffix.append(f"grad_fn=<{self.node.name}>")
        elif self._requires_grad:
            suffix.append("requires_grad=True")
        return format_tensor(self.array, suffix)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec and self.array.size == 1 else repr(self)

    # --- values ---------------------------------------------------------------------------------------------------

    def item(self) -> Any:
        """The one element, as a Python number."""
        if self.array.size != 1:
            raise ShapeError(f"item: {describe(self.array)} has {self.array.size} elements, needs 1; use tolist()")
        return self.array.item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return self.array.tolist()

    def numpy(self) -> np.ndarray:
        """The array, sharing memory.  Raises GraphError on a tensor that requires a gradient: detach() it first."""
        if self._requires_grad:
            raise GraphError("numpy: this tensor requires a gradient; use tensor.detach().numpy()")
        return self.array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def __float__(self) -> builtins.float:
        return float(self.item())

    def __int__(self) -> builtins.int:
        return int(self.item())

    def __index__(self) -> builtins.int:
        if self.array.dtype.kind not in "iub":
            raise DtypeError(f"index: a tensor of {self.array.dtype} is no whole number")
        return int(self.item())

    def __dlpack__(self, **options: Any) -> Any:
        """The memory for another library to share: `numpy.from_dlpack(tensor)`."""
        return self.numpy().__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[builtins.int, builtins.int]:
        return self.array.__dlpack_device__()

    def __reduce__(self) -> Any:
        """How Python passes a tensor to another process: values, dtype and whether it is a leaf with a gradient."""
        if self.node is not None:
            raise GraphError("pickle: only leaves can pass to another process; detach() the tensor first")
        return _rebuilt, (type(self), self.array, self._requires_grad)

    def __copy__(self) -> Tensor:
        copied = wrap(self.array, self.node)
        copied.__class__ = self.__class__
        copied._requires_grad = self._requires_grad
        copied.version = self.version
        return copied

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if self.node is not None:
            raise GraphError("deepcopy: only leaves can be copied; detach() the tensor first")
        copied = wrap(self.array.copy(order="K"))
        copied.__class__ = self.__class__
        copied._requires_grad = self._requires_grad
        memo[id(self)] = copied
        if self.grad is not None:
            copied.grad = self.grad.clone()
        return copied

    # --- gradient -------------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether operations on it are recorded."""
        refresh(self)
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Record operations on this tensor from now on, or stop; only a leaf of floats can change."""
        if requires_grad and self.array.dtype.kind != "f":
            raise DtypeError(f"requires_grad: only floats have gradients, this is {self.array.dtype}; use .float()")
        if self.node is not None and not requires_grad:
            raise GraphError("requires_grad: a computed tensor cannot stop requiring a gradient; use detach()")
        self._requires_grad = bool(requires_grad)
        return self

    @property
    def grad_fn(self) -> Any:
        """The node that made it; None for a leaf."""
        refresh(self)
        return self.node

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made it."""
        return self.grad_fn is None

    def backward(
        self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
    ) -> None:
        """Add the gradient of this tensor to `.grad` of all leaves (see minidl.autograd.backward)."""
        backward(self, gradient, retain_graph, create_graph, inputs)

    detach = detaching.detach
    detach_ = detaching.detach_

    @property
    def data(self) -> Tensor:
        """The same memory, outside the graph; the engine does not see writes to it."""
        return wrap(self.array)

    @data.setter
    def data(self, value: Tensor) -> None:
        if value.array.shape != self.array.shape:
            raise ShapeError(f"data: {value.array.shape} in place of {self.array.shape}; shapes must be equal")
        self.array = value.array

    def retain_grad(self) -> None:
        """Keep `.grad` on this computed tensor too."""
        if not self.requires_grad:
            raise GraphError("retain_grad: this tensor requires no gradient")
        if self.node is not None:
            self.node.retained = ref(self)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Any:
        """Call `hook(grad)` when the gradient is computed; what it returns takes the gradient's place.

        Returns a handle whose `remove()` takes the hook away.
        """
        if not self.requires_grad:
            raise GraphError("register_hook: this tensor requires no gradient")
        holder: Any = self if self.node is None else self.node
        if holder.hooks is None:
            holder.hooks = {}
        return HookHandle(holder.hooks, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> Any:
        """Call `hook(tensor)` whenever the gradient of this leaf has been added to its `.grad`.

        Returns a handle whose `remove()` takes the hook away.
        """
        if not self.requires_grad or self.node is not None:
            raise GraphError("register_post_accumulate_grad_hook: needs a leaf that requires a gradient")
        if self.hooks is None:
            self.hooks = {}
        return HookHandle(self.hooks, AfterAccumulation(hook))

    # --- dtype, copies, device ------------------------------------------------------------------------------------

    def to(
        self,
        *args: Any,
        dtype: Any = None,
        device: Any = None,
        non_blocking: builtins.bool = False,
        copy: builtins.bool = False,
        memory_format: Any = None,
    ) -> Tensor:
        """In another dtype, or like another tensor, or in another order in memory; the device is always the CPU.

        copy    give a copy, never the tensor itself
        """
        for arg in args:
            if isinstance(arg, Tensor):
                dtype = arg.dtype
            elif arg is None:
                continue
            elif isinstance(arg, str) and arg.split(":")[0] in ("cpu", "cuda", "mps"):
                device = arg
            elif not isinstance(arg, bool):
                dtype = arg
        if device is not None and str(device) != "cpu":
            raise DeviceError(f"to: device {str(device)!r} is not available: this version computes on the CPU")
        dtype = self.array.dtype if dtype is None else dtypes.as_dtype(dtype)
        moved = self if dtype == self.array.dtype else elementwise.astype(self, dtype)
        if memory_format is not None and memory_format is not layouts.preserve_format:
            moved = self.contiguous(memory_format) if moved is self else moved.contiguous(memory_format)
        return elementwise.clone(moved) if copy and moved is self else moved

    def astype(self, dtype: Any) -> Tensor:
        """In another dtype (NumPy's word for `to`)."""
        return self.to(dtype=dtype)

    def type(self, dtype: Any = None, non_blocking: builtins.bool = False) -> Any:
        """In another dtype, which may be an old class of tensors or its name; without one the name of the class."""
        return queries.type_of_tensor(self.array.dtype) if dtype is None else self.to(dtype=dtype)

    def float(self, memory_format: Any = None) -> Tensor:
        """As float32."""
        return self.to(dtype=dtypes.float32, memory_format=memory_format)

    def double(self, memory_format: Any = None) -> Tensor:
        """As float64."""
        return self.to(dtype=dtypes.float64, memory_format=memory_format)

    def half(self, memory_format: Any = None) -> Tensor:
        """As float16."""
        return self.to(dtype=dtypes.float16, memory_format=memory_format)

    def long(self, memory_format: Any = None) -> Tensor:
        """As int64."""
        return self.to(dtype=dtypes.int64, memory_format=memory_format)

    def int(self, memory_format: Any = None) -> Tensor:
        """As int32."""
        return self.to(dtype=dtypes.int32, memory_format=memory_format)

    def short(self, memory_format: Any = None) -> Tensor:
        """As int16."""
        return self.to(dtype=dtypes.int16, memory_format=memory_format)

    def char(self, memory_format: Any = None) -> Tensor:
        """As int8."""
        return self.to(dtype=dtypes.int8, memory_format=memory_format)

    def byte(self, memory_format: Any = None) -> Tensor:
        """As uint8."""
        return self.to(dtype=dtypes.uint8, memory_format=memory_format)

    def bool(self, memory_format: Any = None) -> Tensor:
        """As booleans: whether each element is not zero."""
        return self.to(dtype=dtypes.bool_, memory_format=memory_format)

    def cpu(self, memory_format: Any = None) -> Tensor:
        """On the CPU: this tensor itself."""
        return self.to(memory_format=memory_format)


def _rebuilt(cls: type, array: np.ndarray, requires_grad: builtins.bool) -> Tensor:
    rebuilt = wrap(array)
    rebuilt.__class__ = cls
    rebuilt._requires_grad = requires_grad
    return rebuilt
