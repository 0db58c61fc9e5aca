"""Elements selected by a mask of their own shape, and put back: each is the other's gradient."""

from __future__ import annotations

import numpy as np

from .. import kernels
from ..autograd import primitive


@primitive
def select_where(x, mask):
    """x[mask], where no place recurs."""
    if _is_plain(x, mask) and x.shape == mask.shape:
        return kernels.of(x).selected(x, mask)
    return x[mask]


@select_where.gradient("x")
def _(g, x_shape, mask):
    return put_where(g, x_shape, mask)


@primitive
def put_where(g, shape, mask):
    """Zeros of `shape` with g where the mask is true."""
    if _is_plain(g, mask) and mask.shape == shape:
        return kernels.of(g).put_where(g, mask)
    x = np.zeros(shape, g.dtype)
    x[mask] = g
    return x


@put_where.gradient("g")
def _(gg, mask):
    return select_where(gg, mask)


def _is_plain(x: np.ndarray, mask: np.ndarray) -> bool:
    return x.dtype.char in "fd" and x.flags.c_contiguous and mask.flags.c_contiguous
