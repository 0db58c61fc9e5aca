"""Optimizers whose steps depend on the signs of gradients: Rprop, by PyTorch's formulas, and Lion."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .. import kernels
from ..errors import ArgumentError
from .adam import WithMoments
from .optimizer import Call, Optimizer, Params, given, next_step, shared_numbers
from .options import AT_LEAST_0, Range, check_pair


class Rprop(Optimizer):
    """w = w - size * sign(g).  Where g keeps its sign, size = size * etas[1]; where it turns, size = size * etas[0] and
    w stays.  Sizes start as lr and stay within step_sizes.  Riedmiller & Braun 1993; for whole data sets, not batches.
    """

    ranges: ClassVar[dict[str, Range]] = {"lr": AT_LEAST_0}

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    def check(self, group: dict[str, Any]) -> None:
        super().check(group)
        for name in ("etas", "step_sizes"):
            check_pair("Rprop", name, group[name])
        if not 0 < group["etas"][0] < 1 < group["etas"][1]:
            raise ArgumentError(f"Rprop: etas={group['etas']}; needs 0 < etas[0] < 1 < etas[1]")

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("prev", "step_size")

    def begin(self, parameter: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        state = super().begin(parameter, group)
        state["step_size"].array.fill(float(group["lr"]))
        return state

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> Call:
        next_step(state)
        arrays = (parameter, gradient, state["prev"].array, state["step_size"].array)
        numbers = (-1 if group["maximize"] else 1, 0, 1, *group["etas"], *group["step_sizes"])
        return kernels.of(parameter).rprop_step, (*arrays, *numbers)


class Lion(Optimizer):
    """w = w - lr * (sign(b1 * m + (1 - b1) * g) + weight_decay * w);   m = b2 * m + (1 - b2) * g.

    Every weight moves by lr, so lr is to be 3 to 10 times smaller than Adam's.  Chen et al. 2023, algorithm 2.
    """

    ranges: ClassVar[dict[str, Range]] = {name: WithMoments.ranges[name] for name in ("lr", "betas", "weight_decay")}

    def __init__(
        self,
        params: Params,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("exp_avg",)

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> Call:
        next_step(state)
        beta1, beta2 = map(float, group["betas"])
        return kernels.of(parameter).lion_step, (
            parameter,
            gradient,
            state["exp_avg"].array,
            *shared_numbers(group, decoupled=True),
            group["lr"],
            1 - beta1,
            1 - beta2,
        )
