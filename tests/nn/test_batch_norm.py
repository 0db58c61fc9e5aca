"""BatchNorm1d and BatchNorm2d against their formulas in NumPy (Ioffe & Szegedy 2015)."""

import numpy as np
import pytest

import minidl
from minidl import nn
from minidl.errors import ShapeError

RNG = np.random.default_rng(12)
SHAPES = [(nn.BatchNorm1d, (6, 3)), (nn.BatchNorm1d, (4, 3, 5)), (nn.BatchNorm2d, (3, 3, 4, 5))]


def batch(shape):
    return 2 + 3 * RNG.standard_normal(shape)


def moments(x):
    """Mean, variance and unbiased variance of each channel."""
    values = np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)
    return values.mean(1), values.var(1), values.var(1, ddof=1)


def normalised(x, mean, variance, weight, bias, eps=1e-5):
    channels = (1, -1, *[1] * (x.ndim - 2))
    mean, variance, weight, bias = (
        np.broadcast_to(v, x.shape[1]).reshape(channels) for v in (mean, variance, weight, bias)
    )
    return (x - mean) / np.sqrt(variance + eps) * weight + bias


def run(layer, x):
    return layer(minidl.from_numpy(x)).detach().numpy()


def randomised(layer):
    """The layer with a scale and a shift that are not 1 and 0."""
    layer.weight.data = minidl.from_numpy(RNG.uniform(0.5, 2, 3))
    layer.bias.data = minidl.from_numpy(RNG.uniform(-1, 1, 3))
    return layer, layer.weight.detach().numpy(), layer.bias.detach().numpy()


@pytest.mark.parametrize(("kind", "shape"), SHAPES)
def test_training_uses_the_batch(kind, shape):
    layer, weight, bias = randomised(kind(3, eps=1e-3, dtype=minidl.float64))
    x = batch(shape)
    mean, variance, _ = moments(x)
    np.testing.assert_allclose(run(layer, x), normalised(x, mean, variance, weight, bias, 1e-3), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("kind", "shape"), SHAPES)
def test_evaluation_uses_the_running_averages(kind, shape):
    layer, weight, bias = randomised(kind(3, momentum=0.3, dtype=minidl.float64))
    mean, variance = np.zeros(3), np.ones(3)
    for count in range(1, 4):
        x = batch(shape)
        run(layer, x)
        new_mean, _, new_variance = moments(x)
        mean, variance = 0.7 * mean + 0.3 * new_mean, 0.7 * variance + 0.3 * new_variance
        assert layer.num_batches_tracked.item() == count
    np.testing.assert_allclose(layer.running_mean.numpy(), mean, rtol=1e-12)
    np.testing.assert_allclose(layer.running_var.numpy(), variance, rtol=1e-12)
    x = batch(shape)
    np.testing.assert_allclose(run(layer.eval(), x), normalised(x, mean, variance, weight, bias), rtol=0, atol=1e-12)
    assert layer.num_batches_tracked.item() == 3
    np.testing.assert_allclose(layer.running_mean.numpy(), mean, rtol=1e-12)


def test_without_momentum_the_averages_are_plain():
    layer = nn.BatchNorm1d(3, momentum=None, dtype=minidl.float64)
    batches = [batch((5, 3)) for _ in range(4)]
    for x in batches:
        run(layer, x)
    np.testing.assert_allclose(layer.running_mean.numpy(), np.mean([moments(x)[0] for x in batches], 0), rtol=1e-12)
    np.testing.assert_allclose(layer.running_var.numpy(), np.mean([moments(x)[2] for x in batches], 0), rtol=1e-12)


def test_not_affine_has_no_parameters():
    layer = nn.BatchNorm1d(3, affine=False, dtype=minidl.float64)
    assert list(layer.parameters()) == []
    assert (layer.weight, layer.bias) == (None, None)
    x = batch((5, 3))
    np.testing.assert_allclose(run(layer, x), normalised(x, *moments(x)[:2], 1, 0), rtol=0, atol=1e-12)


def test_without_running_statistics_evaluation_uses_the_batch():
    layer = nn.BatchNorm2d(3, track_running_stats=False, dtype=minidl.float64).eval()
    assert list(layer.state_dict()) == ["weight", "bias"]
    x = batch((2, 3, 4, 4))
    np.testing.assert_allclose(run(layer, x), normalised(x, *moments(x)[:2], 1, 0), rtol=0, atol=1e-12)


def test_statistics_that_are_no_longer_tracked_stay_and_are_used_in_evaluation():
    layer = nn.BatchNorm1d(3, dtype=minidl.float64)
    layer.track_running_stats = False
    x = batch((5, 3))
    np.testing.assert_allclose(run(layer, x), normalised(x, *moments(x)[:2], 1, 0), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(layer.running_mean.numpy(), np.zeros(3))
    np.testing.assert_allclose(run(layer.eval(), x), normalised(x, 0, 1, 1, 0), rtol=0, atol=1e-12)


@pytest.mark.parametrize("momentum", [0.1, None])
def test_a_refused_batch_leaves_the_layer_as_it_was(momentum):
    layer = nn.BatchNorm1d(3, momentum=momentum, dtype=minidl.float64)
    for shape in [(1, 3), (5, 4)]:
        with pytest.raises(ShapeError):
            run(layer, batch(shape))
    assert layer.num_batches_tracked.item() == 0
    np.testing.assert_array_equal(layer.running_mean.numpy(), np.zeros(3))
    np.testing.assert_array_equal(layer.running_var.numpy(), np.ones(3))


def test_a_large_mean_does_not_cost_the_variance():
    x = (1e4 + RNG.standard_normal((64, 3, 8, 8))).astype(np.float32)
    y = run(nn.BatchNorm2d(3), x)
    mean, variance, _ = moments(x.astype(np.float64))
    np.testing.assert_allclose(y, normalised(x.astype(np.float64), mean, variance, 1, 0), rtol=0, atol=5e-3)
