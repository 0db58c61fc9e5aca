"""Batch norm by given statistics against its formula in float64."""

import numpy as np
import pytest

import minidl
from minidl.kernels import cpu

RANDOM = np.random.default_rng(23)
SHAPES = [(4, 3), (5, 1), (2, 3, 4), (3, 17, 5, 7), (2, 600, 3, 3), (1, 64, 32, 32), (2, 3, 2, 3, 4), (1, 2, 1, 1)]
EMPTY = [(0, 3), (2, 0, 4, 4), (0, 3, 4, 4), (2, 3, 0, 4)]


def layouts(x):
    yield np.ascontiguousarray(x)
    yield np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    yield x[:, ::-1].copy()[:, ::-1]
    yield np.repeat(x, 2, axis=-1)[..., ::2]


@pytest.mark.parametrize(("with_weight", "with_bias"), [(True, True), (False, True), (True, False), (False, False)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES + EMPTY, ids=str)
def test_of_every_layout(shape, dtype, with_weight, with_bias):
    plain = RANDOM.normal(2, 3, shape).astype(dtype)
    real = np.float64 if dtype == np.float64 else np.float32  # float16 goes with statistics of float32
    mean, weight, bias = RANDOM.standard_normal((3, shape[1])).astype(real)
    variance = RANDOM.uniform(0.5, 2, shape[1]).astype(real)
    weight, bias = weight if with_weight else None, bias if with_bias else None
    along = (1, -1, *[1] * (len(shape) - 2))
    m, v, w, b = (np.float64(1 if a is None else a).reshape(along) for a in (mean, variance, weight, bias))
    b = b if with_bias else 0
    expected = (plain.astype(np.float64) - m) / np.sqrt(v + 1e-3) * w + b
    limit = {np.float16: 2e-2, np.float32: 1e-5, np.float64: 1e-12}[dtype]
    for x in layouts(plain):
        y = cpu.batch_norm_by(x, mean, variance, weight, bias, 1e-3)
        assert y.dtype == dtype and y.shape == shape and np.moveaxis(y, 1, -1).flags.c_contiguous
        np.testing.assert_allclose(y, expected, rtol=limit, atol=limit)


def test_of_numbers_that_lie_apart():
    x = RANDOM.standard_normal((2, 5, 3, 3)).astype(np.float32)
    mean, variance, weight, bias = RANDOM.uniform(1, 2, (4, 10)).astype(np.float32)
    apart = cpu.batch_norm_by(x, mean[::2], variance[::-2], weight[::2], bias[1::2], 0.1)
    dense = cpu.batch_norm_by(x, *(a.copy() for a in (mean[::2], variance[::-2], weight[::2], bias[1::2])), 0.1)
    np.testing.assert_array_equal(apart, dense)


@pytest.mark.parametrize("recorded", [True, False])
def test_evaluation_gives_the_same_with_and_without_recording(recorded):
    layer = minidl.nn.BatchNorm2d(4)
    layer(minidl.randn(3, 4, 5, 5))
    x = minidl.randn(2, 4, 5, 5)
    expected = layer.eval()(x).detach().numpy()
    with minidl.set_grad_enabled(recorded):
        np.testing.assert_array_equal(layer(x).detach().numpy(), expected)


def test_the_gradient_of_evaluation_is_that_of_the_statistics_then():
    layer = minidl.nn.BatchNorm1d(3, dtype=minidl.float64).eval()
    x = minidl.randn(4, 3, dtype=minidl.float64, requires_grad=True)
    y = layer(x)
    layer.running_mean.add_(5)
    layer.running_var.add_(5)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.full((4, 3), 1 / np.sqrt(1 + 1e-5)), rtol=1e-12)
    np.testing.assert_allclose(layer.weight.grad.numpy(), x.detach().numpy().sum(0) / np.sqrt(1 + 1e-5), rtol=1e-10)
