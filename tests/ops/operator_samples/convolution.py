"""Convolution, pooling, normalisation."""

from __future__ import annotations

import numpy as np

from .base import S, normal, positive, waves, weights

SAMPLES = [
    S(
        "conv2d",
        lambda T, x, w, b: T.nn.functional.conv2d(x, w, b),
        [normal(2, 3, 5, 4), normal(4, 3, 3, 2), normal(4)],
    ),
    S(
        "conv2d stride padding",
        lambda T, x, w, b: T.nn.functional.conv2d(x, w, b, stride=2, padding=(1, 2)),
        [normal(2, 2, 5, 5), normal(3, 2, 3, 3), normal(3)],
    ),
    S(
        "conv2d dilation",
        lambda T, x, w: T.nn.functional.conv2d(x, w, dilation=(2, 1)),
        [normal(1, 2, 6, 4), normal(3, 2, 2, 3)],
    ),
    S(
        "conv2d groups",
        lambda T, x, w: T.nn.functional.conv2d(x, w, padding=1, groups=2),
        [normal(2, 4, 3, 3), normal(6, 2, 3, 3)],
    ),
    S(
        "conv2d same",
        lambda T, x, w: T.nn.functional.conv2d(x, w, padding="same"),
        [normal(1, 1, 4, 5), normal(1, 1, 3, 5)],
    ),
    S("conv2d 1x1", lambda T, x, w: T.nn.functional.conv2d(x, w), [normal(2, 3, 2, 2), normal(4, 3, 1, 1)]),
    S("conv2d one image", lambda T, x, w: T.nn.functional.conv2d(x, w), [normal(3, 4, 4), normal(2, 3, 2, 2)]),
    S("max_pool2d", lambda T, x: T.nn.functional.max_pool2d(x, 2), [normal(2, 3, 5, 4)]),
    S(
        "max_pool2d overlapping",
        lambda T, x: T.nn.functional.max_pool2d(x, 3, 1, 1, ceil_mode=True),
        [normal(1, 2, 4, 4)],
    ),
    S("max_pool2d dilation", lambda T, x: T.nn.functional.max_pool2d(x, 2, 2, 0, 2), [normal(1, 2, 6, 5)]),
    S(
        "max_pool2d indices",
        lambda T, x: T.nn.functional.max_pool2d(x, 2, return_indices=True)[1],
        [normal(1, 2, 4, 5)],
        False,
    ),
    S(
        "batch_norm",
        lambda T, x, w, b: T.nn.functional.batch_norm(x, None, None, w, b, True),
        [normal(4, 3, 2, 3), positive(3), normal(3)],
    ),
    S("batch_norm plain", lambda T, x: T.nn.functional.batch_norm(x, None, None, training=True), [normal(5, 3)]),
    S(
        "batch_norm relu",
        lambda T, x: T.nn.Sequential(T.nn.BatchNorm2d(3, dtype=x.dtype), T.nn.ReLU())(x),
        [np.cos(np.arange(72.0)).reshape(4, 3, 2, 3)],
    ),
    S(
        "batch_norm evaluation",
        lambda T, x, w, b: T.nn.functional.batch_norm(x, weights(T, x, 3) - 1, weights(T, x, 3), w, b),
        [normal(4, 3, 5), positive(3), normal(3)],
    ),
    S(
        "conv1d",
        lambda T, x, w, b: T.nn.functional.conv1d(x, w, b, padding="same"),
        [normal(1, 2, 4), normal(2, 2, 2), normal(2)],
    ),
    S(
        "conv3d",
        lambda T, x, w: T.nn.functional.conv3d(x, w, padding=1, stride=2),
        [normal(1, 1, 3, 2, 3), normal(1, 1, 2, 2, 1)],
    ),
    S(
        "conv_transpose1d",
        lambda T, x, w: T.nn.functional.conv_transpose1d(x, w, stride=2),
        [normal(1, 2, 3), normal(2, 1, 2)],
    ),
    S(
        "conv_transpose2d",
        lambda T, x, w, b: T.nn.functional.conv_transpose2d(x, w, b, 2, 1, 1),
        [normal(1, 1, 2, 2), normal(1, 2, 2, 3), normal(2)],
    ),
    S(
        "conv_transpose3d",
        lambda T, x, w: T.nn.functional.conv_transpose3d(x, w, padding=(1, 0, 0)),
        [normal(1, 1, 2, 1, 2), normal(1, 1, 2, 2, 1)],
    ),
    S("avg_pool2d", lambda T, x: T.nn.functional.avg_pool2d(x, 2, 1, 1, count_include_pad=False), [normal(1, 1, 2, 3)]),
    S("avg_pool1d", lambda T, x: T.nn.functional.avg_pool1d(x, 2, ceil_mode=True), [normal(1, 1, 5)]),
    S("lp_pool1d", lambda T, x: T.nn.functional.lp_pool1d(x, 2, 2), [positive(1, 1, 4)]),
    S("adaptive_avg_pool2d", lambda T, x: T.nn.functional.adaptive_avg_pool2d(x, (2, None)), [normal(1, 1, 3, 2)]),
    S("max_pool1d", lambda T, x: T.nn.functional.max_pool1d(x, 2, 1, 1), [normal(1, 1, 4)]),
    S("max_pool3d", lambda T, x: T.nn.functional.max_pool3d(x, (1, 2, 2)), [normal(1, 2, 2, 2, 2)]),
    S("adaptive_max_pool2d", lambda T, x: T.nn.functional.adaptive_max_pool2d(x, 2), [normal(1, 1, 3, 3)]),
    *[
        S(
            name,
            lambda T, x, name=name, options=options: getattr(T.nn.functional, name)(x, *options)[0],
            [normal(1, 1, *[3] * int(name[name.index("pool") + 4]))],
        )
        for name, options in {
            "max_pool1d_with_indices": (2, 1),
            "max_pool2d_with_indices": (2, 1, 1),
            "max_pool3d_with_indices": ((1, 2, 2),),
            "adaptive_max_pool1d_with_indices": (2,),
            "adaptive_max_pool2d_with_indices": ((2, 1),),
            "adaptive_max_pool3d_with_indices": ((1, 2, 1),),
        }.items()
    ],
    S(
        "fractional_max_pool2d_with_indices",
        lambda T, x: T.nn.functional.fractional_max_pool2d_with_indices(
            x, 2, (2, 2), _random_samples=weights(T, x, 2).reshape(1, 1, 2) - 0.4
        )[0],
        [normal(1, 1, 4, 4)],
    ),
    S(
        "fractional_max_pool3d_with_indices",
        lambda T, x: T.nn.functional.fractional_max_pool3d_with_indices(
            x, 2, (1, 2, 1), _random_samples=weights(T, x, 3).reshape(1, 1, 3) * 0.5
        )[0],
        [normal(1, 1, 3, 4, 3)],
    ),
    S("max_unpool1d", lambda T, x: T.nn.functional.max_unpool1d(x, T.tensor([[[1, 2]]]), 2), [normal(1, 1, 2)]),
    S("unfold columns", lambda T, x: T.nn.functional.unfold(x, 2, padding=1), [normal(1, 1, 2, 2)]),
    S("fold", lambda T, x: T.nn.functional.fold(x, 3, 2), [normal(1, 4, 4)]),
    S("layer_norm", lambda T, x, w, b: T.nn.functional.layer_norm(x, (3,), w, b), [normal(2, 3), normal(3), normal(3)]),
    S("layer_norm of two dimensions", lambda T, x: T.nn.functional.layer_norm(x, (2, 2)), [normal(2, 2, 2)]),
    S("rms_norm", lambda T, x, w: T.nn.functional.rms_norm(x, (3,), w), [normal(2, 3), normal(3)]),
    S("group_norm", lambda T, x, w: T.nn.functional.group_norm(x, 2, w), [normal(1, 4, 2), normal(4)]),
    S("instance_norm", lambda T, x: T.nn.functional.instance_norm(x), [normal(1, 2, 3)]),
    S("local_response_norm", lambda T, x: T.nn.functional.local_response_norm(x, 2, 0.1), [normal(1, 3, 2)]),
    S(
        "scaled_dot_product_attention",
        lambda T, q, k, v: T.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True),
        [normal(2, 2), normal(2, 2), normal(2, 1)],
    ),
    S(
        "scaled_dot_product_attention with a mask",
        lambda T, q, k, v: T.nn.functional.scaled_dot_product_attention(
            q, k, v, T.tensor([[True, False], [True, True]]), scale=-0.6
        ),
        [normal(1, 2, 2), normal(1, 2, 2), normal(1, 2, 2)],
    ),
    S(
        "scaled_dot_product_attention with a learned mask",
        lambda T, q, k, v, mask: T.nn.functional.scaled_dot_product_attention(q, k, v, mask),
        [normal(2, 2), normal(1, 2), normal(1, 2), normal(2, 1)],
    ),
    S(
        "multi_head_attention_forward",
        lambda T, q, k, w, b, bias_k, bias_v, out, mask: T.nn.functional.multi_head_attention_forward(
            q, k, k, 2, 2, w, b, bias_k, bias_v, True, 0.0, out, None, attn_mask=mask
        )[0],
        [
            normal(2, 2),
            normal(1, 2),
            normal(6, 2),
            normal(6),
            normal(1, 1, 2),
            normal(1, 1, 2),
            normal(2, 2),
            normal(2, 1),
        ],
    ),
    S(
        "multi_head_attention_forward weights",
        lambda T, x, w: T.nn.functional.multi_head_attention_forward(
            x, x, x, 2, 1, w, None, None, None, False, 0.0, w[:2], None
        )[1],
        [normal(2, 1, 2), normal(6, 2)],
    ),
    S(
        "group_norm with weight and bias",
        lambda T, x, w, b: T.nn.functional.group_norm(x, 2, w, b),
        [waves(2, 4, 2), waves(4), waves(4)[::-1].copy()],
    ),
    S(
        "instance_norm with weight and bias",
        lambda T, x, w, b: T.nn.functional.instance_norm(x, None, None, w, b),
        [waves(2, 2, 3), waves(2), waves(2)[::-1].copy()],
    ),
    S(
        "batch_norm relu max_pool2d",
        lambda T, x: T.nn.Sequential(T.nn.BatchNorm2d(2, dtype=x.dtype), T.nn.ReLU(), T.nn.MaxPool2d(2))(x),
        [waves(3, 2, 4, 5)],
    ),
    S("rms_norm of two dimensions", lambda T, x: T.nn.functional.rms_norm(x, (2, 2), eps=0.1), [waves(2, 2, 2)]),
]
