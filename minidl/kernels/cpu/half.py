"""float16, on which numba has no arithmetic: such arrays pass through float32."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np


def also_in_half_precision(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """The kernel for arrays of float16 too; its first argument tells which they are."""

    @wraps(kernel)
    def call(*arguments: Any) -> Any:
        if arguments[0].dtype.char != "e":
            return kernel(*arguments)
        results = kernel(*(_converted(a, "e", np.float32) for a in arguments))
        if isinstance(results, tuple):
            return tuple(_converted(result, "f", np.float16) for result in results)
        return _converted(results, "f", np.float16)

    return call


def _converted(value: Any, from_char: str, dtype: Any) -> Any:
    converts = isinstance(value, (np.ndarray, np.generic)) and value.dtype.char == from_char
    return value.astype(dtype) if converts else value
