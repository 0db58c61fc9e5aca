"""Pooling layers.  Arguments as those of the functions of the same name, such as `functional.max_pool2d`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any, ClassVar

from ..errors import ArgumentError
from ..ops.conv import Pair, sizes_of
from ..ops.pool import max_pool_relu
from . import functional as F
from .layer import layer
from .module import Module

# --- the greatest value of each window --------------------------------------------------------------------------------


@layer
class _MaxPool(Module):
    kernel_size: Pair
    stride: Pair | None = None
    padding: Pair = 0
    dilation: Pair = 1
    return_indices: bool = field(default=False, repr=False)
    ceil_mode: bool = False

    def __post_init__(self) -> None:
        self.stride = self.kernel_size if self.stride is None else self.stride

    dimensions: ClassVar[int]

    def forward_with_relu(self, input: Any) -> Any:
        """What a ReLU makes of the values, in fewer passes over memory."""
        geometry = self.kernel_size, self.stride, self.padding, self.dilation
        return max_pool_relu(self.dimensions, input, *geometry, self.ceil_mode)

    def _pooled(self, pool: Callable[..., Any], input: Any) -> Any:
        return pool(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class MaxPool1d(_MaxPool):
    """The greatest value of each window of (N, C, L) or (C, L)."""

    dimensions = 1

    def forward(self, input: Any) -> Any:
        return self._pooled(F.max_pool1d, input)


class MaxPool2d(_MaxPool):
    """The greatest value of each window of (N, C, H, W) or (C, H, W)."""

    dimensions = 2

    def forward(self, input: Any) -> Any:
        return self._pooled(F.max_pool2d, input)


class MaxPool3d(_MaxPool):
    """The greatest value of each window of (N, C, D, H, W) or (C, D, H, W)."""

    dimensions = 3

    def forward(self, input: Any) -> Any:
        return self._pooled(F.max_pool3d, input)


class _MaxUnpool(Module):
    dimensions: int

    def __init__(self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0) -> None:
        super().__init__()
        name = type(self).__name__
        self.kernel_size = sizes_of(f"{name}: kernel_size", kernel_size, self.dimensions, 1)
        self.stride = self.kernel_size if stride is None else sizes_of(f"{name}: stride", stride, self.dimensions, 1)
        self.padding = sizes_of(f"{name}: padding", padding, self.dimensions, 0)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """Zeros with the input at the places, `indices`, that MaxPool1d with return_indices found."""

    dimensions = 1

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        return F.max_unpool1d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool2d(_MaxUnpool):
    """Zeros with the input at the places, `indices`, that MaxPool2d with return_indices found."""

    dimensions = 2

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        return F.max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool3d(_MaxUnpool):
    """Zeros with the input at the places, `indices`, that MaxPool3d with return_indices found."""

    dimensions = 3

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        return F.max_unpool3d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class _FractionalMaxPool(Module):
    """Either output_size, or output_ratio: what share of the input's size."""

    def __init__(
        self,
        kernel_size: Pair,
        output_size: Pair | None = None,
        output_ratio: float | tuple[float, ...] | None = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        if (output_size is None) == (output_ratio is None):
            raise ArgumentError(f"{name}: give either output_size or output_ratio")
        if output_ratio is not None:
            ratios = output_ratio if isinstance(output_ratio, tuple) else (output_ratio,)
            if not all(0 < ratio < 1 for ratio in ratios):
                raise ArgumentError(f"{name}: output_ratio {output_ratio}; needs numbers between 0 and 1")
        self.kernel_size = kernel_size
        self.output_size = output_size
        self.output_ratio = output_ratio
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)

    def _pooled(self, pool: Callable[..., Any], input: Any) -> Any:
        rest = (self.output_size, self.output_ratio, self.return_indices, self._random_samples)
        return pool(input, self.kernel_size, *rest)


class FractionalMaxPool2d(_FractionalMaxPool):
    """The greatest values of windows at random places of (N, C, H, W) or (C, H, W) (Graham 2014)."""

    def forward(self, input: Any) -> Any:
        return self._pooled(F.fractional_max_pool2d, input)


class FractionalMaxPool3d(_FractionalMaxPool):
    """The greatest values of windows at random places of (N, C, D, H, W) or (C, D, H, W)."""

    def forward(self, input: Any) -> Any:
        return self._pooled(F.fractional_max_pool3d, input)


# --- means of windows -------------------------------------------------------------------------------------------------


class AvgPool1d(Module):
    """The mean of each window of (N, C, L) or (C, L)."""

    def __init__(
        self,
        kernel_size: Pair,
        stride: Pair | None = None,
        padding: Pair = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = sizes_of("AvgPool1d: kernel_size", kernel_size, 1, 1)
        self.stride = self.kernel_size if stride is None else sizes_of("AvgPool1d: stride", stride, 1, 1)
        self.padding = sizes_of("AvgPool1d: padding", padding, 1, 0)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Any) -> Any:
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


@layer
class _AvgPool(Module):
    kernel_size: Pair
    stride: Pair | None = None
    padding: Pair = 0
    ceil_mode: bool = field(default=False, repr=False)
    count_include_pad: bool = field(default=True, repr=False)
    divisor_override: int | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.stride = self.kernel_size if self.stride is None else self.stride

    def _pooled(self, pool: Callable[..., Any], input: Any) -> Any:
        rest = (self.ceil_mode, self.count_include_pad, self.divisor_override)
        return pool(input, self.kernel_size, self.stride, self.padding, *rest)


class AvgPool2d(_AvgPool):
    """The mean of each window of (N, C, H, W) or (C, H, W)."""

    def forward(self, input: Any) -> Any:
        return self._pooled(F.avg_pool2d, input)


class AvgPool3d(_AvgPool):
    """The mean of each window of (N, C, D, H, W) or (C, D, H, W)."""

    def forward(self, input: Any) -> Any:
        return self._pooled(F.avg_pool3d, input)


@layer
class _LPPool(Module):
    norm_type: float
    kernel_size: Pair
    stride: Pair | None = None
    ceil_mode: bool = False


class LPPool1d(_LPPool):
    """(sum x^p)^(1/p), p = norm_type, of each window of (N, C, L) or (C, L)."""

    def forward(self, input: Any) -> Any:
        return F.lp_pool1d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPool):
    """(sum x^p)^(1/p), p = norm_type, of each window of (N, C, H, W) or (C, H, W)."""

    def forward(self, input: Any) -> Any:
        return F.lp_pool2d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPool):
    """(sum x^p)^(1/p), p = norm_type, of each window of (N, C, D, H, W) or (C, D, H, W)."""

    def forward(self, input: Any) -> Any:
        return F.lp_pool3d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


# --- as many bins as one asks for -------------------------------------------------------------------------------------


@layer
class _AdaptiveMaxPool(Module):
    output_size: Any
    return_indices: bool = field(default=False, repr=False)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The greatest values of `output_size` bins of (N, C, L) or (C, L)."""

    def forward(self, input: Any) -> Any:
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The greatest values of a grid of bins of (N, C, H, W) or (C, H, W); None keeps a size."""

    def forward(self, input: Any) -> Any:
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """The greatest values of a grid of bins of (N, C, D, H, W) or (C, D, H, W); None keeps a size."""

    def forward(self, input: Any) -> Any:
        return F.adaptive_max_pool3d(input, self.output_size, self.return_indices)


@layer
class _AdaptiveAvgPool(Module):
    output_size: Any


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """The means of `output_size` bins of (N, C, L) or (C, L)."""

    def forward(self, input: Any) -> Any:
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """The means of a grid of bins of (N, C, H, W) or (C, H, W); None keeps a size."""

    def forward(self, input: Any) -> Any:
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """The means of a grid of bins of (N, C, D, H, W) or (C, D, H, W); None keeps a size."""

    def forward(self, input: Any) -> Any:
        return F.adaptive_avg_pool3d(input, self.output_size)
