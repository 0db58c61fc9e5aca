"""Shape, order and joining as methods."""

from __future__ import annotations

from typing import Any

from ...autograd.graph import Variable
from .. import shape


class ShapeMethods(Variable):
    """`x.reshape()`, `x.permute()`, `x.split()` and their like."""

    __slots__ = ()

    reshape = shape.reshape
    view = shape.view
    permute = shape.permute
    expand = shape.expand
    flatten = shape.flatten
    squeeze = shape.squeeze
    unsqueeze = shape.unsqueeze
    transpose = shape.transpose
    t = shape.t
    contiguous = shape.contiguous
    narrow = shape.narrow
    split = shape.split
    chunk = shape.chunk
    unbind = shape.unbind

    def flip(self, *dims: Any) -> Any:
        return shape.flip(self, shape.size_of(dims))

    def view_as(self, other: Any) -> Any:
        return shape.view(self, *other.shape)

    def expand_as(self, other: Any) -> Any:
        return shape.expand(self, *other.shape)

    @property
    def T(self) -> Any:  # noqa: N802 - PyTorch's name
        """The dimensions in reverse order."""
        return shape.permute(self, tuple(reversed(range(self.array.ndim))))

    @property
    def mT(self) -> Any:  # noqa: N802 - PyTorch's name
        """The last two dimensions exchanged."""
        return shape.matrix_transpose(self)
