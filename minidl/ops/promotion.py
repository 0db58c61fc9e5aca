"""Operands in the dtype of their result: PyTorch's promotion (minidl/dtypes.py), applied."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .. import dtypes, kernels
from ..errors import ArgumentError, DtypeError
from ..kernels import LARGE, MIDDLING

_ndarray = np.ndarray
_float32 = dtypes.float32  # the usual dtype, asked for by one comparison

Array = Any
"""A NumPy array, or a tensor when a rule is being recorded."""


def array_of(x: Array) -> Any:
    """The array itself, of a tensor or an array: for decisions that leave no trace in a graph."""
    return getattr(x, "array", x)


def check_floats(name: str, x: Array) -> None:
    """Raise DtypeError unless x holds floats."""
    if x.dtype.kind != "f":
        raise DtypeError(f"{name}: got {x.dtype}, needs a floating dtype; use x.float()")


def aligned(a: Array, b: Array) -> tuple[Array, Array]:
    """Both operands in the dtype of their result; a Python number that NumPy treats alike stays one."""
    kind = type(b)
    if kind is _ndarray:
        if type(a) is _ndarray and a.dtype is b.dtype:
            return a, b
    elif (kind is float or kind is int) and a.dtype.kind == "f":
        return a, b
    dtype = dtypes.result_type(a, b)
    return _wrapped(a, dtype), _wrapped(b, dtype)


def apply(ufunc: Any, x: Array) -> Array:
    """A NumPy function of each element."""
    return ufunc(x) if x.size < LARGE else kernels.of(x).divided(ufunc, x)


def apply_to_floats(ufunc: Any, x: Array) -> Array:
    """A NumPy function of floats; of integers and booleans as the default float."""
    dtype = x.dtype
    if dtype is not _float32 and dtype.kind != "f":
        x = x.astype(dtypes.get_default_dtype())
    return ufunc(x) if x.size < LARGE else kernels.of(x).divided(ufunc, x)


def apply_to_pair(ufunc: Any, a: Array, b: Array) -> Array:
    """A NumPy function of two operands, in the dtype of their result."""
    if not (type(a) is type(b) is _ndarray and a.dtype is b.dtype):
        a, b = aligned(a, b)
        if not isinstance(a, _ndarray):
            return ufunc(a, b)
    elif a.size >= MIDDLING or b.size >= MIDDLING:
        return kernels.of(a).divided(ufunc, a, b)
    return ufunc(a, b) if a.size < LARGE else kernels.of(a).divided(ufunc, a, b)


def apply_to_float_pair(ufunc: Any, a: Array, b: Array) -> Array:
    """The same; integers and booleans as the default float."""
    if not (type(a) is type(b) is _ndarray and a.dtype is b.dtype is _float32):
        a, b = aligned_floats(a, b)
        if not isinstance(a, _ndarray):
            return ufunc(a, b)
    return ufunc(a, b) if a.size < MIDDLING else kernels.of(a).divided(ufunc, a, b)


def _wrapped(value: Array, dtype: np.dtype) -> Array:
    """As `as_dtype`, but a whole number that does not fit keeps its lower bits, as in PyTorch's arithmetic."""
    if type(value) is int and dtype.kind in "iu":
        return as_dtype(value, dtypes.int64).astype(dtype)
    return as_dtype(value, dtype)


def as_dtype(value: Array, dtype: np.dtype) -> Array:
    """An array or a Python number in another dtype.

    Raises ArgumentError for a whole number that does not fit; -1 fits uint8, as 255.
    """
    if hasattr(value, "astype"):
        return value.astype(dtype, copy=False)
    try:
        return dtype.type(value)
    except (OverflowError, ValueError):  # of NaN, too
        if dtype.kind == "u" and -np.iinfo(dtype).max <= value < 0:
            return np.int64(value).astype(dtype)
        raise ArgumentError(f"{value} does not fit into {dtype}") from None


def constant(number: float) -> Any:
    """A number beside arrays of float32, as a ufunc takes it soonest: 0-d, which saves 0.2 microseconds."""
    return _constant(number) if number else number  # zeros have signs, which a cache does not tell apart


@functools.lru_cache(1024)
def _constant(number: float) -> np.ndarray:
    return np.array(number, _float32)


def number_as(name: str, value: Any, x: Array) -> Any:
    """What the operator `name` writes into x: a 0-d tensor in its dtype, or a number that fits into it."""
    if hasattr(value, "dtype"):
        return value.astype(x.dtype)
    if not isinstance(value, (int, float)):
        raise DtypeError(f"{name}: got {value!r} for a tensor of {x.dtype}; needs a real number")
    if x.dtype.kind == "f":
        return value
    try:
        return as_dtype(value, x.dtype)
    except ArgumentError as error:
        raise ArgumentError(f"{name}: {error}") from None


def check_tensors(name: str, *values: Any) -> None:
    """Raise DtypeError unless all are tensors or arrays."""
    for value in values:
        if not hasattr(value, "dtype"):
            kind = type(value).__name__
            raise DtypeError(f"{name}: got {kind} where a tensor is needed; use minidl.tensor(...) on it")


def aligned_floats(a: Array, b: Array) -> tuple[Array, Array]:
    """As `aligned`, integers and booleans becoming the default float."""
    if type(a) is _ndarray and a.dtype.kind == "f":
        return aligned(a, b)
    dtype = dtypes.result_type(a, b)
    dtype = dtype if dtype.kind == "f" else dtypes.get_default_dtype()
    return as_dtype(a, dtype), as_dtype(b, dtype)


def as_float(x: Array) -> Array:
    """Integers and booleans as the default float, floats as they are."""
    dtype = x.dtype
    return x if dtype is _float32 or dtype.kind == "f" else x.astype(dtypes.get_default_dtype())


def at_least_single(x: Array) -> Array:
    """Half precision as float32, for what is computed in several steps; others as they are."""
    return x.astype(dtypes.float32) if x.dtype == dtypes.float16 else x
