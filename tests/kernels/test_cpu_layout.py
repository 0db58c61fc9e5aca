"""How arrays lie in memory: images brought to pixels whose channels are neighbours."""

import numpy as np
import pytest

from minidl.kernels.cpu.layout import channels_last


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize(
    "shape", [(2, 3, 5, 7), (1, 3, 64, 64), (5, 33, 17), (2, 1, 4, 4), (3, 8, 1, 1), (4, 2, 3, 5, 7), (0, 3, 4, 4)]
)
def test_channels_last_equals_the_transpose(shape, dtype):
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    y = channels_last(x)
    assert y.flags.c_contiguous
    np.testing.assert_array_equal(y, x.transpose(0, *range(2, x.ndim), 1))


@pytest.mark.parametrize("channels", [3, 20])
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1), (3, 0, 2, 1)])
def test_channels_last_of_any_order_in_memory(order, channels):
    sizes = [4, channels, 12, 5]
    x = np.arange(4 * channels * 12 * 5).reshape([sizes[i] for i in order]).transpose(np.argsort(order))
    assert x.shape == tuple(sizes)
    y = channels_last(x)
    assert y.flags.c_contiguous
    np.testing.assert_array_equal(y, x.transpose(0, 2, 3, 1))


def test_channels_last_takes_what_lies_so_as_it_is():
    pixels = np.arange(2 * 4 * 5 * 3.0).reshape(2, 4, 5, 3)
    assert np.shares_memory(channels_last(pixels.transpose(0, 3, 1, 2)), pixels)
