"""Losses of numbers and of distributions: distances to a target, divergences, likelihoods.

`reduction` is as in `loss.reduced`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..errors import ArgumentError, MinidlWarning, ShapeError
from .arithmetic import mul
from .comparison import where
from .elementwise import abs, exp, log, square
from .loss import reduced
from .pairwise import xlogy
from .promotion import Array, array_of, check_floats
from .reduction import mean as average
from .reduction import sum as total
from .rounding import sign
from .shape import unsqueeze

# --- distances -------------------------------------------------------------------------------------------------------


def mse_loss(input: Array, target: Array, reduction: str = "mean", weight: Array | None = None) -> Array:
    """(input - target)^2.  Warns when the shapes differ, since they then broadcast, rarely as meant.

    weight    of the input's shape; the mean is over the weights
    """
    _check_pair("mse_loss", input, target, weight)
    if weight is None and reduction == "mean" and array_of(input).size:
        x, target = _alike(input, target)
        if x.dtype.char in "fd":
            return _mean_square(x, target)
        return average(square(x))
    return _weighted_mean("mse_loss", square(input - target), weight, reduction)


def _alike(input: Array, target: Array) -> tuple[Array, Any]:
    """Both, if they are of one shape and dtype, as kernels of distances take them; else their difference, and zero."""
    if input.dtype is target.dtype and input.shape == target.shape and input.dtype.kind == "f":
        return input, target
    return input - target, 0.0


@primitive
def _mean_square(x, target):
    """The mean of (x - target)^2."""
    return kernels.of(x).total(kernels.of(x).squared_distance(x, target)) / x.dtype.type(x.size)


def _mean_square_gradient(g: Array, x: Array, target: Array) -> Array:
    g = g * (2 / math.prod(x.shape))
    if isinstance(x, np.ndarray):
        return kernels.of(x).scaled_distance(x, target, g)
    return mul(x - target, g)


@_mean_square.gradient("x")
def _(g, x, target):
    return _mean_square_gradient(g, x, target)


@_mean_square.gradient("target")
def _(g, x, target):
    return -_mean_square_gradient(g, x, target)


def l1_loss(input: Array, target: Array, reduction: str = "mean", weight: Array | None = None) -> Array:
    """|input - target|; weight as in `mse_loss`."""
    _check_pair("l1_loss", input, target, weight)
    return _weighted_mean("l1_loss", abs(input - target), weight, reduction)


class _Distance(NamedTuple):
    """A function of d = x - target and a number, by the name of its kernel, and its slope as a formula."""

    kernel: str
    slope: Callable[[Array, float], Array]


_SMOOTH_ABSOLUTE = _Distance("smooth_absolute", lambda d, beta: where(abs(d) >= beta, sign(d), d / beta))
_HUBER = _Distance("huber", lambda d, delta: where(abs(d) >= delta, sign(d) * delta, d))


@primitive
def _distances(x, target, distance, number):
    return getattr(kernels.of(x), distance.kernel)(x, target, number)


@_distances.gradient("x")
def _(g, x, target, distance, number):
    if isinstance(x, np.ndarray):
        return getattr(kernels.of(x), f"{distance.kernel}_gradient")(x, target, g, number)
    return g * distance.slope(x - target, number)


@_distances.gradient("target")
def _(g, x, target, distance, number):
    return g * -distance.slope(x - target, number)


@primitive
def _mean_distance(x, target, distance, number):
    losses = getattr(kernels.of(x), distance.kernel)(x, target, number)
    return kernels.of(x).total(losses) / losses.dtype.type(losses.size)


@_mean_distance.gradient("x")
def _(g, x, target, distance, number):
    """Its single number goes into the kernel; the gradient of a mean apart spreads it over an array before."""
    g = g / math.prod(x.shape)
    if isinstance(x, np.ndarray):
        return getattr(kernels.of(x), f"{distance.kernel}_gradient")(x, target, g, number)
    return g * distance.slope(x - target, number)


@_mean_distance.gradient("target")
def _(g, x, target, distance, number):
    return g / math.prod(x.shape) * -distance.slope(x - target, number)


def _reduced_distance(
    name: str, input: Array, target: Array, distance: _Distance, number: float, reduction: str
) -> Array:
    x, target = _alike(input, target)
    check_floats(name, x)
    if reduction == "mean" and array_of(x).size:
        return _mean_distance(x, target, distance, number)
    return reduced(name, _distances(x, target, distance, number), reduction)


def smooth_l1_loss(input: Array, target: Array, reduction: str = "mean", beta: float = 1.0) -> Array:
    """d^2 / (2 beta) where d = |input - target| is less than beta, else d - beta / 2 (Girshick 2015)."""
    if beta < 0:
        raise ArgumentError(f"smooth_l1_loss: beta {beta}; needs at least 0")
    _check_pair("smooth_l1_loss", input, target)
    if beta == 0:
        return reduced("smooth_l1_loss", abs(input - target), reduction)
    return _reduced_distance("smooth_l1_loss", input, target, _SMOOTH_ABSOLUTE, beta, reduction)


def huber_loss(
    input: Array, target: Array, reduction: str = "mean", delta: float = 1.0, weight: Array | None = None
) -> Array:
    """d^2 / 2 where d = |input - target| is at most delta, else delta * (d - delta / 2) (Huber 1964).

    weight    of the input's shape; the mean is over the elements
    """
    if delta <= 0:
        raise ArgumentError(f"huber_loss: delta {delta}; needs more than 0")
    _check_pair("huber_loss", input, target, weight)
    if weight is None:
        return _reduced_distance("huber_loss", input, target, _HUBER, delta, reduction)
    losses = _reduced_distance("huber_loss", input, target, _HUBER, delta, "none")
    return reduced("huber_loss", losses * weight, reduction)


def _check_pair(name: str, input: Array, target: Array, weight: Array | None = None) -> None:
    if input.shape != target.shape:
        warnings.warn(
            f"{name}: Using a target size ({target.shape}) that is different to the input size ({input.shape}). "
            "This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            MinidlWarning,
            stacklevel=3,
        )
    if weight is not None and weight.shape != input.shape:
        raise ShapeError(f"{name}: weight {tuple(weight.shape)} for input {tuple(input.shape)}; needs its shape")


def _weighted_mean(name: str, losses: Array, weight: Array | None, reduction: str) -> Array:
    """The losses times their weights, reduced; their mean is over the weights."""
    if weight is None:
        return reduced(name, losses, reduction)
    losses = losses * weight
    return total(losses) / total(weight) if reduction == "mean" else reduced(name, losses, reduction)


# --- divergences and likelihoods --------------------------------------------------------------------------------------


def kl_div(input: Array, target: Array, reduction: str = "mean", log_target: bool = False) -> Array:
    """target * (log(target) - input) of log-probabilities `input`; "batchmean" divides the sum by the batch's size.

    log_target    the target, too, holds logarithms
    """
    check_floats("kl_div", input)
    losses = exp(target) * (target - input) if log_target else xlogy(target, target) - target * input
    if reduction == "batchmean":
        return total(losses) / input.shape[0] if input.ndim else total(losses)
    return reduced("kl_div", losses, reduction)


def poisson_nll_loss(
    input: Array,
    target: Array,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
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
    """(log(var) + (input - target)^2 / var) / 2, the variance at least eps (Nix and Weigend 1994).

    var     a number, or a tensor that broadcasts to the input in one dimension
    full    with the constant log(2 pi) / 2
    """
    variance = array_of(var)
    if np.any(variance < 0):
        raise ArgumentError("gaussian_nll_loss: a variance is negative")
    if isinstance(var, (int, float)):
        variance = var = np.asarray(var, input.dtype)
    else:
        var = _fitted(var, input)
    limited = var + np.maximum(eps - array_of(var), 0).astype(variance.dtype)  # raised with its slope kept
    losses = (log(limited) + square(input - target) / limited) * 0.5
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduced("gaussian_nll_loss", losses, reduction)


def _fitted(var: Array, input: Array) -> Array:
    """Variances of the input's shape, or with one dimension that is missing at the end or 1."""
    if var.shape == input.shape[:-1] and input.ndim:
        return unsqueeze(var, -1)
    if var.shape == input.shape:
        return var
    others = [n for m, n in zip(input.shape, var.shape, strict=False) if m != n]
    if var.ndim != input.ndim or others != [1]:
        raise ShapeError(
            f"gaussian_nll_loss: var {tuple(var.shape)} for input {tuple(input.shape)}; needs its shape, with one "
            "dimension of size 1 at most"
        )
    return var
