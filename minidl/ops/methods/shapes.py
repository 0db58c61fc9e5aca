"""Shape, order and joining as methods."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.graph import Variable
from .. import diagonal as diagonals
from .. import joining, rearranging, shape
from ..inplace import in_place


class ShapeMethods(Variable):
    """`x.reshape()`, `x.permute()`, `x.split()` and their like."""

    __slots__ = ()

    reshape = shape.reshape
    view = shape.view
    permute = shape.permute
    expand = shape.expand
    broadcast_to = shape.broadcast_to
    flatten = shape.flatten
    unflatten = shape.unflatten
    ravel = shape.ravel
    squeeze = shape.squeeze
    unsqueeze = shape.unsqueeze
    transpose = swapaxes = swapdims = shape.transpose
    movedim = moveaxis = shape.movedim
    adjoint = shape.adjoint
    t = shape.t
    contiguous = shape.contiguous
    narrow = shape.narrow
    split = joining.split
    split_with_sizes = joining.split_with_sizes
    unsafe_split = joining.unsafe_split
    chunk = joining.chunk
    unsafe_chunk = joining.unsafe_chunk
    tensor_split = joining.tensor_split
    hsplit = joining.hsplit
    vsplit = joining.vsplit
    dsplit = joining.dsplit
    unbind = joining.unbind
    flip = rearranging.flip
    fliplr = rearranging.fliplr
    flipud = rearranging.flipud
    rot90 = rearranging.rot90
    roll = rearranging.roll
    repeat = rearranging.repeat
    tile = rearranging.tile
    repeat_interleave = rearranging.repeat_interleave
    unfold = rearranging.unfold
    as_strided = rearranging.as_strided
    diag = diagonals.diag
    diagonal = diagonals.diagonal
    diag_embed = diagonals.diag_embed
    diagflat = diagonals.diagflat
    tril = diagonals.tril
    tril_ = in_place(diagonals.tril)
    triu = diagonals.triu
    triu_ = in_place(diagonals.triu)

    def view_as(self, other: Any) -> Any:
        """Seen in the shape of another tensor."""
        return shape.view(self, *other.shape)

    def reshape_as(self, other: Any) -> Any:
        """In the shape of another tensor."""
        return shape.reshape(self, *other.shape)

    def expand_as(self, other: Any) -> Any:
        """Repeated to the shape of another tensor."""
        return shape.expand(self, *other.shape)

    @property
    def T(self) -> Any:  # noqa: N802 - PyTorch's name
        """The dimensions in reverse order."""
        return shape.permute(self, tuple(reversed(range(self.array.ndim))))

    @property
    def mT(self) -> Any:  # noqa: N802 - PyTorch's name
        """The last two dimensions exchanged."""
        return shape.matrix_transpose(self)

    mH = mT  # noqa: N815 - PyTorch's name

    @property
    def H(self) -> Any:  # noqa: N802 - PyTorch's name
        """The transpose of a matrix."""
        return shape.t(self)

    # --- what lies in memory ------------------------------------------------------------------------------------------

    def stride(self, dim: int | None = None) -> Any:
        """How many elements apart in memory neighbours along each dimension lie."""
        steps = tuple(step // self.array.itemsize for step in self.array.strides)
        return steps if dim is None else steps[shape.axis_of("stride", self, dim)]

    def storage_offset(self) -> int:
        """How many elements of the memory come before the first."""
        base: Any = self.array
        while isinstance(base.base, np.ndarray):
            base = base.base
        first, start = (x.__array_interface__["data"][0] for x in (self.array, base))
        return (first - start) // self.array.itemsize

    def element_size(self) -> int:
        """The bytes of one element."""
        return self.array.itemsize
