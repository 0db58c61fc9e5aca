"""Winograd's convolution against plain sums in float64, and the switch that turns it off."""

import ctypes
import mmap
import sys
import threading

import numpy as np
import pytest

import minidl
from minidl.errors import DtypeError
from minidl.kernels import cpu
from minidl.kernels.cpu import convolution, winograd, winograd_transforms  # noqa: F401 - loads numba
from minidl.kernels.cpu.layout import kernels_of
from minidl.kernels.cpu.workspace import Workspace

RANDOM = np.random.default_rng(11)
#        batch, channels, kernels, height, width, padding
CASES = [
    (2, 5, 7, 5, 7, (1, 1)),
    (1, 1, 1, 1, 1, (1, 1)),
    (1, 33, 40, 3, 33, (0, 2)),
    (1, 40, 33, 3, 33, (2, 0)),
    (3, 64, 64, 9, 8, (0, 0)),
    (1, 70, 96, 8, 8, (1, 1)),
    (5, 32, 1, 6, 4, (2, 2)),
    (40, 3, 33, 4, 4, (1, 1)),
    (130, 35, 34, 11, 10, (1, 0)),
    (9, 300, 20, 5, 5, (1, 1)),
    (1, 257, 65, 6, 7, (1, 1)),
    (2, 140, 16, 13, 9, (1, 1)),
    *((2, c, k, 6, 9, (1, 1)) for c, k in zip(range(1, 41, 3), range(40, 0, -3), strict=True)),
]
NETWORKS = [
    (4, 32, 32, 56, 56, (1, 1)),
    (4, 64, 64, 32, 32, (1, 1)),
    (8, 128, 128, 16, 16, (1, 1)),
    (16, 256, 256, 8, 8, (1, 1)),
    (32, 512, 512, 4, 4, (1, 1)),
    (1, 128, 64, 16, 16, (1, 1)),
]


def draw(n, c, k, h, w, padding):
    x = RANDOM.standard_normal((n, c, h, w)).astype(np.float32)
    weight = RANDOM.standard_normal((k, c, 3, 3)).astype(np.float32)
    bias = RANDOM.standard_normal(k).astype(np.float32)
    g = RANDOM.standard_normal((n, k, h + 2 * padding[0] - 2, w + 2 * padding[1] - 2)).astype(np.float32)
    return x, weight, bias, g


def padded(x, padding):
    return np.pad(x.astype(np.float64), ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))


def weight_gradient(g, x, padding):
    """Without the bias's gradient."""
    return winograd.correlate(last(g), last(x), padding, np.zeros(0, np.float32))


def windows(x):
    """(N, C, H, W) -> (N, C, H - 2, W - 2, 3, 3)"""
    return np.lib.stride_tricks.sliding_window_view(x, (3, 3), (2, 3))


def plain_convolution(x, weight, padding):
    return np.einsum("nchwij,kcij->nkhw", windows(padded(x, padding)), weight.astype(np.float64), optimize=True)


def plain_weight_gradient(g, x, padding):
    return np.einsum("nchwij,nkhw->kcij", windows(padded(x, padding)), g.astype(np.float64), optimize=True)


def last(x):
    return x.transpose(0, 2, 3, 1)


def by_winograd(x, weight, bias, padding):
    n, h, w = x.shape[0], x.shape[2] + 2 * padding[0] - 2, x.shape[3] + 2 * padding[1] - 2
    y = np.full((n, h, w, len(weight)), np.nan, np.float32)
    winograd.convolve(last(x), kernels_of(weight), bias, padding, y)
    return y.transpose(0, 3, 1, 2)


def error(got, expected):
    """The greatest, of the greatest value expected."""
    assert got.shape == expected.shape and got.dtype == np.float32
    return abs(got - expected).max() / abs(expected).max()


def layouts(x):
    yield x
    yield np.ascontiguousarray(last(x)).transpose(0, 3, 1, 2)
    yield np.repeat(x, 2, axis=-1)[..., ::2]
    yield x[:, ::-1, :, ::-1].copy()[:, ::-1, :, ::-1]


INPUT = [
    [4, 0, -5, 0, 1, 0],
    [0, -4, -4, 1, 1, 0],
    [0, 4, -4, -1, 1, 0],
    [0, -2, -1, 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
]
WEIGHT = [
    [1 / 4, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6],
    [1 / 24, 1 / 12, 1 / 6],
    [1 / 24, -1 / 12, 1 / 6],
    [0, 0, 1],
]
OUTPUT = [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]


@pytest.mark.parametrize(
    ("transform", "matrix"),
    [
        (winograd_transforms.input_values, INPUT),
        (winograd_transforms.weight_values, WEIGHT),
        (winograd_transforms.outputs, OUTPUT),
    ],
)
def test_transforms_are_the_matrices_of_lavin_and_gray(transform, matrix):
    matrix = np.array(matrix)
    unit = np.eye(matrix.shape[1])
    np.testing.assert_allclose(np.array(transform(list(unit))), matrix, rtol=1e-15)


@pytest.mark.parametrize(
    ("taps", "kernel", "results"),
    [
        (3, winograd_transforms.weight_values, winograd_transforms.outputs),
        (4, winograd_transforms.gradient_values, winograd_transforms.weight_gradients),
    ],
)
def test_transforms_make_a_correlation(taps, kernel, results):
    d, g = RANDOM.standard_normal(6), RANDOM.standard_normal(taps)
    values = np.array(kernel(g)) * np.array(winograd_transforms.input_values(d))
    np.testing.assert_allclose(results(values), np.correlate(d, g, "valid"), rtol=1e-12)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_convolution(case):
    x, weight, bias, _ = draw(*case)
    expected = plain_convolution(x, weight, case[-1]) + bias[:, None, None]
    for image, kernels in zip(layouts(x), layouts(weight), strict=True):
        assert error(by_winograd(image, kernels, bias, case[-1]), expected) < 1e-5


@pytest.mark.parametrize("case", CASES, ids=str)
def test_weight_gradient(case):
    x, _, _, g = draw(*case)
    expected = plain_weight_gradient(g, x, case[-1])
    for given, image in zip(layouts(g), layouts(x), strict=True):
        assert error(weight_gradient(given, image, case[-1]), expected) < 1e-5


@pytest.mark.parametrize("case", CASES, ids=str)
def test_bias_gradient(case):
    x, _, _, g = draw(*case)
    g += 1  # so that no sum is near zero
    sums = np.ones(g.shape[1], np.float32)
    with_sums, without = winograd.correlate(last(g), last(x), case[-1], sums), weight_gradient(g, x, case[-1])
    np.testing.assert_allclose(sums, 1 + g.sum((0, 2, 3), np.float64), rtol=2e-5)
    np.testing.assert_array_equal(with_sums, without)


@pytest.mark.parametrize("case", NETWORKS, ids=str)
def test_errors_at_the_sizes_of_networks(case):
    """All of these go by Winograd, for they are not what the exact way gives; float64 always goes the exact way."""
    x, weight, bias, g = draw(*case)
    options = ((1, 1), case[-1], (1, 1), 1)
    runs = [
        (cpu.conv2d, (x, weight, bias), options),
        (cpu.conv2d_input_gradient, (g, weight), (x.shape, *options)),
        (cpu.conv2d_weight_gradient, (g, x), (weight.shape, *options)),
    ]
    for kernel, arrays, rest in runs:
        expected = kernel(*(a.astype(np.float64) for a in arrays), *rest)
        assert 1e-7 < error(kernel(*arrays, *rest), expected) < 1e-4
    sums = cpu.conv2d_parameter_gradients(g, x, weight.shape, *options)[1]
    np.testing.assert_allclose(sums, g.sum((0, 2, 3), np.float64), rtol=1e-5, atol=1e-5 * g.size**0.5)


def before_forbidden_memory(x, forbidden):
    """A copy of x that ends where a page begins that may not be read."""
    pages = mmap.mmap(-1, -(-x.nbytes // mmap.PAGESIZE) * mmap.PAGESIZE + mmap.PAGESIZE)
    memory = np.frombuffer(pages, np.uint8)
    first = len(memory) - mmap.PAGESIZE - x.nbytes
    forbidden(memory.ctypes.data + first + x.nbytes, mmap.PAGESIZE)
    copy = memory[first : first + x.nbytes].view(x.dtype).reshape(x.shape)
    copy[...] = x
    return copy


@pytest.fixture
def forbidden():
    """Forbids access to memory at an address until the test ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    pages = []

    def protect(address, size, access=0):
        assert libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(size), access) == 0
        pages.append((address, size))

    yield protect
    for address, size in pages:
        libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(size), mmap.PROT_READ | mmap.PROT_WRITE)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs mprotect")
@pytest.mark.parametrize(("channels", "kernels"), [(1, 33), (10, 17), (16, 5), (35, 64)])
def test_nothing_is_read_or_written_beyond_the_arrays(channels, kernels, forbidden):
    x, weight, bias, g = draw(2, channels, kernels, 7, 10, (1, 1))
    image, gradient, numbers = (before_forbidden_memory(a, forbidden) for a in (last(x).copy(), last(g).copy(), weight))
    y = before_forbidden_memory(last(g), forbidden)
    winograd.convolve(image, kernels_of(numbers), bias, (1, 1), y)
    assert error(y.transpose(0, 3, 1, 2), plain_convolution(x, weight, (1, 1)) + bias[:, None, None]) < 1e-5
    g_weight = winograd.correlate(gradient, image, (1, 1), np.zeros(kernels, np.float32))
    assert error(g_weight, plain_weight_gradient(g, x, (1, 1))) < 1e-5


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(("channels", "kernels"), [(10, 5), (33, 20), (140, 40)])
def test_what_memory_held_before_does_not_reach_results(channels, kernels, value):
    """Vectors and tiles are filled up with what no result may depend on."""
    x, weight, bias, g = draw(1, channels, kernels, 6, 9, (1, 1))
    with Workspace(1 << 22) as (memory,):
        memory[:] = value
    assert np.isfinite(by_winograd(x, weight, bias, (1, 1))).all()
    with Workspace(1 << 22) as (memory,):
        memory[:] = value
    assert np.isfinite(weight_gradient(g, x, (1, 1))).all()


@pytest.fixture
def exact():
    minidl.backends.cpu.exact_convolution = True
    yield
    minidl.backends.cpu.exact_convolution = False


def poisoned(value):
    x = np.ones((4, 64, 12, 12), np.float32)
    x[2, 5, 5, 5] = value
    return x


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_pixel_that_is_not_finite_spoils_the_tiles_that_see_it(value):
    y = cpu.conv2d(poisoned(value), np.ones((64, 64, 3, 3), np.float32), None, (1, 1), (1, 1), (1, 1), 1)
    assert np.isnan(y[2, :, 4:8, 4:8]).all()
    assert np.isfinite(y[2, :, 8:]).all() and np.isfinite(y[2, :, :, 8:]).all()
    assert np.isfinite(y[[0, 1, 3]]).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_the_exact_way_spoils_only_what_sees_it(value, exact):
    y = cpu.conv2d(poisoned(value), np.ones((64, 64, 3, 3), np.float32), None, (1, 1), (1, 1), (1, 1), 1)
    np.testing.assert_array_equal(y[2, :, 4:7, 4:7], np.float32(value))
    assert np.isfinite(y).sum() == y.size - 64 * 9


def test_the_switch_reaches_every_direction(exact):
    x, weight, bias, g = draw(4, 64, 64, 12, 12, (1, 1))
    options = ((1, 1), (1, 1), (1, 1), 1)
    exactly = [
        cpu.conv2d(x, weight, bias, *options),
        cpu.conv2d_input_gradient(g, weight, x.shape, *options),
        cpu.conv2d_weight_gradient(g, x, weight.shape, *options),
    ]
    turned = weight[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    expected = [
        plain_convolution(x, weight, (1, 1)) + bias[:, None, None],
        plain_convolution(g, turned, (1, 1)),
        plain_weight_gradient(g, x, (1, 1)),
    ]
    for ours, wanted in zip(exactly, expected, strict=True):
        assert error(ours, wanted) < 1e-6


def test_the_switch_wants_a_bool():
    assert minidl.backends.cpu.exact_convolution is False
    with pytest.raises(DtypeError, match="exact_convolution: got 1, needs True or False"):
        minidl.backends.cpu.exact_convolution = 1


def test_runs_are_equal_and_thread_counts_agree():
    x, weight, bias, g = draw(20, 40, 64, 25, 24, (1, 1))
    found = []
    count = minidl.get_num_threads()
    try:
        for threads in (count, count, 1, 3):
            minidl.set_num_threads(threads)
            found.append((by_winograd(x, weight, bias, (1, 1)), weight_gradient(g, x, (1, 1))))
    finally:
        minidl.set_num_threads(count)
    for y, g_weight in found[1:]:
        np.testing.assert_array_equal(y, found[0][0])
        assert error(g_weight, found[0][1]) < 2e-5
    np.testing.assert_array_equal(found[1][1], found[0][1])


def test_calls_from_two_threads_do_not_share_memory():
    x, weight, bias, _ = draw(8, 64, 64, 16, 16, (1, 1))
    expected = by_winograd(x, weight, bias, (1, 1))
    found = [[], []]

    def work(results):
        results.extend(by_winograd(x, weight, bias, (1, 1)) for _ in range(5))

    workers = [threading.Thread(target=work, args=(results,)) for results in found]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for y in found[0] + found[1]:
        np.testing.assert_array_equal(y, expected)
    assert len(found[0]) == len(found[1]) == 5


def test_workspaces_in_use_are_apart_and_begin_cache_lines():
    with Workspace(5, 100) as (a, b), Workspace(7) as (c,):
        for x, size in ((a, 5), (b, 100), (c, 7)):
            assert x.size == size and x.dtype == np.float32 and x.ctypes.data % 64 == 0
        assert not any(np.shares_memory(*pair) for pair in ((a, b), (a, c), (b, c)))
