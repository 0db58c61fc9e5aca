"""Recurrent layers over whole sequences: step by step a product, and one pass over the gates.

A batch of sequences lies as rows (R, features): the rows of the first step, then those of the second, and so on.
`starts[k]` and `counts[k]` tell, in the order in which the steps are walked, where a step begins and how many sequences
are in it.  Sequences are sorted by falling length, so these are always the first ones.  A sequence that is in no step
keeps its state: walked forwards it has ended, walked backwards it has not yet begun.

No sequence needs another one's values, so threads divide the batch and never wait for each other.  Each takes some
steps of its sequences at a time: the input's products, made at once, are then still in its cache when a step adds the
state's.  What another thread made would come from that one's cache, at a fraction of the speed: with products whose
rows threads divide otherwise, a training step of two LSTM layers (32 x 50 x 64 to 128) took 15.6 ms instead of 13.4.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial
from .packed_product import add_product, packed, set_rows
from .product import linear
from .recurrent_cells import clear_rows, copy_rows, fill_rows, gru_cell, lstm_cell, to_relu, to_tanh
from .tile import ROWS

PARALLEL_FROM = 1 << 18
"""Multiplications in a whole sequence from which dividing the batch pays."""

CHUNK = 128
"""Rows that a thread takes at a time, so few that they stay in its cache (64 to 256 take the same time)."""


def rnn_forward(
    rows: np.ndarray, h0: np.ndarray, w: np.ndarray, u: np.ndarray, bias: np.ndarray | None,
    starts: np.ndarray, counts: np.ndarray, relu: bool,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """h' = f(w x + bias + u h), f tanh or relu: rows (R, I), h0 (N, H), w (H, I), u (H, H), bias (H,) (Elman 1990).

    Returns the states after each step (R, H), and the last ones (N, H).
    """
    h = np.array(h0, order="C")
    states, onto, back = _prepared(rows, h, w, u, bias, len(starts))
    _rnn_steps(ready(rows), onto, back, starts, counts, relu, states, h, workers_for(states, h))
    return states, h


def lstm_forward(
    rows: np.ndarray, h0: np.ndarray, c0: np.ndarray, w: np.ndarray, u: np.ndarray, bias: np.ndarray | None,
    projection: np.ndarray | None, starts: np.ndarray, counts: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).

    i, f, o = sigmoid and g = tanh of the parts of w x + bias + u h;  c' = f c + i g;  h' = projection (o tanh(c')).

    rows (R, I), h0 (N, P), c0 (N, H), w (4H, I) in the order i, f, g, o, u (4H, P), bias (4H,); projection (P, H), or
    None: P is H.  Returns the outputs (R, P), the last h and c, the gates (R, 4H) and the cells (R, H).
    """
    h, c = np.array(h0, order="C"), np.array(c0, order="C")
    gates, onto, back = _prepared(rows, h, w, u, bias, len(starts))
    cells = np.empty((len(rows), c.shape[1]), rows.dtype)
    outputs = np.empty((len(rows), h.shape[1]), rows.dtype)
    unprojected = outputs if projection is None else np.empty_like(cells)
    down = packed_or_none(None if projection is None else projection.T, gates)
    _lstm_steps(
        ready(rows), onto, back, down, starts, counts, gates, cells, unprojected, outputs, h, c, workers_for(gates, h)
    )  # fmt: skip
    return outputs, h, c, gates, cells


def gru_forward(
    rows: np.ndarray, h0: np.ndarray, w: np.ndarray, u: np.ndarray, bias: np.ndarray | None,
    hidden_bias: np.ndarray | None, starts: np.ndarray, counts: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Gated recurrent units (Cho et al. 2014), the reset gate behind the product, as in cuDNN and PyTorch.

    With p = w x + bias and q = u h + hidden_bias:  r, z = sigmoid(p + q);  n = tanh(p + r q);  h' = (1 - z) n + z h.

    rows (R, I), h0 (N, H), w (3H, I) in the order r, z, n, u (3H, H), both biases (3H,)
    Returns the states (R, H), the last ones, the gates (R, 3H) and q's last part (R, H).
    """
    h = np.array(h0, order="C")
    outputs, candidates = (np.empty((len(rows), h.shape[1]), rows.dtype) for _ in range(2))
    shift = np.zeros(len(u), rows.dtype) if hidden_bias is None else ready(hidden_bias)
    if len(starts) > 1:
        gates, onto, back = _prepared(rows, h, w, u, bias, len(starts))
        q = np.empty((len(h), len(u)), rows.dtype)
    else:
        gates, q = linear(rows, w, bias), linear(h, u, hidden_bias)
        onto = back = packed_or_none(None, q)
    _gru_steps(
        ready(rows), onto, back, shift, starts, counts, gates, candidates, outputs, q, h, workers_for(gates, h)
    )  # fmt: skip
    return outputs, h, gates, candidates


def _prepared(
    rows: np.ndarray, h: np.ndarray, w: np.ndarray, u: np.ndarray, bias: np.ndarray | None, steps: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where w x + bias + u h of all rows goes, and both weights packed for the loop over the steps.

    A single step is not worth packing for: its products are made at once, and the loop, which is given no panels,
    finds them there.
    """
    if steps > 1:
        return np.empty((len(rows), len(w)), rows.dtype), packed(w.T, bias), packed(u.T)
    sums = linear(rows, w, bias)
    sums += linear(h, u, None)
    none = packed_or_none(None, sums)
    return sums, none, none


def ready(x: np.ndarray) -> np.ndarray:
    """As the kernels are compiled for: row after row, and writable."""
    return np.require(x, None, ["C", "W"])


def packed_or_none(projection: np.ndarray | None, like: np.ndarray) -> np.ndarray:
    """A projection for the kernels, which know none by its having no panels."""
    return np.empty((0, 1, 1), like.dtype) if projection is None else packed(projection)


def workers_for(gates: np.ndarray, h: np.ndarray) -> int:
    """How many threads divide the batch of states h."""
    return max(min(threads.workers(gates.size * h.shape[1], PARALLEL_FROM), len(h)), 1)


# --- the loops over the steps -----------------------------------------------------------------------------------------


@parallel
def _rnn_steps(rows, onto, back, starts, counts, relu, states, h, workers):
    for t in prange(workers):
        first, last = t * len(h) // workers, (t + 1) * len(h) // workers
        some = max(CHUNK // max(last - first, 1), 1)
        for k in range(len(starts)):
            if k % some == 0:
                _set_input_products(rows, onto, states, starts[k : k + some], counts[k : k + some], first, last)
            end = min(last, counts[k])
            if first < end:
                now = states[starts[k] + first : starts[k] + end]
                add_product(h[first:end], back, now)
                for i in range(len(now)):
                    if relu:
                        to_relu(now[i])
                    else:
                        to_tanh(now[i])
                copy_rows(now, h[first:end])


@parallel
def _lstm_steps(rows, onto, back, projection, starts, counts, gates, cells, unprojected, outputs, h, c, workers):
    for t in prange(workers):
        first, last = t * len(h) // workers, (t + 1) * len(h) // workers
        some = max(CHUNK // max(last - first, 1), 1)
        for k in range(len(starts)):
            if k % some == 0:
                _set_input_products(rows, onto, gates, starts[k : k + some], counts[k : k + some], first, last)
            end = min(last, counts[k])
            if first < end:
                top, bottom = starts[k] + first, starts[k] + end
                add_product(h[first:end], back, gates[top:bottom])
                for i in range(first, end):
                    row = starts[k] + i
                    lstm_cell(gates[row], c[i], cells[row], unprojected[row])
                if len(projection):
                    clear_rows(outputs[top:bottom])
                    add_product(unprojected[top:bottom], projection, outputs[top:bottom])
                copy_rows(outputs[top:bottom], h[first:end])


@parallel
def _gru_steps(rows, onto, back, hidden_bias, starts, counts, gates, candidates, outputs, q, h, workers):
    for t in prange(workers):
        first, last = t * len(h) // workers, (t + 1) * len(h) // workers
        some = max(CHUNK // max(last - first, 1), 1)
        for k in range(len(starts)):
            if k % some == 0:
                _set_input_products(rows, onto, gates, starts[k : k + some], counts[k : k + some], first, last)
            end = min(last, counts[k])
            if first < end:
                if len(back):
                    fill_rows(hidden_bias, q[first:end])
                    add_product(h[first:end], back, q[first:end])
                for i in range(first, end):
                    row = starts[k] + i
                    gru_cell(gates[row], q[i], h[i], candidates[row], outputs[row])


@serial
def _set_input_products(rows, onto, target, starts, counts, first, last):
    """Rows of target = w x + bias, of the sequences from `first` to `last` at some steps."""
    places = np.empty((2, len(starts) * (last - first) + ROWS), np.int64)
    n = 0
    for k in range(len(starts)):
        for row in range(starts[k] + first, starts[k] + min(last, counts[k])):
            places[0, n], places[1, n] = row * rows.shape[1], row * target.shape[1]
            n += 1
    if n:
        set_rows(rows.reshape(-1), places[0], onto, target.reshape(-1), places[1], n, target.shape[1])
