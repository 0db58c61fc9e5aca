"""Max pooling against a loop over windows, and against PyTorch."""

import numpy as np
import pytest

from minidl.kernels import cpu

RANDOM = np.random.default_rng(4)
#        input shape    size    stride  padding dilation ceil_mode
CASES = [
    ((2, 3, 8, 8), (2, 2), (2, 2), (0, 0), (1, 1), False),
    ((2, 3, 9, 7), (2, 2), (2, 2), (0, 0), (1, 1), False),
    ((2, 3, 9, 7), (2, 2), (2, 2), (0, 0), (1, 1), True),
    ((2, 6, 7, 11), (3, 3), (3, 3), (1, 1), (1, 1), True),
    ((1, 17, 9, 7), (3, 3), (2, 2), (1, 1), (1, 1), False),
    ((1, 17, 10, 7), (3, 3), (2, 2), (1, 1), (1, 1), True),
    ((1, 5, 8, 8), (3, 3), (1, 1), (1, 1), (1, 1), False),
    ((2, 1, 9, 9), (3, 2), (1, 3), (1, 0), (2, 3), False),
    ((2, 7, 11, 13), (2, 2), (3, 4), (0, 1), (2, 3), False),
    ((2, 4, 5, 5), (2, 2), (3, 3), (0, 0), (1, 1), True),
    ((2, 4, 6, 6), (2, 2), (3, 3), (1, 1), (1, 1), True),
    ((3, 2, 1, 1), (1, 1), (1, 1), (0, 0), (1, 1), False),
    ((2, 3, 5, 6), (1, 1), (2, 3), (0, 0), (1, 1), False),
    ((2, 9, 4, 6), (4, 1), (4, 1), (0, 0), (1, 1), False),
    ((2, 9, 4, 6), (1, 6), (1, 6), (0, 0), (1, 1), False),
    ((2, 2, 13, 12), (11, 11), (1, 1), (0, 0), (1, 1), False),
    ((2, 2, 13, 12), (13, 12), (13, 12), (0, 0), (1, 1), False),
    ((1, 20, 6, 300), (2, 2), (2, 2), (0, 0), (1, 1), False),
    ((1, 20, 4, 300), (3, 3), (2, 2), (1, 1), (1, 1), True),
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
    """The greatest values, their taps, and their places in the plane."""
    n, c, h, w = x.shape
    tops, lefts = (spans(*each, ceil_mode) for each in zip((h, w), size, stride, padding, dilation, strict=True))
    values = np.empty((n, c, len(tops), len(lefts)), x.dtype)
    taps, places = np.empty(values.shape, np.int64), np.empty(values.shape, np.int64)
    for at in np.ndindex(values.shape):
        inside = [
            (i * size[1] + j, tops[at[2]] + i * dilation[0], lefts[at[3]] + j * dilation[1])
            for i, j in np.ndindex(size)
            if 0 <= tops[at[2]] + i * dilation[0] < h and 0 <= lefts[at[3]] + j * dilation[1] < w
        ]
        seen = [x[at[0], at[1], y, z] for _, y, z in inside]
        best = int(np.argmax(seen))  # the first of equal ones; NaN is the greatest
        tap, y, z = inside[best]
        values[at], taps[at], places[at] = seen[best], tap, y * w + z
    return values, taps, places


def layouts(x):
    yield np.ascontiguousarray(x)
    yield np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    yield x[:, :, ::-1].copy()[:, :, ::-1]


def draw(shape, dtype):
    """Few distinct values, so that many are equal; zeros of both signs, some NaN and infinities."""
    x = RANDOM.integers(-2, 3, shape).astype(dtype)
    flat = x.reshape(-1)
    flat[::13], flat[5::17], flat[7::19], flat[4::5] = np.nan, np.inf, -np.inf, -0.0
    return x


def channels_last(a):
    return a.transpose(0, 2, 3, 1).flags.c_contiguous


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_and_places(case, dtype):
    shape, *options = case
    plain = draw(shape, dtype)
    values, taps, places = pool(plain, *options)
    for x in layouts(plain):
        greatest, found = cpu.max_pool2d(x, *options)
        assert greatest.dtype == dtype and channels_last(greatest) and channels_last(found)
        np.testing.assert_array_equal(greatest, values)
        np.testing.assert_array_equal(found, taps)
        at = cpu.pool_places(found, shape[3], *options[:4])
        assert at.dtype == np.int64 and channels_last(at)
        np.testing.assert_array_equal(at, places)


@pytest.mark.parametrize("channels", range(1, 21))
@pytest.mark.parametrize(
    "geometry",
    [((2, 2), (2, 2), (0, 0), (1, 1)), ((2, 2), (3, 3), (0, 1), (1, 2)), ((3, 3), (2, 2), (1, 1), (1, 1))],
    ids=str,
)
def test_any_number_of_channels(channels, geometry):
    x = draw((2, channels, 7, 9), np.float32)
    values, taps, places = pool(x, *geometry, False)
    greatest, found = cpu.max_pool2d(x, *geometry, False)
    np.testing.assert_array_equal(greatest, values)
    np.testing.assert_array_equal(found, taps)
    g = RANDOM.standard_normal(values.shape).astype(np.float32)
    np.testing.assert_allclose(
        cpu.max_pool2d_gradient(g, found, x.shape, *geometry), added(g, places, x.shape), rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_least_value(case, dtype):
    """It takes the place of what is not above it; NaN stays; the tap is that of padding, behind all others."""
    shape, *options = case
    x = draw(shape, dtype)
    plain, taps = cpu.max_pool2d(x, *options)
    values, found = cpu.max_pool2d(x, *options, 0.0)
    low = plain <= 0
    np.testing.assert_array_equal(values, np.where(low, 0, plain))
    np.testing.assert_array_equal(found, np.where(low, options[0][0] * options[0][1], taps))
    g = RANDOM.standard_normal(values.shape).astype(dtype)
    expected = cpu.max_pool2d_gradient(np.where(low, 0, g).astype(dtype), taps, shape, *options[:4])
    np.testing.assert_array_equal(cpu.max_pool2d_gradient(g, found, shape, *options[:4]), expected)


def test_planes_of_least_values_have_their_first_places():
    x = np.full((2, 6, 5, 5), -np.inf, np.float32)
    for geometry in (((2, 2), (2, 2), (0, 0), (1, 1)), ((3, 3), (2, 2), (1, 1), (1, 1))):
        values, _, places = pool(x, *geometry, False)
        greatest, taps = cpu.max_pool2d(x, *geometry, False)
        np.testing.assert_array_equal(greatest, values)
        np.testing.assert_array_equal(cpu.pool_places(taps, 5, *geometry), places)


def test_a_window_that_lies_wholly_in_the_padding():
    x = RANDOM.standard_normal((2, 3, 2, 4)).astype(np.float32)
    geometry = (2, 1), (1, 1), (1, 0), (3, 1)  # rows -1 and 2 of an image of two
    values, taps = cpu.max_pool2d(x, *geometry, False)
    np.testing.assert_array_equal(values, np.full((2, 3, 1, 4), -np.inf))
    np.testing.assert_array_equal(cpu.pool_places(taps, 4, *geometry), -1)
    np.testing.assert_array_equal(cpu.max_pool2d_gradient(np.ones_like(values), taps, x.shape, *geometry), 0)
    np.testing.assert_array_equal(cpu.pool_gather(x, taps, *geometry), 0)


def added(g, places, shape):
    """g added at its places of planes of zeros."""
    planes = np.zeros((*shape[:2], shape[2] * shape[3]))
    for at in np.ndindex(g.shape):
        planes[(*at[:2], places[at])] += g[at]
    return planes.reshape(shape)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradient_and_gather(case, dtype):
    shape, *options = case
    geometry = options[:4]
    x = RANDOM.standard_normal(shape).astype(dtype)
    _, taps = cpu.max_pool2d(x, *options)
    places = cpu.pool_places(taps, shape[3], *geometry)
    g = RANDOM.standard_normal(places.shape).astype(dtype)
    picked = np.zeros(places.shape)
    for at in np.ndindex(places.shape):
        picked[at] = x[at[0], at[1], places[at] // shape[3], places[at] % shape[3]]
    for given, found, image in zip(layouts(g), layouts(taps), layouts(x), strict=True):
        spread = cpu.max_pool2d_gradient(given, found, shape, *geometry)
        assert spread.dtype == dtype and spread.shape == shape
        np.testing.assert_allclose(spread, added(g, places, shape), rtol=1e-6, atol=1e-6)
        np.testing.assert_array_equal(cpu.pool_gather(image, found, *geometry), picked)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_equals_pytorch(case):
    torch = pytest.importorskip("torch")
    shape, *options = case
    if shape[1] == 0:
        shape = (shape[0], 1, *shape[2:])  # PyTorch takes no images without channels
    x = RANDOM.standard_normal(shape)
    expected = torch.nn.functional.max_pool2d(torch.tensor(x), *options, return_indices=True)
    values, taps = cpu.max_pool2d(x, *options)
    for ours, theirs in zip((values, cpu.pool_places(taps, shape[3], *options[:4])), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs.numpy())


@pytest.mark.parametrize("geometry", [((3, 3), (1, 1), (1, 1), (1, 1)), ((2, 2), (2, 2), (0, 0), (1, 1))], ids=str)
def test_two_runs_are_equal_bit_for_bit(geometry):
    x = RANDOM.standard_normal((3, 8, 20, 20)).astype(np.float32)
    first, second = (cpu.max_pool2d(x, *geometry, False) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
    g = np.ones_like(first[0])
    np.testing.assert_array_equal(*(cpu.max_pool2d_gradient(g, first[1], x.shape, *geometry) for _ in range(2)))
