"""Backward hooks of a module: the gradients of all its outputs, and those of all its inputs, seen at once.

Inputs and outputs pass through an identity whose backward calls the hooks.  The identity before the layer runs when the
gradients of all inputs are complete, because every node that adds to them is newer.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from ..autograd.calling import as_view
from ..autograd.function import Function
from ..errors import ArgumentError, GraphError, MinidlWarning
from ..tensor import Tensor

Gradients = tuple[Any, ...]


class BackwardCall:
    """One call of a module, whose backward pass hooks listen to.

    before   hooks on the gradients of the outputs        after   hooks on those of the inputs
    """

    def __init__(self, module: Any, before: Sequence[Callable[..., Any]], after: Sequence[Callable[..., Any]]) -> None:
        self.module = module
        self.before = before
        self.after = after
        self.grad_output: Gradients | None = None  # of a pass that has reached the outputs, and not yet the inputs
        self.inputs_wait = False

    def listen_at_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, from which gradients come by way of the hooks."""
        self.inputs_wait = bool(self.after) and any(isinstance(a, Tensor) and a.requires_grad for a in args)
        self.arguments = len(args)
        return _listened(args, self.at_inputs) if self.inputs_wait else args

    def listen_at_outputs(self, output: Any) -> Any:
        """The output, to which gradients go by way of the hooks."""
        if isinstance(output, Tensor):
            return _listened((output,), self.at_outputs)[0] if output.requires_grad else output
        if isinstance(output, tuple):
            wants = any(isinstance(part, Tensor) and part.requires_grad for part in output)
            return type(output)(_listened(output, self.at_outputs)) if wants else output
        warnings.warn(
            f"{type(self.module).__name__}: backward hooks need an output that is a tensor or a tuple of tensors, got "
            f"a {type(output).__name__}; they are not called",
            MinidlWarning,
            stacklevel=5,
        )
        return output

    def at_outputs(self, grad_output: Gradients) -> Gradients:
        """Hand the gradients of the outputs to the hooks that come before."""
        for hook in self.before:
            grad_output = self._replaced(grad_output, hook(self.module, grad_output))
        self.grad_output = grad_output
        if not self.inputs_wait:
            for hook in self.after:
                hook(self.module, (None,) * self.arguments, grad_output)
        return grad_output

    def at_inputs(self, grad_input: Gradients) -> Gradients:
        """Hand the gradients of the inputs to the hooks that come after.

        A pass that came in by another way than the outputs, as one for second derivatives does, is not theirs.
        """
        if self.grad_output is not None:
            for hook in self.after:
                grad_input = self._replaced(grad_input, hook(self.module, grad_input, self.grad_output))
            self.grad_output = None
        return grad_input

    def _replaced(self, gradients: Gradients, result: Any) -> Gradients:
        """The gradients after a hook has returned `result`."""
        if result is None:
            return gradients
        given = result if isinstance(result, tuple) else (result,)
        if len(given) != len(gradients):
            raise ArgumentError(
                f"{type(self.module).__name__}: a backward hook returned {len(given)} gradients for {len(gradients)}; "
                "return None, or one for each"
            )
        return given


class _Identity(Function):
    """Tensors as they are; their gradients are handed to `hear`, and what it returns is passed on."""

    @staticmethod
    def forward(ctx: Any, hear: Callable[[Gradients], Gradients], *tensors: Tensor) -> Gradients:
        ctx.hear = hear
        ctx.set_materialize_grads(False)
        ctx.mark_non_differentiable(*[tensor for tensor in tensors if not tensor.requires_grad])
        return tensors

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Gradients:
        return (None, *ctx.hear(gradients))


def _listened(values: tuple[Any, ...], hear: Callable[[Gradients], Gradients]) -> tuple[Any, ...]:
    """The values with their tensors behind an identity; `hear` gets a gradient or None for each value."""
    places = [place for place, value in enumerate(values) if isinstance(value, Tensor)]

    def hear_tensors(gradients: Gradients) -> Gradients:
        spread: list[Any] = [None] * len(values)
        for place, gradient in zip(places, gradients, strict=True):
            spread[place] = gradient
        heard = hear(tuple(spread))
        return tuple(heard[place] for place in places)

    passed = list(values)
    for place, tensor in zip(places, _Identity.apply(hear_tensors, *[values[place] for place in places]), strict=True):
        passed[place] = as_view(tensor, _refuse_writes, (values[place],))
    return tuple(passed)


def _refuse_writes(source: Any) -> Any:
    """What the engine asks for after a write to memory that such a tensor looks into."""
    raise GraphError(
        "backward hook: an input or output of a module with backward hooks was changed in place; use the form that "
        "is not in place (inplace=False), or clone() it first"
    )
