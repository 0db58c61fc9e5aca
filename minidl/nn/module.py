"""Module: the base of every layer and model.

It is put together by meaning: what a module consists of (registry.py), the walks over it (walks.py), its state
(state.py), its dtype (conversion.py), and how it is called (hooks.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError
from .conversion import Conversion
from .hooks import Calling
from .state import State


class Module(Calling, Conversion, State):
    """The base of every layer and model.

    Assigning a Parameter or a Module to an attribute registers it; `register_buffer` keeps a tensor that is part of the
    state but not trained.  Subclasses define `forward`.
    """

    def train(self, mode: bool = True) -> Any:
        """Let dropout drop and batch norm use its batch, here and inside."""
        if not isinstance(mode, bool):
            raise ArgumentError(f"{self._get_name()}.train: got {mode!r}, needs True or False")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Any:
        """The opposite of `train()`."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Train all parameters, or freeze them."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients; or set them to zero in place."""
        for parameter in self.parameters():
            if set_to_none or parameter.grad is None:
                parameter.grad = None
            else:
                parameter.grad = parameter.grad.detach().zero_()

    def apply(self, fn: Callable[[Module], Any]) -> Any:
        """Call `fn` on every module inside, then on this one."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # --- printing -----------------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What `repr` shows between the parentheses: to be defined by layers."""
        return ""

    def __repr__(self) -> str:
        lines = self.extra_repr().split("\n") if self.extra_repr() else []
        if len(lines) < 2 and not self._modules:
            return f"{self._get_name()}({''.join(lines)})"
        lines += [line.replace("\n", "\n  ") for line in self._printed_children()]
        return f"{self._get_name()}(\n  " + "\n  ".join(lines) + "\n)"

    def _printed_children(self) -> list[str]:
        return [f"({name}): {module!r}" for name, module in self._modules.items()]
