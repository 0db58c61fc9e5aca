"""ReduceLROnPlateau: smaller steps when a measured quantity stops improving."""

from __future__ import annotations

import math
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler


class ReduceLROnPlateau(LRScheduler):
    """lr * factor, after more than `patience` epochs without a better value: call `step(value)` once an epoch.

    mode             "min": less is better; "max": more
    threshold        better means by this much: a share of the best value ("rel"), or the difference ("abs")
    cooldown         epochs after a reduction in which bad ones do not count
    min_lr           no rate becomes less; one, or one for each group
    eps              rates that would change by less stay
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        self._require(factor < 1, f"factor={factor}; needs a number below 1")
        self._require(mode in ("min", "max"), f"mode={mode!r}; needs 'min' or 'max'")
        self._require(threshold_mode in ("rel", "abs"), f"threshold_mode={threshold_mode!r}; needs 'rel' or 'abs'")
        self._use(optimizer)
        self.factor = factor
        self.default_min_lr = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.min_lrs = self._each_group("min_lr", min_lr)
        self.patience = patience
        self.cooldown = cooldown
        self.eps = eps
        self.mode = mode
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.mode_worse = math.inf if mode == "min" else -math.inf
        self.last_epoch = 0
        self._note_rates()
        self._reset()

    def _reset(self) -> None:
        """Forget the best value and the bad epochs."""
        self.best = self.mode_worse
        self.cooldown_counter = 0
        self.num_bad_epochs = 0

    @property
    def in_cooldown(self) -> bool:
        """Whether bad epochs do not count now."""
        return self.cooldown_counter > 0

    def is_better(self, value: float) -> bool:
        """Whether `value` is better than the best so far, by the threshold."""
        gain = -1 if self.mode == "min" else 1
        if self.threshold_mode == "rel":
            needed = self.best * (1.0 + gain * self.threshold)
        else:
            needed = self.best + gain * self.threshold
        return value < needed if self.mode == "min" else value > needed

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Note the value of an epoch, and reduce the rates when it is time.

        metrics   a number or a tensor of one element
        """
        value = float(metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self.is_better(value):
            self.best = value
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._note_rates()

    def _reduce(self) -> None:
        rates = self.rates()
        if len(rates) != len(self.min_lrs):
            self._require(
                self.default_min_lr is not None,
                f"{len(self.min_lrs)} values of min_lr for {len(rates)} parameter groups; set `min_lrs` anew",
            )
            self.min_lrs = [self.default_min_lr] * len(rates)
        reduced = [max(lr * self.factor, least) for lr, least in zip(rates, self.min_lrs, strict=True)]
        self._set_rates([new if old - new > self.eps else old for old, new in zip(rates, reduced, strict=True)])
