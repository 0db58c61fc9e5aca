"""Steps that look at whole parameters, against plain NumPy and against what the formulas promise."""

import numpy as np
import pytest

from minidl.kernels import cpu
from minidl.kernels.cpu.matrix_steps import orthogonalized, to_bfloat16

COEFFICIENTS = (3.4445, -4.775, 2.0315)


def test_bfloat16_has_eight_bits_and_rounds_ties_to_even():
    x = np.array([1.0, 1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-7, -1.001, 0.0, 3e38, -np.inf], np.float32)
    expected = [1.0, 1.0, 1 + 2**-6, 1 + 2**-7, -1.0, 0.0, to_bfloat16(np.float32(3e38)), -np.inf]
    np.testing.assert_array_equal(to_bfloat16(x), np.array(expected, np.float32))
    random = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    assert np.abs(to_bfloat16(random) / random - 1).max() <= 2**-8
    np.testing.assert_array_equal(to_bfloat16(to_bfloat16(random)), to_bfloat16(random))


@pytest.mark.parametrize("shape", [(6, 6), (20, 5), (5, 20)])
def test_an_orthogonalized_matrix_has_singular_values_near_one_and_keeps_its_directions(shape):
    x = np.random.default_rng(1).standard_normal(shape)
    result = orthogonalized(x, COEFFICIENTS, 1e-7, 5)
    u, _, v = np.linalg.svd(x, full_matrices=False)
    values = np.linalg.svd(result, compute_uv=False)
    assert values.min() > 0.6
    assert values.max() < 1.25
    along = np.diag(u.T @ result @ v.T)
    assert along.min() > 0.6


def test_nothing_is_orthogonalized_to_nothing():
    np.testing.assert_array_equal(orthogonalized(np.zeros((3, 2)), COEFFICIENTS, 1e-7, 5), np.zeros((3, 2)))


@pytest.mark.parametrize("nesterov", [False, True])
def test_muon_steps_along_the_orthogonalized_average(nesterov):
    random = np.random.default_rng(2)
    w, g, b = random.standard_normal((3, 4, 6))
    before, buffer = w.copy(), 0.9 * b + 0.1 * g
    cpu.muon_step(w, g, b, 0.5, 0.99, 0.9, nesterov, COEFFICIENTS, 1e-7, 5)
    np.testing.assert_allclose(b, buffer, rtol=1e-12)
    direction = 0.1 * g + 0.9 * buffer if nesterov else buffer
    np.testing.assert_allclose(w, 0.99 * before - 0.5 * orthogonalized(direction, COEFFICIENTS, 1e-7, 5), rtol=1e-12)


def test_lambs_step_has_the_length_of_the_weights():
    random = np.random.default_rng(3)
    w, g = random.standard_normal((2, 4, 5))
    before = w.copy()
    cpu.lamb_step(w, g, np.zeros_like(w), np.zeros_like(w), 0.01, (1, 0, 1, 0.1, 0.999, 0.001, 1e-6, 0.1, 0.001, 0.0))
    assert np.linalg.norm(w - before) == pytest.approx(0.01 * np.linalg.norm(before))


def test_the_two_loops_are_the_inverse_hessian_that_bfgs_builds():
    """BFGS from scale * identity, by its update of the whole matrix (Nocedal & Wright 2006, equation 6.17)."""
    random = np.random.default_rng(4)
    root = random.standard_normal((5, 5))
    hessian = root @ root.T + np.eye(5)
    steps = [random.standard_normal(5) for _ in range(3)]
    changes = [hessian @ step for step in steps]
    factors = [1 / (y @ s) for s, y in zip(steps, changes, strict=True)]
    inverse = 0.3 * np.eye(5)
    for s, y, factor in zip(steps, changes, factors, strict=True):
        left = np.eye(5) - factor * np.outer(s, y)
        inverse = left @ inverse @ left.T + factor * np.outer(s, s)
    gradient = random.standard_normal(5)
    direction = cpu.lbfgs_direction(gradient, steps, changes, factors, 0.3)
    np.testing.assert_allclose(direction, -inverse @ gradient, rtol=1e-10)


def test_adafactors_estimate_of_one_matrix_is_exact_when_its_squares_have_rank_one():
    rows, columns = np.array([[1.0], [2.0], [3.0]]), np.array([[1.0, 4.0]])
    gradient = np.sqrt(rows * columns)
    w = np.zeros((3, 2))
    variance = (np.zeros((3, 1)), np.zeros((1, 2)))
    cpu.adafactor_step(w, gradient, variance, 0.1, 1.0, 1.0, (1e-30, 1e-3), 1.0)
    np.testing.assert_allclose(w, -0.1 * 1e-3 * np.ones((3, 2)), rtol=1e-12)  # g / sqrt(v) is 1 everywhere
    np.testing.assert_allclose(variance[0], rows * 2.5)
    np.testing.assert_allclose(variance[1], columns * 2)
