"""Softmax with cross entropy, and its gradient, in one pass over each row."""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial
from .rows import PASS_FROM, greatest, scale_by_sum
from .softmaxes import BLOCK, exp_in_place, less, sum_of

PARALLEL_FROM = 1 << 9
"""Logits from which threads pay (measured on 2 cores)."""


def softmax_cross_entropy(logits: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """logits (N, C), classes (N,) -> losses (N,) = log(sum(exp(logits))) - the class's logit, probabilities (N, C)."""
    logits, targets = np.ascontiguousarray(logits), np.ascontiguousarray(targets, np.int64)
    losses, probabilities = np.empty(len(logits), logits.dtype), np.empty_like(logits)
    _in_parts(logits, targets, losses, probabilities, threads.workers(logits.size, PARALLEL_FROM))
    return losses, probabilities


@parallel
def _in_parts(logits, targets, losses, probabilities, workers):
    for t in prange(workers):
        first, last = t * len(logits) // workers, (t + 1) * len(logits) // workers
        _part(logits[first:last], targets[first:last], losses[first:last], probabilities[first:last])


@serial
def _part(logits, targets, losses, probabilities):
    """Some rows at a time, as in `softmaxes.py`."""
    at_once = max(1, BLOCK // logits.shape[1])
    for first in range(0, len(logits), at_once):
        last = min(first + at_once, len(logits))
        for row in range(first, last):
            less(logits[row], greatest(logits[row]), probabilities[row])
            losses[row] = -probabilities[row, targets[row]]
        exp_in_place(probabilities[first:last].reshape(-1))
        for row in range(first, last):
            total = sum_of(probabilities[row])
            scale_by_sum(probabilities[row], total)
            losses[row] += math.log(total)


def softmax_cross_entropy_gradient(g: np.ndarray, targets: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Gradients of losses g (N,), classes (N,), probabilities (N, C) -> g * (probabilities - 1 at the class) (N, C).

    As an expression of arrays, five passes over memory, it takes four times as long.
    """
    g, targets = np.require(g, None, ["C", "W"]), np.ascontiguousarray(targets, np.int64)
    out = np.empty_like(probabilities)
    _gradient_in_parts(g, targets, probabilities, out, threads.workers(out.size, PASS_FROM))
    return out


@parallel
def _gradient_in_parts(g, targets, probabilities, out, workers):
    for t in prange(workers):
        for row in range(t * len(out) // workers, (t + 1) * len(out) // workers):
            _scaled(probabilities[row], g[row], out[row])
            chosen = targets[row]
            out[row, chosen] = g[row] * (probabilities[row, chosen] - out.dtype.type(1))


@serial
def _scaled(x, factor, y):
    for i in range(x.size):
        y[i] = factor * x[i]
