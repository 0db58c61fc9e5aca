"""Our own ufuncs against formulas in float64 over the whole range, and what all of them have in common."""

import math

import numpy as np
import pytest
import scipy.special

from minidl.kernels import LARGE, cpu
from minidl.kernels.cpu import exponential, jit

RANDOM = np.random.default_rng(0)
SPECIAL = [0.0, -0.0, 1e-30, -1e-30, 1e-3, -1e-3, 1.0, -1.0, np.inf, -np.inf, np.nan]


def numbers(dtype, size=3000):
    """From -12 to 12, with what is special."""
    return np.concatenate([SPECIAL, np.linspace(-12, 12, size)]).astype(dtype)


def sigmoid(x):
    return scipy.special.expit(x)


def density(x):
    return np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def gelu_bend(x):
    return math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)


def gelu_tanh_slope(x):
    s = sigmoid(2 * gelu_bend(x))
    return s + 2 * x * s * sigmoid(-2 * gelu_bend(x)) * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x**2)


ONE = {
    "silu": lambda x: x * sigmoid(x),
    "hardsigmoid": lambda x: np.clip((x + 3) / 6, 0, 1),
    "hardswish": lambda x: x * np.clip((x + 3) / 6, 0, 1),
    "gelu": lambda x: x * scipy.special.ndtr(x),
    "rsqrt": lambda x: 1 / np.sqrt(x),
}
SLOPES = {
    "gelu_gradient": lambda x: scipy.special.ndtr(x) + x * density(x),
    "gelu_tanh_gradient": gelu_tanh_slope,
    "silu_gradient": lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x))),
    "logsigmoid_gradient": lambda x: sigmoid(-x),
}
SEVERAL = {
    "clip": lambda x, low, high: np.minimum(np.maximum(x, low), high),
    "lerp": lambda a, end, weight: a + weight * (end - a),
    "addcmul": lambda x, a, b, value: x + value * a * b,
    "addcdiv": lambda x, a, b, value: x + value * a / b,
}
NUMBERS = {"clip": (-0.5, 1.5), "lerp": (0.3,), "addcmul": (1.7,), "addcdiv": (0.6,)}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", SLOPES)
@pytest.mark.parametrize("size", [3000, LARGE + 3])
def test_gradients_are_slopes_times_what_arrives(name, dtype, size):
    x = numbers(dtype, size)
    g = RANDOM.standard_normal(x.size).astype(dtype)
    slopes = SLOPES[name](x.astype(np.float64))
    finite = np.isfinite(slopes)
    result = getattr(cpu, name)(x, g)
    # a slope crosses zero, so that its error is one of its terms'
    rtol, atol = (3e-6, 3e-7) if dtype == np.float32 else (1e-12, 1e-15)
    np.testing.assert_allclose((result / g)[finite], slopes[finite], rtol, atol)
    assert np.isnan(result[np.isnan(x)]).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gelu_with_tanh_errs_by_the_rounding_of_its_exponent(dtype):
    """By 3 units in the last place and 1.5 for each whole number in 2 z, at two million places from -12 to 12."""
    x = numbers(dtype, 1 << 21)
    finite = np.isfinite(x)
    exact = x[finite].astype(np.longdouble)
    twice = 2 * np.sqrt(2 / np.longdouble(math.pi)) * (exact + 0.044715 * exact**3)
    expected = exact / (1 + np.exp(-twice))
    error = np.abs(cpu.gelu_tanh(x)[finite] - expected)
    bound = np.finfo(dtype).eps * (3 + 1.5 * np.abs(twice)) * np.abs(expected)
    assert (error <= np.maximum(bound, 4 * np.finfo(dtype).tiny)).all()
    assert np.isnan(cpu.gelu_tanh(x[np.isnan(x)])).all()
    assert cpu.gelu_tanh(np.array([np.inf], dtype)) == np.inf


def test_the_slope_of_gelu_stays_finite_where_the_cube_overflows():
    ones = np.ones(2, np.float32)
    np.testing.assert_array_equal(cpu.gelu_tanh_gradient(np.array([1e20, -1e20], np.float32), ones), [1, 0])
    np.testing.assert_array_equal(cpu.gelu_tanh(np.array([1e20, -1e20], np.float32)), np.float32([1e20, 0]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ONE)
def test_of_one_array_equals_the_formula(name, dtype):
    x = numbers(dtype)
    y, expected = getattr(cpu, name)(x), ONE[name](x.astype(np.float64))
    expected[np.isinf(x) & np.isnan(expected)] = y[
        np.isinf(x) & np.isnan(expected)
    ]  # inf * 0, where a limit is right too
    # a slope crosses zero, so that its error is one of its terms'
    atol = (3e-7 if dtype == np.float32 else 1e-15) if "slope" in name else 1e-30
    np.testing.assert_allclose(y, expected, rtol=3e-6 if dtype == np.float32 else 1e-12, atol=atol)
    assert y.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (7,), (2, 3, 4), (5000,), (LARGE + 5,)])
@pytest.mark.parametrize("name", SEVERAL)
def test_of_several_arrays_and_numbers_equals_the_formula(name, shape, dtype):
    code_count = {"clip": 1, "lerp": 2, "addcmul": 3, "addcdiv": 3}[name]
    arrays = [RANDOM.uniform(0.5, 2, shape).astype(dtype) for _ in range(code_count)]
    y = getattr(cpu, name)(*arrays, *NUMBERS[name])
    expected = SEVERAL[name](*(a.astype(np.float64) for a in arrays), *NUMBERS[name])
    np.testing.assert_allclose(y, expected, rtol=1e-6 if dtype == np.float32 else 1e-14)
    assert y.dtype == dtype and y.shape == shape


@pytest.mark.parametrize("size", [5, 5000, LARGE + 5])
def test_one_of_two_is_chosen(size):
    a, b, condition = RANDOM.random(size), RANDOM.random(size), RANDOM.random(size) > 0.5
    np.testing.assert_array_equal(cpu.choose(a, b, condition), np.where(condition, a, b))
    np.testing.assert_array_equal(cpu.choose(a, 0.0, condition), np.where(condition, a, 0))
    one = np.float64(1.5)
    np.testing.assert_array_equal(cpu.choose(one, b, condition), np.where(condition, 1.5, b))
    np.testing.assert_array_equal(cpu.choose(one, np.array(-one), condition), np.where(condition, 1.5, -1.5))


def test_nan_passes_a_limit_and_is_no_limit_to_others():
    x = np.array([np.nan, -3, 3], np.float32)
    np.testing.assert_array_equal(cpu.clip(x, -1, 1), [np.nan, -1, 1])


def test_both_ends_of_a_mixture_are_exact():
    a, end = np.array([1e8, 0.1], np.float32), np.array([1.0, 0.3], np.float32)
    np.testing.assert_array_equal(cpu.lerp(a, end, 0.0), a)
    np.testing.assert_array_equal(cpu.lerp(a, end, 1.0), end)


def test_half_precision_passes_through_float32():
    x = np.array([-1, 0.5, 2], np.float16)
    assert cpu.silu(x).dtype == np.float16 and cpu.clip(x, 0, 1).dtype == np.float16
    np.testing.assert_allclose(cpu.silu(x), (x * sigmoid(x.astype(float))).astype(np.float16))


def test_arrays_broadcast():
    x, low = np.zeros((3, 1), np.float32), np.array([1, 2, 3, 4], np.float32)
    np.testing.assert_array_equal(cpu.lerp(x, low, 0.25), np.broadcast_to(low * 0.25, (3, 4)))


@jit.serial
def powers(x, y):
    for i in range(x.size):
        y[i] = exponential.exp(x[i])


@jit.serial
def logarithms(x, y):
    for i in range(x.size):
        y[i] = exponential.log1p_of_unit(x[i])


def test_the_exponential_is_right_to_a_rounding_where_float32_has_numbers():
    x = np.concatenate([SPECIAL, np.linspace(-87.3, 88.7, 200_001)]).astype(np.float32)
    y = np.empty_like(x)
    powers(x, y)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(y, np.exp(x.astype(np.float64)), rtol=1.3e-7)


def test_the_exponential_overflows_and_vanishes_as_it_should():
    x = np.array([88.73, 1000, -104, -1000], np.float32)
    y = np.empty_like(x)
    powers(x, y)
    np.testing.assert_array_equal(y, [np.inf, np.inf, 0, 0])


def test_the_exponential_of_numbers_below_the_least_normal_one_loses_digits_but_not_the_number():
    x = np.linspace(-103, -87.4, 101).astype(np.float32)
    y = np.empty_like(x)
    powers(x, y)
    np.testing.assert_allclose(y, np.exp(x.astype(np.float64)), rtol=1.3e-7, atol=1.5e-45)


def test_the_logarithm_near_one_is_right_to_two_roundings():
    x = np.concatenate([[0, 1e-30, 1e-10, 1e-7], np.linspace(0, 1, 100_001)]).astype(np.float32)
    y = np.empty_like(x)
    logarithms(x, y)
    np.testing.assert_allclose(y, np.log1p(x.astype(np.float64)), rtol=2.4e-7)
