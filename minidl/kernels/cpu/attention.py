"""Attention in blocks of queries and keys, without the matrix of all scores (Dao et al. 2022, FlashAttention).

For a block of queries the blocks of keys come one after the other.  Each query keeps the greatest score so far and the
sum of exp(score - greatest); where a block brings a greater one, what was gathered before is scaled down.  The way back
computes the scores again, from the logarithms of these sums.  So a block of scores never leaves the cache, and causal
attention leaves out blocks in which no query may see a key.

The matrices of a head may be parts of a larger one, as where queries, keys and values are one product: results lie in
memory in the order in which the inputs do, so that transposing back to rows of all heads is free.
"""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from .. import threads
from .blas import add_product
from .exponential import exp
from .jit import parallel, serial, serial_sum
from .layout import window

BLOCK = 64
"""Queries, and keys, of a block (measured)."""

PARALLEL_FROM = 1 << 16
"""Multiplications from which dividing heads or blocks among threads pays."""


def attention(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, mask: np.ndarray | None, scale: float, causal: bool
) -> tuple[np.ndarray, np.ndarray]:
    """softmax(q k^T * scale + mask) v and, for the way back, the logarithms of the softmax's sums.

    q (..., L, E), k (..., S, E), v (..., S, V), the same dimensions in front, none of size 0; mask broadcasts to
    (..., L, S); causal: place l sees places up to l only -> (..., L, V) and (..., L).  What sees nothing gets 0.
    """
    heads = [_in_heads(x) for x in (q, k, v)]
    out = _empty_like(heads[0], v.shape[-1])
    log_sums = np.empty(q.shape[:-1], q.dtype)
    windows, steps = _windows(*heads, _over_scores(mask, heads), out)
    _attend(*windows, log_sums.reshape(-1), steps, _sizes(*heads), scale, causal, _workers(*heads))
    return out.reshape(*q.shape[:-1], v.shape[-1]), log_sums


def attention_gradient(
    g: np.ndarray, q: np.ndarray, k: np.ndarray, v: np.ndarray, out: np.ndarray, log_sums: np.ndarray,
    mask: np.ndarray | None, scale: float, causal: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """The gradients in q, k and v, from that in the result `out` of `attention`."""
    heads = [_in_heads(x) for x in (q, k, v)]
    gradients = [_empty_like(x, x.shape[-1]) for x in heads]
    windows, steps = _windows(*heads, _over_scores(mask, heads), _in_heads(out), _in_heads(g), *gradients)
    _attend_back(*windows, log_sums.reshape(-1), steps, _sizes(*heads), scale, causal, _workers(*heads))
    dq, dk, dv = (d.reshape(x.shape) for d, x in zip(gradients, (q, k, v), strict=True))
    return dq, dk, dv


# --- how arrays lie ---------------------------------------------------------------------------------------------------


def _in_heads(x: np.ndarray) -> np.ndarray:
    """(..., rows, columns) as (N, heads, rows, columns), copied unless BLAS can read its matrices."""
    if x.ndim != 4:
        x = x.reshape(math.prod(x.shape[:-3]), x.shape[-3] if x.ndim > 2 else 1, *x.shape[-2:])
    down, along = x.strides[2:]
    readable = along == x.itemsize and down >= x.shape[3] * along and down % along == 0 and x.flags.writeable
    return x if readable and min(x.strides) >= 0 else np.array(x, order="C")


def _empty_like(x: np.ndarray, columns: int) -> np.ndarray:
    """A dense array of the shape of x, in its memory order, but for the number of columns."""
    order = sorted(range(3), key=lambda axis: -x.strides[axis])
    dense = np.empty([*(x.shape[axis] for axis in order), columns], x.dtype)
    return dense.transpose([*np.argsort(order), 3])


def _over_scores(mask: np.ndarray | None, heads: list[np.ndarray]) -> np.ndarray:
    """The mask, for each pair of places, its rows contiguous; without one an array of no rows."""
    q, k, _ = heads
    if mask is None:
        return np.empty((*q.shape[:2], 0, 0), q.dtype)
    rows = np.ascontiguousarray(np.broadcast_to(mask, (*mask.shape[:-1], k.shape[2])), q.dtype)
    return np.broadcast_to(rows if rows.ndim <= 4 else rows.reshape(-1, *rows.shape[-3:]), (*q.shape[:3], k.shape[2]))


def _windows(*heads: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """The memory of each array, and its steps along N, heads and rows, in elements."""
    steps = np.array([x.strides[:3] for x in heads]) // heads[0].itemsize
    return [window(x) for x in heads], steps


def _sizes(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> tuple[int, ...]:
    return q.shape[1], q.shape[2], k.shape[2], q.shape[3], v.shape[3]


def _workers(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> int:
    return threads.workers(q.size * k.shape[2], PARALLEL_FROM)


# --- jitted -----------------------------------------------------------------------------------------------------------


@parallel
def _attend(q, k, v, mask, out, log_sums, steps, sizes, scale, causal, workers):
    units = log_sums.size // sizes[1] * -(-sizes[1] // BLOCK)
    for t in prange(workers):
        part = t * units // workers, (t + 1) * units // workers
        _attend_some(part, q, k, v, mask, out, log_sums, steps, sizes, scale, causal)


@serial
def _attend_some(part, q, k, v, mask, out, log_sums, steps, sizes, scale, causal):
    """For the blocks of queries, counted through all heads, from part[0] to part[1]."""
    rows, columns, features, width = sizes[1:]
    blocks = -(-rows // BLOCK)
    scores, gathered = np.zeros(BLOCK * BLOCK, q.dtype), np.empty(BLOCK * width, q.dtype)
    tops, sums = np.empty(BLOCK, q.dtype), np.empty(BLOCK, q.dtype)
    for unit in range(part[0], part[1]):
        head, first = unit // blocks, unit % blocks * BLOCK
        count = min(BLOCK, rows - first)
        queries = _from(q, steps[0], sizes, head, first)
        tops[:], sums[:], gathered[:] = -np.inf, 0, 0
        for start in range(0, min(first + count, columns) if causal else columns, BLOCK):
            size = min(BLOCK, columns - start)
            keys, values = _from(k, steps[1], sizes, head, start), _from(v, steps[2], sizes, head, start)
            product = (queries, steps[0, 2], False), (keys, steps[1, 2], True), (count, features, size)
            add_product(*product, (scale, 0.0), scores, BLOCK)
            if mask.size:
                _add(scores, _from(mask, steps[3], sizes, head, first)[start:], steps[3, 2], count, size)
            _hide(scores, count, size, first - start if causal else BLOCK)
            _softmax_so_far(scores, count, tops, sums, gathered)
            add_product(
                (scores, BLOCK, False), (values, steps[2, 2], False), (count, size, width), (1.0, 1.0), gathered, width
            )
        _finish(gathered, count, tops, sums, _from(out, steps[4], sizes, head, first), steps[4, 2])
        for i in range(count):
            log_sums[head * rows + first + i] = tops[i]


@serial
def _from(flat, steps, sizes, head, row):
    """The memory of a head, heads being counted through all N, from a row of it on."""
    return flat[head // sizes[0] * steps[0] + head % sizes[0] * steps[1] + row * steps[2] :]


@serial
def _add(scores, mask, step, count, size):
    for i in range(count):
        row, added = scores[i * BLOCK :], mask[i * step : i * step + size]
        for j in range(added.size):
            row[j] += added[j]


@serial
def _hide(scores, count, size, offset):
    """-inf in place of the scores of query i with keys beyond i + offset, and up to the end of the row."""
    for i in range(count):
        scores[i * BLOCK + max(min(i + offset + 1, size), 0) : (i + 1) * BLOCK] = -np.inf


@serial
def _softmax_so_far(scores, count, tops, sums, gathered):
    """exp(scores - greatest) in place, in the sums, and what was gathered, scaled to the greatest so far."""
    width, fold = gathered.size // BLOCK, np.empty(BLOCK, scores.dtype)
    for i in range(count):
        row = scores[i * BLOCK : (i + 1) * BLOCK]
        top = max(_greatest(row, fold), tops[i])
        base = top if top > -np.inf else scores.dtype.type(0)
        share = exp(tops[i] - base)
        _exp_less(row, base)
        sums[i] = sums[i] * share + _sum(row, fold)
        tops[i] = top
        for j in range(i * width, (i + 1) * width):
            gathered[j] *= share


@serial
def _greatest(row, fold):
    """The greatest of a row of a block, by halves: loops of few and known steps become single instructions."""
    for j in range(32):
        fold[j] = max(row[j], row[j + 32])
    for j in range(16):
        fold[j] = max(fold[j], fold[j + 16])
    for j in range(4):
        fold[j] = max(max(fold[j], fold[j + 4]), max(fold[j + 8], fold[j + 12]))
    return max(max(fold[0], fold[1]), max(fold[2], fold[3]))


@serial
def _sum(row, fold):
    """The sum of a row of a block, by halves."""
    for j in range(32):
        fold[j] = row[j] + row[j + 32]
    for j in range(16):
        fold[j] = fold[j] + fold[j + 16]
    for j in range(4):
        fold[j] = (fold[j] + fold[j + 4]) + (fold[j + 8] + fold[j + 12])
    return (fold[0] + fold[1]) + (fold[2] + fold[3])


@serial
def _exp_less(row, top):
    """row = exp(row - top), of a row of a block."""
    for j in range(BLOCK):
        row[j] = exp(row[j] - top)


@serial
def _finish(gathered, count, tops, sums, out, step):
    """What was gathered over the sums, and in `tops` their logarithms; where there was nothing 0, and infinity."""
    width = gathered.size // BLOCK
    for i in range(count):
        share = sums.dtype.type(0)
        if sums[i] == 0:
            tops[i] = np.inf
        else:
            tops[i] = (tops[i] if tops[i] > -np.inf else share) + math.log(sums[i])
            share = sums.dtype.type(1) / sums[i]
        for j in range(width):
            out[i * step + j] = gathered[i * width + j] * share


@parallel
def _attend_back(q, k, v, mask, out, g, dq, dk, dv, log_sums, steps, sizes, scale, causal, workers):
    heads = log_sums.size // sizes[1]
    for t in prange(workers):
        part = t * heads // workers, (t + 1) * heads // workers
        _attend_back_some(part, q, k, v, mask, out, g, dq, dk, dv, log_sums, steps, sizes, scale, causal)


@serial
def _attend_back_some(part, q, k, v, mask, out, g, dq, dk, dv, log_sums, steps, sizes, scale, causal):
    """For the heads from part[0] to part[1]."""
    rows, columns, features, width = sizes[1:]
    weights, slopes, along = (
        np.zeros(BLOCK * BLOCK, q.dtype),
        np.zeros(BLOCK * BLOCK, q.dtype),
        np.empty(BLOCK, q.dtype),
    )
    for head in range(part[0], part[1]):
        _clear(_from(dk, steps[7], sizes, head, 0), columns, steps[7, 2], features)
        _clear(_from(dv, steps[8], sizes, head, 0), columns, steps[8, 2], width)
        for first in range(0, rows, BLOCK):
            count = min(BLOCK, rows - first)
            queries = _from(q, steps[0], sizes, head, first), steps[0, 2]
            above, step = _from(g, steps[5], sizes, head, first), steps[5, 2]
            _inner(above, step, _from(out, steps[4], sizes, head, first), steps[4, 2], (count, width), along)
            for start in range(0, min(first + count, columns) if causal else columns, BLOCK):
                size = min(BLOCK, columns - start)
                keys, values = _from(k, steps[1], sizes, head, start), _from(v, steps[2], sizes, head, start)
                add_product(
                    (*queries, False), (keys, steps[1, 2], True), (count, features, size), (scale, 0.0), weights, BLOCK
                )
                if mask.size:
                    _add(weights, _from(mask, steps[3], sizes, head, first)[start:], steps[3, 2], count, size)
                _hide(weights, count, size, first - start if causal else BLOCK)
                for i in range(count):
                    _exp_less(weights[i * BLOCK : (i + 1) * BLOCK], log_sums[head * rows + first + i])
                add_product(
                    (weights, BLOCK, True),
                    (above, step, False),
                    (size, count, width),
                    (1.0, 1.0),
                    _from(dv, steps[8], sizes, head, start),
                    steps[8, 2],
                )
                add_product(
                    (above, step, False), (values, steps[2, 2], True), (count, width, size), (1.0, 0.0), slopes, BLOCK
                )
                _to_slopes(slopes, weights, along, count, scale)
                add_product(
                    (slopes, BLOCK, False),
                    (keys, steps[1, 2], False),
                    (count, size, features),
                    (1.0, 1.0 if start else 0.0),
                    _from(dq, steps[6], sizes, head, first),
                    steps[6, 2],
                )
                add_product(
                    (slopes, BLOCK, True),
                    (*queries, False),
                    (size, count, features),
                    (1.0, 1.0),
                    _from(dk, steps[7], sizes, head, start),
                    steps[7, 2],
                )


@serial
def _clear(x, rows, step, columns):
    for i in range(rows):
        x[i * step : i * step + columns] = 0


@serial_sum
def _inner(a, a_step, b, b_step, size, products):
    """The inner product of each row of a with that of b."""
    for i in range(size[0]):
        total = a.dtype.type(0)
        for j in range(size[1]):
            total += a[i * a_step + j] * b[i * b_step + j]
        products[i] = total


@serial
def _to_slopes(d, weights, along, count, scale):
    """The gradient in the scores, in place of that in the weights: less its mean over them, times the weights."""
    scale = d.dtype.type(scale)
    for i in range(count):
        for j in range(i * BLOCK, (i + 1) * BLOCK):
            d[j] = (d[j] - along[i]) * (weights[j] * scale)
