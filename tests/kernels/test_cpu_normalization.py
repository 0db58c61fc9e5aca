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


def test_moments_of_constants_and_of_nothing():
    mean, variance = cpu.channel_moments(np.full((3, 2, 4, 4), 0.1, np.float32))
    np.testing.assert_array_equal(mean, np.float32(0.1))
    np.testing.assert_array_equal(variance, 0)
    for shape in EMPTY:
        mean, variance = cpu.channel_moments(np.zeros(shape, np.float32))
        assert mean.shape == variance.shape == (shape[1],) and np.isnan(mean).all() and np.isnan(variance).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES + EMPTY, ids=str)
def test_affine(shape, dtype):
    plain = RANDOM.standard_normal(shape).astype(dtype)
    scale, shift = RANDOM.standard_normal((2, shape[1]))
    for x in layouts(plain):
        y = cpu.channel_affine(x, scale.astype(dtype), shift.astype(dtype))
        assert y.dtype == dtype and y.shape == shape and is_channels_last(y)
        np.testing.assert_allclose(y, x * along_channels(scale, x) + along_channels(shift, x), **tolerance(dtype))


@pytest.mark.parametrize("with_weight", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES + EMPTY, ids=str)
def test_gradient(shape, dtype, with_weight):
    x, g = RANDOM.normal(3, 2, (2, *shape)).astype(dtype)
    weight = RANDOM.standard_normal(shape[1]).astype(dtype) if with_weight else None
    values, given = rows(x), rows(g)
    count = max(len(values), 1)
    mean = values.sum(0) / count
    rstd = 1 / np.sqrt(((values - mean) ** 2).sum(0) / count + 1e-3)
    normal = (values - mean) * rstd
    g_bias, g_weight = given.sum(0), (given * normal).sum(0)
    g_rows = (given - g_bias / count - normal * g_weight / count) * rstd * (weight if with_weight else 1)
    for gradient, image in zip(layouts(g), layouts(x), strict=True):
        got = cpu.batch_norm_gradient(gradient, image, mean.astype(dtype), rstd.astype(dtype), weight)
        assert all(a.dtype == dtype for a in got) and got[0].shape == shape and is_channels_last(got[0])
        limits = {"rtol": 1e-3, "atol": 1e-4} if dtype == np.float32 else {"rtol": 1e-9, "atol": 1e-10}
        np.testing.assert_allclose(rows(got[0]), g_rows, **limits)
        np.testing.assert_allclose(got[1], g_weight, **limits)
        np.testing.assert_allclose(got[2], g_bias, **limits)


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
    np.testing.assert_allclose(cpu.channel_affine(x, rstd * weight, bias - mean * rstd * weight), y.detach().numpy())
    for ours, parameter in zip(cpu.batch_norm_gradient(g, x, mean, rstd, weight), theirs, strict=True):
        np.testing.assert_allclose(ours, parameter.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_two_runs_are_equal_bit_for_bit():
    x, g = RANDOM.standard_normal((2, 6, 32, 9, 9)).astype(np.float32)
    mean, variance = cpu.channel_moments(x)
    np.testing.assert_array_equal(cpu.channel_moments(x), (mean, variance))
    runs = [cpu.batch_norm_gradient(g, x, mean, variance, None) for _ in range(2)]
    for first, second in zip(*runs, strict=True):
        np.testing.assert_array_equal(first, second)
