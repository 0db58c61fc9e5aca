"""Schedules given as functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler

Factor = Callable[[int], float]


class _OfFunctions(LRScheduler):
    """Functions are not saved; the attributes of callable objects are."""

    unsaved = ("optimizer", "lr_lambdas")

    def __init__(self, optimizer: Optimizer, lr_lambda: Factor | Sequence[Factor], last_epoch: int = -1) -> None:
        self._use(optimizer)
        self.lr_lambdas = self._each_group("lr_lambda", lr_lambda)
        self._require(
            all(map(callable, self.lr_lambdas)),
            f"got {lr_lambda!r}, needs a function epoch -> factor, or one for each group",
        )
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        attributes = [None if _is_plain(function) else dict(vars(function)) for function in self.lr_lambdas]
        return {**super().state_dict(), "lr_lambdas": attributes}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        for function, attributes in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if attributes is not None:
                vars(function).update(attributes)


def _is_plain(function: Any) -> bool:
    return isinstance(function, FunctionType) or not hasattr(function, "__dict__")


class LambdaLR(_OfFunctions):
    """lr0 * lr_lambda(epoch); one function, or one for each group."""

    def get_lr(self) -> list[float]:
        return [base * factor(self.last_epoch) for base, factor in zip(self.base_lrs, self.lr_lambdas, strict=True)]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a saved state, at the rates of the functions that are here, which may be other ones."""
        super().load_state_dict(state_dict)
        if not any(state_dict["lr_lambdas"]):
            self._set_present_rates()


class MultiplicativeLR(_OfFunctions):
    """lr * lr_lambda(epoch), the rate before times a factor; one function, or one for each group."""

    def get_lr(self) -> list[float]:
        if self._is_initial:
            return self.rates()
        return [lr * factor(self.last_epoch) for lr, factor in zip(self.rates(), self.lr_lambdas, strict=True)]


class FunctionLR(LRScheduler):
    """function(lr0, epoch), any function of a group's first rate and the epoch, from 0.

    scheduler = FunctionLR(optimizer, lambda lr0, epoch: lr0 / (1 + epoch) ** 0.5)
    """

    unsaved = ("optimizer", "function")

    def __init__(self, optimizer: Optimizer, function: Callable[[float, int], float], last_epoch: int = -1) -> None:
        self._require(callable(function), f"got {function!r}, needs a function (lr0, epoch) -> lr")
        self.function = function
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [self.function(base, self.last_epoch) for base in self.base_lrs]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a saved state, at the rates of the function that is here, which may be another one."""
        super().load_state_dict(state_dict)
        self._set_present_rates()
