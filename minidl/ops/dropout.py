"""Dropout (Srivastava et al. 2014)."""

from __future__ import annotations

import numpy as np

from ..errors import ArgumentError
from ..random import Generator, numpy_generator
from .promotion import Array, check_floats


def dropout(input: Array, p: float = 0.5, training: bool = True, *, generator: Generator | None = None) -> Array:
    """In training, each element is zero with probability p and otherwise scaled by 1 / (1 - p)."""
    if not 0 <= p <= 1:
        raise ArgumentError(f"dropout: p={p}; a probability is from 0 to 1")
    check_floats("dropout", input)
    if not training or p == 0:
        return input
    if p == 1:
        return input * 0
    kept = numpy_generator(generator).random(input.shape, np.float32) >= p
    return input * (kept * input.dtype.type(1 / (1 - p)))
