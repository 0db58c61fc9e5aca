"""Sums over any dimensions in one pass, against NumPy's in float64."""

import itertools

import numpy as np
import pytest

from minidl.kernels import cpu, threads

RANDOM = np.random.default_rng(31)

SHAPES = [(5,), (7, 3), (130, 66), (3, 1, 70), (4, 5, 33), (2, 64, 3, 17), (8, 3, 16, 9), (1, 1), (3, 2, 2, 3, 5)]


def subsets(count):
    return itertools.chain.from_iterable(itertools.combinations(range(count), n) for n in range(count + 1))


def arrangements(shape, dtype):
    """Arrays of this shape whose dimensions lie in several orders, and some that are not dense."""
    for order in (range(len(shape)), (0, *range(2, len(shape)), 1)[: len(shape)], range(len(shape))[::-1]):
        x = RANDOM.standard_normal(tuple(shape[i] for i in order)).astype(dtype)
        yield x.transpose(np.argsort(order))
    wide = RANDOM.standard_normal(tuple(2 * n for n in shape)).astype(dtype)
    yield wide[tuple(slice(n) for n in shape)]
    yield wide[tuple(slice(None, None, 2) for _ in shape)]
    yield wide[tuple(slice(n - 1, None, -1) for n in shape)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_over_any_dimensions_however_it_lies(shape, dtype):
    for x in arrangements(shape, dtype):
        y = np.empty_like(x)
        y[...] = RANDOM.standard_normal(shape)
        for axes in subsets(len(shape)):
            for found, exact in (
                (cpu.sums(x, axes), x.astype(np.longdouble)),
                (cpu.sums_of_products(x, y, axes), x.astype(np.longdouble) * y),
                (cpu.sums_of_products(x, np.ascontiguousarray(y), axes), x.astype(np.longdouble) * y),
            ):
                expected = exact.sum(axes)
                assert found.shape == expected.shape and found.dtype == dtype
                assert (abs(found - expected) <= 32 * np.finfo(dtype).eps * abs(exact).sum(axes)).all()


def test_nothing_to_sum_and_nothing_to_keep():
    x = np.empty((0, 3), np.float32)
    np.testing.assert_array_equal(cpu.sums(x, (0,)), np.zeros(3))
    assert cpu.sums(x, (1,)).shape == (0,)
    np.testing.assert_array_equal(cpu.sums(np.ones((2, 3), np.float32), ()), np.ones((2, 3)))


def test_broadcast_arrays_and_halves():
    x = np.broadcast_to(np.arange(6, dtype=np.float32), (50, 6))
    np.testing.assert_array_equal(cpu.sums(x, (0,)), 50 * np.arange(6))
    halves = np.ones((3000, 4), np.float16)  # whose own sums stand still at 2048
    np.testing.assert_array_equal(cpu.sums(halves, (0,)), np.full(4, 3000))
    np.testing.assert_array_equal(cpu.sums_of_products(halves, halves, (0,)), np.full(4, 3000))


@pytest.mark.parametrize("axes", [(0,), (1,), (0, 2), (2,)], ids=str)
def test_rounding_grows_slowly(axes):
    x = np.full((300, 40, 300), 0.1, np.float32)
    count = np.prod([x.shape[axis] for axis in axes])
    np.testing.assert_allclose(cpu.sums(x, axes), count * np.float64(np.float32(0.1)), rtol=3e-6)


def test_threads_do_not_matter_beyond_rounding():
    before, x = threads.get_num_threads(), RANDOM.standard_normal((37, 50, 41)).astype(np.float32)
    try:
        for axes in subsets(3):
            found = []
            for count in (1, 2, 3, 8):
                threads.set_num_threads(count)
                found += [cpu.sums(x, axes), cpu.sums(x, axes)]
            np.testing.assert_array_equal(found[2], found[3])
            np.testing.assert_allclose(found[2:], found[:-2], rtol=0, atol=1e-3)
    finally:
        threads.set_num_threads(before)
