"""What attention does with a block of queries and a block of keys: products by the tile, and the softmax between them.

The scores of a block stand the other way round, a row for each key: so the softmax goes through all queries at once,
in vector registers, and nothing is summed within a register.  `offset` says what is hidden: query i of the block sees
the keys up to i + offset.  Rows of scores are BLOCK apart; those of a strip, as high as the tile, are computed from
the first column of the tile on in which a query sees any of these keys.

BLAS takes longer for the products: each is so small that its calls and its packing weigh, and of causal attention it
computes the half that no query sees.  With 64 places and 32 features a head, causal attention and its gradients took
1.07 milliseconds in a training step with BLAS, and take 0.74.
"""

import math

import numpy as np

from .exponential import exp
from .jit import serial
from .tile import COLUMN_BYTES, ROWS, add_products, add_products_half, set_products

BLOCK = 64
"""Queries, and keys, of a block (measured)."""


@serial
def whole_tiles(columns, itemsize):
    """As many columns, or the fewest more that are half a tile, or whole ones."""
    width = COLUMN_BYTES // itemsize
    return width // 2 if columns <= width // 2 else (columns + width - 1) // width * width


@serial
def copy_rows(x, start, step, rows, columns, y, y_start, y_step):
    """y[y_start + r * y_step + c] = x[start + r * step + c], of flat arrays, for r < rows and c < columns."""
    for r in range(rows):
        row, line = x[start + r * step :], y[y_start + r * y_step :]
        for c in range(columns):
            line[c] = row[c]


# --- products ---------------------------------------------------------------------------------------------------------


@serial
def _first_seeing(key, offset):
    """The first query that sees any key of the strip in which this one is."""
    return max(key // ROWS * ROWS - offset, 0)


@serial
def _first_column(key, offset, itemsize):
    """From which column on the scores of this key are computed."""
    columns = COLUMN_BYTES // itemsize
    return min(_first_seeing(key, offset) // columns * columns, BLOCK)


@serial
def multiply_seen(a, at, features, b, sizes, offset, scores):
    """scores = rows of a @ b (features, BLOCK); row i of a, of a key, begins at at[i].  sizes: queries, keys."""
    columns = COLUMN_BYTES // a.itemsize
    for top in range(0, sizes[1], ROWS):
        for left in range(_first_column(top, offset, a.itemsize), sizes[0], columns):
            starts = (0, top, left, top * BLOCK + left)
            set_products(a, at, b, scores, starts, (1, features), (0, 1, 0, BLOCK, BLOCK))


@serial
def gather(weights, b, sizes, offset, c, width):
    """c += weights.T @ b: what each query takes of rows of b, of keys; rows of b and c lie `width` apart."""
    columns, at = COLUMN_BYTES // c.itemsize, np.arange(ROWS)
    for top in range(0, sizes[0], ROWS):
        seen = min(top + ROWS + offset, sizes[1])
        if seen > 0 and width < columns:
            add_products_half(weights, at, b, c, (top, 0, 0, top * width), (1, seen), (0, BLOCK, 0, width, width))
        elif seen > 0:
            for left in range(0, width, columns):
                starts = (top, 0, left, top * width + left)
                add_products(weights, at, b, c, starts, (1, seen), (0, BLOCK, 0, width, width))


@serial
def gather_back(weights, b, sizes, offset, c, width):
    """c += weights @ b: what each key takes of rows of b, of queries."""
    columns, at = COLUMN_BYTES // c.itemsize, np.arange(ROWS) * BLOCK
    for top in range(0, sizes[1], ROWS):
        first = _first_seeing(top, offset)
        counts, steps = (1, sizes[0] - first), (0, 1, 0, width, width)
        if counts[1] > 0 and width < columns:
            starts = (top * BLOCK + first, 0, first * width, top * width)
            add_products_half(weights, at, b, c, starts, counts, steps)
        elif counts[1] > 0:
            for left in range(0, width, columns):
                starts = (top * BLOCK + first, 0, first * width + left, top * width + left)
                add_products(weights, at, b, c, starts, counts, steps)


# --- softmax ----------------------------------------------------------------------------------------------------------
# Loops go through whole rows of a block, hidden scores included: of known steps, they become four vector instructions.


@serial
def add_mask(scores, mask, sizes):
    """mask (keys, BLOCK)"""
    for i in range(sizes[1] * BLOCK):
        scores[i] += mask[i]


@serial
def hide(scores, sizes, offset):
    """-inf in place of the scores of key j with queries before j - offset."""
    for j in range(max(offset + 1, 0), sizes[1]):
        row = scores[j * BLOCK : (j + 1) * BLOCK]
        for i in range(BLOCK):
            row[i] = row[i] if i >= j - offset else -np.inf


@serial
def softmax_so_far(scores, sizes, tops, sums, gathered):
    """exp(scores - greatest) in place, in the sums, and what was gathered, scaled to the greatest so far."""
    before, bases, width = tops.copy(), np.empty_like(tops), gathered.size // BLOCK
    for j in range(sizes[1]):
        _raise(tops, scores[j * BLOCK : (j + 1) * BLOCK])
    for i in range(BLOCK):
        bases[i] = tops[i] if tops[i] > -np.inf else 0
        before[i] = exp(before[i] - bases[i])
    for i in range(sizes[0]):
        if sums[i] > 0 and before[i] < 1:
            _multiply(gathered[i * width : (i + 1) * width], before[i])
    for i in range(BLOCK):
        sums[i] *= before[i]
    for j in range(sizes[1]):
        _exp_less_and_add(scores[j * BLOCK : (j + 1) * BLOCK], bases, sums)


@serial
def _raise(tops, row):
    """NaN is passed over."""
    for i in range(BLOCK):
        tops[i] = row[i] if row[i] > tops[i] else tops[i]


@serial
def _exp_less(row, levels):
    for i in range(BLOCK):
        row[i] = exp(row[i] - levels[i])


@serial
def _exp_less_and_add(row, levels, sums):
    for i in range(BLOCK):
        row[i] = exp(row[i] - levels[i])
        sums[i] += row[i]


@serial
def _multiply(row, factor):
    for i in range(row.size):
        row[i] *= factor


@serial
def exp_less(scores, sizes, levels):
    """exp(scores - levels) in place, a level for each query."""
    for j in range(sizes[1]):
        _exp_less(scores[j * BLOCK : (j + 1) * BLOCK], levels)


@serial
def finish(gathered, sizes, tops, sums, out, start, step):
    """What was gathered over the sums, and in `tops` their logarithms; where there was nothing 0, and infinity.

    sizes: of queries, and how many numbers of each are wanted
    """
    width = gathered.size // BLOCK
    for i in range(sizes[0]):
        share = sums.dtype.type(0)
        if sums[i] == 0:
            tops[i] = np.inf
        else:
            tops[i] = (tops[i] if tops[i] > -np.inf else share) + math.log(sums[i])
            share = sums.dtype.type(1) / sums[i]
        row, line = gathered[i * width : i * width + sizes[1]], out[start + i * step :]
        for j in range(row.size):
            line[j] = row[j] * share


@serial
def inner_products(a, b, products):
    """Of the columns of a and b, whose rows are BLOCK apart."""
    products[:] = 0
    for start in range(0, a.size, BLOCK):
        row, other = a[start : start + BLOCK], b[start : start + BLOCK]
        for i in range(BLOCK):
            products[i] += row[i] * other[i]


@serial
def to_slopes(d, weights, sizes, along, scale):
    """The gradient in the scores, in place of that in the weights: less its mean over them, times the weights."""
    scale = d.dtype.type(scale)
    for j in range(sizes[1]):
        row, own = d[j * BLOCK : (j + 1) * BLOCK], weights[j * BLOCK : (j + 1) * BLOCK]
        for i in range(BLOCK):
            row[i] = (row[i] - along[i]) * (own[i] * scale)
