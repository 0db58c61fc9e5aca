"""Connectionist temporal classification against the sum over all paths."""

import itertools

import numpy as np
import pytest

from minidl.kernels import cpu

RANDOM = np.random.default_rng(9)


def logits_to_logs(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def collapsed(path, blank):
    """The labels of a path: repeats taken out, then blanks."""
    return [symbol for symbol, _ in itertools.groupby(path) if symbol != blank]


def loss_by_enumeration(log_probs, labels, blank):
    steps, classes = log_probs.shape
    chance = sum(
        np.exp(log_probs[np.arange(steps), path].sum())
        for path in itertools.product(range(classes), repeat=steps)
        if collapsed(path, blank) == list(labels)
    )
    return -np.log(chance) if chance else np.inf


@pytest.mark.parametrize("labels", [[], [1], [1, 2], [1, 1], [2, 1, 2], [1, 2, 1, 2]], ids=str)
@pytest.mark.parametrize("steps", [1, 3, 5])
def test_the_loss_is_that_of_all_paths(labels, steps):
    log_probs = logits_to_logs(RANDOM.standard_normal((steps, 1, 3)))
    losses, _ = cpu.ctc(log_probs, [np.array(labels, np.int64)], np.array([steps]), 0)
    np.testing.assert_allclose(losses[0], loss_by_enumeration(log_probs[:, 0], labels, 0), rtol=1e-12)


@pytest.mark.parametrize("blank", [0, 2])
def test_the_slope_is_that_before_log_softmax(blank):
    x = RANDOM.standard_normal((4, 1, 3))
    labels = np.array([1, 1])
    _, slopes = cpu.ctc(logits_to_logs(x), [labels], np.array([4]), blank)
    step = 1e-6
    for place in np.ndindex(x.shape):
        moved = [x.copy(), x.copy()]
        moved[0][place] += step
        moved[1][place] -= step
        above, below = (loss_by_enumeration(logits_to_logs(m)[:, 0], labels, blank) for m in moved)
        assert abs(slopes[place] - (above - below) / (2 * step)) < 1e-8


def test_samples_of_several_lengths_do_not_touch_each_other():
    log_probs = logits_to_logs(RANDOM.standard_normal((5, 3, 3)))
    labels, lengths = [np.array([1, 2]), np.array([], np.int64), np.array([1, 1, 2])], np.array([3, 2, 5])
    losses, slopes = cpu.ctc(log_probs, labels, lengths, 0)
    for n, (own, length) in enumerate(zip(labels, lengths, strict=True)):
        alone, slope = cpu.ctc(log_probs[:length, n : n + 1], [own], np.array([length]), 0)
        np.testing.assert_array_equal(losses[n], alone[0])
        np.testing.assert_array_equal(slopes[:length, n : n + 1], slope)
        assert not slopes[length:, n].any()


def test_too_few_steps_give_infinity_and_no_slope():
    log_probs = logits_to_logs(RANDOM.standard_normal((2, 1, 3)))
    losses, slopes = cpu.ctc(log_probs, [np.array([1, 1])], np.array([2]), 0)
    assert losses[0] == np.inf and np.isnan(slopes).all()
    assert cpu.ctc(log_probs, [np.array([1])], np.array([0]), 0)[0][0] == np.inf
    assert cpu.ctc(log_probs, [np.array([], np.int64)], np.array([0]), 0)[0][0] == 0


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_lower_precision(dtype):
    log_probs = logits_to_logs(RANDOM.standard_normal((6, 2, 4)))
    labels, lengths = [np.array([1, 3]), np.array([2])], np.array([6, 6])
    expected = cpu.ctc(log_probs, labels, lengths, 0)
    for found, right in zip(cpu.ctc(log_probs.astype(dtype), labels, lengths, 0), expected, strict=True):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, right, atol=4 * np.finfo(dtype).eps * np.abs(log_probs).sum())
