"""Losses of classification as layers.  `reduction` is "mean", "sum" or "none", in all losses.

Formulas, shapes and arguments as those of the function of the same name, such as `functional.cross_entropy`.
"""

from __future__ import annotations

import math
from typing import Any

from ..errors import ArgumentError
from ..ops.shape import reshape
from . import functional as F
from .layer import layer
from .linear import Linear
from .module import Module


class Loss(Module):
    """What all losses share: they show no settings, as in PyTorch."""

    reduction: str

    def extra_repr(self) -> str:
        return ""


class WeightedLoss(Loss):
    """A loss with a weight for each class, or for each element; it is part of the state, as in PyTorch."""

    def __init__(self, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.reduction = reduction


# --- of probabilities and of logits -----------------------------------------------------------------------------------


class BCELoss(WeightedLoss):
    """Binary cross entropy of probabilities: -(t log p + (1 - t) log(1 - p)), each logarithm at least -100."""

    def forward(self, input: Any, target: Any) -> Any:
        return F.binary_cross_entropy(input, target, self.weight, self.reduction)


class BCEWithLogitsLoss(WeightedLoss):
    """Binary cross entropy of sigmoid(input), without overflow; pos_weight: how much more a positive counts."""

    def __init__(self, weight: Any = None, reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__(weight, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        return F.binary_cross_entropy_with_logits(input, target, self.weight, self.reduction, self.pos_weight)


# --- of classes -------------------------------------------------------------------------------------------------------


class NLLLoss(WeightedLoss):
    """-input at the target's class, for log-probabilities; targets of value ignore_index do not count."""

    def __init__(self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        return F.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)


class CrossEntropyLoss(WeightedLoss):
    """Cross entropy of softmax(input) with the target's class, or with probabilities of the input's shape.

    ignore_index      targets of this value do not count
    label_smoothing   this share of each target goes to all classes evenly (Szegedy et al. 2016)
    """

    def __init__(
        self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean", label_smoothing: float = 0.0
    ) -> None:
        super().__init__(weight, reduction)
        if not 0 <= label_smoothing <= 1:
            raise ArgumentError(f"CrossEntropyLoss: label_smoothing {label_smoothing}; needs 0 to 1")
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        return F.cross_entropy(input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing)


class LinearCrossEntropyLoss(Module):
    """Cross entropy of the logits of a linear map, `linear`, of the input (N, in_features) or (in_features,).

    out_features   (d1, ..., dK): with targets (N, d1, ..., dK), for each of which there are logits
    options        how PyTorch divides the work to save memory: without effect here
    Other arguments as those of `Linear` and `CrossEntropyLoss`.
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: Any = None,
        dtype: Any = None,
        reduction: str = "mean",
        weight: Any = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: Any = None,
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.num_classes = num_classes
        self.out_features = tuple(out_features)
        self.linear = Linear(in_features, num_classes * math.prod(self.out_features), bias, device, dtype)
        self.register_buffer("weight", weight)
        self.reduction = reduction
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        self.options = options

    def forward(self, input: Any, target: Any) -> Any:
        sizes = (self.num_classes, *self.out_features)
        bias = self.linear.bias
        return F.linear_cross_entropy(
            input,
            reshape(self.linear.weight, (*sizes, self.in_features)),
            target,
            linear_bias=None if bias is None else reshape(bias, sizes),
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            options=self.options,
        )

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, num_classes={self.num_classes}, out_features={self.out_features}, "
            f"bias={self.linear.bias is not None}, reduction={self.reduction}, ignore_index={self.ignore_index}, "
            f"label_smoothing={self.label_smoothing}, options={self.options}"
        )


@layer
class CTCLoss(Loss):
    """Connectionist temporal classification: labels without known times (Graves et al. 2006).

    blank           the class of no label
    zero_infinity   a sample with fewer steps than its labels need counts zero instead of infinity
    """

    blank: int = 0
    reduction: str = "mean"
    zero_infinity: bool = False

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Any:
        lengths = (input_lengths, target_lengths)
        return F.ctc_loss(log_probs, targets, *lengths, self.blank, self.reduction, self.zero_infinity)
