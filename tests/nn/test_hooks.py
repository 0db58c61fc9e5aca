"""Hooks on modules where PyTorch is no measure: errors, memory, and the path of a layer in what it raises."""

import copy
import gc
import weakref

import numpy as np
import pytest

import minidl
from minidl import nn
from minidl.errors import ArgumentError, GraphError, MinidlError, MinidlWarning, ShapeError


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
        self.hidden = [nn.Linear(3, 3)]  # not registered

    def forward(self, x):
        return self.hidden[0](self.encoder(x))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = Net()

    def forward(self, x):
        return self.model(x)


# --- the path in errors -----------------------------------------------------------------------------------------------


def refusal(module, x):
    with pytest.raises(MinidlError) as caught:
        module(x)
    return caught.value


def test_an_error_in_a_layer_names_its_path_in_the_model():
    error = refusal(Model(), minidl.ones(1, 4))
    assert isinstance(error, ShapeError)
    assert str(error).startswith("model.encoder.0 (Linear): linear: input (1, 4) and weight (3, 2)")


def test_an_error_of_a_layer_on_its_own_stays_as_it_was():
    assert str(refusal(nn.Linear(2, 3), minidl.ones(1, 4))).startswith("linear: input (1, 4)")


def test_a_layer_that_the_model_does_not_know_is_not_named():
    net = Net()
    net.hidden[0] = nn.Linear(7, 7)
    assert str(refusal(net, minidl.ones(1, 2))).startswith("linear: input (1, 3)")


def test_an_error_that_passes_hooks_names_the_layer_too():
    model = Model()
    model.model.register_forward_hook(lambda module, args, output: None)
    assert str(refusal(model, minidl.ones(1, 4))).startswith("model.encoder.0 (Linear): linear: ")


def test_the_first_path_of_a_shared_layer_is_named():
    layer = nn.Linear(2, 3)
    assert str(refusal(nn.Sequential(layer, layer), minidl.ones(1, 2))).startswith("0 (Linear): linear: ")


def test_errors_of_python_pass_unchanged():
    class Failing(nn.Module):
        def forward(self, x):
            return {}[x]

    with pytest.raises(KeyError) as caught:
        nn.Sequential(Failing())(3)
    assert caught.value.args == (3,)


# --- what hooks may not do --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("result", [7, (1,), (1, 2, 3)])
def test_a_pre_hook_with_kwargs_returns_both_or_none(result):
    module = nn.ReLU()
    module.register_forward_pre_hook(lambda m, args, kwargs: result, with_kwargs=True)
    with pytest.raises(ArgumentError, match=r"ReLU: a forward pre-hook with kwargs returned a .*; needs None"):
        module(minidl.ones(1))


@pytest.mark.parametrize("kind", ["register_full_backward_hook", "register_full_backward_pre_hook"])
def test_a_backward_hook_returns_one_gradient_for_each(kind):
    module = nn.Tanh()
    getattr(module, kind)(lambda m, *gradients: (gradients[0][0], gradients[0][0]))
    y = module(minidl.ones(2).requires_grad_())
    with pytest.raises(ArgumentError, match="Tanh: a backward hook returned 2 gradients for 1"):
        y.sum().backward()


def test_a_layer_that_writes_in_place_is_refused_under_a_backward_hook():
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(inplace=True))
    net[1].register_full_backward_hook(lambda *seen: None)
    with pytest.raises(GraphError, match=r"1 \(ReLU\): backward hook: .* was changed in place; .*inplace=False"):
        net(minidl.ones(1, 2))


def test_writing_to_an_output_under_a_backward_hook_is_refused():
    layer = nn.Linear(2, 2)
    layer.register_full_backward_hook(lambda *seen: None)
    with pytest.raises(GraphError, match="was changed in place"):
        layer(minidl.ones(1, 2)).mul_(2)


def test_a_value_that_the_layer_keeps_is_still_guarded():
    layer = nn.Sigmoid()
    layer.register_full_backward_hook(lambda *seen: None)
    y = layer(minidl.ones(2).requires_grad_())
    with minidl.no_grad():
        y.mul_(2)
    with pytest.raises(GraphError, match="changed in place"):
        y.sum().backward()


def test_an_output_that_gradients_cannot_pass_is_warned_of():
    class Named(nn.Module):
        def forward(self, x):
            return {"x": x}

    module = Named()
    module.register_full_backward_hook(lambda *seen: None)
    with pytest.warns(MinidlWarning, match="Named: backward hooks need .* got a dict; they are not called"):
        module(minidl.ones(2).requires_grad_())


def test_an_error_in_an_always_call_hook_does_not_hide_the_first():
    module = nn.Linear(2, 2)

    def fail(m, args, output):
        raise ValueError("second")

    module.register_forward_hook(fail, always_call=True)
    with (
        pytest.warns(MinidlWarning, match=r"Linear: .*ValueError\('second'\)"),
        pytest.raises(ShapeError, match="linear: input"),
    ):
        module(minidl.ones(1, 5))


# --- memory and copies ------------------------------------------------------------------------------------------------


def test_a_graph_with_backward_hooks_is_freed_by_its_reference_count():
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    for module in net.modules():
        module.register_full_backward_hook(lambda *seen: None)
    gc.disable()
    try:
        x = minidl.ones(1, 2).requires_grad_()
        y = net(x * 1)
        gone = weakref.ref(y)
        y.sum().backward()
        del y
        assert gone() is None
    finally:
        gc.enable()


def test_a_deep_copy_has_hooks_of_its_own():
    calls = []
    layer = nn.Linear(2, 2)
    handle = layer.register_forward_hook(lambda module, args, output: calls.append(module))
    twin = copy.deepcopy(layer)
    handle.remove()
    layer(minidl.ones(1, 2))
    twin(minidl.ones(1, 2))
    assert calls == [twin]


def test_a_module_calls_no_hook_after_the_last_is_removed():
    layer = nn.Linear(2, 2)
    plain = layer(minidl.ones(1, 2)).detach().numpy()
    handles = [layer.register_forward_hook(lambda m, args, out: out * 0) for _ in range(2)]
    np.testing.assert_array_equal(layer(minidl.ones(1, 2)).detach().numpy(), plain * 0)
    for handle in handles:
        handle.remove()
    np.testing.assert_array_equal(layer(minidl.ones(1, 2)).detach().numpy(), plain)
