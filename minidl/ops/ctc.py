"""Connectionist temporal classification: the loss of a sequence of labels without known times (Graves et al. 2006)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..errors import ArgumentError, DtypeError, GraphError, ShapeError
from .indexing import IndexRangeError
from .loss import reduced
from .promotion import Array, array_of, check_floats
from .shape import reshape, unsqueeze


@primitive(outputs=("losses", "slopes"))
def _ctc(log_probs, labels, lengths, blank, zero_infinity):
    losses, slopes = kernels.of(log_probs).ctc(log_probs, labels, lengths, blank)
    if zero_infinity:
        impossible = np.isinf(losses)
        losses[impossible] = 0
        slopes[:, impossible] = 0
    return losses, slopes


@_ctc.gradient("log_probs")
def _(g, slopes):
    return _ctc_gradient(g[0], slopes)


@primitive
def _ctc_gradient(g, slopes):
    return g.reshape(1, -1, 1) * slopes


@_ctc_gradient.gradient("g", "slopes")
def _(gg):
    raise GraphError("ctc_loss: its gradient cannot be differentiated again, as in PyTorch; detach() that gradient")


def ctc_loss(
    log_probs: Array,
    targets: Array,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Array:
    """-log of the chance that log_probs (T, N, C), or (T, C), gives the labels when repeats and blanks are taken out.

    targets           (N, S), or all labels one behind the other; no blanks among them
    input_lengths     how many steps of each sample count;  target_lengths: how many labels it has
    reduction         "mean" divides each loss by its number of labels first
    zero_infinity     a sample with fewer steps than its labels need counts zero instead of infinity

    As PyTorch's, the gradient is that for log_probs that come out of log_softmax, and has no gradient of its own.
    """
    alone = log_probs.ndim == 2
    x = unsqueeze(log_probs, 1) if alone else log_probs
    check_floats("ctc_loss", x)
    if x.ndim != 3:
        raise ShapeError(f"ctc_loss: log_probs {tuple(log_probs.shape)}; needs (T, N, C) or (T, C)")
    lengths, counts = (np.atleast_1d(np.asarray(array_of(part), np.int64)) for part in (input_lengths, target_lengths))
    if any(array_of(part).dtype.kind == "f" for part in (input_lengths, target_lengths) if hasattr(part, "dtype")):
        raise DtypeError("ctc_loss: lengths are floats, need integers; use .long()")
    _check(x, lengths, counts, blank)
    labels = _labels(array_of(targets), counts, x.shape[2])
    losses = _ctc(x, labels, lengths, blank, zero_infinity)[0]
    if reduction == "mean":
        losses = losses / np.maximum(counts, 1).astype(x.dtype)
    return reduced("ctc_loss", reshape(losses, ()) if alone else losses, reduction)


def _check(x: Array, lengths: np.ndarray, counts: np.ndarray, blank: int) -> None:
    steps, samples, classes = x.shape
    if lengths.shape != (samples,) or counts.shape != (samples,):
        raise ShapeError(f"ctc_loss: {lengths.size} input and {counts.size} target lengths for {samples} samples")
    if lengths.size and (lengths.min() < 0 or lengths.max() > steps or counts.min() < 0):
        raise ArgumentError(
            f"ctc_loss: input lengths {lengths.tolist()} and target lengths {counts.tolist()}; needs 0 to {steps} and "
            "at least 0"
        )
    if not 0 <= blank < classes:
        raise ArgumentError(f"ctc_loss: blank {blank}; needs a class of 0 to {classes - 1}")


def _labels(targets: np.ndarray, counts: np.ndarray, classes: int) -> list[np.ndarray]:
    """The labels of each sample."""
    if targets.dtype.kind not in "iu":
        raise DtypeError(f"ctc_loss: targets are {targets.dtype}, need integers; use .long()")
    if targets.ndim == 2:
        if targets.shape[0] != counts.size or (counts.size and counts.max() > targets.shape[1]):
            raise ShapeError(f"ctc_loss: targets {targets.shape} for lengths {counts.tolist()}")
        labels = [row[:n].astype(np.int64) for row, n in zip(targets, counts, strict=True)]
    else:
        if targets.ndim != 1 or targets.size != counts.sum():
            raise ShapeError(f"ctc_loss: targets {targets.shape} for lengths that sum to {counts.sum()}")
        ends = np.cumsum(counts)
        labels = [targets[end - n : end].astype(np.int64) for n, end in zip(counts, ends, strict=True)]
    for own in labels:
        if own.size and (own.min() < 0 or own.max() >= classes):
            raise IndexRangeError(f"ctc_loss: a target is no class of 0 to {classes - 1}")
    return labels
