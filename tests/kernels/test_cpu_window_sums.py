"""Sums over windows against a loop over them."""

import itertools

import numpy as np
import pytest

from minidl.kernels import cpu, threads

RANDOM = np.random.default_rng(12)
#        input shape        windows along each dimension
CASES = [
    ((2, 3, 5), [[(0, 2), (1, 4), (3, 5)]]),
    ((3, 5), [[(0, 5), (2, 2)]]),
    ((2, 3, 6, 7), [[(0, 2), (2, 4), (4, 6)], [(0, 3), (2, 5), (4, 7)]]),
    ((1, 17, 6, 5), [[(0, 6)], [(0, 5)]]),
    ((2, 8, 4, 4), [[(0, 1), (0, 1), (1, 1), (1, 3)], [(0, 4), (1, 2), (4, 4)]]),
    ((4, 9, 3), [[(0, 9), (8, 9)], [(0, 1), (2, 3)]]),
    ((2, 3, 4, 5, 6), [[(0, 3), (1, 4)], [(0, 2), (2, 2), (3, 5)], [(0, 4), (2, 6)]]),
    ((2, 20, 2, 20, 30), [[(0, 2)], [(i, i + 3) for i in range(18)], [(2 * i, 2 * i + 3) for i in range(14)]]),
    ((2, 3, 4, 4), [[], [(0, 4)]]),
    ((0, 3, 4, 4), [[(0, 2)], [(0, 4)]]),
    ((2, 0, 4, 4), [[(0, 2)], [(0, 4)]]),
    ((2, 3, 0, 4), [[(0, 0), (0, 0)], [(0, 4)]]),
]


def sums(x, windows, divisor):
    lead = x.shape[: x.ndim - len(windows)]
    y = np.zeros((*lead, *map(len, windows)))
    for at in itertools.product(*(range(len(along)) for along in windows)):
        inside = tuple(slice(*along[i]) for along, i in zip(windows, at, strict=True))
        y[(..., *at)] = x[(..., *inside)].astype(np.float64).sum(tuple(range(len(lead), x.ndim)))
    return y / divisor


def layouts(x, lead):
    yield np.ascontiguousarray(x)
    yield np.moveaxis(np.ascontiguousarray(np.moveaxis(x, lead - 1, -1)), -1, lead - 1)
    yield x[..., ::-1].copy()[..., ::-1]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_sums_over_windows(case, dtype):
    shape, windows = case
    bounds = tuple(np.array(along, np.int64).reshape(len(along), 2) for along in windows)
    plain = RANDOM.standard_normal(shape).astype(dtype)
    lead = plain.ndim - len(windows)
    tolerance = {np.float16: 1e-3, np.float32: 1e-6, np.float64: 1e-14}[dtype]
    for x, divisor in itertools.product(layouts(plain, lead), (1, 6, -3)):
        y = cpu.window_sums(x, bounds, divisor)
        assert y.dtype == dtype and np.moveaxis(y, lead - 1, -1).flags.c_contiguous
        np.testing.assert_allclose(y, sums(plain, windows, divisor), rtol=tolerance, atol=8 * tolerance)


@pytest.mark.parametrize("channels", range(1, 21))
def test_any_number_of_channels(channels):
    x = RANDOM.standard_normal((2, channels, 5, 9)).astype(np.float32)
    windows = [(0, 2), (1, 4)], [(0, 3), (2, 5), (8, 9)]
    y = cpu.window_sums(x, tuple(map(np.array, windows)), 4)
    np.testing.assert_allclose(y, sums(x, windows, 4), rtol=1e-6, atol=1e-6)


def test_the_sum_of_a_window_does_not_reach_into_its_neighbours():
    x = np.full((1, 3, 4, 8), np.inf, np.float32)
    x[:, :, 1:3, 2:4] = 1
    assert (cpu.window_sums(x, (np.array([[1, 3]]), np.array([[2, 4]])), 4) == 1).all()


def test_the_same_at_any_number_of_threads():
    x = RANDOM.standard_normal((3, 5, 50, 60)).astype(np.float32)
    bounds = np.array([(i, i + 3) for i in range(40)])
    before, found = threads.get_num_threads(), []
    try:
        for count in (1, 2, 3):
            threads.set_num_threads(count)
            found.append(cpu.window_sums(x, (bounds, bounds), 9))
    finally:
        threads.set_num_threads(before)
    for y in found[1:]:
        np.testing.assert_array_equal(y, found[0])
