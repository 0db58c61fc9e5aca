"""The picture of a schedule."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...files import whole_file
from ...ops.creation import ones
from ..optimizer import Optimizer
from ..sgd import SGD
from .base import LRScheduler
from .combined import ChainedScheduler
from .plateau import ReduceLROnPlateau

COLOURS = ("#d1495b", "#2e6f95", "#edae49", "#66a182", "#8d6a9f", "#7a8ba6")


def plot_schedule(
    scheduler: LRScheduler | Callable[[Optimizer], LRScheduler],
    epochs: int,
    path: str | os.PathLike[str],
    metrics: Sequence[float] | None = None,
) -> None:
    """Draw the learning rates of the next `epochs` epochs as a PNG, and the momentum where the schedule changes it.

    scheduler   neither it nor its optimizer is changed; or a function of an optimizer, of which the scheduler is made
                for one with lr=0.1 and momentum=0.9: `lambda optimizer: StepLR(optimizer, 10)`
    metrics     for ReduceLROnPlateau: the value of each epoch

    Raises ArgumentError for what is no scheduler, no epochs, and missing metrics.
    """
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
        raise ArgumentError(f"plot_schedule: epochs={epochs!r}; needs a whole number of at least 1")
    studied = _apart(scheduler)
    if isinstance(studied, ReduceLROnPlateau) and (metrics is None or len(metrics) < epochs - 1):
        raise ArgumentError(f"plot_schedule: ReduceLROnPlateau follows a value; give {epochs - 1} of them as metrics")
    counting = studied
    while isinstance(counting, ChainedScheduler):
        counting = counting._schedulers[0]
    first = counting.last_epoch
    rates, momenta = _followed(studied, epochs, metrics)
    with whole_file(os.fspath(path)) as file:
        _draw(file, type(studied).__name__, np.arange(first, first + epochs), rates, momenta)


def _apart(scheduler: Any) -> LRScheduler:
    """The scheduler on a copy of its optimizer that has no parameters."""
    if not isinstance(scheduler, LRScheduler):
        made = scheduler(SGD([ones(1).requires_grad_()], lr=0.1, momentum=0.9)) if callable(scheduler) else scheduler
        if not isinstance(made, LRScheduler):
            raise ArgumentError(
                f"plot_schedule: got a {type(made).__name__}; needs a scheduler, or a function optimizer -> scheduler"
            )
        scheduler = made
    optimizer = copy.copy(scheduler.optimizer)
    optimizer.param_groups = [
        copy.deepcopy({name: value for name, value in group.items() if name != "params"})
        for group in optimizer.param_groups
    ]
    optimizer._opt_called = True
    studied: LRScheduler = copy.deepcopy(scheduler, {id(scheduler.optimizer): optimizer})
    return studied


def _followed(
    scheduler: LRScheduler, epochs: int, metrics: Sequence[float] | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """The rates (epochs, groups) and, if there is any, the momentum of the first group (epochs,)."""
    groups = scheduler.optimizer.param_groups
    rates, momenta = [], []
    for epoch in range(epochs):
        if epoch:
            if isinstance(scheduler, ReduceLROnPlateau) and metrics is not None:
                scheduler.step(metrics[epoch - 1])
            else:
                scheduler.step()
        rates.append([float(group["lr"]) for group in groups])
        momenta.append(float(groups[0]["betas"][0] if "betas" in groups[0] else groups[0].get("momentum", 0.0)))
    return np.array(rates), np.array(momenta) if np.ptp(momenta) > 0 else None


def _draw(file: Any, title: str, epochs: np.ndarray, rates: np.ndarray, momenta: np.ndarray | None) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.6 if momenta is None else 5.2), layout="constrained")
    FigureCanvasAgg(figure)
    heights = [1.0] if momenta is None else [2.0, 1.0]
    panels = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    marker = "o" if len(epochs) <= 60 else ""
    style = {"marker": marker, "markersize": 3.5, "linewidth": 1.8, "clip_on": False}
    for group in range(rates.shape[1]):
        label = f"group {group}: {rates[0, group]:.3g} to {rates[-1, group]:.3g}"
        panels[0].plot(epochs, rates[:, group], color=COLOURS[group % len(COLOURS)], label=label, **style)
    panels[0].set_ylabel("learning rate")
    panels[0].set_ylim(0, 1.06 * max(rates.max(), 1e-30))
    panels[0].set_title(title, loc="left", fontweight="bold")
    if rates.shape[1] > 1:
        # above the axes, where no curve can run into it
        place = {"loc": "lower right", "bbox_to_anchor": (1, 0.98), "borderaxespad": 0, "ncols": 3}
        panels[0].legend(frameon=False, fontsize="small", **place)
    else:
        panels[0].set_title(f"{rates[0, 0]:.3g} to {rates[-1, 0]:.3g}", loc="right", fontsize="medium")
    if momenta is not None:
        panels[1].plot(epochs, momenta, color=COLOURS[-1], **style)
        panels[1].set_ylabel("momentum")
    for axes in panels:
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(x=0.015)
    panels[-1].set_xlabel("epoch")
    panels[-1].xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    figure.savefig(file, dpi=130, format="png")
