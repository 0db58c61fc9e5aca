"""Dropout by key against Philox's published numbers and a plain twin."""

import numpy as np
import pytest

from minidl.kernels import cpu, threads
from minidl.kernels.cpu.philox import philox

RANDOM = np.random.default_rng(8)
KEY = 0x85A308D313198A2E


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0), 0, [0xFF1DAE59, 0x6CD10DF2]),
        ((0xFFFFFFFF, 0xFFFFFFFF), 0xFFFFFFFF, [0x2C3F628B, 0xAB4FD7AD]),
        ((0x243F6A88, 0x85A308D3), 0x13198A2E, [0xDD7CE038, 0xF62A4C12]),
    ],
)
def test_the_numbers_are_those_of_random123(counter, key, expected):
    """Known answers of philox2x32 with 10 rounds, kat_vectors of Random123 (Salmon et al. 2011)."""
    numbers = np.empty(2, np.uint32)
    philox(*counter, key, numbers)
    assert numbers.tolist() == expected


def words(count, key):
    """Philox2x32-10 of the counters 0, 1, ... by Python's integers."""
    drawn = []
    for counter in range((count + 1) // 2):
        low, high, turn = counter, key >> 32, key & 0xFFFFFFFF
        for _ in range(10):
            product = low * 0xD256D193
            low, high = product >> 32 ^ turn ^ high, product & 0xFFFFFFFF
            turn = (turn + 0x9E3779B9) & 0xFFFFFFFF
        drawn += [low, high]
    return np.array(drawn[:count])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (0, 3), (1,), (3, 5, 7), (2, 1024), (3, 683)], ids=str)
def test_each_element_by_its_number(shape, dtype):
    x = RANDOM.standard_normal(shape).astype(dtype)
    kept = words(x.size, KEY).reshape(shape) >= 0.3 * 2**32
    got = cpu.dropout(x, KEY, 0.3)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, x * kept / dtype(0.7), rtol=1e-3 if dtype == np.float16 else 1e-6)


def test_the_choice_follows_the_place_not_the_layout_or_the_threads():
    x = RANDOM.standard_normal((60, 9, 90)).astype(np.float32)
    expected = cpu.dropout(x, KEY, 0.5)
    np.testing.assert_array_equal(cpu.dropout(np.asfortranarray(x), KEY, 0.5), expected)
    np.testing.assert_array_equal(cpu.dropout(np.repeat(x, 2, 1)[:, ::2], KEY, 0.5), expected)
    before = threads.get_num_threads()
    try:
        threads.set_num_threads(1)
        np.testing.assert_array_equal(cpu.dropout(x, KEY, 0.5), expected)
    finally:
        threads.set_num_threads(before)


@pytest.mark.parametrize("p", [1e-12, 0.1, 0.5, 1 - 1e-12])
def test_the_share_that_is_dropped(p):
    ones = np.ones(1 << 20)
    dropped = [cpu.dropout(ones, key, p) == 0 for key in (0, 1, 1 << 32, 2**64 - 1)]
    for mask in dropped:
        assert abs(mask.mean() - p) <= 5 * np.sqrt(p * (1 - p) / mask.size) + 1 / mask.size
    together = (dropped[0] & dropped[1]).mean()
    assert abs(together - p * p) <= 5 * np.sqrt(p * p * (1 - p * p) / ones.size) + 1 / ones.size


def test_infinity_times_zero_has_no_value_as_in_a_product_with_a_mask():
    y = cpu.dropout(np.full(100, np.inf, np.float32), KEY, 0.5)
    assert np.isnan(y).any() and np.isinf(y).any() and not np.isfinite(y).any()
