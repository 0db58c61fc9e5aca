"""`Function`: an operator that a user defines, in PyTorch's form.

    class Exp(Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            (y,) = ctx.saved_tensors
            return g * y

    y = Exp.apply(x)

`backward` is itself made of operators on tensors, so a Function differentiates to any order.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import GraphError
from . import modes
from .calling import wrap
from .graph import Node, Output, Variable, edge_of, refresh


class FunctionContext:
    """What `forward` hands to `backward`: saved tensors, and any attribute that one likes to set."""

    def __init__(self) -> None:
        self.needs_input_grad: tuple[bool, ...] = ()
        self.materialize_grads = True
        self.constant_outputs: set[int] = set()
        self.saved: tuple[Any, ...] = ()
        self._unpacked: tuple[Any, ...] | None = None

    def save_for_backward(self, *tensors: Variable | None) -> None:
        """Keep inputs or outputs for `backward`, guarded against changes in place."""
        self.saved = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` was given."""
        return self.saved if self._unpacked is None else self._unpacked

    def mark_non_differentiable(self, *outputs: Variable) -> None:
        """These outputs get no gradient."""
        self.constant_outputs = {id(output) for output in outputs}

    def set_materialize_grads(self, value: bool) -> None:
        """False: `backward` gets None instead of zeros for an output that received no gradient."""
        self.materialize_grads = value

    def mark_dirty(self, *tensors: Variable) -> None:
        """Writing to an input is not supported: return a new tensor."""
        raise GraphError("mark_dirty: a Function may not change its inputs in place; return a new tensor instead")


class FunctionNode(Node):
    """The node of one `apply`."""

    __slots__ = ("context", "function", "shapes")

    def __init__(
        self, function: type[Function], context: FunctionContext, edges: tuple[Any, ...], ys: list[Any]
    ) -> None:
        super().__init__(_Named(function.__name__, len(ys)), None, edges, [], [], ys[0])
        self.function = function
        self.context = context
        self.shapes = [(y.shape, y.dtype) for y in ys]

    def guard(self, inputs: tuple[Any, ...], outputs: tuple[Any, ...]) -> None:
        """Take over what the context saved, as arrays and edges, so that no output is held."""
        kept = []
        for saved in self.context.saved:
            if saved is None:
                kept.append((None, None))
                continue
            self.watch(saved)
            is_output = any(saved is output for output in outputs)
            kept.append((saved if saved.node is None and not is_output else saved.array, edge_of(saved)))
        self.kept = kept
        self.context.saved = ()

    def pull(self, g: Any, recorded: bool) -> list[tuple[Any, Any]]:
        if self.kept is None:
            raise GraphError(
                f"backward through {self.function.__name__} a second time: its saved tensors were freed by the first "
                "pass; pass retain_graph=True to the first"
            )
        for version, seen in self.watched:
            if version[0] != seen:
                raise GraphError(f"{self.function.__name__}: a tensor saved for backward was changed in place")
        arrived = g if len(self.shapes) > 1 else [g]
        gradients = [self._materialized(i, part) for i, part in enumerate(arrived)]
        self.context._unpacked = tuple(
            value if value is None or isinstance(value, Variable) else wrap(value, edge) for value, edge in self.kept
        )
        try:
            result = self.function.backward(self.context, *gradients)
        finally:
            self.context._unpacked = None
        parts = result if isinstance(result, tuple) else (result,)
        if len(parts) < len(self.edges) or any(part is not None for part in parts[len(self.edges) :]):
            raise GraphError(
                f"{self.function.__name__}.backward returned {len(parts)} gradients for {len(self.edges)} inputs; "
                "return one for each argument of forward, None where there is none"
            )
        return [
            (edge, part if recorded or part is None else part.array)
            for edge, part in zip(self.edges, parts, strict=False)
        ]

    def _materialized(self, index: int, g: Any) -> Any:
        if g is None:
            if not self.context.materialize_grads:
                return None
            shape, dtype = self.shapes[index]
            return wrap(np.zeros(shape, dtype))
        return g if isinstance(g, Variable) else wrap(g)

    def owns(self, g: Any, result: Any) -> bool:
        return False  # backward may return what somebody holds

    def release(self) -> None:
        if self.kept:
            self.kept = None
            self.watched = ()


class _Named:
    """What a node needs to know of its operator: a name, and whether it has several outputs."""

    __slots__ = ("name", "outputs")

    def __init__(self, name: str, count: int) -> None:
        self.name = name
        self.outputs = None if count == 1 else tuple(range(count))


class Function:
    """Subclass it with static methods `forward(ctx, *args)` and `backward(ctx, *gradients)`; call with `apply`.

    As in PyTorch, `forward` may also take no ctx when `setup_context(ctx, inputs, output)` is defined.
    """

    @staticmethod
    def forward(*args: Any) -> Any:
        raise GraphError("a Function needs a static method forward(ctx, *args)")

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        raise GraphError("a Function needs a static method backward(ctx, *gradients)")

    setup_context: Callable[[Any, tuple[Any, ...], Any], None] | None = None

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run `forward` unrecorded and leave one node whose gradient is `backward`."""
        for a in args:
            if isinstance(a, Variable):
                refresh(a)
        edges = tuple(edge_of(a) if isinstance(a, Variable) else None for a in args)
        context = FunctionContext()
        context.needs_input_grad = tuple(edge is not None for edge in edges)
        with modes.no_grad():
            if cls.setup_context is None:
                output = cls.forward(context, *args)
            else:
                output = cls.forward(*args)
                cls.setup_context(context, args, output)
        if not (modes.is_grad_enabled() and any(context.needs_input_grad)):
            return output
        outputs = output if isinstance(output, tuple) else (output,)
        arrays = [y.array for y in outputs]
        node = FunctionNode(cls, context, edges, arrays)
        results = []
        for i, y in enumerate(outputs):
            if any(y is a for a in args):
                y = wrap(y.array)  # an input returned as it came: the result is a tensor of its own
            if id(outputs[i]) not in context.constant_outputs and y.array.dtype.kind == "f":
                y.node = node if len(outputs) == 1 else Output(node, i, y.array)
                y._requires_grad = True
            results.append(y)
        node.guard(args, outputs)
        return tuple(results) if isinstance(output, tuple) else results[0]


class _NoSecondDerivative(Function):
    """A gradient whose own gradient is an error."""

    @staticmethod
    def forward(ctx: Any, gradient: Variable, name: str, *depends_on: Variable) -> Any:
        ctx.name = name
        return wrap(gradient.array)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        raise GraphError(
            f"{ctx.name} is marked once_differentiable: it has no second derivative; "
            "write it with minidl's operators and drop the mark"
        )


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator for `backward`: a second derivative through it is an error, not a wrong number."""

    @functools.wraps(backward)
    def guarded(ctx: Any, *gradients: Any) -> Any:
        with modes.no_grad():
            result = backward(ctx, *gradients)
        if not modes.is_grad_enabled():
            return result
        inputs = [t for t in (*gradients, *ctx.saved_tensors) if t is not None and t._requires_grad]
        parts = result if isinstance(result, tuple) else (result,)
        refusing = [
            part if part is None else _NoSecondDerivative.apply(part, backward.__qualname__, *inputs) for part in parts
        ]
        return tuple(refusing) if isinstance(result, tuple) else refusing[0]

    return guarded
