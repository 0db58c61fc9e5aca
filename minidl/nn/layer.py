"""How layers without parameters are declared: a list of settings, as a dataclass, and a forward."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from .module import Module

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**options: Any) -> Any:
        """What tells type checkers that a decorator makes dataclasses; it does nothing at run time."""
        return lambda function: function


Layer = TypeVar("Layer", bound=type[Module])


@dataclass_transform(eq_default=False, field_specifiers=(field,))
def layer(kind: Layer) -> Layer:
    """Make the annotated attributes of a Module its constructor's arguments, in order, and what `repr` shows of it.

    A setting that PyTorch does not show is a `field(repr=False)`; `inplace` is shown where it is True.  A class
    with an `extra_repr` of its own keeps it.  What is to be checked of the settings stands in `__post_init__`.
    """
    made: Any = dataclass(eq=False, repr=False)(kind)
    keep_settings = made.__init__

    @wraps(keep_settings)
    def __init__(self: Module, *settings: Any, **named: Any) -> None:  # noqa: N807 - becomes the class's
        Module.__init__(self)
        keep_settings(self, *settings, **named)

    made.__init__ = __init__
    if made.extra_repr is Module.extra_repr:
        made.extra_repr = _shown_settings
    return made


def _shown_settings(self: Any) -> str:
    """Settings as `name=value`."""
    shown = [setting.name for setting in fields(self) if setting.repr]
    return ", ".join(f"{name}={getattr(self, name)!r}" for name in shown if name != "inplace" or self.inplace)
