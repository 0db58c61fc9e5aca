"""Gradients in one pass, against the same in plain NumPy and float64, at kinks, infinities and NaN, too."""

import numpy as np
import pytest
import scipy.special

from minidl.kernels import LARGE, cpu

RANDOM = np.random.default_rng(0)
SPECIAL = [0.0, -0.0, 1.0, -1.0, 3.0, -3.0, 0.5, -0.5, 1e-30, -1e-30, 30.0, -30.0, np.inf, -np.inf, np.nan]

PIECES = {
    "gate_within": (lambda x, g, low, high: np.where((x <= low) | (x >= high), 0, g), (-1.0, 0.5)),
    "gate_outside": (lambda x, g, low, high: np.where((x >= low) & (x <= high), 0, g), (-1.0, 0.5)),
    "gate_between": (lambda x, g, low, high: np.where((x >= low) & (x <= high), g, 0), (-1.0, 0.5)),
    "gate_above": (lambda x, g, threshold, value: np.where(x <= threshold, value, g), (0.5, 7.0)),
    "leaky_relu_gradient": (lambda x, g, slope: np.where(x > 0, g, slope * g), (0.25,)),
    "prelu_slope_gradient": (lambda x, g: np.where(x > 0, 0, x) * np.where(x > 0, 0, g), ()),
    "square_gradient": (lambda x, g: g * (2 * x), ()),
    "sign_of": (lambda x, g: g * np.nan_to_num(np.sign(x)), ()),
    "hardsigmoid_gradient": (lambda x, g: np.where((x > -3) & (x < 3), g / 6, 0), ()),
    "hardswish_gradient": (lambda x, g: g * np.where(x <= -3, 0, np.where(x < 3, x / 3 + 0.5, 1)), ()),
}


def elu_gradient(x, g, rise, slope, steepness):
    return g * np.where(x <= 0, slope * np.exp(np.minimum(x, 0) * steepness), rise)


def softplus_gradient(x, g, beta, threshold):
    return g * np.where(beta * x > threshold, 1, scipy.special.expit(beta * x))


SMOOTH = {
    "sigmoid_gradient": (lambda y, g: g * (y * (1 - y)), ()),
    "tanh_gradient": (lambda y, g: g * (1 - y * y), ()),
    "elu_gradient": (elu_gradient, (1.5, 0.7, 1.25)),
    "softplus_gradient": (softplus_gradient, (1.5, 6.0)),
}


def arguments(shape, dtype):
    """Numbers with special ones among them and what arrives: of the same order in memory, of another, one for all."""
    x = (RANDOM.standard_normal(shape) * 2).astype(dtype)
    x.reshape(-1)[: len(SPECIAL)] = SPECIAL[: x.size]
    g = RANDOM.uniform(0.5, 2, shape).astype(dtype)
    yield x, g
    yield x, np.broadcast_to(dtype(1.5), shape)
    if shape:
        yield np.asfortranarray(x), g
        yield x[..., ::-1], g


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (0,), (7,), (1, 1), (3, 1700), (3, 7, LARGE // 19)])
@pytest.mark.parametrize("name", [*PIECES, *SMOOTH])
def test_equals_the_formula(name, shape, dtype):
    formula, numbers = (PIECES | SMOOTH)[name]
    for x, g in arguments(shape, dtype):
        result = getattr(cpu, name)(x, g, *numbers)
        expected = formula(x.astype(np.float64), g.astype(np.float64), *numbers)
        tolerance = {np.float32: 3e-6, np.float64: 1e-13}[dtype]
        np.testing.assert_allclose(result, expected, rtol=tolerance, atol=tolerance / 10)
        assert result.dtype == dtype and result.shape == shape


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_slopes_of_channels_broadcast(dtype):
    x, g = RANDOM.standard_normal((2, 4, 5, 70, 300)).astype(dtype)[:, :, :3]
    slopes = np.array([0.5, -0.25, 2], dtype).reshape(3, 1, 1)
    np.testing.assert_allclose(cpu.prelu(x, slopes), np.where(x > 0, x, slopes * x), rtol=1e-6)
    np.testing.assert_allclose(cpu.prelu_gradient(x, g, slopes), np.where(x > 0, g, slopes * g), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_sign_leaves_a_gradient_of_nan(dtype):
    x, g = np.array([np.nan, np.nan, 0, 0, -2, 2], dtype), np.array([np.nan, 3, np.nan, 3, 3, 3], dtype)
    np.testing.assert_array_equal(cpu.sign_of(x, g), np.array([np.nan, 0, np.nan, 0, -3, 3], dtype))
