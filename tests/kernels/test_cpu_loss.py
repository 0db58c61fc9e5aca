"""Softmax with cross entropy against its definition in extended precision, and against PyTorch."""

import numpy as np
import pytest

from minidl.kernels import cpu

RANDOM = np.random.default_rng(6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (7, 10), (64, 1000), (5000, 3), (0, 4)], ids=str)
def test_losses_and_probabilities(shape, dtype):
    values = (RANDOM.standard_normal(shape) * 20).astype(dtype)
    targets = RANDOM.integers(0, shape[1], shape[0])
    for logits in (values, np.asfortranarray(values), values[::-1].copy()[::-1]):
        losses, probabilities = cpu.softmax_cross_entropy(logits, targets)
        powers = np.exp(logits.astype(np.longdouble) - logits.max(axis=1, keepdims=True))
        expected = powers / powers.sum(1, keepdims=True)
        assert losses.dtype == probabilities.dtype == dtype
        limits = {"rtol": 2e-5, "atol": 1e-6} if dtype == np.float32 else {"rtol": 1e-12, "atol": 1e-14}
        np.testing.assert_allclose(probabilities, expected.astype(float), **limits)
        chosen = np.log(powers.sum(1)) - np.log(powers[np.arange(shape[0]), targets])
        np.testing.assert_allclose(losses, chosen.astype(float), **limits)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (7, 10), (64, 1000), (5000, 3), (0, 4)], ids=str)
def test_the_gradient(shape, dtype):
    probabilities, g = RANDOM.random(shape).astype(dtype), RANDOM.standard_normal(shape[0]).astype(dtype)
    targets = RANDOM.integers(0, shape[1], shape[0])
    expected = g[:, None] * (probabilities - np.eye(shape[1], dtype=dtype)[targets])
    for weights in (g, g[::-1].copy()[::-1]):
        got = cpu.softmax_cross_entropy_gradient(weights, targets, probabilities)
        assert got.dtype == dtype
        np.testing.assert_allclose(got, expected, rtol=2e-3 if dtype == np.float16 else 0)
    same = np.broadcast_to(dtype(0.5), shape[:1])
    got = cpu.softmax_cross_entropy_gradient(same, targets, probabilities)
    np.testing.assert_array_equal(got, dtype(0.5) * (probabilities - np.eye(shape[1], dtype=dtype)[targets]))


@pytest.mark.parametrize("shape", [(2, 3, 5), (3, 21, 4, 6), (2, 2, 3, 4, 5), (0, 3, 4, 4)], ids=str)
def test_images_are_rows_of_classes(shape):
    logits, targets = (
        RANDOM.standard_normal(shape).astype(np.float32),
        RANDOM.integers(0, shape[1], shape[:1] + shape[2:]),
    )
    rows = np.moveaxis(logits, 1, -1).reshape(-1, shape[1])
    expected, chances = cpu.softmax_cross_entropy(rows, targets.reshape(-1))
    g = RANDOM.standard_normal(targets.shape).astype(np.float32)
    slopes = cpu.softmax_cross_entropy_gradient(g.reshape(-1), targets.reshape(-1), chances)
    for arranged in (
        logits,
        np.moveaxis(np.ascontiguousarray(np.moveaxis(logits, 1, -1)), -1, 1),
        np.asfortranarray(logits),
    ):
        for classes in (targets, np.asfortranarray(targets), targets.astype(np.int32)):
            losses, probabilities = cpu.softmax_cross_entropy(arranged, classes)
            np.testing.assert_array_equal(losses, expected.reshape(targets.shape))
            np.testing.assert_array_equal(probabilities, chances)
            found = cpu.softmax_cross_entropy_gradient(g, classes, probabilities)
            np.testing.assert_array_equal(np.moveaxis(found, 1, -1).reshape(-1, shape[1]), slopes)


def test_extreme_logits():
    logits = np.array([[1e30, 0, -1e30], [-np.inf, 0, 0], [-np.inf] * 3, [np.nan, 0, 0], [np.inf, 0, 0]], np.float32)
    losses, probabilities = cpu.softmax_cross_entropy(logits, np.array([0, 1, 0, 1, 1]))
    np.testing.assert_allclose(losses, [0, np.log(2), np.nan, np.nan, np.nan], rtol=1e-6)
    np.testing.assert_allclose(probabilities[:2], [[1, 0, 0], [0, 0.5, 0.5]])
    assert np.isnan(probabilities[2:4]).all()


def test_equals_pytorch():
    torch = pytest.importorskip("torch")
    logits, targets = RANDOM.standard_normal((30, 11)), RANDOM.integers(0, 11, 30)
    expected = torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(targets), reduction="none")
    np.testing.assert_allclose(cpu.softmax_cross_entropy(logits, targets)[0], expected.numpy(), rtol=1e-12)


def test_two_runs_are_equal_bit_for_bit():
    logits, targets = RANDOM.standard_normal((700, 37)).astype(np.float32), RANDOM.integers(0, 37, 700)
    for first, second in zip(*(cpu.softmax_cross_entropy(logits, targets) for _ in range(2)), strict=True):
        np.testing.assert_array_equal(first, second)
