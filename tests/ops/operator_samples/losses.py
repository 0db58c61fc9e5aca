"""Losses."""

from __future__ import annotations

from .base import S, normal, positive, unit, weights

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
    S(
        "cross_entropy vector",
        lambda T, x: T.nn.functional.cross_entropy(x, T.tensor(1), weights(T, x, 3), label_smoothing=0.1),
        [normal(3)],
    ),
    S(
        "cross_entropy soft smoothing",
        lambda T, x, t: T.nn.functional.cross_entropy(
            x, T.softmax(t, 1), weights(T, x, 3), reduction="sum", label_smoothing=0.2
        ),
        [normal(2, 3, 1), normal(2, 3, 1)],
    ),
    S(
        "linear_cross_entropy",
        lambda T, x, w, b: T.nn.functional.linear_cross_entropy(x, w, T.tensor([2, 0]), linear_bias=b),
        [normal(2, 2), normal(3, 2), normal(3)],
    ),
    S(
        "linear_cross_entropy plane",
        lambda T, x, w: T.nn.functional.linear_cross_entropy(x, w, T.tensor([[1, 0], [0, 0]])),
        [normal(2, 2), normal(2, 2, 2)],
    ),
    S("l1_loss", lambda T, x, y: T.nn.functional.l1_loss(x, y), [normal(2, 3), normal(2, 3) + 0.03]),
    S(
        "l1_loss weight",
        lambda T, x, y, w: T.nn.functional.l1_loss(x, y, weight=w),
        [normal(3), normal(3) + 0.03, positive(3)],
    ),
    S("mse_loss weight", lambda T, x, y, w: T.nn.functional.mse_loss(x, y, weight=w), [normal(3) for _ in range(3)]),
    S("smooth_l1_loss", lambda T, x, y: T.nn.functional.smooth_l1_loss(x, y), [normal(2, 3), normal(2, 3)]),
    S(
        "smooth_l1_loss beta",
        lambda T, x, y: T.nn.functional.smooth_l1_loss(x, y, reduction="sum", beta=0.3),
        [normal(2, 3), normal(2, 3) + 0.03],
    ),
    S("huber_loss", lambda T, x, y: T.nn.functional.huber_loss(x, y, delta=1.7), [normal(2, 3), normal(2, 3)]),
    S("huber_loss weight", lambda T, x, w: T.nn.functional.huber_loss(x, x * 0, weight=w), [normal(4), positive(4)]),
    S("kl_div", lambda T, x, t: T.nn.functional.kl_div(x, t, reduction="batchmean"), [normal(2, 3), unit(2, 3)]),
    S("kl_div log_target", lambda T, x, t: T.kl_div(x, t, 2, log_target=True), [normal(2, 3), normal(2, 3)]),
    S("poisson_nll_loss", lambda T, x, t: T.nn.functional.poisson_nll_loss(x, t), [normal(3), positive(3)]),
    S(
        "poisson_nll_loss full",
        lambda T, x, t: T.nn.functional.poisson_nll_loss(x, t, log_input=False, full=True),
        [positive(3), positive(3) + 1.0],
    ),
    S(
        "gaussian_nll_loss",
        lambda T, x, t, v: T.nn.functional.gaussian_nll_loss(x, t, v, full=True),
        [normal(2, 3), normal(2, 3), positive(2)],
    ),
    S("gaussian_nll_loss number", lambda T, x, t: T.nn.functional.gaussian_nll_loss(x, t, 0.5), [normal(3), normal(3)]),
    S(
        "cosine_embedding_loss",
        lambda T, a, b: T.nn.functional.cosine_embedding_loss(a, b, T.tensor([1, -1]), margin=-0.9),
        [normal(2, 3), normal(2, 3)],
    ),
    S(
        "cosine_embedding_loss vector",
        lambda T, a, b: T.cosine_embedding_loss(a, b, T.tensor(1)),
        [normal(3), normal(3)],
    ),
    S(
        "hinge_embedding_loss",
        lambda T, x: T.nn.functional.hinge_embedding_loss(x, T.tensor([1.0, -1, -1, 1]).to(x.dtype)),
        [normal(4)],
    ),
    S(
        "margin_ranking_loss",
        lambda T, a, b: T.margin_ranking_loss(a, b, T.tensor([1.0, -1, 1]).to(a.dtype), 0.3, 0),
        [normal(3), normal(3) + 0.07],
    ),
    S("soft_margin_loss", lambda T, x: T.nn.functional.soft_margin_loss(x, T.sign(x.detach()) * -1), [normal(2, 3)]),
    S(
        "multi_margin_loss",
        lambda T, x: T.nn.functional.multi_margin_loss(x, T.tensor([2, 0]), 2, 0.8, weights(T, x, 3)),
        [normal(2, 3)],
        pytorch_order=1,
    ),
    S(
        "multi_margin_loss vector",
        lambda T, x: T.nn.functional.multi_margin_loss(x, T.tensor(1)),
        [normal(3)],
        pytorch_order=1,
    ),
    S(
        "multilabel_margin_loss",
        lambda T, x: T.nn.functional.multilabel_margin_loss(x, T.tensor([[2, 0, -1, 1], [-1, 0, 0, 0]])),
        [normal(2, 4)],
        pytorch_order=1,
    ),
    S(
        "multilabel_soft_margin_loss",
        lambda T, x, t: T.nn.functional.multilabel_soft_margin_loss(x, t, weights(T, x, 3)),
        [normal(2, 3), unit(2, 3)],
    ),
    S(
        "triplet_margin_loss",
        lambda T, a, b, c: T.nn.functional.triplet_margin_loss(a, b, c, margin=2.0),
        [normal(2, 3), normal(2, 3), normal(2, 3)],
    ),
    S(
        "triplet_margin_loss swap",
        lambda T, a, b, c: T.triplet_margin_loss(a, b, c, 3.0, 3.0, 1e-6, True, 2),
        [normal(2, 2), normal(2, 2), normal(2, 2)],
    ),
    S(
        "triplet_margin_with_distance_loss",
        lambda T, a, b, c: T.nn.functional.triplet_margin_with_distance_loss(
            a, b, c, distance_function=lambda x, y: ((x - y) ** 2).sum(-1), margin=9.0
        ),
        [normal(2, 2), normal(2, 2), normal(2, 2)],
    ),
    S(
        "ctc_loss",
        lambda T, x: T.nn.functional.ctc_loss(
            x.log_softmax(2), T.tensor([[1, 2], [1, 1]]), T.tensor([3, 4]), T.tensor([2, 2])
        ),
        [normal(4, 2, 3)],
        order=1,
    ),
    S(
        "ctc_loss vector",
        lambda T, x: T.ctc_loss(x.log_softmax(1), T.tensor([0, 2]), T.tensor(3), T.tensor(2), 1, 2, True),
        [normal(3, 3)],
        order=1,
    ),
    S(
        "cross_entropy images",
        lambda T, x: T.nn.functional.cross_entropy(x, T.tensor([[CLASSES, CLASSES], [CLASSES, [1, 1, 0, 2]]])),
        [normal(2, 3, 2, 4)],
    ),
    S(
        "smooth_l1_loss none",
        lambda T, x, y: T.nn.functional.smooth_l1_loss(x, y, reduction="none", beta=0.7),
        [normal(4), normal(4)],
    ),
    S(
        "huber_loss sum",
        lambda T, x, y: T.nn.functional.huber_loss(x, y, "sum", delta=0.6),
        [normal(2, 3), normal(2, 3)],
    ),
]
