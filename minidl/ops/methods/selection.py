"""Indexing, selecting and putting back as methods."""

from __future__ import annotations

from ...autograd.graph import Variable
from .. import copies, indexing, inplace, several_in_place, view_scatter
from .. import scatter as scattering
from ..inplace import in_place


class SelectionMethods(Variable):
    """`x[index]`, `x[index] = value`, `x.gather()` and their like."""

    __slots__ = ()

    __getitem__ = indexing.getitem
    __setitem__ = inplace.setitem
    gather = indexing.gather
    take_along_dim = indexing.take_along_dim
    select = indexing.select
    nonzero = indexing.nonzero
    nonzero_static = indexing.nonzero_static
    argwhere = indexing.argwhere
    narrow_copy = copies.narrow_copy
    take = scattering.take
    put = scattering.put
    put_ = in_place(scattering.put)
    scatter = scattering.scatter
    scatter_ = in_place(scattering.scatter)
    scatter_add = scattering.scatter_add
    scatter_add_ = in_place(scattering.scatter_add)
    scatter_reduce = scattering.scatter_reduce
    scatter_reduce_ = in_place(scattering.scatter_reduce)
    index_select = scattering.index_select
    index_add = scattering.index_add
    index_add_ = in_place(scattering.index_add)
    index_copy = scattering.index_copy
    index_copy_ = in_place(scattering.index_copy)
    index_fill = scattering.index_fill
    index_fill_ = in_place(scattering.index_fill)
    index_put = scattering.index_put
    index_put_ = several_in_place.index_put_
    index_reduce = scattering.index_reduce
    index_reduce_ = in_place(scattering.index_reduce)
    masked_fill = scattering.masked_fill
    masked_fill_ = in_place(scattering.masked_fill)
    masked_select = scattering.masked_select
    masked_scatter = scattering.masked_scatter
    masked_scatter_ = in_place(scattering.masked_scatter)
    select_scatter = view_scatter.select_scatter
    slice_scatter = view_scatter.slice_scatter
    diagonal_scatter = view_scatter.diagonal_scatter
