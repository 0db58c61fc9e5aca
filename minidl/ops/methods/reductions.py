"""Reductions, running sums and orderings as methods."""

from __future__ import annotations

from ...autograd.graph import Variable
from .. import reduction


class ReductionMethods(Variable):
    """`x.sum()`, `x.max(dim)`, `x.sort()` and their like."""

    __slots__ = ()

    sum = reduction.sum
    mean = reduction.mean
    var = reduction.var
    std = reduction.std
    amax = reduction.amax
    amin = reduction.amin
    max = reduction.max
    min = reduction.min
    argmax = reduction.argmax
    argmin = reduction.argmin
    all = reduction.all
    any = reduction.any
    logsumexp = reduction.logsumexp
