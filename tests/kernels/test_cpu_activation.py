"""Activations against formulas in float64, over every size and memory order that picks another path."""

import math

import numpy as np
import pytest

from minidl.kernels import cpu

RANDOM = np.random.default_rng(0)
SPECIAL = [0.0, -0.0, 1e-30, -1e-30, 88.0, -88.0, 1e4, -1e4, np.inf, -np.inf, np.nan]
SMALL, LARGE = (3, 5), (4, 16, 12, 14)


def arrangements(values):
    """The same values in several memory orders."""
    yield values
    yield np.asfortranarray(values)
    yield np.moveaxis(np.ascontiguousarray(np.moveaxis(values, 1, -1)), -1, 1)
    yield values[::-1].copy()[::-1]
    yield np.repeat(values, 2, axis=-1)[..., ::2]


def samples(dtype):
    for shape in (SMALL, LARGE):
        values = (RANDOM.standard_normal(shape) * 4).astype(dtype)
        values.reshape(-1)[: len(SPECIAL)] = SPECIAL
        yield from arrangements(values)
    for shape in ((), (0,), (3, 0, 2), (1,), (1, 1, 1)):
        yield np.full(shape, -0.7, dtype)


def sigmoid(x):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def logsigmoid(x):
    with np.errstate(invalid="ignore"):
        return -np.logaddexp(0, -x)


def leaky(x):
    return np.where(x <= 0, 0.1 * x, x)


def elu(x):
    return np.where(x <= 0, 0.7 * np.expm1(np.minimum(x, 0)), x)


def softplus(x):
    with np.errstate(invalid="ignore"):
        return np.where(x * 1.5 > 6, x, np.logaddexp(0, 1.5 * x) / 1.5)


CASES = {
    "sigmoid": (cpu.sigmoid, sigmoid),
    "tanh": (cpu.tanh, np.tanh),
    "relu": (cpu.relu, lambda x: np.where(x <= 0, 0, x)),
    "leaky_relu": (lambda x: cpu.leaky_relu(x, 0.1), leaky),
    "elu": (lambda x: cpu.elu(x, 1.0, 0.7, 1.0), elu),
    "softplus": (lambda x: cpu.softplus(x, 1.5, 6.0), softplus),
    "logsigmoid": (cpu.logsigmoid, logsigmoid),
    "erf": (cpu.erf, np.vectorize(math.erf, otypes=[float])),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_the_formula_in_float64(name, dtype):
    kernel, formula = CASES[name]
    for x in samples(dtype):
        before = x.copy()
        y = kernel(x)
        assert y.dtype == dtype and y.shape == x.shape
        np.testing.assert_array_equal(x, before)
        expected = formula(x.astype(np.float64))
        np.testing.assert_allclose(y, expected, rtol=3e-6 if dtype == np.float32 else 1e-13, atol=1e-37)


@pytest.mark.parametrize("name", CASES)
def test_keeps_the_memory_order(name):
    x = np.ones((2, 9, 9, 64), np.float32).transpose(0, 3, 1, 2)
    assert CASES[name][0](x).strides == x.strides


def test_results_are_fresh():
    for shape in (SMALL, LARGE):
        x = np.ones(shape, np.float32)
        assert not any(np.shares_memory(x, kernel(x)) for kernel, _ in CASES.values())


def test_relu_takes_integers():
    np.testing.assert_array_equal(cpu.relu(np.array([-2, 0, 3])), [0, 0, 3])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gate_stops_where_the_output_was_not_positive(dtype):
    for g, y in zip(samples(dtype), samples(dtype), strict=True):
        for gradient in (g, np.ascontiguousarray(g), np.broadcast_to(dtype(2), y.shape)):
            np.testing.assert_array_equal(cpu.gate(y, gradient), np.where(y <= 0, 0, gradient))


def test_gate_gives_the_order_of_the_output_it_reads():
    y = np.ones((2, 9, 9, 64), np.float32).transpose(0, 3, 1, 2)
    assert cpu.gate(y, np.ones(y.shape, np.float32)).strides == y.strides


def softmax_by_rows(x, axis):
    """The definition, a row at a time, in extended precision."""

    def row(values):
        values = values.astype(np.longdouble)
        with np.errstate(invalid="ignore"):
            powers = np.exp(values - np.max(values))
        return powers / powers.sum()

    return np.apply_along_axis(row, axis, x).astype(np.float64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(7,), (3, 5), (2, 3, 4), (120, 70), (8, 33, 37), (9001, 1), (1, 9001)])
def test_softmax_and_its_logarithm_along_every_axis(dtype, shape):
    values = (RANDOM.standard_normal(shape) * 5).astype(dtype)
    for x in (values, np.asfortranarray(values), values[::-1]):
        for axis in range(-x.ndim, x.ndim):
            expected = softmax_by_rows(x, axis)
            tolerance = 2e-5 if dtype == np.float32 else 1e-12
            np.testing.assert_allclose(cpu.softmax(x, axis), expected, rtol=tolerance)
            np.testing.assert_allclose(cpu.log_softmax(x, axis), np.log(expected), rtol=tolerance, atol=tolerance)
            assert cpu.softmax(x, axis).dtype == dtype


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (7,), (0, 3), (3, 5), (2, 3, 4), (120, 70), (8, 33, 37), (2, 21, 5, 60)])
def test_gradients_of_softmax_and_its_logarithm_along_every_axis(dtype, shape):
    tolerance = {np.float16: 2e-2, np.float32: 1e-5, np.float64: 1e-13}[dtype]
    y, g = RANDOM.uniform(-2, 2, shape).astype(dtype), RANDOM.standard_normal(shape).astype(dtype)
    for arranged in (
        y,
        np.asfortranarray(y),
        np.moveaxis(np.ascontiguousarray(np.moveaxis(y, 0, -1)), -1, 0) if y.ndim else y,
    ):
        for given in (g, np.asfortranarray(g), np.broadcast_to(dtype(0.5), shape)):
            wide_y, wide_g = y.astype(float), given.astype(float)
            for axis in range(-y.ndim, y.ndim) if y.ndim else [-1]:
                along = {"axis": axis, "keepdims": True} if y.ndim else {}
                expected = wide_y * (wide_g - (wide_g * wide_y).sum(**along))
                found = cpu.softmax_gradient(arranged, given, axis)
                assert found.dtype == dtype
                np.testing.assert_allclose(found, expected, tolerance, 10 * tolerance)
                expected = wide_g - np.exp(wide_y) * wide_g.sum(**along)
                np.testing.assert_allclose(
                    cpu.log_softmax_gradient(arranged, given, axis), expected, tolerance, 40 * tolerance
                )


@pytest.mark.parametrize("columns", [11, 9001])
def test_softmax_of_extreme_rows(columns):
    x = np.zeros((6, columns), np.float32)
    x[1] = -np.inf
    x[2, 3] = np.nan
    x[3, 3] = np.inf
    x[4, :3] = -np.inf
    x[5, 3] = 1e30
    check_extreme_rows(cpu.softmax(x, 1), cpu.log_softmax(x, 1), columns)
    below = np.ascontiguousarray(x.T)
    check_extreme_rows(cpu.softmax(below, 0).T, cpu.log_softmax(below, 0).T, columns)


def check_extreme_rows(y, log_y, columns):
    assert np.isnan(y[1:4, 5:]).all() and np.isnan(log_y[1:4, 5:]).all()
    np.testing.assert_allclose(y[0], 1 / columns, rtol=1e-6)
    np.testing.assert_allclose(y[4], [0] * 3 + [1 / (columns - 3)] * (columns - 3), rtol=1e-6)
    assert y[5, 3] == 1 and y[5].sum() == 1 and log_y[5, 3] == 0 and log_y[4, 0] == -np.inf


def test_softmax_of_nothing_and_of_a_single_number():
    assert cpu.softmax(np.empty((0, 3), np.float32), 1).shape == (0, 3)
    assert cpu.log_softmax(np.empty((3, 0), np.float32), 1).shape == (3, 0)
    assert cpu.softmax(np.array(4.0), -1) == 1 and cpu.log_softmax(np.array(4.0), -1) == 0


def test_two_runs_are_equal_bit_for_bit():
    x = RANDOM.standard_normal((130, 97)).astype(np.float32)
    for kernel in (cpu.sigmoid, lambda x: cpu.softmax(x, 1), lambda x: cpu.log_softmax(x, 1)):
        np.testing.assert_array_equal(kernel(x), kernel(x))
