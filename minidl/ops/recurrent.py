"""One direction of one recurrent layer over a whole sequence: RNN, LSTM and GRU.

A batch of sequences comes as rows (R, features), those of the first step, then those of the second, and so on, sorted
by falling length: `Walk` says which rows belong to a step.  The input's products of all steps are one product; the loop
over the steps is a kernel.  Gradients take the same way back.

A kernel's gradient has no derivative of its own.  When one is asked for (`create_graph=True`), the same steps are made
by ordinary operators, and those are differentiated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import kernels
from ..autograd import grad, primitive
from .activation import sigmoid, tanh
from .elementwise import clone
from .gates import relu as rectified
from .joining import cat
from .linalg import linear, matmul
from .promotion import Array
from .shape import narrow


class Walk(NamedTuple):
    """The steps in the order in which a direction takes them: where their rows begin, and how many they are."""

    starts: np.ndarray
    counts: np.ndarray


class Weights(NamedTuple):
    """What one direction of one layer has learned, gates below each other: G is 1 for RNN, 3 for GRU, 4 for LSTM."""

    input: Array  # (G * hidden, input)
    hidden: Array  # (G * hidden, output), output being hidden unless there is a projection
    input_bias: Array | None = None  # (G * hidden,)
    hidden_bias: Array | None = None  # (G * hidden,)
    projection: Array | None = None  # (output, hidden)

    @property
    def bias(self) -> Array | None:
        """Both biases as one, where they only occur as their sum."""
        return None if self.input_bias is None else self.input_bias + self.hidden_bias

    def wanted(self, rows: Array) -> Wanted:
        """Which products the gradient needs, given the rows of the input."""
        return Wanted(*(getattr(x, "requires_grad", False) for x in (rows, self.input, self.hidden)))


class Wanted(NamedTuple):
    """Which of the inputs whose gradients are large products want one."""

    rows: bool
    input_weight: bool
    hidden_weight: bool


def walks_of(batch_sizes: Sequence[int]) -> tuple[Walk, Walk]:
    """The steps forwards and backwards, of the number of sequences that are still there at each."""
    counts = np.array(batch_sizes, np.int64)
    starts = np.cumsum(counts) - counts
    return Walk(starts, counts), Walk(starts[::-1].copy(), counts[::-1].copy())


# --- RNN --------------------------------------------------------------------------------------------------------------


def rnn(rows: Array, states: tuple[Array], weights: Weights, walk: Walk, relu: bool) -> tuple[Array, Array]:
    """h' = tanh(W x + b + U h) (Elman 1990), or relu of it: the states (R, hidden), and the last ones (N, hidden)."""
    return _rnn(rows, *states, weights.input, weights.hidden, weights.bias, walk, relu, weights.wanted(rows))


@primitive(outputs=("y", "h_n"))
def _rnn(rows, h0, w, u, bias, walk, relu, wanted):
    return kernels.of(rows).rnn_forward(rows, h0, w, u, bias, *walk, relu)


@_rnn.gradient("rows", "h0", "w", "u", "bias")
def _(g, rows, h0, w, u, bias, walk, relu, wanted, y):
    if _is_recorded(g):
        return _differentiated(_rnn_by_steps, g, (rows, h0, w, u, bias), walk, relu)
    g, g_h = _filled(g, y, h0)
    return kernels.of(y).rnn_backward(g, g_h, rows, h0, w, u, y, *walk, relu, wanted)


def _rnn_by_steps(rows: Array, h0: Array, w: Array, u: Array, bias: Array, walk: Walk, relu: bool) -> Any:
    activation = rectified if relu else tanh

    def step(x: Array, h: Array) -> tuple[Array]:
        return (activation(x + matmul(h, u.T)),)

    return _walked(step, linear(rows, w, bias), (h0,), walk)


# --- LSTM -------------------------------------------------------------------------------------------------------------


def lstm(rows: Array, states: tuple[Array, Array], weights: Weights, walk: Walk) -> tuple[Array, Array, Array]:
    """Long short-term memory (Hochreiter and Schmidhuber 1997; projected as Sak et al. 2014).

    With i, f, g, o the parts of W x + b + U h:  c' = sigmoid(f) c + sigmoid(i) tanh(g),  h' = P (sigmoid(o) tanh(c')).
    Returns the outputs (R, output), the last h (N, output) and c (N, hidden).
    """
    _, hidden, _, _, projection = weights
    return _lstm(
        rows, *states, weights.input, hidden, weights.bias, projection, walk, weights.wanted(rows)
    )[:3]  # fmt: skip


@primitive(outputs=("y", "h_n", "c_n", "gates", "cells"))
def _lstm(rows, h0, c0, w, u, bias, projection, walk, wanted):
    return kernels.of(rows).lstm_forward(rows, h0, c0, w, u, bias, projection, *walk)


@_lstm.gradient("rows", "h0", "c0", "w", "u", "bias", "projection")
def _(g, rows, h0, c0, w, u, bias, projection, walk, wanted, y, gates, cells):
    if _is_recorded(g):
        return _differentiated(_lstm_by_steps, g, (rows, h0, c0, w, u, bias, projection), walk)
    g, g_h, g_c = _filled(g, y, h0, c0)
    return kernels.of(y).lstm_backward(
        g, g_h, g_c, rows, h0, c0, w, u, projection, y, gates, cells, *walk, wanted
    )  # fmt: skip


def _lstm_by_steps(
    rows: Array, h0: Array, c0: Array, w: Array, u: Array, bias: Array, projection: Array, walk: Walk
) -> Any:
    def step(x: Array, h: Array, c: Array) -> tuple[Array, Array]:
        i, f, g, o = _parts(x + matmul(h, u.T), 4)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)
        return (h if projection is None else matmul(h, projection.T)), c

    return _walked(step, linear(rows, w, bias), (h0, c0), walk)


# --- GRU --------------------------------------------------------------------------------------------------------------


def gru(rows: Array, states: tuple[Array], weights: Weights, walk: Walk) -> tuple[Array, Array]:
    """Gated recurrent units (Cho et al. 2014), in the form whose reset gate comes after the product.

    With r, z, n the parts of W x + b, and q_r, q_z, q_n those of U h + b':
    r = sigmoid(r + q_r),  z = sigmoid(z + q_z),  n = tanh(n + r q_n),  h' = (1 - z) n + z h.
    Returns the states (R, hidden) and the last ones (N, hidden).
    """
    w, u, b, c, _ = weights
    return _gru(rows, *states, w, u, b, c, walk, weights.wanted(rows))[:2]


@primitive(outputs=("y", "h_n", "gates", "candidates"))
def _gru(rows, h0, w, u, bias, hidden_bias, walk, wanted):
    return kernels.of(rows).gru_forward(rows, h0, w, u, bias, hidden_bias, *walk)


@_gru.gradient("rows", "h0", "w", "u", "bias", "hidden_bias")
def _(g, rows, h0, w, u, bias, hidden_bias, walk, wanted, y, gates, candidates):
    if _is_recorded(g):
        return _differentiated(_gru_by_steps, g, (rows, h0, w, u, bias, hidden_bias), walk)
    g, g_h = _filled(g, y, h0)
    return kernels.of(y).gru_backward(g, g_h, rows, h0, w, u, y, gates, candidates, *walk, wanted)


def _gru_by_steps(rows: Array, h0: Array, w: Array, u: Array, bias: Array, hidden_bias: Array, walk: Walk) -> Any:
    def step(x: Array, h: Array) -> tuple[Array]:
        (r, z, n), (q_r, q_z, q_n) = _parts(x, 3), _parts(linear(h, u, hidden_bias), 3)
        z = sigmoid(z + q_z)
        n = tanh(n + sigmoid(r + q_r) * q_n)
        return (n + z * (h - n),)

    return _walked(step, linear(rows, w, bias), (h0,), walk)


# --- gradients that all have in common --------------------------------------------------------------------------------


def _filled(g: tuple[Array | None, ...], *results: Array) -> list[Array]:
    """The gradients of the results that others see, each of the shape of an array here; zeros where there is none."""
    return [np.zeros_like(like) if part is None else part for part, like in zip(g, results, strict=False)]


def _is_recorded(g: tuple[Array | None, ...]) -> bool:
    return any(part is not None and not isinstance(part, np.ndarray) for part in g)


def _differentiated(
    by_steps: Callable[..., Any], g: tuple[Array | None, ...], inputs: tuple[Array | None, ...], *rest: Any
) -> list[Array | None]:
    """The gradients of `by_steps(*inputs, *rest)` as a part of the graph.

    Clones of the inputs bound the way back, since one input may have been computed from another.
    """
    own = [None if x is None else clone(x) for x in inputs]
    results = by_steps(*own, *rest)
    reached = [(y, part) for y, part in zip(results, g, strict=False) if part is not None and y.requires_grad]
    roots, seeds = zip(*reached, strict=True)
    wanted = [x for x in own if x is not None and x.requires_grad]
    found = iter(grad(roots, wanted, seeds, create_graph=True, allow_unused=True))
    return [next(found) if x is not None and x.requires_grad else None for x in own]


# --- the steps by ordinary operators ----------------------------------------------------------------------------------


def _walked(
    step: Callable[..., tuple[Array, ...]], projected: Array, states: tuple[Array, ...], walk: Walk
) -> tuple[Array, ...]:
    """All steps one by one: the first state after each as rows, and the last states."""
    outputs = {}
    for start, count in zip(*map(np.ndarray.tolist, walk), strict=True):
        now = step(narrow(projected, 0, start, count), *(narrow(s, 0, 0, count) for s in states))
        outputs[start] = now[0]
        states = tuple(
            new if len(old) == count else cat([new, narrow(old, 0, count, len(old) - count)])
            for new, old in zip(now, states, strict=True)
        )
    return cat([outputs[start] for start in sorted(outputs)]), *states


def _parts(x: Array, count: int) -> list[Array]:
    """The gates, which lie side by side."""
    size = x.shape[1] // count
    return [narrow(x, 1, i * size, size) for i in range(count)]
