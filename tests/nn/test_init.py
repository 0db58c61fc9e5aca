"""Initial values: the bound or standard deviation of each formula, seen on tensors of 200,000 numbers and more."""

import math

import numpy as np
import pytest
from scipy import stats

import minidl
from minidl import nn
from minidl.errors import ArgumentError, ShapeError

SHAPE = (400, 50, 2, 5)
FAN_IN, FAN_OUT = 500, 4000
UNLIKELY = 1e-6
"""The chance that a right distribution fails; the seed is fixed, so it either always does or never."""


def drawn(fill, *args, shape=SHAPE, **options):
    minidl.manual_seed(7)
    tensor = minidl.empty(*shape)
    assert fill(tensor, *args, **options) is tensor
    return tensor.numpy().ravel()


def assert_uniform(values, low, high):
    assert low <= values.min()
    assert values.max() <= high
    assert stats.kstest(values, stats.uniform(low, high - low).cdf).pvalue > UNLIKELY
    assert values.mean() == pytest.approx((low + high) / 2, abs=5 * (high - low) / math.sqrt(12 * values.size))
    assert values.std() == pytest.approx((high - low) / math.sqrt(12), rel=0.01)


def assert_normal(values, mean, std):
    assert stats.kstest(values, stats.norm(mean, std).cdf).pvalue > UNLIKELY
    assert values.mean() == pytest.approx(mean, abs=5 * std / math.sqrt(values.size))
    assert values.std() == pytest.approx(std, rel=0.01)


def test_uniform_and_normal():
    assert_uniform(drawn(nn.init.uniform_), 0, 1)
    assert_uniform(drawn(nn.init.uniform_, -2.0, 5.0), -2, 5)
    assert_normal(drawn(nn.init.normal_), 0, 1)
    assert_normal(drawn(nn.init.normal_, 3.0, 0.1), 3, 0.1)


def test_constants():
    assert np.all(drawn(nn.init.constant_, 2.5) == 2.5)
    assert np.all(drawn(nn.init.zeros_) == 0)
    assert np.all(drawn(nn.init.ones_) == 1)


KAIMING = [
    ({}, math.sqrt(2 / FAN_IN)),
    ({"mode": "fan_out"}, math.sqrt(2 / FAN_OUT)),
    ({"nonlinearity": "relu"}, math.sqrt(2 / FAN_IN)),
    ({"nonlinearity": "linear"}, math.sqrt(1 / FAN_IN)),
    ({"nonlinearity": "tanh", "mode": "fan_out"}, 5 / 3 / math.sqrt(FAN_OUT)),
    ({"a": math.sqrt(5)}, math.sqrt(1 / (3 * FAN_IN))),
    ({"a": 0.2, "nonlinearity": "leaky_relu"}, math.sqrt(2 / 1.04 / FAN_IN)),
]


@pytest.mark.parametrize(("options", "std"), KAIMING, ids=str)
def test_kaiming_has_the_deviation_of_he(options, std):
    assert_normal(drawn(nn.init.kaiming_normal_, **options), 0, std)
    assert_uniform(drawn(nn.init.kaiming_uniform_, **options), -math.sqrt(3) * std, math.sqrt(3) * std)


@pytest.mark.parametrize("gain", [1.0, 5 / 3])
def test_xavier_has_the_deviation_of_glorot(gain):
    std = gain * math.sqrt(2 / (FAN_IN + FAN_OUT))
    assert_normal(drawn(nn.init.xavier_normal_, gain), 0, std)
    assert_uniform(drawn(nn.init.xavier_uniform_, gain), -math.sqrt(3) * std, math.sqrt(3) * std)


def test_the_bound_of_a_uniform_draw_is_reached():
    values = drawn(nn.init.xavier_uniform_, shape=(1000, 500))
    bound = math.sqrt(6 / 1500)
    assert values.max() == pytest.approx(bound, rel=1e-4)
    assert values.min() == pytest.approx(-bound, rel=1e-4)


LAYERS = [
    (lambda: nn.Linear(300, 700), 300),
    (lambda: nn.Conv2d(12, 700, (5, 5)), 300),
    (lambda: nn.Conv2d(24, 700, (5, 5), groups=2), 300),
]


@pytest.mark.parametrize(("build", "fan_in"), LAYERS)
def test_layers_start_uniform_within_one_over_the_root_of_their_inputs(build, fan_in):
    minidl.manual_seed(7)
    layer = build()
    bound = 1 / math.sqrt(fan_in)
    assert_uniform(layer.weight.detach().numpy().ravel(), -bound, bound)
    biases = np.concatenate([build().bias.detach().numpy() for _ in range(300)])
    assert_uniform(biases, -bound, bound)


def test_batch_norm_starts_as_the_identity_of_normal_data():
    state = nn.BatchNorm1d(3).state_dict()
    values = {"weight": [1, 1, 1], "bias": [0, 0, 0], "running_mean": [0, 0, 0], "running_var": [1, 1, 1]}
    for key, expected in values.items():
        np.testing.assert_array_equal(state[key].numpy(), expected)
    assert state["num_batches_tracked"].item() == 0


def test_the_same_seed_gives_the_same_weights():
    nets = []
    for seed in (3, 3, 4):
        minidl.manual_seed(seed)
        nets.append(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Linear(5, 6)).state_dict())
    for key, value in nets[0].items():
        np.testing.assert_array_equal(value.numpy(), nets[1][key].numpy())
        assert not np.array_equal(value.numpy(), nets[2][key].numpy())


def test_reset_parameters_draws_anew():
    layer = nn.Linear(3, 4)
    before = {key: value.numpy().copy() for key, value in layer.state_dict().items()}
    layer.reset_parameters()
    for key, value in layer.state_dict().items():
        assert not np.array_equal(value.numpy(), before[key])


def test_a_generator_of_its_own_leaves_the_default_one_alone():
    minidl.manual_seed(1)
    expected = minidl.rand(3).numpy()
    minidl.manual_seed(1)
    first, second = (nn.init.normal_(minidl.empty(9), generator=minidl.Generator(5)) for _ in range(2))
    np.testing.assert_array_equal(first.numpy(), second.numpy())
    np.testing.assert_array_equal(minidl.rand(3).numpy(), expected)


def test_parameters_stay_leaves_that_require_a_gradient():
    weight = nn.Linear(3, 4).weight
    for fill in (nn.init.xavier_uniform_, nn.init.kaiming_normal_, nn.init.ones_):
        fill(weight)
        assert weight.is_leaf
        assert weight.requires_grad


def test_double_precision_is_filled_with_all_its_digits():
    values = nn.init.uniform_(minidl.empty(100, dtype=minidl.float64)).numpy()
    assert np.any(values != values.astype(np.float32))


@pytest.mark.parametrize(
    "fill", [nn.init.kaiming_uniform_, nn.init.kaiming_normal_, nn.init.xavier_uniform_, nn.init.xavier_normal_]
)
def test_fans_need_two_dimensions(fill):
    with pytest.raises(ShapeError, match=r"fan in and fan out need at least 2 dimensions, got shape \(3,\)"):
        fill(minidl.empty(3))


@pytest.mark.parametrize("fill", [nn.init.kaiming_uniform_, nn.init.kaiming_normal_])
def test_unknown_words_are_refused(fill):
    with pytest.raises(ArgumentError, match="'swish'; needs leaky_relu or one of linear"):
        fill(minidl.empty(3, 3), nonlinearity="swish")
    with pytest.raises(ArgumentError, match="mode 'fan'; needs 'fan_in' or 'fan_out'"):
        fill(minidl.empty(3, 3), mode="fan")
