"""Recurrent layers over whole sequences: step by step a product by BLAS, and one pass over the gates.

A batch of sequences lies as rows (R, features): the rows of the first step, then those of the second, and so on.
`starts[k]` and `counts[k]` tell, in the order in which the steps are walked, where a step begins and how many sequences
are in it.  Sequences are sorted by falling length, so these are always the first ones.  A sequence that is in no step
keeps its state: walked forwards it has ended, walked backwards it has not yet begun.

No sequence needs another one's values, so threads divide the batch and never wait for each other.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import threads
from .blas import multiply
from .jit import parallel
from .recurrent_cells import (
    add_rows,
    copy_rows,
    fill_rows,
    gru_cell,
    gru_cell_gradient,
    lstm_cell,
    lstm_cell_gradient,
    relu_gradient,
    tanh_gradient,
    to_relu,
    to_tanh,
)

PARALLEL_FROM = 1 << 18
"""Multiplications in a whole sequence from which dividing the batch pays."""


def previous_rows(rows: np.ndarray, initial: np.ndarray, starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """For each row the one of the same sequence a step before; from `initial` (N, features) where there is none."""
    previous = np.empty_like(rows)
    start, known = 0, 0
    for here, count in zip(starts.tolist(), counts.tolist(), strict=True):
        both = min(known, count)
        previous[here : here + both] = rows[start : start + both]
        previous[here + both : here + count] = initial[both:count]
        start, known = here, count
    return previous


def rnn_forward(
    projected: np.ndarray, h0: np.ndarray, weight: np.ndarray, starts: np.ndarray, counts: np.ndarray, relu: bool
) -> tuple[np.ndarray, np.ndarray]:
    """h' = f(projected + weight h), f tanh or relu, with projected (R, H), h0 (N, H), weight (H, H) (Elman 1990).

    Writes into `projected`.  Returns the states after each step (R, H), and the last ones (N, H).
    """
    h = np.array(h0, order="C")
    _rnn_steps(projected, _ready(weight), starts, counts, relu, h, _workers(projected, h))
    return projected, h


def rnn_backward(
    g: np.ndarray, g_h: np.ndarray, outputs: np.ndarray, weight: np.ndarray, starts: np.ndarray, counts: np.ndarray,
    relu: bool,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Gradients of `rnn_forward` in projected and h0, from those of its two results."""
    dh = np.array(g_h, order="C")
    d = np.empty_like(outputs)
    _rnn_steps_back(_ready(g), outputs, _ready(weight), starts, counts, relu, d, dh, _workers(d, dh))
    return d, dh


def lstm_forward(
    projected: np.ndarray, h0: np.ndarray, c0: np.ndarray, weight: np.ndarray, projection: np.ndarray | None,
    starts: np.ndarray, counts: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).

    i, f, o = sigmoid and g = tanh of the parts of projected + weight h;  c' = f c + i g;  h' = projection (o tanh(c')).

    projected (R, 4H) in the order i, f, g, o; h0 (N, P), c0 (N, H), weight (4H, P); projection (P, H), or None: P is H
    Writes into `projected`.  Returns the outputs (R, P), the last h and c, the gates (R, 4H) and the cells (R, H).
    """
    h, c = np.array(h0, order="C"), np.array(c0, order="C")
    cells = np.empty((len(projected), c.shape[1]), projected.dtype)
    outputs = np.empty((len(projected), h.shape[1]), projected.dtype)
    unprojected = outputs if projection is None else np.empty_like(cells)
    _lstm_steps(
        projected, _ready(weight), _matrix(projection, projected), starts, counts,
        cells, unprojected, outputs, h, c, _workers(projected, h),
    )  # fmt: skip
    return outputs, h, c, projected, cells


def lstm_backward(
    g: np.ndarray, g_h: np.ndarray, g_c: np.ndarray, gates: np.ndarray, cells: np.ndarray, c0: np.ndarray,
    weight: np.ndarray, projection: np.ndarray | None, starts: np.ndarray, counts: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Gradients of `lstm_forward` in projected, h0 and c0, from those of its first three results.

    The last of what it returns, (R, P), is what reached each output in all: by itself and through the next step.
    """
    dh, dc = np.array(g_h, order="C"), np.array(g_c, order="C")
    d = np.empty_like(gates)
    reached = np.empty(g.shape, g.dtype)
    unprojected = dh if projection is None else np.empty_like(dc)
    _lstm_steps_back(
        _ready(g), gates, cells, _ready(c0), _ready(weight), _matrix(projection, gates), starts, counts,
        d, reached, unprojected, dh, dc, _workers(d, dh),
    )  # fmt: skip
    return d, dh, dc, reached


def gru_forward(
    projected: np.ndarray, h0: np.ndarray, weight: np.ndarray, bias: np.ndarray | None,
    starts: np.ndarray, counts: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Gated recurrent units (Cho et al. 2014), the reset gate behind the product, as in cuDNN and PyTorch.

    With q = weight h + bias:  r, z = sigmoid(projected + q);  n = tanh(projected + r q);  h' = (1 - z) n + z h.

    projected (R, 3H) in the order r, z, n; h0 (N, H), weight (3H, H), bias (3H,)
    Writes into `projected`.  Returns the states (R, H), the last ones, the gates (R, 3H) and q's last part (R, H).
    """
    h = np.array(h0, order="C")
    outputs, candidates = np.empty((2, len(projected), h.shape[1]), projected.dtype)
    shift = np.zeros(len(weight), projected.dtype) if bias is None else _ready(bias)
    q = np.empty((len(h), len(weight)), projected.dtype)
    _gru_steps(
        projected, _ready(weight), shift, starts, counts, candidates, outputs, q, h, _workers(projected, h)
    )  # fmt: skip
    return outputs, h, projected, candidates


def gru_backward(
    g: np.ndarray, g_h: np.ndarray, outputs: np.ndarray, gates: np.ndarray, candidates: np.ndarray, h0: np.ndarray,
    weight: np.ndarray, starts: np.ndarray, counts: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Gradients of `gru_forward` in projected (R, 3H), in q (R, 3H) and in h0, from those of its first two results."""
    dh = np.array(g_h, order="C")
    d, dq = np.empty_like(gates), np.empty_like(gates)
    _gru_steps_back(
        _ready(g), outputs, gates, candidates, _ready(h0), _ready(weight), starts, counts,
        d, dq, dh, _workers(d, dh),
    )  # fmt: skip
    return d, dq, dh


def _ready(x: np.ndarray) -> np.ndarray:
    """As the kernels are compiled for: row after row, and writable."""
    return np.require(x, None, ["C", "W"])


def _matrix(projection: np.ndarray | None, like: np.ndarray) -> np.ndarray:
    """A projection for the kernels, which know none by its having no rows."""
    return np.empty((0, 0), like.dtype) if projection is None else _ready(projection)


def _workers(gates: np.ndarray, h: np.ndarray) -> int:
    return max(min(threads.workers(gates.size * h.shape[1], PARALLEL_FROM), len(h)), 1)


@parallel
def _rnn_steps(states, weight, starts, counts, relu, h, workers):
    for t in prange(workers):
        first, last = t * len(h) // workers, (t + 1) * len(h) // workers
        for k in range(len(starts)):
            end = min(last, counts[k])
            if first < end:
                rows = states[starts[k] + first : starts[k] + end]
                multiply(h[first:end], weight.T, 1.0, rows)
                for i in range(len(rows)):
                    if relu:
                        to_relu(rows[i])
                    else:
                        to_tanh(rows[i])
                copy_rows(rows, h[first:end])


@parallel
def _rnn_steps_back(g, states, weight, starts, counts, relu, d, dh, workers):
    for t in prange(workers):
        first, last = t * len(dh) // workers, (t + 1) * len(dh) // workers
        for k in range(len(starts) - 1, -1, -1):
            end = min(last, counts[k])
            if first < end:
                for i in range(first, end):
                    row = starts[k] + i
                    if relu:
                        relu_gradient(g[row], dh[i], states[row], d[row])
                    else:
                        tanh_gradient(g[row], dh[i], states[row], d[row])
                multiply(d[starts[k] + first : starts[k] + end], weight, 0.0, dh[first:end])


@parallel
def _lstm_steps(gates, weight, projection, starts, counts, cells, unprojected, outputs, h, c, workers):
    for t in prange(workers):
        first, last = t * len(h) // workers, (t + 1) * len(h) // workers
        for k in range(len(starts)):
            end = min(last, counts[k])
            if first < end:
                top, bottom = starts[k] + first, starts[k] + end
                multiply(h[first:end], weight.T, 1.0, gates[top:bottom])
                for i in range(first, end):
                    row = starts[k] + i
                    lstm_cell(gates[row], c[i], cells[row], unprojected[row])
                if len(projection):
                    multiply(unprojected[top:bottom], projection.T, 0.0, outputs[top:bottom])
                copy_rows(outputs[top:bottom], h[first:end])


@parallel
def _lstm_steps_back(g, gates, cells, c0, weight, projection, starts, counts, d, reached, unprojected, dh, dc, workers):
    for t in prange(workers):
        first, last = t * len(dh) // workers, (t + 1) * len(dh) // workers
        for k in range(len(starts) - 1, -1, -1):
            end = min(last, counts[k])
            if first < end:
                top, bottom = starts[k] + first, starts[k] + end
                before, known = (starts[k - 1], counts[k - 1]) if k else (0, 0)
                add_rows(g[top:bottom], dh[first:end])
                if len(projection):
                    copy_rows(dh[first:end], reached[top:bottom])
                    multiply(dh[first:end], projection, 0.0, unprojected[first:end])
                for i in range(first, end):
                    row = starts[k] + i
                    previous = cells[before + i] if i < known else c0[i]
                    lstm_cell_gradient(gates[row], cells[row], previous, unprojected[i], dc[i], d[row])
                multiply(d[top:bottom], weight, 0.0, dh[first:end])


@parallel
def _gru_steps(gates, weight, bias, starts, counts, candidates, outputs, q, h, workers):
    for t in prange(workers):
        first, last = t * len(h) // workers, (t + 1) * len(h) // workers
        for k in range(len(starts)):
            end = min(last, counts[k])
            if first < end:
                fill_rows(bias, q[first:end])
                multiply(h[first:end], weight.T, 1.0, q[first:end])
                for i in range(first, end):
                    row = starts[k] + i
                    gru_cell(gates[row], q[i], h[i], candidates[row], outputs[row])


@parallel
def _gru_steps_back(g, outputs, gates, candidates, h0, weight, starts, counts, d, dq, dh, workers):
    for t in prange(workers):
        first, last = t * len(dh) // workers, (t + 1) * len(dh) // workers
        for k in range(len(starts) - 1, -1, -1):
            end = min(last, counts[k])
            if first < end:
                top, bottom = starts[k] + first, starts[k] + end
                before, known = (starts[k - 1], counts[k - 1]) if k else (0, 0)
                add_rows(g[top:bottom], dh[first:end])
                for i in range(first, end):
                    row = starts[k] + i
                    previous = outputs[before + i] if i < known else h0[i]
                    gru_cell_gradient(gates[row], candidates[row], previous, dh[i], d[row], dq[row])
                multiply(dq[top:bottom], weight, 1.0, dh[first:end])
