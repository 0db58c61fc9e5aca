"""Functions that make tensors: from data, of constants, of evenly spaced numbers, like other tensors."""

from __future__ import annotations

import builtins
import math
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from ..autograd.calling import wrap
from ..autograd.graph import Variable
from ..errors import ArgumentError, DeviceError, DtypeError, MinidlWarning, ShapeError
from .elementwise import astype
from .promotion import array_of
from .promotion import as_dtype as cast
from .words import size_of

if TYPE_CHECKING:
    from ..tensor import Tensor


def check_device(device: Any) -> None:
    """Accept the CPU, in any spelling; refuse others."""
    name = str(getattr(device, "type", device))
    if device is not None and name != "cpu":
        raise DeviceError(f"device {name!r} is not available: this version computes on the CPU; use device='cpu'")


def made(array: Any, requires_grad: bool = False, device: Any = None) -> Tensor:
    """A leaf over `array`."""
    check_device(device)
    leaf = wrap(np.asarray(array))
    if requires_grad:
        leaf.requires_grad_()
    return leaf


def checked_size(name: str, size: tuple[Any, ...]) -> tuple[int, ...]:
    """A size given as numbers or as one tuple."""
    sizes = size_of(size)
    if any(n < 0 for n in sizes):
        raise ShapeError(f"{name}: size {sizes} has a negative number")
    return sizes


def float_dtype(dtype: Any) -> np.dtype:
    """The dtype asked for, or the default one of floats."""
    return dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype)


# --- from data ------------------------------------------------------------------------------------------------------


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of a copy of `data`: numbers, nested lists of them, arrays or tensors.

    Python floats give the default dtype (float32), ints int64, bools bool; arrays keep theirs.
    """
    if isinstance(data, Variable):
        array = data.array.copy()
    elif isinstance(data, (np.ndarray, np.generic)):
        array = np.array(data)
    else:
        array = _from_python(data)
        if dtype is None and array.dtype.kind == "f" and not _holds_arrays(data):
            dtype = dtypes.get_default_dtype()
    array = array.astype(dtypes.as_dtype(array.dtype if dtype is None else dtype), copy=False)
    return made(array, requires_grad, device)


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
    return array_of(data)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Any:
    """As `tensor`, without a copy where none is needed."""
    if isinstance(data, Variable):
        return astype(data, dtypes.as_dtype(dtype)) if dtype is not None and dtype != data.array.dtype else data
    if isinstance(data, np.ndarray) and (dtype is None or data.dtype == dtypes.as_dtype(dtype)):
        return from_numpy(data)
    return tensor(data, dtype=dtype, device=device)


asarray = as_tensor


def scalar_tensor(value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A 0-d tensor of one number, float32 unless `dtype` says otherwise."""
    chosen = float_dtype(dtype)
    return made(np.array(_fitting(value, chosen), chosen), requires_grad, device)


def from_numpy(array: np.ndarray) -> Tensor:
    """A tensor that shares the memory of `array`."""
    if not isinstance(array, np.ndarray):
        raise DtypeError(f"from_numpy: got {type(array).__name__}, needs a NumPy array; use tensor() for other data")
    dtypes.as_dtype(array.dtype)
    return wrap(array)


def from_data_or_size(name: str, given: tuple[Any, ...], dtype: np.dtype) -> Any:
    """A tensor of one dtype: of data, which is copied and cast, or unwritten memory of a size."""
    is_size = bool(given) and all(isinstance(n, (int, np.integer)) for n in given)
    if is_size:
        return wrap(np.empty(checked_size(name, given), dtype))
    if len(given) > 1:
        raise ArgumentError(f"{name}: got {len(given)} arguments; it takes data, or whole numbers as the size")
    return wrap(tensor(given[0] if given else ()).array.astype(dtype))


def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """`count` elements, or all there are, from byte `offset` of a bytes-like object on; they share its memory."""
    chosen = dtypes.as_dtype(dtype)
    room = memoryview(buffer).nbytes - offset
    needed = room if count < 0 else count * chosen.itemsize
    if offset < 0 or room <= 0 or count == 0 or needed > room or needed % chosen.itemsize:
        raise ArgumentError(
            f"frombuffer: count {count} of {chosen} from byte {offset} of {room + offset}; needs at least one whole "
            "element, and not more than there are"
        )
    return made(np.frombuffer(buffer, chosen, count, offset), requires_grad)


def _constructor(name: str, dtype: np.dtype) -> Callable[..., Any]:
    def make(*data_or_size: Any) -> Any:
        return from_data_or_size(name, data_or_size, dtype)

    constructor: Any = make
    constructor.__name__ = constructor.__qualname__ = name
    constructor.dtype = dtype
    constructor.__doc__ = f"A tensor of {dtype}: of data, or unwritten memory of a size."
    return make


HalfTensor = _constructor("HalfTensor", dtypes.float16)
FloatTensor = _constructor("FloatTensor", dtypes.float32)
DoubleTensor = _constructor("DoubleTensor", dtypes.float64)
CharTensor = _constructor("CharTensor", dtypes.int8)
ByteTensor = _constructor("ByteTensor", dtypes.uint8)
ShortTensor = _constructor("ShortTensor", dtypes.int16)
IntTensor = _constructor("IntTensor", dtypes.int32)
LongTensor = _constructor("LongTensor", dtypes.int64)
BoolTensor = _constructor("BoolTensor", dtypes.bool_)


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor that shares the memory of another library's array, by the DLPack protocol."""
    if not hasattr(ext_tensor, "__dlpack__"):
        raise DtypeError(f"from_dlpack: {type(ext_tensor).__name__} has no __dlpack__; use tensor() for other data")
    return from_numpy(np.from_dlpack(ext_tensor))


# --- of constants ---------------------------------------------------------------------------------------------------


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **named: Any) -> Tensor:
    """Zeros, float32 by default: `zeros(2, 3)` or `zeros((2, 3))`."""
    return made(np.zeros(_size("zeros", size, named), float_dtype(dtype)), requires_grad, device)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **named: Any) -> Tensor:
    """Ones, float32 by default: `ones(2, 3)` or `ones((2, 3))`."""
    return made(np.ones(_size("ones", size, named), float_dtype(dtype)), requires_grad, device)


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **named: Any) -> Tensor:
    """Numbers that happen to lie in memory, float32 by default: to be written over."""
    return made(np.empty(_size("empty", size, named), float_dtype(dtype)), requires_grad, device)


def _size(name: str, size: tuple[Any, ...], named: dict[str, Any]) -> tuple[int, ...]:
    """The size given by position, or as `size=`."""
    if set(named) - {"size"} or (size and named):
        raise ArgumentError(f"{name}: got {', '.join(named)}; it takes a size, dtype, device and requires_grad")
    return checked_size(name, size if size else named.get("size", size))


def empty_strided(
    size: Sequence[int], stride: Sequence[int], *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """As `empty`, with elements `stride` places apart in memory along each dimension."""
    if len(size) != len(stride):
        raise ShapeError(f"empty_strided: size {tuple(size)} and stride {tuple(stride)} differ in length")
    chosen = float_dtype(dtype)
    last = sum((n - 1) * step for n, step in zip(size, stride, strict=True)) if all(size) else -1
    steps = [step * chosen.itemsize for step in stride]
    array = np.lib.stride_tricks.as_strided(np.empty(last + 1, chosen), size, steps)
    return made(array, requires_grad, device)


def empty_permuted(
    size: Sequence[int],
    physical_layout: Sequence[int],
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """As `empty`, with the dimensions in memory in the order `physical_layout`, outermost first."""
    if sorted(physical_layout) != list(builtins.range(len(size))):
        raise ShapeError(f"empty_permuted: layout {tuple(physical_layout)} is no order of {len(size)} dimensions")
    array = np.empty([size[d] for d in physical_layout], float_dtype(dtype))
    return made(array.transpose(np.argsort(physical_layout)), requires_grad, device)


def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of `size` filled with one value, whose type gives the dtype."""
    chosen = tensor(fill_value).dtype if dtype is None else dtypes.as_dtype(dtype)
    return made(np.full(checked_size("full", (size,)), _fitting(fill_value, chosen), chosen), requires_grad, device)


def _fitting(value: Any, dtype: np.dtype) -> Any:
    """The value in the dtype: -1 fits uint8, as 255; a number beyond its range is an ArgumentError."""
    value = array_of(value)
    return cast(value, dtype) if type(value) is int else value


def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """The identity matrix (n, m)."""
    if n < 0 or (m is not None and m < 0):
        raise ShapeError(f"eye: n {n} and m {m}; needs numbers of at least 0")
    return made(np.eye(n, m, dtype=float_dtype(dtype)), requires_grad, device)


# --- evenly spaced --------------------------------------------------------------------------------------------------


def arange(*bounds: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **named: Any) -> Tensor:
    """start (0), start + step, ... before end: `arange(end)`, `arange(start, end)`, `arange(start, end, step)`."""
    start, end, step = (_number("arange", bound) for bound in _bounds(bounds, named))
    given = (start, end, step)
    whole = all(isinstance(bound, int) for bound in given)
    chosen = dtypes.as_dtype(dtype) if dtype is not None else dtypes.int64 if whole else dtypes.get_default_dtype()
    if chosen.kind != "f":
        start, end, step = int(start), int(end), int(step)
    if step == 0:
        raise ArgumentError("arange: the step is 0")
    if (end - start) * step < 0 or not math.isfinite((end - start) / step):
        raise ArgumentError(
            f"arange: start {start}, end {end}, step {step}; needs finite bounds and a step towards the end"
        )
    exact = chosen == dtypes.int64 or whole  # else PyTorch, too, counts before it cuts off fractions
    count = -((start - end) // step) if exact else math.ceil((given[1] - given[0]) / given[2])
    return made((start + step * np.arange(count)).astype(chosen), requires_grad, device)


def _bounds(bounds: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, Any, Any]:
    names = ("end",) if len(bounds) == 1 and "end" not in named else ("start", "end", "step")
    given = dict(zip(names, bounds, strict=False))
    unknown = set(named) - {"start", "end", "step"} or set(given) & set(named)
    given.update(named)
    if len(bounds) > 3 or unknown or "end" not in given:
        raise ArgumentError(
            f"arange: got {len(bounds)} bounds{''.join(f' and {name}' for name in named)}; "
            "needs (end), (start, end) or (start, end, step)"
        )
    return given.get("start", 0), given["end"], given.get("step", 1)


def _number(name: str, value: Any) -> Any:
    value = array_of(value)
    if isinstance(value, (np.ndarray, np.generic)):
        if value.ndim:
            raise ShapeError(f"{name}: a tensor of shape {value.shape} where a number is needed")
        value = value.item()
    return int(value) if isinstance(value, bool) else value


def range(
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, ... up to end, which is included; PyTorch advises against it, and so it warns."""
    warnings.warn(
        "range: deprecated, since its end is included, unlike Python's range; use arange", MinidlWarning, stacklevel=2
    )
    if end is None:
        raise ArgumentError("range: end is missing; it takes (start, end) or (start, end, step)")
    chosen = float_dtype(dtype)
    start, end, step = (_number("range", bound) for bound in (start, end, step))
    if chosen.kind != "f":
        start, step = int(start), int(step)
    if step == 0 or not (end - start) / step >= 0 or math.isinf(end - start):
        raise ArgumentError(
            f"range: start {start}, end {end}, step {step}; needs finite bounds and a step towards the end"
        )
    count = math.floor((end - start) / step) + 1
    return made((start + step * np.arange(count)).astype(chosen), requires_grad, device)


def linspace(
    start: Any, end: Any, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`steps` numbers evenly spaced from start to end, both included."""
    values = _evenly_spaced("linspace", start, end, steps, float_dtype(dtype))
    return made(values.astype(float_dtype(dtype)), requires_grad, device)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers from base ** start to base ** end, their exponents evenly spaced."""
    exponents = _evenly_spaced("logspace", start, end, steps, float_dtype(dtype))
    return made(np.power(float(base), exponents).astype(float_dtype(dtype)), requires_grad, device)


def _evenly_spaced(name: str, start: Any, end: Any, steps: int, dtype: np.dtype) -> np.ndarray:
    """From both ends towards the middle, so that each end is exact."""
    if not isinstance(steps, int) or steps < 0:
        raise ArgumentError(f"{name}: {steps} steps; needs a whole number of at least 0")
    start, end = _number(name, start), _number(name, end)
    if dtype.kind != "f":
        start, end = int(start), int(end)
    step = (end - start) / (steps - 1) if steps > 1 else 0.0
    i = np.arange(steps)
    return np.where(i < steps / 2, start + step * i, end - step * (steps - 1 - i)) if steps > 1 else start + 0.0 * i


# --- like others ----------------------------------------------------------------------------------------------------


def _like(fill: Callable[..., np.ndarray], input: Any, dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    array = array_of(input)
    return made(fill(array, dtype=array.dtype if dtype is None else dtypes.as_dtype(dtype)), requires_grad, device)


def zeros_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of the size and dtype of `input`."""
    return _like(np.zeros_like, input, dtype, device, requires_grad)


def ones_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of the size and dtype of `input`."""
    return _like(np.ones_like, input, dtype, device, requires_grad)


def empty_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Unwritten memory of the size and dtype of `input`."""
    return _like(np.empty_like, input, dtype, device, requires_grad)


def full_like(
    input: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`fill_value` in the size and dtype of `input`."""
    return _like(
        lambda x, dtype: np.full_like(x, _fitting(fill_value, dtype or x.dtype), dtype=dtype),
        input,
        dtype,
        device,
        requires_grad,
    )
