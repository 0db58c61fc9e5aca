"""The sum of large arrays against exact summation."""

import math

import numpy as np
import pytest

from minidl.kernels import cpu

RANDOM = np.random.default_rng(6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(0,), (1,), (4095,), (4097,), (300, 500), (3, 7, 11, 13)])
def test_the_sum_is_as_exact_as_its_dtype(dtype, shape):
    x = (RANDOM.standard_normal(shape) + 1).astype(dtype)
    for arranged in (x, x.T, np.repeat(x, 2, -1)[..., ::2], x[::-1]):
        found = cpu.total(arranged)
        assert found.dtype == dtype and found.shape == ()
        np.testing.assert_allclose(float(found), math.fsum(x.ravel().tolist()), rtol=40 * np.finfo(dtype).eps)


def test_a_long_sum_of_float32_keeps_its_digits():
    x = np.full(30_000_001, 0.1, np.float32)
    np.testing.assert_allclose(cpu.total(x), 30_000_001 * float(np.float32(0.1)), rtol=4e-7)


def test_infinities_and_nan_are_results():
    x = np.ones(200_000, np.float32)
    x[7] = np.inf
    assert cpu.total(x) == np.inf
    x[150_000] = -np.inf
    assert np.isnan(cpu.total(x))


def test_half_precision_is_summed_too():
    assert cpu.total(np.ones(1000, np.float16)) == 1000 and cpu.total(np.ones(1000, np.float16)).dtype == np.float16


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1,), (7,), (3, 1025), (2, 3, 5), (300, 500)])
def test_sums_products_and_deviations_of_rows(dtype, shape):
    x = (RANDOM.uniform(0.9, 1.1, shape)).astype(dtype)
    wide, close = x.astype(np.longdouble), 2e-5 if dtype == np.float32 else 1e-12
    for found, expected in (
        (cpu.sum_of_rows(x), wide.sum(-1)),
        (cpu.product_of_rows(x), wide.prod(-1)),
        (cpu.squared_deviations_of_rows(x, 0.3), 0.3 * ((wide - wide.mean(-1, keepdims=True)) ** 2).sum(-1)),
        (cpu.cumulative_sum_of_rows(x), wide.cumsum(-1)),
        (cpu.cumulative_sum_of_rows_from_end(x), wide[..., ::-1].cumsum(-1)[..., ::-1]),
        (cpu.products_of_others_of_rows(x), wide.prod(-1, keepdims=True) / wide),
    ):
        assert found.dtype == dtype and found.shape == expected.shape
        np.testing.assert_allclose(found, expected.astype(np.float64), rtol=close, atol=close)


def test_products_of_others_beside_zeros_infinities_and_nan():
    x = np.array([[2, 0, 3], [0, 0, 3], [2, np.inf, 3], [2, np.nan, 3]], np.float32)
    expected = [[0, 6, 0], [0, 0, 0], [np.inf, 6, np.inf], [np.nan, 6, np.nan]]
    np.testing.assert_array_equal(cpu.products_of_others_of_rows(x), expected)


def test_deviations_are_exact_far_from_zero():
    x = np.float32(1e6) + np.arange(5, dtype=np.float32)
    assert cpu.squared_deviations_of_rows(x, 0.5) == 5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_product_of_a_vector(dtype):
    for size in (0, 1, 7, 5000):
        x = RANDOM.uniform(0.99, 1.01, size).astype(dtype)
        found = cpu.product_of_all(x)
        assert found.dtype == dtype and found.shape == ()
        np.testing.assert_allclose(found, np.prod(x.astype(np.longdouble)).astype(np.float64), rtol=1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (64, 1), (65, 3), (700, 129), (0, 4)], ids=str)
def test_sums_of_columns(shape, dtype):
    x = RANDOM.standard_normal(shape).astype(dtype)
    sums = cpu.sum_of_columns(x)
    assert sums.dtype == dtype
    np.testing.assert_allclose(
        sums, x.sum(0, dtype=np.longdouble).astype(float), rtol=0, atol=200 * np.finfo(dtype).eps
    )


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_all_within_bounds_means_every_element_and_no_nan(dtype):
    inside = np.array([[0.0, -0.0, 1.0], [0.5, 1e-7, 0.999]], dtype)
    just_above = np.nextafter(dtype(1), dtype(2))
    for arranged in (
        inside,
        inside.T,
        np.repeat(inside, 2, -1)[:, ::2],
        np.broadcast_to(inside, (4, 2, 3)),
        inside[:0],
    ):
        assert cpu.all_within(arranged, 0.0, 1.0)
    for wrong in (just_above, -1e-3, np.nan, np.inf, -np.inf):
        spoiled = np.tile(inside, (9, 1))
        spoiled[-1, -1] = wrong
        for arranged in (spoiled, spoiled.T):
            assert not cpu.all_within(arranged, 0.0, 1.0)
