"""Adaptive softmax: rare classes stand in clusters of their own, behind one entry each of a short head.

Classes are numbered by how frequent they are.  The first `cutoffs[0]` are entries of the head; cluster i holds those
from cutoffs[i] to cutoffs[i + 1], and their chance is that of the cluster in the head times that within the cluster
(Grave et al. 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from ..errors import ArgumentError, ShapeError
from .activation import log_softmax
from .indexing import getitem, put_at, take_along
from .joining import cat
from .promotion import Array, array_of
from .reduction import mean
from .shape import reshape, squeeze, unsqueeze

Logits = Callable[[Array], Array]


def adaptive_log_softmax(
    input: Array, target: Array, head: Logits, tails: Sequence[Logits], cutoffs: Sequence[int]
) -> tuple[Array, Array]:
    """The log-probability of each target class, (N,), and their mean, negated; for input (N, F) or (F,).

    head      gives the logits of cutoffs[0] classes and of each cluster;  tails: of the classes of each cluster
    cutoffs   where clusters begin, and the number of classes
    Only those clusters are computed that have a target.
    """
    classes = np.asarray(array_of(target))
    if input.ndim not in (1, 2) or classes.shape != tuple(input.shape[:-1]):
        raise ShapeError(
            f"adaptive_log_softmax: input {tuple(input.shape)} and target {classes.shape}; needs (N, F) and (N,)"
        )
    if classes.size and not (classes.min() >= 0 and classes.max() < cutoffs[-1]):
        raise ArgumentError(f"adaptive_log_softmax: a target is no class of 0 to {cutoffs[-1] - 1}")
    rows = input if input.ndim == 2 else unsqueeze(input, 0)
    classes = classes.reshape(-1)
    clusters = np.searchsorted(cutoffs, classes, side="right")
    entries = np.where(clusters == 0, classes, cutoffs[0] + clusters - 1)
    output = squeeze(take_along(log_softmax(head(rows), 1), entries[:, None], 1), 1)
    for i in np.unique(clusters[clusters > 0]):
        own = np.flatnonzero(clusters == i)
        within = (classes[own] - cutoffs[i - 1])[:, None]
        chosen = squeeze(take_along(log_softmax(tails[i - 1](getitem(rows, own)), 1), within, 1), 1)
        output = output + put_at(chosen, (classes.size,), own)
    return output if input.ndim == 2 else reshape(output, ()), mean(-output)


def adaptive_log_probabilities(input: Array, head: Logits, tails: Sequence[Logits], cutoffs: Sequence[int]) -> Array:
    """The log-probabilities of all classes, (N, classes)."""
    short = log_softmax(head(input), 1)
    parts = [short[:, : cutoffs[0]]]
    for i, tail in enumerate(tails):
        entry = cutoffs[0] + i
        parts.append(log_softmax(tail(input), 1) + short[:, entry : entry + 1])
    return cat(parts, 1)


def cluster_sizes(cutoffs: Sequence[int]) -> list[int]:
    """How many classes each cluster has."""
    return [high - low for low, high in pairwise(cutoffs)]
