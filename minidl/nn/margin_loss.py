"""Losses with a margin as layers: of pairs of numbers, of classes, of pairs and triplets of vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError
from . import functional as F
from .distance import PairwiseDistance
from .layer import layer
from .loss import Loss, WeightedLoss

# --- numbers and pairs ------------------------------------------------------------------------------------------------


@layer
class MarginRankingLoss(Loss):
    """max(0, -target * (input1 - input2) + margin): the target 1 asks that input1 be greater, -1 that input2 be."""

    margin: float = 0.0
    reduction: str = "mean"

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return F.margin_ranking_loss(input1, input2, target, self.margin, self.reduction)


@layer
class HingeEmbeddingLoss(Loss):
    """The input where the target is 1, max(0, margin - input) where it is -1."""

    margin: float = 1.0
    reduction: str = "mean"

    def forward(self, input: Any, target: Any) -> Any:
        return F.hinge_embedding_loss(input, target, self.margin, self.reduction)


@layer
class SoftMarginLoss(Loss):
    """log(1 + exp(-target * input))"""

    reduction: str = "mean"

    def forward(self, input: Any, target: Any) -> Any:
        return F.soft_margin_loss(input, target, self.reduction)


@layer
class CosineEmbeddingLoss(Loss):
    """1 - cos of the angle between vectors where the target is 1, max(0, cos - margin) where it is -1."""

    margin: float = 0.0
    reduction: str = "mean"

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return F.cosine_embedding_loss(input1, input2, target, self.margin, self.reduction)


# --- classes ----------------------------------------------------------------------------------------------------------


class MultiMarginLoss(WeightedLoss):
    """The mean over the other classes of max(0, margin - x[target] + x[class])^p, p 1 or 2."""

    def __init__(self, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(weight, reduction)
        if p not in (1, 2):
            raise ArgumentError(f"MultiMarginLoss: p {p}; needs 1 or 2")
        self.p = p
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        return F.multi_margin_loss(input, target, self.p, self.margin, self.weight, self.reduction)


@layer
class MultiLabelMarginLoss(Loss):
    """The mean of max(0, 1 - x[wanted] + x[other]) over wanted and other classes; -1 ends a row of wanted ones."""

    reduction: str = "mean"

    def forward(self, input: Any, target: Any) -> Any:
        return F.multilabel_margin_loss(input, target, self.reduction)


class MultiLabelSoftMarginLoss(WeightedLoss):
    """The mean over classes of the binary cross entropy of sigmoid(input)."""

    def forward(self, input: Any, target: Any) -> Any:
        return F.multilabel_soft_margin_loss(input, target, self.weight, self.reduction)


# --- triplets ---------------------------------------------------------------------------------------------------------


def _check_margin(loss: TripletMarginLoss | TripletMarginWithDistanceLoss) -> None:
    if loss.margin <= 0:
        raise ArgumentError(f"{type(loss).__name__}: margin {loss.margin}; needs more than 0")


@layer
class TripletMarginLoss(Loss):
    """max(0, distance to the positive - distance to the negative + margin), norms of order p (Balntas et al. 2016).

    swap   the negative's distance is the lesser of those to the anchor and to the positive
    """

    margin: float = 1.0
    p: float = 2.0
    eps: float = 1e-6
    swap: bool = False
    reduction: str = "mean"

    def __post_init__(self) -> None:
        _check_margin(self)

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        settings = (self.margin, self.p, self.eps, self.swap, self.reduction)
        return F.triplet_margin_loss(anchor, positive, negative, *settings)


class TripletMarginWithDistanceLoss(Loss):
    """As TripletMarginLoss, with any distance, a function or a module; by default PairwiseDistance()."""

    def __init__(
        self,
        *,
        distance_function: Callable[[Any, Any], Any] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin = margin
        self.swap = swap
        self.reduction = reduction
        _check_margin(self)

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        return F.triplet_margin_with_distance_loss(
            *(anchor, positive, negative),
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )
