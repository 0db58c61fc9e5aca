"""`minidl.utils.dlpack`: memory shared with other libraries."""

from __future__ import annotations

from typing import Any

from ..ops import creation
from ..tensor import Tensor


def to_dlpack(tensor: Tensor) -> Any:
    """The tensor's memory in a DLPack capsule, which one other library can take."""
    return tensor.__dlpack__()


class _OnTheCpu:
    """A capsule, with the words by which arrays ask for one today."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **options: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor that shares the memory of another library's array, or of a capsule."""
    is_capsule = type(ext_tensor).__name__ == "PyCapsule"
    return creation.from_dlpack(_OnTheCpu(ext_tensor) if is_capsule else ext_tensor)
