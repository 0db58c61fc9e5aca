"""Modules made of modules: Sequential, ModuleList, ModuleDict."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from itertools import count, groupby
from typing import Any

from ..errors import AbsentError, ArgumentError, DtypeError
from .module import Module
from .pairs import in_pairs


class _Listed(Module):
    """Modules in an order, as a list has them; numbers are their names."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __getitem__(self, idx: int | slice) -> Any:
        return self._part(idx) if isinstance(idx, slice) else self._modules[self._name_at(idx)]

    def _part(self, places: slice) -> Any:
        return self._made_of(list(self)[places])

    def __setitem__(self, idx: int, module: Module) -> None:
        self.add_module(self._name_at(idx), self._checked(idx, module))

    def __delitem__(self, idx: int | slice) -> None:
        names = list(self._modules)[idx] if isinstance(idx, slice) else [self._name_at(idx)]
        for name in names:
            del self._modules[name]
        self._number(list(self))

    def pop(self, key: int | slice) -> Any:
        """Take out the module at a place, or several, and return them; those behind move up."""
        taken = self[key]
        del self[key]
        return taken

    def append(self, module: Module) -> Any:
        """Add one at the end, under the first free number: a slice of a Sequential keeps its old ones."""
        free = next(str(n) for n in count(len(self)) if str(n) not in self._modules)
        self.add_module(free, self._checked(free, module))
        return self

    def extend(self, modules: Iterable[Module]) -> Any:
        """Add several at the end."""
        if not isinstance(modules, Iterable):
            raise DtypeError(f"{self._get_name()}.extend: got a {type(modules).__name__}; needs modules in a list")
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Any:
        """Put one before the module at `index`; those behind move down."""
        if not -len(self) <= index <= len(self):
            raise self._absent(index)
        modules = list(self)
        modules.insert(index, self._checked(index, module))
        self._number(modules)
        return self

    def __add__(self, other: Iterable[Module]) -> Any:
        return self._made_of([*self, *self._several(other)])

    def __iadd__(self, other: Iterable[Module]) -> Any:
        return self.extend(self._several(other))

    def _several(self, other: Any) -> Iterable[Module]:
        """What can be added: any modules."""
        return other

    def _made_of(self, modules: list[Module]) -> Any:
        """Another one of the same class."""
        make: Any = type(self)
        return make(modules)

    def _number(self, modules: list[Any]) -> None:
        """Let these be all modules, under their places as names."""
        own = self._modules
        own.clear()
        own.update((str(place), module) for place, module in enumerate(modules))

    def _name_at(self, idx: int) -> str:
        place = idx.__index__()
        if not -len(self) <= place < len(self):
            raise self._absent(place)
        return list(self._modules)[place]

    def _absent(self, place: int) -> AbsentError:
        return AbsentError(f"{self._get_name()}: index {place} is out of range; it has {len(self)} modules")

    def _checked(self, place: Any, module: Any) -> Module:
        if not isinstance(module, Module):
            raise ArgumentError(f"{self._get_name()}: item {place} is a {type(module).__name__}; needs a Module")
        return module


class Sequential(_Listed):
    """Modules one after the other: `Sequential(a, b)`, or with names from one dict."""

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        named = modules[0].items() if len(modules) == 1 and isinstance(modules[0], dict) else enumerate(modules)
        for name, module in named:
            self.add_module(str(name), self._checked(name, module))

    def forward(self, input: Any) -> Any:
        for call in in_pairs(self._registered("_modules")):
            input = call(input)
        return input

    def _part(self, places: slice) -> Any:
        return type(self)(dict(list(self._modules.items())[places]))

    def _made_of(self, modules: list[Module]) -> Any:
        return type(self)(*modules)

    def _several(self, other: Any) -> Iterable[Module]:
        if not isinstance(other, Sequential):
            raise ArgumentError(f"Sequential: got a {type(other).__name__} to add; needs a Sequential, or use extend()")
        return other

    def __mul__(self, other: int) -> Sequential:
        return self._made_of(list(self) * self._repeats(other))

    __rmul__ = __mul__

    def __imul__(self, other: int) -> Sequential:
        return self.extend(list(self) * (self._repeats(other) - 1))

    def _repeats(self, times: Any) -> int:
        if not isinstance(times, int):
            raise DtypeError(f"Sequential: times a {type(times).__name__}; needs a whole number")
        if times <= 0:
            raise ArgumentError(f"Sequential: times {times}; needs a number above zero")
        return times


class ModuleList(_Listed):
    """Modules in a list, each a part of the model; it has no forward of its own."""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(() if modules is None else modules)

    def _printed_children(self) -> list[str]:
        lines, place = [], 0
        for text, alike in groupby(map(repr, self)):
            times = len(list(alike))
            lines.append(f"({place}): {text}" if times == 1 else f"({place}-{place + times - 1}): {times} x {text}")
            place += times
        return lines


class ModuleDict(Module):
    """Modules in a dict, each a part of the model; it has no forward of its own."""

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        self._check(key)
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        self._check(key)
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Take out all."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Take out the module under a key and return it."""
        module = self[key]
        del self[key]
        return module

    def keys(self) -> KeysView[str]:
        """The keys."""
        return self._modules.keys()

    def items(self) -> ItemsView[str, Any]:
        """Keys and modules."""
        return self._modules.items()

    def values(self) -> ValuesView[Any]:
        """The modules."""
        return self._modules.values()

    def update(self, modules: Any) -> None:
        """Add modules from a dict, another ModuleDict, or pairs of key and module."""
        for key, module in pairs_of("ModuleDict.update", modules):
            self[key] = module

    def _check(self, key: str) -> None:
        if key not in self._modules:
            raise AbsentError(f"ModuleDict: there is no module {key!r}; it has {', '.join(self._modules) or 'none'}")


def pairs_of(caller: str, given: Any) -> list[tuple[str, Any]]:
    """Keys and values of a dict, of what has `items()`, or of an iterable of pairs."""
    if isinstance(given, (Mapping, Module)) and hasattr(given, "items"):
        return list(given.items())
    if not isinstance(given, Iterable):
        raise DtypeError(f"{caller}: got a {type(given).__name__}; needs a dict, or pairs of key and value")
    pairs = [tuple(pair) if isinstance(pair, Iterable) else (pair,) for pair in given]
    for place, pair in enumerate(pairs):
        if len(pair) != 2:
            raise ArgumentError(f"{caller}: item {place} has {len(pair)} parts; needs a key and a value")
    return pairs
