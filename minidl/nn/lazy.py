"""Layers whose number of input features or channels is that of their first input.

Until then their parameters are empty, and no state can be loaded.  At the first call they are made, in the same
Parameter objects, and the layer becomes the usual one: a LazyLinear a Linear.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..errors import ShapeError
from .conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .linear import Linear
from .module import Module
from .normalization import BatchNorm1d, BatchNorm2d, BatchNorm3d, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d


class _Lazy(Module):
    """Arguments are those of the usual layer, without the first."""

    becomes: ClassVar[Any]
    """The usual layer."""
    counted: ClassVar[str]
    """The name of its first argument."""
    axis: ClassVar[int]
    """The dimension of the input whose size that is."""

    def __init__(self, *settings: Any, **named: Any) -> None:
        super().__init__(0, *settings, **named)  # type: ignore[call-arg] # of the layer mixed in
        self.settings = settings, named

    def forward(self, input: Any, *rest: Any, **named: Any) -> Any:
        self._build(input)
        return self.forward(input, *rest, **named)

    def _build(self, input: Any) -> None:
        """Become the usual layer, with parameters for this input."""
        if not -input.ndim <= self.axis < input.ndim:
            raise ShapeError(f"{type(self).__name__}: input {tuple(input.shape)} has no dimension {self.axis}")
        count = input.shape[self.axis]
        settings, named = self.settings
        usual = self.becomes(count, *settings, **named)
        for own, new in zip(
            (*self.parameters(), *self.buffers()), (*usual.parameters(), *usual.buffers()), strict=True
        ):
            own.array = new.array.astype(own.dtype)  # in the same objects: an optimizer may hold them
        del self.settings
        setattr(self, self.counted, count)
        object.__setattr__(self, "__class__", self.becomes)


class LazyLinear(_Lazy, Linear):
    """A Linear whose in_features are the last size of its first input."""

    becomes, counted, axis = Linear, "in_features", -1


class LazyConv1d(_Lazy, Conv1d):
    """A Conv1d with as many in_channels as its first input."""

    becomes, counted, axis = Conv1d, "in_channels", -2


class LazyConv2d(_Lazy, Conv2d):
    """A Conv2d with as many in_channels as its first input."""

    becomes, counted, axis = Conv2d, "in_channels", -3


class LazyConv3d(_Lazy, Conv3d):
    """A Conv3d with as many in_channels as its first input."""

    becomes, counted, axis = Conv3d, "in_channels", -4


class LazyConvTranspose1d(_Lazy, ConvTranspose1d):
    """A ConvTranspose1d with as many in_channels as its first input."""

    becomes, counted, axis = ConvTranspose1d, "in_channels", -2


class LazyConvTranspose2d(_Lazy, ConvTranspose2d):
    """A ConvTranspose2d with as many in_channels as its first input."""

    becomes, counted, axis = ConvTranspose2d, "in_channels", -3


class LazyConvTranspose3d(_Lazy, ConvTranspose3d):
    """A ConvTranspose3d with as many in_channels as its first input."""

    becomes, counted, axis = ConvTranspose3d, "in_channels", -4


class LazyBatchNorm1d(_Lazy, BatchNorm1d):
    """A BatchNorm1d with as many num_features as its first input has channels."""

    becomes, counted, axis = BatchNorm1d, "num_features", 1


class LazyBatchNorm2d(_Lazy, BatchNorm2d):
    """A BatchNorm2d with as many num_features as its first input has channels."""

    becomes, counted, axis = BatchNorm2d, "num_features", 1


class LazyBatchNorm3d(_Lazy, BatchNorm3d):
    """A BatchNorm3d with as many num_features as its first input has channels."""

    becomes, counted, axis = BatchNorm3d, "num_features", 1


class _LazyInstanceNorm(_Lazy):
    """Unlike the usual one, with scale, shift and running statistics by default, as PyTorch's."""

    counted = "num_features"

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *place: Any,
        **named: Any,
    ) -> None:
        super().__init__(eps, momentum, affine, track_running_stats, *place, **named)


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """An InstanceNorm1d with as many num_features as its first input has channels."""

    becomes, axis = InstanceNorm1d, -2


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """An InstanceNorm2d with as many num_features as its first input has channels."""

    becomes, axis = InstanceNorm2d, -3


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """An InstanceNorm3d with as many num_features as its first input has channels."""

    becomes, axis = InstanceNorm3d, -4
