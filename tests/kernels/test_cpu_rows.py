"""The logarithm of the sum of exponentials of rows, and its gradient, against NumPy in float64."""

import numpy as np
import pytest

from minidl.kernels import cpu

RANDOM = np.random.default_rng(9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1,), (3, 7), (2, 3, 5), (301, 129)], ids=str)
def test_log_sum_exp(shape, dtype):
    x = (RANDOM.standard_normal(shape) * 30 + 100).astype(dtype)
    wide = x.astype(float)
    top = wide.max(-1, keepdims=True)
    expected = np.log(np.exp(wide - top).sum(-1)) + top[..., 0]
    for arranged in (x, np.asfortranarray(x)):
        found = cpu.log_sum_exp_of_rows(arranged)
        assert found.dtype == dtype and found.shape == shape[:-1]
        np.testing.assert_allclose(found, expected, rtol=1e-6 if dtype == np.float32 else 1e-14)
        g = RANDOM.standard_normal(shape[:-1]).astype(dtype)
        slope = cpu.log_sum_exp_of_rows_gradient(g, arranged, found)
        close = 3e-5 if dtype == np.float32 else 1e-13  # that of exponents of some 100 in their dtype
        np.testing.assert_allclose(slope, np.exp(wide - expected[..., None]) * g[..., None], rtol=close, atol=close)


def test_infinities_and_nan():
    inf, nan = np.inf, np.nan
    x = np.array([[-inf, -inf], [-inf, 1], [inf, 1], [nan, 1], [nan, nan], [inf, -inf]], np.float32)
    y = cpu.log_sum_exp_of_rows(x)
    np.testing.assert_array_equal(y, np.float32([-inf, 1, inf, nan, nan, inf]))
    slope = cpu.log_sum_exp_of_rows_gradient(np.full(6, 2, np.float32), x, y)
    np.testing.assert_array_equal(slope, [[0, 0], [0, 2], [nan, 0], [nan, nan], [nan, nan], [nan, 0]])
