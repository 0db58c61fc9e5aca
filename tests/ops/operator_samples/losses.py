"""Losses."""

from __future__ import annotations

from .base import S, normal, unit, weights

CLASSES = [1, 0, 2, 2]

SAMPLES = [
    S("mse_loss", lambda T, x, y: T.nn.functional.mse_loss(x, y), [normal(3, 4), normal(3, 4)]),
    S("mse_loss none", lambda T, x, y: T.nn.functional.mse_loss(x, y, reduction="none"), [normal(3), normal(3)]),
    S("bce", lambda T, p, t: T.nn.functional.binary_cross_entropy(p, t), [unit(3, 4), unit(3, 4)]),
    S(
        "bce weight",
        lambda T, p, t: T.nn.functional.binary_cross_entropy(p, t, weights(T, p, 2), reduction="sum"),
        [unit(3, 2), unit(3, 2)],
    ),
    S("bce logits", lambda T, x, t: T.nn.functional.binary_cross_entropy_with_logits(x, t), [normal(3, 4), unit(3, 4)]),
    S(
        "bce logits pos_weight",
        lambda T, x, t: T.nn.functional.binary_cross_entropy_with_logits(x, t, pos_weight=weights(T, x, 2)),
        [normal(3, 2), unit(3, 2)],
    ),
    S("nll_loss", lambda T, x: T.nn.functional.nll_loss(x, T.tensor(CLASSES)), [normal(4, 3)]),
    S(
        "nll_loss weight",
        lambda T, x: T.nn.functional.nll_loss(x, T.tensor(CLASSES), weights(T, x, 3), ignore_index=0),
        [normal(4, 3)],
    ),
    S(
        "nll_loss plane",
        lambda T, x: T.nn.functional.nll_loss(x, T.tensor([CLASSES]), reduction="sum"),
        [normal(1, 3, 4)],
    ),
    S("cross_entropy", lambda T, x: T.nn.functional.cross_entropy(x, T.tensor(CLASSES)), [normal(4, 3)]),
    S(
        "cross_entropy none",
        lambda T, x: T.nn.functional.cross_entropy(x, T.tensor(CLASSES), reduction="none", ignore_index=2),
        [normal(4, 3)],
    ),
    S(
        "cross_entropy smoothing",
        lambda T, x: T.nn.functional.cross_entropy(x, T.tensor(CLASSES), weights(T, x, 3), label_smoothing=0.2),
        [normal(4, 3)],
    ),
    S(
        "cross_entropy plane",
        lambda T, x: T.nn.functional.cross_entropy(x, T.tensor([CLASSES]), reduction="sum"),
        [normal(1, 3, 4)],
    ),
    S(
        "cross_entropy soft",
        lambda T, x, t: T.nn.functional.cross_entropy(x, T.softmax(t, 1)),
        [normal(4, 3), normal(4, 3)],
    ),
]
