"""Optimizers that look at a whole parameter: LAMB at its norm, Adafactor at rows and columns, Muon at directions."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .. import kernels
from ..autograd.calling import wrap
from ..errors import ArgumentError
from .adam import WithMoments
from .optimizer import Optimizer, Params, given, next_step, shared_numbers
from .options import AT_LEAST_0, Range, check_number, check_pair


class LAMB(WithMoments):
    """r = m / (1 - b1**t) / (sqrt(v / (1 - b2**t)) + eps) + weight_decay * w, m and v as in Adam;
    w = w - lr * |w| / |r| * r, a ratio of norms for each parameter; 1 where one of them is 0.

    For large batches: no parameter moves by more than lr of its length.  You et al. 2020, algorithm 2.
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.01,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        t = next_step(state)
        beta1, beta2 = map(float, group["betas"])
        sign, decay, kept = shared_numbers(group)
        numbers = (sign, 0, kept, 1 - beta1, beta2, 1 - beta2, group["eps"], 1 - beta1**t, 1 - beta2**t, decay)
        m, v = state["exp_avg"].array, state["exp_avg_sq"].array
        kernels.of(parameter).lamb_step(parameter, gradient, m, v, float(group["lr"]), numbers)


class Adafactor(Optimizer):
    """v of a matrix is kept as its means over rows and columns (Shazeer & Stern 2018), with b2 = 1 - t**beta2_decay:

    u = g / max(sqrt(v), eps[0]);   w = w - lr * weight_decay * w;
    w = w - min(lr, 1 / sqrt(t)) * max(eps[1], rms(w)) * u / max(1, rms(u) / d).

    eps   eps[0]=None: the parameter's machine precision
    """

    ranges: ClassVar[dict[str, Range]] = {"lr": AT_LEAST_0, "d": Range(1), "weight_decay": AT_LEAST_0}

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    def check(self, group: dict[str, Any]) -> None:
        super().check(group)
        check_number("Adafactor", "-beta2_decay", -group["beta2_decay"], AT_LEAST_0)
        check_pair("Adafactor", "eps", group["eps"])
        for position, eps in enumerate(group["eps"]):
            if position or eps is not None:
                check_number("Adafactor", f"eps[{position}]", eps, AT_LEAST_0)

    def begin(self, parameter: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        state = super().begin(parameter, group)
        if parameter.ndim < 2:
            return {**state, "variance": wrap(np.zeros_like(parameter))}
        rows, columns = parameter[..., :1], parameter[..., :1, :]
        return {**state, "row_var": wrap(np.zeros_like(rows)), "col_var": wrap(np.zeros_like(columns))}

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        t = next_step(state)
        names = ("row_var", "col_var") if parameter.ndim > 1 else ("variance",)
        lr = float(group["lr"])
        least, smallest = group["eps"]
        kernels.of(parameter).adafactor_step(
            parameter,
            -gradient if group["maximize"] else gradient,
            tuple(state[name].array for name in names),
            min(lr, 1 / t**0.5),
            1 - lr * group["weight_decay"],
            t ** group["beta2_decay"],
            (float(np.finfo(parameter.dtype).eps) if least is None else least, smallest),
            group["d"],
        )


class Muon(Optimizer):
    """b = momentum * b + (1 - momentum) * g;   w = w - lr * weight_decay * w;
    w = w - lr * r * O, where O is b made orthogonal by `ns_steps` of Newton and Schulz's iteration.

    For the matrices of hidden layers; biases, embeddings and the last layer are for AdamW.  Jordan et al. 2024.

    nesterov       O is made of g + momentum * (b - g) instead
    adjust_lr_fn   None or "original": r = sqrt(max(1, rows / columns)); "match_rms_adamw": r = 0.2 *
                   sqrt(max(rows, columns)), with which the lr of AdamW fits   (Liu et al. 2025)
    """

    ranges: ClassVar[dict[str, Range]] = dict.fromkeys(
        ("lr", "weight_decay", "momentum", "eps", "ns_steps"), AT_LEAST_0
    )

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        super().__init__(params, given(locals()))

    def check(self, group: dict[str, Any]) -> None:
        super().check(group)
        if group["adjust_lr_fn"] not in (None, "original", "match_rms_adamw"):
            raise ArgumentError(
                f"Muon: adjust_lr_fn={group['adjust_lr_fn']!r}; needs None, 'original' or 'match_rms_adamw'"
            )
        if len(group["ns_coefficients"]) != 3:
            raise ArgumentError(f"Muon: ns_coefficients={group['ns_coefficients']}; needs three numbers")
        for p in group["params"]:
            if p.ndim != 2:
                raise ArgumentError(
                    f"Muon: got a parameter of shape {tuple(p.shape)}, needs matrices; give the others to AdamW"
                )

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("momentum_buffer",)

    def begin(self, parameter: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return {"momentum_buffer": wrap(np.zeros_like(parameter))}

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        rows, columns = parameter.shape
        if group["adjust_lr_fn"] == "match_rms_adamw":
            ratio = 0.2 * max(rows, columns) ** 0.5
        else:
            ratio = max(1, rows / max(columns, 1)) ** 0.5
        lr = float(group["lr"])
        kernels.of(parameter).muon_step(
            parameter,
            gradient,
            state["momentum_buffer"].array,
            lr * ratio,
            1 - lr * group["weight_decay"],
            group["momentum"],
            group["nesterov"],
            group["ns_coefficients"],
            group["eps"],
            group["ns_steps"],
        )
