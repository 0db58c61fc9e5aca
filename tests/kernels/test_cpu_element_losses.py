"""Losses of each element and their gradients, against the same in plain NumPy and float64."""

import numpy as np
import pytest
import scipy.special

from minidl.kernels import LARGE, cpu

RANDOM = np.random.default_rng(0)
SPECIAL = [0.0, -0.0, 0.75, -0.75, 1e-30, -1e-30, 1e30, np.inf, -np.inf, np.nan]

VALUES = {
    "squared_distance": lambda d: d * d,
    "smooth_absolute": lambda d: np.where(np.abs(d) < 0.75, d * d / 1.5, np.abs(d) - 0.375),
    "huber": lambda d: np.where(np.abs(d) <= 0.75, d * d / 2, (np.abs(d) - 0.375) * 0.75),
}
SLOPES = {
    "scaled_distance": lambda d: d,
    "smooth_absolute_gradient": lambda d: np.where(np.abs(d) < 0.75, d / 0.75, np.sign(d)),
    "huber_gradient": lambda d: np.where(np.abs(d) < 0.75, d, 0.75 * np.sign(d)),
}


def differences(size, dtype):
    return np.concatenate([SPECIAL, RANDOM.standard_normal(size)]).astype(dtype)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [0, 5, 5000, LARGE])
@pytest.mark.parametrize(("name", "slope"), list(zip(VALUES, SLOPES, strict=True)))
def test_a_distance_and_its_slope(name, slope, size, dtype):
    x = differences(size, dtype)
    tolerance = 3e-6 if dtype is np.float32 else 1e-13
    numbers = () if name == "squared_distance" else (0.75,)
    for target in (RANDOM.integers(-2, 3, x.shape).astype(dtype), 0.0):
        d = (x - target).astype(np.float64)
        with np.errstate(over="ignore"):
            expected = VALUES[name](d).astype(dtype)
        np.testing.assert_allclose(getattr(cpu, name)(x, target, *numbers), expected, rtol=tolerance)
        for g in (RANDOM.uniform(0.5, 2, x.shape).astype(dtype), np.broadcast_to(dtype(1.5), x.shape)):
            gradient = getattr(cpu, slope)(x, target, g, *numbers)
            np.testing.assert_allclose(gradient, g * SLOPES[slope](d), rtol=tolerance)
            assert gradient.dtype == dtype


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (0,), (7,), (50, 100), (3, 5, LARGE // 10)])
def test_the_logistic_loss_and_its_gradient(shape, dtype):
    x, target = (RANDOM.standard_normal(shape) * 9).astype(dtype), RANDOM.random(shape).astype(dtype)
    wide, wide_target = x.astype(np.float64), target.astype(np.float64)
    tolerance = 3e-6 if dtype is np.float32 else 1e-13
    expected = (1 - wide_target) * wide + np.logaddexp(0, -wide)
    # where both terms cancel the error is one of theirs
    np.testing.assert_allclose(cpu.logistic_loss(x, target), expected, rtol=tolerance, atol=tolerance)
    slopes = scipy.special.expit(wide) - wide_target
    for g in (RANDOM.uniform(0.5, 2, shape).astype(dtype), np.broadcast_to(dtype(1.5), shape)):
        gradient = cpu.logistic_loss_gradient(x, target, g)
        np.testing.assert_allclose(gradient, g * slopes, rtol=tolerance, atol=tolerance)
