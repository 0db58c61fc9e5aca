"""Layers that draw random numbers in training: what they leave, how often, and nothing in evaluation."""

import numpy as np
import pytest

import minidl
from minidl import nn

ELEMENTS = [(nn.Dropout, (100, 200)), (nn.AlphaDropout, (100, 200))]

CHANNELS = [
    (nn.Dropout1d, (50, 100, 3)),
    (nn.Dropout1d, (5000, 3)),
    (nn.Dropout2d, (50, 100, 2, 3)),
    (nn.Dropout3d, (50, 100, 2, 1, 3)),
    (nn.Dropout3d, (5000, 2, 1, 3)),
    (nn.FeatureAlphaDropout, (50, 100, 3)),
]


@pytest.mark.parametrize(("kind", "shape"), [*ELEMENTS, *CHANNELS])
@pytest.mark.parametrize("p", [0.2, 0.7])
def test_a_share_p_is_dropped(kind, shape, p):
    minidl.manual_seed(5)
    y = kind(p)(minidl.ones(*shape)).numpy()
    alone = shape[0] == 5000
    kinds, counts = np.unique(y, return_counts=True)
    assert kinds.size == 2
    draws = 5000 if (kind, shape) in CHANNELS else 20000
    kept = counts[1] / y.size  # the greater of the two values
    assert kept == pytest.approx(1 - p, abs=5 * np.sqrt(p * (1 - p) / draws))
    if (kind, shape) in CHANNELS:
        rows = y.reshape(5000, -1) if alone else y.reshape(shape[0] * shape[1], -1)
        assert (rows == rows[:, :1]).all()
    if "Alpha" not in kind.__name__:
        np.testing.assert_allclose(kinds, [0, 1 / (1 - p)], rtol=1e-6)


@pytest.mark.parametrize("kind", [nn.AlphaDropout, nn.FeatureAlphaDropout])
def test_alpha_dropout_keeps_mean_and_variance(kind):
    minidl.manual_seed(5)
    y = kind(0.3)(minidl.randn(200, 500, 2)).numpy()
    assert y.mean() == pytest.approx(0, abs=0.02)
    assert y.std() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(("kind", "shape"), [*ELEMENTS, *CHANNELS])
def test_evaluation_drops_nothing(kind, shape):
    x = minidl.rand(*shape)
    assert kind(0.5).eval()(x) is x


@pytest.mark.parametrize(("kind", "shape"), [*ELEMENTS, *CHANNELS])
def test_dropout_writes_into_its_input(kind, shape):
    x = minidl.rand(*shape)
    before = x.numpy().copy()
    y = kind(0.5, inplace=True)(x)
    np.testing.assert_array_equal(x.numpy(), y.numpy())
    assert not np.array_equal(before, x.numpy())


def test_the_gradient_passes_where_elements_stayed():
    x = minidl.ones(40, 50).requires_grad_()
    y = nn.Dropout(0.4)(x)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), y.detach().numpy())


def test_random_slopes_lie_between_their_bounds():
    minidl.manual_seed(5)
    layer, x = nn.RReLU(0.2, 0.6), -minidl.ones(100, 200)
    slopes = -layer(x).numpy()
    assert 0.2 <= slopes.min() < 0.201
    assert 0.599 < slopes.max() <= 0.6
    assert slopes.mean() == pytest.approx(0.4, abs=0.005)
    np.testing.assert_allclose(layer.eval()(x).numpy(), -0.4, rtol=1e-6)
    np.testing.assert_array_equal(layer.train()(-x).numpy(), 1)


@pytest.mark.parametrize(("kind", "lead", "plane"), [
    (nn.FractionalMaxPool2d, (2, 3), (9, 9)),
    (nn.FractionalMaxPool3d, (3,), (9, 9, 9)),
])  # fmt: skip
def test_fractional_pooling_takes_values_at_other_places_each_time(kind, lead, plane):
    minidl.manual_seed(5)
    layer, x = kind(2, output_size=6, return_indices=True), minidl.randn(*lead, *plane)
    (values, places), (_, others) = layer(x), layer(x)
    found = np.take_along_axis(x.numpy().reshape(*lead, -1), places.numpy().reshape(*lead, -1), -1)
    np.testing.assert_array_equal(found.reshape(values.shape), values.numpy())
    assert not np.array_equal(places.numpy(), others.numpy())
