"""Planes of channels turned to pixels, against NumPy's transpose."""

import numpy as np
import pytest

from minidl.kernels.cpu.layout import channels_last
from minidl.kernels.cpu.transposition import planes_to_pixels


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "shape", [(2, 3, 5, 7), (1, 3, 64, 64), (5, 33, 17), (2, 1, 4, 4), (3, 70, 1, 1), (4, 2, 3, 5, 7), (0, 3, 4, 4)]
)
def test_equals_the_transpose(shape, dtype):
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    y = planes_to_pixels(x)
    assert y.flags.c_contiguous
    np.testing.assert_array_equal(y, x.transpose(0, *range(2, x.ndim), 1))


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1), (3, 0, 2, 1)])
@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_channels_last_of_any_order_in_memory(order, dtype):
    x = np.arange(4 * 20 * 12 * 20).reshape(4, 20, 12, 20).astype(dtype).transpose(order)
    y = channels_last(x)
    assert y.flags.c_contiguous
    np.testing.assert_array_equal(y, x.transpose(0, 2, 3, 1))
