"""dtype names, and which dtype an operation on several has.

The rules are PyTorch's: categories are ordered bool < integer < float.  Python numbers and 0-d tensors take part only
when their category is higher than that of all tensors with dimensions; a Python float then means the default float.
"""

from typing import Any

import numpy as np

from .errors import DtypeError

float16 = half = np.dtype(np.float16)
float32 = np.dtype(np.float32)
float64 = double = np.dtype(np.float64)
int8 = np.dtype(np.int8)
int16 = short = np.dtype(np.int16)
int32 = np.dtype(np.int32)
int64 = long = np.dtype(np.int64)
uint8 = np.dtype(np.uint8)
bool_ = np.dtype(np.bool_)

ALL = (float16, float32, float64, int8, int16, int32, int64, uint8, bool_)
_CATEGORIES = {"b": 0, "i": 1, "u": 1, "f": 2}

dtype = np.dtype

_default = [float32]


def get_default_dtype() -> np.dtype:
    """The dtype of tensors made from Python floats."""
    return _default[0]


def set_default_dtype(d: Any) -> None:
    """Make tensors from Python floats float32 (the start), float64 or float16."""
    chosen = as_dtype(d)
    if chosen.kind != "f":
        raise DtypeError(f"set_default_dtype: got {chosen}, needs a floating dtype")
    _default[0] = chosen


def as_dtype(value: Any) -> np.dtype:
    """A dtype that minidl knows, from a dtype, its name, the Python types bool, int, float, or PyTorch's old names.

    Those are classes of tensors, `minidl.FloatTensor` here, or the names of such.
    """
    if isinstance(value, str) and value.endswith("Tensor"):
        value = _OLD_NAMES.get(value.rpartition(".")[2], value)
    elif callable(value) and hasattr(value, "dtype"):
        value = value.dtype
    try:
        chosen = _PYTHON.get(value) or np.dtype(value)
    except TypeError:
        raise DtypeError(f"{value!r} is no dtype; use one of {', '.join(map(str, ALL))}") from None
    if chosen not in ALL:
        raise DtypeError(f"dtype {chosen} is not supported; use one of {', '.join(map(str, ALL))}")
    return chosen


_PYTHON: dict[Any, np.dtype] = {bool: bool_, int: int64, float: float64}


_OLD_NAMES: dict[str, np.dtype] = {
    "HalfTensor": float16,
    "FloatTensor": float32,
    "DoubleTensor": float64,
    "CharTensor": int8,
    "ByteTensor": uint8,
    "ShortTensor": int16,
    "IntTensor": int32,
    "LongTensor": int64,
    "BoolTensor": bool_,
}


def old_name(d: np.dtype) -> str:
    """PyTorch's old name for tensors of a dtype."""
    return next(name for name, dtype in _OLD_NAMES.items() if dtype == d)


def promote(a: np.dtype, b: np.dtype) -> np.dtype:
    """The dtype of an operation on two tensors with dimensions: as NumPy's, but a float meets an integer unchanged."""
    if a == b:
        return a
    rank_a, rank_b = _CATEGORIES[a.kind], _CATEGORIES[b.kind]
    if rank_a != rank_b and max(rank_a, rank_b) == 2:
        return a if rank_a > rank_b else b
    return np.promote_types(a, b)


def result_type(*values: Any) -> np.dtype:
    """The dtype of an operation on arrays and Python numbers, by PyTorch's rules (head of this file)."""
    with_dimensions = None
    zero_dimensional = None
    number = None
    for value in values:
        if isinstance(value, (np.ndarray, np.generic)) or hasattr(value, "dtype"):
            kind = as_dtype(value.dtype)
            if value.ndim:
                with_dimensions = kind if with_dimensions is None else promote(with_dimensions, kind)
            else:
                zero_dimensional = kind if zero_dimensional is None else promote(zero_dimensional, kind)
        else:
            kind = _dtype_of_number(value)
            number = kind if number is None else promote(number, kind)
    result = with_dimensions
    for weaker in (zero_dimensional, number):
        if result is None or (weaker is not None and _CATEGORIES[weaker.kind] > _CATEGORIES[result.kind]):
            result = weaker
    if result is None:
        raise DtypeError("result_type: nothing given; it needs a tensor or a number")
    return result


def _dtype_of_number(value: Any) -> np.dtype:
    if isinstance(value, bool):
        return bool_
    if isinstance(value, int):
        return int64
    if isinstance(value, float):
        return _default[0]
    raise DtypeError(f"got {type(value).__name__} where a tensor or a number is needed; use minidl.tensor(...) on it")


def is_floating(d: np.dtype) -> bool:
    """Whether gradients exist for this dtype."""
    return d.kind == "f"


def promote_types(type1: Any, type2: Any) -> np.dtype:
    """The dtype of an operation on tensors of these two."""
    return promote(as_dtype(type1), as_dtype(type2))


def can_cast(from_: Any, to: Any) -> bool:
    """Whether values of one dtype may be written into another: not floats into integers, not numbers into booleans."""
    return _CATEGORIES[as_dtype(from_).kind] <= _CATEGORIES[as_dtype(to).kind]


class finfo:  # noqa: N801 - PyTorch's name
    """The limits of a floating dtype, the default one if left out."""

    def __init__(self, type: Any = None) -> None:
        chosen = _default[0] if type is None else as_dtype(type)
        if chosen.kind != "f":
            raise DtypeError(f"finfo: {chosen} is no floating dtype; use iinfo")
        limits = np.finfo(chosen)
        self.dtype = str(chosen)
        self.bits = limits.bits
        self.eps = float(limits.eps)
        self.max = float(limits.max)
        self.min = float(limits.min)
        self.tiny = self.smallest_normal = float(limits.tiny)
        self.resolution = 10.0**-limits.precision

    def __repr__(self) -> str:
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        return f"finfo({', '.join(f'{name}={getattr(self, name):g}' for name in names)}, dtype={self.dtype})"


class iinfo:  # noqa: N801 - PyTorch's name
    """The limits of an integer dtype."""

    def __init__(self, type: Any) -> None:
        chosen = as_dtype(type)
        if chosen.kind not in "iu":
            raise DtypeError(f"iinfo: {chosen} is no integer dtype; use finfo")
        limits = np.iinfo(chosen)
        self.dtype = str(chosen)
        self.bits = limits.bits
        self.max = int(limits.max)
        self.min = int(limits.min)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
