"""The backward pass: gradients flow from roots to leaves, newest node first.

A node's `order` exceeds that of all it depends on, so taking the node with the greatest order from a heap always finds
one whose gradient is complete.  No recursion, no sorting beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from ..errors import GraphError, ShapeError
from ..kernels import MIDDLING
from ..kernels import of as kernels_of
from . import modes
from .calling import describe, wrap
from .graph import Node, Output, Variable, edge_of, refresh
from .part import Part, Parts


def backward(
    tensors: Variable | Sequence[Variable],
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Variable | Sequence[Variable] | None = None,
) -> None:
    """Add to `.grad` of every leaf the gradient of `tensors`, each weighted by its `grad_tensors`.

    grad_tensors    one per tensor, of its shape; None for tensors with one element, which start from 1
    retain_graph    keep what the nodes kept, for another pass; by default as create_graph
    create_graph    record the pass itself, so that the gradients can be differentiated again
    inputs          add only to these tensors' `.grad`
    """
    roots = _roots("backward", tensors, grad_tensors, create_graph)
    sinks = _Sinks(_sequence(inputs)) if inputs is not None else None
    _run(roots, create_graph if retain_graph is None else retain_graph, create_graph, sinks)
    if sinks is not None:
        for variable, g in zip(sinks.variables, sinks.gradients(), strict=True):
            if g is not None:
                _accumulate(variable, g, False, create_graph)
                _call_later_hooks(variable)


def grad(
    outputs: Variable | Sequence[Variable],
    inputs: Variable | Sequence[Variable],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of `outputs` with respect to `inputs`, as a tuple; `.grad` is not touched.

    allow_unused        an input that the outputs do not depend on gives None instead of an error
    materialize_grads   it gives zeros
    Other arguments as in `backward`.
    """
    roots = _roots("grad", outputs, grad_outputs, create_graph)
    variables = _sequence(inputs)
    for i, variable in enumerate(variables):
        if not isinstance(variable, Variable) or not variable._requires_grad:
            raise GraphError(f"grad: input {i} does not require a gradient; set requires_grad=True before using it")
    sinks = _Sinks(variables)
    _run(roots, create_graph if retain_graph is None else retain_graph, create_graph, sinks)
    gradients = []
    for i, (variable, g) in enumerate(zip(variables, sinks.gradients(), strict=True)):
        if g is None and materialize_grads:
            g = np.zeros_like(variable.array)
        if g is None and not allow_unused:
            raise GraphError(
                f"grad: the outputs do not depend on input {i} ({describe(variable.array)}); "
                "pass allow_unused=True to get None for it"
            )
        gradients.append(g if g is None or isinstance(g, Variable) else wrap(np.array(g)))
    return tuple(gradients)


def _sequence(value: Any) -> list[Any]:
    return [value] if isinstance(value, Variable) else list(value)


def _roots(caller: str, tensors: Any, seeds: Any, create_graph: bool) -> list[tuple[Any, Any]]:
    """(edge, starting gradient) for every tensor to differentiate."""
    variables = _sequence(tensors)
    seeds = [None] * len(variables) if seeds is None else _sequence(seeds)
    if len(seeds) != len(variables):
        raise GraphError(f"{caller}: {len(variables)} tensors but {len(seeds)} starting gradients; give one for each")
    roots = []
    for variable, seed in zip(variables, seeds, strict=True):
        refresh(variable)
        if not variable._requires_grad:
            raise GraphError(
                f"{caller}: the tensor {describe(variable.array)} has no graph: nothing that it was computed from "
                "requires a gradient, or it was computed under no_grad()"
            )
        array = variable.array
        if seed is None:
            if array.size != 1:
                raise GraphError(
                    f"{caller}: a starting gradient can be made only for one number, not for {describe(array)}; "
                    f"reduce it with sum() or mean(), or call {caller}() with a gradient of that shape"
                )
            seed = np.ones(array.shape, array.dtype)
        elif tuple(seed.shape) != array.shape:
            raise ShapeError(f"{caller}: starting gradient {tuple(seed.shape)} for a tensor {array.shape}")
        if create_graph:
            seed = seed if isinstance(seed, Variable) else wrap(seed)
        elif isinstance(seed, Variable):
            seed = seed.array
        roots.append((edge_of(variable), seed))
    return roots


class _Sinks:
    """The inputs that `grad` asks for: their gradients stop here."""

    def __init__(self, variables: list[Variable]) -> None:
        self.variables = variables
        for variable in variables:
            refresh(variable)
        self.edges = [edge_of(variable) for variable in variables]
        self.found: dict[int, Any] = {id(edge): None for edge in self.edges}

    def gradients(self) -> list[Any]:
        return [self.found[id(edge)] for edge in self.edges]

    def leading(self, roots: Iterable[Any]) -> set[int]:
        """Ids of all nodes on a path from the roots to a sink: the others need not run."""
        found = set(self.found)
        leading: set[int] = set()
        seen: set[int] = set()
        stack = [(edge, False) for edge in roots]
        while stack:
            edge, done = stack.pop()
            if done:
                if id(edge) in found or any(id(e) in leading for e in edge.edges if e is not None):
                    leading.add(id(edge))
            elif id(edge) not in seen:
                seen.add(id(edge))
                if isinstance(edge, Variable):
                    if id(edge) in found:
                        leading.add(id(edge))
                    continue
                stack.append((edge, True))
                stack += [(e, False) for e in edge.edges if e is not None]
        return leading


class _Pending:
    """The sum of the gradients that have reached one edge so far."""

    __slots__ = ("edge", "g", "owned")

    def __init__(self, edge: Any, g: Any, owned: bool) -> None:
        self.edge = edge
        self.g: Any = Parts(g) if type(g) is Part else g
        self.owned = owned  # the engine made the buffer of g and may add to it in place

    def add(self, g: Any) -> None:
        if type(self.g) is Parts:
            if type(g) is Part and self.g.missing > 0:
                self.g.add(g)
                return
            self.join()
        if type(g) is Part:
            if self.owned:
                g.add_to(self.g)
                return
            g = g.whole()
        if self.owned and type(g) is np.ndarray:
            _add_to(self.g, g)
        elif type(self.g) is type(g) is np.ndarray and g.size >= MIDDLING:
            self.g, self.owned = kernels_of(g).divided(np.add, self.g, g), True
        else:
            self.g = self.g + g
            self.owned = not isinstance(g, Variable) and isinstance(self.g, np.ndarray)

    def join(self) -> None:
        """Make one array of the parts that came."""
        self.g, self.owned = self.g.whole()


def _add_to(total: np.ndarray, g: np.ndarray) -> None:
    """total += g, by threads where that pays."""
    if g.size < MIDDLING:
        total += g
    else:
        kernels_of(g).add_to(total, g)


def _run(roots: list[tuple[Any, Any]], retain_graph: bool, create_graph: bool, sinks: _Sinks | None) -> None:
    """Send the roots' gradients through the graph, into the leaves' `.grad` or into `sinks`."""
    leading = sinks.leading(edge for edge, _ in roots) if sinks is not None else None
    pending: dict[int, _Pending] = {}  # by order; leaves by minus their id, so that they come last
    several: dict[int, list[Any]] = {}  # by order: the gradients of a node's several outputs
    heap: list[int] = []

    def send(edge: Any, g: Any, owned: bool) -> None:
        if leading is not None and id(edge) not in leading:
            return
        if isinstance(edge, Variable):
            if sinks is None and not edge.hooks:
                _accumulate(edge, g, owned, create_graph)
                return
            key = -id(edge)
        else:
            key = edge.order
        waiting = pending.get(key)
        if waiting is None:
            pending[key] = _Pending(edge, g, owned)
            heappush(heap, -key)
        else:
            waiting.add(g)

    checking_for_nan = modes.state.checking_for_nan
    before = modes.switch_recording(create_graph)
    try:
        for edge, g in roots:
            send(edge, g, False)
        while heap:
            waiting = pending.pop(-heappop(heap))
            if type(waiting.g) is Parts:
                waiting.join()
            edge, g = waiting.edge, waiting.g
            if edge.hooks:
                g, waiting.owned = _call_hooks(edge, g), False
            if sinks is not None and id(edge) in sinks.found:
                sinks.found[id(edge)] = g
            if isinstance(edge, Variable):
                if sinks is None:
                    _accumulate(edge, g, waiting.owned, create_graph)
                    _call_later_hooks(edge)
                continue
            if edge.retained is not None:
                _retain(edge, g)
            if type(edge) is Output:
                node = edge.node
                if node.order not in several:
                    several[node.order] = [None] * node.outputs
                    pending[node.order] = _Pending(node, several[node.order], False)
                    heappush(heap, -node.order)
                arrived = several[node.order][edge.index]
                several[node.order][edge.index] = g if arrived is None else arrived + g
                continue
            for target, result in edge.pull(g, create_graph):
                if target is None or result is None:
                    continue
                owned = not create_graph and type(result) is np.ndarray and edge.owns(g, result)
                model = target.array if isinstance(target, Variable) else target
                if result.shape != model.shape or result.dtype is not model.dtype:
                    result = _fitted(edge, result, model)
                if checking_for_nan:
                    _refuse_nan(edge, result)
                send(target, result, owned)
            if edge.kept and not retain_graph:
                edge.release()
    finally:
        modes.switch_recording(before)


def _fitted(node: Node, g: Any, model: Any) -> Any:
    """A gradient in the shape and dtype of the input that it is for."""
    if g.shape != model.shape:
        g = _sum_to(node, g, model.shape)
    return g if g.dtype == model.dtype else g.astype(model.dtype)


def _refuse_nan(node: Node, g: Any) -> None:
    """Raise GraphError at the first gradient that is NaN."""
    if np.isnan(g if isinstance(g, np.ndarray) else g.array).any():
        raise GraphError(
            f"{node.name}: the gradient of an input is NaN, for an input {describe(g)} and an output of "
            f"shape {tuple(node.shape)}; look at the values that this operation gets"
        )


def _sum_to(node: Any, g: Any, shape: tuple[int, ...]) -> Any:
    """Sum a gradient over the dimensions along which its input was broadcast."""
    lead = g.ndim - len(shape)
    if lead > 0 and g.shape[lead:] == shape:
        return _summed(g, tuple(range(lead)))
    fits = lead >= 0 and all(s in (n, 1) for s, n in zip(shape, g.shape[lead:], strict=True))
    if not fits:
        raise ShapeError(f"{node.name}: gradient of shape {tuple(g.shape)} for an input of shape {tuple(shape)}")
    axes = tuple(range(lead)) + tuple(i + lead for i, s in enumerate(shape) if s != g.shape[i + lead])
    return _summed(g, axes).reshape(shape)


def _summed(g: Any, axes: tuple[int, ...]) -> Any:
    if type(g) is not np.ndarray:
        return g.sum(axes)
    if g.size >= MIDDLING:
        return kernels_of(g).sums(g, axes)
    return np.add.reduce(g, axes, np.float32 if g.dtype.char == "e" else None)  # sums of halves stand still at 2048


def _call_hooks(edge: Any, g: Any) -> Any:
    """Let the user's hooks see the gradient, each may replace it."""
    seen = g if isinstance(g, Variable) else wrap(np.array(g))
    for hook in list(edge.hooks.values()):
        if isinstance(hook, AfterAccumulation):
            continue
        replaced = hook(seen)
        if replaced is not None:
            seen = replaced
    return seen if isinstance(g, Variable) else seen.array


class AfterAccumulation:
    """A hook of a leaf that waits until the gradient has been added to `.grad`."""

    def __init__(self, hook: Any) -> None:
        self.hook = hook


def _call_later_hooks(leaf: Any) -> None:
    for hook in list((leaf.hooks or {}).values()):
        if isinstance(hook, AfterAccumulation):
            hook.hook(leaf)


def _retain(edge: Any, g: Any) -> None:
    variable = edge.retained()
    if variable is not None:
        variable.grad = g if isinstance(g, Variable) else wrap(np.array(g))


def _accumulate(leaf: Variable, g: Any, owned: bool, create_graph: bool) -> None:
    """Add to `.grad`.  A buffer that somebody else may hold is copied; an existing `.grad` is added to in place."""
    if create_graph:
        leaf.grad = g if leaf.grad is None else leaf.grad + g
    elif isinstance(g, Variable):
        _accumulate(leaf, g.array, False, False)
    elif type(g) is Part:
        _accumulate_part(leaf, g)
    elif leaf.grad is None:
        leaf.grad = wrap(g if owned and isinstance(g, np.ndarray) else _copied(g))
    elif leaf.grad._requires_grad:
        leaf.grad = leaf.grad + wrap(g)
    else:
        _add_to(leaf.grad.array, g)
        leaf.grad.version[0] += 1


def _copied(g: Any) -> np.ndarray:
    return np.array(g) if g.size < MIDDLING else kernels_of(g).copied(g)


def _accumulate_part(leaf: Variable, part: Part) -> None:
    if leaf.grad is None or leaf.grad._requires_grad:
        _accumulate(leaf, part.whole(), True, False)
    else:
        part.add_to(leaf.grad.array)
        leaf.grad.version[0] += 1
