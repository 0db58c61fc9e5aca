"""Losses of distances and margins, and of pairs and triplets of vectors."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ArgumentError, DtypeError, MinidlWarning, ShapeError
from .activation import logsigmoid
from .comparison import clamp_min, minimum, where
from .elementwise import abs, exp, log, square
from .indexing import take_along
from .loss import reduced
from .norms import pairwise_distance
from .pairwise import xlogy
from .promotion import Array, array_of
from .reduction import mean, plain_sum
from .reduction import sum as total
from .shape import reshape, unsqueeze


def _warn_of_broadcast(name: str, input: Array, target: Array) -> None:
    if input.shape != target.shape:
        warnings.warn(
            f"{name}: input {tuple(input.shape)} and target {tuple(target.shape)} differ and are broadcast; "
            "give both one shape",
            MinidlWarning,
            stacklevel=3,
        )


# --- of differences --------------------------------------------------------------------------------------------------


def l1_loss(input: Array, target: Array, reduction: str = "mean", weight: Array | None = None) -> Array:
    """|input - target|"""
    _warn_of_broadcast("l1_loss", input, target)
    return weighted("l1_loss", abs(input - target), weight, reduction)


def weighted(name: str, losses: Array, weight: Array | None, reduction: str) -> Array:
    """The losses times their weights; their mean is over the weights."""
    if weight is None:
        return reduced(name, losses, reduction)
    losses = losses * weight
    if reduction == "mean":
        return total(losses) / total(weight)
    return reduced(name, losses, reduction)


def smooth_l1_loss(input: Array, target: Array, reduction: str = "mean", beta: float = 1.0) -> Array:
    """d^2 / (2 beta) where d = |input - target| is less than beta, else d - beta / 2 (Girshick 2015)."""
    if beta < 0:
        raise ArgumentError(f"smooth_l1_loss: beta {beta}; needs at least 0")
    if beta == 0:
        return l1_loss(input, target, reduction)
    _warn_of_broadcast("smooth_l1_loss", input, target)
    difference = input - target
    size = abs(difference)
    losses = where(size < beta, square(difference) * (0.5 / beta), size - 0.5 * beta)
    return reduced("smooth_l1_loss", losses, reduction)


def huber_loss(
    input: Array, target: Array, reduction: str = "mean", delta: float = 1.0, weight: Array | None = None
) -> Array:
    """d^2 / 2 where d = |input - target| is at most delta, else delta * (d - delta / 2) (Huber 1964)."""
    if delta <= 0:
        raise ArgumentError(f"huber_loss: delta {delta}; needs more than 0")
    _warn_of_broadcast("huber_loss", input, target)
    difference = input - target
    size = abs(difference)
    losses = where(size <= delta, square(difference) * 0.5, (size - 0.5 * delta) * delta)
    return weighted("huber_loss", losses, weight, reduction)


def kl_div(input: Array, target: Array, reduction: str = "mean", log_target: bool = False) -> Array:
    """target * (log(target) - input) of log-probabilities `input`; "batchmean" divides the sum by the batch's size.

    log_target    the target, too, holds logarithms
    """
    losses = exp(target) * (target - input) if log_target else xlogy(target, target) - target * input
    if reduction == "batchmean":
        return total(losses) / input.shape[0] if input.ndim else total(losses)
    return reduced("kl_div", losses, reduction)


def poisson_nll_loss(
    input: Array, target: Array, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean"
) -> Array:
    """The negative logarithm of a Poisson chance of `target` at rate exp(input), or input without `log_input`.

    full    with Stirling's approximation of log(target!) where the target exceeds 1
    """
    losses = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:
        large = array_of(target) > 1
        safe = where(large, target, 1.0)
        stirling = safe * log(safe) - safe + 0.5 * log(safe * (2 * math.pi))
        losses = losses + where(large, stirling, 0.0)
    return reduced("poisson_nll_loss", losses, reduction)


def gaussian_nll_loss(
    input: Array, target: Array, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Array:
    """(log(var) + (input - target)^2 / var) / 2, the variance at least eps (Nix and Weigend 1994)."""
    if isinstance(var, (int, float)):
        var = input * 0 + var
    elif var.shape != input.shape and var.shape == input.shape[:-1]:
        var = unsqueeze(var, -1)
    elif var.ndim != input.ndim or any(n not in (m, 1) for m, n in zip(input.shape, var.shape, strict=True)):
        raise ShapeError(f"gaussian_nll_loss: var {tuple(var.shape)} for input {tuple(input.shape)}")
    if np.any(array_of(var) < 0):
        raise ArgumentError("gaussian_nll_loss: a variance is negative")
    limited = var + np.maximum(eps - array_of(var), 0).astype(array_of(var).dtype)  # raised with its slope kept
    losses = (log(limited) + square(input - target) / limited) * 0.5
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduced("gaussian_nll_loss", losses, reduction)


# --- margins ---------------------------------------------------------------------------------------------------------


def margin_ranking_loss(
    input1: Array, input2: Array, target: Array, margin: float = 0, reduction: str = "mean"
) -> Array:
    """max(0, -target * (input1 - input2) + margin): the target 1 asks that input1 be greater, -1 that input2 be."""
    if not input1.ndim == input2.ndim == target.ndim:
        raise ShapeError(
            f"margin_ranking_loss: {tuple(input1.shape)}, {tuple(input2.shape)} and target {tuple(target.shape)}; "
            "needs as many dimensions"
        )
    return reduced("margin_ranking_loss", _above_zero(-target * (input1 - input2) + margin), reduction)


def _above_zero(x: Array) -> Array:
    return clamp_min(x, 0)


def hinge_embedding_loss(input: Array, target: Array, margin: float = 1.0, reduction: str = "mean") -> Array:
    """The input where the target is 1, max(0, margin - input) where it is -1."""
    positive = where(target == -1, 0.0, input)
    negative = where(target == 1, 0.0, _above_zero(margin - input))
    return reduced("hinge_embedding_loss", positive + negative, reduction)


def soft_margin_loss(input: Array, target: Array, reduction: str = "mean") -> Array:
    """log(1 + exp(-target * input))"""
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
    positive, negative = 1 - cosine, _above_zero(cosine - margin)
    losses = where(target == 1, positive, 0.0) + where(target == -1, negative, 0.0)
    return reduced("cosine_embedding_loss", losses, reduction)


def _row_sum(x: Array) -> Array:
    return plain_sum(x, (x.ndim - 1,), False)


def _class_rows(name: str, input: Array, target: Array, weight: Array | None) -> tuple[Array, np.ndarray]:
    """(N, C) and the classes (N,), of a single sample too."""
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
    input: Array, target: Array, p: int = 1, margin: float = 1.0, weight: Array | None = None, reduction: str = "mean"
) -> Array:
    """The mean over the other classes of max(0, margin - x[target] + x[class])^p."""
    if p not in (1, 2):
        raise ArgumentError(f"multi_margin_loss: p {p}; needs 1 or 2")
    rows, classes = _class_rows("multi_margin_loss", input, target, weight)
    wanted = take_along(rows, classes[:, None], 1)
    others = np.arange(rows.shape[1]) != classes[:, None]
    steps = where(others, _above_zero(rows - wanted + margin), 0.0)
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
    rows = input if input.ndim == 2 else reshape(input, (1, -1))
    labels = np.asarray(array_of(target)).reshape(array_of(rows).shape)
    if labels.dtype.kind not in "iu":
        raise DtypeError(f"multilabel_margin_loss: target is {labels.dtype}, needs int64; use .long()")
    if labels.size and (labels.min() < -1 or labels.max() >= rows.shape[1]):
        raise ArgumentError(f"multilabel_margin_loss: a target is no class of 0 to {rows.shape[1] - 1}, nor -1")
    counted = np.cumsum(labels == -1, 1) == 0
    chosen = np.zeros(labels.shape, bool)
    for i, j in zip(*np.nonzero(counted), strict=True):
        chosen[i, labels[i, j]] = True
    wanted = take_along(rows, np.where(counted, labels, 0), 1)
    steps = _above_zero(1 - unsqueeze(wanted, 2) + unsqueeze(rows, 1))
    steps = where(counted[:, :, None] & ~chosen[:, None, :], steps, 0.0)
    losses = plain_sum(steps, (1, 2), False) / max(rows.shape[1], 1)
    return reduced("multilabel_margin_loss", losses if input.ndim == 2 else reshape(losses, ()), reduction)


def multilabel_soft_margin_loss(
    input: Array, target: Array, weight: Array | None = None, reduction: str = "mean"
) -> Array:
    """The mean over classes of the binary cross entropy of sigmoid(input)."""
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
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise ShapeError("triplet_margin_loss: anchor, positive and negative differ in dimensions")
    if margin <= 0:
        raise ArgumentError(f"triplet_margin_loss: margin {margin}; needs more than 0")
    return _triplets(anchor, positive, negative, lambda a, b: pairwise_distance(a, b, p, eps), margin, swap, reduction)


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
    return _triplets(anchor, positive, negative, distance_function or pairwise_distance, margin, swap, reduction)


def _triplets(
    anchor: Array, positive: Array, negative: Array, distance: Any, margin: float, swap: bool, reduction: str
) -> Array:
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return reduced("triplet_margin_loss", _above_zero(near - far + margin), reduction)
