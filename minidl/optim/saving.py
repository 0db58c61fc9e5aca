"""An optimizer's state as a dict of tensors and numbers, and back."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.calling import wrap
from ..errors import ArgumentError, CheckpointError
from ..tensor import Tensor

if TYPE_CHECKING:
    from .optimizer import Optimizer


def state_of(state: dict[Tensor, dict[str, Any]], groups: list[dict[str, Any]]) -> dict[str, Any]:
    """State and options, with the parameters of all groups numbered in order."""
    numbers = {id(p): i for i, p in enumerate(p for group in groups for p in group["params"])}
    return {
        "state": {numbers[id(p)]: dict(values) for p, values in state.items()},
        "param_groups": [{**group, "params": [numbers[id(p)] for p in group["params"]]} for group in groups],
    }


def restored(optimizer: Optimizer, state_dict: dict[str, Any]) -> tuple[dict[Tensor, Any], list[dict[str, Any]]]:
    """Copies of the state by parameter, and of the options of each group.

    Raises CheckpointError for a state of other parameters or of another kind of optimizer.
    """
    place = f"{type(optimizer).__name__}.load_state_dict"
    if "state" not in state_dict or "param_groups" not in state_dict:
        raise CheckpointError(f"{place}: needs the keys 'state' and 'param_groups', as state_dict() gives")
    groups = state_dict["param_groups"]
    sizes, own_sizes = ([len(g["params"]) for g in gs] for gs in (groups, optimizer.param_groups))
    if sizes != own_sizes:
        raise CheckpointError(f"{place}: groups of {sizes} parameters in the state, {own_sizes} here")
    options = [_options(place, optimizer, group) for group in groups]
    owners = {
        number: (p, merged)
        for own, saved, merged in zip(optimizer.param_groups, groups, options, strict=True)
        for number, p in zip(saved["params"], own["params"], strict=True)
    }
    state = {}
    for number, values in state_dict["state"].items():
        if number not in owners:
            raise CheckpointError(f"{place}: a state of parameter {number}, which no group of the state has")
        p, group = owners[number]
        for name in optimizer.buffers(group):
            if name in values and values[name] is not None and tuple(values[name].shape) != p.shape:
                raise CheckpointError(
                    f"{place}: {name} of parameter {number} is {tuple(values[name].shape)}, the parameter "
                    f"{tuple(p.shape)}"
                )
        state[p] = {name: _copied(name, value, p.dtype) for name, value in values.items()}
    return state, options


def _options(place: str, optimizer: Optimizer, group: dict[str, Any]) -> dict[str, Any]:
    """The saved options, checked; a switch that an older version did not have is off."""
    options = copy.deepcopy({name: value for name, value in group.items() if name != "params"})
    switches = {name: value for name, value in optimizer.defaults.items() if value is None or value is False}
    options = {**switches, **options}
    absent = sorted(set(optimizer.defaults) - set(options))
    if absent:
        raise CheckpointError(f"{place}: the state is of another optimizer: it has no {', '.join(absent)}")
    try:
        optimizer.check({"params": [], **options})
    except ArgumentError as error:
        raise CheckpointError(f"{place}: {error}") from None
    return options


def _copied(name: str, value: Any, dtype: np.dtype) -> Any:
    """A value of the state: arrays of any library become tensors in the parameter's dtype; numbers keep their own."""
    if name == "step" and isinstance(value, (int, float)):
        return wrap(np.array(value, np.float32))
    if isinstance(value, (list, tuple)):
        return type(value)(_copied("", entry, dtype) for entry in value)
    if not hasattr(value, "__array__"):
        return copy.deepcopy(value)
    array = np.asarray(value)
    return wrap(array.astype(dtype if array.ndim and array.dtype.kind == "f" else array.dtype, copy=True))
