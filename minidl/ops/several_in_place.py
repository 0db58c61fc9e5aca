"""Functions of several tensors that write their result into the first: `xlogy_(x, y)`, and so `x.xlogy_(y)`."""

from __future__ import annotations

from . import comparison, logic, pairwise, products, scatter
from .inplace import in_place

clamp_ = clip_ = in_place(comparison.clamp)
clamp_min_ = in_place(comparison.clamp_min)
clamp_max_ = in_place(comparison.clamp_max)
xlogy_ = in_place(pairwise.xlogy)
ldexp_ = in_place(pairwise.ldexp)
gcd_ = in_place(logic.gcd)
lcm_ = in_place(logic.lcm)
addmv_ = in_place(products.addmv)
index_put_ = in_place(scatter.index_put)
