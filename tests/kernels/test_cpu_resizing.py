"""Mixing of rows and columns against products with full matrices."""

import numpy as np
import pytest

from minidl.kernels import cpu, threads

RANDOM = np.random.default_rng(11)
#        images, channels, sizes before, and after
CASES = [
    (2, 1, (7,), (5,)),
    (2, 3, (4,), (9,)),
    (1, 1, (1, 1), (1, 1)),
    (2, 2, (5, 6), (3, 11)),
    (3, 8, (2, 7), (5, 1)),
    (2, 11, (4, 3), (3, 4)),
    (1, 32, (6, 5), (12, 10)),
    (2, 45, (3, 5), (2, 3)),
    (2, 3, (40, 50), (30, 80)),
    (2, 3, (3, 4, 5), (5, 2, 7)),
    (2, 9, (2, 3, 2), (3, 1, 3)),
    (0, 2, (3, 3), (4, 4)),
]


def of_lists(lists, dtype):
    """A mix, from a list of (place, weight) for each place of the output."""
    starts = np.concatenate([[0], np.cumsum([len(each) for each in lists])])
    pairs = [pair for each in lists for pair in each]
    return starts, np.array([p for p, _ in pairs], np.int64), np.array([w for _, w in pairs], dtype)


def some(size, wanted, dtype):
    """Of none to four places each, in which one may recur."""
    return of_lists(
        [[(RANDOM.integers(size), RANDOM.standard_normal()) for _ in range(RANDOM.integers(5))] for _ in range(wanted)],
        dtype,
    )


def pairs(size, wanted, dtype):
    return of_lists([[(RANDOM.integers(size), RANDOM.standard_normal()) for _ in "ab"] for _ in range(wanted)], dtype)


def picked(size, wanted, dtype):
    return of_lists([[(i * size // wanted, 1)] for i in range(wanted)], dtype)


def scaled(size, wanted, dtype):
    return of_lists([[(i * size // wanted, RANDOM.standard_normal())] for i in range(wanted)], dtype)


def matrix(mix, size):
    starts, places, weights = mix
    full = np.zeros((starts.size - 1, size))
    np.add.at(full, (np.repeat(np.arange(starts.size - 1), np.diff(starts)), places), weights)
    return full


def channels_last(x):
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", [some, pairs, picked, scaled])
@pytest.mark.parametrize("n, c, before, after", CASES)
def test_each_dimension_is_multiplied_by_its_matrix(n, c, before, after, kind, dtype, workers, monkeypatch):
    monkeypatch.setattr(threads, "workers", lambda *_: workers)
    mixes = tuple(kind(size, wanted, dtype) for size, wanted in zip(before, after, strict=True))
    x = RANDOM.standard_normal((n, c, *before)).astype(dtype)
    expected = x.astype(float)
    for axis, mix in enumerate(mixes, 2):
        expected = np.moveaxis(np.tensordot(matrix(mix, x.shape[axis]), expected, (1, axis)), 0, axis)
    for given in (x, channels_last(x), np.repeat(x, 2, -1)[..., ::2], np.asfortranarray(x)):
        y = cpu.resized(given, mixes)
        np.testing.assert_allclose(y, expected, rtol=0, atol=300 * np.finfo(dtype).eps)
        assert y.dtype == dtype


def test_what_is_only_picked_is_copied_whatever_it_is():
    x = np.array([[[[np.nan, -0.0], [np.inf, 1.0]]]], np.float32)
    twice = picked(2, 4, np.float32)
    y = cpu.resized(x, (twice, twice))
    np.testing.assert_array_equal(y, x.repeat(2, 2).repeat(2, 3))
    assert np.signbit(y[0, 0, 0, 2])


def test_images_keep_their_layout():
    x = RANDOM.standard_normal((2, 3, 4, 5)).astype(np.float32)
    mixes = picked(4, 8, np.float32), picked(5, 10, np.float32)
    assert cpu.resized(x, mixes).flags.c_contiguous
    assert cpu.resized(channels_last(x), mixes).transpose(0, 2, 3, 1).flags.c_contiguous


def test_half_precision_is_mixed_in_single():
    x = RANDOM.standard_normal((1, 2, 3, 3)).astype(np.float16)
    mixes = pairs(3, 4, np.float32), pairs(3, 4, np.float32)
    expected = cpu.resized(x.astype(np.float32), mixes).astype(np.float16)
    np.testing.assert_array_equal(cpu.resized(x, mixes), expected)
