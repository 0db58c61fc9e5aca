"""Copies in threads between arrays that lie in memory in any two ways, against NumPy's assignment."""

import itertools

import numpy as np
import pytest

from minidl.kernels import cpu
from minidl.kernels.cpu import copies

RANDOM = np.random.default_rng(23)
SHAPE = (3, 5, 18, 67)

VIEWS = {
    "whole": lambda x: x,
    "rows reversed": lambda x: x[..., ::-1],
    "all reversed": lambda x: x[::-1, ::-1, ::-1, ::-1],
    "steps": lambda x: x[:, :, ::2, ::3],
    "steps back": lambda x: x[:, ::-2, :, ::-3],
    "part": lambda x: x[1:, :, 3:17, 2:40],
    "a few of each row": lambda x: x[..., :3],
    "short runs": lambda x: x[..., 1:12],
    "one broadcast": lambda x: np.broadcast_to(x[:1], x.shape),
    "numbers broadcast": lambda x: np.broadcast_to(x[..., :1], x.shape),
}


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "bool", "int64", "complex128"])
@pytest.mark.parametrize("name", VIEWS)
def test_every_way_to_lie(name, dtype):
    x = VIEWS[name]((RANDOM.standard_normal(SHAPE) * 50).astype(dtype))
    for order in ((0, 1, 2, 3), (0, 2, 3, 1), (3, 1, 2, 0)):
        source = x.transpose(order)
        around = np.full(tuple(n + 2 for n in source.shape), 7, dtype)
        targets = np.empty(source.shape, dtype), np.empty_like(source), around[1:-1, 1:-1, 1:-1, 1:-1]
        for target in targets:
            copies.copy_in_threads(target, source)
            np.testing.assert_array_equal(target, source)
        targets[-1][...] = 7
        assert (around == np.array(7).astype(dtype)).all()  # nothing beside the target was written


@pytest.mark.parametrize("shape", [(), (0,), (1,), (4, 0, 3), (7,), (1, 1, 9), (70000,), (2, 3, 2, 3, 2, 3)], ids=str)
def test_any_number_of_dimensions(shape):
    x = RANDOM.standard_normal(shape).astype(np.float32)
    for source in (x, x.T, np.moveaxis(x, 0, -1) if shape else x, x[::-1] if shape else x):
        target = np.empty(source.shape, source.dtype)
        copies.copy_in_threads(target, source)
        np.testing.assert_array_equal(target, source)


def test_bits_stay_what_they_are():
    bits = np.array([0x7F800001, 0x7FC00123, 0x80000000, 1], np.uint32)  # a signalling NaN, a payload, -0, a subnormal
    x = np.tile(bits, 80000).view(np.float32)
    for source in (x, x[::-1], x[::2]):
        np.testing.assert_array_equal(cpu.copied(source).view(np.uint32), source.copy().view(np.uint32))


def test_another_dtype_is_converted():
    x = np.arange(200000)
    y = np.empty(x.shape, np.float32)
    cpu.copy_into(y, x)
    np.testing.assert_array_equal(y, x)


def test_a_copy_is_dense_and_keeps_the_order_of_dimensions():
    x = np.empty((40, 50, 80), np.float32)
    for order in itertools.permutations(range(3)):
        y = cpu.copied(x.transpose(order))
        assert y.strides == x.transpose(order).strides and y.base is None
    assert cpu.copied(x[:, ::2]).flags.c_contiguous
    assert cpu.copied(np.broadcast_to(x[:, :1], x.shape)).flags.c_contiguous
