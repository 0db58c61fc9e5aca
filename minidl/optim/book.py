"""The book's optimizers, as Andrew Ng's course writes them.

Momentum is a moving average of gradients that starts from zero; RMSProp corrects the bias of its average and has eps
under the root.  The book's Adam is PyTorch's.  `minidl.optim.SGD` and `RMSprop` follow PyTorch's formulas instead.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .. import kernels
from ..autograd.calling import wrap
from .adam import Adam
from .optimizer import Call, Optimizer, Params, given, next_step, shared_numbers
from .options import AT_LEAST_0, BELOW_1, Range

__all__ = ["Adam", "GradientDescent", "Momentum", "RMSProp"]


class GradientDescent(Optimizer):
    """w = w - lr * g.   With weight decay, g includes weight_decay * w."""

    ranges: ClassVar[dict[str, Range]] = {"lr": AT_LEAST_0, "weight_decay": AT_LEAST_0}

    def __init__(self, params: Params, lr: float = 0.01, weight_decay: float = 0.0) -> None:
        super().__init__(params, given(locals()))

    def begin(self, parameter: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return {}

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> Call:
        return kernels.of(parameter).gradient_descent_step, (parameter, gradient, *shared_numbers(group), group["lr"])


class Momentum(Optimizer):
    """v = beta * v + (1 - beta) * g;   w = w - lr * v."""

    ranges: ClassVar[dict[str, Range]] = {"lr": AT_LEAST_0, "beta": BELOW_1, "weight_decay": AT_LEAST_0}

    def __init__(self, params: Params, lr: float = 0.01, beta: float = 0.9, weight_decay: float = 0.0) -> None:
        super().__init__(params, given(locals()))

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("velocity",)

    def begin(self, parameter: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return {"velocity": wrap(np.zeros_like(parameter))}

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> Call:
        beta = group["beta"]
        numbers = (*shared_numbers(group), group["lr"], beta, 1 - beta)
        return kernels.of(parameter).sgd_step, (parameter, gradient, state["velocity"].array, *numbers)


class RMSProp(Optimizer):
    """s = beta * s + (1 - beta) * g**2;   w = w - lr * g / sqrt(s / (1 - beta**t) + eps).

    bias_correction   False: without the division by 1 - beta**t
    """

    ranges: ClassVar[dict[str, Range]] = {**Momentum.ranges, "eps": AT_LEAST_0}

    def __init__(
        self,
        params: Params,
        lr: float = 0.01,
        beta: float = 0.999,
        eps: float = 1e-8,
        bias_correction: bool = True,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, given(locals()))

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("square_average",)

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> Call:
        t = next_step(state)
        beta = group["beta"]
        factor = 1 / (1 - beta**t) if group["bias_correction"] else 1
        s = state["square_average"].array
        numbers = (*shared_numbers(group), group["lr"], beta, 1 - beta, group["eps"], factor)
        return kernels.of(parameter).book_rmsprop_step, (parameter, gradient, s, *numbers)
