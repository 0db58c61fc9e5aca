"""Losses and what they are compared to PyTorch's on: shapes of numbers and leaves get gradients, arrays do not."""

from __future__ import annotations

import numpy as np
from twins import Leaf, made, spread

CLASSES = 4
WEIGHT = np.array([0.5, 2.0, 1.0, 0.1])


def unit(*shape, seed=0):
    return 1 / (1 + np.exp(-spread(*shape, seed=seed)))


def labels(*shape, ignored=None):
    drawn = np.random.default_rng(3).integers(0, CLASSES, shape)
    if ignored is not None and shape:
        drawn.flat[::3] = ignored
    return drawn


def distribution(*shape):
    e = np.exp(spread(*shape, seed=9))
    return e / e.sum(0 if len(shape) == 1 else 1, keepdims=True)


def signs(*shape):
    return np.where(spread(*shape, seed=7) > 0, 1.0, -1.0)


def loss(name, *inputs, **options):
    """A row of the table: how to build the loss with a reduction, and what it is called with."""

    def build(N, reduction):
        given = {key: made(N, v) if isinstance(v, np.ndarray) else v for key, v in options.items()}
        return getattr(N, name)(**given, reduction=reduction)

    build.__name__ = f"{name}{sorted(key for key, value in options.items() if value is not None)}"
    return (build, *inputs)


TARGETS = [
    ((7, CLASSES), labels(7)),
    ((7, CLASSES), labels(7, ignored=-100)),
    ((CLASSES,), labels()),
    ((3, CLASSES, 5), labels(3, 5, ignored=-100)),
    ((2, CLASSES, 3, 5), labels(2, 3, 5)),
]

CLASSIFICATION = [
    loss("BCELoss", Leaf(unit(7, 4)), Leaf(unit(7, 4, seed=1))),
    loss("BCELoss", Leaf(np.array([1e-5, 1 - 1e-5, 0.3, 1e-30])), np.array([1.0, 0.5, 0.0, 0.0])),
    loss("BCELoss", Leaf(unit(7, 4)), unit(7, 4, seed=1), weight=WEIGHT),
    loss("BCEWithLogitsLoss", (7, 4), unit(7, 4, seed=1)),
    loss("BCEWithLogitsLoss", (), np.array(0.3)),
    loss("BCEWithLogitsLoss", Leaf(np.array([1e4, -1e4, 50.0, -50.0])), np.array([0.0, 1.0, 0.2, 1.0])),
    loss("BCEWithLogitsLoss", (7, 4), unit(7, 4, seed=1), weight=WEIGHT),
    loss("BCEWithLogitsLoss", (7, 4), unit(7, 4, seed=1), pos_weight=WEIGHT * 3, weight=WEIGHT),
    *[
        loss(name, shape, np.where(target == -100, ignored, target), weight=weight, ignore_index=ignored)
        for name in ("NLLLoss", "CrossEntropyLoss")
        for weight in (None, WEIGHT)
        for ignored in (-100, 1)
        for shape, target in TARGETS
    ],
    *[
        loss("CrossEntropyLoss", shape, target, weight=weight, label_smoothing=smoothing)
        for weight in (None, WEIGHT)
        for smoothing in (0.1, 1.0)
        for shape, target in [*TARGETS[1:4], ((7, CLASSES), distribution(7, CLASSES))]
    ],
    *[
        loss("CrossEntropyLoss", shape, Leaf(distribution(*shape)), weight=weight)
        for weight in (None, WEIGHT)
        for shape in [(7, CLASSES), (CLASSES,), (3, CLASSES, 5)]
    ],
    loss("CrossEntropyLoss", Leaf(1e4 * spread(5, CLASSES)), labels(5)),
    loss("CrossEntropyLoss", (301, 67), np.random.default_rng(4).integers(0, 67, 301)),
    loss("LinearCrossEntropyLoss", (7, 6), labels(7), in_features=6, num_classes=CLASSES, bias=True),
    loss("LinearCrossEntropyLoss", (6,), labels(), in_features=6, num_classes=CLASSES, weight=WEIGHT),
    loss("LinearCrossEntropyLoss", (7, 6), labels(7, 3), in_features=6, num_classes=CLASSES, out_features=(3,)),
    *[
        loss("CTCLoss", Leaf(np.log(distribution(2, 5, 9)).transpose(2, 0, 1)), targets, steps, counts, **options)
        for targets, steps, counts in [
            (np.array([[1, 2, 1], [3, 3, 4]]), np.array([9, 8]), np.array([3, 2])),
            (np.array([1, 2, 1, 3, 3]), np.array([9, 9]), np.array([3, 2])),
        ]
        for options in ({}, {"zero_infinity": True})
    ],
    loss("CTCLoss", Leaf(np.log(distribution(9, 5))), np.array([1, 2, 0]), np.array(9), np.array(3), blank=4),
]

REGRESSION = [
    *[
        loss(name, shape, shape)
        for name in ("L1Loss", "MSELoss", "SmoothL1Loss", "HuberLoss")
        for shape in [(3, 5), (), (0, 4)]
    ],
    loss("SmoothL1Loss", (3, 5), (3, 5), beta=0.3),
    loss("SmoothL1Loss", (3, 5), (3, 5), beta=0.0),
    loss("HuberLoss", (3, 5), (3, 5), delta=0.3),
    loss("KLDivLoss", (3, 5), Leaf(distribution(3, 5))),
    loss("KLDivLoss", (3, 5), (3, 5), log_target=True),
    loss("PoissonNLLLoss", (3, 5), Leaf(3 * unit(3, 5, seed=1))),
    loss("PoissonNLLLoss", (3, 5), 3 * unit(3, 5, seed=1), full=True),
    loss("PoissonNLLLoss", Leaf(unit(3, 5)), 3 * unit(3, 5, seed=1), log_input=False, eps=0.1),
    loss("GaussianNLLLoss", (3, 5), (3, 5), Leaf(unit(3, 5))),
    loss("GaussianNLLLoss", (3, 5), (3, 5), Leaf(unit(3, 1)), full=True, eps=0.3),
    loss("GaussianNLLLoss", (5,), (5,), Leaf(unit(5))),
]

MARGINS = [
    loss("MarginRankingLoss", (7,), (7,), signs(7)),
    loss("MarginRankingLoss", (), (), signs(), margin=0.7),
    loss("HingeEmbeddingLoss", (3, 5), signs(3, 5)),
    loss("HingeEmbeddingLoss", (3, 5), signs(3, 5), margin=0.3),
    loss("SoftMarginLoss", (3, 5), signs(3, 5)),
    loss("CosineEmbeddingLoss", (6, 5), (6, 5), signs(6), margin=0.1),
    loss("CosineEmbeddingLoss", (5,), (5,), signs()),
    loss("MultiMarginLoss", (7, CLASSES), labels(7)),
    loss("MultiMarginLoss", (CLASSES,), labels(), margin=0.5),
    loss("MultiMarginLoss", (7, CLASSES), labels(7), p=2, weight=WEIGHT),
    loss("MultiLabelMarginLoss", (2, CLASSES), np.array([[3, 0, -1, 1], [-1, 2, 0, 1]])),
    loss("MultiLabelMarginLoss", (CLASSES,), np.array([3, 1, -1, 1])),
    loss("MultiLabelSoftMarginLoss", (7, CLASSES), unit(7, CLASSES, seed=1)),
    loss("MultiLabelSoftMarginLoss", (CLASSES,), unit(CLASSES, seed=1), weight=WEIGHT),
    loss("TripletMarginLoss", (6, 5), (6, 5), (6, 5)),
    loss("TripletMarginLoss", (5,), (5,), (5,), margin=2.0, p=1.0, eps=0.1, swap=True),
    loss("TripletMarginWithDistanceLoss", (6, 5), (6, 5), (6, 5), swap=True),
    loss("TripletMarginWithDistanceLoss", (6, 5), (6, 5), (6, 5), margin=0.5,
         distance_function=lambda a, b: (a - b).abs().sum(-1)),
]  # fmt: skip

SAMPLES = [*CLASSIFICATION, *REGRESSION, *MARGINS]
