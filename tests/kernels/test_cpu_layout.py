"""How arrays lie in memory: images brought to pixels whose channels are neighbours."""

import numpy as np
import pytest

from minidl.kernels import cpu
from minidl.kernels.cpu import layout
from minidl.kernels.cpu.layout import channels_first, channels_last, laid_out_like


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


IMAGES = [
    (4, 16, 16, 16),
    (3, 17, 37, 11),
    (1, 40, 300),
    (1, 300, 4, 5),
    (7, 64, 2, 3, 4),
    (2, 15, 400),
    (9, 300, 3, 5),
]


@pytest.mark.parametrize("least", [1, layout.TURNED_FROM])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64])
@pytest.mark.parametrize("shape", IMAGES, ids=str)
def test_images_from_one_order_to_the_other(shape, dtype, least, monkeypatch):
    monkeypatch.setattr(layout, "TURNED_FROM", least)
    x = np.random.default_rng(1).normal(0, 9, shape).astype(dtype)
    pixels = channels_last(x)
    assert pixels.flags.c_contiguous and not np.shares_memory(x, pixels)
    np.testing.assert_array_equal(pixels, x.transpose(0, *range(2, x.ndim), 1))
    images = channels_first(pixels)
    for planes in (cpu.ordered_copy(images), laid_out_like(images, np.empty_like(x))):
        assert planes.flags.c_contiguous and not np.shares_memory(planes, pixels)
        np.testing.assert_array_equal(planes, x)
    like = laid_out_like(x, images)
    assert np.shares_memory(channels_last(like), like)
    np.testing.assert_array_equal(like, x)


@pytest.mark.parametrize("least", [1, layout.TURNED_FROM])
def test_an_ordered_copy_is_always_one(least, monkeypatch):
    monkeypatch.setattr(layout, "TURNED_FROM", least)
    x = np.arange(6.0).reshape(2, 3)
    large = np.arange(40 * 300.0).reshape(40, 300)
    stacks = large.T[None], large[None].transpose(0, 2, 1), large.reshape(2, 20, 300).transpose(0, 2, 1), large[:, None]
    for given in (x, x.T, x[:, ::2], np.array(3.0), np.zeros((0, 20, 400), np.float32), large, large.T, *stacks):
        y = cpu.ordered_copy(given)
        assert y.flags.c_contiguous and y.shape == given.shape and not np.shares_memory(given, y)
        np.testing.assert_array_equal(y, given)


def test_channels_last_takes_what_lies_so_as_it_is():
    pixels = np.arange(2 * 4 * 5 * 3.0).reshape(2, 4, 5, 3)
    assert np.shares_memory(channels_last(pixels.transpose(0, 3, 1, 2)), pixels)
