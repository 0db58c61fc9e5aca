"""The input's gradient of few channels against a loop that adds every pixel's share to its window, in float64."""

import numpy as np
import pytest

from minidl.kernels import cpu, threads
from minidl.kernels.cpu import convolution, scattered  # noqa: F401 - loads numba

RANDOM = np.random.default_rng(17)
#        output shape        channels size  stride  padding dilation  rows and columns that no window sees
CASES = [
    ((2, 5, 6, 3), 2, (3, 3), (1, 1), (1, 1), (1, 1), (0, 0)),
    ((1, 1, 1, 1), 1, (1, 1), (1, 1), (0, 0), (1, 1), (0, 0)),
    ((5, 10, 10, 16), 6, (5, 5), (1, 1), (0, 0), (1, 1), (0, 0)),
    ((3, 7, 4, 9), 10, (2, 3), (2, 1), (0, 2), (1, 1), (1, 0)),
    ((4, 9, 5, 20), 3, (7, 7), (2, 2), (3, 3), (1, 1), (1, 1)),
    ((2, 3, 3, 8), 16, (3, 1), (1, 3), (2, 0), (3, 1), (0, 2)),
    ((2, 6, 5, 4), 9, (2, 5), (1, 2), (1, 2), (1, 1), (0, 0)),
    ((33, 4, 4, 5), 1, (3, 3), (1, 1), (1, 1), (1, 1), (0, 0)),
    ((2, 3, 2, 4), 2, (2, 2), (1, 1), (3, 3), (1, 1), (0, 0)),
]


def added(g, weight, stride, padding, dilation, beyond):
    """g (N, H', W', K) -> (N, H, W, C)"""
    (n, height, width, _), (_, c, kh, kw) = g.shape, weight.shape
    spans = [
        (count - 1) * s + (size - 1) * d + 1
        for count, s, size, d in zip((height, width), stride, (kh, kw), dilation, strict=True)
    ]
    big = np.zeros((n, max(spans[0] + beyond[0], 2 * padding[0]), max(spans[1] + beyond[1], 2 * padding[1]), c))
    for row, column, i, j in np.ndindex(height, width, kh, kw):
        share = g[:, row, column].astype(np.float64) @ weight[:, :, i, j].astype(np.float64)
        big[:, row * stride[0] + i * dilation[0], column * stride[1] + j * dilation[1]] += share
    return big[:, padding[0] : big.shape[1] - padding[0], padding[1] : big.shape[2] - padding[1]]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_pixel_reaches_its_window(case, count):
    shape, c, size, stride, padding, dilation, beyond = case
    g = RANDOM.standard_normal(shape).astype(np.float32)
    weight = RANDOM.standard_normal((shape[3], c, *size)).astype(np.float32)
    expected = added(g, weight, stride, padding, dilation, beyond)
    x = np.full(expected.shape, np.nan, np.float32)
    before = threads.get_num_threads()
    threads.set_num_threads(count)
    try:
        scattered.input_gradient(g, weight, (*size, *stride, *padding, *dilation), x)
    finally:
        threads.set_num_threads(before)
    np.testing.assert_allclose(x, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("channels", "size", "kernels"), [(3, 3, 40), (6, 5, 16), (1, 5, 8), (3, 7, 24)])
def test_layers_of_few_channels_agree_with_float64(channels, size, kernels, stride):
    shape, options = (7, channels, 21, 18), ((stride,) * 2, (size // 2,) * 2, (1, 1), 1)
    weight = RANDOM.standard_normal((kernels, channels, size, size)).astype(np.float32)
    g = RANDOM.standard_normal((7, kernels, -(-21 // stride), -(-18 // stride))).astype(np.float32)
    exact = cpu.conv2d_input_gradient(g.astype(np.float64), weight.astype(np.float64), shape, *options)
    found = cpu.conv2d_input_gradient(g, weight, shape, *options)
    np.testing.assert_allclose(found, exact, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(found, cpu.conv2d_input_gradient(g, weight, shape, *options))
