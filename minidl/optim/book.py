"""The book's optimizers, as Andrew Ng's course writes them.

Momentum is a moving average of gradients that starts from zero; RMSProp corrects the bias of its average and has eps
under the root.  `minidl.optim.SGD` and `Adam` follow PyTorch's formulas instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Any

import numpy as np

from .. import kernels
from .optimizer import Optimizer, check


class GradientDescent(Optimizer):
    """w = w - lr * g.   With weight decay, g includes weight_decay * w."""

    def __init__(self, params: Iterable[Any], lr: float = 0.01, weight_decay: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})

    def check(self, group: dict[str, Any]) -> None:
        check("GradientDescent", lr=(group["lr"], 0, inf), weight_decay=(group["weight_decay"], 0, inf))

    def update(self, parameter: Any, gradient: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        kernels.of(parameter).gradient_descent_step(parameter, gradient, group["lr"], group["weight_decay"])


class Momentum(Optimizer):
    """v = beta * v + (1 - beta) * g;   w = w - lr * v."""

    def __init__(self, params: Iterable[Any], lr: float = 0.01, beta: float = 0.9, weight_decay: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "beta": beta, "weight_decay": weight_decay})

    def check(self, group: dict[str, Any]) -> None:
        check("Momentum", lr=(group["lr"], 0, inf), beta=(group["beta"], 0, 1))
        check("Momentum", weight_decay=(group["weight_decay"], 0, inf))

    def update(self, parameter: Any, gradient: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state["velocity"] = np.zeros_like(parameter)
        kernels.of(parameter).momentum_step(
            parameter, gradient, state["velocity"], group["lr"], group["beta"], group["weight_decay"]
        )


class RMSProp(Optimizer):
    """s = beta * s + (1 - beta) * g**2;   w = w - lr * g / sqrt(s / (1 - beta**t) + eps).

    bias_correction   False: without the division by 1 - beta**t
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 0.01,
        beta: float = 0.999,
        eps: float = 1e-8,
        bias_correction: bool = True,
        weight_decay: float = 0.0,
    ) -> None:
        options = {"lr": lr, "beta": beta, "eps": eps, "bias_correction": bias_correction}
        super().__init__(params, {**options, "weight_decay": weight_decay})

    def check(self, group: dict[str, Any]) -> None:
        check("RMSProp", lr=(group["lr"], 0, inf), beta=(group["beta"], 0, 1), eps=(group["eps"], 0, inf))
        check("RMSProp", weight_decay=(group["weight_decay"], 0, inf))

    def update(self, parameter: Any, gradient: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, square_average=np.zeros_like(parameter))
        state["step"] += 1
        correction = 1 - group["beta"] ** state["step"] if group["bias_correction"] else 1.0
        kernels.of(parameter).rmsprop_step(
            parameter,
            gradient,
            state["square_average"],
            group["lr"],
            group["beta"],
            group["eps"],
            correction,
            group["weight_decay"],
        )
