"""Functions of each element that NumPy lacks, written for one number and compiled into NumPy's form, the ufunc.

    @elementwise
    def silu(real):
        one = real(1)
        return lambda x: x / (one + exp(-x))

`real` is float32 or float64: a constant of another type would widen the whole loop.  What comes out is called with
arrays, broadcasts and allocates as NumPy's own do, for small arrays as quickly; large ones are divided among threads.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import vectorize

from .. import LARGE
from .half import also_in_half_precision
from .loops import BLOCK, divided

_float32 = np.dtype(np.float32)


def elementwise(define: Callable[[Any], Callable[..., Any]]) -> Callable[..., Any]:
    """A kernel of arrays, of which the first tells the dtype; others may be Python numbers."""
    return _kernel(define, LARGE)


def elementwise_with_numbers(define: Callable[[Any], Callable[..., Any]]) -> Callable[..., Any]:
    """The same, for functions whose last arguments usually are numbers, with which NumPy's way is slow early."""
    return _kernel(define, 4 * BLOCK)


def _kernel(define: Callable[[Any], Callable[..., Any]], large: int) -> Callable[..., Any]:
    compiled = functools.cache(functools.partial(_compiled, define))
    single: Any = None  # of float32, the usual dtype, asked for by one comparison

    def at_any_size(*arrays: Any) -> Any:
        nonlocal single
        x = arrays[0]
        ufunc = compiled(x.dtype.char)
        if x.dtype is _float32:
            single = ufunc
        return ufunc(*arrays) if x.size < large else divided(ufunc, *arrays)

    in_any_dtype = also_in_half_precision(at_any_size)

    @functools.wraps(define)
    def kernel(*arrays: Any) -> Any:
        x = arrays[0]
        if single is not None and x.dtype is _float32 and x.size < large:
            return single(*arrays)
        return in_any_dtype(*arrays)

    return kernel


def _compiled(define: Callable[[Any], Callable[..., Any]], char: str) -> np.ufunc:
    """The ufunc for one dtype.  An argument named `condition` is of booleans."""
    dtype = np.dtype(char)
    name = dtype.name
    function = define(dtype.type)
    code = function.__code__
    inputs = ["boolean" if word == "condition" else name for word in code.co_varnames[: code.co_argcount]]
    made: Any = vectorize([f"{name}({', '.join(inputs)})"], nopython=True, cache=True, fastmath={"contract"})(function)
    return made.ufunc
