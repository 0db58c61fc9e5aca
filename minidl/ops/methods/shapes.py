"""Shape, order and joining as methods."""

from __future__ import annotations

from typing import Any

from ...autograd.graph import Variable
from ...errors import ShapeError
from .. import diagonal as diagonals
from .. import joining, rearranging, shape, storage
from ..inplace import in_place
from ..storage import reshaping


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
    squeeze_ = reshaping(shape.squeeze)
    unsqueeze = shape.unsqueeze
    unsqueeze_ = reshaping(shape.unsqueeze)
    transpose = swapdims = shape.transpose
    transpose_ = swapdims_ = reshaping(shape.transpose)
    swapaxes = shape.swapaxes
    swapaxes_ = reshaping(shape.swapaxes)
    movedim = moveaxis = shape.movedim
    adjoint = shape.adjoint
    t = shape.t
    t_ = reshaping(shape.t)
    narrow = shape.narrow
    split_with_sizes = joining.split_with_sizes
    unsafe_split = joining.unsafe_split
    unsafe_split_with_sizes = joining.unsafe_split_with_sizes
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
    as_strided = storage.as_strided
    as_strided_ = storage.as_strided_
    as_strided_scatter = storage.as_strided_scatter
    storage_offset = storage.offset_in_storage
    diag = diagonals.diag
    diagonal = diagonals.diagonal
    diag_embed = diagonals.diag_embed
    diagflat = diagonals.diagflat
    tril = diagonals.tril
    tril_ = in_place(diagonals.tril)
    triu = diagonals.triu
    triu_ = in_place(diagonals.triu)

    def split(self, split_size: Any, dim: int = 0) -> Any:
        """Pieces along `dim`: of one size (the last may be smaller), or of the given sizes."""
        return joining.split(self, split_size, dim)

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
        if self.array.ndim not in (0, 2):
            raise ShapeError(f"H: got shape {self.array.shape}, needs 2 dimensions; use .mH")
        return shape.t(self)

    # --- what lies in memory ------------------------------------------------------------------------------------------

    def stride(self, dim: int | None = None) -> Any:
        """How many elements apart in memory neighbours along each dimension lie."""
        steps = tuple(step // self.array.itemsize for step in self.array.strides)
        return steps if dim is None else steps[shape.own_axis("stride", self, dim)]

    def ndimension(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    def data_ptr(self) -> int:
        """The address of the first element."""
        return self.array.__array_interface__["data"][0]

    def element_size(self) -> int:
        """The bytes of one element."""
        return self.array.itemsize

    @property
    def itemsize(self) -> int:
        """The bytes of one element."""
        return self.array.itemsize

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return self.array.nbytes
