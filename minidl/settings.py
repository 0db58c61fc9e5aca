"""Settings that PyTorch has for a whole program.

What minidl computes is deterministic and in the precision of its dtypes anyhow, on the CPU: here the settings are
checked and remembered, so that a program that makes and asks for them runs.
"""

from __future__ import annotations

import warnings
from typing import Any

from .devices import device
from .dtypes import as_dtype, set_default_dtype
from .errors import ArgumentError, DeviceError, DtypeError, MinidlWarning

_PRECISIONS = ("highest", "high", "medium")
_DEBUG_MODES = ("default", "warn", "error")

_chosen: dict[str, Any] = {"debug_mode": 0, "precision": "highest", "warn_always": False}

# --- determinism -----------------------------------------------------------------------------------------------------


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for algorithms that give the same result each time: minidl has no others."""
    if not isinstance(mode, bool):
        raise DtypeError(f"use_deterministic_algorithms: got {mode!r}, needs True or False")
    _chosen["debug_mode"] = 0 if not mode else 1 if warn_only else 2


def are_deterministic_algorithms_enabled() -> bool:
    """What `use_deterministic_algorithms` was last told."""
    return _chosen["debug_mode"] > 0


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether it was told to warn only."""
    return _chosen["debug_mode"] == 1


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """The same by a number or a word: 0 "default", 1 "warn", 2 "error"."""
    number = _DEBUG_MODES.index(debug_mode) if debug_mode in _DEBUG_MODES else debug_mode
    if number not in (0, 1, 2):
        raise ArgumentError(f"set_deterministic_debug_mode: {debug_mode!r}; needs one of {', '.join(_DEBUG_MODES)}")
    _chosen["debug_mode"] = int(number)


def get_deterministic_debug_mode() -> int:
    """0, 1 or 2: see `set_deterministic_debug_mode`."""
    return _chosen["debug_mode"]


# --- precision -------------------------------------------------------------------------------------------------------


def set_float32_matmul_precision(precision: str) -> None:
    """ "highest", "high" or "medium": products of float32 are of float32 here, whatever is allowed."""
    if precision not in _PRECISIONS:
        raise ArgumentError(f"set_float32_matmul_precision: {precision!r}; needs one of {', '.join(_PRECISIONS)}")
    _chosen["precision"] = precision


def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` was last told."""
    return _chosen["precision"]


def set_default_tensor_type(t: Any) -> None:
    """The default dtype by an old class of tensors, `minidl.DoubleTensor` or its name."""
    dtype = as_dtype(t)
    if dtype.kind != "f":
        raise DtypeError(f"set_default_tensor_type: got {dtype}, needs a floating dtype; use minidl.FloatTensor")
    set_default_dtype(dtype)


# --- where, and what is told -----------------------------------------------------------------------------------------


def set_default_device(device: Any) -> None:
    """Where tensors are made: the CPU, or None for it."""
    name = str(getattr(device, "type", device)).partition(":")[0]
    if device is not None and name != "cpu":
        raise DeviceError(
            f"set_default_device: device {str(device)!r} is not available: this version computes on the CPU; use 'cpu'"
        )


def get_default_device() -> device:
    """Where tensors are made: the CPU."""
    return device("cpu")


def set_warn_always(b: bool) -> None:
    """Python's own filters decide how often warnings are shown; this is remembered."""
    _chosen["warn_always"] = bool(b)


def is_warn_always_enabled() -> bool:
    """What `set_warn_always` was last told."""
    return _chosen["warn_always"]


def set_flush_denormal(mode: bool) -> bool:
    """False, for it cannot be chosen: numbers below the normal ones are kept."""
    if mode:
        warnings.warn(
            "set_flush_denormal: not possible here, so numbers below the normal ones are kept",
            MinidlWarning,
            stacklevel=2,
        )
    return False
