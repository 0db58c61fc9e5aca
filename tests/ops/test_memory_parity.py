"""How tensors lie in memory: formats, storages, other sizes, sharing."""

import os

import numpy as np
import pytest

import minidl
from minidl.errors import ArgumentError, GraphError, ShapeError

torch = pytest.importorskip("torch")


def images(T, *shape):
    return T.arange(int(np.prod(shape))).reshape(shape)


@pytest.mark.parametrize(
    "program",
    [
        lambda T, x: x.contiguous(memory_format=T.channels_last),
        lambda T, x: x.clone(memory_format=T.channels_last),
        lambda T, x: T.clone(x, memory_format=T.preserve_format),
        lambda T, x: x.to(memory_format=T.channels_last),
        lambda T, x: x.to(T.float64, memory_format=T.channels_last),
        lambda T, x: x.contiguous(memory_format=T.channels_last).contiguous(),
        lambda T, x: x.contiguous(memory_format=T.channels_last).clone(),
        lambda T, x: x.contiguous(memory_format=T.channels_last).clone(memory_format=T.contiguous_format),
        lambda T, x: x.unsqueeze(2).contiguous(memory_format=T.channels_last_3d),
    ],
)
def test_memory_formats(program):
    mine, other = program(minidl, images(minidl, 2, 3, 4, 5)), program(torch, images(torch, 2, 3, 4, 5))
    assert mine.tolist() == other.tolist() and mine.stride() == other.stride()
    assert mine.dim_order() == other.dim_order() and mine.is_contiguous() == other.is_contiguous()
    for name in ("channels_last", "contiguous_format"):
        assert mine.is_contiguous(memory_format=getattr(minidl, name)) == other.is_contiguous(
            memory_format=getattr(torch, name)
        ) or (mine.ndim != 4)


def test_gradients_follow_into_another_format():
    for T in (minidl, torch):
        x = T.ones(1, 2, 2, 2, requires_grad=True)
        (x.contiguous(memory_format=T.channels_last) * images(T, 1, 2, 2, 2)).sum().backward()
        assert x.grad.flatten().tolist() == list(range(8))
        assert x.contiguous() is x


def test_formats_refused():
    with pytest.raises(ArgumentError, match=r"contiguous: minidl.channels_last of 3 dimensions; needs 4"):
        minidl.ones(2, 3, 4).contiguous(memory_format=minidl.channels_last)
    with pytest.raises(ArgumentError, match="clone: memory_format 'channels_last'"):
        minidl.ones(2, 3, 4).clone(memory_format="channels_last")
    with pytest.raises(ArgumentError, match="preserve_format says no order"):
        minidl.ones(2).contiguous(memory_format=minidl.preserve_format)


@pytest.mark.filterwarnings("ignore:TypedStorage")
def test_storages():
    for T in (minidl, torch):
        x = T.zeros(4, 6, dtype=T.float64)
        for seen in (x, x[1], x.t()[2:]):
            assert seen.untyped_storage().nbytes() == seen.untyped_storage().size() == 192
            assert seen.storage().size() == len(seen.storage()) == 24 and T.is_storage(seen.storage())
            assert seen.untyped_storage().data_ptr() == x.data_ptr()
        assert x.storage().element_size() == 8 and not T.is_storage(x)
        assert x.is_set_to(x.view(4, 6)) and not x.is_set_to(x.t()) and not x.is_set_to(T.zeros(4, 6))


@pytest.mark.parametrize(
    "program",
    [
        lambda T, x: x.resize_(3, 2),
        lambda T, x: x.resize_((6,)),
        lambda T, x: x.resize_(2, 2),
        lambda T, x: x.t().resize_(6),
        lambda T, x: x[1].resize_(3, 1),
        lambda T, x: x.resize_as_(T.zeros(3, 2)),
        lambda T, x: T.resize_as_(x, T.zeros(6)),
        lambda T, x: T.zeros(0).resize_(2, 2).fill_(3),
    ],
)
def test_another_size_in_the_same_memory(program):
    mine, other = program(minidl, images(minidl, 2, 3)), program(torch, images(torch, 2, 3))
    assert mine.tolist() == other.tolist() and mine.stride() == other.stride()


def test_resized_memory_is_shared_with_its_views():
    for T in (minidl, torch):
        x = images(T, 2, 3)
        seen = x[0]
        x.resize_(6)[1] = 10
        assert seen.tolist() == [0, 10, 2]


def test_sizes_refused():
    with pytest.raises(ShapeError, match=r"resize_: \(4, 2\) has 8 elements, more than the memory"):
        minidl.zeros(2, 3).resize_(4, 2)
    with pytest.raises(ShapeError, match=r"resize_: .* has a negative size"):
        minidl.zeros(2, 3).resize_(-1)
    for T in (minidl, torch):
        with pytest.raises(RuntimeError, match="require"):
            T.zeros(2, 3, requires_grad=True).resize_(6)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_forked_processes_share_memory():
    x = minidl.arange(3)
    assert not x.is_shared() and x.share_memory_() is x and x.is_shared() and x.tolist() == [0, 1, 2]
    assert x[1:].is_shared() and x.share_memory_().is_shared()
    child = os.fork()
    if not child:
        x.array[1] = 7
        os._exit(0)
    os.waitpid(child, 0)
    assert x.tolist() == [0, 7, 2]
    with pytest.raises(GraphError, match="share_memory_: a view"):
        minidl.arange(3)[1:].share_memory_()
