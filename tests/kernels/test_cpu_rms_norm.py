"""RMS norm over last dimensions, and its gradients, against the formulas in extended precision."""

import subprocess
import sys

import numpy as np
import pytest

from minidl.kernels import cpu

RANDOM = np.random.default_rng(27)
SHAPES = [((1, 1), 1), ((5,), 1), ((7, 1), 1), ((3, 128), 1), ((2, 65, 13, 5), 2), ((300, 257), 1), ((5, 40, 70), 2)]


def layouts(x):
    yield x
    yield np.asfortranarray(x)
    yield np.repeat(x, 2, axis=-1)[..., ::2]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("shape", "own"), SHAPES, ids=str)
@pytest.mark.parametrize("with_weight", [False, True])
def test_results_and_gradients(shape, own, dtype, with_weight):
    x, g = RANDOM.normal(1, 1, (2, *shape)).astype(dtype)
    weight = RANDOM.standard_normal(shape[-own:]).astype(dtype) if with_weight else None
    lead, last = tuple(range(len(shape) - own)), tuple(range(-own, 0))
    limits = {"rtol": 1e-4, "atol": 1e-4} if dtype == np.float32 else {"rtol": 1e-9, "atol": 1e-10}
    exact, factor = x.astype(np.longdouble), 1 if weight is None else weight
    scale = 1 / np.sqrt((exact**2).mean(last, keepdims=True) + 1e-3)
    normal, p = exact * scale, g * factor
    slopes = (p - normal * (p * normal).mean(last, keepdims=True)) * scale
    for values, arriving in zip(layouts(x), layouts(g), strict=True):
        y, scales = cpu.rms_norm(values, own, weight, 1e-3)
        found = (y, scales, *cpu.rms_norm_gradient(arriving, values, own, weight, scales))
        for got, wanted in zip(
            found, (normal * factor, scale.reshape(-1), slopes, (g * normal).sum(lead)), strict=True
        ):
            assert got.dtype == dtype
            np.testing.assert_allclose(got, wanted.astype(float), **limits)


def test_loading_one_norm_first_leaves_the_others_callable():
    names = ("rms_norm", "layer_norm", "layer_norm_gradient", "rms_norm_gradient")
    program = f"from minidl.kernels import cpu; print([callable(getattr(cpu, name)) for name in {names}])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str([True] * 4)
