"""How far apart two tensors are."""

from __future__ import annotations

import math

from .arithmetic import pow
from .comparison import where
from .elementwise import abs, astype
from .extremes import amax, amin
from .promotion import Array, array_of, check_floats, check_tensors
from .reduction import sum


def dist(input: Array, other: Array, p: float = 2) -> Array:
    """The p-norm of input - other, over all elements; its gradient is zero where it has a kink."""
    check_tensors("dist", input, other)
    difference = input - other
    check_floats("dist", difference)
    sizes = abs(difference)
    if math.isinf(p):
        return amax(sizes) if p > 0 else amin(sizes)
    if p == 0:
        return sum(astype(sizes != 0, sizes.dtype))
    powers = sizes if p == 1 else _powers(sizes, p)
    return sum(powers) if p == 1 else _powers(sum(powers), 1 / p)


def _powers(sizes: Array, p: float) -> Array:
    """sizes ** p, with a gradient of zero at zero."""
    zero = array_of(sizes) == 0
    return where(zero, 0.0 if p > 0 else math.inf, pow(where(zero, 1.0, sizes), p))
