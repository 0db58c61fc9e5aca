"""Weights in panels of as many kernels as the tile has columns, and their gradients back.

A panel belongs to one group.  Its taps run over kernel row, kernel column, channel; the last panel of a group is filled
up with zeros.  NumPy does the small ones, as of a first layer that sees images of three channels: there is little to
gain, and the two kernels take 0.8 seconds to compile.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import threads
from .copying import clear, copy
from .jit import parallel
from .layout import Kernels

JITTED_FROM = 1 << 10
"""Weights from which jitted passes pay."""

PARALLEL_FROM = 1 << 13
"""Those from which threads pay: one takes 10 microseconds below."""


def pack_weight(kernels: Kernels, groups: int, packed: np.ndarray) -> None:
    """Kernels into (panels, 1 + kh * kw * C/groups, columns), but for the first rows."""
    numbers, _, (k, c, kh, kw), steps = kernels
    if packed.size >= JITTED_FROM:
        _pack(numbers, packed, steps, kernels.shape, groups, threads.workers(packed.size, PARALLEL_FROM))
        return
    panels, _, columns = packed.shape
    start, *apart = (step * numbers.itemsize for step in steps)
    as_it_lies = np.ndarray((groups, k // groups, c, kh, kw), numbers.dtype, numbers, start, apart)
    whole = np.zeros((groups, kh, kw, c, panels // groups * columns), packed.dtype)
    whole[..., : k // groups] = as_it_lies.transpose(0, 3, 4, 2, 1)
    taps = whole.reshape(groups, kh * kw * c, panels // groups, columns)
    packed.reshape(groups, panels // groups, -1, columns)[:, :, 1:] = taps.swapaxes(1, 2)


def sum_and_unpack(sums: np.ndarray, groups: int, out: np.ndarray) -> None:
    """sums (shares, panels, kh * kw * C/groups or more, columns) into (K, C/groups, kh, kw), by order of shares."""
    if out.size >= JITTED_FROM:
        _sum_and_unpack(sums, out, groups, threads.workers(sums.size, PARALLEL_FROM))
        return
    (k, c, kh, kw), (_, panels, _, columns) = out.shape, sums.shape
    taps = np.add.reduce(sums, 0)[:, : kh * kw * c].reshape(groups, panels // groups, kh, kw, c, columns)
    kernels = taps.transpose(0, 1, 5, 4, 2, 3).reshape(groups, panels // groups * columns, c, kh, kw)
    out.reshape(groups, k // groups, c, kh, kw)[...] = kernels[:, : k // groups]


@parallel
def _pack(weight, packed, steps, shape, groups, workers):
    """Kernels (K, C/groups, kh, kw) -> (panels, 1 + kh * kw * C/groups, columns), but for the first rows.

    They are numbers of flat `weight`, at steps (start, group, kernel of a group, channel, kernel row, kernel column).
    The last panel of a group is filled up with zeros.
    """
    k, channels, kh, kw = shape
    panels, _, columns = packed.shape
    group, per_group = k // groups, panels // groups
    for t in prange(workers):
        for panel in range(t * panels // workers, (t + 1) * panels // workers):
            first = panel % per_group * columns
            inside = min(columns, group - first)
            start = steps[0] + panel // per_group * steps[1] + first * steps[2]
            for c in range(channels):
                for i in range(kh):
                    for j in range(kw):
                        tap, place = 1 + (i * kw + j) * channels + c, start + c * steps[3] + i * steps[4] + j * steps[5]
                        copy(weight[place :: steps[2]], packed[panel, tap, :inside])
                        clear(packed[panel, tap, inside:])


@parallel
def _sum_and_unpack(sums, out, groups, workers):
    """sums (shares, panels, kh * kw * C/groups or more, columns) -> out (K, C/groups, kh, kw), by order of shares."""
    k, channels, kh, kw = out.shape
    shares, panels, _, columns = sums.shape
    group, per_group = k // groups, panels // groups
    for t in prange(workers):
        for panel in range(t * panels // workers, (t + 1) * panels // workers):
            first = panel % per_group * columns
            inside = min(columns, group - first)
            first += panel // per_group * group
            for c in range(channels):
                for i in range(kh):
                    for j in range(kw):
                        tap = (i * kw + j) * channels + c
                        for n in range(inside):
                            total = sums[0, panel, tap, n]
                            for share in range(1, shares):
                                total += sums[share, panel, tap, n]
                            out[first + n, c, i, j] = total
