"""Dropout and other random functions: what they draw, and that the gradient follows the same draw."""

import numpy as np
import pytest

import minidl
from minidl.errors import ArgumentError, DtypeError, MinidlWarning, ShapeError
from minidl.nn import functional as F


def test_a_share_is_dropped_and_the_rest_scaled_up():
    minidl.manual_seed(0)
    y = F.dropout(minidl.ones(200, 500), 0.3).numpy()
    kept = y != 0
    assert abs(kept.mean() - 0.7) < 4 * np.sqrt(0.3 * 0.7 / y.size)
    np.testing.assert_array_equal(y[kept], np.float32(1 / 0.7))


def test_the_gradient_passes_where_the_value_did():
    x = minidl.randn(4, 5).requires_grad_()
    y = F.dropout(x, 0.5)
    (g,) = minidl.autograd.grad(y.sum(), x)
    np.testing.assert_allclose(g.numpy() * x.detach().numpy(), y.detach().numpy())


def test_the_same_seed_drops_the_same_and_dtypes_stay():
    x = minidl.ones(50, dtype=minidl.float64)
    first, second = (F.dropout(x, 0.5, generator=minidl.Generator(7)) for _ in range(2))
    assert first.dtype == minidl.float64
    np.testing.assert_array_equal(first.numpy(), second.numpy())


def test_nothing_is_dropped_in_evaluation_and_everything_at_one():
    x = minidl.ones(5)
    assert F.dropout(x, 0.5, training=False) is x
    assert F.dropout(x, 0.0) is x
    assert not F.dropout(x, 1.0).numpy().any()


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_p_is_a_probability(p):
    with pytest.raises(ArgumentError, match="dropout: p="):
        F.dropout(minidl.ones(1), p)


# --- whole channels --------------------------------------------------------------------------------------------------

CHANNELS = {
    "dropout1d": [((40, 50, 6), 2), ((500, 6), 1)],
    "dropout2d": [((40, 50, 3, 4), 2)],
    "dropout3d": [((40, 50, 2, 3, 2), 2), ((500, 2, 3, 2), 1)],
    "feature_alpha_dropout": [((40, 50, 3, 4), 2), ((40, 50), 2)],
}


@pytest.mark.parametrize(("name", "shape", "own"), [(name, *case) for name in CHANNELS for case in CHANNELS[name]])
def test_whole_channels_are_dropped(name, shape, own):
    minidl.manual_seed(1)
    y = getattr(F, name)(minidl.ones(*shape), 0.3, training=True).numpy()
    rows = y.reshape(*shape[:own], -1)
    assert (rows == rows[..., :1]).all()
    values, counts = np.unique(rows[..., 0], return_counts=True)
    dropped = counts[values.argmin()] / counts.sum()
    assert len(values) == 2
    assert abs(dropped - 0.3) < 4 * np.sqrt(0.3 * 0.7 / counts.sum())


@pytest.mark.parametrize(("name", "shape"), [("dropout2d", (30, 40, 5)), ("dropout3d", (30, 40, 5))])
def test_other_shapes_are_taken_as_samples_and_channels_with_a_warning(name, shape):
    with pytest.warns(MinidlWarning, match=f"{name}: shape .* is taken as"):
        y = getattr(F, name)(minidl.ones(*shape), 0.5).numpy()
    assert (y == y[:, :, :1]).all() and 0 < y[:, :, 0].astype(bool).mean() < 1


def test_alpha_dropout_keeps_mean_and_variance():
    x = minidl.randn(200, 300, generator=minidl.Generator(3)).requires_grad_()
    y = F.alpha_dropout(x, 0.2, training=True, generator=minidl.Generator(4))
    assert abs(y.mean().item()) < 0.02 and abs(y.std().item() - 1) < 0.02
    (g,) = minidl.autograd.grad(y.sum(), x)
    dropped = g.numpy() == 0
    assert abs(dropped.mean() - 0.2) < 0.01
    assert len(np.unique(y.detach().numpy()[dropped])) == 1


ALL = ["dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"]


@pytest.mark.parametrize("name", ALL)
def test_nothing_or_everything(name):
    shape = {"dropout1d": (2, 3, 4), "dropout3d": (2, 3, 1, 2, 2)}.get(name, (2, 3, 2, 2))
    x = minidl.randn(*shape)
    drop = getattr(F, name)
    assert drop(x, 0.5, training=False) is x
    assert drop(x, 0.0, training=True) is x
    assert not drop(x, 1.0, training=True).numpy().any()
    assert drop(x.half(), 0.5, training=True).dtype == minidl.float16


@pytest.mark.parametrize("name", ALL)
def test_in_place(name):
    shape = {"dropout1d": (2, 3, 4), "dropout3d": (2, 3, 1, 2, 2)}.get(name, (2, 3, 2, 2))
    x = minidl.randn(*shape)
    kept = x.clone()
    expected = getattr(F, name)(x, 0.5, True, generator=minidl.Generator(2))
    np.testing.assert_array_equal(x.numpy(), kept.numpy())
    result = getattr(F, name)(x, 0.5, True, True, generator=minidl.Generator(2))
    assert result is x
    np.testing.assert_array_equal(x.numpy(), expected.numpy())


@pytest.mark.parametrize("name", ["dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"])
def test_the_top_level_forms(name):
    x = minidl.ones(4, 5, 6)
    minidl.manual_seed(5)
    y = getattr(minidl, name)(x, 0.5, True)
    assert getattr(minidl, name)(x, p=0.5, train=False) is x
    minidl.manual_seed(5)
    assert getattr(minidl, f"{name}_")(x, 0.5, True) is x
    np.testing.assert_array_equal(x.numpy(), y.numpy())


@pytest.mark.parametrize(
    ("error", "message", "program"),
    [
        (ArgumentError, "alpha_dropout: p=2", lambda: F.alpha_dropout(minidl.ones(1), 2, True)),
        (DtypeError, "dropout: got int64", lambda: F.dropout(minidl.tensor([1]))),
        (ShapeError, "dropout1d: shape \\(3,\\)", lambda: F.dropout1d(minidl.ones(3))),
        (
            ShapeError,
            "feature_alpha_dropout: shape \\(3,\\)",
            lambda: F.feature_alpha_dropout(minidl.ones(3), 0.5, True),
        ),
    ],
)
def test_refusals(error, message, program):
    with pytest.raises(error, match=message):
        program()


# --- other random functions ------------------------------------------------------------------------------------------


def test_rrelu_draws_slopes_between_its_bounds():
    x = minidl.full((1000,), -2.0).requires_grad_()
    y = F.rrelu(x, 0.1, 0.5, training=True, generator=minidl.Generator(1))
    slopes = y.detach().numpy() / -2
    assert 0.1 <= slopes.min() < 0.12 and 0.48 < slopes.max() <= 0.5 and abs(slopes.mean() - 0.3) < 0.02
    (g,) = minidl.autograd.grad(y.sum(), x)
    np.testing.assert_allclose(g.numpy(), slopes, rtol=1e-6)
    np.testing.assert_allclose(F.rrelu(x, 0.1, 0.5).detach().numpy(), -0.6, rtol=1e-6)


def test_gumbel_softmax_draws_with_the_chances_of_softmax():
    logits = minidl.tensor([0.0, 1.0, -1.0]).expand(4000, 3)
    hard = F.gumbel_softmax(logits, hard=True, generator=minidl.Generator(6)).numpy()
    assert set(np.unique(hard)) <= {0.0, 1.0} and (hard.sum(1) == 1).all()
    chances = F.softmax(logits[0], 0).numpy()
    assert np.abs(hard.mean(0) - chances).max() < 4 * np.sqrt(0.25 / 4000)


def test_the_gradient_of_a_hard_choice_is_that_of_the_soft_one():
    slopes = []
    for hard in (True, False):
        logits = minidl.tensor([[0.3, 1.0, -1.0]]).requires_grad_()
        y = F.gumbel_softmax(logits, 0.7, hard, generator=minidl.Generator(6))
        slopes.append(minidl.autograd.grad((y * minidl.tensor([1.0, 2.0, 4.0])).sum(), logits)[0].numpy())
    np.testing.assert_allclose(*slopes, rtol=1e-6)
    assert slopes[0].any()
