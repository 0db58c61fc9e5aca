"""The walks over a module and all inside it, and the way to one part by its path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..errors import AbsentError, ArgumentError
from ..tensor import Tensor
from .parameter import Parameter
from .registry import Registry

if TYPE_CHECKING:
    from .module import Module


class Walks(Registry):
    """Parameters, buffers and modules, with their paths ("features.0.weight") and without."""

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all inside it, with their paths; each once, or under every path.

        memo: modules that were met already; they are passed over.
        """
        met = set() if memo is None else memo
        if self in met:
            return
        if remove_duplicate:
            met.add(self)
        yield prefix, self  # type: ignore[misc]  # every Registry is a Module
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(met, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all inside it, each once."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The direct sub-modules with their names, each once."""
        met = set()
        for name, module in self._modules.items():
            if module is not None and module not in met:
                met.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The direct sub-modules."""
        for _, module in self.named_children():
            yield module

    def _named(self, kind: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        met = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, value in getattr(module, kind).items():
                if value is None or id(value) in met:
                    continue
                if remove_duplicate:
                    met.add(id(value))
                yield (f"{path}.{name}" if path else name), value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All parameters with their paths; a shared one once, or under every path."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters, a shared one once."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """All buffers with their paths; a shared one once, or under every path."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    # --- one part by its path -----------------------------------------------------------------------------------------

    def get_submodule(self, target: str) -> Module:
        """The module at a path such as "features.0"; "" is this one.  Raises AbsentError where there is none."""
        module: Any = self
        for name in target.split(".") if target else []:
            found = module._modules.get(name)
            if found is None:
                raise AbsentError(f"{type(self).__name__} has no module {target!r}: {name!r} is missing")
            module = found
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put `module` at a path whose parent exists; `strict`: only where there is a module already.

        Raises ArgumentError for an empty path or what is no module, AbsentError where the path leads nowhere.
        """
        if not target or not isinstance(module, Registry):
            raise ArgumentError(
                f"{type(self).__name__}.set_submodule: got {target!r} and a {type(module).__name__}; "
                "needs a path and a Module"
            )
        parent, name = self._parent_of(target)
        if strict or hasattr(parent, name):
            parent.get_submodule(name)
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a path such as "features.0.weight".  Raises AbsentError where there is none."""
        return self._found("_parameters", "parameter", target)

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a path such as "features.1.running_mean".  Raises AbsentError where there is none."""
        return self._found("_buffers", "buffer", target)

    def _found(self, kind: str, noun: str, target: str) -> Any:
        parent, name = self._parent_of(target)
        if name not in getattr(parent, kind):
            raise AbsentError(f"{type(self).__name__} has no {noun} {target!r}: {name!r} is missing")
        return getattr(parent, name)

    def _parent_of(self, target: str) -> tuple[Module, str]:
        path, _, name = target.rpartition(".")
        return self.get_submodule(path), name
