"""Max pooling against a loop over windows, and against PyTorch."""

import numpy as np
import pytest

from minidl.kernels import cpu

RANDOM = np.random.default_rng(4)
#        input shape    size    stride  padding dilation ceil_mode
CASES = [
    ((2, 3, 8, 8), (2, 2), (2, 2), (0, 0), (1, 1), False),
    ((2, 3, 9, 7), (2, 2), (2, 2), (0, 0), (1, 1), True),
    ((1, 17, 9, 7), (3, 3), (2, 2), (1, 1), (1, 1), False),
    ((1, 17, 10, 7), (3, 3), (2, 2), (1, 1), (1, 1), True),
    ((2, 1, 9, 9), (3, 2), (1, 3), (1, 0), (2, 3), False),
    ((2, 4, 5, 5), (2, 2), (3, 3), (0, 0), (1, 1), True),
    ((2, 4, 6, 6), (2, 2), (3, 3), (1, 1), (1, 1), True),
    ((3, 2, 1, 1), (1, 1), (1, 1), (0, 0), (1, 1), False),
    ((0, 2, 6, 6), (2, 2), (2, 2), (0, 0), (1, 1), False),
    ((2, 0, 6, 6), (2, 2), (2, 2), (0, 0), (1, 1), False),
]


def spans(size, kernel, stride, padding, dilation, ceil_mode):
    """The starts of windows, one by one, as long as one more is allowed."""
    starts, start = [], -padding
    while start + dilation * (kernel - 1) < size + padding or (ceil_mode and start < size and _reaches(start, starts)):
        starts.append(start)
        if start + dilation * (kernel - 1) >= size + padding:
            break
        start += stride
    return starts


def _reaches(start, starts):
    return bool(starts) or start <= 0


def pool(x, size, stride, padding, dilation, ceil_mode):
    n, c, h, w = x.shape
    tops, lefts = (spans(*each, ceil_mode) for each in zip((h, w), size, stride, padding, dilation, strict=True))
    values = np.empty((n, c, len(tops), len(lefts)), x.dtype)
    indices = np.empty(values.shape, np.int64)
    for at in np.ndindex(values.shape):
        places = [
            (y, z)
            for y in range(tops[at[2]], tops[at[2]] + dilation[0] * (size[0] - 1) + 1, dilation[0])
            for z in range(lefts[at[3]], lefts[at[3]] + dilation[1] * (size[1] - 1) + 1, dilation[1])
            if 0 <= y < h and 0 <= z < w
        ]
        seen = [x[at[0], at[1], y, z] for y, z in places]
        best = int(np.argmax(seen))  # the first of equal ones; NaN is the greatest
        values[at], indices[at] = seen[best], places[best][0] * w + places[best][1]
    return values, indices


def layouts(x):
    yield np.ascontiguousarray(x)
    yield np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    yield x[:, :, ::-1].copy()[:, :, ::-1]


def draw(shape, dtype):
    """Few distinct values, so that many are equal; some NaN and infinities."""
    x = RANDOM.integers(0, 5, shape).astype(dtype)
    flat = x.reshape(-1)
    flat[::13], flat[5::17], flat[7::19] = np.nan, np.inf, -np.inf
    return x


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_and_indices(case, dtype):
    shape, *options = case
    plain = draw(shape, dtype)
    expected = pool(plain, *options)
    for x in layouts(plain):
        values, indices = cpu.max_pool2d(x, *options)
        assert values.dtype == dtype and indices.dtype == np.int64
        assert all(a.transpose(0, 2, 3, 1).flags.c_contiguous for a in (values, indices))
        np.testing.assert_array_equal(values, expected[0])
        np.testing.assert_array_equal(indices, expected[1])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_equals_pytorch(case):
    torch = pytest.importorskip("torch")
    shape, *options = case
    if shape[1] == 0:
        shape = (shape[0], 1, *shape[2:])  # PyTorch takes no images without channels
    x = RANDOM.standard_normal(shape)
    expected = torch.nn.functional.max_pool2d(torch.tensor(x), *options, return_indices=True)
    for ours, theirs in zip(cpu.max_pool2d(x, *options), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs.numpy())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_scatter_and_gather(case, dtype):
    shape, *options = case
    x = RANDOM.standard_normal(shape).astype(dtype)
    _, indices = cpu.max_pool2d(x, *options)
    g = RANDOM.standard_normal(indices.shape).astype(dtype)
    planes = np.zeros((*shape[:2], shape[2] * shape[3]))
    picked = np.zeros(indices.shape)
    for at in np.ndindex(indices.shape):
        planes[(*at[:2], indices[at])] += g[at]
        picked[at] = x[at[0], at[1], indices[at] // shape[3], indices[at] % shape[3]]
    for given, places, image in zip(layouts(g), layouts(indices), layouts(x), strict=True):
        scattered = cpu.pool_scatter(given, places, shape)
        assert scattered.dtype == dtype and scattered.shape == shape
        np.testing.assert_allclose(scattered, planes.reshape(shape), rtol=1e-6, atol=1e-6)
        np.testing.assert_array_equal(cpu.pool_gather(image, places), picked)


def test_two_runs_are_equal_bit_for_bit():
    x = RANDOM.standard_normal((3, 8, 20, 20)).astype(np.float32)
    first, second = (cpu.max_pool2d(x, (3, 3), (1, 1), (1, 1), (1, 1), False) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    g = np.ones_like(first[0])
    np.testing.assert_array_equal(*(cpu.pool_scatter(g, first[1], x.shape) for _ in range(2)))
