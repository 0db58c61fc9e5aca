"""Products of vectors and matrices as methods."""

from __future__ import annotations

from ...autograd.graph import Variable
from .. import linalg


class ProductMethods(Variable):
    """`x.matmul()` and its like."""

    __slots__ = ()

    matmul = linalg.matmul
    mm = linalg.mm
    dot = linalg.dot
