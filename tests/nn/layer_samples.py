"""Layers and the inputs that they are compared to PyTorch's on: shapes of numbers, or arrays as they are."""

from __future__ import annotations

import numpy as np
from twins import made, spread


def whole(*shape, high):
    return np.random.default_rng(4).integers(0, high, shape)


LINEAR = [
    (lambda N: N.Identity(3, a=1), (3, 5)),
    (lambda N: N.Linear(7, 5), (3, 7)),
    (lambda N: N.Linear(7, 5, bias=False), (2, 3, 7)),
    (lambda N: N.Linear(7, 1), (7,)),
    (lambda N: N.Linear(70, 130), (33, 70)),
    (lambda N: N.Linear(7, 5), (0, 7)),
    (lambda N: N.Bilinear(3, 4, 5), (6, 3), (6, 4)),
    (lambda N: N.Bilinear(3, 4, 2, bias=False), (2, 3, 3), (2, 3, 4)),
    (lambda N: N.Bilinear(3, 4, 5), (3,), (4,)),
    (lambda N: N.Bilinear(3, 4, 5), (0, 3), (0, 4)),
]

CONVOLUTIONS = [
    (lambda N: N.Conv1d(3, 5, 3), (2, 3, 9)),
    (lambda N: N.Conv1d(4, 6, 3, 2, 1, 2, 2), (4, 11)),
    (lambda N: N.Conv1d(3, 5, 4, padding="same", padding_mode="reflect"), (2, 3, 9)),
    (lambda N: N.Conv1d(3, 5, 3, padding=2, padding_mode="circular", bias=False), (2, 3, 9)),
    (lambda N: N.Conv1d(3, 5, 3), (0, 3, 9)),
    (lambda N: N.Conv2d(3, 5, 3), (2, 3, 7, 9)),
    (lambda N: N.Conv2d(3, 5, (2, 5), stride=(2, 1), padding=(1, 3)), (1, 3, 9, 6)),
    (lambda N: N.Conv2d(4, 6, 3, dilation=(1, 2), groups=2, bias=False), (3, 4, 8, 8)),
    (lambda N: N.Conv2d(4, 4, 3, padding=1, groups=4), (2, 4, 5, 7)),
    (lambda N: N.Conv2d(3, 5, (3, 5), padding="same"), (2, 3, 5, 11)),
    (lambda N: N.Conv2d(3, 5, (2, 4), padding="same", dilation=(1, 2)), (2, 3, 5, 11)),
    (lambda N: N.Conv2d(3, 5, 1, padding="valid"), (2, 3, 5, 1)),
    (lambda N: N.Conv2d(3, 5, 3, padding="valid", padding_mode="reflect"), (2, 3, 5, 6)),
    (lambda N: N.Conv2d(16, 33, 3, padding=1), (5, 16, 13, 11)),
    (lambda N: N.Conv2d(3, 5, 3), (3, 7, 9)),
    (lambda N: N.Conv2d(3, 5, 3), (0, 3, 7, 9)),
    *[
        (lambda N, mode=mode, padding=padding: N.Conv2d(3, 4, (3, 4), padding=padding, padding_mode=mode), (2, 3, 6, 7))
        for mode in ("zeros", "reflect", "replicate", "circular")
        for padding in ((2, 1), "same")
    ],
    (lambda N: N.Conv2d(2, 4, 3, stride=2, padding=1, padding_mode="replicate"), (2, 6, 7)),
    (lambda N: N.Conv3d(2, 3, 2), (2, 2, 4, 5, 6)),
    (lambda N: N.Conv3d(2, 4, (1, 2, 3), (1, 2, 1), (0, 1, 2), (1, 1, 2), 2), (2, 4, 5, 6)),
    (lambda N: N.Conv3d(2, 3, (2, 3, 1), padding="same", padding_mode="circular"), (1, 2, 4, 5, 3)),
    (lambda N: N.Conv3d(2, 3, 3, padding=1, padding_mode="replicate"), (1, 2, 4, 5, 3)),
    (lambda N: N.Conv3d(2, 3, 2), (0, 2, 4, 5, 6)),
    (lambda N: N.ConvTranspose1d(3, 5, 3), (2, 3, 7)),
    (lambda N: N.ConvTranspose1d(4, 6, 3, 2, 1, 1, 2, False, 2), (4, 7)),
    (lambda N: N.ConvTranspose2d(3, 5, 3), (2, 3, 4, 5)),
    (lambda N: N.ConvTranspose2d(4, 6, (2, 3), (3, 2), (0, 1), (2, 1), groups=2), (2, 4, 4, 5)),
    (lambda N: N.ConvTranspose2d(3, 5, 3, dilation=2, bias=False), (3, 4, 5)),
    (lambda N: N.ConvTranspose2d(3, 5, 3), (0, 3, 4, 5)),
    (lambda N: N.ConvTranspose3d(2, 3, 2, stride=2, output_padding=1), (2, 2, 3, 4, 2)),
    (lambda N: N.ConvTranspose3d(2, 4, (1, 2, 3), padding=(0, 1, 1), groups=2), (2, 3, 4, 5)),
]

IMAGES = {1: (2, 3, 11), 2: (2, 3, 7, 9), 3: (2, 3, 5, 6, 7)}

SHARES = np.random.default_rng(8).random((2, 3, 3))
"""Where fractional pooling puts its windows."""

POOLS = [
    *[
        (lambda N, name=name, n=n, options=options: getattr(N, f"{name}{n}d")(**options), shape)
        for n, whole_shape in IMAGES.items()
        for shape in (whole_shape, whole_shape[1:])
        for name, options in [
            ("MaxPool", {"kernel_size": 2}),
            ("MaxPool", {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True, "return_indices": True}),
            ("MaxPool", {"kernel_size": 2, "stride": 1, "dilation": 2}),
            ("AvgPool", {"kernel_size": 2}),
            ("AvgPool", {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
            ("AvgPool", {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False}),
            ("LPPool", {"norm_type": 4, "kernel_size": 2}),
            ("LPPool", {"norm_type": 2, "kernel_size": 3, "stride": 2, "ceil_mode": True}),
            ("AdaptiveAvgPool", {"output_size": 3}),
            ("AdaptiveMaxPool", {"output_size": 2, "return_indices": True}),
        ]
    ],
    (lambda N: N.MaxPool2d((3, 2), stride=(1, 2), padding=(1, 0)), (2, 3, 7, 9)),
    (lambda N: N.MaxPool2d(2), (0, 3, 4, 4)),
    (lambda N: N.AvgPool2d((2, 3), divisor_override=4), (2, 3, 7, 9)),
    (lambda N: N.AvgPool3d((1, 2, 3), divisor_override=4), (2, 3, 3, 4, 6)),
    (lambda N: N.AvgPool2d(2), (0, 3, 4, 4)),
    (lambda N: N.AdaptiveAvgPool2d((None, 2)), (2, 3, 5, 7)),
    (lambda N: N.AdaptiveAvgPool2d(1), (0, 3, 5, 7)),
    (lambda N: N.AdaptiveMaxPool3d((2, None, 3)), (2, 3, 4, 2, 7)),
    (lambda N: N.FractionalMaxPool2d((2, 3), (3, 4), None, True, made(N, SHARES[..., :2])), (2, 3, 8, 9)),
    (lambda N: N.FractionalMaxPool2d(2, 3, _random_samples=made(N, SHARES[:1, :, 1:])), (3, 8, 9)),
    (lambda N: N.FractionalMaxPool3d(2, None, (0.5, 0.6, 0.7), _random_samples=made(N, SHARES)), (2, 3, 6, 7, 8)),
    (lambda N: N.MaxUnpool1d(2), (1, 2, 3), np.array([[[0, 3, 4], [1, 2, 5]]])),
    (lambda N: N.MaxUnpool2d(2, stride=(2, 3)), (1, 1, 2, 2), np.array([[[[0, 4], [10, 19]]]])),
    (lambda N: N.MaxUnpool3d((2, 1, 2), padding=(0, 0, 0)), (1, 1, 1, 1, 2), np.array([[[[[0, 6]]]]])),
]

NORMS = [
    (lambda N: N.BatchNorm1d(5), (7, 5)),
    (lambda N: N.BatchNorm1d(5, eps=0.1, momentum=0.5), (3, 5, 11)),
    (lambda N: N.BatchNorm1d(5, momentum=None), (7, 5)),
    (lambda N: N.BatchNorm1d(5, affine=False), (7, 5)),
    (lambda N: N.BatchNorm1d(5, bias=False), (7, 5)),
    (lambda N: N.BatchNorm2d(3), (2, 3, 5, 7)),
    (lambda N: N.BatchNorm2d(3, momentum=None), (5, 3, 9, 1)),
    (lambda N: N.BatchNorm2d(3, track_running_stats=False), (2, 3, 5, 7)),
    (lambda N: N.BatchNorm2d(3, affine=False, track_running_stats=False), (2, 3, 5, 7)),
    (lambda N: N.BatchNorm2d(33), (4, 33, 17, 13)),
    (lambda N: N.BatchNorm3d(3), (2, 3, 4, 2, 5)),
    (lambda N: N.BatchNorm3d(3, momentum=None, bias=False), (2, 3, 4, 2, 5)),
    *[
        (lambda N, n=n, options=options: getattr(N, f"InstanceNorm{n}d")(3, **options), shape)
        for n, batch in IMAGES.items()
        for shape in (batch, batch[1:])
        for options in [
            {},
            {"affine": True},
            {"affine": True, "bias": False, "track_running_stats": True, "momentum": 0.3, "eps": 0.01},
        ]
    ],
    (lambda N: N.InstanceNorm1d(3, track_running_stats=True, momentum=None), (2, 3, 5)),
    (lambda N: N.LayerNorm(7), (3, 7)),
    (lambda N: N.LayerNorm((5, 7), eps=0.1, bias=False), (2, 3, 5, 7)),
    (lambda N: N.LayerNorm([7], elementwise_affine=False), (7,)),
    (lambda N: N.LayerNorm(7), (0, 7)),
    (lambda N: N.RMSNorm(7), (3, 7)),
    (lambda N: N.RMSNorm((5, 7), eps=0.1), (2, 3, 5, 7)),
    (lambda N: N.RMSNorm(7, elementwise_affine=False), (0, 7)),
    (lambda N: N.GroupNorm(2, 6), (3, 6, 5)),
    (lambda N: N.GroupNorm(3, 6, eps=0.1, bias=False), (2, 6, 3, 4)),
    (lambda N: N.GroupNorm(6, 6, affine=False), (3, 6, 4)),
    (lambda N: N.GroupNorm(2, 6), (0, 6, 5)),
    (lambda N: N.LocalResponseNorm(3), (2, 5, 4)),
    (lambda N: N.LocalResponseNorm(4, alpha=0.5, beta=0.6, k=2), (2, 7, 3, 4)),
]

ACTIVATIONS = [
    *[(lambda N, name=name: getattr(N, name)(), (3, 5, 7)) for name in (
        "ReLU", "ReLU6", "LeakyReLU", "ELU", "CELU", "SELU", "GELU", "SiLU", "Mish", "Softplus", "Sigmoid",
        "LogSigmoid", "Tanh", "Tanhshrink", "Softsign", "Hardtanh", "Hardswish", "Hardshrink", "Softshrink",
    )],
    *[(lambda N, name=name: getattr(N, name)(), (0, 5)) for name in ("ReLU", "GELU", "SiLU", "Softplus", "Hardswish")],
    (lambda N: N.LeakyReLU(0.3), (61, 97)),
    (lambda N: N.ELU(0.3), (61, 97)),
    (lambda N: N.CELU(2.0), (61, 97)),
    (lambda N: N.GELU("tanh"), (61, 97)),
    (lambda N: N.GELU(approximate="none"), (61, 97)),
    (lambda N: N.Softplus(beta=3, threshold=2), (61, 97)),
    (lambda N: N.Hardtanh(-0.5, 1.5), (61, 97)),
    (lambda N: N.Hardtanh(min_val=-2, max_val=0), (61, 97)),
    (lambda N: N.Hardshrink(0.9), (61, 97)),
    (lambda N: N.Softshrink(0.9), (61, 97)),
    (lambda N: N.Threshold(0.3, -7.0), (61, 97)),
    (lambda N: N.RReLU(0.2, 0.2), (5, 7)),
    (lambda N: N.PReLU(), (3, 5, 7)),
    (lambda N: N.PReLU(5, init=0.1), (3, 5, 7)),
    (lambda N: N.PReLU(), (7,)),
    (lambda N: N.GLU(), (3, 6)),
    (lambda N: N.GLU(dim=1), (3, 6, 5)),
    *[(lambda N, name=name, dim=dim: getattr(N, name)(dim=dim), shape)
      for name in ("Softmax", "LogSoftmax", "Softmin")
      for dim, shape in [(0, (7,)), (1, (3, 5, 7)), (-1, (61, 97)), (1, (0, 5))]],
    (lambda N: N.Softmax2d(), (2, 3, 4, 5)),
    (lambda N: N.Softmax2d(), (3, 4, 5)),
]  # fmt: skip

DROPOUTS = [
    (lambda N, name=name, p=p: getattr(N, name)(p), shape)
    for name, shape in [
        ("Dropout", (3, 5)),
        ("Dropout1d", (2, 3, 5)),
        ("Dropout1d", (3, 5)),
        ("Dropout2d", (2, 3, 4, 5)),
        ("Dropout3d", (2, 3, 2, 4, 5)),
        ("AlphaDropout", (3, 5)),
        ("FeatureAlphaDropout", (2, 3, 5)),
    ]
    for p in (0.0, 1.0)
]

EMBEDDINGS = [
    (lambda N: N.Embedding(10, 4), whole(3, 5, high=10)),
    (lambda N: N.Embedding(10, 4, padding_idx=-8), whole(30, high=10)),
    (lambda N: N.Embedding(10, 4, max_norm=1.0, norm_type=1.0), whole(3, 5, high=10)),
    (lambda N: N.Embedding(10, 4, padding_idx=0, scale_grad_by_freq=True), whole(30, high=10)),
    (lambda N: N.Embedding(10, 4), np.array(3)),
    (lambda N: N.Embedding(10, 4), whole(0, 3, high=10)),
    (lambda N: N.Embedding.from_pretrained(made(N, spread(6, 3))), whole(4, high=6)),
    (lambda N: N.Embedding.from_pretrained(made(N, spread(6, 3)), False, 2, 0.5), whole(4, high=6)),
    *[
        (lambda N, mode=mode: N.EmbeddingBag(10, 4, mode=mode), *bags)
        for mode in ("sum", "mean", "max")
        for bags in [(whole(3, 5, high=10),), (whole(12, high=10), np.array([0, 3, 3, 9]))]
    ],
    (lambda N: N.EmbeddingBag(10, 4, include_last_offset=True), whole(12, high=10), np.array([0, 3, 9, 12])),
    (lambda N: N.EmbeddingBag(10, 4, padding_idx=3, max_norm=1.0, mode="sum"), whole(3, 5, high=10)),
    (lambda N: N.EmbeddingBag.from_pretrained(made(N, spread(6, 3)), freeze=False, mode="max"), whole(2, 4, high=6)),
]

RESHAPING = [
    (lambda N: N.Flatten(), (3, 5, 7)),
    (lambda N: N.Flatten(0, 1), (3, 5, 7)),
    (lambda N: N.Unflatten(1, (2, -1)), (3, 6, 5)),
    (lambda N: N.Unflatten(-1, (2, 3)), (4, 6)),
    (lambda N: N.PixelShuffle(2), (2, 8, 3, 4)),
    (lambda N: N.PixelUnshuffle(3), (2, 6, 9)),
    (lambda N: N.ChannelShuffle(3), (2, 6, 4, 5)),
    (lambda N: N.Fold((4, 5), (2, 3), stride=1, padding=1), (2, 12, 25)),
    (lambda N: N.Fold(output_size=5, kernel_size=2), (8, 16)),
    (lambda N: N.Unfold((2, 3), dilation=(1, 2), padding=1, stride=2), (2, 3, 6, 7)),
    (lambda N: N.Unfold(2), (3, 4, 4)),
]

PADDINGS = [
    *[
        (lambda N, name=name, n=n, width=width: getattr(N, f"{name}Pad{n}d")(width), shape)
        for name in ("Zero", "Reflection", "Replication", "Circular")
        for n, batch in IMAGES.items()
        for shape in (batch, batch[1:])
        for width in (1, (2, 1, 0, 3, 1, 2)[: 2 * n])
    ],
    *[
        (lambda N, n=n, width=width: getattr(N, f"ConstantPad{n}d")(width, 3.5), shape)
        for n, shape in IMAGES.items()
        for width in (2, (2, -1, 0, 1, -1, 2)[: 2 * n])
    ],
    (lambda N: N.ZeroPad2d((-1, 2, 0, -2)), (2, 3, 5, 6)),
    (lambda N: N.ReflectionPad2d(1), (0, 3, 5, 6)),
]

UPSAMPLINGS = [
    (lambda N: N.Upsample(scale_factor=2), (2, 3, 5)),
    (lambda N: N.Upsample(size=(5, 7)), (2, 3, 4, 4)),
    (lambda N: N.Upsample(7, mode="linear"), (2, 3, 5)),
    (lambda N: N.Upsample(scale_factor=(2, 1.5), mode="bilinear"), (2, 3, 4, 5)),
    (lambda N: N.Upsample(scale_factor=1.7, mode="bicubic", align_corners=True), (2, 3, 4, 5)),
    (lambda N: N.Upsample(scale_factor=1.7, mode="bilinear", recompute_scale_factor=True), (2, 3, 4, 5)),
    (lambda N: N.Upsample(size=4, mode="trilinear", align_corners=False), (2, 3, 2, 3, 4)),
    (lambda N: N.Upsample(scale_factor=2, mode="nearest-exact"), (2, 3, 3, 4)),
    (lambda N: N.UpsamplingNearest2d(scale_factor=2), (2, 3, 4, 5)),
    (lambda N: N.UpsamplingBilinear2d(size=(7, 9)), (2, 3, 4, 5)),
]

DISTANCES = [
    (lambda N: N.CosineSimilarity(), (5, 7), (5, 7)),
    (lambda N: N.CosineSimilarity(dim=0, eps=2.0), (5, 7), (5, 1)),
    (lambda N: N.PairwiseDistance(), (5, 7), (5, 7)),
    (lambda N: N.PairwiseDistance(p=1, eps=0.1, keepdim=True), (5, 7), (5, 7)),
    (lambda N: N.PairwiseDistance(3.0), (7,), (7,)),
]

RARE = np.array([0, 19, 4, 12, 5, 11])

SOFTMAXES = [
    (
        lambda N: N.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10, 15], div_value=2.0),
        (6, 8),
        np.array([0, 19, 4, 12, 5, 11]),
    ),
    (lambda N: N.AdaptiveLogSoftmaxWithLoss(16, 20, [5], head_bias=True), (6, 16), RARE),
    (lambda N: N.AdaptiveLogSoftmaxWithLoss(8, 20, (2, 7), div_value=2.0), (8,), np.array(12)),
]

MODELS = [
    (
        lambda N: N.Sequential(
            N.Conv2d(3, 4, 3, padding=1, bias=False), N.BatchNorm2d(4), N.ReLU(inplace=True), N.MaxPool2d(2),
            N.Flatten(), N.Linear(24, 5), N.Tanh(), N.Linear(5, 2),
        ),
        (7, 3, 4, 6),
    ),
]  # fmt: skip

SAMPLES = [
    *LINEAR, *CONVOLUTIONS, *POOLS, *NORMS, *ACTIVATIONS, *DROPOUTS, *EMBEDDINGS, *RESHAPING, *PADDINGS, *UPSAMPLINGS,
    *DISTANCES, *SOFTMAXES, *MODELS,
]  # fmt: skip
