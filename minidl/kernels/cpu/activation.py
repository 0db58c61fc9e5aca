"""Activation functions that NumPy computes, alone or while arrays are small."""

from __future__ import annotations

import numpy as np

from .layout import laid_out_like


def tanh(x: np.ndarray) -> np.ndarray:
    """The hyperbolic tangent; NumPy's own is the fastest at every size."""
    return np.tanh(x)


def gate(y: np.ndarray, g: np.ndarray) -> np.ndarray:
    """g where y > 0 or is NaN, else zero; of the shape, and in the memory order, of y."""
    from . import elementwise

    return elementwise.gate(y, laid_out_like(g, y))
