"""Attributes and methods of tensors that programs ask for in passing."""

import itertools

import numpy as np
import pytest

import minidl
from minidl.errors import DeviceError, DtypeError, GraphError, ShapeError

torch = pytest.importorskip("torch")

ASKED = [
    *("is_cpu", "is_cuda", "is_mps", "is_xpu", "is_meta", "is_sparse", "is_sparse_csr", "is_quantized", "is_nested"),
    *("is_mkldnn", "name", "output_nr", "retains_grad", "_version"),
]
CALLED = [
    *("get_device", "is_conj", "is_neg", "is_inference", "is_distributed", "is_pinned", "is_shared", "dim_order"),
    *("is_contiguous", "type", "data_ptr"),
]


@pytest.mark.parametrize("name", ASKED)
def test_attributes(name):
    for make in (lambda T: T.ones(2, 3), lambda T: T.ones(2, 3, requires_grad=True) * 2):
        assert getattr(make(minidl), name) == getattr(make(torch), name)


@pytest.mark.parametrize("name", CALLED[:-1])
def test_methods_without_arguments(name):
    for make in (lambda T: T.ones(2, 3), lambda T: T.ones(2, 3).t(), lambda T: T.ones(3, dtype=T.int64)):
        mine, other = getattr(make(minidl), name)(), getattr(make(torch), name)()
        assert mine == (other.replace("torch", "minidl") if isinstance(other, str) else other)


@pytest.mark.parametrize("name", ["get_device", "is_conj", "is_neg", "is_inference", "is_distributed"])
def test_the_same_as_functions(name):
    assert getattr(minidl, name)(minidl.ones(2)) == getattr(torch, name)(torch.ones(2))
    with pytest.raises(DtypeError, match=f"{name}: got int where a tensor is needed"):
        getattr(minidl, name)(3)


@pytest.mark.parametrize("value", [3, [1], torch.nn.Linear, "x"])
def test_typename(value):
    assert minidl.typename(value) == torch.typename(value)


def test_typename_of_tensors():
    for dtype in ("float16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64", "bool"):
        mine, other = (T.zeros(1, dtype=getattr(T, dtype)) for T in (minidl, torch))
        assert minidl.typename(mine) == mine.type() == other.type().replace("torch", "minidl")
        for T, x in ((minidl, mine), (torch, other)):
            assert T.ones(2).type(getattr(T, x.type().partition(".")[2])).dtype == x.dtype
            assert T.ones(2).type(x.type()).dtype == T.ones(2).type(x.dtype).dtype == x.dtype


def test_output_number_and_retained_gradient():
    for T in (minidl, torch):
        x = T.ones(4, requires_grad=True)
        assert [part.output_nr for part in T.linalg.qr(T.ones(2, 2, requires_grad=True))] == [0, 1]
        y = x * 2
        y.retain_grad()
        assert y.retains_grad and not x.retains_grad


@pytest.mark.parametrize("wrap", [False, True])
@pytest.mark.parametrize("shape", [(7, 3), (3, 7), (3, 3, 3), (2, 2)])
def test_fill_diagonal(shape, wrap):
    values = np.random.default_rng(0).normal(size=shape)
    found = []
    for made in (minidl.from_numpy, torch.from_numpy):
        leaf = made(values.copy()).requires_grad_()
        x = leaf * 1
        assert x.fill_diagonal_(5.0, wrap) is x
        (x * x).sum().backward()
        found.append((x.detach().numpy(), leaf.grad.numpy()))
    for mine, other in zip(*found, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_fill_diagonal_needs_a_diagonal():
    for shape in ((3,), (3, 3, 2)):
        with pytest.raises(ShapeError, match="fill_diagonal: shape"):
            minidl.zeros(*shape).fill_diagonal_(1)
        with pytest.raises(RuntimeError):
            torch.zeros(*shape).fill_diagonal_(1)


def test_python_functions_of_each_element():
    for T in (minidl, torch):
        x = T.arange(6).reshape(2, 3)
        assert x.apply_(lambda v: v * v) is x and x.tolist() == [[0, 1, 4], [9, 16, 25]]
        assert x.map_(T.arange(3), lambda a, b: a + b).tolist() == [[0, 2, 6], [9, 17, 27]]
        assert x.t().map2_(x.t(), x.t(), lambda a, b, c: a + b - c + 1).tolist() == [[1, 10], [3, 18], [7, 28]]
    with pytest.raises(GraphError, match=r"apply_: no gradient follows .*; use detach\(\)"):
        minidl.ones(2, requires_grad=True).apply_(abs)
    with pytest.raises(DtypeError, match="map_: needs tensors of one dtype, float32"):
        minidl.ones(2).map_(minidl.arange(2), max)


def test_new_ones():
    for T in (minidl, torch):
        x = T.zeros(2, dtype=T.int64)
        assert x.new([1, 2]).tolist() == [1, 2] and x.new([1]).dtype == T.int64
        assert tuple(x.new(2, 3).shape) == (2, 3) and tuple(x.new().shape) == (0,)


def test_reversed_and_dense():
    for T in (minidl, torch):
        x = T.arange(6).reshape(3, 2)
        assert x.__reversed__().tolist() == [[4, 5], [2, 3], [0, 1]]
        assert [row.tolist() for row in reversed(x)] == [[4, 5], [2, 3], [0, 1]]
        assert x.to_dense() is x or T is torch
        assert x.to_dense(dtype=T.float32).dtype == T.float32


def test_as_subclass_keeps_memory_and_graph():
    for T in (minidl, torch):

        class Named(T.Tensor):
            pass

        x = T.ones(2, requires_grad=True)
        seen = (x * 2).as_subclass(Named)
        assert type(seen) is Named
        seen.sum().backward()
        assert x.grad.tolist() == [2, 2]
    with pytest.raises(DtypeError, match="as_subclass: got <class 'int'>"):
        minidl.ones(2).as_subclass(int)


def test_what_needs_a_gpu_is_refused():
    for call, name in itertools.product([lambda x, name: getattr(x, name)()], ["cuda", "pin_memory"]):
        with pytest.raises(DeviceError, match=f"{name}: .*leave it out"):
            call(minidl.ones(2), name)


def test_to_takes_pytorchs_words():
    for T in (minidl, torch):
        x = T.ones(2)
        assert x.to("cpu", non_blocking=True) is x and x.to(T.float32, copy=True) is not x
        assert x.to(dtype=T.float64, copy=True).dtype == T.float64
        assert x.float(memory_format=T.preserve_format) is x


@pytest.mark.parametrize("T", [minidl, torch])
def test_a_hook_after_accumulation(T):
    x = T.ones(2, requires_grad=True)
    seen = []
    handle = x.register_post_accumulate_grad_hook(lambda leaf: seen.append((leaf is x, leaf.grad.tolist())))
    x.register_hook(lambda g: g * 10)
    (x * 2 + x * 3).sum().backward()
    (x * 1).sum().backward()
    T.autograd.grad((x * 1).sum(), x)
    assert seen == [(True, [50, 50]), (True, [60, 60])]
    handle.remove()
    (x * 2).sum().backward()
    assert len(seen) == 2
    with pytest.raises(RuntimeError):
        (x * 2).register_post_accumulate_grad_hook(print)
    with pytest.raises(RuntimeError):
        T.ones(2).register_post_accumulate_grad_hook(print)


def test_an_optimizer_step_within_the_backward_pass():
    x = minidl.ones(2, requires_grad=True)

    def step(leaf):
        with minidl.no_grad():
            leaf -= 0.1 * leaf.grad
        leaf.grad = None

    x.register_post_accumulate_grad_hook(step)
    (x * 2).sum().backward()
    np.testing.assert_allclose(x.detach().numpy(), 0.8, rtol=1e-6)
    assert x.grad is None
