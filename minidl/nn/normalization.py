"""Normalisation layers: values to mean 0 and variance 1, then scaled by `weight` and shifted by `bias`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ..errors import ArgumentError, MinidlWarning, ShapeError
from ..ops.creation import ones, tensor, zeros
from ..ops.layer_norm import cross_map_lrn2d
from ..ops.norm import batch_norm_relu, count_batch
from ..ops.norm_pool import batch_norm_relu_pool
from ..ops.promotion import array_of
from ..ops.shape import squeeze, unsqueeze
from . import functional as F
from .layer import layer
from .module import Module
from .parameter import Parameter

# --- with running statistics ------------------------------------------------------------------------------------------


class _RunningNorm(Module):
    """One scale, shift and, if tracked, running mean and variance for each channel.

    momentum              the share of a new batch in the running statistics; None: the plain average of all batches
    affine                with a trained scale `weight` and, with `bias`, a shift; they start at 1 and 0
    track_running_stats   keep running statistics for evaluation; without them the input's own are always used
    """

    dimensions: Sequence[int]
    needs: str

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        place = {"device": device, "dtype": dtype}
        tracked = track_running_stats
        self.register_parameter("weight", Parameter(ones(num_features, **place)) if affine else None)
        self.register_parameter("bias", Parameter(zeros(num_features, **place)) if affine and bias else None)
        self.register_buffer("running_mean", zeros(num_features, **place) if tracked else None)
        self.register_buffer("running_var", ones(num_features, **place) if tracked else None)
        self.register_buffer("num_batches_tracked", tensor(0, device=device) if tracked else None)

    def reset_running_stats(self) -> None:
        """Forget the batches seen."""
        if self.running_mean is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Forget the batches seen; scale 1, shift 0."""
        self.reset_running_stats()
        if self.weight is not None:
            self.weight.detach().fill_(1)
        if self.bias is not None:
            self.bias.detach().zero_()

    def _check_dimensions(self, input: Any) -> None:
        if input.ndim not in self.dimensions:
            raise ShapeError(f"{type(self).__name__}: got shape {tuple(input.shape)}, needs {self.needs}")

    def _of_another_size(self, input: Any, channels: int) -> str:
        """What to say of a number of channels that is not the layer's."""
        return (
            f"{type(self).__name__}: input {tuple(input.shape)} has {channels} channels, the layer has "
            f"{self.num_features}"
        )

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_RunningNorm):
    """Each channel of a batch to mean 0 and variance 1, then scaled and shifted (Ioffe & Szegedy 2015)."""

    def forward(self, input: Any) -> Any:
        return self._normalised(F.batch_norm, input)

    def forward_with_relu(self, input: Any) -> Any:
        """What a ReLU makes of the result, in fewer passes over memory."""
        return self._normalised(batch_norm_relu, input)

    def forward_with_relu_and_pool(self, input: Any, kernel_size: Any) -> Any:
        """What a ReLU and max pooling over windows side by side make of the result, in training, in still fewer."""
        return self._normalised(partial(batch_norm_relu_pool, kernel_size=kernel_size), input)

    def _normalised(self, function: Callable[..., Any], input: Any) -> Any:
        shape = array_of(input).shape
        if len(shape) not in self.dimensions or shape[1] != self.num_features:
            self._check_dimensions(input)
            raise ShapeError(self._of_another_size(input, shape[1]))
        counting = self.training and self.track_running_stats
        averages = counting or not self.training
        momentum = self.momentum
        if counting and momentum is None:
            momentum = 1 / (self.num_batches_tracked.item() + 1)
        running_mean, running_var = (self.running_mean, self.running_var) if averages else (None, None)
        own = self.training or running_mean is None
        output = function(input, running_mean, running_var, self.weight, self.bias, own, momentum or 0.0, self.eps)
        if counting:
            count_batch(self.num_batches_tracked)
        return output


class BatchNorm1d(_BatchNorm):
    __doc__ = f"(N, C) or (N, C, L): {_BatchNorm.__doc__}\n\n{_RunningNorm.__doc__}"
    dimensions = (2, 3)
    needs = "(N, C) or (N, C, L)"


class BatchNorm2d(_BatchNorm):
    __doc__ = f"(N, C, H, W): {_BatchNorm.__doc__}\n\n{_RunningNorm.__doc__}"
    dimensions = (4,)
    needs = "(N, C, H, W)"


class BatchNorm3d(_BatchNorm):
    __doc__ = f"(N, C, D, H, W): {_BatchNorm.__doc__}\n\n{_RunningNorm.__doc__}"
    dimensions = (5,)
    needs = "(N, C, D, H, W)"


class SyncBatchNorm(_BatchNorm):
    """BatchNorm of (N, C, ...), whose batch is that of all processes: of the only one there is in minidl."""

    dimensions = range(2, 33)
    needs = "(N, C, ...)"

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: None = None,
        *place: Any,
        **named: Any,
    ) -> None:
        """process_group: None;  place and named: device, dtype and bias, as those of BatchNorm."""
        if process_group is not None:
            raise ArgumentError("SyncBatchNorm: there are no process groups; leave process_group=None")
        super().__init__(num_features, eps, momentum, affine, track_running_stats, *place, **named)


class _InstanceNorm(_RunningNorm):
    """Each channel of each sample to mean 0 and variance 1, then scaled and shifted (Ulyanov et al. 2016)."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *place: Any,
        **named: Any,
    ) -> None:
        """place and named: device, dtype and bias, as those of BatchNorm."""
        super().__init__(num_features, eps, momentum, affine, track_running_stats, *place, **named)

    def forward(self, input: Any) -> Any:
        self._check_dimensions(input)
        alone = input.ndim == self.dimensions[0]
        channels = input.shape[0 if alone else 1]
        if channels != self.num_features:
            if self.affine or self.track_running_stats:
                raise ShapeError(self._of_another_size(input, channels))
            warnings.warn(self._of_another_size(input, channels), MinidlWarning, stacklevel=2)
        output = F.instance_norm(
            unsqueeze(input, 0) if alone else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum or 0.0,
            self.eps,
        )
        return squeeze(output, 0) if alone else output


class InstanceNorm1d(_InstanceNorm):
    __doc__ = f"(N, C, L) or (C, L): {_InstanceNorm.__doc__}\n\n{_RunningNorm.__doc__}"
    dimensions = (2, 3)
    needs = "(N, C, L) or (C, L)"


class InstanceNorm2d(_InstanceNorm):
    __doc__ = f"(N, C, H, W) or (C, H, W): {_InstanceNorm.__doc__}\n\n{_RunningNorm.__doc__}"
    dimensions = (3, 4)
    needs = "(N, C, H, W) or (C, H, W)"


class InstanceNorm3d(_InstanceNorm):
    __doc__ = f"(N, C, D, H, W) or (C, D, H, W): {_InstanceNorm.__doc__}\n\n{_RunningNorm.__doc__}"
    dimensions = (4, 5)
    needs = "(N, C, D, H, W) or (C, D, H, W)"


# --- of each sample by itself -----------------------------------------------------------------------------------------


class LayerNorm(Module):
    """Each sample's last dimensions, of sizes normalized_shape, to mean 0 and variance 1 (Ba et al. 2016).

    elementwise_affine   with a trained scale `weight` and, with `bias`, a shift, both of that shape
    """

    def __init__(
        self,
        normalized_shape: int | tuple[int, ...],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _as_sizes(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        shifted = elementwise_affine and bias
        place = {"device": device, "dtype": dtype}
        self.register_parameter(
            "weight", Parameter(ones(self.normalized_shape, **place)) if elementwise_affine else None
        )
        self.register_parameter("bias", Parameter(zeros(self.normalized_shape, **place)) if shifted else None)

    def forward(self, input: Any) -> Any:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """Each sample's last dimensions divided by the root of their mean square (Zhang and Sennrich 2019).

    eps   added to the mean square; None: the smallest step of the dtype above 1
    """

    def __init__(
        self,
        normalized_shape: int | tuple[int, ...],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _as_sizes(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        scale = ones(self.normalized_shape, device=device, dtype=dtype) if elementwise_affine else None
        self.register_parameter("weight", None if scale is None else Parameter(scale))

    def forward(self, x: Any) -> Any:
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


def _as_sizes(shape: int | tuple[int, ...]) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)


class GroupNorm(Module):
    """(N, C, ...) with each of `num_groups` groups of channels to mean 0 and variance 1 (Wu and He 2018).

    affine   with a trained scale `weight` and, with `bias`, a shift for each channel
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_groups < 1 or num_channels % num_groups:
            raise ArgumentError(f"GroupNorm: {num_groups} groups of {num_channels} channels; it must divide them")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        place = {"device": device, "dtype": dtype}
        self.register_parameter("weight", Parameter(ones(num_channels, **place)) if affine else None)
        self.register_parameter("bias", Parameter(zeros(num_channels, **place)) if affine and bias else None)

    def forward(self, input: Any) -> Any:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


# --- over neighbouring channels ---------------------------------------------------------------------------------------


@layer
class LocalResponseNorm(Module):
    """x / (k + alpha * mean of x^2 over `size` neighbouring channels)^beta of (N, C, ...) (Krizhevsky et al. 2012)."""

    size: int
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def forward(self, input: Any) -> Any:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CrossMapLRN2d(LocalResponseNorm):
    """LocalResponseNorm of (N, C, H, W), with as many neighbours on both sides."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__(size, alpha, beta, k)

    def forward(self, input: Any) -> Any:
        return cross_map_lrn2d(input, self.size, self.alpha, self.beta, self.k)
