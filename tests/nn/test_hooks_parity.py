"""Hooks on modules, called as PyTorch calls them: in what order, with what, and what becomes of what they return."""

import numpy as np
import pytest

import minidl
from minidl import nn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore:Full backward hook is firing")

FRAMEWORKS = [(minidl, nn), (torch, torch.nn)]


class Recorder:
    """One framework's modules with simple weights, and a log of what hooks saw."""

    def __init__(self, T, N):
        self.T, self.N = T, N
        self.log = []

    def filled(self, module):
        with self.T.no_grad():
            for place, parameter in enumerate(module.parameters()):
                steps = self.T.arange(parameter.numel()).float() + 1
                parameter.copy_((steps * 0.1 * (place + 1)).reshape(parameter.shape))
        return module

    def network(self):
        return self.filled(self.N.Sequential(self.N.Linear(2, 3), self.N.Tanh(), self.N.Linear(3, 1)))

    def input(self, grad=False):
        return self.T.tensor([[0.5, -1.0], [2.0, 0.25]], requires_grad=grad)

    def note(self, word, *seen):
        self.log.append((word, plain(seen)))


def plain(value):
    """Tensors as lists of rounded numbers, modules as their class, in whatever they are nested."""
    if isinstance(value, (minidl.Tensor, torch.Tensor)):
        return np.round(np.asarray(value.detach().tolist()), 4).tolist()
    if isinstance(value, (nn.Module, torch.nn.Module)):
        return type(value).__name__
    if isinstance(value, (tuple, list)):
        return type(value)(plain(part) for part in value)
    return {key: plain(part) for key, part in value.items()} if isinstance(value, dict) else value


def assert_same(program):
    """`program` leaves the same log in both frameworks, and one that is not empty."""
    logs = []
    for T, N in FRAMEWORKS:
        recorder = Recorder(T, N)
        program(recorder)
        logs.append(recorder.log)
    assert logs[0] == logs[1]
    assert logs[0]


def test_forward_hooks_see_and_replace_arguments_and_outputs():
    def program(r):
        net = r.network()
        net[0].register_forward_pre_hook(lambda m, args: r.note("sees", m, args))
        net[0].register_forward_pre_hook(lambda m, args: args[0] * 2)
        net[0].register_forward_pre_hook(lambda m, args: (args[0] + 1,))
        net[1].register_forward_hook(lambda m, args, out: r.note("sees", m, args, out))
        net[1].register_forward_hook(lambda m, args, out: out - 3)
        r.note("result", net(r.input()))

    assert_same(program)


def test_hooks_with_kwargs():
    def program(r):
        class Scaled(r.N.Module):
            def forward(self, x, scale=1.0):
                return x * scale

        module = Scaled()
        module.register_forward_pre_hook(lambda m, args, kwargs: r.note("before", args, kwargs), with_kwargs=True)
        module.register_forward_pre_hook(lambda m, args, kwargs: (args, {"scale": 5.0}), with_kwargs=True)
        module.register_forward_hook(lambda m, args, kwargs, out: r.note("after", args, kwargs, out), with_kwargs=True)
        r.note("result", module(r.input(), scale=2.0), module(r.input()))

    assert_same(program)


def test_prepended_hooks_come_first_and_removed_ones_not_at_all():
    def program(r):
        net = r.network()
        for word in "abc":
            net.register_forward_pre_hook(lambda m, args, word=word: r.note(word), prepend=word == "b")
            net.register_forward_hook(lambda m, args, out, word=word: r.note(word + "'"), prepend=word == "c")
        handle = net.register_forward_hook(lambda m, args, out: r.note("once"))
        net(r.input())
        handle.remove()
        handle.remove()
        with net.register_forward_pre_hook(lambda m, args: r.note("inside")):
            net(r.input())
        net(r.input())

    assert_same(program)


def test_always_call_hooks_hear_of_errors():
    def program(r):
        class Failing(r.N.Module):
            def forward(self, x):
                raise KeyError("inside")

        module = Failing()
        module.register_forward_hook(lambda m, args, out: r.note("never"))
        module.register_forward_hook(lambda m, args, out: r.note("always", out), always_call=True)
        with pytest.raises(KeyError, match="inside"):
            module(r.input())
        r.note("and when all is well")
        r.N.ReLU()(r.input())

    assert_same(program)


def test_hooks_on_all_modules_come_before_a_modules_own():
    def program(r):
        here = nn if r.N is nn else r.N.modules.module
        net = r.network()
        net[1].register_forward_hook(lambda m, args, out: r.note("own", m))
        net[1].register_full_backward_hook(lambda m, gi, go: r.note("own back", m))
        handles = [
            here.register_module_forward_pre_hook(lambda m, args: r.note("pre", m)),
            here.register_module_forward_hook(lambda m, args, out: r.note("post", m)),
            here.register_module_full_backward_pre_hook(lambda m, go: r.note("pre back", m, go)),
            here.register_module_full_backward_hook(lambda m, gi, go: r.note("back", m, gi, go)),
        ]
        try:
            net(r.input(grad=True)).sum().backward()
        finally:
            for handle in handles:
                handle.remove()
        net(r.input()).sum().backward()

    assert_same(program)


@pytest.mark.parametrize("grad", [True, False])
def test_backward_hooks_see_gradients_of_inputs_and_outputs(grad):
    def program(r):
        net = r.network()
        for module in net:
            module.register_full_backward_pre_hook(lambda m, go: r.note("pre", m, go))
            module.register_full_backward_hook(lambda m, gi, go: r.note("full", m, gi, go))
        net(r.input(grad)).pow(2).sum().backward()
        r.note("gradients", [p.grad for p in net.parameters()])

    assert_same(program)


def test_backward_hooks_replace_gradients():
    def program(r):
        net = r.network()
        x = r.input(grad=True)
        net[1].register_full_backward_pre_hook(lambda m, go: (go[0] * 2,))
        net[1].register_full_backward_pre_hook(lambda m, go: (go[0] + 1,), prepend=True)
        net[1].register_full_backward_hook(lambda m, gi, go: (gi[0] * 10,))
        net[1].register_full_backward_hook(lambda m, gi, go: r.note("then", gi, go))
        net(x).sum().backward()
        r.note("gradients", [p.grad for p in net.parameters()], x.grad)

    assert_same(program)


def test_a_module_of_several_inputs_and_outputs_has_them_all_at_once():
    def program(r):
        class Several(r.N.Module):
            def forward(self, a, n, b, c=None):
                return a * b, n, b + 1, a.detach()

        module = Several()
        module.register_full_backward_pre_hook(lambda m, go: r.note("pre", go))
        module.register_full_backward_hook(lambda m, gi, go: r.note("full", gi, go))
        a, b = r.input(grad=True), r.input(grad=True)
        product, number, shifted, _ = module(a * 1, 3, b)
        r.note("number", number)
        (product.sum() + 2 * shifted.sum()).backward()
        module(a, 3, b)[0].sum().backward()
        r.note("gradients", a.grad, b.grad)

    assert_same(program)


def test_nothing_is_heard_without_gradients():
    def program(r):
        net = r.network()
        net.register_full_backward_hook(lambda m, gi, go: r.note("full"))
        with r.T.no_grad():
            r.note("result", net(r.input()))
        net.requires_grad_(False)
        r.note("wants no gradient", net(r.input()).requires_grad)

    assert_same(program)


def test_a_second_derivative_goes_through_backward_hooks():
    def program(r):
        net = r.network()
        net.register_full_backward_hook(lambda m, gi, go: r.note("full", gi, go))
        x = r.input(grad=True)
        (slope,) = r.T.autograd.grad(net(x).sum(), x, create_graph=True)
        slope.pow(2).sum().backward()
        r.note("second", x.grad)

    assert_same(program)


# --- hooks on the state -----------------------------------------------------------------------------------------------


def test_hooks_on_state_dict():
    def program(r):
        net = r.network()
        net[0].register_state_dict_pre_hook(lambda m, prefix, keep: r.note("pre", m, prefix, keep))
        net[0].register_state_dict_post_hook(lambda m, state, prefix, meta: state.update({prefix + "more": 1}))
        net.register_state_dict_post_hook(lambda m, state, prefix, meta: r.note("post", prefix, list(state)))
        net.state_dict()
        net.state_dict(prefix="net.", keep_vars=True)

    assert_same(program)


def test_hooks_on_load_state_dict():
    def program(r):
        def rename(module, state, prefix, metadata, strict, missing, unexpected, errors):
            r.note("pre", module, prefix, strict, missing, unexpected, errors)
            state[prefix + "weight"] = state.pop(prefix + "kernel")

        def forgive(module, keys):
            r.note("post", module, keys.missing_keys, keys.unexpected_keys)
            keys.missing_keys.clear()

        net = r.network()
        state = net.state_dict()
        state["0.kernel"] = state.pop("0.weight") * 7
        del state["2.bias"]
        net[0].register_load_state_dict_pre_hook(rename)
        net[2].register_load_state_dict_post_hook(forgive)
        net.register_load_state_dict_post_hook(lambda m, keys: r.note("last", m, list(keys)))
        r.note("result", list(net.load_state_dict(state)), net[0].weight, "0.kernel" in state)

    assert_same(program)


def test_extra_state_is_saved_and_loaded():
    def program(r):
        class Counting(r.N.Module):
            def __init__(self):
                super().__init__()
                self.count = 3

            def get_extra_state(self):
                return {"count": self.count}

            def set_extra_state(self, state):
                self.count = state["count"]

        first, second = r.N.Sequential(Counting()), r.N.Sequential(Counting())
        first[0].count = 8
        r.note("saved", dict(first.state_dict()))
        second.load_state_dict(first.state_dict())
        r.note("loaded", second[0].count, list(second.load_state_dict({}, strict=False)))

    assert_same(program)
