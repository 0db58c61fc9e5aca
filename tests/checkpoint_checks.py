"""What the tests of save and load compare with."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from minidl.errors import CheckpointError
from minidl.tensor import Tensor


def identical(loaded: Any, saved: Any) -> bool:
    """Same structure, types and bits; where arrays were saved, tensors are expected."""
    if isinstance(saved, (Tensor, np.ndarray, np.generic)):
        array = saved.detach().numpy() if isinstance(saved, Tensor) else np.asarray(saved)
        return (
            type(loaded) is Tensor
            and loaded.dtype == array.dtype
            and tuple(loaded.shape) == array.shape
            and loaded.numpy().tobytes() == array.tobytes()
        )
    if type(loaded) is not type(saved):
        return False
    if isinstance(saved, dict):
        same_keys = list(map(repr, loaded)) == list(map(repr, saved))
        return same_keys and all(identical(loaded[key], saved[key]) for key in saved)
    if isinstance(saved, (list, tuple)):
        return len(loaded) == len(saved) and all(map(identical, loaded, saved))
    if isinstance(saved, float):
        return struct.pack("d", loaded) == struct.pack("d", saved)
    return bool(loaded == saved)


def refusal(action: Callable[..., Any], *args: Any) -> str:
    """The message of the CheckpointError, which stands on one line."""
    with pytest.raises(CheckpointError) as caught:
        action(*args)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message
