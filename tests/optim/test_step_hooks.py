"""Hooks of optimizers, and optimizers that users write."""

import numpy as np
import pytest

import minidl
from minidl import optim
from minidl.errors import ArgumentError
from minidl.optim.lr_scheduler import StepLR


def one(lr=1.0):
    w = minidl.tensor([1.0]).requires_grad_()
    w.grad = minidl.tensor([0.25])
    return w, optim.SGD([w], lr=lr)


def test_hooks_are_called_before_and_after_each_step_until_removed():
    w, optimizer = one()
    calls = []
    handles = [
        optimizer.register_step_pre_hook(lambda *arguments: calls.append(("before", w.item(), *arguments))),
        optimizer.register_step_post_hook(lambda *arguments: calls.append(("after", w.item(), *arguments))),
    ]
    optimizer.step()
    assert calls == [("before", 1.0, optimizer, (), {}), ("after", 0.75, optimizer, (), {})]
    for handle in handles:
        handle.remove()
    optimizer.step()
    assert len(calls) == 2


def test_a_pre_hook_may_change_the_arguments():
    _, optimizer = one()
    optimizer.register_step_pre_hook(lambda optimizer, args, kwargs: ((), {"closure": lambda: "loss"}))
    assert optimizer.step() == "loss"


def test_a_pre_hook_that_returns_something_else_is_refused():
    w, optimizer = one()
    optimizer.register_step_pre_hook(lambda *arguments: 3)
    with pytest.raises(ArgumentError, match=r"step: the pre-hook .* returned 3; needs None or \(args, kwargs\)"):
        optimizer.step()
    assert w.item() == 1.0


def test_hooks_see_and_may_replace_states():
    _, optimizer = one(lr=0.5)
    order = []
    optimizer.register_state_dict_pre_hook(lambda o: order.append("second"))
    optimizer.register_state_dict_pre_hook(lambda o: order.append("first"), prepend=True)
    optimizer.register_state_dict_post_hook(lambda o, state: {**state, "note": order[:]})
    state = optimizer.state_dict()
    assert state["note"] == ["first", "second"]

    _, other = one()
    other.register_load_state_dict_pre_hook(lambda o, state: {k: v for k, v in state.items() if k != "note"})
    other.register_load_state_dict_post_hook(lambda o: order.append(o.param_groups[0]["lr"]))
    other.load_state_dict(state)
    assert order[-1] == 0.5


class SignDescent(optim.Optimizer):
    """As a user of PyTorch would write it."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, {"lr": lr})

    @minidl.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    state = self.state[p]
                    state["steps"] = state.get("steps", 0) + 1
                    p.add_(p.grad.sign(), alpha=-group["lr"])


class Twice(SignDescent):
    """Its step calls that of its parent."""

    def step(self, closure=None):
        super().step(closure)
        super().step(closure)


@pytest.mark.parametrize(("kind", "steps"), [(SignDescent, 1), (Twice, 2)])
def test_an_optimizer_with_a_step_of_its_own_has_hooks_and_schedules(kind, steps, tmp_path):
    w = minidl.tensor([1.0, 2.0]).requires_grad_()
    w.grad = minidl.tensor([5.0, -1.0])
    optimizer = kind([w], lr=0.5)
    calls = []
    optimizer.register_step_pre_hook(lambda *_: calls.append("before"))
    optimizer.register_step_post_hook(lambda *_: calls.append("after"))
    scheduler = StepLR(optimizer, 1, gamma=0.5)
    optimizer.step()
    scheduler.step()
    assert calls == ["before", "after"]
    np.testing.assert_allclose(w.detach().numpy(), [1 - 0.5 * steps, 2 + 0.5 * steps])
    assert optimizer.param_groups[0]["lr"] == 0.25
    minidl.save(optimizer.state_dict(), tmp_path / "state.npz")
    optimizer.load_state_dict(minidl.load(tmp_path / "state.npz"))
    assert optimizer.state[w] == {"steps": steps}


def test_a_failed_step_leaves_hooks_working():
    _, optimizer = one()
    calls = []
    optimizer.register_step_pre_hook(lambda *_: calls.append(1))
    with pytest.raises(ZeroDivisionError):
        optimizer.step(lambda: 1 / 0)
    optimizer.step()
    assert calls == [1, 1]
