"""Lengths of rows against NumPy's in higher precision."""

import numpy as np
import pytest

from minidl.kernels import cpu

RANDOM = np.random.default_rng(8)
SHAPES = pytest.mark.parametrize("shape", [(1, 1), (3, 7), (5, 1025), (301, 129)], ids=str)
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def exactly(dtype):
    return {"rtol": 3e-6, "atol": 3e-6} if dtype == np.float32 else {"rtol": 1e-13, "atol": 1e-13}


@DTYPES
@SHAPES
def test_lengths_of_rows(shape, dtype):
    x = RANDOM.standard_normal(shape).astype(dtype)
    found = cpu.lengths_of_rows(x)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, np.sqrt((x.astype(np.longdouble) ** 2).sum(-1)).astype(float), **exactly(dtype))
    np.testing.assert_array_equal(cpu.lengths_of_rows(x.reshape(1, *shape)), found[None])


def test_a_row_with_infinity_is_infinitely_long_and_one_with_nan_has_no_length():
    found = cpu.lengths_of_rows(np.array([[1, np.inf], [np.nan, np.inf], [0, 0]], np.float32))
    np.testing.assert_array_equal(found, [np.inf, np.nan, 0])


@DTYPES
@SHAPES
def test_rows_get_the_lengths_that_are_asked_for(shape, dtype):
    v, length = RANDOM.standard_normal(shape).astype(dtype), RANDOM.standard_normal(shape[0]).astype(dtype)
    y, norms = cpu.rows_of_length(v, length)
    wide = v.astype(float)
    expected = np.linalg.norm(wide, axis=1)
    np.testing.assert_allclose(norms, expected, **exactly(dtype))
    np.testing.assert_allclose(y, wide * (length / expected)[:, None], **exactly(dtype))

    g = RANDOM.standard_normal(shape).astype(dtype)
    dv, dlength = cpu.rows_of_length_gradient(g, v, length, norms)
    unit = wide / expected[:, None]
    along = (g * unit).sum(1)
    tolerance = {**exactly(dtype), "atol": exactly(dtype)["atol"] * 10}
    np.testing.assert_allclose(dlength, along, **tolerance)
    np.testing.assert_allclose(dv, (g - unit * along[:, None]) * (length / expected)[:, None], **tolerance)
