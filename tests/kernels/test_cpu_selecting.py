"""Copies that put elements elsewhere or leave some out, against NumPy's indexing."""

import numpy as np
import pytest

from minidl.kernels import cpu

RANDOM = np.random.default_rng(11)
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
SHAPES = pytest.mark.parametrize("shape", [(1,), (7,), (3, 5), (2, 3, 33), (301, 129)], ids=str)


def numbers(shape, dtype):
    x = RANDOM.standard_normal(shape).astype(dtype)
    x.flat[0] = np.nan
    return x


@DTYPES
@pytest.mark.parametrize("shape", [(), (0,), (1,), (7,), (3, 5), (301, 129)], ids=str)
@pytest.mark.parametrize("part", [0, 0.5, 1])
def test_elements_under_a_mask_and_back(part, shape, dtype):
    x, mask = np.asarray(RANDOM.standard_normal(shape), dtype), np.asarray(RANDOM.random(shape) < part)
    found = cpu.selected(x, mask)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, x[mask])
    found[:1] = np.inf
    expected = np.zeros(shape, dtype)
    expected[mask] = found
    np.testing.assert_array_equal(cpu.put_where(found, mask), expected)


@DTYPES
@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (5, 3), (2, 3, 33), (301, 129)], ids=str)
@pytest.mark.parametrize("diagonal", [0, 1, -1, 2, -4, 400, -400])
def test_triangles(diagonal, shape, dtype):
    x = numbers(shape, dtype)
    np.testing.assert_array_equal(cpu.upper_triangles(x, diagonal), np.triu(x, diagonal))
    np.testing.assert_array_equal(cpu.lower_triangles(x, diagonal), np.tril(x, diagonal))
