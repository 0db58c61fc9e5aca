"""Scaled dot product attention."""

from __future__ import annotations

import math

import numpy as np

from ..errors import ArgumentError, ShapeError
from .activation import softmax
from .comparison import where
from .dropout import dropout
from .linalg import matmul
from .promotion import Array, array_of
from .rearranging import repeat_interleave
from .shape import matrix_transpose


def scaled_dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    attn_mask: Array | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Array:
    """softmax(query key^T * scale + mask) value (Vaswani et al. 2017, eq. 1).

    query (..., L, E), key (..., S, E), value (..., S, V) -> (..., L, V); scale is 1 / sqrt(E) if left out.
    attn_mask     booleans, True where attention is allowed, or numbers that are added; broadcast to (..., L, S)
    is_causal     place l attends to places up to l only
    enable_gqa    the heads of key and value, third dimension from the end, are shared among groups of query heads
    A place that may attend to nothing gets zeros.
    """
    _check_attention(query, key, value)
    if is_causal and attn_mask is not None:
        raise ArgumentError("scaled_dot_product_attention: give either attn_mask or is_causal=True")
    if enable_gqa:
        groups = query.shape[-3] // key.shape[-3]
        key, value = repeat_interleave(key, groups, -3), repeat_interleave(value, groups, -3)
    root = math.sqrt(1 / math.sqrt(query.shape[-1]) if scale is None else abs(scale))
    signed = root if scale is None or scale >= 0 else -root
    scores = matmul(query * signed, matrix_transpose(key) * root)
    allowed = None
    if is_causal:
        allowed = np.tril(np.ones(scores.shape[-2:], bool))
    elif attn_mask is not None and attn_mask.dtype.kind == "b":
        allowed = array_of(attn_mask)
    elif attn_mask is not None:
        scores = scores + attn_mask
    if allowed is not None:
        scores = where(allowed, scores, -math.inf)
    weights = softmax(scores, -1)
    hopeless = np.isneginf(array_of(scores)).all(-1, keepdims=True)
    if hopeless.any():
        weights = where(hopeless, 0.0, weights)
    return matmul(dropout(weights, dropout_p) if dropout_p else weights, value)


def _check_attention(query: Array, key: Array, value: Array) -> None:
    shapes = [tuple(x.shape) for x in (query, key, value)]
    if min(len(s) for s in shapes) < 2 or shapes[0][-1] != shapes[1][-1] or shapes[1][-2] != shapes[2][-2]:
        raise ShapeError(
            f"scaled_dot_product_attention: query {shapes[0]}, key {shapes[1]}, value {shapes[2]}; "
            "needs (..., L, E), (..., S, E) and (..., S, V)"
        )
    if not query.dtype == key.dtype == value.dtype:
        raise ArgumentError(
            f"scaled_dot_product_attention: query {query.dtype}, key {key.dtype}, value {value.dtype}; needs one dtype"
        )
