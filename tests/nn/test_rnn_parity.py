"""RNN, LSTM, GRU and their cells against PyTorch's: results, states, gradients, keys, printing."""

import numpy as np
import pytest

import minidl
from minidl import nn

torch = pytest.importorskip("torch")

from layer_twins import CLOSE, compare, twins  # noqa: E402

RANDOM = np.random.default_rng(3)
KINDS = {
    "tanh": lambda N, *a, **k: N.RNN(*a, **k),
    "relu": lambda N, *a, **k: N.RNN(*a, nonlinearity="relu", **k),
    "LSTM": lambda N, *a, **k: N.LSTM(*a, **k),
    "projected LSTM": lambda N, *a, **k: N.LSTM(*a, proj_size=3, **k),
    "GRU": lambda N, *a, **k: N.GRU(*a, **k),
}
OPTIONS = [
    {},
    {"num_layers": 3},
    {"bias": False},
    {"batch_first": True},
    {"bidirectional": True},
    {"num_layers": 2, "bidirectional": True, "batch_first": True},
    {"num_layers": 2, "bidirectional": True, "bias": False},
]
FEATURES, HIDDEN = 4, 6


def normal(*shape, dtype="float64"):
    return RANDOM.standard_normal(shape).astype(dtype)


def states_of(kind, options, batch, dtype="float64", hidden=HIDDEN):
    """Initial states as arrays, (layers * directions, N, features)."""
    count = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    sizes = {"LSTM": [hidden, hidden], "projected LSTM": [3, hidden]}.get(kind, [hidden])
    return [normal(count, *batch, size, dtype=dtype) for size in sizes]


def run(T, layer, x, *states):
    return layer(x, states if len(states) == 2 else states[0]) if states else layer(x)


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_with_and_without_states(kind, options, dtype):
    ours, theirs = twins(lambda N: KINDS[kind](N, FEATURES, HIDDEN, **options), dtype)
    shape = (3, 5, FEATURES) if options.get("batch_first") else (5, 3, FEATURES)
    compare(run, ours, theirs, normal(*shape, dtype=dtype))
    compare(run, ours, theirs, normal(*shape, dtype=dtype), *states_of(kind, options, (3,), dtype))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_a_single_sequence(kind, options):
    ours, theirs = twins(lambda N: KINDS[kind](N, FEATURES, HIDDEN, **options))
    compare(run, ours, theirs, normal(5, FEATURES))
    compare(run, ours, theirs, normal(5, FEATURES), *states_of(kind, options, ()))


def run_packed(lengths, batch_first, enforce_sorted):
    def call(T, layer, x, *states):
        packing = T.nn.utils.rnn
        packed = packing.pack_padded_sequence(x, lengths, batch_first, enforce_sorted)
        output, finals = run(T, layer, packed, *states)
        padded = packing.pad_packed_sequence(output, batch_first, padding_value=0.5, total_length=7)
        return output.data, *padded, finals

    return call


@pytest.mark.parametrize("lengths", [[6, 5, 5, 2], [2, 6, 1, 3], [3, 3, 3, 3], [1, 1, 1, 1]], ids=str)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_packed_sequences(kind, options, lengths):
    ours, theirs = twins(lambda N: KINDS[kind](N, FEATURES, HIDDEN, **options))
    batch_first = options.get("batch_first", False)
    x = normal(4, 6, FEATURES) if batch_first else normal(6, 4, FEATURES)
    call = run_packed(lengths, batch_first, lengths == sorted(lengths, reverse=True))
    compare(call, ours, theirs, x)
    compare(call, ours, theirs, x, *states_of(kind, options, (4,)))


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize(("steps", "batch", "features", "hidden"), [(40, 33, 7, 37), (9, 70, 65, 130), (600, 1, 1, 5)])
@pytest.mark.parametrize("kind", KINDS)
def test_sizes_that_fill_no_tile_and_several_chunks(kind, steps, batch, features, hidden, dtype):
    ours, theirs = twins(lambda N: KINDS[kind](N, features, hidden, bidirectional=True), dtype)
    for layer in (ours, theirs):  # small weights, so that hundreds of steps stay in range
        for parameter in layer.parameters():
            parameter.data.mul_(0.1)
    states = states_of(kind, {"bidirectional": True}, (batch,), dtype, hidden)
    compare(run, ours, theirs, normal(steps, batch, features, dtype=dtype), *states)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_batch(kind):
    ours, theirs = twins(lambda N: KINDS[kind](N, FEATURES, HIDDEN, bidirectional=True))
    compare(run, ours, theirs, normal(5, 0, FEATURES))


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_last_state_is_used(kind):
    ours, theirs = twins(lambda N: KINDS[kind](N, FEATURES, HIDDEN, num_layers=2))
    compare(lambda T, layer, x: run(T, layer, x)[1], ours, theirs, normal(5, 3, FEATURES))
    compare(lambda T, layer, x: run(T, layer, x)[0][-1], ours, theirs, normal(5, 3, FEATURES))


@pytest.mark.parametrize("frozen", ["weight_ih_l0", "weight_hh_l0", "bias_hh_l0"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_frozen_parameter(kind, frozen):
    ours, theirs = twins(lambda N: KINDS[kind](N, FEATURES, HIDDEN))
    for layer in (ours, theirs):
        getattr(layer, frozen).requires_grad_(False)
    compare(run, ours, theirs, normal(5, 3, FEATURES))


@pytest.mark.parametrize("kind", KINDS)
def test_second_derivatives(kind):
    """PyTorch's own fused rule has none in float32 on a CPU; in float64 it takes its unfused path, as we do."""
    ours, theirs = twins(lambda N: KINDS[kind](N, 3, 5, num_layers=2, bidirectional=True))

    def slopes(T, layer, x):
        results = run(T, layer, x)[0].pow(2).sum()
        return T.autograd.grad(results, [x, *layer.parameters()], create_graph=True)

    compare(slopes, ours, theirs, normal(4, 2, 3))


@pytest.mark.parametrize("kind", KINDS)
def test_evaluation_does_not_drop(kind):
    ours, theirs = twins(lambda N: KINDS[kind](N, FEATURES, HIDDEN, num_layers=2, dropout=0.5))
    compare(run, ours.eval(), theirs.eval(), normal(5, 3, FEATURES))
    ours, theirs = twins(lambda N: KINDS[kind](N, FEATURES, HIDDEN, num_layers=2, dropout=1.0))
    compare(run, ours, theirs, normal(5, 3, FEATURES))


@pytest.mark.parametrize(
    "build",
    [
        lambda N: N.RNN(3, 4),
        lambda N: N.RNN(3, 4, 2, "relu", False),
        lambda N: N.GRU(3, 4, bidirectional=True, dropout=0.0),
        lambda N: N.LSTM(
            3, 4, 2, bias=False, batch_first=True, dropout=0.25, bidirectional=True, proj_size=2,
        ),
        lambda N: N.RNNCell(3, 4),
        lambda N: N.RNNCell(3, 4, False, "relu"),
        lambda N: N.LSTMCell(3, 4, bias=False),
        lambda N: N.GRUCell(3, 4),
    ],
)  # fmt: skip
def test_printing(build):
    assert repr(build(nn)) == repr(build(torch.nn))


CELLS = {
    "RNNCell": lambda N, **k: N.RNNCell(FEATURES, HIDDEN, **k),
    "relu": lambda N, **k: N.RNNCell(FEATURES, HIDDEN, nonlinearity="relu", **k),
    "LSTMCell": lambda N, **k: N.LSTMCell(FEATURES, HIDDEN, **k),
    "GRUCell": lambda N, **k: N.GRUCell(FEATURES, HIDDEN, **k),
}


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("batch", [(3,), (0,), ()], ids=str)
@pytest.mark.parametrize("kind", CELLS)
def test_cells(kind, batch, bias, dtype):
    ours, theirs = twins(lambda N: CELLS[kind](N, bias=bias), dtype)
    states = [normal(*batch, HIDDEN, dtype=dtype) for _ in range(2 if kind == "LSTMCell" else 1)]
    compare(run, ours, theirs, normal(*batch, FEATURES, dtype=dtype))
    compare(run, ours, theirs, normal(*batch, FEATURES, dtype=dtype), *states)


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_step_by_step(kind):
    ours, theirs = twins(lambda N: CELLS[kind](N))

    def walk(T, cell, x):
        state, shown = None, []
        for step in x:
            state = cell(step, state)
            shown.append(state)
        return shown

    compare(walk, ours, theirs, normal(5, 3, FEATURES))


def test_half_precision():
    """Both round the same numbers; we do so less often."""
    ours, theirs = twins(lambda N: N.LSTM(FEATURES, HIDDEN, bidirectional=True), "float32")
    x = normal(5, 3, FEATURES, dtype="float32")
    exact = theirs(torch.from_numpy(x).double())[0].numpy(force=True)
    output, (h, c) = ours.to("float16")(minidl.from_numpy(x).half())
    assert output.dtype == h.dtype == c.dtype == minidl.float16
    np.testing.assert_allclose(output.detach().numpy(), exact, atol=3e-3)
    output.sum().backward()
    assert all(p.grad.dtype == minidl.float16 for p in ours.parameters())
