"""LRScheduler: when rates are set, what is counted, what is saved."""

from __future__ import annotations

import copy
import functools
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from ...errors import ArgumentError, CheckpointError, MinidlWarning
from ...tensor import Tensor
from ..optimizer import Optimizer


def _for_step_alone(get_lr: Callable[..., list[float]]) -> Callable[..., list[float]]:
    """A class's `get_lr`, which warns when called by others than `step`: its rates may follow from those before."""

    @functools.wraps(get_lr)
    def call(self: LRScheduler) -> list[float]:
        if not self._get_lr_called_within_step:
            warnings.warn(
                f"{type(self).__name__}.get_lr() computes the next rates; call get_last_lr() for the present ones",
                MinidlWarning,
                stacklevel=2,
            )
        return get_lr(self)

    return call


class LRScheduler:
    """The base: a subclass defines `get_lr()`, the rate of each group for `self.last_epoch`.

    Rates that follow from those before (`self.rates()`) let several schedulers work on one optimizer.  A subclass may
    also define `_get_closed_form_lr()`, the rates as a function of `self.last_epoch` alone, for `step(epoch)`.

    last_epoch   of a training that goes on: the last one done, for an optimizer whose state has been loaded

    Raises ArgumentError for what is no optimizer, and for last_epoch >= 0 where no schedule has been.
    """

    _get_lr_called_within_step = False

    unsaved: tuple[str, ...] = ("optimizer",)
    """Attributes that `state_dict` leaves out."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "get_lr" in cls.__dict__:
            cls.get_lr = _for_step_alone(cls.__dict__["get_lr"])  # type: ignore[method-assign]

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self._use(optimizer)
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copy.deepcopy(group["lr"]))
            elif "initial_lr" not in group:
                raise ArgumentError(
                    f"{type(self).__name__}: last_epoch={last_epoch}, but group {number} has no 'initial_lr'; "
                    "load the optimizer's state first"
                )
        self.base_lrs = [float(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._get_lr_called_within_step = False
        self._is_initial = False
        self._initial_step()

    def _use(self, optimizer: Any) -> None:
        if not isinstance(optimizer, Optimizer):
            raise ArgumentError(f"{type(self).__name__}: got a {type(optimizer).__name__}, needs an optimizer")
        self.optimizer = optimizer

    def _initial_step(self) -> None:
        """Set the rates of the first epoch."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    # --- rates --------------------------------------------------------------------------------------------------------

    def rates(self) -> list[float]:
        """The present rate of each group."""
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def get_lr(self) -> list[float]:
        """The rates of `self.last_epoch`: to be defined by the subclass, and called by `step` alone."""
        raise ArgumentError(f"{type(self).__name__} defines no get_lr()")

    def get_last_lr(self) -> list[Any]:
        """The rate of each group that this scheduler has set last."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Set the rates of the next epoch; or of `epoch`, as PyTorch has it for older programs."""
        if self._step_count == 1 and self.last_epoch >= 0 and not self.optimizer._opt_called:
            warnings.warn(
                f"{type(self).__name__}.step() came before the first optimizer.step(), so the first rate of the "
                "schedule is never used; call optimizer.step() first",
                MinidlWarning,
                stacklevel=2,
            )
        self._step_count += 1
        if epoch is not None:
            warnings.warn(
                f"{type(self).__name__}.step(epoch={epoch}): schedulers count epochs; call step()",
                MinidlWarning,
                stacklevel=2,
            )
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        closed = getattr(self, "_get_closed_form_lr", None)
        self._set_rates(self._computed() if epoch is None or closed is None else closed())

    def _computed(self) -> list[float]:
        """`get_lr()`, called within a step."""
        self._get_lr_called_within_step = True
        try:
            return self.get_lr()
        finally:
            self._get_lr_called_within_step = False

    def _set_present_rates(self) -> None:
        """Set the rates of the present epoch anew, unless this is part of a sequence and has not begun."""
        if self.last_epoch >= 0:
            self._set_rates(self._computed())

    def _set_rates(self, values: list[float]) -> None:
        for group, value in zip(self.optimizer.param_groups, values, strict=True):
            if isinstance(group["lr"], Tensor):
                group["lr"].array.fill(value)
            else:
                group["lr"] = float(value)
        self._note_rates()

    def _note_rates(self) -> None:
        self._last_lr = [copy.deepcopy(group["lr"]) for group in self.optimizer.param_groups]

    # --- arguments ----------------------------------------------------------------------------------------------------

    def _each_group(self, name: str, value: Any) -> list[Any]:
        """`value` for every group: itself, or its entries if it is a list of them.

        Raises ArgumentError for a list of another length.
        """
        groups = len(self.optimizer.param_groups)
        if not isinstance(value, (list, tuple)):
            return [value] * groups
        if len(value) != groups:
            raise ArgumentError(f"{type(self).__name__}: {name} has {len(value)} entries for {groups} parameter groups")
        return list(value)

    def _require(self, condition: bool, what: str) -> None:
        """Raise ArgumentError naming this scheduler unless the condition holds."""
        if not condition:
            raise ArgumentError(f"{type(self).__name__}: {what}")

    # --- state --------------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """What is needed to continue, together with the optimizer's state; functions are not part of it."""
        return {name: value for name, value in vars(self).items() if name not in self.unsaved}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a saved state.  The optimizer's state, with the present rates, is to be loaded, too.

        Raises CheckpointError when it is no such state, or of other parameter groups.
        """
        self._check_state(state_dict)
        vars(self).update(copy.deepcopy({k: v for k, v in state_dict.items() if k not in self.unsaved}))

    def _check_state(self, state_dict: Any) -> None:
        place = f"{type(self).__name__}.load_state_dict"
        if not isinstance(state_dict, Mapping):
            raise CheckpointError(f"{place}: got a {type(state_dict).__name__}, needs a dict, as state_dict() gives")
        missing = sorted(set(self.state_dict()) - set(state_dict) - {"_is_initial", "_get_lr_called_within_step"})
        if missing:
            raise CheckpointError(f"{place}: the state is of another schedule: it has no {', '.join(missing)}")
        here, there = len(self.optimizer.param_groups), len(state_dict.get("base_lrs", self.optimizer.param_groups))
        if here != there:
            raise CheckpointError(f"{place}: {there} learning rates for {here} parameter groups")
