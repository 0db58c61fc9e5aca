"""Channels that become pixels, against a loop over them."""

import numpy as np
import pytest

from minidl.kernels import cpu


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int64, bool])
@pytest.mark.parametrize(
    ("shape", "r"), [((2, 8, 3, 5), 2), ((1, 9, 2, 1), 3), ((2, 3, 4, 5), 1), ((0, 4, 2, 2), 2), ((2, 0, 2, 2), 2)]
)
def test_channels_become_pixels(shape, r, dtype):
    n, c, h, w = shape
    x = np.random.default_rng(0).integers(0, 99, shape).astype(dtype)
    expected = np.empty((n, c // r**2, h * r, w * r), dtype)
    for i, k, row, column in np.ndindex(expected.shape):
        expected[i, k, row, column] = x[i, k * r**2 + row % r * r + column % r, row // r, column // r]
    for given in (
        x,
        np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2),
        x[..., ::-1].copy()[..., ::-1],
    ):
        y = cpu.pixel_shuffle(given, r)
        np.testing.assert_array_equal(y, expected, strict=True)
        np.testing.assert_array_equal(cpu.pixel_unshuffle(y, r), x, strict=True)
        for result in (y, cpu.pixel_unshuffle(y.copy(), r)):
            assert result.transpose(0, 2, 3, 1).flags.c_contiguous and result.base is None
