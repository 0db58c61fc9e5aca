"""The forms that PyTorch has at its top level of functions of nn.functional, where the arguments differ.

`minidl.batch_norm` takes the weight before the running mean, as `torch.batch_norm` does, and so on.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..autograd.calling import wrap
from ..errors import ArgumentError
from . import ctc, layer_norm, loss, margin_loss, norm, regression_loss
from . import dropout as drops
from . import embedding as tables
from .promotion import Array

# --- normalisation ---------------------------------------------------------------------------------------------------


def batch_norm(
    input: Array,
    weight: Array | None,
    bias: Array | None,
    running_mean: Array | None,
    running_var: Array | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = False,
) -> Array:
    """`nn.functional.batch_norm`."""
    return norm.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(
    input: Array,
    weight: Array | None,
    bias: Array | None,
    running_mean: Array | None,
    running_var: Array | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = False,
) -> Array:
    """`nn.functional.instance_norm`."""
    return layer_norm.instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


# --- tables ----------------------------------------------------------------------------------------------------------


def embedding(
    weight: Array, indices: Array, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Array:
    """`nn.functional.embedding`; a negative padding_idx is none."""
    padding = None if padding_idx < 0 else padding_idx
    return tables.embedding(indices, weight, padding, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)


def embedding_bag(
    weight: Array,
    indices: Array,
    offsets: Array,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: Array | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> tuple[Array, ...]:
    """`nn.functional.embedding_bag` of mode 0 "sum", 1 "mean", 2 "max"; then the bag of each index, the sizes of the
    bags, and of mode 2 the rows chosen."""
    if mode not in (0, 1, 2):
        raise ArgumentError(f"embedding_bag: mode {mode}; needs 0 (sum), 1 (mean) or 2 (max)")
    result, *others = tables.bagged(
        indices,
        weight,
        offsets,
        None,
        2,
        scale_grad_by_freq,
        ("sum", "mean", "max")[mode],
        sparse,
        per_sample_weights,
        include_last_offset,
        padding_idx,
    )
    return result, *(wrap(part) for part in others)


# --- losses ----------------------------------------------------------------------------------------------------------


_REDUCTIONS = ("none", "mean", "sum")


def _by_number(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a loss take PyTorch's numbers for reductions: 0 "none", 1 "mean", 2 "sum"."""
    place = function.__code__.co_varnames.index("reduction")

    @functools.wraps(function)
    def reduced(*args: Any, **named: Any) -> Any:
        if len(args) > place:
            named["reduction"], args, rest = args[place], args[:place], args[place + 1 :]
            named.update(zip(function.__code__.co_varnames[place + 1 :], rest, strict=False))
        number = named.get("reduction")
        if isinstance(number, int) and 0 <= number < len(_REDUCTIONS):
            named["reduction"] = _REDUCTIONS[number]
        return function(*args, **named)

    return reduced


cosine_embedding_loss = _by_number(margin_loss.cosine_embedding_loss)
ctc_loss = _by_number(ctc.ctc_loss)
hinge_embedding_loss = _by_number(margin_loss.hinge_embedding_loss)
kl_div = _by_number(regression_loss.kl_div)
margin_ranking_loss = _by_number(margin_loss.margin_ranking_loss)
poisson_nll_loss = _by_number(regression_loss.poisson_nll_loss)
triplet_margin_loss = _by_number(margin_loss.triplet_margin_loss)


@_by_number
def binary_cross_entropy_with_logits(
    input: Array,
    target: Array,
    weight: Array | None = None,
    pos_weight: Array | None = None,
    reduction: str = "mean",
) -> Array:
    """`nn.functional.binary_cross_entropy_with_logits`."""
    return loss.binary_cross_entropy_with_logits(input, target, weight, reduction, pos_weight)


# --- dropout ---------------------------------------------------------------------------------------------------------


def dropout(input: Array, p: float, train: bool) -> Array:
    """`nn.functional.dropout`."""
    return drops.dropout(input, p, train)


def dropout_(input: Array, p: float, train: bool) -> Array:
    """`dropout`, in place."""
    return drops.dropout(input, p, train, inplace=True)


def feature_dropout(input: Array, p: float, train: bool) -> Array:
    """Dropout of whole channels of (N, C, ...)."""
    return drops.feature_dropout(input, p, train)


def feature_dropout_(input: Array, p: float, train: bool) -> Array:
    """`feature_dropout`, in place."""
    return drops.feature_dropout(input, p, train, inplace=True)


def alpha_dropout(input: Array, p: float, train: bool) -> Array:
    """`nn.functional.alpha_dropout`."""
    return drops.alpha_dropout(input, p, train)


def alpha_dropout_(input: Array, p: float, train: bool) -> Array:
    """`alpha_dropout`, in place."""
    return drops.alpha_dropout(input, p, train, inplace=True)


def feature_alpha_dropout(input: Array, p: float, train: bool) -> Array:
    """`nn.functional.feature_alpha_dropout`."""
    return drops.feature_alpha_dropout(input, p, train)


def feature_alpha_dropout_(input: Array, p: float, train: bool) -> Array:
    """`feature_alpha_dropout`, in place."""
    return drops.feature_alpha_dropout(input, p, train, inplace=True)
