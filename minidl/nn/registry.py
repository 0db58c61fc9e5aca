"""What a module consists of: parameters, buffers and sub-modules, each under a name, as attributes."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError, DtypeError
from ..tensor import Tensor
from .parameter import Parameter

_KINDS = {"_parameters": ("parameter", "Parameter"), "_buffers": ("buffer", "Tensor"), "_modules": ("module", "Module")}
"""What a module registers: the dict it is kept in, its noun and its class."""


class Registry:
    """Attributes that know their kind: a Parameter or a Module that is assigned is registered."""

    training: bool

    def __init__(self) -> None:
        self.__dict__.update(_parameters={}, _buffers={}, _modules={}, training=True)
        self.__dict__["_transient"] = set()

    def __setattr__(self, name: str, value: Any) -> None:
        state = self.__dict__
        if "_parameters" not in state:
            raise ArgumentError(f"{type(self).__name__}: call super().__init__() before setting {name!r}")
        if isinstance(value, Parameter):
            self._register("_parameters", name, value)
        elif isinstance(value, Registry):
            self._register("_modules", name, value)
        else:
            kind = next((kind for kind in _KINDS if name in state[kind]), None)
            if kind is None:
                object.__setattr__(self, name, value)
            elif value is None or (kind == "_buffers" and isinstance(value, Tensor)):
                state[kind][name] = value
            else:
                noun, needed = _KINDS[kind]
                raise ArgumentError(
                    f"{type(self).__name__}.{name} is a {noun} and got a {type(value).__name__}; "
                    f"assign a {needed} or None, or `del` it first"
                )

    def _register(self, kind: str, name: str, value: Any) -> None:
        if not name or "." in name:
            raise ArgumentError(
                f"{type(self).__name__}: {name!r} cannot name a {_KINDS[kind][0]}: a path is cut at dots"
            )
        if hasattr(type(self), name):
            raise ArgumentError(
                f"{type(self).__name__}: {name!r} cannot name a {_KINDS[kind][0]}: its class has such an attribute"
            )
        for other in _KINDS:
            if other != kind:
                self.__dict__[other].pop(name, None)
        self.__dict__.pop(name, None)
        self._transient.discard(name)
        self.__dict__[kind][name] = value

    def __getattr__(self, name: str) -> Any:
        state = self.__dict__
        for kind in _KINDS:
            if name in state.get(kind, ()):
                return state[kind][name]
        why = "" if "_parameters" in state else "; super().__init__() was not called"
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}{why}")

    def __delattr__(self, name: str) -> None:
        for kind in _KINDS:
            if name in self.__dict__.get(kind, ()):
                del self.__dict__[kind][name]
                self._transient.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        registered = [name for kind in _KINDS for name in self.__dict__.get(kind, ())]
        return sorted(name for name in {*super().__dir__(), *registered} if not name[0].isdigit())

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter; None marks one that this layer does without."""
        self._check_kind("register_parameter", name, param, Parameter)
        self._register("_parameters", name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the state, but is not trained; not `persistent`: and is not saved."""
        self._check_kind("register_buffer", name, tensor, Tensor)
        self._register("_buffers", name, tensor)
        if not persistent:
            self._transient.add(name)

    def add_module(self, name: str, module: Any) -> None:
        """Add a sub-module under `name`; None marks one that this module does without."""
        self._check_kind("add_module", name, module, Registry)
        self._register("_modules", name, module)

    def register_module(self, name: str, module: Any) -> None:
        """The same as `add_module`."""
        self.add_module(name, module)

    def _check_kind(self, method: str, name: str, value: Any, needed: type) -> None:
        if value is not None and not isinstance(value, needed):
            noun = "Module" if needed is Registry else needed.__name__
            raise DtypeError(
                f"{type(self).__name__}.{method}: {name!r} is a {type(value).__name__}; needs a {noun} or None"
            )
