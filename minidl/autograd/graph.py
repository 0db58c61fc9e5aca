"""The graph: what a node keeps, and how a kept value is guarded.

A recorded operation leaves a `Node`.  A node points to the nodes of its inputs (`edges`), never to the tensors, so
nothing is kept that no gradient rule asked for, and there are no reference cycles:

    output tensor -> its node -> edges -> ... -> leaf tensors
                             \\-> kept arrays
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any
from weakref import ref

import numpy as np

from ..errors import GraphError
from . import modes


class View:
    """How a tensor looks into the memory of another: `operator(source, *args)`."""

    __slots__ = ("args", "operator", "outlook", "parent", "rebases")

    def __init__(self, parent: Variable, operator: Callable[..., Any], args: tuple[Any, ...], rebases: int) -> None:
        self.parent = parent
        self.outlook = parent._view  # another one, once the parent has taken another shape in place
        self.operator = operator
        self.args = args
        self.rebases = rebases  # the rebase count of the shared memory that the tensor's node was made at

    def source(self) -> Variable:
        """The parent, with the shape that it had when it was looked into."""
        source = self.parent
        while source._view is not self.outlook and source._view is not None:
            source = source._view.parent
        return source


class Variable:
    """What the engine knows of a tensor.

    array     the values
    node      the node that made them, None for a leaf
    version   [writes, rebases], one list for all tensors that share the memory: how often it was written to, and how
              often such a write was recorded
    _view     how this tensor looks into another's memory, None if it does not
    """

    __slots__ = ("__weakref__", "_requires_grad", "_view", "array", "grad", "hooks", "node", "version")

    array: Any
    node: Node | Output | None
    grad: Any
    hooks: dict[int, Callable[..., Any]] | None
    version: list[int]
    _view: View | None
    _requires_grad: bool


Edge = "Node | Output | Variable | None"

next_order = itertools.count(1).__next__


class Node:
    """One recorded operation.  Its `order` exceeds that of every node it depends on."""

    __slots__ = ("dtype", "edges", "hooks", "kept", "operator", "order", "plan", "retained", "shape", "watched")

    def __init__(self, operator: Any, plan: Any, edges: Sequence[Any], kept: Any, watched: Any, y: Any) -> None:
        self.operator = operator
        self.plan = plan
        self.edges = edges
        self.kept = kept
        self.watched = watched
        self.order = next_order()
        self.shape = y.shape
        self.dtype = y.dtype
        self.hooks: dict[int, Callable[..., Any]] | None = None
        self.retained: ref[Variable] | None = None

    @property
    def name(self) -> str:
        """The operator's name as `repr` shows it: TanhBackward."""
        return "".join(word.capitalize() for word in self.operator.name.split("_")) + "Backward"

    @property
    def outputs(self) -> int:
        """How many outputs receive a gradient of their own; 0 for the usual single output."""
        return 0 if self.operator.outputs is None else len(self.operator.outputs)

    def watch(self, variable: Variable) -> None:
        """Remember at which version a value was kept."""
        version = variable.version
        self.watched.append((version, version[0]))

    def pull(self, g: Any, recorded: bool) -> list[tuple[Any, Any]]:
        """Run the gradient rules: (edge, gradient) for every input that wants one.

        `recorded`: run them on tensors, so that the gradients have a graph of their own.
        """
        kept = self.kept
        if kept is None:
            raise GraphError(
                f"backward through {self.operator.name} a second time: its kept values were freed by the first pass; "
                "pass retain_graph=True to the first"
            )
        for version, seen in self.watched:
            if version[0] != seen:
                raise GraphError(
                    f"{self.operator.name}: a value that its gradient needs was changed in place "
                    f"(it is at version {version[0]}, was kept at version {seen}); "
                    "use an out-of-place operation there, or clone() first"
                )
        if recorded:
            kept = self.plan.rewrap(self)
        edges = self.edges
        pulled = []
        for function, positions, joint, slots in self.plan.calls:
            result = function(g, *map(kept.__getitem__, slots))
            if joint:
                pulled += [(edges[i], part) for i, part in zip(positions, result, strict=True) if edges[i] is not None]
            else:
                pulled.append((edges[positions[0]], result))
        return pulled

    def owns(self, g: Any, result: Any) -> bool:
        """Whether `result`, an array that a rule gave, is a fresh buffer that nobody else holds."""
        if result.base is not None or result is g:
            return False
        for value in self.kept:  # noqa: SIM110 - a loop costs a third of any()
            if value is result:
                return False
        return True

    def release(self) -> None:
        """Let go of the arrays that were kept; a node that kept none may be used again."""
        for value in self.kept or ():
            if type(value) is np.ndarray:
                self.kept = None
                self.watched = ()
                return

    def __repr__(self) -> str:
        return f"<{self.name}>"


class Output:
    """One output of a node that has several: it hands its gradient to its place there."""

    __slots__ = ("dtype", "hooks", "index", "node", "order", "retained", "shape")

    def __init__(self, node: Any, index: int, y: Any) -> None:
        self.node = node
        self.index = index
        self.order = next_order()
        self.shape = y.shape
        self.dtype = y.dtype
        self.hooks: dict[int, Callable[..., Any]] | None = None
        self.retained: ref[Variable] | None = None

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def edges(self) -> tuple[Any, ...]:
        return (self.node,)

    def __repr__(self) -> str:
        return f"<{self.name}>"


def edge_of(variable: Variable) -> Any:
    """Where a gradient for `variable` goes: its node, the variable itself if it is a leaf, None if it wants none."""
    if not variable._requires_grad:
        return None
    return variable if variable.node is None else variable.node


def refresh(variable: Variable) -> None:
    """Give a view whose memory was written to, in a recorded way, the node that belongs to its present values."""
    view = variable._view
    if view is None or view.rebases == variable.version[1]:
        return
    source = view.source()
    refresh(source)
    with modes.enable_grad():
        now = view.operator(source, *view.args)
    variable.node = now.node
    variable._requires_grad = now._requires_grad
    view.rebases = variable.version[1]
