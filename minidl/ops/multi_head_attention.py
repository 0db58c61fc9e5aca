"""Attention of several heads, between projections into and out of them (Vaswani et al. 2017, section 3.2.2)."""

from __future__ import annotations

import math

import numpy as np

from ..errors import ArgumentError, DtypeError, ShapeError
from .activation import softmax
from .attention import scaled_dot_product_attention
from .comparison import where
from .dropout import dropout
from .joining import cat
from .linalg import linear, matmul
from .padding import pad
from .promotion import Array
from .reduction import mean
from .shape import broadcast, matrix_transpose, narrow, permute, reshape, squeeze, unsqueeze

NAME = "multi_head_attention_forward"


def multi_head_attention_forward(
    query: Array,
    key: Array,
    value: Array,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Array | None,
    in_proj_bias: Array | None,
    bias_k: Array | None,
    bias_v: Array | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Array,
    out_proj_bias: Array | None,
    training: bool = True,
    key_padding_mask: Array | None = None,
    need_weights: bool = True,
    attn_mask: Array | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Array | None = None,
    k_proj_weight: Array | None = None,
    v_proj_weight: Array | None = None,
    static_k: Array | None = None,
    static_v: Array | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Array, Array | None]:
    """What each place of the query gathers from the places of key and value; and how much it took from each.

    query (L, N, E), key (S, N, E), value (S, N, E) -> (L, N, E) and weights (N, L, S); or without N all of them.

    in_proj_weight      (3 E, E), the projections of query, key and value below each other; their bias is (3 E,)
    q_proj_weight ...   these projections one by one, with use_separate_proj_weight; key and value may have other sizes
    bias_k, bias_v      (1, 1, E): a further place behind key and value; add_zero_attn: one more, of zeros
    dropout_p           the share of weights that are dropped in training
    key_padding_mask    (N, S): True where nothing attends to a place, or numbers that are added to the scores
    attn_mask           (L, S) or (N * heads, L, S): the same for pairs of places
    need_weights        return the weights; their mean over heads, or with average_attn_weights=False (N, heads, L, S)
    static_k, static_v  (N * heads, S, E / heads) in place of the projected key and value
    is_causal           says that attn_mask is the causal one, so that it need not be read
    """
    batched = query.ndim == 3
    _check_inputs(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)
    _check_masks(query, key, key_padding_mask, attn_mask, num_heads, is_causal)
    if not batched:
        query, key, value = unsqueeze(query, 1), unsqueeze(key, 1), unsqueeze(value, 1)
        key_padding_mask = None if key_padding_mask is None else unsqueeze(key_padding_mask, 0)
    places, batch, features = query.shape

    weights = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else in_proj_weight
    q, k, v = _projected((query, key, value), weights, in_proj_bias)
    extra = 0
    if bias_k is not None and bias_v is not None:
        if static_k is not None or static_v is not None:
            raise ArgumentError(f"{NAME}: bias_k and bias_v beside static_k or static_v; give either")
        k, v = (
            cat([x, broadcast(reshape(b, (1, 1, features)), (1, batch, features))], 0)
            for x, b in ((k, bias_k), (v, bias_v))
        )
        extra += 1
    elif bias_k is not None or bias_v is not None:
        raise ArgumentError(f"{NAME}: got one of bias_k and bias_v; give both, or neither")
    q = _heads(q, num_heads)
    k = _heads(k, num_heads) if static_k is None else _static("static_k", static_k, batch, num_heads, features)
    v = _heads(v, num_heads) if static_v is None else _static("static_v", static_v, batch, num_heads, features)
    if add_zero_attn:
        zeros = np.zeros((batch, num_heads, 1, features // num_heads), q.dtype)
        k, v = cat([k, zeros], 2), cat([v, zeros], 2)
        extra += 1

    told_causal = is_causal and key_padding_mask is None and not need_weights
    mask = None if told_causal else _mask(attn_mask, key_padding_mask, q, extra)
    dropped = dropout_p if training else 0.0
    if need_weights:
        scores = matmul(q * math.sqrt(1 / q.shape[-1]), matrix_transpose(k))
        taken = softmax(scores if mask is None else scores + mask, -1)
        taken = dropout(taken, dropped) if dropped else taken
        gathered = matmul(taken, v)
        taken = mean(taken, 1) if average_attn_weights else taken
    else:
        gathered, taken = scaled_dot_product_attention(q, k, v, mask, dropped, told_causal), None
    rows = reshape(permute(gathered, (2, 0, 1, 3)), (places, batch, features))
    output = linear(rows, out_proj_weight, out_proj_bias)
    if batched:
        return output, taken
    return squeeze(output, 1), None if taken is None else squeeze(taken, 0)


def _projected(
    inputs: tuple[Array, Array, Array], weights: Array | tuple[Array | None, ...] | None, bias: Array | None
) -> list[Array]:
    """Query, key and value, each (L, N, ...) -> (L, N, E), by one matrix of all three or by three."""
    query, key, value = inputs
    features = query.shape[-1]
    if isinstance(weights, tuple):
        if any(weight is None for weight in weights):
            raise ArgumentError(
                f"{NAME}: use_separate_proj_weight needs q_proj_weight, k_proj_weight and v_proj_weight"
            )
        matrices = list(weights)
    elif weights is None:
        raise ArgumentError(f"{NAME}: in_proj_weight is missing; give it, or use_separate_proj_weight")
    else:
        if tuple(weights.shape) != (3 * features, features):
            raise ShapeError(
                f"{NAME}: in_proj_weight {tuple(weights.shape)}; needs (3 * E, E), {(3 * features, features)}"
            )
        if query is key is value:
            whole = linear(query, weights, bias)
            return [narrow(whole, 2, i * features, features) for i in range(3)]
        matrices = [narrow(weights, 0, i * features, features) for i in range(3)]
    biases = [None if bias is None else narrow(bias, 0, i * features, features) for i in range(3)]
    return [linear(x, weight, b) for x, weight, b in zip(inputs, matrices, biases, strict=True)]


def _heads(x: Array, count: int) -> Array:
    """(L, N, E) -> (N, heads, L, E / heads)"""
    places, batch, features = x.shape
    return permute(reshape(x, (places, batch, count, features // count)), (1, 2, 0, 3))


def _static(name: str, x: Array, batch: int, heads: int, features: int) -> Array:
    """(N * heads, S, E / heads) -> (N, heads, S, E / heads)"""
    if x.ndim != 3 or x.shape[0] != batch * heads or x.shape[2] != features // heads:
        raise ShapeError(f"{NAME}: {name} {tuple(x.shape)}; needs ({batch * heads}, S, {features // heads})")
    return reshape(x, (batch, heads, x.shape[1], x.shape[2]))


def _mask(attn_mask: Array | None, key_padding_mask: Array | None, q: Array, extra: int) -> Array | None:
    """What is added to the scores (N, heads, L, S), of both masks; the `extra` places at the end are open to all."""
    batch, heads = q.shape[:2]
    total = None
    for mask, lead in ((attn_mask, (batch, heads)), (key_padding_mask, (batch, 1, 1))):
        if mask is None:
            continue
        added = where(mask, -math.inf, np.zeros((), q.dtype)) if mask.dtype.kind == "b" else mask
        if mask.ndim == 3 or mask is key_padding_mask:
            added = reshape(added, (*lead, *mask.shape[1:]))
        total = added if total is None else total + added
    if total is not None and extra:
        total = pad(total, (0, extra))
    return total


def _check_inputs(query: Array, key: Array, value: Array, features: int, heads: int, separate: bool) -> None:
    shapes = [tuple(x.shape) for x in (query, key, value)]
    got = f"{NAME}: query {shapes[0]}, key {shapes[1]}, value {shapes[2]}"
    if len(shapes[0]) not in (2, 3) or any(len(shape) != len(shapes[0]) for shape in shapes):
        raise ShapeError(f"{got}; needs (L, N, E), (S, N, E) and (S, N, E), or all without N")
    if shapes[1][:-1] != shapes[2][:-1] or (not separate and shapes[1] != shapes[2]):
        raise ShapeError(f"{got}; key and value differ")
    if shapes[0][1:-1] != shapes[1][1:-1]:
        raise ShapeError(f"{got}; needs one batch size N")
    if shapes[0][-1] != features:
        raise ShapeError(f"{got}; needs E of {features}, as embed_dim_to_check says")
    if heads < 1 or features % heads:
        raise ArgumentError(f"{NAME}: {features} features in {heads} heads; needs a number of heads that divides them")


def _check_masks(
    query: Array, key: Array, padding: Array | None, attn_mask: Array | None, heads: int, is_causal: bool
) -> None:
    batch = tuple(query.shape[1:-1])
    places, sources = query.shape[0], key.shape[0]
    if is_causal and attn_mask is None:
        raise ArgumentError(f"{NAME}: is_causal=True only says that attn_mask is causal; give the mask, too")
    if padding is not None and tuple(padding.shape) != (*batch, sources):
        raise ShapeError(f"{NAME}: key_padding_mask {tuple(padding.shape)}; needs {(*batch, sources)}")
    if attn_mask is not None:
        whole = (math.prod(batch) * heads, places, sources)
        if tuple(attn_mask.shape) not in (whole[1:], whole):
            raise ShapeError(f"{NAME}: attn_mask {tuple(attn_mask.shape)}; needs {whole[1:]} or {whole}")
    for name, mask in (("key_padding_mask", padding), ("attn_mask", attn_mask)):
        if mask is not None and mask.dtype.kind != "b" and mask.dtype != query.dtype:
            raise DtypeError(f"{NAME}: {name} of {mask.dtype}; needs bool, or {query.dtype} as the query")
