"""Convolution and its gradients against loops over every window, and against PyTorch."""

import itertools

import numpy as np
import pytest

from minidl.kernels import cpu, precision, threads

RANDOM = np.random.default_rng(3)
#        input shape     kernels  size    stride  padding dilation groups
CASES = [
    ((2, 3, 7, 6), 4, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    ((2, 3, 7, 6), 4, (3, 2), (2, 1), (0, 1), (1, 1), 1),
    ((1, 4, 8, 9), 6, (3, 3), (1, 1), (2, 2), (2, 2), 2),
    ((2, 4, 8, 9), 4, (3, 3), (2, 2), (1, 1), (1, 2), 4),
    ((3, 2, 9, 9), 3, (2, 2), (3, 4), (0, 0), (1, 1), 1),
    ((2, 5, 4, 4), 7, (1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((2, 6, 4, 4), 4, (1, 1), (1, 1), (0, 0), (1, 1), 2),
    ((2, 5, 4, 4), 7, (1, 1), (2, 2), (0, 0), (1, 1), 1),
    ((2, 2, 4, 4), 3, (1, 1), (1, 1), (2, 1), (1, 1), 1),
    ((2, 2, 3, 3), 3, (3, 3), (1, 1), (0, 0), (1, 1), 1),
    ((1, 1, 5, 5), 1, (5, 5), (1, 1), (4, 4), (1, 1), 1),
    ((2, 3, 6, 1), 2, (4, 1), (2, 1), (3, 0), (1, 1), 1),
    ((3, 33, 9, 17), 35, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    ((2, 17, 11, 10), 70, (3, 3), (2, 2), (1, 1), (1, 1), 1),
    ((2, 64, 3, 3), 64, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    ((50, 5, 4, 4), 33, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    ((50, 4, 5, 4), 6, (3, 2), (2, 1), (1, 1), (1, 2), 2),
    ((1, 3, 60, 300), 5, (3, 3), (1, 2), (1, 1), (2, 1), 1),
    ((2, 33, 6, 5), 33, (3, 3), (1, 1), (1, 1), (1, 1), 33),
    ((2, 33, 9, 8), 33, (3, 3), (2, 2), (1, 1), (1, 1), 33),
    ((1, 70, 7, 9), 70, (5, 3), (2, 1), (2, 0), (1, 2), 70),
    ((20, 7, 12, 11), 7, (3, 3), (1, 1), (0, 2), (2, 1), 7),
    ((9, 64, 18, 17), 64, (3, 3), (2, 2), (1, 1), (1, 1), 64),
    ((3, 40, 30, 37), 40, (3, 3), (1, 1), (1, 1), (1, 1), 40),
    ((2, 64, 31, 20), 64, (3, 3), (2, 3), (1, 0), (1, 1), 64),
    ((2, 6, 9, 9), 6, (2, 2), (3, 3), (0, 0), (1, 1), 6),
    ((2, 6, 5, 5), 6, (1, 1), (1, 1), (2, 1), (1, 1), 6),
    ((2, 4, 8, 9), 4, (3, 2), (2, 2), (4, 3), (1, 2), 4),
    ((3, 48, 13, 11), 96, (3, 3), (2, 1), (1, 1), (1, 1), 48),
    ((3, 32, 13, 11), 70, (1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((2, 70, 9, 13), 64, (1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((5, 64, 9, 7), 40, (1, 1), (1, 1), (0, 0), (2, 2), 1),
    ((1, 256, 12, 11), 264, (1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((2, 5, 6, 7), 10, (3, 3), (1, 1), (1, 1), (1, 1), 5),
    ((2, 3, 9, 7), 15, (3, 3), (2, 2), (1, 1), (1, 1), 3),
    ((2, 15, 9, 7), 3, (3, 3), (2, 2), (1, 1), (1, 1), 3),
    ((2, 9, 8, 7), 120, (3, 3), (1, 1), (1, 1), (1, 1), 3),
    ((4, 16, 11, 13), 48, (3, 3), (2, 2), (1, 1), (1, 1), 2),
    ((5, 1, 28, 28), 6, (5, 5), (1, 1), (2, 2), (1, 1), 1),
    ((5, 6, 14, 14), 16, (5, 5), (1, 1), (0, 0), (1, 1), 1),
    ((2, 3, 11, 10), 20, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    ((2, 4, 9, 13), 5, (3, 3), (3, 2), (1, 1), (2, 4), 1),
    ((2, 4, 8, 8), 5, (2, 2), (5, 4), (1, 0), (1, 1), 1),
    ((3, 4, 7, 7), 5, (1, 1), (2, 2), (3, 1), (1, 1), 1),
    ((3, 40, 7, 7), 41, (1, 1), (2, 2), (0, 0), (1, 1), 1),
    ((0, 3, 7, 6), 3, (3, 3), (2, 2), (1, 1), (1, 1), 3),
    ((0, 3, 7, 6), 4, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    ((0, 3, 7, 6), 4, (3, 3), (2, 2), (1, 1), (1, 1), 1),
    ((0, 3, 7, 6), 4, (1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((2, 0, 7, 6), 4, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    ((2, 3, 7, 6), 0, (3, 3), (1, 1), (1, 1), (1, 1), 1),
]


@pytest.fixture(autouse=True)
def plain_sums(monkeypatch):
    """From how many channels on Winograd's algorithm, which rounds more, is taken depends on a vector's width."""
    monkeypatch.setattr(precision, "exact_convolution", True)


def output_shape(shape, kernels, size, stride, padding, dilation):
    spans = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(shape[2:], size, stride, padding, dilation, strict=True)
    ]
    return (shape[0], kernels, *spans)


def taps(shape, size, stride, padding, dilation):
    """For each place in the kernel, and each place in the output it meets, the place in the padded input."""
    height, width = output_shape(shape, 1, size, stride, padding, dilation)[2:]
    for i, j in itertools.product(range(size[0]), range(size[1])):
        y, x = i * dilation[0], j * dilation[1]
        rows = slice(y, y + (height - 1) * stride[0] + 1, stride[0])
        columns = slice(x, x + (width - 1) * stride[1] + 1, stride[1])
        yield i, j, rows, columns


def padded(x, padding):
    return np.pad(x.astype(np.float64), ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))


def forward(x, weight, stride, padding, dilation, groups):
    big, (k, c) = padded(x, padding), weight.shape[:2]
    y = np.zeros(output_shape(x.shape, k, weight.shape[2:], stride, padding, dilation))
    for i, j, rows, columns in taps(x.shape, weight.shape[2:], stride, padding, dilation):
        for kernel in range(k):
            first = kernel // (k // groups) * c
            seen = big[:, first : first + c, rows, columns]
            y[:, kernel] += np.einsum("nchw,c->nhw", seen, weight[kernel, :, i, j].astype(np.float64))
    return y


def gradients(g, x, weight, stride, padding, dilation, groups):
    big, (k, c) = padded(x, padding), weight.shape[:2]
    g_big, g_weight = np.zeros_like(big), np.zeros(weight.shape)
    for i, j, rows, columns in taps(x.shape, weight.shape[2:], stride, padding, dilation):
        for kernel in range(k):
            first = kernel // (k // groups) * c
            given = g[:, kernel].astype(np.float64)
            seen = big[:, first : first + c, rows, columns]
            g_weight[kernel, :, i, j] = np.einsum("nchw,nhw->c", seen, given)
            g_big[:, first : first + c, rows, columns] += given[:, None] * weight[kernel, :, i, j][:, None, None]
    (ph, pw), (h, w) = padding, x.shape[2:]
    return g_big[:, :, ph : ph + h, pw : pw + w], g_weight


def layouts(x):
    yield np.ascontiguousarray(x)
    yield np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    yield x[:, ::-1].copy()[:, ::-1]
    yield np.repeat(x, 2, axis=-1)[..., ::2]


def draw(case, dtype):
    shape, kernels, size, stride, padding, dilation, groups = case
    x = RANDOM.standard_normal(shape).astype(dtype)
    weight = RANDOM.standard_normal((kernels, shape[1] // groups, *size)).astype(dtype)
    bias = RANDOM.standard_normal(kernels).astype(dtype)
    g = RANDOM.standard_normal(output_shape(shape, kernels, size, stride, padding, dilation)).astype(dtype)
    return x, weight, bias, g, (stride, padding, dilation, groups)


@pytest.fixture
def exact(monkeypatch):
    """Without Winograd's algorithm, which rounds more and spreads what is not finite over tiles; it has own tests."""
    monkeypatch.setattr(precision, "exact_convolution", True)


def is_channels_last(x):
    return x.transpose(0, 2, 3, 1).flags.c_contiguous


@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_forward(case, dtype):
    x, weight, bias, _, options = draw(case, dtype)
    expected = forward(x, weight, *options)
    tolerance = {"rtol": 1e-4, "atol": 1e-4} if dtype == np.float32 else {"rtol": 1e-11, "atol": 1e-11}
    for image, kernels in zip(layouts(x), layouts(weight), strict=True):
        y = cpu.conv2d(image, kernels, None, *options)
        assert y.dtype == dtype and is_channels_last(y)
        np.testing.assert_allclose(y, expected, **tolerance)
        y = cpu.conv2d(image, kernels, bias, *options)
        np.testing.assert_allclose(y, expected + bias[:, None, None], **tolerance)


@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradients(case, dtype):
    x, weight, _, g, options = draw(case, dtype)
    expected = gradients(g, x, weight, *options)
    tolerance = {"rtol": 1e-4, "atol": 1e-4} if dtype == np.float32 else {"rtol": 1e-11, "atol": 1e-11}
    for given, image, kernels in zip(layouts(g), layouts(x), layouts(weight), strict=True):
        g_x = cpu.conv2d_input_gradient(given, kernels, x.shape, *options)
        g_weight = cpu.conv2d_weight_gradient(given, image, weight.shape, *options)
        assert g_x.dtype == g_weight.dtype == dtype
        assert is_channels_last(g_x) and g_weight.flags.c_contiguous
        np.testing.assert_allclose(g_x, expected[0], **tolerance)
        np.testing.assert_allclose(g_weight, expected[1], **tolerance)
        g_parameters = cpu.conv2d_parameter_gradients(given, image, weight.shape, *options)
        np.testing.assert_array_equal(g_parameters[0], g_weight)
        assert g_parameters[1].dtype == dtype
        np.testing.assert_allclose(g_parameters[1], g.sum((0, 2, 3), np.float64), **tolerance)


@pytest.mark.parametrize("channels", [3, 40])
@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 1, 1), (2, 1, 1), (1, 0, 2)])
def test_equals_pytorch_at_the_sizes_of_networks(channels, stride, padding, dilation):
    torch = pytest.importorskip("torch")
    x = RANDOM.standard_normal((4, channels, 21, 23)).astype(np.float32)
    weight = RANDOM.standard_normal((48, channels, 3, 3)).astype(np.float32)
    bias = RANDOM.standard_normal(48).astype(np.float32)
    options = ((stride,) * 2, (padding,) * 2, (dilation,) * 2, 1)
    theirs = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in (x, weight, bias)]
    expected = torch.nn.functional.conv2d(*theirs, *options)
    g = RANDOM.standard_normal(expected.shape).astype(np.float32)
    expected.backward(torch.tensor(g, dtype=torch.float64))
    got = (
        cpu.conv2d(x, weight, bias, *options),
        cpu.conv2d_input_gradient(g, weight, x.shape, *options),
        cpu.conv2d_weight_gradient(g, x, weight.shape, *options),
    )
    for ours, wanted in zip(got, (expected, theirs[0].grad, theirs[1].grad), strict=True):
        np.testing.assert_allclose(ours, wanted.detach().numpy(), rtol=1e-4, atol=5e-4)


@pytest.mark.parametrize(("kernels", "stride"), [(64, 1), (96, 1), (70, 1), (448, 2)])
def test_an_output_too_large_for_caches(kernels, stride):
    case = ((2, 2, 160, 163), kernels, (3, 3), (stride, stride), (1, 1), (1, 1), 1)
    x, weight, bias, _, options = draw(case, np.float32)
    y = cpu.conv2d(x, weight, bias, *options)
    assert y.nbytes > 12 << 20 and is_channels_last(y)
    np.testing.assert_allclose(y, forward(x, weight, *options) + bias[:, None, None], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("images", [1, 5])
def test_two_runs_are_equal_bit_for_bit(images):
    case = ((images, 16, 19, 18), 24, (3, 3), (1, 1), (1, 1), (1, 1), 1)
    x, weight, bias, g, options = draw(case, np.float32)
    for run in (
        lambda: cpu.conv2d(x, weight, bias, *options),
        lambda: cpu.conv2d_input_gradient(g, weight, x.shape, *options),
        lambda: cpu.conv2d_weight_gradient(g, x, weight.shape, *options),
        lambda: cpu.conv2d_parameter_gradients(g, x, weight.shape, *options)[1],
    ):
        first, second = run(), run()
        np.testing.assert_array_equal(first, second)
        assert not np.shares_memory(first, second)


@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize("groups", [1, 5, 20])
def test_a_channel_with_nan_spoils_only_those_that_see_it(groups):
    x = np.zeros((2, 20, 9, 9), np.float32)
    x[1, 7, 4, 4] = np.nan
    y = cpu.conv2d(x, np.ones((20, 20 // groups, 3, 3), np.float32), None, (1, 1), (1, 1), (1, 1), groups)
    size = 20 // groups
    seeing = slice(7 // size * size, (7 // size + 1) * size)
    assert np.isnan(y[1, seeing, 3:6, 3:6]).all() and np.isnan(y).sum() == size * 9


@pytest.mark.parametrize(("groups", "stride"), [(1, 1), (1, 2), (24, 1), (24, 2), (4, 2)])
def test_threads_change_no_more_than_rounding(groups, stride):
    case = ((6, 24, 33, 32), 24, (3, 3), (stride, stride), (1, 1), (1, 1), groups)
    x, weight, bias, g, options = draw(case, np.float64)
    before = threads.get_num_threads()
    results = []
    try:
        for count in (1, 3):
            threads.set_num_threads(count)
            results.append(
                (
                    cpu.conv2d(x, weight, bias, *options),
                    cpu.conv2d_input_gradient(g, weight, x.shape, *options),
                    cpu.conv2d_weight_gradient(g, x, weight.shape, *options),
                )
            )
    finally:
        threads.set_num_threads(before)
    for alone, together in zip(*results, strict=True):
        np.testing.assert_allclose(alone, together, rtol=1e-11, atol=1e-11)


def test_half_precision_passes_through_single():
    case = ((2, 6, 7, 8), 6, (3, 3), (2, 2), (1, 1), (1, 1), 6)
    x, weight, bias, g, options = draw(case, np.float16)
    y = cpu.conv2d(x, weight, bias, *options)
    g_x = cpu.conv2d_input_gradient(g, weight, x.shape, *options)
    assert y.dtype == g_x.dtype == np.float16
    np.testing.assert_allclose(y, forward(x, weight, *options) + bias[:, None, None], rtol=2e-3, atol=2e-3)
    np.testing.assert_allclose(g_x, gradients(g, x, weight, *options)[0], rtol=2e-3, atol=2e-3)


@pytest.mark.usefixtures("exact")
def test_an_image_with_nan_spoils_only_what_sees_it():
    x = np.zeros((1, 2, 9, 9), np.float32)
    x[0, 0, 4, 4] = np.nan
    y = cpu.conv2d(x, np.ones((20, 2, 3, 3), np.float32), None, (1, 1), (1, 1), (1, 1), 1)
    assert np.isnan(y[..., 3:6, 3:6]).all() and np.isnan(y).sum() == 20 * 9
