"""Losses of classification: binary cross entropy, negative log likelihood, cross entropy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..errors import ArgumentError, DtypeError, ShapeError
from .activation import log_softmax, logsigmoid, sigmoid, softmax
from .comparison import maximum, where
from .elementwise import log, log1p
from .indexing import take_along
from .linalg import linear
from .promotion import Array, array_of, check_floats
from .reduction import mean as average
from .reduction import sum as total
from .shape import broadcast, reshape, squeeze, unsqueeze


def reduced(name: str, losses: Array, reduction: str) -> Array:
    """The losses as one number, "mean" or "sum", or as they are, "none"."""
    if reduction == "mean":
        return average(losses)
    if reduction == "sum":
        return total(losses)
    if reduction == "none":
        return losses
    raise ArgumentError(f"{name}: reduction {reduction!r}; needs 'mean', 'sum' or 'none'")


@primitive
def _binary_cross_entropy(p, target):
    return (target - 1) * np.maximum(np.log1p(-p), -100) - target * np.maximum(np.log(p), -100)


@_binary_cross_entropy.gradient("p")
def _(g, p, target):
    return g * (p - target) / maximum(p * (1 - p), 1e-12)


@_binary_cross_entropy.gradient("target")
def _(g, p):
    return g * (log1p(-p) - log(p))  # without the bounds, as PyTorch's


def binary_cross_entropy(input: Array, target: Array, weight: Array | None = None, reduction: str = "mean") -> Array:
    """-(t log p + (1 - t) log(1 - p)) of probabilities p; each logarithm is at least -100, as in PyTorch."""
    _same_shape("binary_cross_entropy", input, target)
    if not _within_unit(array_of(input)):
        raise ArgumentError(
            "binary_cross_entropy: a probability is outside [0, 1] or NaN; end the model with a sigmoid, or use "
            "binary_cross_entropy_with_logits"
        )
    if not _within_unit(array_of(target)):
        raise ArgumentError("binary_cross_entropy: a target is outside [0, 1] or NaN; give 0, 1 or a probability")
    _check_weight("binary_cross_entropy", weight, target)
    losses = _binary_cross_entropy(input, target)
    return reduced("binary_cross_entropy", losses if weight is None else losses * weight, reduction)


@primitive
def _logistic_loss(x, target):
    """(1 - target) x - log(sigmoid(x))"""
    return kernels.of(x).logistic_loss(x, target)


@_logistic_loss.gradient("x")
def _(g, x, target):
    if isinstance(x, np.ndarray):
        return kernels.of(x).logistic_loss_gradient(x, target, g)
    return g * (sigmoid(x) - target)


@_logistic_loss.gradient("target")
def _(g, x):
    return g * -x


def binary_cross_entropy_with_logits(
    input: Array,
    target: Array,
    weight: Array | None = None,
    reduction: str = "mean",
    pos_weight: Array | None = None,
) -> Array:
    """Binary cross entropy of sigmoid(input), computed without overflow.

    pos_weight   how much more a positive example counts, for each class
    """
    _same_shape("binary_cross_entropy_with_logits", input, target)
    check_floats("binary_cross_entropy_with_logits", input)
    _check_weight("binary_cross_entropy_with_logits", weight, target)
    _check_weight("binary_cross_entropy_with_logits", pos_weight, target)
    if pos_weight is None and input.dtype == target.dtype:
        losses = _logistic_loss(input, target)
    else:
        scale = 1 if pos_weight is None else 1 + (pos_weight - 1) * target
        losses = (1 - target) * input - scale * logsigmoid(input)
    return reduced("binary_cross_entropy_with_logits", losses if weight is None else losses * weight, reduction)


def _within_unit(values: np.ndarray) -> bool:
    return kernels.of(values).all_within(values, 0.0, 1.0)


def _check_weight(name: str, weight: Array | None, target: Array) -> None:
    lead = 0 if weight is None else target.ndim - weight.ndim
    if weight is None or (
        lead >= 0 and all(m in (1, n) for m, n in zip(weight.shape, target.shape[lead:], strict=True))
    ):
        return
    raise ShapeError(f"{name}: weight {tuple(weight.shape)} does not broadcast to the target's {tuple(target.shape)}")


def _same_shape(name: str, x: Array, target: Array) -> None:
    if x.shape != target.shape:
        raise ShapeError(f"{name}: input {tuple(x.shape)} and target {tuple(target.shape)} must have one shape")
    if target.dtype.kind != "f":
        raise DtypeError(f"{name}: target is {target.dtype}, needs floats; use target.float()")


# --- classes --------------------------------------------------------------------------------------------------------


@primitive(outputs=("losses", "probabilities"))
def _softmax_cross_entropy(logits, targets):
    return kernels.of(logits).softmax_cross_entropy(logits, targets)


@_softmax_cross_entropy.gradient("logits")
def _(g, logits, targets, probabilities):
    return _softmax_cross_entropy_gradient(g[0], logits, targets, probabilities)


@primitive(outputs=("mean", "probabilities"))
def _mean_softmax_cross_entropy(logits, targets):
    losses, probabilities = kernels.of(logits).softmax_cross_entropy(logits, targets)
    return average(losses), probabilities


@_mean_softmax_cross_entropy.gradient("logits")
def _(g, logits, targets, probabilities):
    of_each = broadcast(g[0] / math.prod(targets.shape), targets.shape)
    return _softmax_cross_entropy_gradient(of_each, logits, targets, probabilities)


def _softmax_cross_entropy_gradient(g: Array, logits: Array, targets: Any, probabilities: Any) -> Array:
    if isinstance(logits, np.ndarray):
        return kernels.of(logits).softmax_cross_entropy_gradient(g, targets, probabilities)
    probabilities = softmax(logits, 1)  # a part of the graph, so that it can be differentiated again
    classes = np.arange(logits.shape[1]).reshape(-1, *(1,) * (logits.ndim - 2))
    chosen = classes == np.expand_dims(array_of(targets), 1)
    return unsqueeze(g, 1) * (probabilities - chosen.astype(logits.dtype))


def nll_loss(
    input: Array,
    target: Array,
    weight: Array | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Array:
    """-input at the target's class, for log-probabilities (N, C), (C,) or (N, C, ...) and classes (N,), () or (N, ...).

    weight         (C,): how much each class counts; the mean is over the weights
    ignore_index   targets of this value do not count
    """
    axis, classes, counted = _classes("nll_loss", input, target, weight, ignore_index)
    picked = squeeze(take_along(input, np.expand_dims(classes, axis), axis), axis)
    return _weighted("nll_loss", -picked, classes, counted, weight, reduction)


def _weighted(
    name: str, losses: Array, classes: np.ndarray, counted: np.ndarray | None, weight: Array | None, reduction: str
) -> Array:
    """Losses, one a target, times their class weights; the mean is over the weights of those that count."""
    if weight is None and counted is None:
        return reduced(name, losses, reduction)
    counted = _or_everywhere(counted, classes)
    dtype = losses.dtype
    weights = counted.astype(dtype) if weight is None else where(counted, weight[classes], 0.0)
    losses = where(counted, losses * weights, 0.0)
    if reduction == "mean":
        return total(losses) / total(weights)
    return reduced(name, losses, reduction)


def _or_everywhere(counted: np.ndarray | None, classes: np.ndarray) -> np.ndarray:
    return np.ones(classes.shape, bool) if counted is None else counted


def _check_class_weights(name: str, weight: Array | None, classes: int) -> None:
    if weight is not None and weight.shape != (classes,):
        raise ShapeError(f"{name}: weight {tuple(weight.shape)} for {classes} classes; needs one for each")


def _classes(
    name: str, x: Array, target: Array, weight: Array | None, ignore_index: int
) -> tuple[int, np.ndarray, np.ndarray | None]:
    """The class axis, the target classes (0 for ignored ones) and where a target counts, None for everywhere."""
    classes = array_of(target)
    if x.ndim == 0:
        raise ShapeError(f"{name}: got a single number, needs (C,), (N, C) or (N, C, ...)")
    axis = 0 if x.ndim == 1 else 1
    if x.dtype.kind != "f":
        raise DtypeError(f"{name}: input is {x.dtype}, needs floats")
    if classes.dtype.kind not in "iu":
        raise DtypeError(f"{name}: target is {classes.dtype}, needs classes as integers; use target.long()")
    expected = tuple(n for i, n in enumerate(x.shape) if i != axis)
    if classes.shape != expected:
        raise ShapeError(f"{name}: input {tuple(x.shape)} needs a target {expected}, got {classes.shape}")
    _check_class_weights(name, weight, x.shape[axis])
    if not 0 <= ignore_index < x.shape[axis] and _all_within(classes, x.shape[axis]):
        return axis, classes, None
    counted = classes != ignore_index
    if ((classes < 0) | (classes >= x.shape[axis]))[counted].any():
        wrong = classes[counted & ((classes < 0) | (classes >= x.shape[axis]))][0]
        raise ArgumentError(f"{name}: target {wrong} is no class of 0 to {x.shape[axis] - 1}")
    return axis, np.where(counted, classes, 0), None if counted.all() else counted


def _all_within(classes: np.ndarray, count: int) -> bool:
    """Whether all are from 0 to count - 1; seen without a sign, negative ones are the greatest."""
    return bool(classes.size and np.maximum.reduce(classes.view(f"u{classes.itemsize}"), None) < count)


def cross_entropy(
    input: Array,
    target: Array,
    weight: Array | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Array:
    """Cross entropy of softmax(input) with the target's class, or with probabilities of input's shape.

    Shapes, weight and ignore_index as in `nll_loss`.
    label_smoothing   this share of each target goes to all classes evenly.  Szegedy et al. 2016.
    """
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(f"cross_entropy: label_smoothing {label_smoothing}; needs 0 to 1")
    if target.dtype.kind == "f" and target.shape == input.shape:
        if ignore_index >= 0:
            raise ArgumentError(f"cross_entropy: ignore_index {ignore_index} is for classes, not for probabilities")
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    axis, classes, counted = _classes("cross_entropy", input, target, weight, ignore_index)
    if input.ndim >= 2 and not label_smoothing:
        if weight is None and counted is None and reduction == "mean":
            return _mean_softmax_cross_entropy(input, classes)[0]
        losses = _softmax_cross_entropy(input, classes)[0]
        return _weighted("cross_entropy", losses, classes, counted, weight, reduction)
    logp = log_softmax(input, axis)
    loss = nll_loss(logp, target, weight, ignore_index, reduction)
    if not label_smoothing:
        return loss
    smooth = _smooth_loss(logp, axis, classes, counted, weight, reduction)
    return (1 - label_smoothing) * loss + label_smoothing * smooth


def _smooth_loss(
    logp: Array, axis: int, classes: np.ndarray, counted: np.ndarray | None, weight: Array | None, reduction: str
) -> Array:
    """The loss against evenly spread targets; its mean is over the same weights as that of the targets."""
    counted = _or_everywhere(counted, classes)
    each = -logp if weight is None else -logp * reshape(weight, [-1 if i == axis else 1 for i in range(logp.ndim)])
    losses = where(counted, average(each, axis), 0.0)
    if reduction != "mean":
        return reduced("cross_entropy", losses, reduction)
    return total(losses) / (int(counted.sum()) if weight is None else total(where(counted, weight[classes], 0.0)))


def _soft_cross_entropy(x: Array, target: Array, weight: Array | None, reduction: str, label_smoothing: float) -> Array:
    axis = 0 if x.ndim == 1 else 1
    _check_class_weights("cross_entropy", weight, x.shape[axis])
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / x.shape[axis]
    each = -log_softmax(x, axis) * target
    if weight is not None:
        each = each * reshape(weight, [-1 if i == axis else 1 for i in range(x.ndim)])
    losses = total(each, axis)
    return reduced("cross_entropy", losses, reduction)


def linear_cross_entropy(
    input: Array,
    linear_weight: Array,
    target: Array,
    *,
    linear_bias: Array | None = None,
    weight: Array | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Array:
    """`cross_entropy` of the logits input linear_weight^T + linear_bias, other arguments as there.

    input (N, F) or (F,), linear_weight (C, F) or, with input (N, F), (C, d1, ..., dK, F) for K dimensions of targets
    options    how PyTorch divides the work to save memory: without effect here
    """
    sizes = tuple(linear_weight.shape[:-1])
    if input.ndim not in (1, 2) or not sizes or input.shape[-1] != linear_weight.shape[-1]:
        raise ShapeError(
            f"linear_cross_entropy: input {tuple(input.shape)} and linear_weight {tuple(linear_weight.shape)}; needs "
            "(N, F) or (F,) and (C, ..., F)"
        )
    if linear_bias is not None and tuple(linear_bias.shape) != sizes:
        raise ShapeError(f"linear_cross_entropy: linear_bias {tuple(linear_bias.shape)}; needs {sizes}")
    if len(sizes) > 1 and input.ndim == 1:
        raise ShapeError("linear_cross_entropy: a linear_weight of several dimensions needs an input (N, F)")
    table = linear_weight if len(sizes) == 1 else reshape(linear_weight, (-1, input.shape[-1]))
    shift = linear_bias if linear_bias is None or len(sizes) == 1 else reshape(linear_bias, (-1,))
    logits = linear(input, table, shift)
    logits = logits if len(sizes) == 1 else reshape(logits, (input.shape[0], *sizes))
    if ignore_index is not None and logits.shape == target.shape:
        raise ArgumentError("linear_cross_entropy: ignore_index is for classes, not for probabilities")
    ignored = -100 if ignore_index is None else ignore_index
    return cross_entropy(logits, target, weight, ignored, reduction, label_smoothing)
