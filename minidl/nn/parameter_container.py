"""Parameters in a list or a dict: ParameterList, ParameterDict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import AbsentError, ArgumentError, DtypeError
from ..tensor import Tensor
from .container import pairs_of
from .module import Module
from .parameter import Parameter


class _Parameters(Module):
    """Values as attributes: tensors become parameters, anything else is kept as it is."""

    def _keep(self, name: str, value: Any) -> None:
        if isinstance(value, Tensor) and not isinstance(value, Parameter):
            value = Parameter(value)
        setattr(self, name, value)

    def _described(self, name: str, value: Any) -> str:
        if isinstance(value, Tensor):
            size = "x".join(map(str, value.shape))
            return f"  ({name}): {type(value).__name__} containing: [minidl.{value.dtype} of size {size}]"
        return f"  ({name}): Object of type: {type(value).__name__}"


class ParameterList(_Parameters):
    """Parameters in a list; tensors that are added become parameters."""

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return iter([getattr(self, str(place)) for place in range(self._size)])

    def __getitem__(self, idx: int | slice) -> Any:
        return type(self)(list(self)[idx]) if isinstance(idx, slice) else getattr(self, self._name_at(idx))

    def __setitem__(self, idx: int, param: Any) -> None:
        self._keep(self._name_at(idx), param)

    def append(self, value: Any) -> ParameterList:
        """Add one at the end."""
        self._keep(str(self._size), value)
        self._size += 1
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Add several at the end."""
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise DtypeError(f"ParameterList.extend: got a {type(values).__name__}; needs a list of values")
        for value in list(values):
            self.append(value)
        return self

    def __iadd__(self, parameters: Iterable[Any]) -> ParameterList:
        return self.extend(parameters)

    def _name_at(self, idx: int) -> str:
        if not -self._size <= idx < self._size:
            raise AbsentError(f"ParameterList: index {idx} is out of range; it has {self._size} values")
        return str(idx.__index__() % self._size)

    def extra_repr(self) -> str:
        return "\n".join(self._described(str(place), value) for place, value in enumerate(self))


class ParameterDict(_Parameters):
    """Parameters in a dict, in the order of insertion; tensors that are added become parameters."""

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        self._check(key)
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str) or (key not in self._keys and hasattr(self, key)):
            raise ArgumentError(f"ParameterDict: {key!r} cannot be a key; needs a str that is no attribute of a dict")
        self._keep(key, value)
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        self._check(key)
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self._keys))

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def copy(self) -> ParameterDict:
        """Another dict with the same parameters."""
        return type(self)(dict(self.items()))

    def get(self, key: str, default: Any = None) -> Any:
        """The value under a key, or the default."""
        return getattr(self, key) if key in self._keys else default

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value under a key; the default is put there where there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def clear(self) -> None:
        """Take out all."""
        for key in list(self._keys):
            del self[key]

    def pop(self, key: str) -> Any:
        """Take out the value under a key and return it."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Take out the newest key and its value and return both."""
        if not self._keys:
            raise AbsentError("ParameterDict.popitem: it is empty")
        key = next(reversed(self._keys))
        return key, self.pop(key)

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A new dict that has the default under every key."""
        return type(self)((key, default) for key in keys)

    def keys(self) -> Any:
        """The keys."""
        return self._keys.keys()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Keys and values."""
        return ((key, self[key]) for key in self._keys)

    def values(self) -> Iterable[Any]:
        """The values."""
        return (self[key] for key in self._keys)

    def update(self, parameters: Any) -> None:
        """Add values from a dict, another ParameterDict, or pairs of key and value."""
        for key, value in pairs_of("ParameterDict.update", parameters):
            self[key] = value

    def __or__(self, other: ParameterDict) -> ParameterDict:
        joined = self.copy()
        joined.update(other)
        return joined

    def __ror__(self, other: dict[str, Any]) -> dict[str, Any]:
        return {**other, **dict(self.items())}

    def __ior__(self, other: ParameterDict) -> ParameterDict:
        self.update(other)
        return self

    def _check(self, key: str) -> None:
        if key not in self._keys:
            found = ", ".join(self._keys) or "none"
            raise AbsentError(f"ParameterDict: there is nothing under {key!r}; its keys are {found}")

    def extra_repr(self) -> str:
        return "\n".join(self._described(key, value) for key, value in self.items())
