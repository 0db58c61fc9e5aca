"""BatchNorm1d, BatchNorm2d and LayerNorm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import ShapeError
from ..ops.creation import ones, tensor, zeros
from . import functional as F
from .module import Module
from .parameter import Parameter


class _BatchNorm(Module):
    """Each channel to mean 0 and variance 1, then scaled and shifted (Ioffe & Szegedy 2015).

    momentum              the share of a new batch in the running statistics; None: the plain average of all batches
    affine                with a trained scale `weight` and shift `bias`
    track_running_stats   keep running statistics for evaluation; without them the batch's own are always used
    """

    dimensions: tuple[int, ...]
    needs: str

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self.register_parameter("weight", Parameter(ones(num_features, dtype=dtype)) if affine else None)
        self.register_parameter("bias", Parameter(zeros(num_features, dtype=dtype)) if affine else None)
        tracked = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, dtype=dtype) if tracked else None)
        self.register_buffer("running_var", ones(num_features, dtype=dtype) if tracked else None)
        self.register_buffer("num_batches_tracked", tensor(0) if tracked else None)

    def forward(self, input: Any) -> Any:
        if input.ndim not in self.dimensions:
            raise ShapeError(f"{type(self).__name__}: got shape {tuple(input.shape)}, needs {self.needs}")
        if input.shape[1] != self.num_features:
            raise ShapeError(
                f"{type(self).__name__}: input {tuple(input.shape)} has {input.shape[1]} channels, the layer has "
                f"{self.num_features}"
            )
        counting = self.training and self.track_running_stats
        averages = counting or not self.training
        momentum = self.momentum
        if counting and momentum is None:
            momentum = 1 / (self.num_batches_tracked.item() + 1)
        output = F.batch_norm(
            input,
            self.running_mean if averages else None,
            self.running_var if averages else None,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            momentum or 0.0,
            self.eps,
        )
        if counting:
            self.num_batches_tracked += 1
        return output

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_BatchNorm):
    __doc__ = _BatchNorm.__doc__
    dimensions = (2, 3)
    needs = "(N, C) or (N, C, L)"


class BatchNorm2d(_BatchNorm):
    __doc__ = _BatchNorm.__doc__
    dimensions = (4,)
    needs = "(N, C, H, W)"


class LayerNorm(Module):
    """Each sample's last dimensions to mean 0 and variance 1, then scaled and shifted (Ba et al. 2016).

    normalized_shape     sizes of these dimensions
    elementwise_affine   with a trained scale `weight`, and with `bias` a trained shift
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        shape, shifts = self.normalized_shape, elementwise_affine and bias
        scale = Parameter(ones(shape, dtype=dtype, device=device)) if elementwise_affine else None
        self.register_parameter("weight", scale)
        self.register_parameter("bias", Parameter(zeros(shape, dtype=dtype, device=device)) if shifts else None)

    def forward(self, input: Any) -> Any:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )
