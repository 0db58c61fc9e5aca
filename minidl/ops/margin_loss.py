"""Losses with a margin: of pairs of numbers, of classes, of pairs and triplets of vectors.

`reduction` is as in `loss.reduced`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from ..errors import ArgumentError, DtypeError, ShapeError
from .activation import logsigmoid
from .comparison import clamp_min, minimum, where
from .elementwise import square
from .indexing import take_along
from .loss import reduced
from .norms import pairwise_distance
from .promotion import Array, array_of, check_floats
from .reduction import mean, plain_sum
from .shape import broadcast_shapes, reshape, unsqueeze

# --- numbers and pairs -----------------------------------------------------------------------------------------------


def margin_ranking_loss(
    input1: Array, input2: Array, target: Array, margin: float = 0, reduction: str = "mean"
) -> Array:
    """max(0, -target * (input1 - input2) + margin): the target 1 asks that input1 be greater, -1 that input2 be."""
    if not input1.ndim == input2.ndim == target.ndim:
        raise ShapeError(
            f"margin_ranking_loss: {tuple(input1.shape)}, {tuple(input2.shape)} and target {tuple(target.shape)}; "
            "needs as many dimensions"
        )
    return reduced("margin_ranking_loss", clamp_min(-target * (input1 - input2) + margin, 0), reduction)


def hinge_embedding_loss(input: Array, target: Array, margin: float = 1.0, reduction: str = "mean") -> Array:
    """The input where the target is 1, max(0, margin - input) where it is -1."""
    positive = where(target == -1, 0.0, input)
    negative = where(target == 1, 0.0, clamp_min(margin - input, 0))
    return reduced("hinge_embedding_loss", positive + negative, reduction)


def soft_margin_loss(input: Array, target: Array, reduction: str = "mean") -> Array:
    """log(1 + exp(-target * input)); the target broadcasts to the input."""
    check_floats("soft_margin_loss", input)
    if broadcast_shapes(tuple(input.shape), tuple(target.shape)) != tuple(input.shape):
        raise ShapeError(
            f"soft_margin_loss: input {tuple(input.shape)} and target {tuple(target.shape)}; needs one shape"
        )
    return reduced("soft_margin_loss", -logsigmoid(target * input), reduction)


def cosine_embedding_loss(
    input1: Array, input2: Array, target: Array, margin: float = 0, reduction: str = "mean"
) -> Array:
    """1 - cos of the angle between vectors where the target is 1, max(0, cos - margin) where it is -1."""
    if target.ndim not in (0, 1) or input1.ndim != target.ndim + 1 or input2.ndim != target.ndim + 1:
        raise ShapeError(
            f"cosine_embedding_loss: {tuple(input1.shape)}, {tuple(input2.shape)} and target {tuple(target.shape)}; "
            "needs (N, D), (N, D) and (N,), or (D,), (D,) and ()"
        )
    eps = 1e-12
    dot, first, second = (_row_sum(x) for x in (input1 * input2, square(input1), square(input2)))
    cosine = dot / ((first + eps) * (second + eps)) ** 0.5
    positive, negative = 1 - cosine, clamp_min(cosine - margin, 0)
    losses = where(target == 1, positive, 0.0) + where(target == -1, negative, 0.0)
    return reduced("cosine_embedding_loss", losses, reduction)


def _row_sum(x: Array) -> Array:
    return plain_sum(x, (x.ndim - 1,), False)


# --- classes ----------------------------------------------------------------------------------------------------------


def _above_zero(condition: np.ndarray, steps: Array) -> Array:
    """The steps where the condition holds and they are positive, else zero, which includes NaN, as PyTorch's."""
    return where(condition & (array_of(steps) > 0), steps, 0.0)


def _class_rows(name: str, input: Array, target: Array, weight: Array | None) -> tuple[Array, np.ndarray]:
    """(N, C) and the classes (N,), of a single sample too."""
    check_floats(name, input)
    rows = input if input.ndim == 2 else reshape(input, (1, -1))
    classes = np.asarray(array_of(target)).reshape(-1)
    if input.ndim > 2 or classes.size != rows.shape[0]:
        raise ShapeError(f"{name}: input {tuple(input.shape)} and target {tuple(target.shape)}; needs (N, C) and (N,)")
    if classes.dtype.kind not in "iu":
        raise DtypeError(f"{name}: target is {classes.dtype}, needs classes as integers; use .long()")
    if classes.size and (classes.min() < 0 or classes.max() >= rows.shape[1]):
        raise ArgumentError(f"{name}: a target is no class of 0 to {rows.shape[1] - 1}")
    if weight is not None and tuple(weight.shape) != (rows.shape[1],):
        raise ShapeError(f"{name}: weight {tuple(weight.shape)} for {rows.shape[1]} classes")
    return rows, classes


def multi_margin_loss(
    input: Array,
    target: Array,
    p: int = 1,
    margin: float = 1.0,
    weight: Array | None = None,
    reduction: str = "mean",
) -> Array:
    """The mean over the other classes of max(0, margin - x[target] + x[class])^p."""
    if p not in (1, 2):
        raise ArgumentError(f"multi_margin_loss: p {p}; needs 1 or 2")
    rows, classes = _class_rows("multi_margin_loss", input, target, weight)
    wanted = take_along(rows, classes[:, None], 1)
    others = np.arange(rows.shape[1]) != classes[:, None]
    steps = _above_zero(others, margin - wanted + rows)
    steps = steps if p == 1 else square(steps)
    if weight is not None:
        steps = steps * weight[classes[:, None]]
    losses = _row_sum(steps) / rows.shape[1]
    return reduced("multi_margin_loss", losses if input.ndim == 2 else reshape(losses, ()), reduction)


def multilabel_margin_loss(input: Array, target: Array, reduction: str = "mean") -> Array:
    """The mean of max(0, 1 - x[wanted] + x[other]) over wanted and other classes; -1 ends a row of wanted ones."""
    if input.shape != target.shape or input.ndim > 2:
        raise ShapeError(
            f"multilabel_margin_loss: input {tuple(input.shape)} and target {tuple(target.shape)}; needs one shape"
        )
    check_floats("multilabel_margin_loss", input)
    rows = input if input.ndim == 2 else reshape(input, (1, -1))
    labels = np.asarray(array_of(target)).reshape(array_of(rows).shape)
    if labels.dtype.kind not in "iu":
        raise DtypeError(f"multilabel_margin_loss: target is {labels.dtype}, needs int64; use .long()")
    if labels.size and (labels.min() < -1 or labels.max() >= rows.shape[1]):
        raise ArgumentError(f"multilabel_margin_loss: a target is no class of 0 to {rows.shape[1] - 1}, nor -1")
    counted = np.cumsum(labels == -1, 1) == 0
    chosen = np.zeros(labels.shape, bool)
    chosen[np.nonzero(counted)[0], labels[counted]] = True
    wanted = take_along(rows, np.where(counted, labels, 0), 1)
    pairs = counted[:, :, None] & ~chosen[:, None, :]
    steps = _above_zero(pairs, 1 - unsqueeze(wanted, 2) + unsqueeze(rows, 1))
    losses = plain_sum(steps, (1, 2), False) / max(rows.shape[1], 1)
    return reduced("multilabel_margin_loss", losses if input.ndim == 2 else reshape(losses, ()), reduction)


def multilabel_soft_margin_loss(
    input: Array, target: Array, weight: Array | None = None, reduction: str = "mean"
) -> Array:
    """The mean over classes of the binary cross entropy of sigmoid(input)."""
    check_floats("multilabel_soft_margin_loss", input)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    losses = losses if weight is None else losses * weight
    return reduced("multilabel_soft_margin_loss", mean(losses, -1), reduction)


# --- triplets --------------------------------------------------------------------------------------------------------


def triplet_margin_loss(
    anchor: Array,
    positive: Array,
    negative: Array,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Array:
    """max(0, distance to the positive - distance to the negative + margin) (Balntas et al. 2016).

    swap    the negative's distance is the lesser of those to the anchor and to the positive
    """
    distance = functools.partial(pairwise_distance, p=p, eps=eps)
    return _triplets("triplet_margin_loss", distance, anchor, positive, negative, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Array,
    positive: Array,
    negative: Array,
    *,
    distance_function: Callable[[Array, Array], Array] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Array:
    """As `triplet_margin_loss`, with any distance."""
    distance = distance_function or pairwise_distance
    return _triplets("triplet_margin_with_distance_loss", distance, anchor, positive, negative, margin, swap, reduction)


def _triplets(
    name: str,
    distance: Callable[[Array, Array], Array],
    anchor: Array,
    positive: Array,
    negative: Array,
    margin: float,
    swap: bool,
    reduction: str,
) -> Array:
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise ShapeError(
            f"{name}: {tuple(anchor.shape)}, {tuple(positive.shape)} and {tuple(negative.shape)}; needs one number of "
            "dimensions"
        )
    if margin <= 0:
        raise ArgumentError(f"{name}: margin {margin}; needs more than 0")
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return reduced(name, clamp_min(margin + near - far, 0), reduction)
