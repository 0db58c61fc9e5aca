"""The words that arguments answer to: NumPy's beside PyTorch's, and sizes given one by one, together or by name."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..autograd.out import call_into
from ..errors import ArgumentError, ShapeError
from .promotion import check_tensors

Function = TypeVar("Function", bound=Callable[..., Any])


def also_numpy_words(function: Function) -> Function:
    """Let `axis` and `keepdims` stand for `dim` and `keepdim`; what is no tensor is refused by the function's name."""

    @functools.wraps(function)
    def understanding(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            if "out" in kwargs:  # np.mean(tensor) says out=None
                return call_into(understanding, args, kwargs)
            if "axis" in kwargs:
                kwargs["dim"] = kwargs.pop("axis")
            if "keepdims" in kwargs:
                kwargs["keepdim"] = kwargs.pop("keepdims")
        try:
            return function(*args, **kwargs) if kwargs else function(*args)
        except AttributeError:
            check_tensors(function.__name__, *args[:1])
            raise

    understanding.takes_out = True  # type: ignore[attr-defined]
    return understanding  # type: ignore[return-value]


def size_of(
    sizes: tuple[Any, ...], name: str = "size", named: Mapping[str, Any] | None = None, word: str = "size"
) -> tuple[int, ...]:
    """Sizes given one by one, as one sequence, or to the operator `name` as its argument `word`."""
    if named:
        sizes = (_only(sizes, name, named, word),)
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(sizes[0])
    for n in sizes:
        if type(n) is not int:
            break
    else:
        return sizes
    try:
        return tuple(map(operator.index, sizes))
    except TypeError:
        raise ShapeError(f"{name}: got {sizes}; needs whole numbers") from None


def _only(sizes: tuple[Any, ...], name: str, named: Mapping[str, Any], word: str) -> Any:
    """The value of the one argument that is given by its name, when nothing else is."""
    if sizes or set(named) != {word}:
        given = f" beside {sizes}" if sizes else ""
        raise ArgumentError(f"{name}: got {', '.join(named)}{given}; needs {word}, once")
    return named[word]


def whole_number(name: str, word: str, value: Any) -> int:
    """The argument `word` of the operator `name`, which must be a whole number."""
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise ArgumentError(f"{name}: {word} {value!r}; needs a whole number") from None


def whole_numbers(name: str, word: str, value: Any) -> tuple[int, ...]:
    """The argument `word` of the operator `name`: one whole number or a sequence of them."""
    return tuple(whole_number(name, word, part) for part in (value if isinstance(value, (tuple, list)) else (value,)))
