"""Where new tensors are to be: layout=, memory_format=, pin_memory=."""

import pytest

import minidl
from minidl import namespace
from minidl.errors import ArgumentError, DeviceError

torch = pytest.importorskip("torch")


@pytest.mark.parametrize(
    "program",
    [
        lambda T, x: T.zeros(2, 3, layout=T.strided, pin_memory=False, device="cpu"),
        lambda T, x: T.ones(2, 3, 4, 5, dtype=T.int64, layout=T.strided),
        lambda T, x: T.zeros_like(x, memory_format=T.channels_last),
        lambda T, x: T.ones_like(x, memory_format=T.preserve_format),
        lambda T, x: T.full_like(x, 2.0, memory_format=T.contiguous_format),
        lambda T, x: T.zeros_like(x, memory_format=T.channels_last, requires_grad=True),
        lambda T, x: T.empty(2, 3, 4, 5, memory_format=T.channels_last).zero_(),
        lambda T, x: T.rand_like(x, memory_format=T.channels_last) * 0,
        lambda T, x: T.arange(3, layout=T.strided, pin_memory=False),
        lambda T, x: T.tensor([1.0], pin_memory=False),
    ],
)
def test_words_are_understood(program):
    mine, other = program(minidl, minidl.ones(2, 3, 4, 5)), program(torch, torch.ones(2, 3, 4, 5))
    assert mine.tolist() == other.tolist() and mine.stride() == other.stride()
    assert mine.requires_grad == other.requires_grad and mine.is_leaf == other.is_leaf
    assert str(mine.dtype) == str(other.dtype).removeprefix("torch.")


@pytest.mark.parametrize("name", namespace.TAKE_PLACEMENT)
def test_every_function_knows_the_words(name):
    with pytest.raises(ArgumentError, match=f"{name}: layout 'sparse'; needs minidl.strided"):
        getattr(minidl, name)(2, layout="sparse")
    with pytest.raises(DeviceError, match=f"{name}: pin_memory=True, .*leave it out"):
        getattr(minidl, name)(2, pin_memory=True)
