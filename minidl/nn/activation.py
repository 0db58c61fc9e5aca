"""Activation functions as layers.  `inplace` writes the result into the input."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from ..errors import ShapeError
from ..ops.creation import full
from . import functional as F
from .layer import layer
from .module import Module
from .parameter import Parameter

# --- of straight pieces -----------------------------------------------------------------------------------------------


@layer
class ReLU(Module):
    """max(x, 0) (Nair and Hinton 2010)."""

    inplace: bool = False

    def forward(self, input: Any) -> Any:
        return F.relu(input, self.inplace)


@layer
class ReLU6(Module):
    """x limited to [0, 6] (Krizhevsky 2010)."""

    inplace: bool = False

    def forward(self, input: Any) -> Any:
        return F.relu6(input, self.inplace)


@layer
class LeakyReLU(Module):
    """x where positive, else negative_slope * x (Maas et al. 2013)."""

    negative_slope: float = 0.01
    inplace: bool = False

    def forward(self, input: Any) -> Any:
        return F.leaky_relu(input, self.negative_slope, self.inplace)


@layer
class RReLU(Module):
    """x where positive, else a slope times x: in training a random one of [lower, upper], else their mean (Xu 2015)."""

    lower: float = 1 / 8
    upper: float = 1 / 3
    inplace: bool = False

    def forward(self, input: Any) -> Any:
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)


class PReLU(Module):
    """x where positive, else a trained slope `weight` times x, one for all or one a channel (He et al. 2015)."""

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(full((num_parameters,), float(init), dtype=dtype, device=device))

    def reset_parameters(self) -> None:
        """Set all slopes to `init`."""
        self.weight.detach().fill_(self.init)

    def forward(self, input: Any) -> Any:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


@layer
class Threshold(Module):
    """x where it exceeds the threshold, else `value`."""

    threshold: float
    value: float
    inplace: bool = False

    def forward(self, input: Any) -> Any:
        return F.threshold(input, self.threshold, self.value, self.inplace)


@layer
class Hardtanh(Module):
    """x limited to [min_val, max_val]."""

    min_val: float = -1.0
    max_val: float = 1.0
    inplace: bool = False

    def forward(self, input: Any) -> Any:
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)


@layer
class Hardsigmoid(Module):
    """(x + 3) / 6, limited to [0, 1]."""

    inplace: bool = field(default=False, repr=False)

    def forward(self, input: Any) -> Any:
        return F.hardsigmoid(input, self.inplace)


@layer
class Hardswish(Module):
    """x * hardsigmoid(x) (Howard et al. 2019)."""

    inplace: bool = field(default=False, repr=False)

    def forward(self, input: Any) -> Any:
        return F.hardswish(input, self.inplace)


@layer
class Hardshrink(Module):
    """x, and zero within [-lambd, lambd]."""

    lambd: float = 0.5

    def forward(self, input: Any) -> Any:
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


@layer
class Softshrink(Module):
    """x moved by lambd towards zero, and zero within [-lambd, lambd]."""

    lambd: float = 0.5

    def forward(self, input: Any) -> Any:
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


# --- smooth -----------------------------------------------------------------------------------------------------------


@layer
class ELU(Module):
    """x where positive, else alpha * (exp(x) - 1) (Clevert et al. 2015)."""

    alpha: float = 1.0
    inplace: bool = False

    def forward(self, input: Any) -> Any:
        return F.elu(input, self.alpha, self.inplace)


@layer
class CELU(Module):
    """x where positive, else alpha * (exp(x / alpha) - 1) (Barron 2017)."""

    alpha: float = 1.0
    inplace: bool = False

    def forward(self, input: Any) -> Any:
        return F.celu(input, self.alpha, self.inplace)


@layer
class SELU(Module):
    """An ELU whose scale and alpha keep mean 0 and variance 1 from layer to layer (Klambauer et al. 2017)."""

    inplace: bool = False

    def forward(self, input: Any) -> Any:
        return F.selu(input, self.inplace)


@layer
class GELU(Module):
    """x times the chance that a normal number is below x, or its form with "tanh" (Hendrycks and Gimpel 2016)."""

    approximate: str = "none"

    def forward(self, input: Any) -> Any:
        return F.gelu(input, self.approximate)


@layer
class SiLU(Module):
    """x * sigmoid(x) (Ramachandran et al. 2017)."""

    inplace: bool = False

    def forward(self, input: Any) -> Any:
        return F.silu(input, self.inplace)


@layer
class Mish(Module):
    """x * tanh(softplus(x)) (Misra 2019)."""

    inplace: bool = False

    def forward(self, input: Any) -> Any:
        return F.mish(input, self.inplace)


@layer
class Softplus(Module):
    """log(1 + exp(beta * x)) / beta, and x itself where beta * x exceeds the threshold."""

    beta: float = 1.0
    threshold: float = 20.0

    def forward(self, input: Any) -> Any:
        return F.softplus(input, self.beta, self.threshold)


class Sigmoid(Module):
    """1 / (1 + exp(-x))"""

    def forward(self, input: Any) -> Any:
        return F.sigmoid(input)


class LogSigmoid(Module):
    """log(sigmoid(x)), without overflow."""

    def forward(self, input: Any) -> Any:
        return F.logsigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent."""

    def forward(self, input: Any) -> Any:
        return F.tanh(input)


class Tanhshrink(Module):
    """x - tanh(x)"""

    def forward(self, input: Any) -> Any:
        return F.tanhshrink(input)


class Softsign(Module):
    """x / (1 + |x|)"""

    def forward(self, input: Any) -> Any:
        return F.softsign(input)


# --- over a dimension -------------------------------------------------------------------------------------------------


@layer
class GLU(Module):
    """The first half along `dim` times sigmoid of the second (Dauphin et al. 2017)."""

    dim: int = -1

    def forward(self, input: Any) -> Any:
        return F.glu(input, self.dim)


@layer
class Softmax(Module):
    """exp(x) / sum(exp(x)) along `dim`."""

    dim: int | None = None

    def forward(self, input: Any) -> Any:
        return F.softmax(input, self.dim)


@layer
class LogSoftmax(Module):
    """log(softmax(x)) along `dim`, without overflow."""

    dim: int | None = None

    def forward(self, input: Any) -> Any:
        return F.log_softmax(input, self.dim)


@layer
class Softmin(Module):
    """softmax(-x) along `dim`."""

    dim: int | None = None

    def forward(self, input: Any) -> Any:
        return F.softmin(input, self.dim)


class Softmax2d(Module):
    """Softmax over the channels of (N, C, H, W) or (C, H, W)."""

    def forward(self, input: Any) -> Any:
        if input.ndim not in (3, 4):
            raise ShapeError(f"Softmax2d: got shape {tuple(input.shape)}, needs (N, C, H, W) or (C, H, W)")
        return F.softmax(input, -3)
