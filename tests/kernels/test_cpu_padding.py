"""Padding against NumPy's, and its gradient against a loop over what was copied."""

import itertools

import numpy as np
import pytest

from minidl.kernels import cpu, threads

RANDOM = np.random.default_rng(17)
NAMES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
CASES = [
    ((2, 3, 7), ((2, 1),)),
    ((3, 7), ((0, 4),)),
    ((2, 3, 4, 5), ((1, 1), (1, 1))),
    ((2, 17, 4, 5), ((3, 0), (2, 4))),
    ((2, 3, 4, 5), ((0, 0), (2, 0))),
    ((3, 4, 5), ((1, 2), (0, 3))),
    ((2, 3, 4, 3, 5), ((1, 2), (2, 0), (0, 1))),
    ((2, 3, 4, 3, 5), ((0, 0), (0, 0), (0, 0))),
    ((1, 40, 30, 20), ((1, 2), (3, 1))),
    ((0, 3, 4, 5), ((1, 1), (1, 1))),
]
CUT = [
    ((2, 3, 7), ((-2, 1),)),
    ((2, 3, 7), ((3, -1),)),
    ((2, 3, 4, 5), ((-1, -2), (1, -1))),
    ((2, 3, 4, 5), ((-4, 0), (1, 1))),
    ((1, 40, 30, 20), ((-1, 2), (3, -2))),
]


def layouts(x, channels):
    yield np.ascontiguousarray(x)
    yield np.moveaxis(np.ascontiguousarray(np.moveaxis(x, channels, -1)), -1, channels)
    yield x[..., ::-1].copy()[..., ::-1]


def of_all(x, widths):
    return [(0, 0)] * (x.ndim - len(widths)) + list(widths)


def padded(x, mode, widths, value):
    """By NumPy; of what is cut off nothing is mirrored or wrapped around, nor is it repeated where x is empty then."""
    added = [(max(low, 0), max(high, 0)) for low, high in of_all(x, widths)]
    cut = tuple(
        slice(max(-low, 0), n - max(-high, 0)) for n, (low, high) in zip(x.shape, of_all(x, widths), strict=True)
    )
    values = {"constant_values": value} if mode == "constant" else {}
    if mode in ("constant", "circular"):
        return np.pad(x[cut], added, NAMES[mode], **values)
    y = np.pad(x, added, NAMES[mode])  # these two cut off what was put there, too
    return y[
        tuple(slice(max(-low, 0), n - max(-high, 0)) for n, (low, high) in zip(y.shape, of_all(x, widths), strict=True))
    ]


def added_back(g, shape, mode, widths):
    places = padded(np.arange(np.prod(shape)).reshape(shape), mode, widths, None)
    x = np.zeros(int(np.prod(shape)))
    np.add.at(x, places, g.astype(np.float64))
    return x.reshape(shape)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64, np.int8, bool])
@pytest.mark.parametrize("mode", NAMES)
def test_padding(mode, dtype):
    for shape, widths in CASES + CUT:
        plain = RANDOM.integers(-9, 9, shape).astype(dtype)
        expected = padded(plain, mode, widths, dtype(3))
        for x in layouts(plain, len(shape) - len(widths) - 1):
            np.testing.assert_array_equal(cpu.padded(x, mode, widths, 3), expected, strict=True)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_the_gradient(mode, dtype):
    for shape, widths in CASES + CUT:
        plain = padded(RANDOM.standard_normal(shape), mode, widths, 0).astype(dtype)
        expected = added_back(plain, shape, mode, widths)
        tolerance = {np.float16: 1e-3, np.float32: 1e-6, np.float64: 1e-14}[dtype]
        for g in layouts(plain, len(shape) - len(widths) - 1):
            x = cpu.padding_gradient(g, shape[len(shape) - len(widths) :], mode, widths)
            assert x.dtype == dtype
            np.testing.assert_allclose(x, expected, rtol=tolerance, atol=8 * tolerance)


@pytest.mark.parametrize("mode", NAMES)
def test_images_keep_their_order_in_memory(mode):
    x = RANDOM.standard_normal((2, 30, 12, 20)).astype(np.float32)
    in_order, last = x, np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    widths = ((1, 1), (2, 3))
    assert cpu.padded(in_order, mode, widths, 0).flags.c_contiguous
    assert cpu.padded(last, mode, widths, 0).transpose(0, 2, 3, 1).flags.c_contiguous
    if mode != "constant":
        assert cpu.padding_gradient(last, (10, 15), mode, widths).transpose(0, 2, 3, 1).flags.c_contiguous


def test_constants_around_any_number_of_dimensions():
    for shape in ((2, 3, 4, 5), (9, 8, 9, 8, 2)):
        x, widths = RANDOM.standard_normal(shape), ((1, 0), (-1, 2), (0, 0), (3, -2))
        for given in (x, np.asfortranarray(x)):
            y = cpu.padded(given, "constant", widths, np.nan)
            np.testing.assert_array_equal(y, padded(x, "constant", widths, np.nan))


def test_the_same_at_any_number_of_threads():
    shape, widths = (3, 40, 30, 20), ((3, 3), (2, 5))
    x, g = RANDOM.standard_normal(shape), RANDOM.standard_normal((3, 40, 36, 27))
    before, found = threads.get_num_threads(), []
    try:
        for count in (1, 2, 3):
            threads.set_num_threads(count)
            found.append((cpu.padded(x, "reflect", widths, 0), cpu.padding_gradient(g, (30, 20), "reflect", widths)))
    finally:
        threads.set_num_threads(before)
    for results, part in itertools.product(found[1:], (0, 1)):
        np.testing.assert_array_equal(results[part], found[0][part])
