"""Learning rates that change with the epoch: call `scheduler.step()` once after each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import ArgumentError, CheckpointError
from .optimizer import Optimizer


class LRScheduler:
    """The base: a subclass defines `factor(epoch, number)`, what group `number`'s first lr is multiplied by."""

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self._check_optimizer(optimizer)
        self.optimizer = optimizer
        self.last_epoch = last_epoch
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.step()

    def _check_optimizer(self, optimizer: Any) -> None:
        if not isinstance(optimizer, Optimizer):
            raise ArgumentError(f"{type(self).__name__}: got a {type(optimizer).__name__}, needs an optimizer")

    def factor(self, epoch: int, number: int) -> float:
        raise ArgumentError(f"{type(self).__name__} defines no factor(epoch, number)")

    def step(self) -> None:
        """Set the learning rates of the next epoch."""
        self.last_epoch += 1
        self._set_rates()

    def _set_rates(self) -> None:
        for number, (group, base) in enumerate(zip(self.optimizer.param_groups, self.base_lrs, strict=True)):
            group["lr"] = float(base * self.factor(self.last_epoch, number))

    def get_last_lr(self) -> list[float]:
        """The learning rate of each group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """What is needed to continue; a function given to LambdaLR is not part of it."""
        return {"last_epoch": self.last_epoch, "base_lrs": list(self.base_lrs)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a saved state; the rates are those of this scheduler's own formula.

        Raises CheckpointError when it is no such state, or of other parameter groups.
        """
        if not {"last_epoch", "base_lrs"} <= set(state_dict):
            raise CheckpointError(
                f"{type(self).__name__}.load_state_dict: needs the keys 'last_epoch' and 'base_lrs', as state_dict() "
                "gives"
            )
        if len(state_dict["base_lrs"]) != len(self.optimizer.param_groups):
            raise CheckpointError(
                f"{type(self).__name__}.load_state_dict: {len(state_dict['base_lrs'])} learning rates for "
                f"{len(self.optimizer.param_groups)} parameter groups"
            )
        self.last_epoch = state_dict["last_epoch"]
        self.base_lrs = list(state_dict["base_lrs"])
        self._set_rates()


class LambdaLR(LRScheduler):
    """lr0 * lr_lambda(epoch); one function, or one for each group."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        self._check_optimizer(optimizer)
        groups = len(optimizer.param_groups)
        self.lr_lambdas = list(lr_lambda) if isinstance(lr_lambda, Sequence) else [lr_lambda] * groups
        if not all(map(callable, self.lr_lambdas)):
            raise ArgumentError(f"LambdaLR: got {lr_lambda!r}, needs a function epoch -> factor, or one for each group")
        if len(self.lr_lambdas) != groups:
            raise ArgumentError(f"LambdaLR: {len(self.lr_lambdas)} functions for {groups} parameter groups")
        super().__init__(optimizer, last_epoch)

    def factor(self, epoch: int, number: int) -> float:
        return self.lr_lambdas[number](epoch)


class StepLR(LRScheduler):
    """lr0 * gamma ** (epoch // step_size)"""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        if step_size < 1:
            raise ArgumentError(f"StepLR: step_size={step_size}; needs at least 1")
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, epoch: int, number: int) -> float:
        return self.gamma ** (epoch // self.step_size)


class HyperbolicLR(LRScheduler):
    """lr0 / (1 + epoch * decay_rate)"""

    def __init__(self, optimizer: Optimizer, decay_rate: float, last_epoch: int = -1) -> None:
        if not decay_rate >= 0:
            raise ArgumentError(f"HyperbolicLR: decay_rate={decay_rate}; needs at least 0")
        self.decay_rate = decay_rate
        super().__init__(optimizer, last_epoch)

    def factor(self, epoch: int, number: int) -> float:
        return 1 / (1 + epoch * self.decay_rate)
