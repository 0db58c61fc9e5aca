"""One pass over a parameter for each optimizer's step, in place.

Arrays may lie in any order in memory; scalars are taken in the parameter's own precision, as PyTorch does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial
from .layout import dense, flat, laid_out_like

PASS_FROM = 1 << 10
"""Elements from which one jitted pass beats NumPy's two (measured on 2 cores)."""

PARALLEL_FROM = 1 << 14
"""Elements from which threads pay (measured on 2 cores)."""


def gradient_descent_step(param: np.ndarray, grad: np.ndarray, lr: float, weight_decay: float) -> None:
    """w -= lr * (g + weight_decay * w)"""
    if param.size < PASS_FROM:
        param -= param.dtype.type(lr) * (grad + weight_decay * param if weight_decay else grad)
        return
    _step(_gradient_descent_parts, param, grad, (), (lr, weight_decay))


def momentum_step(
    param: np.ndarray, grad: np.ndarray, velocity: np.ndarray, lr: float, beta: float, weight_decay: float
) -> None:
    """v = beta * v + (1 - beta) * g;  w -= lr * v"""
    _step(_sgd_parts, param, grad, (velocity,), (lr, beta, 1 - beta, weight_decay, 1.0, 0.0))


def sgd_step(
    param: np.ndarray,
    grad: np.ndarray,
    buffer: np.ndarray,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
) -> None:
    """b = momentum * b + (1 - dampening) * g;  w -= lr * (g + momentum * b if nesterov else b)

    PyTorch starts with b = g: call the first step with a buffer of zeros and dampening 0.
    """
    along_buffer, along_gradient = (momentum, 1.0) if nesterov else (1.0, 0.0)
    scalars = (lr, momentum, 1 - dampening, weight_decay, along_buffer, along_gradient)
    _step(_sgd_parts, param, grad, (buffer,), scalars)


def rmsprop_step(
    param: np.ndarray,
    grad: np.ndarray,
    square_average: np.ndarray,
    lr: float,
    beta: float,
    eps: float,
    correction: float,
    weight_decay: float,
) -> None:
    """s = beta * s + (1 - beta) * g**2;  w -= lr * g / sqrt(s / correction + eps)"""
    scalars = (lr, beta, 1 - beta, eps, 1 / correction, weight_decay)
    _step(_rmsprop_parts, param, grad, (square_average,), scalars)


def adam_step(
    param: np.ndarray,
    grad: np.ndarray,
    exp_avg: np.ndarray,
    exp_avg_sq: np.ndarray,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    correction1: float,
    correction2: float,
) -> None:
    """m = b1 * m + (1 - b1) * g;  v = b2 * v + (1 - b2) * g**2;  w -= lr / c1 * m / (sqrt(v) / sqrt(c2) + eps)

    Kingma & Ba 2015, algorithm 1, in PyTorch's order of operations.
    """
    scalars = (lr / correction1, beta1, 1 - beta1, beta2, 1 - beta2, eps, weight_decay, correction2**0.5)
    _step(_adam_parts, param, grad, (exp_avg, exp_avg_sq), scalars)


def _step(
    kernel: Callable[..., None],
    param: np.ndarray,
    grad: np.ndarray,
    states: tuple[np.ndarray, ...],
    scalars: tuple[float, ...],
) -> None:
    """Run a kernel over all arrays in the memory order of the parameter; what had to be copied is copied back.

    numba has no arithmetic on float16: such parameters pass through float32.
    """
    model = dense(param) if param.dtype.char in "fd" else param.astype(np.float32)
    laid_out: list[np.ndarray] = [
        model,
        laid_out_like(grad, model),
        *(laid_out_like(s, model) for s in states),
    ]
    arguments: list[Any] = [*map(flat, laid_out), *map(float, scalars)]
    kernel(*arguments, threads.workers(model.size, PARALLEL_FROM))
    for original, updated in zip((param, *states), (model, *laid_out[2:]), strict=True):
        if updated is not original:
            original[...] = updated


@serial
def _gradient_descent(w, g, lr, weight_decay):
    rate, decay = w.dtype.type(lr), w.dtype.type(weight_decay)
    for i in range(w.size):
        w[i] -= rate * (g[i] + decay * w[i])


@parallel
def _gradient_descent_parts(w, g, lr, weight_decay, workers):
    for t in prange(workers):
        i, j = t * w.size // workers, (t + 1) * w.size // workers
        _gradient_descent(w[i:j], g[i:j], lr, weight_decay)


@serial
def _sgd(w, g, b, lr, momentum, share, weight_decay, along_buffer, along_gradient):
    real = w.dtype.type
    rate, kept, added, decay = real(lr), real(momentum), real(share), real(weight_decay)
    ahead, behind = real(along_buffer), real(along_gradient)
    for i in range(w.size):
        gradient = g[i] + decay * w[i]
        b[i] = kept * b[i] + added * gradient
        w[i] -= rate * (ahead * b[i] + behind * gradient)


@parallel
def _sgd_parts(w, g, b, lr, momentum, share, weight_decay, along_buffer, along_gradient, workers):
    for t in prange(workers):
        i, j = t * w.size // workers, (t + 1) * w.size // workers
        _sgd(w[i:j], g[i:j], b[i:j], lr, momentum, share, weight_decay, along_buffer, along_gradient)


@serial
def _rmsprop(w, g, s, lr, beta, share, eps, factor, weight_decay):
    real = w.dtype.type
    rate, kept, added = real(lr), real(beta), real(share)
    small, corrected, decay = real(eps), real(factor), real(weight_decay)
    for i in range(w.size):
        gradient = g[i] + decay * w[i]
        s[i] = kept * s[i] + added * gradient * gradient
        w[i] -= rate * gradient / np.sqrt(s[i] * corrected + small)


@parallel
def _rmsprop_parts(w, g, s, lr, beta, share, eps, factor, weight_decay, workers):
    for t in prange(workers):
        i, j = t * w.size // workers, (t + 1) * w.size // workers
        _rmsprop(w[i:j], g[i:j], s[i:j], lr, beta, share, eps, factor, weight_decay)


@serial
def _adam(w, g, m, v, lr, beta1, share1, beta2, share2, eps, weight_decay, root):
    real = w.dtype.type
    rate, kept1, added1, kept2, added2 = real(lr), real(beta1), real(share1), real(beta2), real(share2)
    small, decay, scale = real(eps), real(weight_decay), real(root)
    for i in range(w.size):
        gradient = g[i] + decay * w[i]
        m[i] = kept1 * m[i] + added1 * gradient
        v[i] = kept2 * v[i] + added2 * gradient * gradient
        w[i] -= rate * m[i] / (np.sqrt(v[i]) / scale + small)


@parallel
def _adam_parts(w, g, m, v, lr, beta1, share1, beta2, share2, eps, weight_decay, root, workers):
    for t in prange(workers):
        i, j = t * w.size // workers, (t + 1) * w.size // workers
        _adam(
            w[i:j], g[i:j], m[i:j], v[i:j], lr, beta1, share1, beta2, share2, eps, weight_decay, root
        )  # fmt: skip
