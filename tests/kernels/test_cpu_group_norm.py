"""Group norm of images, and its gradients, against the formulas in extended precision, and against PyTorch."""

import itertools

import numpy as np
import pytest

from minidl.kernels import cpu

RANDOM = np.random.default_rng(21)
SHAPES = [
    ((3, 4), 2),
    ((2, 3, 1, 1), 1),
    ((2, 4, 3), 4),
    ((1, 6, 5, 7), 3),
    ((5, 64, 9, 9), 8),
    ((3, 33, 20, 21), 3),
    ((2, 6, 2, 3, 4), 2),
    ((1, 1300, 2, 2), 13),
    ((2, 16, 70, 70), 1),
]
EMPTY = [((0, 4, 3), 2), ((2, 4, 0, 3), 2), ((2, 0, 3), 1), ((2, 0, 3), 0)]


def layouts(x):
    yield np.ascontiguousarray(x)
    yield np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    yield x[:, ::-1].copy()[:, ::-1]
    yield np.repeat(x, 2, axis=-1)[..., ::2]


def is_channels_last(x):
    return np.moveaxis(x, 1, -1).flags.c_contiguous


def along_channels(values, x):
    return values.reshape(1, -1, *[1] * (x.ndim - 2))


def plain(g, x, groups, weight, bias, eps):
    """The result, means, variances, and the gradients in x, weight and bias."""
    g, x = g.astype(np.longdouble), x.astype(np.longdouble)
    weight = np.ones(x.shape[1]) if weight is None else weight
    rows = x.reshape(len(x), groups, -1)
    scale = 1 / np.sqrt(rows.var(2, keepdims=True) + eps)
    normal = (rows - rows.mean(2, keepdims=True)) * scale
    p = (g * along_channels(weight, x)).reshape(rows.shape)
    gx = (p - p.mean(2, keepdims=True) - normal * (p * normal).mean(2, keepdims=True)) * scale
    normal, axes = normal.reshape(x.shape), (0, *range(2, x.ndim))
    y = normal * along_channels(weight, x) + (0 if bias is None else along_channels(bias, x))
    return y, rows.mean(2), rows.var(2), gx.reshape(x.shape), (g * normal).sum(axes), g.sum(axes)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("shape", "groups"), SHAPES, ids=str)
@pytest.mark.parametrize("parameters", ["weight and bias", "weight", "bias", "neither"])
def test_results_and_gradients(shape, groups, dtype, parameters):
    x, g = RANDOM.normal(3, 2, (2, *shape)).astype(dtype)
    weight, bias = RANDOM.standard_normal((2, shape[1])).astype(dtype)
    weight, bias = (weight if "weight" in parameters else None), (bias if "bias" in parameters else None)
    limits = {"rtol": 2e-5, "atol": 2e-5} if dtype == np.float32 else {"rtol": 1e-10, "atol": 1e-11}
    expected = plain(g, x, groups, weight, bias, 1e-3)
    for image, gradient in zip(layouts(x), layouts(g), strict=True):
        y, mean, variance = cpu.group_norm(image, groups, weight, bias, 1e-3)
        gx, *sums = cpu.group_norm_gradient(gradient, image, weight, mean, variance, 1e-3)
        assert y.dtype == gx.dtype == dtype and y.shape == gx.shape == shape
        for made, given in ((y, image), (gx, image)):
            assert is_channels_last(made) or (made.flags.c_contiguous and given.flags.c_contiguous)
        assert all(a.dtype == np.float64 for a in (mean, variance, *sums))
        for got, wanted in zip((y, mean, variance, gx), expected, strict=False):
            np.testing.assert_allclose(got, wanted.astype(float), **limits)
        for got, wanted in zip(sums, expected[4:], strict=True):
            np.testing.assert_allclose(got, wanted.astype(float), rtol=limits["rtol"], atol=20 * limits["atol"])


def test_a_gradient_that_lies_otherwise_than_the_images():
    x, g = RANDOM.standard_normal((2, 3, 8, 6, 5)).astype(np.float32)
    _, *moments = cpu.group_norm(x, 2, None, None, 1e-5)
    wanted = plain(g, x, 2, None, None, 1e-5)[3:]
    for image, gradient in itertools.product(layouts(x), layouts(g)):
        for got, exact in zip(cpu.group_norm_gradient(gradient, image, None, *moments, 1e-5), wanted, strict=True):
            np.testing.assert_allclose(got, exact.astype(float), rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize(("shape", "groups"), EMPTY, ids=str)
def test_of_nothing(shape, groups):
    x = np.zeros(shape, np.float32)
    y, mean, variance = cpu.group_norm(x, groups, None, None, 1e-5)
    assert y.shape == shape and y.dtype == np.float32
    assert mean.shape == variance.shape == (shape[0], groups)
    gx, *sums = cpu.group_norm_gradient(x, x, None, mean, variance, 1e-5)
    assert gx.shape == shape
    np.testing.assert_array_equal(sums, np.zeros((2, shape[1])))


@pytest.mark.parametrize("far", [1e3, 1e5])
def test_a_mean_far_from_zero_costs_nothing(far):
    x, g = RANDOM.standard_normal((2, 3, 8, 12, 13)).astype(np.float32)
    x += np.float32(far)
    wanted = plain(g, x, 4, None, None, 1e-5)
    for image, gradient in zip(layouts(x), layouts(g), strict=True):
        y, *moments = cpu.group_norm(image, 4, None, None, 1e-5)
        gradients = cpu.group_norm_gradient(gradient, image, None, *moments, 1e-5)
        for got, exact in zip((y, *moments, *gradients), wanted, strict=True):
            np.testing.assert_allclose(got, exact.astype(float), rtol=1e-6, atol=1e-5)


def test_a_mean_far_from_the_first_pixels_costs_nothing():
    """Those that are looked at beforehand are far from all others."""
    pixels = RANDOM.normal(-5000, 1, (2, 400, 8)).astype(np.float32)
    pixels[:, ::100] = 5000
    x = np.moveaxis(pixels, -1, 1)
    wanted = plain(x, x, 2, None, None, 1e-5)
    for got, exact in zip(cpu.group_norm(x, 2, None, None, 1e-5), wanted, strict=False):
        np.testing.assert_allclose(got, exact.astype(float), rtol=1e-6, atol=1e-6)
    pixels[:, ::100] = -4000
    wanted = plain(x, x, 2, None, None, 1e-5)
    for got, exact in zip(cpu.group_norm(x, 2, None, None, 1e-5), wanted, strict=False):
        np.testing.assert_allclose(got, exact.astype(float), rtol=1e-6, atol=1e-5)


def test_constants_have_no_variance():
    y, mean, variance = cpu.group_norm(np.full((3, 4, 5, 5), 0.1, np.float32), 2, None, None, 1e-5)
    np.testing.assert_array_equal(mean, np.float32(0.1))
    np.testing.assert_array_equal(variance, 0)
    np.testing.assert_array_equal(y, 0)


def test_not_a_number_stays_in_its_group():
    x = RANDOM.standard_normal((2, 6, 4, 4)).astype(np.float32)
    x[0, 2, 1, 1] = np.nan
    missing = np.zeros(x.shape, bool)
    missing[0, 2:4] = True
    np.testing.assert_array_equal(np.isnan(cpu.group_norm(x, 3, None, None, 1e-5)[0]), missing)


def test_halves_lose_nothing_on_the_way():
    x, g = RANDOM.normal(300, 1, (2, 3, 8, 6, 5)).astype(np.float16)
    weight, bias = RANDOM.standard_normal((2, 8)).astype(np.float32)
    y, *moments = cpu.group_norm(x, 2, weight, bias, 1e-5)
    gx, *sums = cpu.group_norm_gradient(g, x, weight, *moments, 1e-5)
    assert y.dtype == gx.dtype == np.float16
    wanted = plain(g, x, 2, weight, bias, 1e-5)
    np.testing.assert_allclose(y, wanted[0].astype(float), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(gx, wanted[3].astype(float), rtol=1e-3, atol=1e-3)
    for got, exact in zip((*moments, *sums), (*wanted[1:3], *wanted[4:]), strict=True):
        np.testing.assert_allclose(got, exact.astype(float), rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize(("shape", "groups"), [((2, 32, 65, 64), 8), ((3, 130, 33, 31), 5), ((40, 64, 7, 7), 64)])
def test_as_exact_as_pytorch(shape, groups):
    torch = pytest.importorskip("torch")
    x, g = (RANDOM.normal(mean, 2, shape).astype(np.float32) for mean in (30, 1))
    weight = RANDOM.standard_normal(shape[1]).astype(np.float32)
    y, *moments = cpu.group_norm(x, groups, weight, None, 1e-5)
    ours = (y, *cpu.group_norm_gradient(g, x, weight, *moments, 1e-5))

    def through_pytorch(dtype):
        given = [torch.tensor(a, dtype=dtype, requires_grad=True) for a in (x, weight, np.zeros_like(weight))]
        result = torch.nn.functional.group_norm(given[0], groups, *given[1:])
        result.backward(torch.tensor(g, dtype=dtype))
        return [result.detach().numpy(), *(a.grad.numpy() for a in given)]

    for got, theirs, exact in zip(ours, through_pytorch(torch.float32), through_pytorch(torch.float64), strict=True):
        error, allowed = (np.abs(value - exact).max() for value in (got, theirs))
        assert error <= max(allowed, 5e-7 * np.abs(exact).max())


def test_two_runs_are_equal_bit_for_bit():
    x, g = RANDOM.standard_normal((2, 6, 32, 19, 19)).astype(np.float32)

    def run():
        y, *moments = cpu.group_norm(x, 4, None, None, 1e-5)
        return y, *moments, *cpu.group_norm_gradient(g, x, None, *moments, 1e-5)

    for first, second in zip(run(), run(), strict=True):
        np.testing.assert_array_equal(first, second)
