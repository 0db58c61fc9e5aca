"""Indexing, selecting and putting back as methods."""

from __future__ import annotations

from ...autograd.graph import Variable
from .. import indexing, inplace


class SelectionMethods(Variable):
    """`x[index]`, `x[index] = value`, `x.gather()` and their like."""

    __slots__ = ()

    __getitem__ = indexing.getitem
    __setitem__ = inplace.setitem
    gather = indexing.gather
