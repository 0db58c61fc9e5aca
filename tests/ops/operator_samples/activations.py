"""Activations beyond those in `elementwise`; embeddings; dropout, of which only the gradients' rules are seen."""

from __future__ import annotations

from .base import S, backwards, normal

SAMPLES = [
    S("relu inplace", lambda T, x: T.nn.functional.relu(x * 1, inplace=True), [normal(2, 3)]),
    S("relu_", lambda T, x: T.nn.functional.relu_(x * 1), [normal(3)]),
    S("hardtanh", lambda T, x: T.nn.functional.hardtanh(x, -0.7, 1.3), [normal(2, 3)]),
    S("hardtanh_", lambda T, x: T.nn.functional.hardtanh_(x * 1), [backwards(4)]),
    S("relu6", lambda T, x: T.nn.functional.relu6(x), [normal(2, 3) * 4.1]),
    S(
        "hardsigmoid",
        lambda T, x: T.nn.functional.hardsigmoid(x) ** 2,
        [normal(2, 3) * 2.1],
        pytorch_order=1,
        pytorch_error=1e-8,
    ),
    S("hardswish", lambda T, x: T.nn.functional.hardswish(x), [normal(2, 3) * 2.1]),
    S("hardshrink", lambda T, x: x.hardshrink(0.7), [normal(2, 3)]),
    S("softshrink", lambda T, x: T.nn.functional.softshrink(x), [normal(2, 3)]),
    S("tanhshrink", lambda T, x: T.nn.functional.tanhshrink(x), [normal(2, 3)]),
    S("threshold", lambda T, x: T.nn.functional.threshold(x, 0.4, 20.0), [normal(2, 3)]),
    S("threshold_", lambda T, x: T.threshold_(x * 1, 0.4, 20.0), [normal(3)]),
    S("prelu", lambda T, x, w: T.nn.functional.prelu(x, w), [normal(2, 3), normal(3)]),
    S("prelu one", lambda T, x, w: T.prelu(x, w), [normal(2, 2, 2), normal(1)]),
    S("prelu 0-d", lambda T, x, w: x.prelu(w), [normal(3), normal()]),
    S("rrelu", lambda T, x: T.nn.functional.rrelu(x, 0.2, 0.4), [normal(2, 3)]),
    S("rrelu one slope", lambda T, x: T.nn.functional.rrelu(x, 0.25, 0.25, training=True), [normal(2, 3)]),
    S("elu alpha", lambda T, x: T.nn.functional.elu(x, 2.0), [normal(2, 3)]),
    S("celu", lambda T, x: T.celu(x, 1.5), [normal(2, 3)]),
    S("celu_", lambda T, x: T.nn.functional.celu_(x * 1, 0.5), [normal(3)]),
    S("selu", lambda T, x: T.selu(x), [normal(2, 3)]),
    S("gelu", lambda T, x: T.nn.functional.gelu(x), [normal(2, 3)]),
    S("gelu tanh", lambda T, x: T.nn.functional.gelu(x, approximate="tanh"), [normal(2, 3)]),
    S("silu", lambda T, x: T.nn.functional.silu(x), [normal(2, 3)]),
    S("silu inplace", lambda T, x: T.nn.functional.silu(x * 1, True), [normal(3)]),
    S("mish", lambda T, x: T.nn.functional.mish(x), [normal(2, 3)]),
    S("softsign", lambda T, x: T.nn.functional.softsign(x), [normal(2, 3)]),
    S("softplus beta", lambda T, x: T.nn.functional.softplus(x, 2.0, 3.0), [normal(2, 3)]),
    S("softmin", lambda T, x: T.nn.functional.softmin(x, 1), [normal(2, 3)]),
    S("glu", lambda T, x: T.nn.functional.glu(x, 0), [normal(4, 2)]),
    S("embedding", lambda T, w: T.nn.functional.embedding(T.tensor([[2, 0], [2, 1]]), w), [normal(3, 2)]),
    S(
        "embedding padding",
        lambda T, w: T.nn.functional.embedding(T.tensor([2, 0]), w, -2, scale_grad_by_freq=True),
        [normal(3, 2)],
    ),
    S("embedding rows first", lambda T, w: T.embedding(w, T.tensor([1, 1])), [backwards(3, 2)]),
    S(
        "embedding_bag sum",
        lambda T, w, f: T.nn.functional.embedding_bag(
            T.tensor([2, 0, 2, 1]), w, T.tensor([0, 3, 3]), mode="sum", per_sample_weights=f
        ),
        [normal(3, 2), normal(4)],
        pytorch_order=1,
    ),
    S(
        "embedding_bag mean",
        lambda T, w: T.nn.functional.embedding_bag(T.tensor([[2, 0], [1, 1]]), w, padding_idx=0),
        [normal(3, 2)],
    ),
    S(
        "embedding_bag max",
        lambda T, w: T.nn.functional.embedding_bag(T.tensor([[2, 0], [1, 1]]), w, mode="max"),
        [normal(3, 2)],
    ),
    S("dropout all", lambda T, x: T.nn.functional.dropout(x, 1.0) + x, [normal(2, 3)]),
    S("dropout none", lambda T, x: T.nn.functional.dropout2d(x, 0.0), [normal(1, 2, 1, 2)]),
    S("alpha_dropout all", lambda T, x: T.nn.functional.alpha_dropout(x, 1.0, True) + x, [normal(2, 3)]),
    S("glu images", lambda T, x: T.nn.functional.glu(x.permute(0, 3, 1, 2), 1), [normal(2, 1, 2, 4)]),
    S("softmax images", lambda T, x: x.permute(0, 3, 1, 2).softmax(1), [normal(1, 2, 2, 3)]),
    S("log_softmax planes", lambda T, x: x.log_softmax(1), [normal(2, 3, 2)]),
]
