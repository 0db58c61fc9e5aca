"""Activation functions.  NumPy computes small arrays; where numba's passes are faster, large ones go there."""

from __future__ import annotations

import numpy as np

PASS_FROM = 1 << 13
"""Elements from which one jitted pass beats NumPy's several (measured on 2 cores)."""


def _passes(x: np.ndarray) -> bool:
    return x.size >= PASS_FROM and x.dtype.char in "fd"


def tanh(x: np.ndarray) -> np.ndarray:
    """The hyperbolic tangent; NumPy's own is the fastest at every size."""
    return np.tanh(x)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)).  Where exp(-x) overflows to infinity the result is the right one, zero."""
    if _passes(x):
        from . import elementwise

        return elementwise.sigmoid(x)
    return 1 / (1 + np.exp(-x))


def erf(x: np.ndarray) -> np.ndarray:
    """The error function."""
    if x.dtype == np.float32 and _passes(x):
        from . import elementwise

        return elementwise.erf(x)
    import scipy.special

    return np.asarray(scipy.special.erf(x)).astype(x.dtype, copy=False)


def relu(x: np.ndarray) -> np.ndarray:
    """max(x, 0); NaN stays NaN."""
    if _passes(x):
        from . import elementwise

        return elementwise.leaky_relu(x, 0.0)
    return np.maximum(x, 0)


def gate(g: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Zero where y <= 0, else g, also where y is NaN; both of one shape."""
    if _passes(y) and g.dtype == y.dtype:
        from . import elementwise

        return elementwise.gate(g, y)
    return np.where(y <= 0, g.dtype.type(0), g)


def leaky_relu(x: np.ndarray, negative_slope: float) -> np.ndarray:
    """x where x > 0, else negative_slope * x."""
    if _passes(x):
        from . import elementwise

        return elementwise.leaky_relu(x, negative_slope)
    return np.maximum(x, 0) + np.minimum(x, 0) * x.dtype.type(negative_slope)


def elu(x: np.ndarray, alpha: float) -> np.ndarray:
    """x where x > 0, else alpha * (exp(x) - 1) (Clevert et al. 2016)."""
    return np.maximum(x, 0) + np.expm1(np.minimum(x, 0)) * x.dtype.type(alpha)


def softplus(x: np.ndarray, beta: float, threshold: float) -> np.ndarray:
    """log(1 + exp(beta * x)) / beta; x itself where beta * x > threshold."""
    scaled = x * x.dtype.type(beta)
    y = (np.maximum(scaled, 0) + np.log1p(np.exp(-np.abs(scaled)))) / x.dtype.type(beta)
    return np.where(scaled > threshold, x, y)


def logsigmoid(x: np.ndarray) -> np.ndarray:
    """log(sigmoid(x)) = min(x, 0) - log(1 + exp(-|x|))."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def softmax(x: np.ndarray, axis: int) -> np.ndarray:
    """exp(x) / sum(exp(x)) along an axis, the greatest taken out first so that nothing overflows."""
    if _passes(x) and axis in (-1, x.ndim - 1):
        from . import elementwise

        return elementwise.softmax_rows(x)
    y = _less_greatest(x, axis)
    np.exp(y, out=y)
    y /= y.sum(axis=axis, keepdims=True)
    return y


def log_softmax(x: np.ndarray, axis: int) -> np.ndarray:
    """x - log(sum(exp(x))) along an axis."""
    if _passes(x) and axis in (-1, x.ndim - 1):
        from . import elementwise

        return elementwise.log_softmax_rows(x)
    y = _less_greatest(x, axis)
    if y.size == 0:
        return y
    y -= np.log(np.exp(y).sum(axis=axis, keepdims=True))
    return y


def _less_greatest(x: np.ndarray, axis: int) -> np.ndarray:
    """A fresh x - max(x), in which a row of -inf has no value: NaN."""
    if x.size == 0:
        return x.copy()
    return np.asarray(x - x.max(axis=axis if x.ndim else None, keepdims=True))
