"""Recurrent layers over a sequence, and sequences packed and padded."""

from __future__ import annotations

from typing import Any

from .base import S, normal


def recurrent(T: Any, kind: str, x: Any, **options: Any) -> Any:
    """A layer from 2 to 3 features whose weights are known numbers."""
    layer = getattr(T.nn, kind)(2, 3, **options).to(x.dtype)
    with T.no_grad():
        for i, p in enumerate(layer.parameters()):
            p.copy_(T.sin(T.arange(p.numel(), dtype=x.dtype) + i).reshape(p.shape))
    return layer(x)[0]


def packed_and_padded(T: Any, x: Any) -> Any:
    rnn = T.nn.utils.rnn
    packed = rnn.pack_padded_sequence(x, [3, 2, 2])
    return rnn.pad_packed_sequence(packed._replace(data=packed.data**2), padding_value=1.0)[0]


SAMPLES = [
    S("nn.RNN", lambda T, x: recurrent(T, "RNN", x), [normal(4, 2, 2)]),
    S("nn.LSTM", lambda T, x: recurrent(T, "LSTM", x), [normal(4, 2, 2)]),
    S("nn.LSTM projected", lambda T, x: recurrent(T, "LSTM", x, proj_size=2), [normal(3, 2, 2)]),
    S("nn.GRU both directions", lambda T, x: recurrent(T, "GRU", x, bidirectional=True), [normal(4, 2, 2)]),
    S("packed and padded", packed_and_padded, [normal(3, 3, 2)]),
]
