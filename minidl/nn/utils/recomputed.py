"""A parameter that is computed from others before each forward, by a hook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from ...errors import ArgumentError
from ..parameter import Parameter


class Recomputed(ABC):
    """The hook: it puts `computed(module)` in the place of the parameter `name`."""

    name: str

    @abstractmethod
    def computed(self, module: Any) -> Any:
        """The weight, from the parts that the module has."""

    @abstractmethod
    def parts(self) -> list[str]:
        """The names of the parameters and buffers that it is computed from."""

    def __call__(self, module: Any, args: Any) -> None:
        setattr(module, self.name, self.computed(module))

    def parameter_of(self, module: Any) -> Parameter:
        """The parameter whose place the computed weight is to take."""
        if self._number_in(module, self.name) is not None:
            raise ArgumentError(
                f"{type(self).__name__}: {module._get_name()} has one on {self.name!r}; remove it first"
            )
        weight = module._parameters.get(self.name)
        if weight is None:
            raise ArgumentError(f"{type(self).__name__}: {module._get_name()} has no parameter {self.name!r}")
        return weight

    def installed(self, module: Any) -> Any:
        """The module, whose weight is computed from now on."""
        setattr(module, self.name, self.computed(module))
        module.register_forward_pre_hook(self)
        return module

    @classmethod
    def removed(cls, module: Any, name: str) -> Any:
        """The module, whose weight is a parameter again."""
        number = cls._number_in(module, name)
        if number is None:
            raise ArgumentError(f"{cls.__name__}: {module._get_name()} has none on {name!r}")
        hook = module._hooks.pop(number).function
        weight = hook.computed(module).detach()
        for part in (name, *hook.parts()):
            delattr(module, part)
        module.register_parameter(name, Parameter(weight))
        return module

    @classmethod
    def _number_in(cls, module: Any, name: str) -> int | None:
        for number, hook in module._hooks.items():
            if type(hook.function) is cls and hook.function.name == name:
                return number
        return None
