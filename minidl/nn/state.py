"""The state of a module: what `state_dict` gives and `load_state_dict` takes, and hooks on both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..errors import CheckpointError
from ..ops.creation import from_numpy
from ..tensor import HookHandle, Tensor
from .parameter import Parameter
from .walks import Walks

EXTRA = "_extra_state"


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict` did not find in the state, and what it found there and has no place for."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not any(self):
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class State(Walks):
    """Parameters and persistent buffers by path, out of the module and into it."""

    def __init__(self) -> None:
        super().__init__()
        self.__dict__["_state_hooks"] = {}

    def state_dict(self, prefix: str = "", keep_vars: bool = False, destination: Any = None) -> dict[str, Any]:
        """All parameters and persistent buffers by path, sharing memory with the model; shared ones by every path.

        prefix        stands before every path
        keep_vars     the parameters themselves, in the place of tensors that require no gradient
        destination   the dict to add them to
        """
        state: dict[str, Any] = {} if destination is None else destination
        for hook in self._hooks_on("before saving"):
            hook(self, prefix, keep_vars)
        for name, value in self._saved():
            state[prefix + name] = value if keep_vars else value.detach()
        if type(self).get_extra_state is not State.get_extra_state:
            state[prefix + EXTRA] = self.get_extra_state()
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(prefix=f"{prefix}{name}.", keep_vars=keep_vars, destination=state)
        for hook in self._hooks_on("after saving"):
            hook(self, state, prefix, {})
        return state

    def _saved(self) -> list[tuple[str, Tensor]]:
        """The parameters and buffers of this module alone that belong to the state."""
        own = (*self._parameters.items(), *self._buffers.items())
        return [(name, value) for name, value in own if value is not None and name not in self._transient]

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy values into the parameters and buffers.  Returns (missing_keys, unexpected_keys).

        strict   every key must have its counterpart
        assign   put the tensors of the state in the place of the parameters and buffers, with their dtypes, instead of
                 copying their values

        Raises CheckpointError, before anything is changed, naming every key that is missing or unexpected (these only
        if `strict`) or has another shape.  Where a hook waits for the end of the loading and may forgive missing keys,
        these are only an error after it.
        """
        if not isinstance(state_dict, Mapping):
            raise CheckpointError(
                f"load_state_dict: got a {type(state_dict).__name__}, needs a dict of tensors, as state_dict() gives"
            )
        loading = _Loading(dict(state_dict), strict, assign)
        loading.plan(self, "")
        homeless = [key for key in loading.state if key not in loading.known]
        keys = IncompatibleKeys(loading.missing, loading.unexpected + homeless)
        loading.refuse_misfits(self, keys, strict and not loading.last)
        for write in loading.writes:
            write()
        for module, hook in loading.last:
            hook(module, keys)
        loading.refuse_misfits(self, keys, strict)
        return keys

    def get_extra_state(self) -> Any:
        """What else belongs to the state, under the key "_extra_state"; to be defined where there is something."""
        raise CheckpointError(f"{type(self).__name__} defines no get_extra_state(self)")

    def set_extra_state(self, state: Any) -> None:
        """Take back what `get_extra_state` gave."""
        raise CheckpointError(f"{type(self).__name__} defines no set_extra_state(self, state)")

    # --- hooks --------------------------------------------------------------------------------------------------------

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call hook(module, prefix, keep_vars) before this module adds its values to a state dict."""
        return self._hook_on("before saving", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call hook(module, state_dict, prefix, local_metadata) after this module and those inside were added.

        It may change the dict; the metadata is empty.
        """
        return self._hook_on("after saving", hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call a hook before this module looks for its keys.

        hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs) may change
        the dict, which is a copy, and add to the lists; the metadata is empty.
        """
        return self._hook_on("before loading", hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call hook(module, incompatible_keys) after loading; keys that it takes from the two lists are forgiven."""
        return self._hook_on("after loading", hook)

    def _hook_on(self, moment: str, hook: Callable[..., Any]) -> HookHandle:
        return HookHandle(self._state_hooks, (moment, hook))

    def _hooks_on(self, moment: str) -> list[Callable[..., Any]]:
        return [hook for when, hook in self._state_hooks.values() if when == moment]


class _Loading:
    """One call of load_state_dict: what it found, and what is to be written if nothing is amiss."""

    def __init__(self, state: dict[str, Any], strict: bool, assign: bool) -> None:
        self.state = state
        self.strict = strict
        self.assign = assign
        self.known: set[str] = set()
        self.missing: list[str] = []
        self.unexpected: list[str] = []  # by hooks
        self.misshapen: list[str] = []
        self.errors: list[str] = []  # by hooks
        self.writes: list[Callable[[], Any]] = []
        self.last: list[tuple[State, Callable[..., Any]]] = []

    def plan(self, module: State, prefix: str) -> None:
        """Find the keys of `module` and of all inside it."""
        for hook in module._hooks_on("before loading"):
            hook(module, self.state, prefix, {}, self.strict, self.missing, self.unexpected, self.errors)
        for name, own in module._saved():
            if self.finds(prefix + name):
                self.plan_tensor(module, name, own, prefix + name)
        if type(module).set_extra_state is not State.set_extra_state and self.finds(prefix + EXTRA):
            self.writes.append(lambda: module.set_extra_state(self.state[prefix + EXTRA]))
        for name, child in module._modules.items():
            if child is not None:
                self.plan(child, f"{prefix}{name}.")
        self.last += [(module, hook) for hook in module._hooks_on("after loading")]

    def finds(self, key: str) -> bool:
        """Whether the state has the key that a module needs."""
        self.known.add(key)
        if key not in self.state:
            self.missing.append(key)
        return key in self.state

    def plan_tensor(self, module: State, name: str, own: Tensor, key: str) -> None:
        """Plan one value's way into its place."""
        value = self.state[key]
        if _shape(value) != _shape(own):
            self.misshapen.append(f"{key} ({_shape(value)} in the file, {_shape(own)} in the model)")
        elif self.assign:
            kind = module._parameters if name in module._parameters else module._buffers
            self.writes.append(lambda: kind.__setitem__(name, _in_place_of(own, value)))
        else:
            self.writes.append(lambda: own.detach().copy_(value))

    def refuse_misfits(self, module: State, keys: IncompatibleKeys, strict: bool) -> None:
        """Raise one error that names all that does not fit."""
        faults: dict[str, list[str]] = {"misshapen": self.misshapen, "errors": self.errors}
        if strict:
            faults = {"missing": keys.missing_keys, "unexpected": keys.unexpected_keys, **faults}
        if any(faults.values()):
            report = "; ".join(f"{kind}: {', '.join(found)}" for kind, found in faults.items() if found)
            raise CheckpointError(
                f"load_state_dict: the state is of another model than {type(module).__name__}: {report}"
            )


def _in_place_of(own: Tensor, value: Any) -> Tensor:
    """A tensor of the state as what it replaces: a parameter with the same `requires_grad`, or a buffer."""
    value = from_numpy(value) if isinstance(value, np.ndarray) else value
    if not isinstance(own, Parameter):
        return value
    parameter = value if isinstance(value, Parameter) else Parameter(value, own.requires_grad)
    parameter.requires_grad_(own.requires_grad)
    return parameter


def _shape(value: Any) -> Any:
    """The shape of a tensor or array; the type's name for what is neither."""
    return tuple(value.shape) if hasattr(value, "shape") else type(value).__name__
