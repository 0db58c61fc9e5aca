"""Slices and elements added at places, and taken from there, against NumPy's `add.at` and indexing."""

import numpy as np
import pytest

from minidl.kernels import cpu, threads

RANDOM = np.random.default_rng(12)
DTYPES = [np.float32, np.float64]
#         shape         axis  places along it afterwards
CASES = [
    ((1,), 0, 1),
    ((9,), 0, 4),
    ((5, 3), 0, 7),
    ((5, 3), 1, 2),
    ((70, 129), 0, 11),
    ((70, 129), 1, 300),
    ((4, 6, 8), 1, 3),
    ((2, 5, 41), 1, 9),
    ((3, 2, 2, 5), 2, 4),
    ((0, 4), 0, 2),
    ((4, 0), 0, 2),
    ((3, 0), 1, 2),
]


@pytest.fixture(params=[1, 2, 3], autouse=True)
def workers(request, monkeypatch):
    monkeypatch.setattr(threads, "workers", lambda *_: request.param)


def layouts(x):
    return x, np.asfortranarray(x), np.repeat(x, 2, axis=-1)[..., ::2]


def places(count, shape):
    """From the end, too."""
    return RANDOM.integers(-count, count, shape)


def along(indices, axis):
    index = list(np.indices(indices.shape, sparse=True))
    index[axis] = indices
    return tuple(index)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape, axis, count", CASES)
def test_slices_are_added_where_their_places_say(shape, axis, count, dtype):
    g, numbers = RANDOM.standard_normal(shape).astype(dtype), places(count, shape[axis])
    start = RANDOM.standard_normal((*shape[:axis], count, *shape[axis + 1 :])).astype(dtype)
    expected = start.astype(float)
    np.add.at(expected, (slice(None),) * axis + (numbers,), g.astype(float))
    for given in layouts(g):
        for kind in (np.int64, np.int32):
            sums = start.copy()
            cpu.add_slices(sums, given, numbers.astype(kind), axis)
            np.testing.assert_allclose(sums, expected, rtol=0, atol=100 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape, axis, count", CASES)
def test_elements_are_added_where_their_indices_say(shape, axis, count, dtype):
    g, indices = RANDOM.standard_normal(shape).astype(dtype), places(count, shape)
    start = RANDOM.standard_normal((*shape[:axis], count, *shape[axis + 1 :])).astype(dtype)
    expected = start.astype(float)
    np.add.at(expected, along(indices, axis), g.astype(float))
    for given, numbers in zip(layouts(g), layouts(indices), strict=True):
        sums = start.copy()
        cpu.add_elements(sums, given, numbers, axis)
        np.testing.assert_allclose(sums, expected, rtol=0, atol=100 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape, axis, count", CASES)
def test_elements_are_taken_from_where_their_indices_say(shape, axis, count, dtype):
    x = RANDOM.standard_normal((*shape[:axis], count, *shape[axis + 1 :])).astype(dtype)
    indices = places(count, shape)
    for given, numbers in zip(layouts(x), layouts(indices), strict=True):
        np.testing.assert_array_equal(cpu.elements_taken(given, numbers, axis), x[along(indices, axis)], strict=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows, n, moved, count", [(5, 3, 9, 2), (40, 70, 300, 11), (3, 1, 4, 5), (3, 8, 0, 2)])
def test_rows_are_moved_from_their_sources_to_their_targets(rows, n, moved, count, dtype):
    x, sources, targets = RANDOM.standard_normal((rows, n)).astype(dtype), places(rows, moved), places(count, moved)
    expected = np.zeros((count, n))
    np.add.at(expected, targets, x[sources].astype(float))
    for given in layouts(x):
        y = cpu.rows_moved(given, sources, targets, count)
        assert y.dtype == dtype
        np.testing.assert_allclose(y, expected, rtol=0, atol=400 * np.finfo(dtype).eps)


def test_sums_have_one_order_whatever_the_number_of_threads(monkeypatch):
    g, numbers, sums = RANDOM.standard_normal((500, 37)).astype(np.float32), places(3, 500), []
    for count in (1, 2, 5):
        monkeypatch.setattr(threads, "workers", lambda *_, count=count: count)
        sums.append(np.zeros((3, 37), np.float32))
        cpu.add_slices(sums[-1], g, numbers, 0)
    np.testing.assert_array_equal(sums[0], sums[1])
    np.testing.assert_array_equal(sums[0], sums[2])
