"""SGD, by PyTorch's formulas."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Any

import numpy as np

from .. import kernels
from ..errors import ArgumentError
from .optimizer import Optimizer, check


class SGD(Optimizer):
    """buffer = momentum * buffer + (1 - dampening) * g, starting as g;   w = w - lr * buffer.

    nesterov   w = w - lr * (g + momentum * buffer)
    maximize   with -g in the place of g
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        super().__init__(params, {**options, "nesterov": nesterov, "maximize": maximize})

    def check(self, group: dict[str, Any]) -> None:
        check("SGD", lr=(group["lr"], 0, inf), momentum=(group["momentum"], 0, inf))
        check("SGD", weight_decay=(group["weight_decay"], 0, inf))
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ArgumentError("SGD: nesterov=True needs momentum above 0 and dampening 0")

    def update(self, parameter: Any, gradient: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        kernel = kernels.of(parameter)
        if group["maximize"]:
            gradient = -gradient
        if group["momentum"] == 0:
            kernel.gradient_descent_step(parameter, gradient, group["lr"], group["weight_decay"])
            return
        dampening = group["dampening"] if state else 0.0
        if not state:
            state["momentum_buffer"] = np.zeros_like(parameter)
        kernel.sgd_step(
            parameter,
            gradient,
            state["momentum_buffer"],
            group["lr"],
            group["momentum"],
            dampening,
            group["weight_decay"],
            group["nesterov"],
        )
