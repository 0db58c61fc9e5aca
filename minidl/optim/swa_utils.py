"""Averages of weights along a training: stochastic weight averaging (Izmailov et al. 2018) and exponential ones.

averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.999))
...
optimizer.step()
averaged.update_parameters(model)
...
update_bn(loader, averaged)     # running statistics of the averaged weights
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from typing import Any

from ..autograd import no_grad
from ..errors import ArgumentError
from ..nn import Module
from ..ops.creation import tensor
from ..tensor import Tensor
from .lr_scheduler import LRScheduler
from .optimizer import Optimizer

Average = Callable[[Tensor, Tensor, Any], Tensor]
"""(the average, a model's parameter, how many have been averaged) -> the new average."""

MultiAverage = Callable[[list[Tensor], list[Tensor], Any], None]
"""The same for all parameters at once, in place."""


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """decay * average + (1 - decay) * parameter"""
    _check_decay("get_ema_avg_fn", decay)

    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> Average:
    """average + (parameter - average) / (how many + 1): the mean of all"""

    def swa_update(averaged_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverage:
    """average = average + (1 - decay) * (parameter - average), in place; whole numbers are rounded towards zero"""
    _check_decay("get_ema_multi_avg_fn", decay)

    def ema_update(ema_param_list: list[Tensor], current_param_list: list[Tensor], _: Any) -> None:
        _approach(ema_param_list, current_param_list, 1 - decay)

    return ema_update


def get_swa_multi_avg_fn() -> MultiAverage:
    """average = average + (parameter - average) / (how many + 1), in place; whole numbers are rounded towards zero"""

    def swa_update(averaged_param_list: list[Tensor], current_param_list: list[Tensor], num_averaged: Any) -> None:
        _approach(averaged_param_list, current_param_list, 1 / (int(num_averaged) + 1))

    return swa_update


def _check_decay(function: str, decay: float) -> None:
    if not 0 <= decay <= 1:
        raise ArgumentError(f"{function}: decay={decay}; needs a number from 0 to 1")


@no_grad()
def _approach(averages: list[Tensor], parameters: list[Tensor], share: float) -> None:
    """Move each average by `share` of its way to the parameter."""
    for average, parameter in zip(averages, parameters, strict=True):
        if average.is_floating_point():
            average.lerp_(parameter, share)
        else:
            average.copy_(average * (1 - share) + parameter * share)


class AveragedModel(Module):
    """A copy of `model` whose parameters are averages: `update_parameters(model)` takes in the present ones.

    avg_fn         the average of one parameter; by default their mean
    multi_avg_fn   the average of all at once, in its place
    use_buffers    buffers are averaged, too; else the latest are copied

    Raises ArgumentError when both functions are given.
    """

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: MultiAverage | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ArgumentError("AveragedModel: got both avg_fn and multi_avg_fn; give one of them")
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module.to(device=device)
        self.register_buffer("n_averaged", tensor(0))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    @no_grad()
    def update_parameters(self, model: Module) -> None:
        """Average the model's parameters in; the first time they are copied."""
        averages, current = (self._averaged(module) for module in (self.module, model))
        pairs = list(zip(averages, current, strict=True))
        if self.n_averaged.item() == 0:
            for average, parameter in pairs:
                average.copy_(parameter)
        elif self.avg_fn is not None:
            for average, parameter in pairs:
                average.copy_(self.avg_fn(average, parameter, self.n_averaged))
        else:
            (self.multi_avg_fn or get_swa_multi_avg_fn())(averages, current, self.n_averaged)
        if not self.use_buffers:
            for own, latest in zip(self.module.buffers(), model.buffers(), strict=True):
                own.copy_(latest)
        self.n_averaged += 1

    def _averaged(self, module: Module) -> list[Tensor]:
        """What is averaged of a module."""
        buffers = module.buffers() if self.use_buffers else ()
        return [value.detach() for value in (*module.parameters(), *buffers)]


@no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running statistics of batch norms anew, as plain averages over the batches of `loader`.

    loader   gives inputs, or lists and tuples whose first entry is the input
    """
    norms = [module for module in model.modules() if _has_running_statistics(module)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    was_training = model.training
    model.train()
    for norm in norms:
        norm.running_mean.zero_()
        norm.running_var.fill_(1)
        norm.num_batches_tracked.zero_()
        norm.momentum = None
    for batch in loader:
        x = batch[0] if isinstance(batch, (list, tuple)) else batch
        model(x if device is None else x.to(device=device))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.train(was_training)


def _has_running_statistics(module: Any) -> bool:
    return type(module).__name__.startswith(("BatchNorm", "SyncBatchNorm")) and module.running_mean is not None


class SWALR(LRScheduler):
    """From the present rate to `swa_lr` in anneal_epochs epochs, along half a cosine or a line; then constant."""

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        self._use(optimizer)
        self._require(
            anneal_strategy in ("cos", "linear"), f"anneal_strategy={anneal_strategy!r}; needs 'cos' or 'linear'"
        )
        self._require(
            isinstance(anneal_epochs, int) and anneal_epochs >= 0,
            f"anneal_epochs={anneal_epochs}; needs a whole number of at least 0",
        )
        for group, rate in zip(optimizer.param_groups, self._each_group("swa_lr", swa_lr), strict=True):
            group["swa_lr"] = rate
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        step = max(1, self._step_count - 1) if self.anneal_epochs == 0 else self._step_count - 1
        before, now = self._share(step - 1), self._share(step)
        rates = []
        for group, lr in zip(self.optimizer.param_groups, self.rates(), strict=True):
            goal = group["swa_lr"]
            start = goal if before == 1 else (lr - before * goal) / (1 - before)
            rates.append(goal * now + start * (1 - now))
        return rates

    def _share(self, step: int) -> float:
        """How much of the way to `swa_lr` is done after `step` steps."""
        t = max(0, min(1, step / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * t)) / 2 if self._anneal_strategy == "cos" else t
