"""Recurrent and transformer layers by themselves: initial values, dropout, and what they refuse."""

import numpy as np
import pytest

import minidl
from minidl import nn
from minidl.errors import ArgumentError, DtypeError, MinidlWarning, ShapeError
from minidl.nn.utils.rnn import pack_padded_sequence

LAYERS = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}
CELLS = {"RNNCell": nn.RNNCell, "LSTMCell": nn.LSTMCell, "GRUCell": nn.GRUCell}


@pytest.mark.parametrize("build", [*LAYERS.values(), *CELLS.values()])
def test_parameters_start_uniform(build):
    """In +-1 / sqrt(hidden_size): variance 1 / (3 * hidden_size)."""
    minidl.manual_seed(0)
    values = np.concatenate([p.detach().numpy().reshape(-1) for p in build(32, 64).parameters()])
    assert -1 / 8 <= values.min() < -0.124 and 0.124 < values.max() <= 1 / 8
    np.testing.assert_allclose([values.mean() * 8, values.var() * 64], [0, 1 / 3], atol=0.02)


def test_all_weights():
    layer = nn.LSTM(3, 4, 2, bidirectional=True, proj_size=2)
    names = ["weight_ih_l1_reverse", "weight_hh_l1_reverse", "bias_ih_l1_reverse", "bias_hh_l1_reverse"]
    expected = [getattr(layer, name) for name in [*names, "weight_hr_l1_reverse"]]
    assert len(layer.all_weights) == 4
    assert all(a is b for a, b in zip(layer.all_weights[-1], expected, strict=True))
    assert layer.flatten_parameters() is None


# --- dropout ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", LAYERS)
def test_dropout_acts_between_layers_only(kind, packed):
    """Two layers with dropout are one layer, dropout, and another layer."""
    layer = LAYERS[kind](4, 6, 2, dropout=0.25)
    lower, upper = LAYERS[kind](4, 6), LAYERS[kind](6, 6)
    state = layer.state_dict()
    lower.load_state_dict({name: state[name] for name in lower.state_dict()})
    upper.load_state_dict({name: state[name.replace("_l0", "_l1")] for name in upper.state_dict()})
    x = minidl.randn(50, 3, 4)
    minidl.manual_seed(3)
    output = layer(pack_padded_sequence(x, [50, 50, 50]) if packed else x)[0]
    minidl.manual_seed(3)
    expected = upper(nn.functional.dropout(lower(x)[0], 0.25))[0].detach().numpy()
    assert not np.allclose(expected, layer.eval()(x)[0].detach().numpy())
    output = output.data if packed else output
    np.testing.assert_allclose(output.detach().numpy().reshape(50, 3, 6), expected, rtol=1e-5, atol=1e-6)


def test_the_share_that_is_dropped_and_the_scale_of_the_rest():
    """relu layers that hand on ones: what the upper one sees is 0 or 1 / (1 - p)."""
    minidl.manual_seed(0)
    layer = nn.RNN(1, 500, 2, "relu", dropout=0.2)
    for name, parameter in layer.named_parameters():
        parameter.data.fill_(1.0 if name == "bias_ih_l0" else 0.0)
    layer.weight_ih_l1.data.copy_(minidl.eye(500))
    dropped = layer(minidl.zeros(40, 1, 1))[0].detach().numpy()
    values, counts = np.unique(dropped, return_counts=True)
    np.testing.assert_allclose(values, [0, 1.25])
    np.testing.assert_allclose(counts[0] / counts.sum(), 0.2, atol=0.02)
    np.testing.assert_array_equal(layer.eval()(minidl.zeros(40, 1, 1))[0].detach().numpy(), 1.0)


def test_attention_drops_weights():
    """Of equal places each gets the weight 1/8, in training 0 or (1/8) / (1 - p)."""
    minidl.manual_seed(0)
    layer = nn.MultiheadAttention(4, 2, dropout=0.25)
    x = minidl.ones(8, 200, 4)
    _, weights = layer(x, x, x, average_attn_weights=False)
    values, counts = np.unique(weights.detach().numpy().round(5), return_counts=True)
    np.testing.assert_allclose(values, [0, 1 / 6], atol=1e-5)
    np.testing.assert_allclose(counts[0] / counts.sum(), 0.25, atol=0.02)
    np.testing.assert_allclose(layer.eval()(x, x, x)[1].detach().numpy(), 1 / 8, rtol=1e-5)


@pytest.mark.parametrize("place", ["dropout", "dropout1", "dropout2"])
def test_an_encoder_layer_drops_in_three_places(place):
    minidl.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0)
    x = minidl.randn(3, 2, 8)
    before = layer(x).detach().numpy()
    getattr(layer, place).p = 0.5
    assert not np.allclose(layer(x).detach().numpy(), before)
    np.testing.assert_array_equal(layer.eval()(x).detach().numpy(), before)


# --- refusals ---------------------------------------------------------------------------------------------------------

X = minidl.ones(5, 3, 4)
BAD_ARGUMENTS = [
    (lambda: nn.LSTM(3, 0), ArgumentError, ["LSTM", "hidden_size=0"]),
    (lambda: nn.GRU(3, 4, num_layers=0), ArgumentError, ["GRU", "num_layers=0"]),
    (lambda: nn.RNN(-1, 4), ArgumentError, ["RNN", "input_size=-1"]),
    (lambda: nn.LSTM(3, 4.0), DtypeError, ["LSTM", "hidden_size", "float"]),
    (lambda: nn.LSTM(3, 4, proj_size=4), ArgumentError, ["proj_size=4", "hidden_size=4"]),
    (lambda: nn.GRU(3, 4, proj_size=2), ArgumentError, ["GRU", "proj_size", "LSTM only"]),
    (lambda: nn.RNN(3, 4, proj_size=2), ArgumentError, ["RNN", "proj_size", "LSTM only"]),
    (lambda: nn.LSTM(3, 4, 2, dropout=1.5), ArgumentError, ["LSTM", "dropout=1.5"]),
    (lambda: nn.LSTM(3, 4, 2, dropout=True), ArgumentError, ["LSTM", "dropout=True"]),
    (lambda: nn.RNN(3, 4, nonlinearity="sine"), ArgumentError, ["RNN", "'sine'", "'tanh' or 'relu'"]),
    (lambda: nn.RNNCell(3, 4, nonlinearity="sine"), ArgumentError, ["RNNCell", "'sine'", "'tanh' or 'relu'"]),
    (lambda: nn.GRUCell(3, -4), ArgumentError, ["GRUCell", "hidden_size=-4"]),
    (lambda: nn.MultiheadAttention(6, 4), ArgumentError, ["embed_dim=6", "num_heads=4"]),
    (lambda: nn.MultiheadAttention(0, 1), ArgumentError, ["embed_dim=0"]),
    (lambda: nn.MultiheadAttention(4, 2, dropout=-1), ArgumentError, ["dropout=-1"]),
    (lambda: nn.TransformerEncoderLayer(4, 2, activation="tan"), ArgumentError, ["'tan'", "'relu', 'gelu'"]),
]
BAD_INPUTS = [
    (lambda: nn.LSTM(6, 4)(X), ShapeError, ["LSTM", "(5, 3, 4)", "4 features", "input_size=6"]),
    (lambda: nn.LSTM(6, 4, batch_first=True)(X), ShapeError, ["LSTM", "(5, 3, 4)", "input_size=6"]),
    (lambda: nn.LSTM(4, 4)(minidl.ones(4)), ShapeError, ["LSTM", "(4,)", "(T, N, 4)"]),
    (lambda: nn.GRU(4, 4)(minidl.ones(1, 5, 3, 4)), ShapeError, ["GRU", "(1, 5, 3, 4)", "(T, N, 4)"]),
    (lambda: nn.GRU(4, 4)(X[:0]), ShapeError, ["GRU", "(0, 3, 4)", "no steps"]),
    (lambda: nn.GRU(4, 4)(X.long()), DtypeError, ["GRU", "int64", "float32", "embed"]),
    (lambda: nn.GRU(4, 4)(X.double()), DtypeError, ["GRU", "float64", "float32"]),
    (lambda: nn.GRU(4, 5)(X, minidl.ones(1, 2, 5)), ShapeError, ["GRU", "h_0 (1, 2, 5)", "(1, 3, 5)"]),
    (lambda: nn.GRU(4, 5)(X, minidl.ones(1, 5)), ShapeError, ["GRU", "h_0 (1, 5)", "(1, 3, 5)"]),
    (lambda: nn.GRU(4, 5)(X[0], minidl.ones(1, 1, 5)), ShapeError, ["GRU", "h_0 (1, 1, 5)", "(1, 5)"]),
    (lambda: nn.GRU(4, 5)(X, minidl.ones(1, 3, 5).double()), DtypeError, ["h_0", "float64", "float32"]),
    (lambda: nn.GRU(4, 5)(X, (minidl.ones(1, 3, 5),)), DtypeError, ["GRU", "tuple", "one tensor"]),
    (lambda: nn.LSTM(4, 5)(X, minidl.ones(1, 3, 5)), DtypeError, ["LSTM", "Tensor", "(h_0, c_0)"]),
    (
        lambda: nn.LSTM(4, 5, proj_size=2)(X, (minidl.ones(1, 3, 2), minidl.ones(1, 3, 2))),
        ShapeError,
        ["c_0 (1, 3, 2)", "(1, 3, 5)"],
    ),
    (lambda: nn.LSTM(6, 4)(pack_padded_sequence(X, [5, 2, 1])), ShapeError, ["LSTM", "4 features", "input_size=6"]),
    (lambda: nn.GRU(4, 5)(pack_padded_sequence(X, [5, 2, 1]), X), ShapeError, ["h_0 (5, 3, 4)", "(1, 3, 5)"]),
    (lambda: nn.RNNCell(3, 4)(minidl.ones(2, 4)), ShapeError, ["RNNCell", "input (2, 4)", "(N, 3)"]),
    (lambda: nn.RNNCell(4, 4)(X), ShapeError, ["RNNCell", "input (5, 3, 4)", "(N, 4)"]),
    (lambda: nn.GRUCell(4, 4)(X[0], minidl.ones(2, 4)), ShapeError, ["GRUCell", "hx (2, 4)", "(3, 4)"]),
    (lambda: nn.GRUCell(4, 4)(X[0].long()), DtypeError, ["GRUCell", "int64", "float32"]),
    (lambda: nn.LSTMCell(4, 4)(X[0], X[0]), DtypeError, ["LSTMCell", "(h, c)"]),
    (lambda: nn.LSTMCell(4, 4)(X[0], (X[0], X[0][:2])), ShapeError, ["LSTMCell", "c (2, 4)", "(3, 4)"]),
    (lambda: nn.Transformer(4, 2, 1, 1, 8)(X, X[:, :2]), ShapeError, ["(5, 3, 4)", "(5, 2, 4)", "batch size"]),
    (lambda: nn.Transformer(6, 2, 1, 1, 8)(X, X), ShapeError, ["(5, 3, 4)", "d_model=6"]),
    (lambda: nn.Transformer(4, 2, 1, 1, 8)(X, X[0]), ShapeError, ["(5, 3, 4)", "(3, 4)", "without N"]),
    (lambda: nn.MultiheadAttention(6, 2)(X, X, X), ShapeError, ["(5, 3, 4)", "6"]),
]


@pytest.mark.parametrize(("call", "error", "parts"), BAD_ARGUMENTS + BAD_INPUTS)
def test_refusals(call, error, parts):
    with pytest.raises(error) as caught:
        call()
    assert [part for part in parts if part not in str(caught.value)] == []


def test_dropout_without_anything_between_is_warned_of():
    with pytest.warns(MinidlWarning, match="num_layers=1"):
        nn.GRU(3, 4, dropout=0.5)
