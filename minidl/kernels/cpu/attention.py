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
from typing import Any

import numpy as np
from numba import prange

from .. import threads
from .attention_blocks import (
    BLOCK,
    add_mask,
    copy_rows,
    exp_less,
    finish,
    gather,
    gather_back,
    hide,
    inner_products,
    multiply_seen,
    softmax_so_far,
    to_slopes,
    whole_tiles,
)
from .cache_lines import lines, prefetch_rows
from .jit import parallel, serial
from .layout import address, window
from .transposing import transpose

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
    over = _over_scores(mask, heads)
    windows = [*_windows(heads, _starts_in_one(*heads)), window(over), window(out)]
    steps = _steps(*heads, over, out)
    _attend(*windows, log_sums.reshape(-1), steps, _sizes(*heads), scale, causal, _workers(*heads))
    return out.reshape(*q.shape[:-1], v.shape[-1]), log_sums


def attention_gradient(
    g: np.ndarray, q: np.ndarray, k: np.ndarray, v: np.ndarray, out: np.ndarray, log_sums: np.ndarray,
    mask: np.ndarray | None, scale: float, causal: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """The gradients in q, k and v, from that in the result `out` of `attention`."""
    heads = [_in_heads(x) for x in (q, k, v)]
    starts = _starts_in_one(*heads)
    gradients = [_empty_like(x, x.shape[-1]) for x in heads] if starts is None else _empty_in_one(heads, starts)
    others = _over_scores(mask, heads), _in_heads(out), _in_heads(g)
    windows = [*_windows(heads, starts), *map(window, others), *_windows(gradients, starts)]
    steps = _steps(*heads, *others, *gradients)
    _attend_back(*windows, log_sums.reshape(-1), steps, _sizes(*heads), scale, causal, _workers(*heads))
    dq, dk, dv = (d.reshape(x.shape) for d, x in zip(gradients, (q, k, v), strict=True))
    return dq, dk, dv


# --- how arrays lie ---------------------------------------------------------------------------------------------------


def _in_heads(x: np.ndarray) -> np.ndarray:
    """(..., rows, columns) as (N, heads, rows, columns), copied unless its rows lie in memory one after the other."""
    if x.ndim != 4:
        x = x.reshape(math.prod(x.shape[:-3]), x.shape[-3] if x.ndim > 2 else 1, *x.shape[-2:])
    down, along = x.strides[2:]
    readable = along == x.itemsize and down >= x.shape[3] * along and down % along == 0 and x.flags.writeable
    return x if readable and min(x.strides) >= 0 else np.array(x, order="C")


def _empty_like(x: np.ndarray, columns: int) -> np.ndarray:
    """A dense array of the shape of x, in its memory order, but for the number of columns."""
    order = sorted(range(3), key=lambda axis: -x.strides[axis])
    dense = np.empty([*(x.shape[axis] for axis in order), columns], x.dtype)
    return dense.transpose([*map(order.index, range(3)), 3])


def _over_scores(mask: np.ndarray | None, heads: list[np.ndarray]) -> np.ndarray:
    """The mask, for each pair of places, its rows contiguous; without one an array of no rows."""
    q, k, _ = heads
    if mask is None:
        return np.empty((*q.shape[:2], 0, 0), q.dtype)
    rows = np.ascontiguousarray(np.broadcast_to(mask, (*mask.shape[:-1], k.shape[2])), q.dtype)
    return np.broadcast_to(rows if rows.ndim <= 4 else rows.reshape(-1, *rows.shape[-3:]), (*q.shape[:3], k.shape[2]))


def _starts_in_one(*heads: np.ndarray) -> list[int] | None:
    """The bytes at which queries, keys and values begin in an array of which each row is made of theirs; None if there
    is no such array.

    Then their gradients, too, are written into one array, which is that of the projection that made them.
    """
    q, k, v = heads
    base, (_, count, rows, features) = q.base, q.shape
    own = count * features * q.itemsize
    if type(base) is not np.ndarray or not k.base is v.base is base or not q.shape == k.shape == v.shape:
        return None
    lies = (3 * own * rows, features * q.itemsize, 3 * own, q.itemsize)
    whole = base.flags.c_contiguous and base.dtype == q.dtype and base.size == 3 * q.size
    if not whole or not q.strides == k.strides == v.strides == lies:
        return None
    starts = [address(x) - address(base) for x in heads]
    return starts if sorted(starts) == [0, own, 2 * own] else None


def _empty_in_one(heads: list[np.ndarray], starts: list[int]) -> list[np.ndarray]:
    """Arrays that lie in a new one as queries, keys and values lie in theirs."""
    memory = np.empty(3 * heads[0].size, heads[0].dtype)
    return [np.ndarray(x.shape, x.dtype, memory, start, x.strides) for x, start in zip(heads, starts, strict=True)]


def _windows(arrays: list[np.ndarray], starts: list[int] | None) -> list[np.ndarray]:
    """The memory of each array; `starts` says where it begins in that of all."""
    if starts is None:
        return [window(x) for x in arrays]
    base: Any = arrays[0].base
    memory = base.reshape(-1)
    return [memory[start // memory.itemsize :] for start in starts]


def _steps(*arrays: np.ndarray) -> np.ndarray:
    """The steps of each array along N, heads and rows, in elements."""
    return np.array([x.strides[:3] for x in arrays]) // arrays[0].itemsize


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
    blocks, real, padded = -(-rows // BLOCK), q.dtype, whole_tiles(width, q.itemsize)
    queries, values = lines(features * BLOCK, real), lines(BLOCK * padded, real)
    scores, gathered = lines(BLOCK * BLOCK, real), lines(BLOCK * padded, real)
    tops, sums, at = lines(BLOCK, real), lines(BLOCK, real), np.empty(BLOCK, np.int64)
    over = lines(BLOCK * BLOCK if mask.size else 0, real)
    for unit in range(part[0], part[1]):
        head, first = unit // blocks, unit % blocks * BLOCK
        count = min(BLOCK, rows - first)
        if unit + 1 < part[1]:
            following, row = (unit + 1) // blocks, (unit + 1) % blocks * BLOCK
            for i, x, own in ((0, q, features), (1, k, features), (2, v, width)):
                prefetch_rows(x, _start(steps[i], sizes, following, row), steps[i, 2], min(BLOCK, rows - row), own)
        transpose(q, _start(steps[0], sizes, head, first), steps[0, 2], count, features, queries, BLOCK)
        _scale(queries, scale)
        tops[:], sums[:], gathered[:] = -np.inf, 0, 0
        for start in range(0, min(first + count, columns) if causal else columns, BLOCK):
            block, offset = (count, min(BLOCK, columns - start)), first - start if causal else BLOCK
            _row_starts(_start(steps[1], sizes, head, start), steps[1, 2], block[1], at)
            copy_rows(v, _start(steps[2], sizes, head, start), steps[2, 2], block[1], width, values, 0, padded)
            multiply_seen(k, at, features, queries, block, offset, scores)
            if mask.size:
                transpose(mask, _start(steps[3], sizes, head, first) + start, steps[3, 2], *block, over, BLOCK)
                add_mask(scores, over, block)
            hide(scores, block, offset)
            softmax_so_far(scores, block, tops, sums, gathered)
            gather(scores, values, block, offset, gathered, padded)
        finish(gathered, (count, width), tops, sums, out, _start(steps[4], sizes, head, first), steps[4, 2])
        for i in range(count):
            log_sums[head * rows + first + i] = tops[i]


@serial
def _start(steps, sizes, head, row):
    """Where a row of a head begins, heads being counted through all N."""
    return head // sizes[0] * steps[0] + head % sizes[0] * steps[1] + row * steps[2]


@serial
def _row_starts(start, step, count, at):
    """Where each row of a block begins; behind the last one, that one again, to fill a tile."""
    for i in range(BLOCK):
        at[i] = start + min(i, count - 1) * step


@serial
def _scale(x, factor):
    factor = x.dtype.type(factor)
    for i in range(x.size):
        x[i] *= factor


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
    real, wide, broad = q.dtype, whole_tiles(features, q.itemsize), whole_tiles(width, q.itemsize)
    weights, slopes = lines(BLOCK * BLOCK, real), lines(BLOCK * BLOCK, real)
    over = lines(BLOCK * BLOCK if mask.size else 0, real)
    levels, along, at = lines(BLOCK, real), lines(BLOCK, real), np.empty(BLOCK, np.int64)
    turned_queries, turned_above = lines(features * BLOCK, real), lines(width * BLOCK, real)
    turned_out = lines(width * BLOCK, real)
    queries, keys, above = lines(BLOCK * wide, real), lines(BLOCK * wide, real), lines(BLOCK * broad, real)
    to_queries, all_keys = lines(BLOCK * wide, real), -(-columns // BLOCK) * BLOCK
    to_keys, to_values = lines(all_keys * wide, real), lines(all_keys * broad, real)
    for head in range(part[0], part[1]):
        if head + 1 < part[1]:
            for i, x, own in ((0, q, features), (1, k, features), (2, v, width), (4, out, width), (5, g, width)):
                prefetch_rows(x, _start(steps[i], sizes, head + 1, 0), steps[i, 2], min(BLOCK, rows), own)
        to_keys[:], to_values[:] = 0, 0
        for first in range(0, rows, BLOCK):
            count = min(BLOCK, rows - first)
            q_start, g_start = _start(steps[0], sizes, head, first), _start(steps[5], sizes, head, first)
            copy_rows(q, q_start, steps[0, 2], count, features, queries, 0, wide)
            copy_rows(g, g_start, steps[5, 2], count, width, above, 0, broad)
            transpose(q, q_start, steps[0, 2], count, features, turned_queries, BLOCK)
            _scale(turned_queries, scale)
            transpose(g, g_start, steps[5, 2], count, width, turned_above, BLOCK)
            transpose(out, _start(steps[4], sizes, head, first), steps[4, 2], count, width, turned_out, BLOCK)
            inner_products(turned_above, turned_out, along)
            copy_rows(log_sums, head * rows + first, 0, 1, count, levels, 0, 0)
            to_queries[:] = 0
            for start in range(0, min(first + count, columns) if causal else columns, BLOCK):
                block, offset = (count, min(BLOCK, columns - start)), first - start if causal else BLOCK
                k_start, v_start = _start(steps[1], sizes, head, start), _start(steps[2], sizes, head, start)
                copy_rows(k, k_start, steps[1, 2], block[1], features, keys, 0, wide)
                _row_starts(k_start, steps[1, 2], block[1], at)
                multiply_seen(k, at, features, turned_queries, block, offset, weights)
                if mask.size:
                    transpose(mask, _start(steps[3], sizes, head, first) + start, steps[3, 2], *block, over, BLOCK)
                    add_mask(weights, over, block)
                hide(weights, block, offset)
                exp_less(weights, block, levels)
                gather_back(weights, above, block, offset, to_values[start * broad :], broad)
                _row_starts(v_start, steps[2, 2], block[1], at)
                multiply_seen(v, at, width, turned_above, block, offset, slopes)
                to_slopes(slopes, weights, block, along, scale)
                gather(slopes, keys, block, offset, to_queries, wide)
                gather_back(slopes, queries, block, offset, to_keys[start * wide :], wide)
            copy_rows(to_queries, 0, wide, count, features, dq, _start(steps[6], sizes, head, first), steps[6, 2])
        copy_rows(to_keys, 0, wide, columns, features, dk, _start(steps[7], sizes, head, 0), steps[7, 2])
        copy_rows(to_values, 0, broad, columns, width, dv, _start(steps[8], sizes, head, 0), steps[8, 2])
