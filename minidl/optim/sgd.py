"""Stochastic gradient descent and its averaged form, by PyTorch's formulas."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .. import kernels
from ..autograd.calling import wrap
from ..errors import ArgumentError
from .optimizer import Call, Optimizer, Params, given, next_step, scalar, shared_numbers
from .options import AT_LEAST_0, Range


class SGD(Optimizer):
    """buffer = momentum * buffer + (1 - dampening) * g, starting as g;   w = w - lr * buffer.

    weight_decay   g includes weight_decay * w
    nesterov       w = w - lr * (g + momentum * buffer)   (Sutskever et al. 2013)
    maximize       with -g in the place of g
    """

    ranges: ClassVar[dict[str, Range]] = {"lr": AT_LEAST_0, "momentum": AT_LEAST_0, "weight_decay": AT_LEAST_0}

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(params, given(locals()))

    def check(self, group: dict[str, Any]) -> None:
        super().check(group)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ArgumentError("SGD: nesterov=True needs momentum above 0 and dampening 0")

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("momentum_buffer",) if group["momentum"] else ()

    def begin(self, parameter: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return {"momentum_buffer": None} if group["momentum"] else {}

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> Call:
        kernel = kernels.of(parameter)
        shared, lr, momentum = shared_numbers(group), group["lr"], group["momentum"]
        if momentum == 0:
            return kernel.gradient_descent_step, (parameter, gradient, *shared, lr)
        share = 1 - group["dampening"]
        if state.get("momentum_buffer") is None:
            state["momentum_buffer"] = wrap(np.zeros_like(parameter))
            share = 1  # so that the buffer starts as the gradient
        step = kernel.nesterov_step if group["nesterov"] else kernel.sgd_step
        return step, (parameter, gradient, state["momentum_buffer"].array, *shared, lr, momentum, share)


class ASGD(Optimizer):
    """w = (1 - lambd * eta) * w - eta * g;   ax = ax + mu * (w - ax);
    eta = lr / (1 + lambd * lr * t) ** alpha;   mu = 1 / max(1, t - t0).

    The average `ax` is in the state: `optimizer.state[p]["ax"]`.  Polyak & Juditsky 1992.
    """

    ranges: ClassVar[dict[str, Range]] = {"lr": AT_LEAST_0, "weight_decay": AT_LEAST_0}

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("ax",)

    def begin(self, parameter: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return {"eta": scalar(float(group["lr"])), "mu": scalar(1), **super().begin(parameter, group)}

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> Call:
        t = next_step(state)
        eta, mu = state["eta"].item(), state["mu"].item()
        sign, decay, _ = shared_numbers(group)
        kept = 1 - group["lambd"] * eta
        lr = float(group["lr"])
        state["eta"] = scalar(lr / (1 + group["lambd"] * lr * t) ** group["alpha"])
        state["mu"] = scalar(1 / max(1, t - group["t0"]))
        return kernels.of(parameter).asgd_step, (parameter, gradient, state["ax"].array, sign, decay, kept, eta, mu)
