"""The namespace `minidl.utils`, for programs that come from PyTorch."""

from . import dlpack

__all__ = ["dlpack"]
