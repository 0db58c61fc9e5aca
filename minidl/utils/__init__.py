"""The namespace `minidl.utils`, for programs that come from PyTorch."""

import importlib
from typing import Any

from . import dlpack


def __getattr__(name: str) -> Any:
    """`minidl.utils.data`, loaded when it is first named."""
    if name != "data":
        raise AttributeError(f"minidl.utils has no attribute {name!r}")
    return importlib.import_module(".data", __name__)


__all__ = ["data", "dlpack"]
