"""Optimizer: parameter groups, gradients to zero, state that can be saved, hooks."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from ..autograd import enable_grad
from ..autograd.calling import wrap
from ..errors import ArgumentError, CheckpointError, ShapeError
from ..tensor import HookHandle, Tensor
from .groups import described, named
from .options import Range, check_options
from .saving import restored, state_of

Params = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]
"""What optimizers train: tensors, (name, tensor) pairs, or dicts of a group each."""

Hook = Callable[..., Any]

Call = tuple[Any, tuple[Any, ...]]
"""A kernel and its arguments."""


def _with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """A class's `step` between its hooks; a step that calls its parent's runs them once."""

    @functools.wraps(step)
    def call(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        if self._stepping:
            return step(self, *args, **kwargs)
        self._stepping = self._opt_called = True
        try:
            for hook in list(self._hooks["step_pre"].values()):
                changed = hook(self, args, kwargs)
                if changed is not None:
                    args, kwargs = _checked_arguments(hook, changed)
            result = step(self, *args, **kwargs)
            for hook in list(self._hooks["step_post"].values()):
                hook(self, args, kwargs)
        finally:
            self._stepping = False
        return result

    return call


def _checked_arguments(hook: Hook, changed: Any) -> tuple[Any, Any]:
    if not isinstance(changed, tuple) or len(changed) != 2:
        raise ArgumentError(f"step: the pre-hook {hook!r} returned {changed!r}; needs None or (args, kwargs)")
    return changed


class Optimizer:
    """The base of the optimizers.

    params     tensors; or (name, tensor) pairs, as `model.named_parameters()` gives; or dicts of a group each:
               {"params": tensors, "lr": ...} with options of its own
    defaults   the options of groups that do not give them

    A subclass gives `ranges`, the names of its `buffers`, and `update(parameter, gradient, state, group)`, which
    changes the parameter's array in place, or returns the call of a kernel that will.  Or it defines `step` itself,
    over `self.param_groups` and `self.state`, as PyTorch's do.

    Options `foreach`, `fused`, `capturable` and `differentiable` of its subclasses are there for programs that give
    them, and without effect: every step is one jitted pass over all parameters, and no graph is recorded of it.

    Raises ArgumentError for no parameters, one that is given twice or is no leaf, and options out of range.
    """

    ranges: ClassVar[dict[str, Range]] = {}
    """What numbers options may have."""

    _opt_called = False
    _stepping = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = _with_hooks(cls.__dict__["step"])  # type: ignore[method-assign]

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor) or not isinstance(params, Iterable):
            raise ArgumentError(
                f"{type(self).__name__}: got one {type(params).__name__}; give a list, e.g. model.parameters()"
            )
        self.defaults = defaults
        self.state: dict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._hooks: dict[str, dict[int, Hook]] = defaultdict(dict)
        given: list[Any] = list(params)
        if not given:
            raise ArgumentError(f"{type(self).__name__}: got no parameters to train; is model.parameters() used up?")
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    # --- groups -------------------------------------------------------------------------------------------------------

    def check(self, group: dict[str, Any]) -> None:
        """Raise ArgumentError for options out of range; subclasses add rules of their own."""
        check_options(type(self).__name__, self.ranges, group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Train further tensors, with options of their own."""
        name = type(self).__name__
        if not isinstance(param_group, Mapping) or "params" not in param_group:
            raise ArgumentError(f'{name}: a parameter group is a dict {{"params": tensors, ...}}')
        group = {**self.defaults, **param_group, **named(name, param_group["params"])}
        if self.param_groups and ("param_names" in group) != ("param_names" in self.param_groups[0]):
            raise ArgumentError(f"{name}: either all groups name their parameters or none; give (name, tensor) pairs")
        known = {id(p) for old in self.param_groups for p in old["params"]}
        for p in group["params"]:
            if not isinstance(p, Tensor):
                raise ArgumentError(f"{name}: got a {type(p).__name__} among the parameters")
            if not p.is_leaf:
                raise ArgumentError(f"{name}: a computed tensor cannot be trained; give the leaf")
            if id(p) in known:
                raise ArgumentError(f"{name}: a parameter appears twice")
            known.add(id(p))
        self.check(group)
        self.param_groups.append(group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients; or set them to zero in place."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none or p.grad is None:
                    p.grad = None
                else:
                    p.grad = p.grad.detach().zero_()

    # --- the step -----------------------------------------------------------------------------------------------------

    @_with_hooks
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.  `closure` computes and returns the loss again."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        calls: dict[Any, list[tuple[Any, ...]]] = {}
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    call = self._update_of(p, p.grad.array, group)
                    if call is not None:
                        calls.setdefault(call[0], []).append(call[1])
        for kernel, arguments in calls.items():
            kernel.of_all(arguments)
        return loss

    def _update_of(self, p: Tensor, gradient: np.ndarray, group: dict[str, Any]) -> Call | None:
        parameter = p.array
        if gradient.shape != parameter.shape:
            raise ShapeError(
                f"{type(self).__name__}: a parameter of shape {parameter.shape} has a gradient of shape "
                f"{gradient.shape}; assign .grad in the parameter's shape"
            )
        state = self.state.get(p)
        if state is None:
            state = self.begin(parameter, group)
            if state:
                self.state[p] = state
        p.version[0] += 1
        return self.update(parameter, gradient, state, group)

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        """The names of the states that have the parameter's shape."""
        return ()

    def begin(self, parameter: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        """The state of a parameter before its first step: the count of steps, and zeros for each of `buffers`."""
        return {"step": scalar(0), **{name: wrap(np.zeros_like(parameter)) for name in self.buffers(group)}}

    def update(
        self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any], group: dict[str, Any]
    ) -> Call | None:
        """Change `parameter` and its `state` in place, or return a kernel and the arguments that let it do so.

        To be defined by the subclass.  Calls of one kernel for several parameters are made at once: threads are woken
        once a step, not for each parameter.
        """
        raise ArgumentError(f"{type(self).__name__} defines no update(parameter, gradient, state, group)")

    # --- hooks --------------------------------------------------------------------------------------------------------

    def _register(self, place: str, hook: Hook, prepend: bool = False) -> HookHandle:
        hooks = self._hooks[place]
        before = dict(hooks)
        handle = HookHandle(hooks, hook)
        if prepend:
            for number in before:
                hooks[number] = hooks.pop(number)
        return handle

    def register_step_pre_hook(self, hook: Hook) -> HookHandle:
        """Call `hook(optimizer, args, kwargs)` before each step; it may return (args, kwargs) for the step."""
        return self._register("step_pre", hook)

    def register_step_post_hook(self, hook: Hook) -> HookHandle:
        """Call `hook(optimizer, args, kwargs)` after each step."""
        return self._register("step_post", hook)

    def register_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> HookHandle:
        """Call `hook(optimizer)` before each `state_dict()`."""
        return self._register("state_pre", hook, prepend)

    def register_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> HookHandle:
        """Call `hook(optimizer, state_dict)` on each `state_dict()`; it may return another one."""
        return self._register("state_post", hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> HookHandle:
        """Call `hook(optimizer, state_dict)` before one is loaded; it may return another one."""
        return self._register("load_pre", hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> HookHandle:
        """Call `hook(optimizer)` after a state dict has been loaded."""
        return self._register("load_post", hook, prepend)

    def _passed_through(self, place: str, state_dict: dict[str, Any]) -> dict[str, Any]:
        for hook in list(self._hooks[place].values()):
            changed = hook(self, state_dict)
            state_dict = state_dict if changed is None else changed
        return state_dict

    # --- state --------------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """State and options, parameters by number, for `minidl.save`; its tensors are the state's own."""
        for hook in list(self._hooks["state_pre"].values()):
            hook(self)
        return self._passed_through("state_post", state_of(self.state, self.param_groups))

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state that `state_dict` gave, here or in PyTorch; arrays serve as tensors do.

        Raises CheckpointError, before anything is changed, when the parameters or the kind of optimizer do not match.
        """
        if not isinstance(state_dict, Mapping):
            raise CheckpointError(
                f"{type(self).__name__}.load_state_dict: got a {type(state_dict).__name__}, needs a dict, as "
                "state_dict() gives"
            )
        state_dict = self._passed_through("load_pre", dict(state_dict))
        state, options = restored(self, state_dict)
        self.state = defaultdict(dict, state)
        for group, saved in zip(self.param_groups, options, strict=True):
            group.update(saved)
        for hook in list(self._hooks["load_post"].values()):
            hook(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__} ({described(self.param_groups)}\n)"


def given(arguments: dict[str, Any]) -> dict[str, Any]:
    """The options among a constructor's arguments; called with its `locals()`."""
    return {name: value for name, value in arguments.items() if name not in ("self", "params", "__class__")}


def scalar(value: float) -> Tensor:
    """A number of the state, as PyTorch keeps it: a float32 tensor without dimensions."""
    return wrap(np.array(value, np.float32))


def next_step(state: dict[str, Any]) -> float:
    """Count a step; its number, from 1."""
    count = state["step"].array
    number = float(count.item() + 1)
    count[()] = number  # a tenth of the time that `count += 1` takes
    return number


def shared_numbers(group: dict[str, Any], decoupled: bool = False) -> tuple[float, float, float]:
    """The first three numbers of every kernel: sign, decay, kept (see minidl/kernels/cpu/stepping.py)."""
    sign = -1.0 if group.get("maximize") else 1.0
    decay = float(group["weight_decay"])
    return (sign, 0.0, 1 - float(group["lr"]) * decay) if decoupled else (sign, decay, 1.0)
