"""Functions that make tensors: from data, of constants, of random numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd.primitive import wrap
from ..errors import ArgumentError, DeviceError, DtypeError, ShapeError
from ..random import Generator, numpy_generator
from ..tensor import Tensor
from .shape import size_of


def check_device(device: Any) -> None:
    """Accept the CPU, in any spelling; refuse others."""
    name = str(getattr(device, "type", device))
    if device is not None and name != "cpu":
        raise DeviceError(f"device {name!r} is not available: this version computes on the CPU; use device='cpu'")


def _made(array: Any, requires_grad: bool, device: Any) -> Tensor:
    check_device(device)
    made = wrap(np.asarray(array))
    if requires_grad:
        made.requires_grad_()
    return made


def tensor(data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of a copy of `data`: numbers, nested lists of them, arrays or tensors.

    Python floats give the default dtype (float32), ints int64, bools bool; arrays keep theirs.
    """
    if isinstance(data, Tensor):
        array = data.array.copy()
    elif isinstance(data, (np.ndarray, np.generic)):
        array = np.array(data)
    else:
        array = _from_python(data)
        if dtype is None and array.dtype.kind == "f" and not _holds_arrays(data):
            dtype = dtypes.get_default_dtype()
    array = array.astype(dtypes.as_dtype(array.dtype if dtype is None else dtype), copy=False)
    return _made(array, requires_grad, device)


def _from_python(data: Any) -> np.ndarray:
    try:
        array = np.array(_untensored(data))
    except ValueError:
        raise ShapeError(
            "tensor: nested lists of unequal lengths; every row needs the same number of elements"
        ) from None
    if array.dtype.kind not in "biuf":
        raise DtypeError(f"tensor: got {type(data).__name__} with elements of {array.dtype}; needs numbers")
    return array


def _holds_arrays(data: Any) -> bool:
    return isinstance(data, (list, tuple)) and any(isinstance(part, np.ndarray) for part in data)


def _untensored(data: Any) -> Any:
    if isinstance(data, (list, tuple)):
        return [_untensored(part) for part in data]
    return data.array if isinstance(data, Tensor) else data


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """As `tensor`, without a copy where none is needed."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    if isinstance(data, np.ndarray) and (dtype is None or data.dtype == dtypes.as_dtype(dtype)):
        return from_numpy(data)
    return tensor(data, dtype, device)


def from_numpy(array: np.ndarray) -> Tensor:
    """A tensor that shares the memory of `array`."""
    if not isinstance(array, np.ndarray):
        raise DtypeError(f"from_numpy: got {type(array).__name__}, needs a NumPy array; use tensor() for other data")
    dtypes.as_dtype(array.dtype)
    return wrap(array)


def _filled(fill: Callable[..., np.ndarray]) -> Callable[..., Tensor]:
    """zeros, ones, empty: the same but for what fills them."""

    def make(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
        return _made(fill(_checked_size(fill.__name__, size), dtype=_float(dtype)), requires_grad, device)

    make.__name__ = make.__qualname__ = fill.__name__
    make.__doc__ = f"A tensor of the given size, as np.{fill.__name__} fills it; float32 by default."
    return make


def _float(dtype: Any) -> np.dtype:
    return dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype)


def _checked_size(name: str, size: tuple[Any, ...]) -> tuple[int, ...]:
    sizes = size_of(size)
    if any(n < 0 for n in sizes):
        raise ShapeError(f"{name}: size {sizes} has a negative number")
    return sizes


zeros = _filled(np.zeros)
ones = _filled(np.ones)
empty = _filled(np.empty)


def full(size: Any, fill_value: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of `size` filled with one value, whose type gives the dtype."""
    chosen = tensor(fill_value).dtype if dtype is None else dtypes.as_dtype(dtype)
    return _made(np.full(_checked_size("full", (size,)), fill_value, chosen), requires_grad, device)


def zeros_like(input: Tensor, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of the size and dtype of `input`."""
    return _made(np.zeros_like(input.array, dtype=dtype and dtypes.as_dtype(dtype)), requires_grad, device)


def ones_like(input: Tensor, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of the size and dtype of `input`."""
    return _made(np.ones_like(input.array, dtype=dtype and dtypes.as_dtype(dtype)), requires_grad, device)


def eye(n: int, m: int | None = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """The identity matrix (n, m)."""
    return _made(np.eye(n, m, dtype=_float(dtype)), requires_grad, device)


def arange(*bounds: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """start (0), start + step, ... before end: `arange(end)`, `arange(start, end)`, `arange(start, end, step)`."""
    if not 1 <= len(bounds) <= 3:
        raise ArgumentError(f"arange: got {len(bounds)} bounds; needs (end), (start, end) or (start, end, step)")
    if len(bounds) == 3 and bounds[2] == 0:
        raise ArgumentError("arange: the step is 0")
    whole = all(isinstance(bound, (int, np.integer)) for bound in bounds)
    chosen = dtypes.as_dtype(dtype) if dtype is not None else dtypes.int64 if whole else dtypes.get_default_dtype()
    return _made(np.arange(*bounds).astype(chosen), requires_grad, device)


def linspace(
    start: float, end: float, steps: int, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`steps` numbers evenly spaced from start to end, both included."""
    return _made(np.linspace(start, end, steps, dtype=_float(dtype)), requires_grad, device)


def _drawn(draw: Callable[..., np.ndarray], size: tuple[Any, ...], dtype: Any) -> np.ndarray:
    """Random numbers drawn in the dtype itself where NumPy can, so that a float32 tensor costs no float64."""
    chosen = _float(dtype)
    direct = chosen if chosen in (dtypes.float32, dtypes.float64) else dtypes.float32
    return np.asarray(draw(size, direct)).astype(chosen, copy=False)


def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Uniform numbers from [0, 1)."""
    drawn = _drawn(numpy_generator(generator).random, _checked_size("rand", size), dtype)
    return _made(drawn, requires_grad, device)


def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Normal numbers of mean 0 and standard deviation 1."""
    drawn = _drawn(numpy_generator(generator).standard_normal, _checked_size("randn", size), dtype)
    return _made(drawn, requires_grad, device)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = dtypes.int64,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Whole numbers from [low, high): `randint(high, size)` or `randint(low, high, size)`."""
    if size is None:
        low, high, size = 0, low, high
    if size is None or isinstance(size, int) or high <= low:
        raise ArgumentError(f"randint: low {low}, high {high}, size {size}; needs low < high and a tuple as size")
    drawn = numpy_generator(generator).integers(low, high, size_of((size,)))
    return _made(drawn.astype(dtypes.as_dtype(dtype)), requires_grad, device)


def randperm(n: int, *, generator: Generator | None = None, dtype: Any = dtypes.int64) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    return wrap(numpy_generator(generator).permutation(n).astype(dtypes.as_dtype(dtype)))


def rand_like(input: Tensor, *, generator: Generator | None = None, dtype: Any = None) -> Tensor:
    """Uniform numbers of the size and dtype of `input`."""
    return rand(input.shape, generator=generator, dtype=dtype or input.dtype)


def randn_like(input: Tensor, *, generator: Generator | None = None, dtype: Any = None) -> Tensor:
    """Normal numbers of the size and dtype of `input`."""
    return randn(input.shape, generator=generator, dtype=dtype or input.dtype)
