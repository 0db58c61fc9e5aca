"""RNN, LSTM and GRU: recurrent layers above each other, over whole sequences."""

from __future__ import annotations

import math
import warnings
from typing import Any

from ..errors import ArgumentError, DtypeError, MinidlWarning, ShapeError
from ..ops.creation import empty, zeros
from ..ops.recurrent import Weights
from ..ops.recurrent_layers import recurrent_layers
from ..ops.scatter import index_select
from ..ops.shape import reshape, squeeze, transpose, unsqueeze
from . import init
from .module import Module
from .parameter import Parameter
from .utils.rnn import PackedSequence

GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "GRU": 3, "LSTM": 4}
"""How many gates a mode has: the weights of all lie below each other."""

PARTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
"""PyTorch's names of what a direction of a layer has learned, in the order of `Weights`."""


class RNNBase(Module):
    """What RNN, LSTM and GRU have in common.

    num_layers      layers above each other
    bias            with biases, two a direction, as cuDNN has them
    batch_first     batches are (N, T, ...) instead of (T, N, ...); states are not affected
    dropout         in training, the share of each layer's output, but for the last one's, that is dropped
    bidirectional   each layer reads the sequence in both directions; outputs are both ones side by side

    input    (T, N, input_size), or (T, input_size), or a PackedSequence
    output   of the same kind, of directions * hidden_size features; and the last states (num_layers * directions, N,
             hidden_size), where the directions of a layer follow each other

    All parameters start uniform in +-1 / sqrt(hidden_size), as PyTorch's.
    """

    states: tuple[str, ...] = ("h_0",)

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = dropout
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._check_arguments()
        for layer in range(num_layers):
            features = input_size if layer == 0 else self._directions * self._output_size
            for suffix in self._suffixes(layer):
                for part, shape in self._shapes(features).items():
                    self.register_parameter(part + suffix, Parameter(empty(*shape, dtype=dtype, device=device)))
        self.reset_parameters()

    def _check_arguments(self) -> None:
        name = type(self).__name__
        for what in ("input_size", "hidden_size", "num_layers", "proj_size"):
            value = getattr(self, what)
            if not isinstance(value, int) or isinstance(value, bool):
                raise DtypeError(f"{name}: {what} is a {type(value).__name__}; needs a whole number")
        if self.input_size < 0 or self.hidden_size < 1 or self.num_layers < 1:
            raise ArgumentError(
                f"{name}: input_size={self.input_size}, hidden_size={self.hidden_size}, num_layers={self.num_layers}; "
                "needs at least one hidden unit and one layer, and no negative number"
            )
        if not 0 <= self.proj_size < self.hidden_size:
            raise ArgumentError(
                f"{name}: proj_size={self.proj_size}; needs 0 for none, or less than hidden_size={self.hidden_size}"
            )
        dropout = self.dropout
        if not isinstance(dropout, (int, float)) or isinstance(dropout, bool) or not 0 <= dropout <= 1:
            raise ArgumentError(f"{name}: dropout={dropout!r}; a probability is from 0 to 1")
        if dropout and self.num_layers == 1:
            warnings.warn(
                f"{name}: dropout={dropout} acts between layers, and num_layers=1 has none between", MinidlWarning,
                stacklevel=5,
            )  # fmt: skip

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def _output_size(self) -> int:
        """Features of h: hidden_size unless there is a projection."""
        return self.proj_size or self.hidden_size

    def _suffixes(self, layer: int) -> list[str]:
        """How the names of a layer's parameters end, in each direction."""
        return [f"_l{layer}", f"_l{layer}_reverse"][: self._directions]

    def _shapes(self, features: int) -> dict[str, tuple[int, ...]]:
        """The parameters of one direction of a layer that reads so many features."""
        rows = GATES[self.mode] * self.hidden_size
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, features), "weight_hh": (rows, self._output_size)}
        if self.bias:
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, self.hidden_size)
        return shapes

    def reset_parameters(self) -> None:
        """Draw all parameters anew."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing: PyTorch's GPU library wants all parameters in one block of memory, minidl does not."""

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each direction of each layer."""
        return [[part for part in weights if part is not None] for weights in self._weights()]

    def _weights(self) -> list[Weights]:
        suffixes = [suffix for layer in range(self.num_layers) for suffix in self._suffixes(layer)]
        return [Weights(*(getattr(self, part + suffix, None) for part in PARTS)) for suffix in suffixes]

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        if isinstance(input, PackedSequence):
            return self._of_packed(input, hx)
        if input.ndim not in (2, 3):
            raise ShapeError(
                f"{type(self).__name__}: got shape {tuple(input.shape)}, needs (T, N, {self.input_size}), with "
                f"batch_first=True (N, T, {self.input_size}), or (T, {self.input_size})"
            )
        self._check_features(input)
        if input.ndim == 3:
            steps_first = transpose(input, 0, 1) if self.batch_first else input
            output, finals = self._of_batch(steps_first, hx, steps_first.shape[1])
            return transpose(output, 0, 1) if self.batch_first else output, self._given_back(finals)
        output, finals = self._of_batch(unsqueeze(input, 1), hx, None)
        return squeeze(output, 1), self._given_back(tuple(squeeze(state, 1) for state in finals))

    def _of_batch(self, input: Any, hx: Any, given_batch: int | None) -> tuple[Any, tuple[Any, ...]]:
        """Of (T, N, input_size), where the user gave a batch of so many sequences, or a single one."""
        steps, batch, features = input.shape
        if not steps:
            raise ShapeError(f"{type(self).__name__}: input {tuple(input.shape)} of no steps; needs at least one")
        states = self._states(hx, given_batch, input.dtype)
        rows, finals = self._layers(reshape(input, (steps * batch, features)), [batch] * steps, states)
        return reshape(rows, (steps, batch, rows.shape[1])), finals

    def _of_packed(self, input: PackedSequence, hx: Any) -> tuple[PackedSequence, Any]:
        rows, batch_sizes, order, places = input
        self._check_features(rows)
        counts = batch_sizes.tolist()
        states = self._states(hx, counts[0], rows.dtype)
        if order is not None and hx is not None:
            states = tuple(index_select(state, 1, order) for state in states)
        rows, finals = self._layers(rows, counts, states)
        if places is not None:
            finals = tuple(index_select(state, 1, places) for state in finals)
        return input.with_data(rows), self._given_back(finals)

    def _layers(self, rows: Any, counts: list[int], states: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        dropout = self.dropout if self.training else 0.0
        return recurrent_layers(self.mode, rows, counts, states, self._weights(), self.bidirectional, dropout)

    def _check_features(self, input: Any) -> None:
        if input.shape[-1] != self.input_size:
            raise ShapeError(
                f"{type(self).__name__}: input {tuple(input.shape)} has {input.shape[-1]} features, the layer has "
                f"input_size={self.input_size}"
            )
        weight = self.weight_ih_l0
        if input.dtype != weight.dtype:
            raise DtypeError(
                f"{type(self).__name__}: input of {input.dtype}, parameters of {weight.dtype}; use input.to(dtype), "
                "or embed whole numbers first"
            )

    def _states(self, hx: Any, batch: int | None, dtype: Any) -> tuple[Any, ...]:
        """The states to start from, (layers * directions, N, size) each: zeros, or what was given."""
        count = self.num_layers * self._directions
        sizes = (self._output_size, self.hidden_size)[: len(self.states)]
        if hx is None:
            return tuple(zeros(count, 1 if batch is None else batch, size, dtype=dtype) for size in sizes)
        given = self._taken(hx)
        for what, state, size in zip(self.states, given, sizes, strict=True):
            shape = (count, size) if batch is None else (count, batch, size)
            if tuple(state.shape) != shape:
                raise ShapeError(
                    f"{type(self).__name__}: {what} {tuple(state.shape)}; needs {shape}: num_layers * directions, "
                    f"{'' if batch is None else 'batch, '}features"
                )
            if state.dtype != dtype:
                raise DtypeError(f"{type(self).__name__}: {what} of {state.dtype}, input of {dtype}; needs one dtype")
        return given if batch is not None else tuple(unsqueeze(state, 1) for state in given)

    def _taken(self, hx: Any) -> tuple[Any, ...]:
        """The states as the user gives them."""
        if isinstance(hx, (tuple, list)):
            raise DtypeError(f"{type(self).__name__}: the state is a {type(hx).__name__}; needs one tensor")
        return (hx,)

    def _given_back(self, finals: tuple[Any, ...]) -> Any:
        """The states as the user gets them."""
        return finals[0]

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        for name, usual in (
            ("proj_size", 0), ("num_layers", 1), ("bias", True), ("batch_first", False), ("dropout", 0),
            ("bidirectional", False),
        ):  # fmt: skip
            if getattr(self, name) != usual:
                text += f", {name}={getattr(self, name)}"
        return text


class RNN(RNNBase):
    """h' = tanh(W x + b + U h + c), or relu of it (Elman 1990).

    nonlinearity    "tanh" or "relu"
    Other arguments, input and output as RNNBase's.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        *args: Any,
        **kwargs: Any,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ArgumentError(f"RNN: nonlinearity {nonlinearity!r}; needs 'tanh' or 'relu'")
        _refuse_projection("RNN", kwargs)
        super().__init__(f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, *args, **kwargs)
        self.nonlinearity = nonlinearity


class GRU(RNNBase):
    """Gated recurrent units (Cho et al. 2014), the reset gate behind the product.

    r = sigmoid(W_r x + U_r h),  z = sigmoid(W_z x + U_z h),  n = tanh(W_n x + r (U_n h)),  h' = (1 - z) n + z h, with
    a bias to each product; the weights of r, z and n lie below each other.
    Arguments, input and output as RNNBase's.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse_projection("GRU", kwargs)
        super().__init__("GRU", *args, **kwargs)


class LSTM(RNNBase):
    """Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).

    i, f, g, o are the parts of W x + b + U h + c, the weights of which lie below each other in this order:
    c' = sigmoid(f) c + sigmoid(i) tanh(g),  h' = sigmoid(o) tanh(c').

    proj_size   h is mapped to so many features by weight_hr (proj_size, hidden_size) (Sak et al. 2014)
    Other arguments, input and output as RNNBase's; the state is a pair (h, c), c always of hidden_size features.
    """

    states = ("h_0", "c_0")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def _taken(self, hx: Any) -> tuple[Any, ...]:
        if not isinstance(hx, (tuple, list)) or len(hx) != 2:
            raise DtypeError(f"LSTM: the state is a {type(hx).__name__}; needs a pair of tensors (h_0, c_0)")
        return tuple(hx)

    def _given_back(self, finals: tuple[Any, ...]) -> Any:
        return finals


def _refuse_projection(name: str, options: dict[str, Any]) -> None:
    if "proj_size" in options:
        raise ArgumentError(f"{name}: proj_size is for LSTM only")
