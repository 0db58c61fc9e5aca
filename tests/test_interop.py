"""Tensors among NumPy, other libraries, copies and processes."""

import copy
import multiprocessing
import pickle

import numpy as np
import pytest

import minidl
from minidl import nn
from minidl.errors import ArgumentError, DeviceError, DtypeError, GraphError


def test_dlpack_shares_memory_both_ways():
    x = minidl.arange(6).float().reshape(2, 3)
    seen = np.from_dlpack(x)
    x[0, 0] = 7
    assert seen[0, 0] == 7
    array = np.ones((2, 2))
    y = minidl.from_dlpack(array)
    array[1, 1] = 5
    assert y[1, 1].item() == 5
    with pytest.raises(DtypeError, match="list has no __dlpack__"):
        minidl.from_dlpack([1, 2])
    with pytest.raises(GraphError, match="detach"):
        np.from_dlpack(x.requires_grad_() * 2)


def test_numpy_functions_take_tensors_and_say_to_detach():
    x = minidl.tensor([0.0, 1.0])
    np.testing.assert_array_equal(np.sin(x), np.sin(np.array([0, 1], np.float32)))
    np.testing.assert_array_equal(np.concatenate([x, x]), [0, 1, 0, 1])
    with pytest.raises(GraphError, match=r"detach\(\)\.numpy\(\)"):
        np.sin(x.requires_grad_())


def test_copies():
    weight = nn.Parameter(minidl.ones(2))
    shallow, deep = copy.copy(weight), copy.deepcopy(weight)
    with minidl.no_grad():
        weight[0] = 3
    assert type(shallow) is type(deep) is nn.Parameter and shallow.requires_grad and deep.requires_grad
    assert shallow.tolist() == [3, 1] and deep.tolist() == [1, 1]
    with pytest.raises(GraphError, match="only leaves"):
        copy.deepcopy(weight * 2)


def double(x):
    return x * 2


def test_tensors_pass_between_processes():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(double, (minidl.tensor([1.0, 2.0]),)).tolist() == [2, 4]
    back = pickle.loads(pickle.dumps(nn.Parameter(minidl.ones(2, dtype=minidl.float64))))
    assert type(back) is nn.Parameter and back.requires_grad and back.dtype == minidl.float64
    with pytest.raises(GraphError, match="only leaves can pass"):
        pickle.dumps(back * 2)


def test_constructors():
    assert minidl.Tensor(2, 3).shape == (2, 3) and minidl.Tensor([1, 2]).dtype == minidl.float32
    assert minidl.Tensor().shape == (0,)
    for name, dtype in [("LongTensor", "int64"), ("BoolTensor", "bool"), ("DoubleTensor", "float64")]:
        made = getattr(minidl, name)([1, 0])
        assert made.tolist() == [1, 0] and str(made.dtype) == dtype
    with pytest.raises(ArgumentError, match="whole numbers as the size"):
        minidl.FloatTensor(1.5, 2)


def test_a_tensor_is_its_own_key():
    x, y = minidl.zeros(2), minidl.zeros(2)
    assert {x: "x", y: "y"}[x] == "x" and hash(x) != hash(y)
    assert f"{minidl.tensor(1.25):.1f}" == "1.2" and f"{x}" == repr(x)


def test_a_program_may_choose_its_device():
    device = minidl.device("cuda" if minidl.cuda.is_available() else "cpu")
    x = minidl.zeros(2, device=device)
    assert x.device == device == "cpu" and x.device.type == "cpu" and x.device.index is None
    assert nn.Linear(2, 1).to(device)(x.to(device)).shape == (1,)
    assert minidl.device("cuda", 1) == minidl.device("cuda:1") == "cuda:1" and minidl.device("cuda:1").index == 1
    assert repr(minidl.device("cuda:1")) == "device(type='cuda', index=1)"
    with pytest.raises(DeviceError, match="not available"):
        minidl.zeros(2, device=minidl.device("cuda"))
    with pytest.raises(ArgumentError, match="'tpu'"):
        minidl.device("tpu")
