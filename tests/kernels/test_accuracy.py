"""Functions of each element over the whole range of float32, in units in the last place (ULP)."""

import numpy as np
import pytest
import scipy.special

import minidl
from benchmarks.accuracy import (
    FORMATS,
    FUNCTIONS,
    IN_KERNELS,
    errors,
    exact_erf,
    exact_ndtr,
    numbers,
    over_arrays,
    worst,
)

NEARLY_ZERO = FORMATS[np.dtype(np.float32)].nearly_zero

EVERY = 4001
"""A prime: a million numbers, with all kinds of last bits."""

BOUNDS = {
    "exp": 2.6,
    "log": 3.9,
    "tanh": 1.5,
    "sigmoid": 2.5,
    "logsigmoid": 2,
    "softplus": 2,
    "silu": 2.5,
    "erf": 6,
    "gelu": 70,
    "gelu tanh": 200,
}
"""As docs/kernels.md states them."""

BOUNDS_IN_FLOAT64 = {
    "exp": 0.75,
    "log": 0.75,
    "tanh": 1,
    "sigmoid": 2,
    "logsigmoid": 1.5,
    "silu": 2,
    "erf": 1,
    "gelu": 800,
    "gelu tanh": 600,
}
"""The same; softplus is the number itself from 20 on, by definition."""

BOUNDS_IN_KERNELS = {"exp in kernels": 1.1, "tanh in kernels": 3, "sigmoid in kernels": 3}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_operator_errs_by_no_more_than_is_stated(name):
    assert worst(over_arrays(minidl, name), FUNCTIONS[name].exact, EVERY).error <= BOUNDS[name]


@pytest.mark.parametrize("name", BOUNDS_IN_FLOAT64)
def test_an_operator_errs_by_no_more_than_is_stated_in_float64(name):
    every = FORMATS[np.dtype(np.float64)].every * 8
    assert worst(over_arrays(minidl, name), FUNCTIONS[name].exact, every, np.float64).error <= BOUNDS_IN_FLOAT64[name]


@pytest.mark.parametrize("name", IN_KERNELS)
def test_a_kernels_polynomial_errs_by_no_more_than_is_stated(name):
    assert worst(*IN_KERNELS[name], EVERY).error <= BOUNDS_IN_KERNELS[name]


@pytest.mark.parametrize("name", ["gelu", "gelu tanh"])
def test_gelu_errs_by_few_units_where_its_exponent_is_small(name):
    x = np.linspace(-2, 6, 1 << 20, dtype=np.float32)
    assert errors(over_arrays(minidl, name)(x), FUNCTIONS[name].exact(x.astype(np.float64))).max() <= 8


@pytest.mark.parametrize(
    ("name", "at_infinity", "below"),
    [("exp in kernels", np.inf, 0), ("tanh in kernels", 1, -1), ("sigmoid in kernels", 1, 0)],
)
def test_infinities_and_nan_in_kernels(name, at_infinity, below):
    y = IN_KERNELS[name][0](np.float32([np.inf, -np.inf, np.nan]))
    np.testing.assert_allclose(y, np.float32([at_infinity, below, np.nan]), rtol=0, atol=NEARLY_ZERO)


def test_the_smallest_exponentials_are_the_nearest_numbers_or_their_neighbours():
    """Down to 1.4e-45, the least number of float32, and zero below half of it."""
    x = np.linspace(-110, -87, 100_001, dtype=np.float32)
    y, least = IN_KERNELS["exp in kernels"][0](x), float(np.float32(1.4e-45))
    exact = np.exp(x.astype(np.float64))
    np.testing.assert_allclose(y, exact, rtol=2e-7, atol=1.01 * least)
    assert (y[x <= -104] == 0).all() and (y[x > -103.2] > 0).all()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("exp", [np.inf, 0]),
        ("log", [np.inf, np.nan]),
        ("tanh", [1, -1]),
        ("sigmoid", [1, 0]),
        ("logsigmoid", [0, -np.inf]),
        ("softplus", [np.inf, 0]),
        ("erf", [1, -1]),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_infinities_and_nan_of_operators(name, expected):
    y = over_arrays(minidl, name)(np.float32([np.inf, -np.inf, np.nan]))
    np.testing.assert_array_equal(y, np.float32([*expected, np.nan]))


def test_the_numbers_are_every_finite_float_in_turn():
    found = np.concatenate(list(numbers(1 << 20)))
    assert np.isfinite(found).all() and len(found) == 2 * (0x7F800000 >> 20)
    assert (np.diff(found[: len(found) // 2]) > 0).all() and (found[len(found) // 2 :] <= 0).all()


def test_errors_count_units_of_the_exact_result():
    exact = np.array([1.0, -2.0, NEARLY_ZERO / 4, np.inf, np.nan, 1.0, 1e30])
    y = np.float32([1 + 2**-22, -2, 0, np.inf, np.nan, np.nan, np.inf])
    np.testing.assert_array_equal(errors(y, exact), [2, 0, 0, 0, 0, np.inf, np.inf])


def test_the_wide_references_agree_with_scipy():
    x = np.linspace(-9, 9, 4001)  # where SciPy, in float64, rounds a square of up to 81
    for exact, known in ((exact_erf, scipy.special.erf), (exact_ndtr, scipy.special.ndtr)):
        np.testing.assert_allclose(exact(x.astype(np.longdouble)).astype(float), known(x), rtol=2e-14, atol=0)
