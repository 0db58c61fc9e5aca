"""Optimizer: parameter groups, gradients to zero, state that can be saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..autograd.calling import wrap
from ..errors import ArgumentError, CheckpointError, ShapeError
from ..tensor import Tensor


def check(name: str, **ranges: tuple[float, float, float]) -> None:
    """Each argument as (value, least, greatest); `greatest` itself is excluded when finite."""
    for argument, (value, least, greatest) in ranges.items():
        if not (isinstance(value, (int, float, np.number)) and least <= value < greatest):
            span = f"at least {least:g}" if greatest == np.inf else f"from {least:g} to below {greatest:g}"
            raise ArgumentError(f"{name}: {argument}={value}; needs a number {span}")


class Optimizer:
    """The base of the optimizers.

    params     tensors, or dicts of a group each: {"params": tensors, "lr": ...} with options of its own
    defaults   the options of groups that do not give them

    A subclass defines `update(parameter, gradient, state, group)`, which changes the parameter's array in place;
    `state` is that parameter's own dict, empty at first.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor) or not isinstance(params, Iterable):
            raise ArgumentError(
                f"{type(self).__name__}: got one {type(params).__name__}; give a list, e.g. model.parameters()"
            )
        self.defaults = defaults
        self.state: dict[Tensor, dict[str, Any]] = {}
        self.param_groups: list[dict[str, Any]] = []
        given = list(params)
        if not given:
            raise ArgumentError(f"{type(self).__name__}: got no parameters to train; is model.parameters() used up?")
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    def check(self, group: dict[str, Any]) -> None:
        """Raise ArgumentError for options out of range: to be defined by the subclass."""

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Train further tensors, with options of their own."""
        if not isinstance(param_group, Mapping) or "params" not in param_group:
            raise ArgumentError(f'{type(self).__name__}: a parameter group is a dict {{"params": tensors, ...}}')
        group = {**self.defaults, **param_group}
        tensors = [group["params"]] if isinstance(group["params"], Tensor) else list(group["params"])
        known = {id(p) for old in self.param_groups for p in old["params"]}
        for p in tensors:
            if not isinstance(p, Tensor):
                raise ArgumentError(f"{type(self).__name__}: got a {type(p).__name__} among the parameters")
            if not p.is_leaf:
                raise ArgumentError(f"{type(self).__name__}: a computed tensor cannot be trained; give the leaf")
            if id(p) in known:
                raise ArgumentError(f"{type(self).__name__}: a parameter appears twice")
            known.add(id(p))
        group["params"] = tensors
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

    def step(self, closure: Any = None) -> Any:
        """Update every parameter that has a gradient.  `closure` computes and returns the loss again."""
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    if p.grad.array.shape != p.array.shape:
                        raise ShapeError(
                            f"{type(self).__name__}: a parameter of shape {p.array.shape} has a gradient of shape "
                            f"{p.grad.array.shape}; assign .grad in the parameter's shape"
                        )
                    self.update(p.array, p.grad.array, self.state.setdefault(p, {}), group)
                    p.version[0] += 1
        return loss

    def update(self, parameter: Any, gradient: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        raise ArgumentError(f"{type(self).__name__} defines no update(parameter, gradient, state, group)")

    def state_dict(self) -> dict[str, Any]:
        """State and options, parameters by number, for `minidl.save`."""
        numbers = {id(p): i for i, p in enumerate(p for group in self.param_groups for p in group["params"])}
        state = {
            numbers[id(p)]: {name: wrap(v) if isinstance(v, np.ndarray) else v for name, v in values.items()}
            for p, values in self.state.items()
        }
        groups = [{**group, "params": [numbers[id(p)] for p in group["params"]]} for group in self.param_groups]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state that `state_dict` gave.

        Raises CheckpointError, before anything is changed, when the parameters or the kind of optimizer do not match.
        """
        if "state" not in state_dict or "param_groups" not in state_dict:
            raise CheckpointError(
                f"{type(self).__name__}.load_state_dict: needs the keys 'state' and 'param_groups', as state_dict() "
                "gives"
            )
        groups = state_dict["param_groups"]
        sizes, own_sizes = ([len(g["params"]) for g in gs] for gs in (groups, self.param_groups))
        if sizes != own_sizes:
            raise CheckpointError(
                f"{type(self).__name__}.load_state_dict: groups of {sizes} parameters in the state, {own_sizes} here"
            )
        absent = sorted({name for group in groups for name in self.defaults if name not in group})
        if absent:
            raise CheckpointError(
                f"{type(self).__name__}.load_state_dict: the state is of another optimizer: it has no "
                f"{', '.join(absent)}"
            )
        parameters = [p for group in self.param_groups for p in group["params"]]
        loaded = {}
        for number, values in state_dict["state"].items():
            p = parameters[number]
            for name, value in values.items():
                if isinstance(value, Tensor) and value.ndim and value.shape != p.shape:
                    raise CheckpointError(
                        f"{type(self).__name__}.load_state_dict: {name} of parameter {number} is {tuple(value.shape)}, "
                        f"the parameter {tuple(p.shape)}"
                    )
            loaded[p] = {n: v.array.copy() if isinstance(v, Tensor) else v for n, v in values.items()}
        self.state = loaded
        for group, saved in zip(self.param_groups, groups, strict=True):
            group.update({name: value for name, value in saved.items() if name != "params"})

    def __repr__(self) -> str:
        options = ", ".join(f"{k}={v}" for k, v in self.param_groups[0].items() if k != "params")
        return f"{type(self).__name__}({options})"
