"""Modules made of modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count, groupby
from typing import Any

from ..errors import ArgumentError
from .module import Module


class Sequential(Module):
    """Modules one after the other: `Sequential(a, b)`, or with names from one dict."""

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        named = modules[0].items() if len(modules) == 1 and isinstance(modules[0], dict) else enumerate(modules)
        for name, module in named:
            if not isinstance(module, Module):
                raise ArgumentError(f"Sequential: item {name} is a {type(module).__name__}; needs a Module")
            self.add_module(str(name), module)

    def forward(self, input: Any) -> Any:
        for module in self._modules.values():
            input = module(input)
        return input

    def append(self, module: Module) -> Sequential:
        """Add one at the end, under the first free number: a slice keeps its old ones."""
        self.add_module(next(str(n) for n in count(len(self)) if str(n) not in self._modules), module)
        return self

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return Sequential(dict(list(self._modules.items())[index]))
        return list(self._modules.values())[index]


class ModuleList(Module):
    """Modules in a list."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        for module in modules:
            self.append(module)

    def append(self, module: Module) -> ModuleList:
        """Add one at the end."""
        self.add_module(str(len(self)), module)
        return self

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __getitem__(self, index: int) -> Module:
        return list(self._modules.values())[index]

    def __repr__(self) -> str:
        lines, first = [], 0
        for text, alike in groupby(map(repr, self)):
            count = len(list(alike))
            many = f"({first}-{first + count - 1}): {count} x " if count > 1 else f"({first}): "
            lines.append(many + text.replace("\n", "\n  "))
            first += count
        return "ModuleList(\n  " + "\n  ".join(lines) + "\n)" if lines else "ModuleList()"
