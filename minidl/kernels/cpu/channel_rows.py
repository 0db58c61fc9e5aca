"""Group norm, forwards and back, of images whose channels lie one after the other in memory, as others give them.

Bringing 16x64x32x32 such numbers to channels-last takes NumPy 1.5 milliseconds, ten times the norm.
"""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from .jit import parallel, serial, serial_sum
from .reduction import BLOCK, sum_of_blocks

FEWEST = 16
"""Pixels from which a loop along a channel is long enough."""


def in_channel_rows(x: np.ndarray) -> bool:
    """Whether each channel of an image of x (N, C, ...) is one long row."""
    return x.size > 0 and x.flags.c_contiguous and x.shape[1] > 1 and math.prod(x.shape[2:]) >= FEWEST


@parallel
def normalise_rows(x, weight, bias, eps, y, mean, variance, workers):
    """x and y (N * groups, channels of a group, pixels), mean and variance (N, groups); weight and bias (C,)."""
    means, variances = mean.reshape(-1), variance.reshape(-1)
    for t in prange(workers):
        for i in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            means[i], variances[i] = _moments(x[i].reshape(-1))
            rstd, centre = 1 / math.sqrt(variances[i] + eps), x.dtype.type(means[i])
            first = i % mean.shape[1] * x.shape[1]
            for c in range(x.shape[1]):
                scale = weight[first + c] * rstd
                _scale(x[i, c], centre, scale, bias[first + c] + (centre - means[i]) * scale, y[i, c])


@parallel
def pull_back_rows(g, x, weight, mean, variance, eps, gx, g_weight, g_bias, workers):
    """The same for gradients; those of weight and bias (workers, C) are sums."""
    means, variances = mean.reshape(-1), variance.reshape(-1)
    for t in prange(workers):
        for i in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            first = i % mean.shape[1] * x.shape[1]
            own = slice(first, first + x.shape[1])
            _pull_back_group(
                g[i],
                x[i],
                weight[own],
                means[i],
                1 / math.sqrt(variances[i] + eps),
                gx[i],
                g_weight[t, own],
                g_bias[t, own],
            )


@serial
def _moments(x):
    """Those of the deviations from a first mean, which of numbers far from zero is not exact."""
    centre, total, square = x.dtype.type(sum_of_blocks(x) / x.size), 0.0, 0.0
    for start in range(0, x.size, BLOCK):
        some, more = _deviations(x[start : start + BLOCK], centre)
        total += some
        square += more
    distance = total / x.size
    return centre + distance, max(square / x.size - distance * distance, 0.0)


@serial_sum
def _deviations(x, centre):
    total, square = x.dtype.type(0), x.dtype.type(0)
    for p in range(x.size):
        total += x[p] - centre
        square += (x[p] - centre) * (x[p] - centre)
    return total, square


@serial
def _scale(x, centre, scale, shift, y):
    factor, offset = x.dtype.type(scale), x.dtype.type(shift)
    for p in range(x.size):
        y[p] = (x[p] - centre) * factor + offset


@serial
def _pull_back_group(g, x, weight, mean, rstd, gx, g_weight, g_bias):
    """The formula is that of `group_norm._set_slopes`."""
    centre, plain, along = x.dtype.type(mean), 0.0, 0.0
    beyond = centre - mean
    for c in range(len(x)):
        total, product = 0.0, 0.0
        for start in range(0, x.shape[1], BLOCK):
            some, more = _sums(g[c, start : start + BLOCK], x[c, start : start + BLOCK], centre)
            total += some
            product += more
        product = (product + beyond * total) * rstd
        g_weight[c] += product
        g_bias[c] += total
        plain += weight[c] * total
        along += weight[c] * product
    level, slope = -plain * rstd / x.size, -along * rstd * rstd / x.size
    for c in range(len(x)):
        _combine(g[c], x[c], centre, weight[c] * rstd, slope, level + beyond * slope, gx[c])


@serial_sum
def _sums(g, x, centre):
    total, product = x.dtype.type(0), x.dtype.type(0)
    for p in range(x.size):
        total += g[p]
        product += g[p] * (x[p] - centre)
    return total, product


@serial
def _combine(g, x, centre, scale, slope, offset, out):
    real = x.dtype.type
    factor, along, shift = real(scale), real(slope), real(offset)
    for p in range(x.size):
        out[p] = g[p] * factor + ((x[p] - centre) * along + shift)
