"""Activation functions in one pass over memory, the elements or rows divided among threads."""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from .. import threads
from .exponential import exp
from .jit import parallel, serial, serial_sum
from .layout import dense, flat, laid_out_like


def sigmoid(x: np.ndarray) -> np.ndarray:
    x = dense(x)
    y = np.empty_like(x)
    _sigmoid(flat(x), flat(y), threads.get_num_threads())
    return y


def leaky_relu(x: np.ndarray, negative_slope: float) -> np.ndarray:
    x = dense(x)
    y = np.empty_like(x)
    _leaky_relu(flat(x), flat(y), negative_slope, threads.get_num_threads())
    return y


def gate(g: np.ndarray, y: np.ndarray) -> np.ndarray:
    y = dense(y)
    out = np.empty_like(y)
    _gate(flat(laid_out_like(g, out)), flat(y), flat(out), threads.get_num_threads())
    return out


def softmax_rows(x: np.ndarray) -> np.ndarray:
    """Softmax along the last axis."""
    x = np.ascontiguousarray(x)
    y = np.empty_like(x)
    _softmax(x.reshape(-1, x.shape[-1]), y.reshape(-1, x.shape[-1]), threads.get_num_threads())
    return y


def log_softmax_rows(x: np.ndarray) -> np.ndarray:
    """Log-softmax along the last axis."""
    x = np.ascontiguousarray(x)
    y = np.empty_like(x)
    _log_softmax(x.reshape(-1, x.shape[-1]), y.reshape(-1, x.shape[-1]), threads.get_num_threads())
    return y


@parallel
def _sigmoid(x, y, workers):
    for t in prange(workers):
        first, last = t * x.size // workers, (t + 1) * x.size // workers
        _sigmoid_part(x[first:last], y[first:last])


@serial
def _sigmoid_part(x, y):
    one = x.dtype.type(1)
    for i in range(x.size):
        y[i] = one / (one + exp(-x[i]))


def erf(x: np.ndarray) -> np.ndarray:
    x = dense(x)
    y = np.empty_like(x)
    _erf(flat(x), flat(y), threads.get_num_threads())
    return y


@parallel
def _erf(x, y, workers):
    for t in prange(workers):
        first, last = t * x.size // workers, (t + 1) * x.size // workers
        _erf_part(x[first:last], y[first:last])


@serial
def _erf_part(x, y):
    """x p(x^2) / q(x^2) on [-4, 4], outside which float32 cannot tell the result from -1 and 1.

    The coefficients are the minimax ones of Eigen's `generic_fast_erf_float`; the error is below 4e-7.
    """
    f = np.float32
    for i in range(x.size):
        v = min(max(x[i], f(-4)), f(4)) if x[i] == x[i] else x[i]
        s = v * v
        p = f(-2.72614225801306e-10)
        p = p * s + f(2.77068142495902e-08)
        p = p * s + f(-2.10102402082508e-06)
        p = p * s + f(-5.69250639462346e-05)
        p = p * s + f(-7.34990630326855e-04)
        p = p * s + f(-2.95459980854025e-03)
        p = p * s + f(-1.60960333262415e-02)
        q = f(-1.45660718464996e-05)
        q = q * s + f(-2.13374055278905e-04)
        q = q * s + f(-1.68282697438203e-03)
        q = q * s + f(-7.37332916720468e-03)
        q = q * s + f(-1.42647390514189e-02)
        y[i] = v * p / q


@parallel
def _leaky_relu(x, y, slope, workers):
    for t in prange(workers):
        first, last = t * x.size // workers, (t + 1) * x.size // workers
        _leaky_relu_part(x[first:last], y[first:last], slope)


@serial
def _leaky_relu_part(x, y, slope):
    """A slope of zero is relu, whose -inf gives 0 and not the NaN of 0 * -inf."""
    zero, factor = x.dtype.type(0), x.dtype.type(slope)
    if slope == 0:
        for i in range(x.size):
            y[i] = zero if x[i] <= zero else x[i]
    else:
        for i in range(x.size):
            y[i] = factor * x[i] if x[i] <= zero else x[i]


@parallel
def _gate(g, y, out, workers):
    for t in prange(workers):
        first, last = t * y.size // workers, (t + 1) * y.size // workers
        _gate_part(g[first:last], y[first:last], out[first:last])


@serial
def _gate_part(g, y, out):
    zero = g.dtype.type(0)
    for i in range(g.size):
        out[i] = zero if y[i] <= zero else g[i]


@parallel
def _softmax(x, y, workers):
    for t in prange(workers):
        for row in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            scale_by_sum(y[row], exp_less(x[row], greatest(x[row]), y[row]))


@parallel
def _log_softmax(x, y, workers):
    for t in prange(workers):
        for row in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            top = greatest(x[row])
            total = exp_less(x[row], top, y[row])
            _less(x[row], top, x.dtype.type(math.log(total)), y[row])


@serial
def _less(x, top, log_total, y):
    for i in range(x.size):
        y[i] = (x[i] - top) - log_total


@serial
def scale_by_sum(y, total):
    """y / total, in place."""
    for i in range(y.size):
        y[i] /= total


@serial
def greatest(x):
    """The greatest number, or -inf; NaN is passed over.  Four running maxima wait less for one another."""
    lowest = x.dtype.type(-np.inf)
    a, b, c, d = lowest, lowest, lowest, lowest
    whole = x.size // 4 * 4
    for i in range(0, whole, 4):
        a = x[i] if x[i] > a else a
        b = x[i + 1] if x[i + 1] > b else b
        c = x[i + 2] if x[i + 2] > c else c
        d = x[i + 3] if x[i + 3] > d else d
    for i in range(whole, x.size):
        a = x[i] if x[i] > a else a
    a, c = b if b > a else a, d if d > c else c
    return c if c > a else a


@serial_sum
def exp_less(x, top, y):
    """y = exp(x - top); returns the sum of y."""
    for i in range(x.size):
        y[i] = exp(x[i] - top)
    total = x.dtype.type(0)
    for i in range(x.size):
        total += y[i]
    return total
