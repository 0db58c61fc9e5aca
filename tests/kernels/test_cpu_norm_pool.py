"""Batch norm, ReLU and max pooling in one against loops over windows in float64, and against the three apart."""

import numpy as np
import pytest

from minidl.kernels import cpu, threads

RANDOM = np.random.default_rng(12)
#        input shape      windows
CASES = [
    ((2, 3, 8, 8), (2, 2)),
    ((3, 16, 9, 7), (2, 2)),
    ((2, 5, 7, 11), (3, 2)),
    ((2, 40, 6, 5), (1, 1)),
    ((1, 1, 4, 9), (4, 3)),
    ((4, 64, 16, 16), (2, 2)),
    ((2, 300, 5, 5), (2, 2)),
    ((3, 2, 6, 400), (2, 2)),
    ((2, 3, 13, 14), (13, 12)),
]


def draw(shape, dtype):
    """Images, and what batch norm has of channels; some weights are negative."""
    x = RANDOM.normal(0.3, 1.4, shape).astype(dtype)
    mean, variance = cpu.channel_moments(x)
    weight = (RANDOM.choice([-1, 1], shape[1]) * RANDOM.uniform(0.2, 2, shape[1])).astype(dtype)
    return x, (mean, 1 / np.sqrt(variance + 1e-5), weight, RANDOM.normal(0, 0.7, shape[1]).astype(dtype))


def layouts(x):
    yield np.ascontiguousarray(x)
    yield np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    yield x[:, :, ::-1].copy()[:, :, ::-1]


def windows_of(x, size):
    """(N, C, H, W) -> (N, C, H // kh, W // kw, kh * kw)"""
    n, c, h, w = x.shape
    (kh, kw), height, width = size, h // size[0], w // size[1]
    whole = x[:, :, : height * kh, : width * kw].reshape(n, c, height, kh, width, kw)
    return whole.transpose(0, 1, 2, 4, 3, 5).reshape(n, c, height, width, kh * kw)


def plain(x, size, mean, rstd, weight, bias):
    """Values, taps and the x chosen."""
    x, *numbers = (a.astype(np.float64) for a in (x, mean, rstd, weight, bias))
    mean, rstd, weight, bias = (a[:, None, None] for a in numbers)
    normal = windows_of((x - mean) * rstd * weight + bias, size)
    taps = normal.argmax(-1)
    values = np.take_along_axis(normal, taps[..., None], -1)[..., 0]
    chosen = np.take_along_axis(windows_of(x, size), taps[..., None], -1)[..., 0]
    return np.maximum(values, 0), np.where(values <= 0, size[0] * size[1], taps), chosen


def plain_gradient(g, taps, x, size, mean, rstd, weight):
    """Ioffe & Szegedy 2015, section 3, of gradients that are zero but where taps say."""
    g, x, mean, rstd, weight = (a.astype(np.float64) for a in (g, x, mean, rstd, weight))
    spread = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(taps.shape):
        tap = taps[n, c, i, j]
        if tap < size[0] * size[1]:
            spread[n, c, i * size[0] + tap // size[1], j * size[1] + tap % size[1]] = g[n, c, i, j]
    axes = (0, 2, 3)
    normal = (x - mean[:, None, None]) * rstd[:, None, None]
    along = (spread * normal).mean(axes, keepdims=True)
    gx = (weight * rstd)[:, None, None] * (spread - spread.mean(axes, keepdims=True) - normal * along)
    return gx, (spread * normal).sum(axes), spread.sum(axes)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_taps_and_gradients(case, dtype, count, monkeypatch):
    monkeypatch.setattr(threads, "_count", [count])
    shape, size = case
    limits = {"rtol": 1e-4, "atol": 1e-5} if dtype == np.float32 else {"rtol": 1e-11, "atol": 1e-12}
    x, numbers = draw(shape, dtype)
    expected = plain(x, size, *numbers)
    g = RANDOM.standard_normal(expected[0].shape).astype(dtype)
    wanted = plain_gradient(g, expected[1], x, size, *numbers[:3])
    for image, given in zip(layouts(x), layouts(g), strict=True):
        y, taps, chosen = cpu.batch_norm_relu_pool(image, *numbers, size)
        assert y.dtype == chosen.dtype == dtype
        np.testing.assert_allclose(y, expected[0], **limits)
        np.testing.assert_array_equal(taps, expected[1])
        np.testing.assert_array_equal(chosen, expected[2].astype(dtype))
        found = cpu.batch_norm_relu_pool_gradient(given, taps, chosen, image, *numbers, size)
        for ours, theirs in zip(found, wanted, strict=True):
            assert ours.dtype == dtype
            np.testing.assert_allclose(ours, theirs, rtol=limits["rtol"], atol=limits["atol"] * np.abs(theirs).max())


def test_neither_weight_nor_bias():
    x, (mean, rstd, *_) = draw((2, 6, 6, 6), np.float32)
    y, taps, chosen = cpu.batch_norm_relu_pool(x, mean, rstd, None, None, (2, 2))
    ones, zeros = np.ones(6, np.float32), np.zeros(6, np.float32)
    np.testing.assert_array_equal(y, cpu.batch_norm_relu_pool(x, mean, rstd, ones, zeros, (2, 2))[0])
    found = cpu.batch_norm_relu_pool_gradient(y, taps, chosen, x, mean, rstd, None, None, (2, 2))
    same = cpu.batch_norm_relu_pool_gradient(y, taps, chosen, x, mean, rstd, ones, zeros, (2, 2))
    for ours, theirs in zip(found, same, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_equal_values_nan_and_infinities_go_as_one_by_one():
    x = RANDOM.integers(-2, 3, (2, 18, 9, 8)).astype(np.float32)
    flat = x.reshape(-1)
    flat[::13], flat[5::17], flat[7::19] = np.nan, np.inf, -np.inf
    weight = np.where(np.arange(18) % 2, 1, -1).astype(np.float32)
    numbers = np.full(18, 0.25, np.float32), np.full(18, 0.5, np.float32), weight, np.full(18, 0.1, np.float32)
    values, taps = cpu.max_pool2d(cpu.batch_norm(x, *numbers), (2, 2), (2, 2), (0, 0), (1, 1), False, 0.0)
    found = cpu.batch_norm_relu_pool(x, *numbers, (2, 2))
    np.testing.assert_array_equal(found[0], values)
    np.testing.assert_array_equal(found[1], taps)


def test_two_runs_are_equal_bit_for_bit():
    x, numbers = draw((8, 32, 24, 24), np.float32)
    g = RANDOM.standard_normal((8, 32, 12, 12)).astype(np.float32)
    runs = []
    for _ in range(2):
        y, taps, chosen = cpu.batch_norm_relu_pool(x, *numbers, (2, 2))
        runs.append((y, taps, *cpu.batch_norm_relu_pool_gradient(g, taps, chosen, x, *numbers, (2, 2))))
    for first, second in zip(*runs, strict=True):
        np.testing.assert_array_equal(first, second)
