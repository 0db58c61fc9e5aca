"""Dropout: what it drops, and that its gradient follows the same mask."""

import numpy as np
import pytest

import minidl
from minidl.errors import ArgumentError
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
