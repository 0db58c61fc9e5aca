"""Softmax with cross entropy, and its gradient, in one pass over each row."""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial
from .layout import channels_last, empty_channels_last
from .rows import PASS_FROM, greatest, scale_by_sum
from .softmaxes import BLOCK, exp_in_place, less, sum_of

PARALLEL_FROM = 1 << 9
"""Logits from which threads pay (measured on 2 cores)."""


def softmax_cross_entropy(logits: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """logits (N, C, ...), classes (N, ...) -> losses (N, ...) = log(sum(exp(logits))) - the class's logit, and
    probabilities (N * ..., C): those of each place are a row, as they lie where channels are last."""
    rows = channels_last(logits).reshape(-1, logits.shape[1])
    losses, probabilities = np.empty(targets.shape, logits.dtype), np.empty_like(rows)
    workers = threads.workers(logits.size, PARALLEL_FROM)
    _in_parts(rows, _in_a_row(targets), losses.reshape(-1), probabilities, workers)
    return losses, probabilities


def _in_a_row(targets: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(targets, np.int64).reshape(-1)


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
    """Gradients of losses g (N, ...), classes (N, ...), probabilities (N * ..., C) -> (N, C, ...), channels-last:
    g * (probabilities - 1 at the class).

    As an expression of arrays, five passes over memory, it takes four times as long.
    """
    g = np.require(g, None, ["C", "W"]).reshape(-1)
    out = empty_channels_last((len(targets), probabilities.shape[1], *targets.shape[1:]), probabilities.dtype)
    rows = channels_last(out).reshape(probabilities.shape)
    _gradient_in_parts(g, _in_a_row(targets), probabilities, rows, threads.workers(out.size, PASS_FROM))
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
