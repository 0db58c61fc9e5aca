"""Rates that rise and fall, with the momentum going the other way: one cycle, or many."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler


class _WithMomentum(LRScheduler):
    """A schedule that may also set `momentum`, or the first of `betas`."""

    cycle_momentum: bool
    use_beta1: bool

    def _start_momentum(self, base: Any, most: Any, last_epoch: int) -> tuple[list[float], list[float]]:
        """Let every group start from its greatest momentum.  Returns the least and the greatest of each."""
        options = self.optimizer.defaults
        self._require(
            "momentum" in options or "betas" in options,
            "cycle_momentum=True needs an optimizer with momentum or betas; give cycle_momentum=False",
        )
        self.use_beta1 = "betas" in options
        least, greatest = self._each_group("base_momentum", base), self._each_group("max_momentum", most)
        if last_epoch == -1:
            for group, low, high in zip(self.optimizer.param_groups, least, greatest, strict=True):
                self._set_momentum(group, high)
                group["max_momentum"] = high
                group["base_momentum"] = low
        return least, greatest

    def _set_momentum(self, group: dict[str, Any], momentum: float) -> None:
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum


class OneCycleLR(_WithMomentum):
    """Up from max_lr / div_factor to max_lr, then down to a final_div_factor-th of the start (Smith & Topin 2018).

    One step is one batch: total_steps, or epochs * steps_per_epoch of them.

    pct_start         the share of the steps that the rise takes
    anneal_strategy   "cos" or "linear"
    cycle_momentum    the momentum goes from max_momentum to base_momentum and back
    three_phase       down to the start in as many steps as up, then further down in the rest
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        self._use(optimizer)
        self.total_steps = self._count(total_steps, epochs, steps_per_epoch)
        self._require(
            isinstance(pct_start, float) and 0 <= pct_start <= 1, f"pct_start={pct_start}; needs a float from 0 to 1"
        )
        self._require(
            anneal_strategy in ("cos", "linear"), f"anneal_strategy={anneal_strategy!r}; needs 'cos' or 'linear'"
        )
        self._anneal_func_type = anneal_strategy
        rise = float(pct_start * self.total_steps) - 1
        up = _phase(rise, "initial_lr", "max_lr", "max_momentum", "base_momentum")
        last = self.total_steps - 1
        if three_phase:
            down = _phase(
                float(2 * pct_start * self.total_steps) - 2, "max_lr", "initial_lr", "base_momentum", "max_momentum"
            )
            self._schedule_phases = [up, down, _phase(last, "initial_lr", "min_lr", "max_momentum", "max_momentum")]
        else:
            self._schedule_phases = [up, _phase(last, "max_lr", "min_lr", "base_momentum", "max_momentum")]
        greatest = self._each_group("max_lr", max_lr)
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, greatest, strict=True):
                group["initial_lr"] = rate / div_factor
                group["max_lr"] = rate
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._start_momentum(base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def _count(self, total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
        if total_steps is not None:
            self._require(
                isinstance(total_steps, int) and total_steps > 0,
                f"total_steps={total_steps}; needs a whole number of at least 1",
            )
            return total_steps
        if epochs is None or steps_per_epoch is None:
            self._require(False, "give total_steps, or both epochs and steps_per_epoch")
        for name, count in (("epochs", epochs), ("steps_per_epoch", steps_per_epoch)):
            self._require(isinstance(count, int) and count > 0, f"{name}={count}; needs a whole number of at least 1")
        return epochs * steps_per_epoch  # type: ignore[operator]

    def get_lr(self) -> list[float]:
        self._require(
            self.last_epoch <= self.total_steps,
            f"step {self.last_epoch} of {self.total_steps}; the schedule has ended: give a greater total_steps",
        )
        start = 0.0
        for phase in self._schedule_phases:
            if self.last_epoch <= phase["end_step"]:
                break
            start = phase["end_step"]
        else:
            start = self._schedule_phases[-2]["end_step"]
        share = (self.last_epoch - start) / (phase["end_step"] - start)
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                between = group[phase["start_momentum"]], group[phase["end_momentum"]]
                self._set_momentum(group, self._between(*between, share))
        return [
            self._between(group[phase["start_lr"]], group[phase["end_lr"]], share)
            for group in self.optimizer.param_groups
        ]

    def _between(self, start: float, end: float, share: float) -> float:
        """`start` at share 0, `end` at 1."""
        if self._anneal_func_type == "cos":
            return end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1)
        return (end - start) * share + start


def _phase(end_step: float, start_lr: str, end_lr: str, start_momentum: str, end_momentum: str) -> dict[str, Any]:
    """A stretch of the cycle: its last step, and the names of a group's options between which it goes."""
    return {
        "end_step": end_step,
        "start_lr": start_lr,
        "end_lr": end_lr,
        "start_momentum": start_momentum,
        "end_momentum": end_momentum,
    }


class CyclicLR(_WithMomentum):
    """Up from base_lr to max_lr in step_size_up steps and down in step_size_down, again and again (Smith 2017).

    mode             "triangular"; "triangular2", each cycle half as high as the last; "exp_range", times gamma ** step
    scale_fn         what the height is multiplied by instead: scale_fn(cycle), from 1, or scale_fn(step), as scale_mode
                     "cycle" or "iterations" says
    cycle_momentum   the momentum goes from max_momentum to base_momentum and back
    """

    unsaved = ("optimizer", "_scale_fn_custom")

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float = 0.8,
        max_momentum: float = 0.9,
        last_epoch: int = -1,
    ) -> None:
        self._use(optimizer)
        lowest = self._each_group("base_lr", base_lr)
        self.max_lrs = self._each_group("max_lr", max_lr)
        up, down = float(step_size_up), float(step_size_up if step_size_down is None else step_size_down)
        self._require(up > 0 and down >= 0, f"step_size_up={step_size_up}, step_size_down={step_size_down}; need steps")
        self.total_size = up + down
        self.step_ratio = up / self.total_size
        self._require(
            scale_fn is not None or mode in ("triangular", "triangular2", "exp_range"),
            f"mode={mode!r}; needs 'triangular', 'triangular2' or 'exp_range', or a scale_fn",
        )
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode if scale_fn else "iterations" if mode == "exp_range" else "cycle"
        if last_epoch == -1:
            self._set_rates(lowest)
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.base_momentums, self.max_momentums = self._start_momentum(base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = lowest

    def scale_fn(self, x: float) -> float:
        """What the height of cycle `x`, or of step `x`, is multiplied by."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        return {"triangular": 1.0, "triangular2": 2.0 ** (1 - x), "exp_range": self.gamma**x}[self.mode]

    def get_lr(self) -> list[float]:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        position = 1.0 + self.last_epoch / self.total_size - cycle
        rising = position <= self.step_ratio
        height = position / self.step_ratio if rising else (position - 1) / (self.step_ratio - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for group, low, high in zip(
                self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True
            ):
                self._set_momentum(group, high - (high - low) * height * scale)
        return [low + (high - low) * height * scale for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "_scale_fn_custom": None}
