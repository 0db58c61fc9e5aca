"""Distances and angles of vectors as layers."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from . import functional as F
from .layer import layer
from .module import Module


@layer
class CosineSimilarity(Module):
    """The cosines of the angles between vectors along `dim`; a length counts as at least eps."""

    dim: int = field(default=1, repr=False)
    eps: float = field(default=1e-8, repr=False)

    def forward(self, x1: Any, x2: Any) -> Any:
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


@layer
class PairwiseDistance(Module):
    """The norms of order p of x1 - x2 + eps over the last dimension: (N, D) or (D,)."""

    p: float = field(default=2.0, repr=False)
    eps: float = field(default=1e-6, repr=False)
    keepdim: bool = field(default=False, repr=False)

    def forward(self, x1: Any, x2: Any) -> Any:
        return F.pairwise_distance(x1, x2, self.p, self.eps, self.keepdim)
