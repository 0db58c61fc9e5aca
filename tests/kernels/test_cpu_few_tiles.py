"""Winograd's convolution of few tiles against windows multiplied by NumPy in float64."""

import numpy as np
import pytest

from minidl.kernels import cpu, precision
from minidl.kernels.cpu import convolution, few_tiles
from minidl.kernels.cpu.few_tiles_steps import SCALES, VECTOR, tap_values
from minidl.kernels.cpu.layout import Kernels, kernels_of
from minidl.kernels.cpu.winograd_transforms import weight_values

RANDOM = np.random.default_rng(29)
#        input shape (H, W, C last)      kernels  padding
CASES = [
    ((1, 8, 8, 2 * VECTOR), 3 * VECTOR, (1, 1)),
    ((1, 4, 4, VECTOR), VECTOR, (1, 1)),
    ((1, 3, 3, VECTOR), VECTOR, (0, 0)),
    ((3, 5, 7, VECTOR), 2 * VECTOR, (0, 2)),
    ((2, 9, 2, 3 * VECTOR), VECTOR, (1, 2)),
    ((1, 13, 14, VECTOR), 5 * VECTOR, (2, 1)),
    ((16, 1, 1, VECTOR), VECTOR, (1, 1)),
]


def exact(x, weight, padding):
    """Images (N, H, W, C), weight (K, C, 3, 3) -> (N, H', W', K), of float64."""
    big = np.pad(x.astype(np.float64), ((0, 0), (padding[0],) * 2, (padding[1],) * 2, (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(big, (3, 3), (1, 2))
    return np.einsum("nhwcij,kcij->nhwk", windows, weight.astype(np.float64))


def turned(weight):
    """The kernels, from memory that holds them backwards with the first two dimensions exchanged."""
    memory = np.ascontiguousarray(weight.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1])
    return Kernels(memory.reshape(-1), 1, weight.shape, (8, 0, 9, len(weight) * 9, -3, -1))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_few_tiles(case):
    shape, k, padding = case
    x = RANDOM.standard_normal(shape).astype(np.float32)
    weight = RANDOM.standard_normal((k, shape[3], 3, 3)).astype(np.float32)
    bias = RANDOM.standard_normal(k).astype(np.float32)
    expected = exact(x, weight, padding)
    limit = 2e-5 * np.abs(expected).max()
    y = np.full(expected.shape, np.nan, np.float32)
    for image in (x, np.repeat(x, 2, axis=2)[:, :, ::2]):
        for kernels in (kernels_of(weight), turned(weight)):
            few_tiles.convolve(image, kernels, bias, padding, y)
            np.testing.assert_allclose(y, expected + bias, rtol=0, atol=limit)
    few_tiles.convolve(x, kernels_of(weight), None, padding, y)
    np.testing.assert_allclose(y, expected, rtol=0, atol=limit)


def test_taps_times_scales_are_a_kernels_values():
    taps = RANDOM.standard_normal((3, 5))
    np.testing.assert_allclose(np.transpose(tap_values(taps)) * SCALES, np.transpose(weight_values(taps)), rtol=1e-12)


def test_what_it_suits():
    assert few_tiles.suits(VECTOR, (1, 16, 16, 2 * VECTOR))
    assert not few_tiles.suits(VECTOR, (1, 17, 16, 2 * VECTOR))  # 20 tiles
    assert not few_tiles.suits(VECTOR + 1, (1, 8, 8, VECTOR))
    assert not few_tiles.suits(VECTOR, (1, 8, 8, VECTOR + 1))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_convolution_and_its_gradient_take_it_where_it_pays(threads, monkeypatch):
    taken = []
    monkeypatch.setattr(convolution, "_few_tiles_pay", lambda *shapes: True)
    kernel = few_tiles.convolve
    monkeypatch.setattr(few_tiles, "convolve", lambda *given: (taken.append(1), kernel(*given)))
    monkeypatch.setattr("minidl.kernels.threads._count", [threads])
    x = RANDOM.standard_normal((1, 128, 8, 8)).astype(np.float32)
    weight = RANDOM.standard_normal((160, 128, 3, 3)).astype(np.float32)
    options = ((1, 1), (1, 1), (1, 1), 1)
    y = cpu.conv2d(x, weight, None, *options)
    expected = exact(x.transpose(0, 2, 3, 1), weight, (1, 1)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(y, expected, rtol=0, atol=2e-5 * np.abs(expected).max())
    np.testing.assert_array_equal(cpu.conv2d(x, weight, None, *options), y)
    g = RANDOM.standard_normal(y.shape).astype(np.float32)
    expected = cpu.conv2d_input_gradient(g.astype(np.float64), weight.astype(np.float64), x.shape, *options)
    found = cpu.conv2d_input_gradient(g, weight, x.shape, *options)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5 * np.abs(expected).max())
    assert len(taken) == 3
    monkeypatch.setattr(precision, "exact_convolution", True)
    cpu.conv2d(x, weight, None, *options)
    cpu.conv2d(x.astype(np.float64), weight.astype(np.float64), None, *options)
    assert len(taken) == 3
