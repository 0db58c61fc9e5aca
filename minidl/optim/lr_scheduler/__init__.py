"""Learning rates that change with the epoch: call `scheduler.step()` once after each, after `optimizer.step()`.

Names, arguments and rates are PyTorch's; HyperbolicLR, FunctionLR and plot_schedule are minidl's own.
"""

from .base import LRScheduler
from .combined import ChainedScheduler, SequentialLR
from .cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from .cycles import CyclicLR, OneCycleLR
from .decay import ConstantLR, ExponentialLR, HyperbolicLR, LinearLR, MultiStepLR, PolynomialLR, StepLR
from .functions import FunctionLR, LambdaLR, MultiplicativeLR
from .picture import plot_schedule
from .plateau import ReduceLROnPlateau

_LRScheduler = LRScheduler
"""The name in programs for older versions of PyTorch."""

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "FunctionLR",
    "HyperbolicLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
    "plot_schedule",
]
