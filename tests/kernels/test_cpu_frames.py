"""Frames that a kernel of three dimensions meets, against loops over its places and layers."""

import numpy as np
import pytest

from minidl.kernels import cpu

RANDOM = np.random.default_rng(9)
#        input shape       layers, step, padding, spread  groups
CASES = [
    ((2, 3, 6, 4, 5), (3, 1, 1, 1), 1),
    ((2, 6, 7, 3, 2), (3, 2, 1, 1), 2),
    ((1, 4, 5, 2, 3), (2, 3, 0, 2), 4),
    ((2, 2, 4, 3, 3), (3, 1, 4, 3), 1),
    ((1, 3, 2, 2, 2), (1, 1, 0, 1), 3),
    ((1, 2, 1, 3, 2), (4, 2, 5, 1), 1),
    ((0, 2, 4, 3, 3), (3, 1, 1, 1), 1),
]


def layouts(x):
    yield np.ascontiguousarray(x)
    yield np.ascontiguousarray(x.transpose(0, 2, 3, 4, 1)).transpose(0, 4, 1, 2, 3)


def met(x, layers, step, padding, spread, count, groups):
    """By loops; the place of each channel beside, so that gradients can be taken back."""
    n, c, depth, h, w = x.shape
    own = c // groups
    images, places = np.zeros((n, count, layers * c, h, w), x.dtype), {}
    for p, k, channel in np.ndindex(count, layers, c):
        frame, target = p * step - padding + k * spread, channel // own * layers * own + k * own + channel % own
        if 0 <= frame < depth:
            images[:, p, target] = x[:, channel, frame]
            places[p, target] = channel, frame
    return images.reshape(n * count, layers * c, h, w), places


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_frames_and_their_gradients(case, dtype):
    shape, (layers, step, padding, spread), groups = case
    count = (shape[2] + 2 * padding - spread * (layers - 1) - 1) // step + 1
    walk = layers, step, padding, spread, count
    x = RANDOM.integers(-9, 9, shape).astype(dtype)
    expected, places = met(x, *walk, groups)
    g = RANDOM.integers(-9, 9, expected.shape).astype(dtype)
    back, by_place = np.zeros(shape, dtype), g.reshape(shape[0], count, layers * shape[1], *shape[3:])
    for (p, target), (channel, frame) in places.items():
        back[:, channel, frame] += by_place[:, p, target]
    for volume in layouts(x):
        images = cpu.met_frames(volume, walk, groups)
        assert images.dtype == dtype and images.transpose(0, 2, 3, 1).flags.c_contiguous
        np.testing.assert_array_equal(images, expected)
    for given in (g, np.ascontiguousarray(g.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)):
        found = cpu.met_frames_gradient(given, shape, walk, groups)
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, back)
