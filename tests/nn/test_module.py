"""Module: what is registered, the walks, modes, dtypes and gradients of all parameters."""

import copy
import gc
import weakref

import numpy as np
import pytest

import minidl
from minidl import nn
from minidl.errors import ArgumentError, DeviceError, DtypeError


class Block(nn.Module):
    """A parameter, a buffer and two modules, one in the other."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(minidl.ones(2))
        self.register_buffer("shift", minidl.zeros(2))
        self.body = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.body(x)) * self.scale + self.shift


PARAMETERS = ["scale", "body.0.weight", "body.0.bias", "body.1.weight", "body.1.bias", "head.weight", "head.bias"]
BUFFERS = ["shift", "body.1.running_mean", "body.1.running_var", "body.1.num_batches_tracked"]


def names(walk):
    return [name for name, _ in walk]


# --- registration -----------------------------------------------------------------------------------------------------


def test_parameters_buffers_and_modules_are_walked_in_the_order_of_their_definition():
    block = Block()
    assert names(block.named_parameters()) == PARAMETERS
    assert names(block.named_buffers()) == BUFFERS
    assert names(block.named_modules()) == ["", "body", "body.0", "body.1", "head"]
    assert names(block.named_children()) == ["body", "head"]


def test_walks_without_names_give_the_same_objects():
    block = Block()
    for plain, named in [
        (block.parameters(), block.named_parameters()),
        (block.buffers(), block.named_buffers()),
        (block.modules(), block.named_modules()),
        (block.children(), block.named_children()),
    ]:
        for one, (_, other) in zip(plain, named, strict=True):
            assert one is other


def test_a_prefix_and_no_recursion():
    block = Block()
    assert names(block.named_parameters(prefix="net"))[:2] == ["net.scale", "net.body.0.weight"]
    assert names(block.named_parameters(recurse=False)) == ["scale"]
    assert names(block.named_buffers(recurse=False)) == ["shift"]


def test_a_shared_parameter_and_a_shared_module_are_walked_once():
    block = Block()
    block.other = block.head
    block.body[0].weight = block.head.weight
    assert names(block.named_parameters()).count("head.weight") == 0
    assert sum(p is block.head.weight for p in block.parameters()) == 1
    assert names(block.named_children()) == ["body", "head"]
    assert sum(m is block.head for m in block.modules()) == 1


def test_attributes_give_what_was_registered():
    block = Block()
    assert block.scale is dict(block.named_parameters())["scale"]
    assert block.shift is dict(block.named_buffers())["shift"]
    assert block.head is block.get_submodule("head")
    assert block.get_submodule("body.1") is block.body[1]
    assert block.get_submodule("") is block


def test_plain_tensors_and_numbers_are_no_part_of_the_state():
    block = Block()
    block.note, block.count = minidl.ones(3), 3
    assert names(block.named_parameters()) == PARAMETERS
    assert list(block.state_dict()) == [*PARAMETERS[:1], *BUFFERS[:1], *PARAMETERS[1:5], *BUFFERS[1:], *PARAMETERS[5:]]


def test_a_parameter_that_is_none_is_not_walked():
    layer = nn.Linear(2, 2, bias=False)
    assert layer.bias is None
    assert names(layer.named_parameters()) == ["weight"]
    assert list(layer.state_dict()) == ["weight"]


def test_an_attribute_is_replaced_by_another_kind():
    block = Block()
    block.shift = nn.Parameter(minidl.ones(2))
    assert "shift" in names(block.named_parameters())
    assert "shift" not in names(block.named_buffers())
    block.head = nn.Parameter(minidl.ones(2))
    assert names(block.named_children()) == ["body"]
    block.note = 3
    block.note = nn.ReLU()
    assert isinstance(block.note, nn.ReLU)
    assert names(block.named_children()) == ["body", "note"]


@pytest.mark.parametrize("name", ["scale", "shift", "head"])
def test_none_empties_a_registered_place(name):
    block = Block()
    setattr(block, name, None)
    assert getattr(block, name) is None
    kept = [*names(block.named_parameters()), *names(block.named_buffers()), *names(block.named_children())]
    assert not [path for path in kept if path.startswith(name)]


@pytest.mark.parametrize("name", ["scale", "shift", "head"])
def test_del_forgets_what_was_registered(name):
    block = Block()
    delattr(block, name)
    assert not hasattr(block, name)
    assert not [path for path in block.state_dict() if path.startswith(name)]
    setattr(block, name, 7)
    assert getattr(block, name) == 7


def test_a_tensor_takes_a_buffers_place():
    block = Block()
    block.shift = minidl.ones(2)
    np.testing.assert_array_equal(block.state_dict()["shift"].numpy(), [1, 1])


def test_a_buffer_that_is_not_persistent_is_walked_and_not_saved():
    module = nn.Module()
    module.register_buffer("mask", minidl.ones(2), persistent=False)
    assert names(module.named_buffers()) == ["mask"]
    assert module.state_dict() == {}
    module.register_buffer("mask", minidl.ones(2))
    assert list(module.state_dict()) == ["mask"]


# --- mistakes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("scale", minidl.ones(2), "Block.scale is a parameter and got a Tensor; assign a Parameter or None"),
        ("shift", 3, "Block.shift is a buffer and got a int; assign a Tensor or None"),
        ("head", len, "Block.head is a module and got a builtin_function_or_method; assign a Module or None"),
    ],
)
def test_a_registered_place_takes_only_its_kind(name, value, message):
    block = Block()
    before = getattr(block, name)
    with pytest.raises(ArgumentError, match=message):
        setattr(block, name, value)
    assert getattr(block, name) is before


@pytest.mark.parametrize(
    ("method", "value", "needed"),
    [
        ("register_parameter", minidl.ones(2), "Parameter"),
        ("register_buffer", 3.0, "Tensor"),
        ("add_module", print, "Module"),
    ],
)
def test_registering_another_kind_is_refused(method, value, needed):
    module = nn.Module()
    with pytest.raises(DtypeError, match=f"Module.{method}: 'x' is a {type(value).__name__}; needs a {needed} or None"):
        getattr(module, method)("x", value)
    assert not hasattr(module, "x")


@pytest.mark.parametrize("name", ["", "a.b"])
def test_names_that_would_break_a_path_are_refused(name):
    with pytest.raises(ArgumentError, match=f"{name!r} cannot name a module"):
        nn.Module().add_module(name, nn.ReLU())


def test_an_attribute_that_is_not_there_is_named():
    with pytest.raises(AttributeError, match="Block has no attribute 'haed'"):
        _ = Block().haed
    with pytest.raises(AttributeError, match="haed"):
        del Block().haed
    with pytest.raises(ArgumentError, match=r"Block has no module 'body\.7\.x': '7' is missing"):
        Block().get_submodule("body.7.x")


def test_a_module_without_forward_says_so():
    with pytest.raises(ArgumentError, match=r"Module defines no forward"):
        nn.Module()(minidl.ones(1))


def test_a_forgotten_call_of_super_is_named():
    class Forgetful(nn.Module):
        def __init__(self, assigns):
            if assigns:
                self.layer = nn.ReLU()

    with pytest.raises(ArgumentError, match=r"Forgetful: call super\(\).__init__\(\) before setting 'layer'"):
        Forgetful(assigns=True)
    for use in (repr, lambda module: list(module.parameters()), lambda module: module.state_dict()):
        with pytest.raises(AttributeError, match=r"Forgetful has no .*super\(\).__init__\(\) was not called"):
            use(Forgetful(assigns=False))


# --- modes, gradients, dtypes -----------------------------------------------------------------------------------------


def test_train_and_eval_reach_every_module():
    block = Block()
    assert all(module.training for module in block.modules())
    assert block.eval() is block
    assert not any(module.training for module in block.modules())
    block.body.train()
    assert [name for name, module in block.named_modules() if module.training] == ["body", "body.0", "body.1"]
    assert block.train(False) is block
    assert not any(module.training for module in block.modules())


def test_requires_grad_freezes_and_thaws():
    block = Block()
    assert block.requires_grad_(False) is block
    assert not any(p.requires_grad for p in block.parameters())
    assert not block(minidl.randn(5, 3)).requires_grad
    block.head.requires_grad_()
    block(minidl.randn(5, 3)).sum().backward()
    assert [name for name, p in block.named_parameters() if p.grad is not None] == ["head.weight", "head.bias"]


def test_zero_grad_forgets_gradients_or_fills_them_with_zeros():
    block = Block()
    block(minidl.randn(5, 3)).sum().backward()
    held = block.head.weight.grad
    assert held.abs().sum() > 0
    block.zero_grad(set_to_none=False)
    np.testing.assert_array_equal(held.numpy(), np.zeros((2, 4)))
    assert block.head.weight.grad is not None
    block.zero_grad()
    assert all(p.grad is None for p in block.parameters())
    block.zero_grad(set_to_none=False)
    assert all(p.grad is None for p in block.parameters())


def test_to_changes_floating_parameters_buffers_and_gradients():
    block = Block()
    block(minidl.randn(5, 3)).sum().backward()
    before = {name: p.grad.numpy().copy() for name, p in block.named_parameters()}
    parameters = list(block.parameters())
    assert block.double() is block
    assert all(a is b for a, b in zip(block.parameters(), parameters, strict=True))
    for name, p in block.named_parameters():
        assert (p.dtype, p.grad.dtype) == (minidl.float64, minidl.float64)
        np.testing.assert_array_equal(p.grad.numpy(), before[name])
    assert [str(b.dtype) for b in block.buffers()] == ["float64", "float64", "float64", "int64"]
    block(minidl.randn(5, 3).double()).sum().backward()
    assert all(p.dtype == minidl.float32 for p in block.float().parameters())
    assert all(p.dtype == minidl.float16 for p in block.to("cpu", dtype=minidl.float16).parameters())
    assert all(p.dtype == minidl.float64 for p in block.to(minidl.float64).parameters())


def test_to_refuses_whole_numbers_and_other_devices():
    block = Block()
    with pytest.raises(DtypeError, match=r"Block.to: got int64, needs a floating dtype"):
        block.to(minidl.int64)
    for refused in ({"device": "cuda"}, {"device": "cuda:1"}):
        with pytest.raises(DeviceError, match="not available"):
            block.to(**refused)
    assert all(p.dtype == minidl.float32 for p in block.parameters())


def test_apply_visits_children_before_their_parent():
    visited = []
    block = Block()
    assert block.apply(visited.append) is block
    assert visited == [block.body[0], block.body[1], block.body, block.head, block]


def test_a_deep_copy_is_independent_and_keeps_sharing():
    block = Block()
    block.body[0].weight = nn.Parameter(minidl.ones(4, 2))
    block.tied = block.body[0].weight
    twin = copy.deepcopy(block)
    assert names(twin.named_parameters()) == names(block.named_parameters())
    assert twin.tied is twin.body[0].weight
    assert twin.tied is not block.tied
    with minidl.no_grad():
        twin.tied.fill_(5.0)
    np.testing.assert_array_equal(block.tied.detach().numpy(), np.ones((4, 2)))
    assert isinstance(twin.tied, nn.Parameter)


def test_a_module_is_freed_by_its_reference_count():
    gc.disable()
    try:
        block = Block()
        block(minidl.randn(5, 3)).sum().backward()
        gone = weakref.ref(block.head.weight)
        del block
        assert gone() is None
    finally:
        gc.enable()


# --- parameters -------------------------------------------------------------------------------------------------------


def test_a_parameter_shares_memory_and_requires_a_gradient():
    values = minidl.ones(2, 3)
    parameter = nn.Parameter(values)
    values[0, 0] = 7.0
    assert parameter.requires_grad
    assert parameter.is_leaf
    assert isinstance(parameter, minidl.Tensor)
    assert parameter[0, 0].item() == 7
    assert not nn.Parameter(values, requires_grad=False).requires_grad
    assert type(parameter * 2) is minidl.Tensor


def test_a_parameter_of_whole_numbers_is_refused():
    with pytest.raises(DtypeError, match="only floats have gradients"):
        nn.Parameter(minidl.tensor([1, 2]))


def test_what_is_registered_is_read_and_changed_as_a_dict():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    head = nn.Linear(3, 1)
    net._modules["head"] = head
    assert net.head is head and list(net._modules) == ["0", "1", "head"] and "head.weight" in net.state_dict()
    assert net(minidl.ones(1, 2)).shape == (1, 1)
    del net._modules["head"]
    assert not hasattr(net, "head") and len(net._modules) == 2
    layer = net[0]
    assert dict(layer._parameters) == {"weight": layer.weight, "bias": layer.bias}
    with pytest.raises(KeyError):
        layer._parameters["in_features"]


def test_a_shallow_copy_has_the_same_parts_until_it_is_given_others():
    layer = nn.Linear(2, 3)
    copied = copy.copy(layer)
    assert copied.weight is layer.weight
    copied.weight = nn.Parameter(minidl.zeros(3, 2))
    copied.scale = nn.Parameter(minidl.ones(1))
    assert copied.weight is not layer.weight
    assert names(layer.named_parameters()) == ["weight", "bias"]
    assert names(copied.named_parameters()) == ["weight", "bias", "scale"]
