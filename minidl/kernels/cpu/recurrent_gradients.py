"""The way back through recurrent layers; how the rows of a batch lie, and what threads share, says recurrent.py.

A thread goes back through some steps of its sequences, and then adds up what the gradients of their gates say about the
weights while they are in its cache.  So each thread has its own sums; they are added at the end.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial
from .packed_product import (
    add_product,
    add_transposed_product,
    columns_of,
    packed,
    panels_of,
    set_rows,
    to_panels,
)
from .product import matmul
from .recurrent import CHUNK, packed_or_none, ready, workers_for
from .recurrent_cells import (
    add_row,
    add_rows,
    clear_rows,
    copy_rows,
    gru_cell_gradient,
    lstm_cell_gradient,
    relu_gradient,
    tanh_gradient,
)
from .tile import ROWS

SUMS_PARALLEL_FROM = 1 << 15
"""Numbers of a weight from which adding up the threads' sums in threads pays."""


def rnn_backward(
    g: np.ndarray, g_h: np.ndarray, rows: np.ndarray, h0: np.ndarray, w: np.ndarray, u: np.ndarray,
    outputs: np.ndarray, starts: np.ndarray, counts: np.ndarray, relu: bool, wanted: tuple[bool, bool, bool],
) -> tuple[np.ndarray | None, ...]:  # fmt: skip
    """Gradients in rows, h0, w, u and bias, from those of the two results; for `wanted` see `_collected`."""
    dh, workers = np.array(g_h, order="C"), workers_for(outputs, g_h)
    found = _collected(rows, outputs, h0, w, wanted, workers)
    _rnn_steps_back(ready(g), outputs, packed(u), starts, counts, relu, dh, found, workers)
    d_rows, d_w, d_u, bias, _ = _summed(found, w, u, wanted)
    return d_rows, dh, d_w, d_u, bias


def lstm_backward(
    g: np.ndarray, g_h: np.ndarray, g_c: np.ndarray, rows: np.ndarray, h0: np.ndarray, c0: np.ndarray, w: np.ndarray,
    u: np.ndarray, projection: np.ndarray | None, outputs: np.ndarray, gates: np.ndarray, cells: np.ndarray,
    starts: np.ndarray, counts: np.ndarray, wanted: tuple[bool, bool, bool],
) -> tuple[np.ndarray | None, ...]:  # fmt: skip
    """Gradients in rows, h0, c0, w, u, bias and projection, from those of the first three results."""
    dh, dc, workers = np.array(g_h, order="C"), np.array(g_c, order="C"), workers_for(gates, g_h)
    unprojected = dh if projection is None else np.empty_like(dc)
    reached = np.empty((0 if projection is None else len(rows), g.shape[1]), g.dtype)
    found = _collected(rows, outputs, h0, w, wanted, workers)
    _lstm_steps_back(
        ready(g), gates, cells, ready(c0), packed(u), packed_or_none(projection, gates), starts, counts,
        reached, unprojected, dh, dc, found, workers,
    )  # fmt: skip
    d_rows, d_w, d_u, bias, _ = _summed(found, w, u, wanted)
    if projection is None:
        return d_rows, dh, dc, d_w, d_u, bias, None
    shown = gates[:, -cells.shape[1] :] * np.tanh(cells)
    return d_rows, dh, dc, d_w, d_u, bias, matmul(reached.T, shown)


def gru_backward(
    g: np.ndarray, g_h: np.ndarray, rows: np.ndarray, h0: np.ndarray, w: np.ndarray, u: np.ndarray,
    outputs: np.ndarray, gates: np.ndarray, candidates: np.ndarray, starts: np.ndarray, counts: np.ndarray,
    wanted: tuple[bool, bool, bool],
) -> tuple[np.ndarray | None, ...]:  # fmt: skip
    """Gradients in rows, h0, w, u, bias and hidden_bias, from those of the first two results."""
    dh, workers = np.array(g_h, order="C"), workers_for(gates, g_h)
    found = _collected(rows, outputs, h0, w, wanted, workers)
    found = found._replace(dq=np.empty_like(found.d), hidden_bias=np.empty_like(found.bias))
    _gru_steps_back(ready(g), gates, candidates, packed(u), starts, counts, dh, found, workers)
    d_rows, d_w, d_u, bias, hidden_bias = _summed(found, w, u, wanted)
    return d_rows, dh, d_w, d_u, bias, hidden_bias


# --- what the gradients of w x + bias + u h add up to -----------------------------------------------------------------


class _Collected(NamedTuple):
    """Where each thread keeps some steps, and its sums over all; arrays begin with the number of the thread."""

    rows: np.ndarray
    states: np.ndarray
    initial: np.ndarray
    onto_rows: np.ndarray
    """w, packed"""
    d_rows: np.ndarray
    d: np.ndarray
    """Of w x + bias (threads, rows at a time, G)."""
    dq: np.ndarray
    """Of u h: in RNN and LSTM the same array."""
    row_panels: np.ndarray
    state_panels: np.ndarray
    """x and h of the rows of d."""
    w: np.ndarray
    u: np.ndarray
    """Their gradients in panels."""
    bias: np.ndarray
    hidden_bias: np.ndarray
    """Of no numbers unless there is one apart."""
    places: np.ndarray
    """Where the rows of d begin, and those in d_rows (threads, 2, rows at a time)."""


def _collected(
    rows: np.ndarray, states: np.ndarray, initial: np.ndarray, w: np.ndarray, wanted: tuple[bool, bool, bool],
    workers: int,
) -> _Collected:  # fmt: skip
    """Memory for all of it; what is not `wanted` of the gradients of rows, w and u has no panels."""
    dtype, gates = rows.dtype, len(w)
    own = max(-(-len(initial) // workers), 1)
    chunk = max(CHUNK // own, 1) * own
    panels = [panels_of(x.shape[1], dtype) if wants else 0 for x, wants in zip((rows, states), wanted[1:], strict=True)]
    d, bias = np.empty((workers, chunk, gates), dtype), np.empty((workers, gates), dtype)
    row_panels, state_panels = (np.empty((workers, p, chunk, columns_of(dtype)), dtype) for p in panels)
    whole = gates + -gates % ROWS
    d_w, d_u = (np.empty((workers, p, whole, columns_of(dtype)), dtype) for p in panels)
    onto_rows = packed(w) if wanted[0] else packed_or_none(None, w)
    d_rows = np.empty(rows.shape if wanted[0] else (0, 0), dtype)
    places = np.empty((workers, 2, chunk + ROWS), np.int64)
    return _Collected(
        ready(rows), states, ready(initial), onto_rows, d_rows, d, d, row_panels, state_panels, d_w, d_u, bias,
        bias[:, :0].copy(), places,
    )  # fmt: skip


def _summed(
    found: _Collected, w: np.ndarray, u: np.ndarray, wanted: tuple[bool, bool, bool]
) -> tuple[np.ndarray | None, ...]:
    """The gradients in rows, w, u and both biases, the last one empty where there is none apart."""
    sums: list[np.ndarray | None] = []
    for like, parts, wants in zip((w, u), (found.w, found.u), wanted[1:], strict=True):
        total = np.empty(like.shape, like.dtype) if wants else None
        if total is not None:
            _add_parts(parts, total, threads.workers(total.size, SUMS_PARALLEL_FROM))
        sums.append(total)
    biases = (np.add.reduce(parts, 0) for parts in (found.bias, found.hidden_bias))
    return found.d_rows if wanted[0] else None, *sums, *biases


@parallel
def _add_parts(parts, total, workers):
    """Each thread takes some rows of the total (G, m), of parts in panels."""
    columns = parts.shape[3]
    for t in prange(workers):
        for i in range(t * len(total) // workers, (t + 1) * len(total) // workers):
            for panel in range(parts.shape[1]):
                own = total[i, panel * columns : (panel + 1) * columns]
                own[:] = 0
                for part in range(len(parts)):
                    add_row(parts[part, panel, i], own)


@serial
def _clear(found, t):
    """No sums yet."""
    found.w[t] = 0
    found.u[t] = 0
    found.bias[t] = 0
    found.hidden_bias[t] = 0


@serial
def _keep(found, t, n, k, first, end, starts, counts):
    """Of step k, what the gradients are multiplied with that lie in rows of d from n on; returns where they end."""
    before, known = (starts[k - 1], counts[k - 1]) if k else (0, 0)
    for i in range(first, end):
        row = starts[k] + i
        found.places[t, 0, n], found.places[t, 1, n] = n * found.d.shape[2], row * found.d_rows.shape[1]
        to_panels(found.rows[row], found.row_panels[t], n)
        to_panels(found.states[before + i] if i < known else found.initial[i], found.state_panels[t], n)
        n += 1
    return n


@serial
def _add_up(found, t, n):
    """What n rows of d say; returns how many are kept from then on: none."""
    if n == 0:
        return 0
    d, dq, places = found.d[t], found.dq[t], found.places[t]
    _add_rows_to(d[:n], found.bias[t])
    _add_rows_to(dq[:n], found.hidden_bias[t])
    add_transposed_product(d, found.row_panels[t], n, found.w[t])
    add_transposed_product(dq, found.state_panels[t], n, found.u[t])
    set_rows(d.reshape(-1), places[0], found.onto_rows, found.d_rows.reshape(-1), places[1], n, found.d_rows.shape[1])
    return 0


@serial
def _add_rows_to(rows, total):
    """By way of a sum of their own, so that rounding grows slowly."""
    part = np.zeros(total.size, total.dtype)
    for i in range(len(rows)):
        add_row(rows[i], part)
    add_row(part, total)


# --- the loops over the steps -----------------------------------------------------------------------------------------


@parallel
def _rnn_steps_back(g, states, weight, starts, counts, relu, dh, found, workers):
    for t in prange(workers):
        first, last = t * len(dh) // workers, (t + 1) * len(dh) // workers
        some, n, all_d = found.d.shape[1] // max(last - first, 1), 0, found.d[t]
        _clear(found, t)
        for k in range(len(starts) - 1, -1, -1):
            end = min(last, counts[k])
            if first < end:
                d = all_d[n : n + end - first]
                for i in range(first, end):
                    row = starts[k] + i
                    if relu:
                        relu_gradient(g[row], dh[i], states[row], d[i - first])
                    else:
                        tanh_gradient(g[row], dh[i], states[row], d[i - first])
                clear_rows(dh[first:end])
                add_product(d, weight, dh[first:end])
            n = _keep(found, t, n, k, first, end, starts, counts)
            if k % some == 0:
                n = _add_up(found, t, n)


@parallel
def _lstm_steps_back(
    g, gates, cells, c0, weight, projection, starts, counts, reached, unprojected, dh, dc, found, workers
):
    for t in prange(workers):
        first, last = t * len(dh) // workers, (t + 1) * len(dh) // workers
        some, n, all_d = found.d.shape[1] // max(last - first, 1), 0, found.d[t]
        _clear(found, t)
        for k in range(len(starts) - 1, -1, -1):
            end = min(last, counts[k])
            if first < end:
                top, bottom = starts[k] + first, starts[k] + end
                before, known = (starts[k - 1], counts[k - 1]) if k else (0, 0)
                d = all_d[n : n + end - first]
                add_rows(g[top:bottom], dh[first:end])
                if len(projection):
                    copy_rows(dh[first:end], reached[top:bottom])
                    clear_rows(unprojected[first:end])
                    add_product(dh[first:end], projection, unprojected[first:end])
                for i in range(first, end):
                    row = starts[k] + i
                    previous = cells[before + i] if i < known else c0[i]
                    lstm_cell_gradient(gates[row], cells[row], previous, unprojected[i], dc[i], d[i - first])
                clear_rows(dh[first:end])
                add_product(d, weight, dh[first:end])
            n = _keep(found, t, n, k, first, end, starts, counts)
            if k % some == 0:
                n = _add_up(found, t, n)


@parallel
def _gru_steps_back(g, gates, candidates, weight, starts, counts, dh, found, workers):
    for t in prange(workers):
        first, last = t * len(dh) // workers, (t + 1) * len(dh) // workers
        some, n, all_d, all_dq = found.d.shape[1] // max(last - first, 1), 0, found.d[t], found.dq[t]
        _clear(found, t)
        for k in range(len(starts) - 1, -1, -1):
            end = min(last, counts[k])
            if first < end:
                before, known = (starts[k - 1], counts[k - 1]) if k else (0, 0)
                d, dq = all_d[n : n + end - first], all_dq[n : n + end - first]
                add_rows(g[starts[k] + first : starts[k] + end], dh[first:end])
                for i in range(first, end):
                    row = starts[k] + i
                    previous = found.states[before + i] if i < known else found.initial[i]
                    gru_cell_gradient(gates[row], candidates[row], previous, dh[i], d[i - first], dq[i - first])
                add_product(dq, weight, dh[first:end])
            n = _keep(found, t, n, k, first, end, starts, counts)
            if k % some == 0:
                n = _add_up(found, t, n)
