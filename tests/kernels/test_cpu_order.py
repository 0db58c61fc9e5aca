"""The greatest and least of each row against sorting."""

import numpy as np
import pytest

from minidl.kernels import LARGE, cpu

RANDOM = np.random.default_rng(2)


def by_sorting(x, k, largest):
    """A stable sort by a key in which NaN is greater than infinity, and the greatest come first."""
    keys = np.where(np.isnan(x), np.inf, x)
    order = np.lexsort((np.isnan(x), keys))  # by value, NaN behind infinity
    if largest:
        order = np.lexsort((np.arange(len(x)), -np.isnan(x).astype(int), -keys))
    return order[:k]


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("shape", [(1,), (9,), (4, 6), (2, 3, 50), (3, LARGE // 2)])
def test_the_first_k_are_those_of_a_stable_sort(shape, dtype, largest):
    x = RANDOM.integers(-20, 20, shape).astype(dtype)  # with many equal ones
    if np.dtype(dtype).kind == "f":
        x.reshape(-1)[:: max(x.size // 5, 1)] = np.nan
    assert cpu.top_of_rows(x, 0, largest)[1].shape == (*shape[:-1], 0)
    for k in {1, min(3, shape[-1]), min(shape[-1], 64)}:
        values, places = cpu.top_of_rows(x, k, largest)
        assert values.shape == places.shape == (*shape[:-1], k) and values.dtype == dtype
        for row, found, where in zip(
            x.reshape(-1, shape[-1]), values.reshape(-1, k), places.reshape(-1, k), strict=True
        ):
            np.testing.assert_array_equal(where, by_sorting(row, k, largest))
            np.testing.assert_array_equal(found, row[where])


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("shape", [(1,), (300,), (3, 70), (2, 3, 5), (301, 129)], ids=str)
def test_rows_are_sorted_as_they_would_be_by_a_stable_sort(shape, descending):
    """Zeros of either sign are equal, as are NaN of either sign, which come behind infinity."""
    special = np.float32([0.0, -0.0, np.nan, -np.nan, np.inf, -np.inf, 1e-45, -1e-45, 1, 2, -2, 3e38])
    x = np.random.default_rng(4).choice(special, shape)
    ascending = np.argsort(-x if descending else x, -1, kind="stable")
    missing = np.isnan(np.take_along_axis(x, ascending, -1))
    if descending:  # NaN first, the others as they are
        ascending = np.take_along_axis(ascending, np.argsort(~missing, -1, kind="stable"), -1)
    values, places = cpu.sort_of_rows(x, descending)
    np.testing.assert_array_equal(places, ascending)
    np.testing.assert_array_equal(values.view(np.int32), np.take_along_axis(x, ascending, -1).view(np.int32))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(4,), (3, 5), (2, 3, 7), (301, 129)], ids=str)
def test_elements_are_put_back_into_rows(shape, dtype):
    random = np.random.default_rng(5)
    g, columns = random.standard_normal(shape).astype(dtype), shape[-1] + 3
    places = np.argsort(random.random((*shape[:-1], columns)), -1)[..., : shape[-1]]
    expected = np.zeros((*shape[:-1], columns), dtype)
    np.put_along_axis(expected, places, g, -1)
    np.testing.assert_array_equal(cpu.put_in_rows(g, places, columns), expected)
