"""Weights in panels: the jitted passes and NumPy's against a loop."""

import itertools

import numpy as np
import pytest

from minidl.kernels.cpu import panels
from minidl.kernels.cpu.layout import Kernels, kernels_of

RANDOM = np.random.default_rng(0)
SHAPES = [((6, 1, 5, 5), 1), ((10, 3, 3, 2), 2), ((40, 2, 1, 1), 1), ((21, 4, 2, 3), 3)]


def parts(shape, groups, columns):
    """Each kernel's number, the panel and the column where it lies."""
    group = shape[0] // groups
    per_group = -(-group // columns)
    for k in range(shape[0]):
        yield k, k // group * per_group + k % group // columns, k % group % columns


@pytest.mark.parametrize("jitted_from", [0, 1 << 20])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("shape", "groups"), SHAPES)
def test_weights_are_packed(shape, groups, dtype, turned, jitted_from, monkeypatch):
    monkeypatch.setattr(panels, "JITTED_FROM", jitted_from)
    k, c, kh, kw = shape
    weight = RANDOM.standard_normal(shape).astype(dtype)
    kernels = kernels_of(weight, groups)
    if turned:  # the last tap first, as the input's gradient reads them
        start, group, kernel, channel, _, _ = kernels.steps
        steps = (start + kh * kw - 1, group, kernel, channel, -kw, -1)
        kernels, weight = Kernels(kernels.numbers, groups, shape, steps), weight[:, :, ::-1, ::-1]
    packed = np.full((groups * -(-(k // groups) // 8), 1 + kh * kw * c, 8), np.nan, dtype)
    panels.pack_weight(kernels, groups, packed)
    expected = np.zeros(packed.shape, dtype)
    expected[:, 0] = np.nan  # the bias is not this function's
    for number, panel, column in parts(shape, groups, 8):
        for channel, i, j in itertools.product(range(c), range(kh), range(kw)):
            expected[panel, 1 + (i * kw + j) * c + channel, column] = weight[number, channel, i, j]
    np.testing.assert_array_equal(packed, expected)


@pytest.mark.parametrize("jitted_from", [0, 1 << 20])
@pytest.mark.parametrize("shares", [1, 3])
@pytest.mark.parametrize(("shape", "groups"), SHAPES)
def test_sums_are_added_up_and_unpacked(shape, groups, shares, jitted_from, monkeypatch):
    monkeypatch.setattr(panels, "JITTED_FROM", jitted_from)
    k, c, kh, kw = shape
    sums = RANDOM.standard_normal((shares, groups * -(-(k // groups) // 8), kh * kw * c + 3, 8)).astype(np.float32)
    out = np.full(shape, np.nan, np.float32)
    panels.sum_and_unpack(sums, groups, out)
    for number, panel, column in parts(shape, groups, 8):
        for channel, i, j in itertools.product(range(c), range(kh), range(kw)):
            taps = sums[:, panel, (i * kw + j) * c + channel, column]
            np.testing.assert_allclose(out[number, channel, i, j], taps.sum(dtype=np.float64), rtol=1e-5, atol=1e-6)
