"""Adamax, NAdam and RAdam, by PyTorch's formulas.

In all of them t counts steps from 1, m = b1 * m + (1 - b1) * g and v = b2 * v + (1 - b2) * g**2.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .. import kernels
from .adam import WithMoments
from .optimizer import Call, Params, given, next_step, scalar, shared_numbers
from .options import AT_LEAST_0, Range


class Adamax(WithMoments):
    """u = max(b2 * u, |g| + eps);   w = w - lr * m / (1 - b1**t) / u   (Kingma & Ba 2015, algorithm 2)."""

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("exp_avg", "exp_inf")

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> Call:
        t = next_step(state)
        beta1, beta2 = map(float, group["betas"])
        arrays = (parameter, gradient, state["exp_avg"].array, state["exp_inf"].array)
        rate = float(group["lr"]) / (1 - beta1**t)
        numbers = (*shared_numbers(group), rate, 1 - beta1, beta2, group["eps"])
        return kernels.of(parameter).adamax_step, (*arrays, *numbers)


class NAdam(WithMoments):
    """w = w - lr * (c1 * g + c2 * m) / (sqrt(v / (1 - b2**t)) + eps)   (Dozat 2016), where

    mu(t) = b1 * (1 - 0.96**(t * momentum_decay) / 2), M(t) the product of mu(1) to mu(t),
    c1 = (1 - mu(t)) / (1 - M(t)) and c2 = mu(t + 1) / (1 - M(t + 1)).
    """

    ranges: ClassVar[dict[str, Range]] = {**WithMoments.ranges, "momentum_decay": AT_LEAST_0}

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    def begin(self, parameter: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return {"mu_product": scalar(1), **super().begin(parameter, group)}

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> Call:
        t = next_step(state)
        beta1, beta2 = map(float, group["betas"])
        mu, mu_next = (beta1 * (1 - 0.5 * 0.96 ** (n * group["momentum_decay"])) for n in (t, t + 1))
        product = state["mu_product"].array
        product *= mu
        lr = float(group["lr"])
        return kernels.of(parameter).nadam_step, (
            parameter,
            gradient,
            state["exp_avg"].array,
            state["exp_avg_sq"].array,
            *shared_numbers(group, group["decoupled_weight_decay"]),
            lr * (1 - mu) / (1 - float(product)),
            lr * mu_next / (1 - float(product) * mu_next),
            1 - beta1,
            beta2,
            1 - beta2,
            group["eps"],
            1 - beta2**t,
        )


class RAdam(WithMoments):
    """w = w - lr * r * m / (1 - b1**t) * sqrt(1 - b2**t) / (sqrt(v) + eps)   (Liu et al. 2020, algorithm 2), where

    R = 2 / (1 - b2) - 1, p = R - 2 * t * b2**t / (1 - b2**t) is the length of the average that v is, and
    r = sqrt((p - 4) (p - 2) R / ((R - 4) (R - 2) p)).  While p <= 5: w = w - lr * m / (1 - b1**t).
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> Call:
        t = next_step(state)
        beta1, beta2 = map(float, group["betas"])
        correction1, correction2 = 1 - beta1**t, 1 - beta2**t
        longest = 2 / (1 - beta2) - 1
        length = longest - 2 * t * beta2**t / correction2
        kernel = kernels.of(parameter)
        arrays = (parameter, gradient, state["exp_avg"].array, state["exp_avg_sq"].array)
        numbers = (*shared_numbers(group, group["decoupled_weight_decay"]), group["lr"], 1 - beta1, beta2, 1 - beta2)
        if length <= 5:
            return kernel.radam_first_step, (*arrays, *numbers, correction1)
        rectification = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
        last = (group["eps"], correction1, correction2**0.5, rectification**0.5)
        return kernel.radam_step, (*arrays, *numbers, *last)
