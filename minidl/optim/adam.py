"""Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019), by PyTorch's formulas; the book's Adam is the same."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .. import kernels
from .optimizer import Call, Optimizer, Params, given, next_step, shared_numbers
from .options import AT_LEAST_0, BELOW_1, Range


class WithMoments(Optimizer):
    """The base of Adam and its relatives, which keep averages of g and of g**2."""

    ranges: ClassVar[dict[str, Range]] = {
        "lr": AT_LEAST_0,
        "betas": BELOW_1,
        "eps": AT_LEAST_0,
        "weight_decay": AT_LEAST_0,
    }

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq")


class Adam(WithMoments):
    """m = b1 * m + (1 - b1) * g;   v = b2 * v + (1 - b2) * g**2;
    w = w - lr * m / (1 - b1**t) / (sqrt(v / (1 - b2**t)) + eps).

    weight_decay             g includes weight_decay * w
    amsgrad                  with the greatest v so far in the place of v   (Reddi et al. 2018)
    maximize                 with -g in the place of g
    decoupled_weight_decay   w = w - lr * weight_decay * w instead: AdamW
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        averages = super().buffers(group)
        return (*averages, "max_exp_avg_sq") if group["amsgrad"] else averages

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> Call:
        t = next_step(state)
        beta1, beta2 = map(float, group["betas"])
        kernel = kernels.of(parameter)
        greatest = (state["max_exp_avg_sq"].array,) if group["amsgrad"] else ()
        return kernel.amsgrad_step if greatest else kernel.adam_step, (
            parameter,
            gradient,
            state["exp_avg"].array,
            state["exp_avg_sq"].array,
            *greatest,
            *shared_numbers(group, group["decoupled_weight_decay"]),
            float(group["lr"]) / (1 - beta1**t),
            1 - beta1,
            beta2,
            1 - beta2,
            group["eps"],
            (1 - beta2**t) ** 0.5,
        )


class AdamW(Adam):
    """Adam with w = w - lr * weight_decay * w before each step, apart from the gradient."""

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(params, **given(locals()), decoupled_weight_decay=True)
