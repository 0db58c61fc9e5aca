"""What a module consists of: parameters, buffers and sub-modules, each under a name, as attributes.

They are attributes like any other, which Python finds in 0.03 microseconds; a dict of their own, asked by
`__getattr__`, would take 0.6.  What is kept beside them are their names.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from ..errors import ArgumentError, DtypeError
from ..tensor import Tensor
from .parameter import Parameter

_KINDS = {"_parameters": ("parameter", "Parameter"), "_buffers": ("buffer", "Tensor"), "_modules": ("module", "Module")}
"""What a module registers: the mapping that shows it, its noun and its class."""


class Registered(MutableMapping[str, Any]):
    """The parameters, the buffers or the modules of one module by name, to be read and changed as a dict."""

    __slots__ = ("_attributes", "_names")

    def __init__(self, module: Registry, kind: str) -> None:
        self._attributes = module.__dict__
        self._names = module._registered_names[kind]

    def __getitem__(self, name: str) -> Any:
        self._names[name]  # KeyError for other attributes
        return self._attributes[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._names[name] = None
        self._attributes[name] = value

    def __delitem__(self, name: str) -> None:
        del self._names[name], self._attributes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __repr__(self) -> str:
        return repr(dict(self))


class Registry:
    """Attributes that know their kind: a Parameter or a Module that is assigned is registered."""

    training: bool
    _registered_names: dict[str, dict[str, None]]
    """Of each kind the names, in the order of their registration."""

    def __init__(self) -> None:
        self.__dict__.update(_registered_names={kind: {} for kind in _KINDS}, training=True, _transient=set())

    @property
    def _parameters(self) -> Registered:
        return Registered(self, "_parameters")

    @property
    def _buffers(self) -> Registered:
        return Registered(self, "_buffers")

    @property
    def _modules(self) -> Registered:
        return Registered(self, "_modules")

    def _registered(self, kind: str) -> list[Any]:
        """The values of one kind."""
        attributes = self.__dict__
        return [attributes[name] for name in self._registered_names[kind]]

    def __copy__(self) -> Any:
        """Another module of the same parts, which can be given others."""
        copied = type(self).__new__(type(self))
        names = {kind: dict(names) for kind, names in self._registered_names.items()}
        copied.__dict__.update(self.__dict__, _registered_names=names, _transient=set(self._transient))
        return copied

    def _kind_of(self, name: str) -> str | None:
        for kind, names in self._registered_names.items():
            if name in names:
                return kind
        return None

    def __setattr__(self, name: str, value: Any) -> None:
        if "_registered_names" not in self.__dict__:
            raise ArgumentError(f"{type(self).__name__}: call super().__init__() before setting {name!r}")
        if isinstance(value, Parameter):
            self._register("_parameters", name, value)
        elif isinstance(value, Registry):
            self._register("_modules", name, value)
        else:
            kind = self._kind_of(name)
            if kind is not None and value is not None and not (kind == "_buffers" and isinstance(value, Tensor)):
                noun, needed = _KINDS[kind]
                raise ArgumentError(
                    f"{type(self).__name__}.{name} is a {noun} and got a {type(value).__name__}; "
                    f"assign a {needed} or None, or `del` it first"
                )
            object.__setattr__(self, name, value)

    def _register(self, kind: str, name: str, value: Any) -> None:
        if not name or "." in name:
            raise ArgumentError(
                f"{type(self).__name__}: {name!r} cannot name a {_KINDS[kind][0]}: a path is cut at dots"
            )
        if hasattr(type(self), name):
            raise ArgumentError(
                f"{type(self).__name__}: {name!r} cannot name a {_KINDS[kind][0]}: its class has such an attribute"
            )
        for other, names in self._registered_names.items():
            if other != kind:
                names.pop(name, None)
        self._transient.discard(name)
        self._registered_names[kind][name] = None
        self.__dict__[name] = value

    def __getattr__(self, name: str) -> Any:
        why = "" if "_registered_names" in self.__dict__ else "; super().__init__() was not called"
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}{why}")

    def __delattr__(self, name: str) -> None:
        kind = self._kind_of(name)
        if kind is not None:
            del self._registered_names[kind][name]
            self._transient.discard(name)
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        return sorted(name for name in super().__dir__() if not name[0].isdigit())

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
