"""Which dtype an operation has: PyTorch's answer for every pair."""

import itertools

import numpy as np
import pytest

import minidl
from minidl import dtypes

torch = pytest.importorskip("torch")

NAMES = [dtype.name for dtype in dtypes.ALL]


def of(T, name):
    return getattr(T, name)


@pytest.mark.parametrize(("first", "second"), list(itertools.product(NAMES, NAMES)))
@pytest.mark.parametrize("shapes", [((2,), (2,)), ((2,), ()), ((), (2,)), ((), ())], ids=str)
def test_every_pair_of_dtypes(first, second, shapes):
    a, b = (minidl.ones(shape, dtype=of(minidl, name)) for shape, name in zip(shapes, (first, second), strict=True))
    ta, tb = (torch.ones(shape, dtype=of(torch, name)) for shape, name in zip(shapes, (first, second), strict=True))
    for operation in (lambda x, y: x + y, lambda x, y: x * y, lambda x, y: x / y):
        assert operation(a, b).dtype.name == str(operation(ta, tb).dtype).removeprefix("torch.")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("number", [True, 2, 2.5])
@pytest.mark.parametrize("shape", [(2,), ()], ids=str)
def test_every_dtype_with_every_kind_of_number(name, number, shape):
    a, ta = minidl.ones(shape, dtype=of(minidl, name)), torch.ones(shape, dtype=of(torch, name))
    for operation in (lambda x: x + number, lambda x: number * x, lambda x: x / number, lambda x: number / x):
        assert operation(a).dtype.name == str(operation(ta).dtype).removeprefix("torch.")


@pytest.mark.parametrize("name", NAMES)
def test_functions_that_need_floats_make_them(name):
    a, ta = minidl.ones(2, dtype=of(minidl, name)), torch.ones(2, dtype=of(torch, name))
    for function in ("exp", "log", "sqrt", "tanh", "sigmoid", "sin"):
        assert getattr(minidl, function)(a).dtype.name == str(getattr(torch, function)(ta).dtype).removeprefix("torch.")
    assert a.sum().dtype.name == str(ta.sum().dtype).removeprefix("torch.")


@pytest.mark.parametrize("python_type", [bool, int, float])
def test_pythons_types_are_dtypes(python_type):
    expected = str(torch.zeros(1, dtype=python_type).dtype).removeprefix("torch.")
    assert minidl.zeros(1, dtype=python_type).dtype == np.dtype(expected)
