"""Recurrent layers over whole sequences: step by step a product, and one pass over the gates.

A batch of sequences lies as rows (R, features): the rows of the first step, then those of the second, and so on.
`starts[k]` and `counts[k]` tell, in the order in which the steps are walked, where a step begins and how many sequences
are in it.  Sequences are sorted by falling length, so these are always the first ones.  A sequence that is in no step
keeps its state: walked forwards it has ended, walked backwards it has not yet begun.

No sequence needs another one's values, so threads divide the batch and never wait for each other.

Both ways some steps are taken at a time: what they share, the input's products or the gradients of the gates, is then
still in the cache when it is used, and the gradients need no large array, whose fresh memory costs more than its use.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel
from .packed_product import add_product, packed, product_of_packed
from .product import matmul
from .recurrent_cells import (
    add_rows,
    clear_rows,
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

CHUNK = 512
"""Rows of gradients at a time: enough for an efficient product, few enough to stay in the cache (measured)."""


def rnn_forward(
    rows: np.ndarray, h0: np.ndarray, w: np.ndarray, u: np.ndarray, bias: np.ndarray | None,
    starts: np.ndarray, counts: np.ndarray, relu: bool,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """h' = f(w x + bias + u h), f tanh or relu: rows (R, I), h0 (N, H), w (H, I), u (H, H), bias (H,) (Elman 1990).

    Returns the states after each step (R, H), and the last ones (N, H).
    """
    states, h = np.empty((len(rows), len(w)), rows.dtype), np.array(h0, order="C")
    onto, back = packed(w.T), packed(u.T)
    for chunk in _chunks(starts, counts):
        product_of_packed(rows[chunk.of], onto, states[chunk.of], bias)
        _rnn_steps(states, back, starts, counts, chunk[:2], relu, h, _workers(states, h))
    return states, h


def rnn_backward(
    g: np.ndarray, g_h: np.ndarray, rows: np.ndarray, h0: np.ndarray, w: np.ndarray, u: np.ndarray,
    outputs: np.ndarray, starts: np.ndarray, counts: np.ndarray, relu: bool, wanted: tuple[bool, bool, bool],
) -> tuple[np.ndarray | None, ...]:  # fmt: skip
    """Gradients in rows, h0, w, u and bias, from those of the two results; for `wanted` see `_Sums`."""
    dh, back, g = np.array(g_h, order="C"), packed(u), _ready(g)
    sums = _Sums(rows, w, u, wanted)
    for chunk in reversed(_chunks(starts, counts)):
        d = np.empty((chunk.rows, len(w)), g.dtype)
        _rnn_steps_back(g, outputs, back, starts, counts, chunk[:3], relu, d, dh, _workers(outputs, dh))
        sums.add(chunk, d, d, _previous(outputs, h0, starts, counts, chunk))
    return sums.rows, dh, sums.w, sums.u, sums.bias


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
    gates = np.empty((len(rows), len(w)), rows.dtype)
    cells = np.empty((len(rows), c.shape[1]), rows.dtype)
    outputs = np.empty((len(rows), h.shape[1]), rows.dtype)
    unprojected = outputs if projection is None else np.empty_like(cells)
    onto, back = packed(w.T), packed(u.T)
    down = _packed_or_none(None if projection is None else projection.T, gates)
    for chunk in _chunks(starts, counts):
        product_of_packed(rows[chunk.of], onto, gates[chunk.of], bias)
        _lstm_steps(
            gates, back, down, starts, counts, chunk[:2], cells, unprojected, outputs, h, c, _workers(gates, h)
        )  # fmt: skip
    return outputs, h, c, gates, cells


def lstm_backward(
    g: np.ndarray, g_h: np.ndarray, g_c: np.ndarray, rows: np.ndarray, h0: np.ndarray, c0: np.ndarray, w: np.ndarray,
    u: np.ndarray, projection: np.ndarray | None, outputs: np.ndarray, gates: np.ndarray, cells: np.ndarray,
    starts: np.ndarray, counts: np.ndarray, wanted: tuple[bool, bool, bool],
) -> tuple[np.ndarray | None, ...]:  # fmt: skip
    """Gradients in rows, h0, c0, w, u, bias and projection, from those of the first three results."""
    dh, dc, g, c0 = np.array(g_h, order="C"), np.array(g_c, order="C"), _ready(g), _ready(c0)
    back, from_projection = packed(u), _packed_or_none(projection, gates)
    unprojected = dh if projection is None else np.empty_like(dc)
    d_projection = None if projection is None else np.zeros_like(projection)
    sums = _Sums(rows, w, u, wanted)
    for chunk in reversed(_chunks(starts, counts)):
        d = np.empty((chunk.rows, len(w)), g.dtype)
        reached = np.empty((0 if projection is None else chunk.rows, g.shape[1]), g.dtype)
        _lstm_steps_back(
            g, gates, cells, c0, back, from_projection, starts, counts, chunk[:3],
            d, reached, unprojected, dh, dc, _workers(gates, dh),
        )  # fmt: skip
        sums.add(chunk, d, d, _previous(outputs, h0, starts, counts, chunk))
        if d_projection is not None:
            shown = gates[chunk.of, -cells.shape[1] :] * np.tanh(cells[chunk.of])
            d_projection += matmul(reached.T, shown)
    return sums.rows, dh, dc, sums.w, sums.u, sums.bias, d_projection


def gru_forward(
    rows: np.ndarray, h0: np.ndarray, w: np.ndarray, u: np.ndarray, bias: np.ndarray | None,
    hidden_bias: np.ndarray | None, starts: np.ndarray, counts: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Gated recurrent units (Cho et al. 2014), the reset gate behind the product, as in cuDNN and PyTorch.

    With p = w x + bias and q = u h + hidden_bias:  r, z = sigmoid(p + q);  n = tanh(p + r q);  h' = (1 - z) n + z h.

    rows (R, I), h0 (N, H), w (3H, I) in the order r, z, n, u (3H, H), both biases (3H,)
    Returns the states (R, H), the last ones, the gates (R, 3H) and q's last part (R, H).
    """
    gates, h = np.empty((len(rows), len(w)), rows.dtype), np.array(h0, order="C")
    outputs, candidates = (np.empty((len(rows), h.shape[1]), rows.dtype) for _ in range(2))
    shift = np.zeros(len(u), rows.dtype) if hidden_bias is None else _ready(hidden_bias)
    q = np.empty((len(h), len(u)), rows.dtype)
    onto, back = packed(w.T), packed(u.T)
    for chunk in _chunks(starts, counts):
        product_of_packed(rows[chunk.of], onto, gates[chunk.of], bias)
        _gru_steps(gates, back, shift, starts, counts, chunk[:2], candidates, outputs, q, h, _workers(gates, h))
    return outputs, h, gates, candidates


def gru_backward(
    g: np.ndarray, g_h: np.ndarray, rows: np.ndarray, h0: np.ndarray, w: np.ndarray, u: np.ndarray,
    outputs: np.ndarray, gates: np.ndarray, candidates: np.ndarray, starts: np.ndarray, counts: np.ndarray,
    wanted: tuple[bool, bool, bool],
) -> tuple[np.ndarray | None, ...]:  # fmt: skip
    """Gradients in rows, h0, w, u, bias and hidden_bias, from those of the first two results."""
    dh, back, g, h0 = np.array(g_h, order="C"), packed(u), _ready(g), _ready(h0)
    hidden_bias = np.zeros(len(u), g.dtype)
    sums = _Sums(rows, w, u, wanted)
    for chunk in reversed(_chunks(starts, counts)):
        d, dq = (np.empty((chunk.rows, len(w)), g.dtype) for _ in range(2))
        _gru_steps_back(
            g, outputs, gates, candidates, h0, back, starts, counts, chunk[:3], d, dq, dh, _workers(gates, dh)
        )  # fmt: skip
        sums.add(chunk, d, dq, _previous(outputs, h0, starts, counts, chunk))
        hidden_bias += np.add.reduce(dq, 0)
    return sums.rows, dh, sums.w, sums.u, sums.bias, hidden_bias


# --- some steps at a time -------------------------------------------------------------------------------


class _Chunk(NamedTuple):
    """Neighbouring steps, by their numbers, and their rows."""

    first: int
    last: int
    top: int
    rows: int

    @property
    def of(self) -> slice:
        """Its rows among all."""
        return slice(self.top, self.top + self.rows)


def _chunks(starts: np.ndarray, counts: np.ndarray) -> list[_Chunk]:
    """All steps in chunks of about CHUNK rows."""
    per_chunk = -(-len(starts) // max(-(-int(counts.sum()) // CHUNK), 1))
    chunks = []
    for first in range(0, len(starts), per_chunk):
        steps = slice(first, min(first + per_chunk, len(starts)))
        chunks.append(_Chunk(steps.start, steps.stop, int(starts[steps].min()), int(counts[steps].sum())))
    return chunks


class _Sums:
    """What the gradients of w x + bias + u h add up to, over all chunks.

    wanted   whether those of rows, w and u are; what is not stays None
    """

    def __init__(self, rows: np.ndarray, w: np.ndarray, u: np.ndarray, wanted: tuple[bool, bool, bool]) -> None:
        self.input, self.back = rows, packed(w) if wanted[0] else None
        self.rows, self.w, self.u = (
            np.zeros(x.shape, x.dtype) if wants else None for x, wants in zip((rows, w, u), wanted, strict=True)
        )
        self.bias = np.zeros(len(w), w.dtype)

    def add(self, chunk: _Chunk, d: np.ndarray, dq: np.ndarray, previous: np.ndarray) -> None:
        """Of a chunk: d of w x + bias, dq of u h, and h."""
        self.bias += np.add.reduce(d, 0)
        if self.rows is not None and self.back is not None:
            product_of_packed(d, self.back, self.rows[chunk.of])
        if self.w is not None:
            self.w += matmul(d.T, self.input[chunk.of])
        if self.u is not None:
            self.u += matmul(dq.T, previous)


def _previous(
    rows: np.ndarray, initial: np.ndarray, starts: np.ndarray, counts: np.ndarray, chunk: _Chunk
) -> np.ndarray:
    """For each row of a chunk the one of the same sequence a step before; from `initial` where there is none."""
    previous = np.empty((chunk.rows, rows.shape[1]), rows.dtype)
    start, known = (int(starts[chunk.first - 1]), int(counts[chunk.first - 1])) if chunk.first else (0, 0)
    steps = slice(chunk.first, chunk.last)
    for top, count in zip((starts[steps] - chunk.top).tolist(), counts[steps].tolist(), strict=True):
        both = min(known, count)
        previous[top : top + both] = rows[start : start + both]
        previous[top + both : top + count] = initial[both:count]
        start, known = top + chunk.top, count
    return previous


def _ready(x: np.ndarray) -> np.ndarray:
    """As the kernels are compiled for: row after row, and writable."""
    return np.require(x, None, ["C", "W"])


def _packed_or_none(projection: np.ndarray | None, like: np.ndarray) -> np.ndarray:
    """A projection for the kernels, which know none by its having no panels."""
    return np.empty((0, 0, 0), like.dtype) if projection is None else packed(projection)


def _workers(gates: np.ndarray, h: np.ndarray) -> int:
    return max(min(threads.workers(gates.size * h.shape[1], PARALLEL_FROM), len(h)), 1)


# --- the loops over the steps -----------------------------------------------------------------------------------------


@parallel
def _rnn_steps(states, weight, starts, counts, steps, relu, h, workers):
    for t in prange(workers):
        first, last = t * len(h) // workers, (t + 1) * len(h) // workers
        for k in range(steps[0], steps[1]):
            end = min(last, counts[k])
            if first < end:
                rows = states[starts[k] + first : starts[k] + end]
                add_product(h[first:end], weight, rows)
                for i in range(len(rows)):
                    if relu:
                        to_relu(rows[i])
                    else:
                        to_tanh(rows[i])
                copy_rows(rows, h[first:end])


@parallel
def _rnn_steps_back(g, states, weight, starts, counts, chunk, relu, d, dh, workers):
    first_step, last_step, offset = chunk
    for t in prange(workers):
        first, last = t * len(dh) // workers, (t + 1) * len(dh) // workers
        for k in range(last_step - 1, first_step - 1, -1):
            end = min(last, counts[k])
            if first < end:
                for i in range(first, end):
                    row = starts[k] + i
                    if relu:
                        relu_gradient(g[row], dh[i], states[row], d[row - offset])
                    else:
                        tanh_gradient(g[row], dh[i], states[row], d[row - offset])
                clear_rows(dh[first:end])
                add_product(d[starts[k] + first - offset : starts[k] + end - offset], weight, dh[first:end])


@parallel
def _lstm_steps(gates, weight, projection, starts, counts, steps, cells, unprojected, outputs, h, c, workers):
    for t in prange(workers):
        first, last = t * len(h) // workers, (t + 1) * len(h) // workers
        for k in range(steps[0], steps[1]):
            end = min(last, counts[k])
            if first < end:
                top, bottom = starts[k] + first, starts[k] + end
                add_product(h[first:end], weight, gates[top:bottom])
                for i in range(first, end):
                    row = starts[k] + i
                    lstm_cell(gates[row], c[i], cells[row], unprojected[row])
                if len(projection):
                    clear_rows(outputs[top:bottom])
                    add_product(unprojected[top:bottom], projection, outputs[top:bottom])
                copy_rows(outputs[top:bottom], h[first:end])


@parallel
def _lstm_steps_back(
    g, gates, cells, c0, weight, projection, starts, counts, chunk, d, reached, unprojected, dh, dc, workers
):
    first_step, last_step, offset = chunk
    for t in prange(workers):
        first, last = t * len(dh) // workers, (t + 1) * len(dh) // workers
        for k in range(last_step - 1, first_step - 1, -1):
            end = min(last, counts[k])
            if first < end:
                top, bottom = starts[k] + first, starts[k] + end
                before, known = (starts[k - 1], counts[k - 1]) if k else (0, 0)
                add_rows(g[top:bottom], dh[first:end])
                if len(projection):
                    copy_rows(dh[first:end], reached[top - offset : bottom - offset])
                    clear_rows(unprojected[first:end])
                    add_product(dh[first:end], projection, unprojected[first:end])
                for i in range(first, end):
                    row = starts[k] + i
                    previous = cells[before + i] if i < known else c0[i]
                    lstm_cell_gradient(gates[row], cells[row], previous, unprojected[i], dc[i], d[row - offset])
                clear_rows(dh[first:end])
                add_product(d[top - offset : bottom - offset], weight, dh[first:end])


@parallel
def _gru_steps(gates, weight, bias, starts, counts, steps, candidates, outputs, q, h, workers):
    for t in prange(workers):
        first, last = t * len(h) // workers, (t + 1) * len(h) // workers
        for k in range(steps[0], steps[1]):
            end = min(last, counts[k])
            if first < end:
                fill_rows(bias, q[first:end])
                add_product(h[first:end], weight, q[first:end])
                for i in range(first, end):
                    row = starts[k] + i
                    gru_cell(gates[row], q[i], h[i], candidates[row], outputs[row])


@parallel
def _gru_steps_back(g, outputs, gates, candidates, h0, weight, starts, counts, chunk, d, dq, dh, workers):
    first_step, last_step, offset = chunk
    for t in prange(workers):
        first, last = t * len(dh) // workers, (t + 1) * len(dh) // workers
        for k in range(last_step - 1, first_step - 1, -1):
            end = min(last, counts[k])
            if first < end:
                top, bottom = starts[k] + first, starts[k] + end
                before, known = (starts[k - 1], counts[k - 1]) if k else (0, 0)
                add_rows(g[top:bottom], dh[first:end])
                for i in range(first, end):
                    row = starts[k] + i
                    previous = outputs[before + i] if i < known else h0[i]
                    gru_cell_gradient(gates[row], candidates[row], previous, dh[i], d[row - offset], dq[row - offset])
                add_product(dq[top - offset : bottom - offset], weight, dh[first:end])
