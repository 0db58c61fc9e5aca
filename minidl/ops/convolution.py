"""Convolutions of any number of dimensions: `convolution`, forwards or transposed, and of sequences with time first."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import ShapeError
from .conv import conv1d, conv2d, conv3d
from .promotion import Array
from .shape import permute
from .transposed_conv import conv_transpose1d, conv_transpose2d, conv_transpose3d

_FORWARDS = {3: conv1d, 4: conv2d, 5: conv3d}
_TRANSPOSED = {3: conv_transpose1d, 4: conv_transpose2d, 5: conv_transpose3d}


def convolution(
    input: Array,
    weight: Array,
    bias: Array | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> Array:
    """`conv1d`, `conv2d`, `conv3d` or their transposes, by the dimensions of the weight and by `transposed`."""
    if weight.ndim not in _FORWARDS:
        raise ShapeError(f"convolution: weight {tuple(weight.shape)}; needs 3 to 5 dimensions")
    steps, pads, dilations, extra = (tuple(part) for part in (stride, padding, dilation, output_padding))
    if transposed:
        return _TRANSPOSED[weight.ndim](input, weight, bias, steps, pads, extra, groups, dilations)
    return _FORWARDS[weight.ndim](input, weight, bias, steps, pads, dilations, groups)


def conv_tbc(input: Array, weight: Array, bias: Array, pad: int = 0) -> Array:
    """Convolve sequences (T, N, C) with weight (k, C, K) and bias (K,), `pad` zeros at both ends -> (T', N, K)."""
    fits = input.ndim == weight.ndim == 3 and input.shape[2] == weight.shape[1]
    if not fits or tuple(bias.shape) != (weight.shape[2],):
        raise ShapeError(
            f"conv_tbc: input {tuple(input.shape)}, weight {tuple(weight.shape)}, bias {tuple(bias.shape)}; "
            "needs (T, N, C), (k, C, K) and (K,)"
        )
    convolved = conv1d(permute(input, (1, 2, 0)), permute(weight, (2, 1, 0)), bias, padding=pad)
    return permute(convolved, (2, 0, 1))
