"""Arithmetic: + - * / // % and powers.

Inputs broadcast; dtypes promote as in PyTorch.  A rule may return the gradient in the broadcast shape: the engine sums
it to the input's.
"""

from __future__ import annotations

import numpy as np

from ..autograd import primitive
from .comparison import flat, where
from .elementwise import log
from .promotion import aligned, aligned_floats


@primitive
def add(a, b):
    """a + b"""
    return np.add(*aligned(a, b))


@add.gradient("a")
def _(g):
    return g


@add.gradient("b")
def _(g):
    return g


@primitive
def sub(a, b):
    """a - b"""
    return np.subtract(*aligned(a, b))


@sub.gradient("a")
def _(g):
    return g


@sub.gradient("b")
def _(g):
    return -g


@primitive
def mul(a, b):
    """a * b"""
    return np.multiply(*aligned(a, b))


@mul.gradient("a")
def _(g, b):
    return g * b


@mul.gradient("b")
def _(g, a):
    return g * a


@primitive
def div(a, b):
    """a / b, a float also for integers."""
    return np.true_divide(*aligned_floats(a, b))


@div.gradient("a")
def _(g, b):
    return g / b


@div.gradient("b")
def _(g, y, b):
    return -g * y / b


@primitive
def floor_divide(a, b):
    """The floor of a / b."""
    return np.floor_divide(*aligned(a, b))


@floor_divide.gradient("a", "b")
def _(g):
    return flat(g), flat(g)


@primitive
def remainder(a, b):
    """a - b * floor(a / b): the sign of b."""
    return np.remainder(*aligned(a, b))


@remainder.gradient("a")
def _(g):
    return g


@remainder.gradient("b")
def _(g, a, b):
    return -g * floor_divide(a, b)


@primitive
def neg(x):
    """-x"""
    return np.negative(x)


@neg.gradient
def _(g):
    return -g


@primitive
def pow(a, b):
    """a ** b"""
    if isinstance(b, float) and b == -0.5:
        return 1 / np.sqrt(a)
    return np.power(*aligned(a, b))


@pow.gradient("a")
def _(g, a, b):
    if isinstance(b, (int, float)):
        return flat(g) if b == 0 else g * (b * pow(a, b - 1))
    return where(b == 0, 0.0, g * (b * pow(a, b - 1)))


@pow.gradient("b")
def _(g, a, b, y):
    if isinstance(a, (int, float)):
        a = np.asarray(a, y.dtype)  # its logarithm must be as accurate as the result
    zero = (a == 0) & (b >= 0)
    return where(zero, 0.0, g * y * log(where(zero, 1.0, a)))
