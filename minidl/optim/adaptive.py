"""Adagrad, Adadelta and RMSprop: steps over the size that each weight's gradients have had; PyTorch's formulas."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .. import kernels
from .optimizer import Call, Optimizer, Params, given, next_step, shared_numbers
from .options import AT_LEAST_0, Range


class Adagrad(Optimizer):
    """s = s + g**2;   w = w - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)   (Duchi et al. 2011)."""

    ranges: ClassVar[dict[str, Range]] = dict.fromkeys(
        ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"), AT_LEAST_0
    )

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(params, given(locals()))

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("sum",)

    def begin(self, parameter: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        state = super().begin(parameter, group)
        state["sum"].array.fill(group["initial_accumulator_value"])
        return state

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> Call:
        rate = float(group["lr"]) / (1 + (next_step(state) - 1) * group["lr_decay"])
        numbers = (*shared_numbers(group), rate, group["eps"])
        return kernels.of(parameter).adagrad_step, (parameter, gradient, state["sum"].array, *numbers)


class Adadelta(Optimizer):
    """s = rho * s + (1 - rho) * g**2;   u = g * sqrt(d + eps) / sqrt(s + eps);
    d = rho * d + (1 - rho) * u**2;   w = w - lr * u   (Zeiler 2012, algorithm 1).
    """

    ranges: ClassVar[dict[str, Range]] = {
        "lr": AT_LEAST_0,
        "rho": Range(0, np.nextafter(1, 2)),
        "eps": AT_LEAST_0,
        "weight_decay": AT_LEAST_0,
    }

    def __init__(
        self,
        params: Params,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("square_avg", "acc_delta")

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> Call:
        next_step(state)
        rho = group["rho"]
        s, d = state["square_avg"].array, state["acc_delta"].array
        numbers = (*shared_numbers(group), group["lr"], rho, 1 - rho, group["eps"])
        return kernels.of(parameter).adadelta_step, (parameter, gradient, s, d, *numbers)


class RMSprop(Optimizer):
    """s = alpha * s + (1 - alpha) * g**2;   w = w - lr * g / (sqrt(s) + eps)   (Hinton 2012, lecture 6).

    centered   sqrt(s - m**2), the average m = alpha * m + (1 - alpha) * g   (Graves 2013)
    momentum   b = momentum * b + g / (sqrt(s) + eps);   w = w - lr * b

    `minidl.optim.RMSProp` is the book's, which corrects the bias of s and has eps under the root.
    """

    ranges: ClassVar[dict[str, Range]] = dict.fromkeys(("lr", "alpha", "eps", "weight_decay", "momentum"), AT_LEAST_0)

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        centered = ("grad_avg",) if group["centered"] else ()
        return ("square_avg", *centered, *(("momentum_buffer",) if group["momentum"] > 0 else ()))

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> Call:
        next_step(state)
        kernel = kernels.of(parameter)
        momentum, alpha = group["momentum"], group["alpha"]
        arrays = (parameter, gradient, *[state[name].array for name in self.buffers(group)])
        numbers = (*shared_numbers(group), group["lr"], alpha, 1 - alpha, group["eps"])
        if momentum > 0:
            step = kernel.centered_rmsprop_momentum_step if group["centered"] else kernel.rmsprop_momentum_step
            return step, (*arrays, *numbers, momentum)
        return kernel.centered_rmsprop_step if group["centered"] else kernel.rmsprop_step, (*arrays, *numbers)
