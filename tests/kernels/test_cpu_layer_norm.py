"""Layer norm of rows, and its gradients, against the formulas in extended precision."""

import numpy as np
import pytest

from minidl.kernels import cpu

RANDOM = np.random.default_rng(12)
SHAPES = [(1, 1), (1, 5), (7, 1), (3, 128), (130, 65), (300, 257), (5, 5000)]


def layouts(x):
    yield x
    yield np.asfortranarray(x)
    yield np.repeat(x, 2, axis=1)[:, ::2]


def plain(x, weight, bias, eps):
    x = x.astype(np.longdouble)
    scale = 1 / np.sqrt(x.var(1, keepdims=True) + eps)
    normal = (x - x.mean(1, keepdims=True)) * scale
    return normal * (1 if weight is None else weight) + (0 if bias is None else bias), normal, scale


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("with_weight", [False, True])
def test_results_and_gradients(shape, dtype, with_weight):
    x, g = (RANDOM.standard_normal(shape).astype(dtype) for _ in range(2))
    x += 3
    weight, bias = (RANDOM.standard_normal(shape[1]).astype(dtype) if with_weight else None for _ in range(2))
    limits = {"rtol": 1e-4, "atol": 1e-4} if dtype == np.float32 else {"rtol": 1e-9, "atol": 1e-10}
    expected, normal, scale = plain(x, weight, bias, 1e-3)
    p = g * (1 if weight is None else weight)
    slopes = (p - p.mean(1, keepdims=True) - normal * (p * normal).mean(1, keepdims=True)) * scale
    for values, arriving in zip(layouts(x), layouts(g), strict=True):
        y, means, scales = cpu.layer_norm(values, 1, weight, bias, 1e-3)
        assert y.dtype == dtype
        np.testing.assert_allclose(y, expected.astype(float), **limits)
        found = cpu.layer_norm_gradient(arriving, values, 1, weight, means, scales)
        for d, wanted in zip(found, (slopes, (g * normal).sum(0), g.sum(0, dtype=np.longdouble)), strict=True):
            assert d.dtype == dtype
            np.testing.assert_allclose(d, wanted.astype(float), **limits)


def test_a_mean_far_from_zero_costs_no_more_than_its_own_rounding():
    x = (RANDOM.standard_normal((4, 1000)) + 1000).astype(np.float32)
    y, expected = cpu.layer_norm(x, 1, None, None, 1e-5)[0], plain(x, None, None, 1e-5)[0]
    np.testing.assert_allclose(y, expected.astype(float), rtol=0, atol=4 * np.spacing(np.float32(1000)))


def test_several_last_dimensions_are_one_row():
    x, g = RANDOM.standard_normal((2, 3, 4, 5)).astype(np.float32)
    weight, bias = RANDOM.standard_normal((2, 4, 5)).astype(np.float32)
    y, *moments = cpu.layer_norm(x, 2, weight, bias, 1e-5)
    gradients = cpu.layer_norm_gradient(g, x, 2, weight, *moments)
    flat, arriving = (a.reshape(3, 20) for a in (x, g))
    row_weight, row_bias = (a.reshape(20) for a in (weight, bias))
    wanted, *row_moments = cpu.layer_norm(flat, 1, row_weight, row_bias, 1e-5)
    row_gradients = cpu.layer_norm_gradient(arriving, flat, 1, row_weight, *row_moments)
    for got, expected in zip((y, *gradients), (wanted, *row_gradients), strict=True):
        np.testing.assert_array_equal(got.reshape(expected.shape), expected)
    assert [a.shape for a in (y, *gradients)] == [(3, 4, 5), (3, 4, 5), (4, 5), (4, 5)]
