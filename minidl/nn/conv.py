"""Convolutions, and transposed ones, over 1, 2 and 3 dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError
from ..ops.conv import Pair, sizes_of, widths_around
from ..ops.creation import empty
from ..ops.padding import MODES
from ..ops.transposed_conv import output_padding_for
from . import functional as F
from .linear import draw_by_fan_in
from .module import Module
from .parameter import Parameter

PADDING_MODES = ("zeros", *(mode for mode in MODES if mode != "constant"))


class _Convolution(Module):
    """Weight and bias (K,) start uniform in +-1 / sqrt(size of a filter), as PyTorch's.

    padding        what is added on each side: a number, one a dimension, "valid" for none, "same" to keep the size
    padding_mode   what is added: "zeros", "reflect", "replicate" or "circular", as `functional.pad`
    groups         in how many parts the channels are split, each with filters of its own
    Other arguments and shapes as those of the function of the same name, such as `functional.conv2d`.
    """

    dimensions: int

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair | str = 0,
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name, count = type(self).__name__, self.dimensions
        if in_channels < 0 or out_channels < 0:
            raise ArgumentError(f"{name}: {in_channels} to {out_channels} channels; needs no negative number")
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ArgumentError(f"{name}: groups={groups} does not divide {in_channels} and {out_channels} channels")
        if padding_mode not in PADDING_MODES:
            raise ArgumentError(f"{name}: padding_mode {padding_mode!r}; needs one of {', '.join(PADDING_MODES)}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = sizes_of(f"{name}: kernel_size", kernel_size, count, 1)
        self.stride = sizes_of(f"{name}: stride", stride, count, 1)
        self.padding = self._checked_padding(padding)
        self.dilation = sizes_of(f"{name}: dilation", dilation, count, 1)
        self.groups = groups
        self.padding_mode = padding_mode
        self.weight = Parameter(empty(self._weight_shape(), device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_channels, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def _checked_padding(self, padding: Pair | str) -> tuple[int, ...] | str:
        name = type(self).__name__
        if not isinstance(padding, str):
            return sizes_of(f"{name}: padding", padding, self.dimensions, 0)
        if padding not in ("same", "valid"):
            raise ArgumentError(f"{name}: padding {padding!r}; needs 'same', 'valid' or numbers")
        if padding == "same" and any(step != 1 for step in self.stride):
            raise ArgumentError(f"{name}: padding='same' needs stride 1, got {self.stride}")
        return padding

    def _weight_shape(self) -> tuple[int, ...]:
        return (self.out_channels, self.in_channels // self.groups, *self.kernel_size)

    def reset_parameters(self) -> None:
        """Draw the weights anew."""
        draw_by_fan_in(self.weight, self.bias)

    def _convolved(self, convolve: Callable[..., Any], input: Any) -> Any:
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, widths_around(padding, self.kernel_size, self.dilation), self.padding_mode)
            padding = 0
        return convolve(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        for name, usual in (("padding", 0), ("dilation", 1), ("output_padding", 0), ("groups", 1)):
            value = getattr(self, name, usual)
            if value not in (usual, (usual,) * self.dimensions):
                text += f", {name}={value}"
        text += ", bias=False" if self.bias is None else ""
        return text if self.padding_mode == "zeros" else f"{text}, padding_mode={self.padding_mode}"


class Conv1d(_Convolution):
    __doc__ = f"Convolution of (N, C, L) or (C, L), with filters (K, C/groups, k).\n\n{_Convolution.__doc__}"
    dimensions = 1

    def forward(self, input: Any) -> Any:
        return self._convolved(F.conv1d, input)


class Conv2d(_Convolution):
    __doc__ = f"Convolution of (N, C, H, W) or (C, H, W), with filters (K, C/groups, kh, kw).\n\n{_Convolution.__doc__}"
    dimensions = 2

    def forward(self, input: Any) -> Any:
        return self._convolved(F.conv2d, input)


class Conv3d(_Convolution):
    __doc__ = (
        f"Convolution of (N, C, D, H, W) or (C, D, H, W), with filters (K, C/groups, kd, kh, kw).\n\n"
        f"{_Convolution.__doc__}"
    )
    dimensions = 3

    def forward(self, input: Any) -> Any:
        return self._convolved(F.conv3d, input)


class _ConvTranspose(_Convolution):
    """Each element of the input spreads the filter over the output (Zeiler et al. 2010).

    output_padding   how many places more the output has at its ends, where a stride leaves open how many there were
    output_size      of a call: the size wanted, from which output_padding follows
    Other arguments as those of the convolution that it turns round; padding is zeros taken off the output.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair = 0,
        output_padding: Pair = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Pair = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        name = type(self).__name__
        if padding_mode != "zeros":
            raise ArgumentError(f"{name}: padding_mode {padding_mode!r}; needs 'zeros'")
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, "zeros", device, dtype
        )
        self.output_padding = sizes_of(f"{name}: output_padding", output_padding, self.dimensions, 0)

    def _checked_padding(self, padding: Any) -> tuple[int, ...]:
        """Numbers alone: words such as "same" are refused."""
        return sizes_of(f"{type(self).__name__}: padding", padding, self.dimensions, 0)

    def _weight_shape(self) -> tuple[int, ...]:
        return (self.in_channels, self.out_channels // self.groups, *self.kernel_size)

    def _spread(self, convolve: Callable[..., Any], input: Any, output_size: Any) -> Any:
        more = self.output_padding
        if output_size is not None:
            geometry: Any = (self.kernel_size, self.stride, self.padding, self.dilation)
            more = output_padding_for(type(self).__name__, input, output_size, *geometry)
        return convolve(input, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation)


class ConvTranspose1d(_ConvTranspose):
    __doc__ = f"(N, C, L) or (C, L), with filters (C, K/groups, k).\n\n{_ConvTranspose.__doc__}"
    dimensions = 1

    def forward(self, input: Any, output_size: Any = None) -> Any:
        return self._spread(F.conv_transpose1d, input, output_size)


class ConvTranspose2d(_ConvTranspose):
    __doc__ = f"(N, C, H, W) or (C, H, W), with filters (C, K/groups, kh, kw).\n\n{_ConvTranspose.__doc__}"
    dimensions = 2

    def forward(self, input: Any, output_size: Any = None) -> Any:
        return self._spread(F.conv_transpose2d, input, output_size)


class ConvTranspose3d(_ConvTranspose):
    __doc__ = f"(N, C, D, H, W) or (C, D, H, W), with filters (C, K/groups, kd, kh, kw).\n\n{_ConvTranspose.__doc__}"
    dimensions = 3

    def forward(self, input: Any, output_size: Any = None) -> Any:
        return self._spread(F.conv_transpose3d, input, output_size)
