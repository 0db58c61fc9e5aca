"""Recurrent layers above each other, in one or both directions; and a single step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .dropout import dropout as dropped
from .joining import cat, stack
from .promotion import Array
from .recurrent import Walk, Weights, gru, lstm, rnn, walks_of

Direction = Callable[[Array, tuple[Any, ...], Weights, Walk], tuple[Array, ...]]
"""One direction of one layer, as `lstm`: of rows, states, weights and the order of the steps, rows and last states."""


def rnn_tanh(rows: Array, states: tuple[Array], weights: Weights, walk: Walk) -> tuple[Array, ...]:
    """`rnn` with tanh."""
    return rnn(rows, states, weights, walk, False)


def rnn_relu(rows: Array, states: tuple[Array], weights: Weights, walk: Walk) -> tuple[Array, ...]:
    """`rnn` with relu."""
    return rnn(rows, states, weights, walk, True)


DIRECTIONS: dict[str, Direction] = {"RNN_TANH": rnn_tanh, "RNN_RELU": rnn_relu, "LSTM": lstm, "GRU": gru}
"""By PyTorch's names of the modes."""


def recurrent_layers(
    mode: str,
    rows: Array,
    batch_sizes: Sequence[int],
    states: tuple[Array, ...],
    weights: Sequence[Weights],
    bidirectional: bool = False,
    dropout: float = 0.0,
) -> tuple[Array, tuple[Array, ...]]:
    """Layers above each other, each reading what the one below has put out.

    mode           one of DIRECTIONS
    rows           (R, input), the sequences' rows of the first step, then of the second, ..., sorted by falling length
    batch_sizes    how many sequences there are at each step
    states         h (layers * directions, N, output), for the LSTM also c (layers * directions, N, hidden)
    weights        of each layer, or with `bidirectional` of both directions of each
    dropout        the share of what goes from a layer to the next that is dropped

    Returns the last layer's outputs (R, directions * output), and the last states in the shapes of `states`.
    """
    walks = walks_of(batch_sizes)[: 2 if bidirectional else 1]
    finals = []
    for first in range(0, len(weights), len(walks)):
        outputs = []
        for i, walk in enumerate(walks, first):
            own = tuple(state[i] for state in states)
            output, *final = DIRECTIONS[mode](rows, own, weights[i], walk)
            outputs.append(output)
            finals.append(final)
        rows = cat(outputs, 1) if bidirectional else outputs[0]
        if dropout and first + len(walks) < len(weights):
            rows = dropped(rows, dropout)
    return rows, tuple(stack(parts) for parts in zip(*finals, strict=True))


def recurrent_step(mode: str, input: Array, states: tuple[Array, ...], weights: Weights) -> tuple[Array, ...]:
    """One step: of (N, input) and the states (N, hidden), the new states."""
    return DIRECTIONS[mode](input, states, weights, walks_of([len(input)])[0])[1:]
