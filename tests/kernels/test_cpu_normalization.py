"""Batch norm's kernels against their formulas in float64, and against PyTorch."""

import numpy as np
import pytest

from minidl.kernels import cpu

RANDOM = np.random.default_rng(5)
SHAPES = [(4, 3), (5, 1), (2, 3, 4), (3, 17, 5, 7), (2, 64, 3, 3), (2, 3, 2, 3, 4), (1, 2, 1, 1)]
EMPTY = [(0, 3), (2, 0, 4, 4), (0, 3, 4, 4), (2, 3, 0, 4)]


def tolerance(dtype):
    return {"rtol": 1e-4, "atol": 1e-5} if dtype == np.float32 else {"rtol": 1e-10, "atol": 1e-12}


def layouts(x):
    yield np.ascontiguousarray(x)
    yield np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    yield x[:, ::-1].copy()[:, ::-1]
    yield np.repeat(x, 2, axis=-1)[..., ::2]


def rows(x):
    """(N, C, ...) as (rows, C) in float64."""
    return np.moveaxis(x, 1, -1).reshape(x.size // max(x.shape[1], 1), x.shape[1]).astype(np.float64)


def along_channels(values, x):
    return values.reshape(1, -1, *[1] * (x.ndim - 2))


def is_channels_last(x):
    return np.moveaxis(x, 1, -1).flags.c_contiguous


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_moments(shape, dtype):
    plain = RANDOM.normal(2, 3, shape).astype(dtype)
    for x in layouts(plain):
        mean, variance = cpu.channel_moments(x)
        assert mean.dtype == variance.dtype == dtype
        np.testing.assert_allclose(mean, rows(x).mean(0), **tolerance(dtype))
        np.testing.assert_allclose(variance, rows(x).var(0), **tolerance(dtype))


def test_moments_far_from_zero():
    x = RANDOM.normal(1000, 1, (64, 5, 40, 40)).astype(np.float32)
    x[0, 1] += 500  # a first value far from the others
    mean, variance = cpu.channel_moments(x)
    np.testing.assert_allclose(mean, rows(x).mean(0), rtol=1e-7)
    np.testing.assert_allclose(variance, rows(x).var(0), rtol=1e-6)


def test_moments_of_few_values_among_many():
    """Those that every pixel looked at beforehand has: their mean is far from that of all."""
    x = RANDOM.normal(-5000, 1, (32, 8, 8, 3)).astype(np.float32)
    x.reshape(-1, 3)[:: 32 * 64 // 32] = 5000
    x = np.moveaxis(x, -1, 1)
    mean, variance = cpu.channel_moments(x)
    np.testing.assert_allclose(mean, rows(x).mean(0), rtol=1e-6)
    np.testing.assert_allclose(variance, rows(x).var(0), rtol=1e-6)
    x[x == 5000] = -4000
    np.testing.assert_allclose(cpu.channel_moments(x)[1], rows(x).var(0), rtol=1e-6)


@pytest.mark.parametrize("shape", [(32, 3, 65, 64), (2, 130, 67, 63), (300, 515)], ids=str)
def test_moments_and_gradients_are_as_exact_as_those_of_pytorch(shape):
    torch = pytest.importorskip("torch")
    x, g = (RANDOM.normal(mean, 2, shape).astype(np.float32) for mean in (30, 1))
    mean, variance = cpu.channel_moments(x)
    ours = (mean, variance, *cpu.batch_norm_gradient(g, x, mean, 1 / np.sqrt(variance + np.float32(1e-5)), None))

    def through_pytorch(dtype):
        image = torch.tensor(x, dtype=dtype, requires_grad=True)
        parameters = [torch.full((shape[1],), value, dtype=dtype, requires_grad=True) for value in (1.0, 0.0)]
        moments = [torch.zeros(shape[1], dtype=dtype) for _ in range(2)]
        y = torch.nn.functional.batch_norm(image, *moments, *parameters, training=True, momentum=1.0)
        y.backward(torch.tensor(g, dtype=dtype))
        count = x.size // shape[1]
        moments[1] *= (count - 1) / count
        return [value.numpy() for value in (*moments, image.grad, *(p.grad for p in parameters))]

    for got, theirs, exact in zip(ours, through_pytorch(torch.float32), through_pytorch(torch.float64), strict=True):
        error, allowed = (np.abs(value - exact).max() for value in (got, theirs))
        assert error <= max(2 * allowed, 1e-6 * np.abs(exact).max())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES + EMPTY + [(8, 33, 40, 41)], ids=str)
def test_sums(shape, dtype):
    for x in layouts(RANDOM.standard_normal(shape).astype(dtype)):
        sums = cpu.channel_sums(x)
        assert sums.dtype == dtype
        np.testing.assert_allclose(sums, rows(x).sum(0), **tolerance(dtype))


def test_moments_of_constants_and_of_nothing():
    mean, variance = cpu.channel_moments(np.full((3, 2, 4, 4), 0.1, np.float32))
    np.testing.assert_array_equal(mean, np.float32(0.1))
    np.testing.assert_array_equal(variance, 0)
    for shape in EMPTY:
        mean, variance = cpu.channel_moments(np.zeros(shape, np.float32))
        assert mean.shape == variance.shape == (shape[1],) and np.isnan(mean).all() and np.isnan(variance).all()


@pytest.mark.parametrize("least", [-np.inf, 0.0, 0.5])
@pytest.mark.parametrize("parameters", ["weight and bias", "weight", "bias", "neither"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES + EMPTY, ids=str)
def test_normalised(shape, dtype, parameters, least):
    plain = RANDOM.standard_normal(shape).astype(dtype)
    mean, rstd, weight, bias = RANDOM.uniform(0.5, 2, (4, shape[1])).astype(dtype)
    weight, bias = (weight if "weight" in parameters else None), (bias if "bias" in parameters else None)
    for x in layouts(plain):
        y = cpu.batch_norm(x, mean, rstd, weight, bias, least)
        assert y.dtype == dtype and y.shape == shape and is_channels_last(y)
        expected = (rows(x) - mean) * rstd * (1 if weight is None else weight) + (0 if bias is None else bias)
        np.testing.assert_allclose(rows(y), np.maximum(expected, least), **tolerance(dtype))


@pytest.mark.parametrize("least", [-np.inf, 0.0, 0.5])
@pytest.mark.parametrize("with_weight", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES + EMPTY + [(5, 33, 20, 21)], ids=str)
def test_gradient(shape, dtype, with_weight, least):
    x, g = RANDOM.normal(3, 2, (2, *shape)).astype(dtype)
    weight, bias = RANDOM.standard_normal((2, shape[1])).astype(dtype)
    weight = weight if with_weight else None
    values = rows(x)
    count = max(len(values), 1)
    mean = values.sum(0) / count
    rstd = 1 / np.sqrt(((values - mean) ** 2).sum(0) / count + 1e-3)
    mean, rstd = mean.astype(dtype), rstd.astype(dtype)
    normal = (values - mean) * rstd
    for gradient, image in zip(layouts(g), layouts(x), strict=True):
        given = np.where(rows(cpu.batch_norm(image, mean, rstd, weight, bias, least)) > least, rows(g), 0)
        g_bias, g_weight = given.sum(0), (given * normal).sum(0)
        g_rows = (given - g_bias / count - normal * g_weight / count) * rstd * (weight if with_weight else 1)
        got = cpu.batch_norm_gradient(gradient, image, mean, rstd, weight, bias, least)
        assert all(a.dtype == dtype for a in got) and got[0].shape == shape and is_channels_last(got[0])
        limits = {"rtol": 1e-3, "atol": 1e-4} if dtype == np.float32 else {"rtol": 1e-9, "atol": 1e-10}
        np.testing.assert_allclose(rows(got[0]), g_rows, **limits)
        np.testing.assert_allclose(got[1], g_weight, **limits)
        np.testing.assert_allclose(got[2], g_bias, **limits)


def test_not_a_number_passes_the_limit_as_it_passes_a_relu():
    x = RANDOM.standard_normal((2, 3, 4, 4)).astype(np.float32)
    x[0, 1, 2, 3] = np.nan
    numbers = np.zeros(3, np.float32), np.ones(3, np.float32), None, None
    np.testing.assert_array_equal(np.isnan(cpu.batch_norm(x, *numbers, 0.0)), np.isnan(x))
    g_bias = cpu.batch_norm_gradient(np.ones_like(x), x, *numbers, 0.0)[2]
    np.testing.assert_array_equal(g_bias, rows(np.float32(~(x <= 0))).sum(0))


@pytest.mark.parametrize("shape", [(8, 3), (4, 6, 5, 7)])
def test_gradient_equals_pytorch(shape):
    torch = pytest.importorskip("torch")
    x, g = RANDOM.standard_normal((2, *shape))
    weight, bias = RANDOM.standard_normal((2, shape[1]))
    theirs = [torch.tensor(a, requires_grad=True) for a in (x, weight, bias)]
    y = torch.nn.functional.batch_norm(theirs[0], None, None, theirs[1], theirs[2], training=True)
    y.backward(torch.tensor(g))
    mean, variance = cpu.channel_moments(x)
    rstd = 1 / np.sqrt(variance + 1e-5)
    np.testing.assert_allclose(cpu.batch_norm(x, mean, rstd, weight, bias), y.detach().numpy())
    for ours, parameter in zip(cpu.batch_norm_gradient(g, x, mean, rstd, weight), theirs, strict=True):
        np.testing.assert_allclose(ours, parameter.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_two_runs_are_equal_bit_for_bit():
    x, g = RANDOM.standard_normal((2, 6, 32, 9, 9)).astype(np.float32)
    mean, variance = cpu.channel_moments(x)
    np.testing.assert_array_equal(cpu.channel_moments(x), (mean, variance))
    runs = [cpu.batch_norm_gradient(g, x, mean, variance, None) for _ in range(2)]
    for first, second in zip(*runs, strict=True):
        np.testing.assert_array_equal(first, second)
