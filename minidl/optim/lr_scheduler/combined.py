"""Several schedules on one optimizer: one after the other, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from ...errors import CheckpointError
from ..optimizer import Optimizer
from .base import LRScheduler
from .plateau import ReduceLROnPlateau


class _Combined(LRScheduler):
    """The state is that of the parts, and of what combines them."""

    unsaved = ("optimizer", "_schedulers")

    def _take(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> None:
        self._require(len(schedulers) > 0, "got no schedulers; needs at least one")
        for position, scheduler in enumerate(schedulers):
            self._require(
                isinstance(scheduler, LRScheduler),
                f"entry {position} is a {type(scheduler).__name__}, needs a scheduler",
            )
            self._require(
                not isinstance(scheduler, ReduceLROnPlateau),
                f"entry {position} is a ReduceLROnPlateau, whose step needs a value; step it apart",
            )
        optimizer = schedulers[0].optimizer if optimizer is None else optimizer
        for position, scheduler in enumerate(schedulers):
            self._require(
                scheduler.optimizer is optimizer, f"entry {position} is of another optimizer; all need the same one"
            )
        self._use(optimizer)
        self._schedulers = list(schedulers)

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._check_state(state_dict)
        parts = state_dict["_schedulers"]
        if len(parts) != len(self._schedulers):
            raise CheckpointError(
                f"{type(self).__name__}.load_state_dict: {len(parts)} schedulers in the state, {len(self._schedulers)} "
                "here"
            )
        for scheduler, part in zip(self._schedulers, parts, strict=True):
            scheduler._check_state(part)
        rates = self.rates()
        for scheduler, part in zip(self._schedulers, parts, strict=True):
            scheduler.load_state_dict(part)
        self._set_rates(rates)  # some parts have set their own
        super().load_state_dict(state_dict)


class SequentialLR(_Combined):
    """The first schedule up to epoch milestones[0], then the second, from its start, up to milestones[1], and so on."""

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: list[int], last_epoch: int = -1
    ) -> None:
        self._use(optimizer)
        self._take(schedulers, optimizer)
        self._require(
            len(milestones) == len(schedulers) - 1,
            f"{len(schedulers)} schedulers and {len(milestones)} milestones; needs one milestone less",
        )
        self._require(
            not any(isinstance(scheduler, _Combined) for scheduler in schedulers[1:]),
            "a combined schedule cannot start at a milestone; put it first, or give its parts here",
        )
        self._milestones = list(milestones)
        self.last_epoch = last_epoch + 1
        self._set_rates([float(group["initial_lr"]) for group in optimizer.param_groups])
        _undo_first_step(self)  # each part has set rates as it was made
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self, epoch: int | None = None) -> None:
        """Set the rates of the next epoch."""
        self._require(epoch is None, "step(epoch) is not defined; call step()")
        self.last_epoch += 1
        number = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[number]
        if number > 0 and self._milestones[number - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


def _undo_first_step(scheduler: LRScheduler) -> None:
    if isinstance(scheduler, _Combined):
        for part in scheduler._schedulers:
            _undo_first_step(part)
    else:
        scheduler.last_epoch -= 1


class ChainedScheduler(_Combined):
    """All schedules at once: each changes the rates that those before it have set."""

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self._take(schedulers, optimizer)
        self._note_rates()

    def step(self, epoch: int | None = None) -> None:
        """Set the rates of the next epoch."""
        self._require(epoch is None, "step(epoch) is not defined; call step()")
        for scheduler in self._schedulers:
            scheduler.step()
        self._note_rates()
