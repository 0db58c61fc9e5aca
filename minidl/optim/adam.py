"""Adam (Kingma & Ba 2015), by PyTorch's formulas; the book's are the same."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Any

import numpy as np

from .. import kernels
from ..errors import ArgumentError
from .optimizer import Optimizer, check


class Adam(Optimizer):
    """m = b1 * m + (1 - b1) * g;   v = b2 * v + (1 - b2) * g**2;
    w = w - lr * m / (1 - b1**t) / (sqrt(v / (1 - b2**t)) + eps).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    def check(self, group: dict[str, Any]) -> None:
        check("Adam", lr=(group["lr"], 0, inf), eps=(group["eps"], 0, inf))
        if len(group["betas"]) != 2:
            raise ArgumentError(f"Adam: betas={group['betas']}; needs two numbers")
        check("Adam", beta1=(group["betas"][0], 0, 1), beta2=(group["betas"][1], 0, 1))
        check("Adam", weight_decay=(group["weight_decay"], 0, inf))

    def update(self, parameter: Any, gradient: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(parameter), exp_avg_sq=np.zeros_like(parameter))
        state["step"] += 1
        beta1, beta2 = group["betas"]
        kernels.of(parameter).adam_step(
            parameter,
            gradient,
            state["exp_avg"],
            state["exp_avg_sq"],
            group["lr"],
            beta1,
            beta2,
            group["eps"],
            group["weight_decay"],
            1 - beta1 ** state["step"],
            1 - beta2 ** state["step"],
        )
