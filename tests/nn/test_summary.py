"""summary(model, input): counts worked out by hand, and what the call leaves unchanged."""

import numpy as np
import pytest

import minidl
from minidl import nn
from minidl.errors import DtypeError, ShapeError
from minidl.nn.multiply_adds import multiply_adds


class LeNet5(nn.Module):
    """LeCun et al. 1998, on padded 28x28 digits."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.MaxPool2d(2)
        )
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)
        )

    def forward(self, x):
        return self.classifier(self.features(x))


def by_path(found):
    return {row.path: row for row in found.rows}


def test_lenet5():
    found = nn.summary(LeNet5(), minidl.zeros(1, 1, 28, 28))
    rows = by_path(found)
    assert {path: row.multiply_adds for path, row in rows.items() if row.multiply_adds is not None} == {
        "features.0": 28 * 28 * 6 * 25,
        "features.3": 10 * 10 * 16 * 6 * 25,
        "classifier.1": 400 * 120,
        "classifier.3": 120 * 84,
        "classifier.5": 84 * 10,
    }
    assert found.multiply_adds == 416_520
    assert (found.parameters, found.trainable) == (61_706, 61_706)
    assert rows["features.0"].parameters == 6 * 25 + 6
    assert rows["features.3"].output_shapes == [(1, 16, 10, 10)]
    assert found.state_bytes == 4 * 61_706
    outputs = 2 * 6 * 28 * 28 + 6 * 14 * 14 + 2 * 16 * 10 * 10 + 16 * 5 * 5 + 400 + 2 * 120 + 2 * 84 + 10
    assert found.output_bytes == 4 * outputs
    assert found.input_bytes == 4 * 28 * 28


def test_a_small_network_with_batch_norm_groups_and_strides():
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False),  # 16x16 -> 8x8
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, groups=8),  # -> 6x6
        nn.Flatten(),
        nn.Linear(288, 5),
    )
    net[5].requires_grad_(False)
    found = nn.summary(net, minidl.zeros(4, 3, 16, 16))
    convolutions = 4 * 8 * 8 * 8 * (3 * 9) + 4 * 6 * 6 * 8 * 9
    assert found.multiply_adds == convolutions + 4 * 8 * 8 * 8 + 4 * 288 * 5
    assert found.parameters == 8 * 27 + 16 + 80 + 288 * 5 + 5
    assert found.parameters - found.trainable == 288 * 5 + 5
    assert by_path(found)["1"].state_bytes == 4 * (8 + 8 + 8 + 8) + 8  # and the count of batches, an int64


def test_the_model_stays_as_it_was():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout()).train()
    net[2].eval()
    before = {key: value.numpy().copy() for key, value in net.state_dict().items()}
    seed = minidl.manual_seed(3).get_state()
    nn.summary(net, minidl.randn(4, 2, generator=minidl.Generator(1)))
    assert [module.training for module in net.modules()] == [True, True, True, False]
    for key, value in net.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[key])
    assert minidl.get_rng_state() == seed
    assert not any(module._hooks for module in net.modules())


def test_after_an_error_no_hook_is_left():
    net = nn.Sequential(nn.Linear(2, 3))
    with pytest.raises(ShapeError, match=r"0 \(Linear\): linear"):
        nn.summary(net, minidl.ones(1, 5))
    assert net.training
    assert not any(module._hooks for module in net.modules())


def test_shared_layers_count_once_as_weights_and_twice_as_work():
    layer = nn.Linear(3, 3)
    net = nn.Sequential(layer, nn.ReLU(), layer)
    net.append(nn.Linear(3, 3, bias=False))
    net[3].weight = layer.weight
    found = nn.summary(net, minidl.ones(2, 3))
    assert found.parameters == 12
    assert [row.path for row in found.rows] == ["", "0", "1", "3"]
    assert by_path(found)["0"].calls == 2
    assert found.multiply_adds == 3 * (2 * 9)
    assert by_path(found)["0"].output_bytes == 2 * (4 * 6)


def test_several_arguments_and_outputs_and_layers_that_are_not_called():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.used = nn.Linear(2, 3)
            self.unused = nn.Linear(5, 7)

        def forward(self, a, b, scale=1):
            return self.used(a) * scale, {"b": [b, b]}

    found = nn.summary(Two(), (minidl.ones(4, 2), minidl.ones(6)), scale=minidl.ones(1))
    rows = by_path(found)
    assert rows[""].output_shapes == [(4, 3), (6,), (6,)]
    assert (rows["unused"].calls, rows["unused"].output_shapes, rows["unused"].multiply_adds) == (0, [], None)
    assert found.parameters == 9 + 42
    assert found.input_bytes == 4 * (8 + 6 + 1)
    assert "not called" in str(found)


def test_it_prints_a_table():
    text = str(nn.summary(LeNet5(), minidl.zeros(1, 1, 28, 28)))
    line = next(line for line in text.splitlines() if "features.3" in line)
    assert [cell.strip() for cell in line.split("│")[1:-1]] == [
        *("features.3", "Conv2d", "(1, 16, 10, 10)", "2,416", "240,000", "6.2 KiB", "9.4 KiB")
    ]
    assert "416,520" in text
    assert "61,706 parameters are trained, 0 are frozen." in text
    assert repr(nn.summary(nn.ReLU(), minidl.ones(1))) == str(nn.summary(nn.ReLU(), minidl.ones(1)))


def test_what_is_no_module_is_refused():
    with pytest.raises(DtypeError, match="summary: got a int, needs a Module"):
        nn.summary(3, minidl.ones(1))


# --- rules by name, on stand-ins of the layers' shapes ----------------------------------------------------------------


def stand_in(name, **attributes):
    return type(name, (), attributes)()


def zeros(*shape):
    return minidl.zeros(*shape)


RULES = [
    # 5 sequences of 3 steps; each output of 4 is a product with 2
    ("Linear", {"in_features": 2}, (zeros(5, 3, 2),), zeros(5, 3, 4), 5 * 3 * 4 * 2),
    ("Bilinear", {"in1_features": 2, "in2_features": 3}, (zeros(5, 2), zeros(5, 3)), zeros(5, 4), 5 * 4 * 2 * 3),
    ("Conv1d", {"weight": zeros(6, 2, 3)}, (zeros(1, 4, 9),), zeros(1, 6, 7), 7 * 6 * 2 * 3),
    ("Conv3d", {"weight": zeros(6, 4, 2, 2, 2)}, (zeros(1, 4, 3, 3, 3),), zeros(1, 6, 2, 2, 2), 8 * 6 * 4 * 8),
    ("ConvTranspose2d", {"weight": zeros(4, 3, 2, 2)}, (zeros(1, 4, 5, 5),), zeros(1, 6, 10, 10), 25 * 4 * 3 * 4),
    ("BatchNorm3d", {}, (zeros(1, 2, 3, 4, 5),), zeros(1, 2, 3, 4, 5), 120),
    ("LayerNorm", {}, (zeros(4, 5),), zeros(4, 5), 3 * 20),
    ("GroupNorm", {}, (zeros(4, 6),), zeros(4, 6), 3 * 24),
    ("InstanceNorm1d", {}, (zeros(4, 6, 2),), zeros(4, 6, 2), 3 * 48),
    ("RMSNorm", {}, (zeros(4, 5),), zeros(4, 5), 2 * 20),
    ("ReLU", {}, (zeros(4, 5),), zeros(4, 5), None),
]


@pytest.mark.parametrize(("name", "attributes", "args", "output", "expected"), RULES, ids=[rule[0] for rule in RULES])
def test_rules(name, attributes, args, output, expected):
    assert multiply_adds(stand_in(name, **attributes), args, output) == expected


@pytest.mark.parametrize(
    ("batch_first", "query", "key"),
    [(True, zeros(2, 5, 8), zeros(2, 7, 6)), (False, zeros(5, 2, 8), zeros(7, 2, 6))],
)
def test_attention(batch_first, query, key):
    layer = stand_in("MultiheadAttention", embed_dim=8, batch_first=batch_first)
    projections = 2 * (5 * 8 * 8 + 7 * 6 * 8 + 7 * 6 * 8 + 5 * 8 * 8)
    products = 2 * (5 * 7 * 8 + 5 * 7 * 8)
    assert multiply_adds(layer, (query, key, key), None) == projections + products


def test_attention_of_one_sequence():
    layer = stand_in("MultiheadAttention", embed_dim=4, batch_first=False)
    x = zeros(3, 4)
    assert multiply_adds(layer, (x, x, x), None) == 4 * 3 * 16 + 2 * 3 * 3 * 4


def test_recurrent_layers_use_each_matrix_once_a_step():
    weights = [zeros(12, 2), zeros(12, 3), zeros(12), zeros(12)]
    layer = stand_in("LSTM", input_size=2, parameters=lambda self=None: weights)
    assert multiply_adds(layer, (zeros(7, 5, 2),), None) == 7 * 5 * (12 * 2 + 12 * 3)
    packed = stand_in("PackedSequence", data=zeros(11, 2))
    assert multiply_adds(layer, (packed,), None) == 11 * (12 * 2 + 12 * 3)
