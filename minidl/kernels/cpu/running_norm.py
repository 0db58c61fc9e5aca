"""Batch norm by statistics that are given, as the running ones in evaluation: one pass over channels-last memory.

The numbers of the channels are put together in the pass, too.  NumPy takes eleven calls for that, which for one small
image is most of the time: of 512 channels at 4x4 13 microseconds instead of 4.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial
from .layout import channels_first, channels_last
from .normalization import PARALLEL_FROM, STRETCH


def batch_norm_by(
    x: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    weight: np.ndarray | None,
    bias: np.ndarray | None,
    eps: float,
) -> np.ndarray:
    """(x - mean) / sqrt(variance + eps) * weight + bias of x (N, C, ...) and numbers (C,) in its dtype, channels-last.

    A weight of None counts as ones, a bias as zeros.
    """
    pixels = channels_last(x)
    y = np.empty(x.size, x.dtype)
    if x.size:
        scale = np.ones(mean.shape, x.dtype) if weight is None else weight
        shift = np.zeros(mean.shape, x.dtype) if bias is None else bias
        numbers = map(np.ascontiguousarray, (mean, variance, scale, shift))
        _normalize(pixels.reshape(-1), *numbers, eps, y, threads.workers(x.size, PARALLEL_FROM))
    return channels_first(y.reshape(pixels.shape))


@parallel
def _normalize(x, mean, variance, weight, bias, eps, y, workers):
    """x and y are flat, the channels of each pixel side by side; threads divide stretches of some pixels."""
    channels = mean.size
    for t in prange(workers):
        length = -(-STRETCH // channels) * channels
        scale, shift = np.empty(length, x.dtype), np.empty(length, x.dtype)
        one, small = x.dtype.type(1), x.dtype.type(eps)
        for c in range(channels):
            scale[c] = weight[c] * (one / np.sqrt(variance[c] + small))
            shift[c] = bias[c] - mean[c] * scale[c]
        for q in range(channels, length):
            scale[q], shift[q] = scale[q - channels], shift[q - channels]
        stretches = -(-x.size // length)
        for s in range(t * stretches // workers, (t + 1) * stretches // workers):
            i, j = s * length, min((s + 1) * length, x.size)
            _scale_stretch(x[i:j], scale, shift, y[i:j])


@serial
def _scale_stretch(x, scale, shift, y):
    for q in range(x.size):
        y[q] = x[q] * scale[q] + shift[q]
