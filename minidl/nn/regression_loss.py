"""Losses of numbers and of distributions as layers: distances to a target, divergences, likelihoods."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any

from ..errors import ArgumentError
from . import functional as F
from .layer import layer
from .loss import Loss

# --- distances --------------------------------------------------------------------------------------------------------


@layer
class L1Loss(Loss):
    """|input - target|"""

    reduction: str = "mean"

    def forward(self, input: Any, target: Any) -> Any:
        return F.l1_loss(input, target, self.reduction)


@layer
class MSELoss(Loss):
    """(input - target)^2"""

    reduction: str = "mean"

    def forward(self, input: Any, target: Any) -> Any:
        return F.mse_loss(input, target, self.reduction)


@layer
class SmoothL1Loss(Loss):
    """d^2 / (2 beta) where d = |input - target| is less than beta, else d - beta / 2 (Girshick 2015)."""

    reduction: str = "mean"
    beta: float = 1.0

    def forward(self, input: Any, target: Any) -> Any:
        return F.smooth_l1_loss(input, target, self.reduction, self.beta)


@layer
class HuberLoss(Loss):
    """d^2 / 2 where d = |input - target| is at most delta, else delta * (d - delta / 2) (Huber 1964)."""

    reduction: str = "mean"
    delta: float = 1.0

    def forward(self, input: Any, target: Any) -> Any:
        return F.huber_loss(input, target, self.reduction, self.delta)


# --- divergences and likelihoods --------------------------------------------------------------------------------------


@layer
class KLDivLoss(Loss):
    """target * (log(target) - input) of log-probabilities; "batchmean" divides the sum by the batch's size.

    log_target   the target, too, holds logarithms
    """

    reduction: str = "mean"
    log_target: bool = False

    def forward(self, input: Any, target: Any) -> Any:
        return F.kl_div(input, target, self.reduction, self.log_target)


@layer
class PoissonNLLLoss(Loss):
    """The negative logarithm of a Poisson chance of `target` at rate exp(input), or input without log_input.

    full   with Stirling's approximation of log(target!);  eps: added to the rate before its logarithm
    """

    log_input: bool = True
    full: bool = False
    eps: float = 1e-8
    reduction: str = "mean"

    def forward(self, log_input: Any, target: Any) -> Any:
        return F.poisson_nll_loss(log_input, target, self.log_input, self.full, self.eps, self.reduction)


@layer
class GaussianNLLLoss(Loss):
    """(log(var) + (input - target)^2 / var) / 2, the variance at least eps (Nix and Weigend 1994).

    full   with the constant log(2 pi) / 2
    """

    _: KW_ONLY
    full: bool = False
    eps: float = 1e-6
    reduction: str = "mean"

    def __post_init__(self) -> None:
        if self.eps <= 0:
            raise ArgumentError(f"GaussianNLLLoss: eps {self.eps}; needs more than 0")

    def forward(self, input: Any, target: Any, var: Any) -> Any:
        return F.gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)
