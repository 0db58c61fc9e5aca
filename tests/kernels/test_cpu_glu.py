"""The gated linear unit and its gradient, in any memory order, against plain NumPy in float64."""

import numpy as np
import pytest
import scipy.special

from minidl.kernels import cpu

RANDOM = np.random.default_rng(12)
ARRANGED = {
    "as its shape says": np.ascontiguousarray,
    "channels last": lambda x: np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1),
    "backwards": np.asfortranarray,
    "every second": lambda x: np.repeat(x, 2, -1)[..., ::2],
}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("arranged", ARRANGED)
@pytest.mark.parametrize(
    ("shape", "axis"),
    [((2, 3), 0), ((2, 2), 1), ((3, 6, 5), 1), ((3, 6, 5, 7), 1), ((4, 3, 5, 34), 3), ((2, 64, 33, 9), 1), ((0, 4), 1)],
    ids=str,
)
def test_halves_and_their_gradient(shape, axis, arranged, dtype):
    x = ARRANGED[arranged]((RANDOM.standard_normal(shape) * 3).astype(dtype))
    values, gates = np.split(x.astype(float), 2, axis)
    s = scipy.special.expit(gates)
    tolerance = {np.float16: 2e-3, np.float32: 2e-6, np.float64: 1e-13}[dtype]
    y = cpu.glu(x, axis)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, values * s, tolerance, tolerance)
    g = RANDOM.standard_normal(y.shape).astype(dtype)
    for given in (g, np.asfortranarray(g), np.broadcast_to(dtype(1.5), g.shape)):
        wide = given.astype(float)
        expected = np.concatenate([wide * s, wide * values * s * (1 - s)], axis)
        gradient = cpu.glu_gradient(given, x, axis)
        assert gradient.dtype == dtype
        np.testing.assert_allclose(gradient, expected, tolerance, tolerance)


def test_gates_that_are_shut_or_not_numbers():
    x = np.array([[3, -np.inf], [3, -200], [3, np.inf], [3, np.nan]], np.float32)
    np.testing.assert_array_equal(cpu.glu(x, 1), np.float32([[0], [0], [3], [np.nan]]))
