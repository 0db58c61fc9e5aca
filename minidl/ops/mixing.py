"""Images of another size, along each dimension of which every place mixes some of the old ones."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from .. import kernels
from ..autograd import primitive


class Mixing:
    """A sparse matrix: output place i sums weights[k] times input place places[k], starts[i] <= k < starts[i + 1]."""

    def __init__(self, size: int, starts: np.ndarray, places: np.ndarray, weights: np.ndarray) -> None:
        self.size = size  # of the input
        self.arrays = starts, np.ascontiguousarray(places), weights

    @cached_property
    def transposed(self) -> Mixing:
        """The way back: to each place of the input from those that it went to, in their order."""
        starts, places, weights = self.arrays
        ends = np.cumsum(np.bincount(places, minlength=self.size))
        order = np.argsort(places, kind="stable")
        targets = np.repeat(np.arange(starts.size - 1), np.diff(starts))
        return Mixing(starts.size - 1, np.concatenate([[0], ends]), targets[order], weights[order])


@primitive
def mixed(x, mixings):
    """x (N, C, ...) of floats, whose dimensions behind the channels, 1 to 3, are mixed each by its own matrix.

    The gradient goes back by the transposed matrices, which is the same operator.
    """
    return kernels.of(x).resized(x, tuple(mixing.arrays for mixing in mixings))


@mixed.gradient("x")
def _(g, mixings):
    return mixed(g, tuple(mixing.transposed for mixing in mixings))
