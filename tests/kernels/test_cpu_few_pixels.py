"""Convolutions of small images against windows multiplied by NumPy in float64."""

import numpy as np
import pytest

from minidl.kernels import cpu
from minidl.kernels.cpu import convolution, few_pixels  # noqa: F401 - loads numba
from minidl.kernels.cpu.layout import Kernels, kernels_of

RANDOM = np.random.default_rng(13)
#        input shape    kernels  size    stride  padding dilation
CASES = [
    ((1, 5, 4, 4), 7, (3, 3), (1, 1), (1, 1), (1, 1)),
    ((1, 1, 1, 1), 1, (3, 3), (1, 1), (1, 1), (1, 1)),
    ((1, 33, 3, 33), 40, (3, 3), (1, 1), (0, 2), (1, 1)),
    ((2, 17, 5, 7), 9, (3, 2), (2, 1), (2, 0), (1, 2)),
    ((3, 4, 6, 5), 16, (1, 1), (1, 1), (0, 0), (1, 1)),
    ((1, 70, 8, 8), 35, (3, 3), (1, 1), (1, 1), (1, 1)),
    ((4, 8, 7, 7), 24, (5, 5), (2, 3), (2, 2), (1, 1)),
]


def windows(x, size, stride, padding, dilation):
    """(N, C, H, W) -> (N, C, H', W', kh, kw), of float64"""
    big = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    covered = [d * (k - 1) + 1 for d, k in zip(dilation, size, strict=True)]
    seen = np.lib.stride_tricks.sliding_window_view(big, covered, (2, 3))
    return seen[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


def last(x):
    return x.transpose(0, 2, 3, 1)


def turned(weight):
    """The kernels, from memory that holds them backwards with the first two dimensions exchanged."""
    memory = np.ascontiguousarray(weight.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1])
    k, _, kh, kw = weight.shape
    steps = (kh * kw - 1, 0, kh * kw, k * kh * kw, -kw, -1)
    return Kernels(memory.reshape(-1), 1, weight.shape, steps)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_directions(case):
    shape, k, size, stride, padding, dilation = case
    x = RANDOM.standard_normal(shape).astype(np.float32)
    weight = RANDOM.standard_normal((k, shape[1], *size)).astype(np.float32)
    bias = RANDOM.standard_normal(k).astype(np.float32)
    seen = windows(x, *case[2:])
    n, _, height, width = seen.shape[:4]
    geometry = (*size, *stride, *padding, *dilation)
    y = np.full((n, height, width, k), np.nan, np.float32)
    expected = np.einsum("nchwij,kcij->nhwk", seen, weight.astype(np.float64)) + bias
    for image in (last(x), np.repeat(last(x), 2, axis=2)[:, :, ::2]):
        for kernels in (kernels_of(weight), turned(weight)):
            few_pixels.convolve(image, kernels, bias, geometry, y)
            np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
    g = RANDOM.standard_normal((n, height, width, k)).astype(np.float32)
    out = np.full(weight.shape, np.nan, np.float32)
    few_pixels.correlate(g, last(x), geometry, out)
    expected = np.einsum("nchwij,nhwk->kcij", seen, g.astype(np.float64))
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("padding", [0, 1])
def test_one_image_deep_in_a_network(stride, padding):
    x = RANDOM.standard_normal((1, 130, 6, 5)).astype(np.float32)
    weight = RANDOM.standard_normal((70, 130, 3, 3)).astype(np.float32)
    options = ((stride,) * 2, (padding,) * 2, (1, 1), 1)
    seen = windows(x, (3, 3), *options[:3])
    g = RANDOM.standard_normal((1, 70, *seen.shape[2:4])).astype(np.float32)
    y = np.einsum("nchwij,kcij->nkhw", seen, weight.astype(np.float64))
    np.testing.assert_allclose(cpu.conv2d(x, weight, None, *options), y, rtol=1e-4, atol=1e-3)
    np.testing.assert_array_equal(cpu.conv2d(x, weight, None, *options), cpu.conv2d(x, weight, None, *options))
    g_weight = np.einsum("nchwij,nkhw->kcij", seen, g.astype(np.float64))
    found = cpu.conv2d_weight_gradient(g, x, weight.shape, *options)
    np.testing.assert_allclose(found, g_weight, rtol=1e-4, atol=1e-3)
    exact = cpu.conv2d_input_gradient(g.astype(np.float64), weight.astype(np.float64), x.shape, *options)
    found = cpu.conv2d_input_gradient(g, weight, x.shape, *options)
    np.testing.assert_allclose(found, exact, rtol=1e-4, atol=1e-3)
