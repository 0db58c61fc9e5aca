"""Scaled dot product attention."""

from __future__ import annotations

import math

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..errors import ArgumentError, ShapeError
from .activation import softmax
from .comparison import where
from .dropout import dropout
from .linalg import matmul
from .promotion import Array, array_of
from .rearranging import repeat_interleave
from .reduction import sum as total
from .shape import broadcasts_to, matrix_transpose


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
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    if not dropout_p and _in_blocks(query, key, value, attn_mask):
        added = None if attn_mask is None else _added(array_of(attn_mask), query.dtype)
        return _attention(query, key, value, added, float(scale), is_causal)[0]
    allowed = _allowed(query, key) if is_causal else None
    weights = _weights(query, key, attn_mask, scale, allowed)
    return matmul(dropout(weights, dropout_p) if dropout_p else weights, value)


def _weights(query: Array, key: Array, mask: Array | None, scale: float, allowed: np.ndarray | None) -> Array:
    """softmax(query key^T * scale + mask), zeros for a place that may attend to nothing."""
    root = math.sqrt(abs(scale))
    scores = matmul(query * math.copysign(root, scale), matrix_transpose(key) * root)
    if mask is not None and mask.dtype.kind == "b":
        allowed = array_of(mask)
    elif mask is not None:
        scores = scores + mask
    if allowed is not None:
        scores = where(allowed, scores, -math.inf)
    weights = softmax(scores, -1)
    hopeless = np.isneginf(array_of(scores)).all(-1, keepdims=True)
    return where(hopeless, 0.0, weights) if hopeless.any() else weights


def _allowed(query: Array, key: Array) -> np.ndarray:
    """(L, S): place l attends to places up to l."""
    return np.tril(np.ones((query.shape[-2], key.shape[-2]), bool))


# --- in one pass ------------------------------------------------------------------------------------------------------


def _in_blocks(query: Array, key: Array, value: Array, mask: Array | None) -> bool:
    """Whether the kernel can do it: one batch shape, nothing empty, and a mask that is no larger and not learned."""
    shapes = [tuple(x.shape) for x in (query, key, value)]
    if query.dtype.kind != "f" or len({shape[:-2] for shape in shapes}) > 1 or not all(map(all, shapes)):
        return False
    whole = (*shapes[0][:-1], shapes[1][-2])
    return mask is None or (not getattr(mask, "requires_grad", False) and broadcasts_to(mask.shape, whole))


def _added(mask: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The mask as numbers that are added to the scores."""
    return np.where(mask, 0, -math.inf).astype(dtype) if mask.dtype.kind == "b" else mask.astype(dtype, copy=False)


@primitive(outputs=("attended", "log_sums"))
def _attention(query, key, value, mask, scale, causal):
    return kernels.of(query).attention(query, key, value, mask, scale, causal)


@_attention.gradient("query", "key", "value")
def _(g, query, key, value, mask, scale, causal, attended, log_sums):
    g = g[0]
    if isinstance(g, np.ndarray):
        return kernels.of(g).attention_gradient(g, query, key, value, attended, log_sums, mask, scale, causal)
    # a part of the graph, so that it can be differentiated again
    weights = _weights(query, key, mask, scale, _allowed(query, key) if causal else None)
    slopes = matmul(g, matrix_transpose(value))
    slopes = weights * (slopes - total(weights * slopes, -1, True)) * scale
    return matmul(slopes, key), matmul(matrix_transpose(slopes), query), matmul(matrix_transpose(weights), g)


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
