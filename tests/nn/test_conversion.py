"""Modules in other dtypes and other memory."""

import os

import numpy as np
import pytest

import minidl
from minidl import nn
from minidl.errors import DeviceError, DtypeError


def network():
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


def dtypes(module):
    return {name: str(value.dtype) for name, value in module.state_dict().items()}


FLOATS = ["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var"]


@pytest.mark.parametrize(
    ("convert", "dtype"),
    [
        (lambda net: net.half(), "float16"),
        (lambda net: net.double(), "float64"),
        (lambda net: net.half().float(), "float32"),
        (lambda net: net.to(minidl.float64), "float64"),
        (lambda net: net.to("cpu", minidl.float16), "float16"),
        (lambda net: net.to(minidl.device("cpu")), "float32"),
        (lambda net: net.to(minidl.ones(1).double()), "float64"),
        (lambda net: net.to("cpu", non_blocking=True), "float32"),
        (lambda net: net.cpu(), "float32"),
    ],
)
def test_floats_change_and_whole_numbers_stay(convert, dtype):
    net = network()
    assert convert(net) is net
    assert dtypes(net) == {**dict.fromkeys(FLOATS, dtype), "1.num_batches_tracked": "int64"}


def test_type_changes_all():
    net = network()
    assert net.type(minidl.float64) is net
    assert set(dtypes(net).values()) == {"float64"}
    with pytest.raises(DtypeError, match=r"Sequential\.type: parameters have gradients and cannot be int32"):
        net.type(minidl.int32)
    module = nn.Module()
    module.register_buffer("count", minidl.tensor([1.5]))
    assert module.type(minidl.int32).count.tolist() == [1]


@pytest.mark.parametrize("refused", [lambda net: net.cuda(), lambda net: net.cuda(1), lambda net: net.to("cuda:0")])
def test_other_devices_are_refused(refused):
    with pytest.raises(DeviceError, match="not available"):
        refused(network())


def test_to_empty_keeps_parameters_and_shapes():
    net = network()
    held = list(net.parameters())
    memory = [parameter.array for parameter in held]
    assert net.to_empty(device="cpu") is net
    assert all(a is b for a, b in zip(net.parameters(), held, strict=True))
    assert all(p.array is not old and p.array.shape == old.shape for p, old in zip(held, memory, strict=True))
    with pytest.raises(DeviceError):
        net.to_empty(device="cuda")


def test_to_empty_of_one_module_leaves_those_inside():
    net = network()
    inside = net[0].weight.array
    net.to_empty(recurse=False)
    assert net[0].weight.array is inside


@pytest.mark.skipif(not hasattr(os, "fork"), reason="shared memory needs fork")
def test_a_forked_process_writes_to_shared_memory():
    net = network()
    before = net[0].weight.detach().numpy().copy()
    assert net.share_memory() is net
    np.testing.assert_array_equal(net[0].weight.detach().numpy(), before)
    child = os.fork()
    if not child:
        net[0].weight.array[...] = 7.0
        os._exit(0)
    os.waitpid(child, 0)
    np.testing.assert_array_equal(net[0].weight.detach().numpy(), np.full((3, 2), 7.0))


def test_a_module_without_elements_can_be_shared():
    assert nn.Linear(0, 3).share_memory().weight.shape == (3, 0)
