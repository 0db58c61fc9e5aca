"""Functions over arrays: no Tensor, no graph.

`of(array)` is the one place where CPU or GPU is chosen.  It returns the namespace of kernels for the array's device;
every namespace offers the same names.
"""

from types import ModuleType
from typing import Any

import numpy as np

from ..errors import DeviceError
from . import cpu

LARGE = 1 << 17
"""Elements from which a sum divided among threads beats NumPy's (measured on 2 cores)."""

MIDDLING = 1 << 16
"""Elements from which a function of two arrays of one shape is divided among threads.  Apart it pays from 80,000 on;
in a network each thread finds in its own cache the half that it made: 0.15 of 28 milliseconds of a small GPT's step."""

_ndarray = np.ndarray  # the usual case, asked for by one comparison


def of(array: Any) -> ModuleType:
    """The kernels for the device on which `array` lives."""
    if type(array) is _ndarray or isinstance(array, (np.ndarray, np.generic)):
        return cpu
    raise DeviceError(f"no kernels for {type(array).__name__}: minidl computes on NumPy arrays")
