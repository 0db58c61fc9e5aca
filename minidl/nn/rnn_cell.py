"""RNNCell, LSTMCell and GRUCell: a single step of a recurrent layer."""

from __future__ import annotations

import math
from typing import Any

from ..errors import ArgumentError, DtypeError, ShapeError
from ..ops.creation import empty, zeros
from ..ops.recurrent import Weights
from ..ops.recurrent_layers import recurrent_step
from ..ops.shape import squeeze, unsqueeze
from . import init
from .module import Module
from .parameter import Parameter


class RNNCellBase(Module):
    """What the cells have in common: (N, input_size) and states (N, hidden_size) -> new states; or all without N.

    The weights of all gates lie below each other.  All parameters start uniform in +-1 / sqrt(hidden_size).
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        if input_size < 0 or hidden_size < 0:
            raise ArgumentError(
                f"{type(self).__name__}: input_size={input_size}, hidden_size={hidden_size}; needs no negative number"
            )
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(empty(rows, input_size, dtype=dtype, device=device))
        self.weight_hh = Parameter(empty(rows, hidden_size, dtype=dtype, device=device))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(empty(rows, dtype=dtype, device=device)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters anew."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size else 0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _step(self, mode: str, input: Any, given: dict[str, Any]) -> tuple[Any, ...]:
        """The new states, from the input and the states that were given under their names, None for zeros."""
        self._check("input", input, self.input_size)
        shape = (*input.shape[:-1], self.hidden_size)
        states = []
        for name, state in given.items():
            if state is None:
                state = zeros(*shape, dtype=input.dtype)
            self._check(name, state, self.hidden_size)
            if tuple(state.shape) != shape:
                raise ShapeError(
                    f"{type(self).__name__}: {name} {tuple(state.shape)} for an input {tuple(input.shape)}; "
                    f"needs {shape}"
                )
            states.append(state)
        weights = Weights(self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        if input.ndim == 2:
            return recurrent_step(mode, input, tuple(states), weights)
        alone = recurrent_step(mode, unsqueeze(input, 0), tuple(unsqueeze(state, 0) for state in states), weights)
        return tuple(squeeze(state, 0) for state in alone)

    def _check(self, what: str, x: Any, features: int) -> None:
        if x.ndim not in (1, 2) or x.shape[-1] != features:
            raise ShapeError(f"{type(self).__name__}: {what} {tuple(x.shape)}; needs (N, {features}) or ({features},)")
        if x.dtype != self.weight_ih.dtype:
            raise DtypeError(
                f"{type(self).__name__}: {what} of {x.dtype}, parameters of {self.weight_ih.dtype}; needs one dtype"
            )

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else f", bias={self.bias}")


class RNNCell(RNNCellBase):
    """h' = tanh(weight_ih x + bias_ih + weight_hh h + bias_hh), or with nonlinearity="relu" relu of it."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ArgumentError(f"RNNCell: nonlinearity {nonlinearity!r}; needs 'tanh' or 'relu'")
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._step(f"RNN_{self.nonlinearity.upper()}", input, {"hx": hx})[0]

    def extra_repr(self) -> str:
        usual = self.nonlinearity == "tanh"
        return super().extra_repr() + ("" if usual else f", nonlinearity={self.nonlinearity}")


class LSTMCell(RNNCellBase):
    """One step of `LSTM`: the state, given and returned, is a pair (h, c).  The gates' order is i, f, g, o."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        if hx is not None and (not isinstance(hx, (tuple, list)) or len(hx) != 2):
            raise DtypeError(f"LSTMCell: the state is a {type(hx).__name__}; needs a pair of tensors (h, c)")
        h, c = (None, None) if hx is None else hx
        new_h, new_c = self._step("LSTM", input, {"h": h, "c": c})
        return new_h, new_c


class GRUCell(RNNCellBase):
    """One step of `GRU`; the gates' order is r, z, n."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._step("GRU", input, {"hx": hx})[0]
