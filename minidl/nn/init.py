"""Initial values, written into a tensor in place.

Formulas: Glorot & Bengio 2010 (xavier), He et al. 2015 (kaiming), Saxe et al. 2014 (orthogonal), Martens 2010 (sparse).
"""

from __future__ import annotations

import math
from typing import Any

from ..autograd import no_grad
from ..errors import ArgumentError, ShapeError
from ..ops import sampling
from ..ops.creation import eye
from ..ops.decomposition import qr
from ..ops.diagonal import diagonal
from ..random import Generator


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Any:
    """Uniform in [a, b)."""
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Any:
    """Normal of the given mean and standard deviation."""
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def trunc_normal_(
    tensor: Any,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Any:
    """Normal numbers, drawn anew while they are outside [a, b]."""
    with no_grad():
        return sampling.trunc_normal_(tensor, mean, std, a, b, generator)


def constant_(tensor: Any, val: float) -> Any:
    """One value everywhere."""
    with no_grad():
        return tensor.fill_(val)


def zeros_(tensor: Any) -> Any:
    """Zeros."""
    return constant_(tensor, 0.0)


def ones_(tensor: Any) -> Any:
    """Ones."""
    return constant_(tensor, 1.0)


def eye_(tensor: Any) -> Any:
    """The identity of a linear layer, as far as the shape (rows, columns) allows."""
    if tensor.ndim != 2:
        raise ShapeError(f"eye_: got shape {tuple(tensor.shape)}, needs 2 dimensions")
    with no_grad():
        return tensor.copy_(eye(*tensor.shape, dtype=tensor.dtype))


def dirac_(tensor: Any, groups: int = 1) -> Any:
    """The identity of a convolution (K, C, ...), as far as it has channels: one in the middle of kernel i for input i.

    groups: each group of kernels is an identity of its own.
    """
    if tensor.ndim not in (3, 4, 5):
        raise ShapeError(f"dirac_: got shape {tuple(tensor.shape)}, needs 3, 4 or 5 dimensions")
    if groups < 1 or tensor.shape[0] % groups:
        raise ArgumentError(f"dirac_: groups={groups} does not divide the {tensor.shape[0]} kernels")
    middle = [size // 2 for size in tensor.shape[2:]]
    each = tensor.shape[0] // groups
    with no_grad():
        tensor.zero_()
        for group in range(groups):
            for channel in range(min(each, tensor.shape[1])):
                place = (group * each + channel, channel, *middle)
                tensor[place] = 1
    return tensor


def orthogonal_(tensor: Any, gain: float = 1, generator: Generator | None = None) -> Any:
    """Rows that are orthonormal (or columns, if there are fewer of them) times `gain`, uniformly drawn.

    The tensor counts as a matrix of shape[0] rows.  Q of a QR decomposition of normal numbers is uniform once the signs
    of R's diagonal are made positive (Mezzadri 2007).
    """
    if tensor.ndim < 2:
        raise ShapeError(f"orthogonal_: got shape {tuple(tensor.shape)}, needs at least 2 dimensions")
    if not tensor.numel():
        return tensor
    rows, columns = tensor.shape[0], tensor.numel() // tensor.shape[0]
    with no_grad():
        q, r = qr(normal_(tensor.new_empty(max(rows, columns), min(rows, columns)), generator=generator))
        q = q * diagonal(r).sign() * gain
        return tensor.copy_((q.T if rows < columns else q).reshape(tensor.shape))


def sparse_(tensor: Any, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Any:
    """Normal numbers of standard deviation std, of which a share `sparsity` in each column of a matrix is zero."""
    if tensor.ndim != 2:
        raise ShapeError(f"sparse_: got shape {tuple(tensor.shape)}, needs 2 dimensions")
    if not 0 <= sparsity <= 1:
        raise ArgumentError(f"sparse_: sparsity {sparsity}; a share is from 0 to 1")
    rows, columns = tensor.shape
    normal_(tensor, 0.0, std, generator)
    with no_grad():
        for column in range(columns):
            zeros = sampling.randperm(rows, generator=generator)[: math.ceil(sparsity * rows)]
            tensor[zeros, column] = 0
    return tensor


# --- scaled to the size of the layer ----------------------------------------------------------------------------------

_GAINS = {"sigmoid": 1, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}
_LINEAR = ("linear", *(f"conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3)))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """How much to scale weights so that the nonlinearity keeps the variance; param: the slope of a leaky_relu."""
    if nonlinearity == "leaky_relu":
        if param is not None and (isinstance(param, bool) or not isinstance(param, (int, float))):
            raise ArgumentError(f"calculate_gain: negative slope {param!r}; needs a number")
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    gains = {**dict.fromkeys(_LINEAR, 1), **_GAINS}
    if nonlinearity not in gains:
        raise ArgumentError(f"calculate_gain: {nonlinearity!r}; needs leaky_relu or one of {', '.join(gains)}")
    return gains[nonlinearity]


def _calculate_fan_in_and_fan_out(tensor: Any) -> tuple[int, int]:
    """How many inputs reach an output, and how many outputs an input reaches.  (PyTorch's name, which models use.)"""
    if tensor.ndim < 2:
        raise ShapeError(f"init: fan in and fan out need at least 2 dimensions, got shape {tuple(tensor.shape)}")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _kaiming_std(tensor: Any, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ArgumentError(f"kaiming: mode {mode!r}; needs 'fan_in' or 'fan_out'")
    fan = _calculate_fan_in_and_fan_out(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(max(fan, 1))


def kaiming_uniform_(
    tensor: Any,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Any:
    """He initialisation, uniform: standard deviation gain / sqrt(fan)."""
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Any,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Any:
    """He initialisation, normal: standard deviation gain / sqrt(fan)."""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Generator | None = None) -> Any:
    """Glorot initialisation, uniform: standard deviation gain * sqrt(2 / (fan_in + fan_out))."""
    bound = gain * math.sqrt(6 / max(sum(_calculate_fan_in_and_fan_out(tensor)), 1))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Generator | None = None) -> Any:
    """Glorot initialisation, normal: standard deviation gain * sqrt(2 / (fan_in + fan_out))."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / max(sum(_calculate_fan_in_and_fan_out(tensor)), 1)), generator)
