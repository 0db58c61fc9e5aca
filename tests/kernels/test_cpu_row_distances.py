"""Distances between rows, and their gradients, against those of differences in float64."""

import numpy as np
import pytest

from minidl.kernels import cpu

RANDOM = np.random.default_rng(10)


def by_differences(g, a, b):
    """Distances (k, n, m), and the gradients of both for that of the distances."""
    apart = a[:, :, None].astype(float) - b[:, None]
    y = np.sqrt((apart**2).sum(-1))
    pull = apart * (g / np.where(y == 0, np.inf, y))[..., None]
    return y, pull.sum(2), -pull.sum(1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 3, 5, 7), (1, 130, 201, 33), (3, 40, 1, 2)], ids=str)
@pytest.mark.parametrize("apart", [1.0, 1e-3])
def test_distances(shape, apart, dtype):
    """Also where many pairs are a thousandth of their lengths apart."""
    k, n, m, d = shape
    centres = RANDOM.standard_normal((k, 2, d))
    a, b = (
        (centres[:, RANDOM.integers(0, 2, rows)] + apart * RANDOM.standard_normal((k, rows, d))).astype(dtype)
        for rows in (n, m)
    )
    g = RANDOM.standard_normal((k, n, m)).astype(dtype)
    expected, *slopes = by_differences(g, a, b)
    found = cpu.distances(a, b)
    assert found.dtype == dtype
    close = 2e-5 if dtype == np.float32 else 1e-13
    np.testing.assert_allclose(found, expected, rtol=close)
    for slope, right in zip(cpu.distances_gradient(g, a, b, found), slopes, strict=True):
        assert slope.dtype == dtype and slope.shape == right.shape
        np.testing.assert_allclose(slope, right, rtol=0, atol=10 * close)


def test_equal_rows_are_no_distance_apart_and_pull_nothing():
    a = RANDOM.standard_normal((1, 30, 4)).astype(np.float32)
    a[0, 7] = 0
    y = cpu.distances(a, a.copy())
    np.testing.assert_array_equal(y[0].diagonal(), np.zeros(30))
    g = np.diag(np.ones(30, np.float32))[None]
    for slope in cpu.distances_gradient(g, a, a.copy(), y):
        np.testing.assert_array_equal(slope, np.zeros_like(a))
