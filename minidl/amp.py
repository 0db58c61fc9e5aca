"""The namespace `minidl.amp`: computing in a smaller dtype where that does no harm, which minidl does not do."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from .devices import device
from .dtypes import as_dtype, float32
from .errors import DtypeError, MinidlWarning


class autocast:  # noqa: N801 - PyTorch's name
    """A context manager and a decorator that changes nothing: operators compute in the dtype of their tensors.

    So it may be disabled, or ask for float32; another dtype, like PyTorch's own choice for the CPU, bfloat16, is a
    DtypeError.  For "cuda" it disables itself with a warning, as PyTorch's does where there is no GPU.
    """

    def __init__(
        self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        self.device = device(device_type).type
        if enabled and self.device != "cpu":
            warnings.warn(f"autocast: {self.device!r} is not available, so it is disabled", MinidlWarning, stacklevel=2)
        elif enabled and (dtype is None or as_dtype(dtype) != float32):
            asked = "bfloat16, which autocast takes if it is told none" if dtype is None else str(as_dtype(dtype))
            raise DtypeError(
                f"autocast: got dtype {asked}; operators compute in the dtype of their tensors: pass enabled=False or "
                "dtype=minidl.float32, or convert model and data yourself, with .half()"
            )

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def within(*args: Any, **named: Any) -> Any:
            return function(*args, **named)

        return within
