"""How an operator and its gradient rule are declared: one definition, two readings.

    @primitive
    def mul(a, b):
        return a * b

    @mul.gradient("a")
    def _(g, b):
        return g * b

    @mul.gradient("b")
    def _(g, a):
        return g * a

Called with arrays, `mul` computes and returns an array.  Called with a tensor among its arguments, it computes, wraps
the result and records a node.  A rule is ordinary code over operators, so it too has both readings: on arrays it is the
fast first-order pass; on tensors (`create_graph=True`) it records itself, and gradients of any order follow.

A rule takes `g`, the gradient of the output, and by their names whatever else it needs.  What it names is what is kept:

    an input                `x`: its value; any argument that is no tensor is passed as it came
    the output              `y`, or by the name given in `outputs`
    the shape of an input   `x_shape`: keeps a tuple, not the array

The gradient may have the broadcast shape of the output and its dtype: the engine sums and casts it to the input's.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, NamedTuple, ParamSpec, Protocol, TypeVar, overload

import numpy as np

from ..errors import GraphError
from .calling import MOST_UNROLLED, plainly, wrap, written_out
from .graph import Node, Output, Variable

_VALUE, _SHAPE, _OUTPUT = range(3)
_VARIADIC = 0x04  # inspect.CO_VARARGS

First = TypeVar("First", contravariant=True)
Rest = ParamSpec("Rest")


class Rule(NamedTuple):
    """One gradient rule: for which inputs (positions; -1 stands for all variadic ones), and what it takes."""

    function: Callable[..., Any]
    positions: tuple[int, ...]
    takes: tuple[tuple[int, int], ...]  # (_VALUE | _SHAPE | _OUTPUT, position)

    @property
    def joint(self) -> bool:
        """Whether it returns several gradients."""
        return len(self.positions) > 1 or self.positions == (-1,)


@dataclass(slots=True)
class Plan:
    """For one combination of inputs that want a gradient: which rules run and what they need kept."""

    keeps: tuple[tuple[int, int], ...]  # what is kept, in order: (_VALUE | _SHAPE | _OUTPUT, position)
    calls: tuple[tuple[Callable[..., Any], tuple[int, ...], bool, tuple[int, ...]], ...]  # bool: a rule for several
    # `keeps` once more, as calls that are written out ask for it: bit i stands for input i, or output i
    keeps_nothing: bool
    keeps_output_alone: bool
    values: int
    shapes: int
    outputs: int

    def rewrap(self, node: Any) -> list[Any]:
        """The kept values as tensors that continue the graph."""
        values = []
        for (kind, position), value in zip(self.keeps, node.kept, strict=True):
            if kind == _VALUE and position < len(node.edges) and node.edges[position] is not None:
                edge = node.edges[position]
                value = edge if isinstance(edge, Variable) else wrap(value, edge)
            elif kind == _OUTPUT and value.dtype.kind == "f":
                value = wrap(value, node if node.operator.outputs is None else Output(node, position, value))
            elif kind == _OUTPUT:
                value = wrap(value)  # indices
            elif kind == _VALUE and isinstance(value, np.ndarray):
                value = wrap(value)
            values.append(value)
        return values


class Primitive:
    """What is known of one operator besides its code."""

    def __init__(self, forward: Callable[..., Any], view: bool, outputs: tuple[str, ...] | None) -> None:
        code = forward.__code__
        self.name = forward.__name__.strip("_")
        self.forward = forward
        self.inputs = code.co_varnames[: code.co_argcount]
        self.variadic = code.co_varnames[code.co_argcount] if code.co_flags & _VARIADIC else None
        self.view = view
        self.outputs = outputs
        self.rules: list[Rule] = []
        self.plans: dict[int, Plan] = {}

    def gradient(self, *names: Any) -> Any:
        """Declare the rule for the inputs `names`; bare, for the first one.

        For several names the rule returns as many gradients, None where there is none.  It runs where one of them is
        wanted; or, if each has a rule of its own, too, where all are, instead of these.
        """
        if len(names) == 1 and callable(names[0]):
            return self._add_rule((self.inputs or (self.variadic,))[:1], names[0])
        return lambda function: self._add_rule(names, function)

    def _add_rule(self, names: tuple[Any, ...], function: Callable[..., Any]) -> Callable[..., Any]:
        code = function.__code__
        takes = tuple(self._source(name) for name in code.co_varnames[1 : code.co_argcount])
        positions = tuple(-1 if name == self.variadic else self.inputs.index(name) for name in names)
        self.rules.append(Rule(function, positions, takes))
        return function

    def _source(self, name: str) -> tuple[int, int]:
        if name in self.inputs:
            return _VALUE, self.inputs.index(name)
        if name == "y" and self.outputs is None:
            return _OUTPUT, 0
        if self.outputs is not None and name in self.outputs:
            return _OUTPUT, self.outputs.index(name)
        stem = name.removesuffix("_shape")
        if stem == self.variadic:
            return _SHAPE, len(self.inputs)  # of all variadic ones together
        if stem != name and stem in self.inputs:
            return _SHAPE, self.inputs.index(stem)
        raise GraphError(f"{self.name}: its rule takes {name}, which is no input, output or <input>_shape")

    def plan(self, key: int) -> Plan:
        """The plan for a call whose inputs with a bit in `key` want a gradient; its highest bit tells how many came."""
        count = key.bit_length() - 1
        chosen = self._chosen(count, {position for position in range(count) if key >> position & 1})
        covered = {position for _, positions in chosen for position in positions}
        refusals = tuple((self._refusal(i), (i,), False, ()) for i in range(count) if key >> i & 1 and i not in covered)
        keeps = tuple(dict.fromkeys(sorted(source for rule, _ in chosen for source in rule.takes)))
        calls = tuple(
            (rule.function, positions, rule.joint, tuple(keeps.index(source) for source in rule.takes))
            for rule, positions in chosen
        )
        values, shapes, outputs = (
            sum(1 << position for kind, position in keeps if kind == sort) for sort in (_VALUE, _SHAPE, _OUTPUT)
        )
        plan = self.plans[key] = Plan(
            keeps,
            calls + refusals,
            keeps_nothing=not keeps,
            keeps_output_alone=keeps == ((_OUTPUT, 0),),
            values=values,
            shapes=shapes,
            outputs=outputs,
        )
        return plan

    def _chosen(self, count: int, wanted: set[int]) -> list[tuple[Rule, tuple[int, ...]]]:
        """Rules, and their positions, for the `wanted` ones of `count` inputs."""
        alone = {rule.positions[0] for rule in self.rules if not rule.joint}
        chosen: list[tuple[Rule, tuple[int, ...]]] = []
        open_ones = set(wanted)
        for rule in sorted(self.rules, key=lambda rule: -len(rule.positions)):
            positions = tuple(range(len(self.inputs), count)) if rule.positions == (-1,) else rule.positions
            runs = wanted.issuperset(positions) if alone.issuperset(positions) else not wanted.isdisjoint(positions)
            if runs and not open_ones.isdisjoint(positions):
                chosen.append((rule, positions))
                open_ones.difference_update(positions)
        return chosen

    def _refusal(self, position: int) -> Callable[..., Any]:
        """Stands for the rule of an input that has none: the result may be computed, its gradient may not."""
        name = self.inputs[position] if position < len(self.inputs) else self.variadic

        def refuse(g: Any) -> None:
            raise GraphError(f"{self.name} has no gradient for its input {name}; detach() it, or use no_grad()")

        return refuse

    def record(self, args: Any, raw: Any, edges: Any, key: int, y: Any) -> Any:
        """Wrap the result `y` of `raw` and leave a node that knows how it came about."""
        result = wrap(y)
        y = result.array
        if y.dtype.kind != "f":
            return result  # integers and booleans have no gradient
        plan = self.plans.get(key) or self.plan(key)
        result.node = node = Node(self, plan, edges, (), (), y)
        result._requires_grad = True
        if not plan.keeps_nothing:
            self.keep(node, args, raw, (result,))
        return result

    def keep(self, node: Node, args: Any, raw: Any, results: Sequence[Variable]) -> None:
        """Let the node keep what its plan names, and watch what of it may be written to."""
        plan = node.plan
        kept: list[Any] = []
        watched: list[Any] = []
        for kind, i in plan.keeps:
            if kind == _VALUE:
                kept.append(raw[i])
                if isinstance(args[i], Variable):
                    watched.append((args[i].version, args[i].version[0]))
            elif kind == _SHAPE:
                kept.append(raw[i].shape if i < len(self.inputs) else [a.shape for a in raw[i:]])
            else:
                kept.append(results[i].array)
                watched.append((results[i].version, results[i].version[0]))
        node.kept = kept
        node.watched = watched

    def record_several(self, args: Any, raw: Any, edges: Any, key: int, ys: Any) -> Any:
        """As `record`, for an operator with several outputs; integer ones (indices) have no gradient."""
        plan = self.plans.get(key) or self.plan(key)
        results = [wrap(y) for y in ys]
        node = Node(self, plan, edges, (), (), results[0].array)
        for i, result in enumerate(results):
            if result.array.dtype.kind == "f":
                result.node = Output(node, i, result.array)
                result._requires_grad = True
        self.keep(node, args, raw, results)
        return tuple(results)


class Operator(Protocol[First, Rest]):
    """What `primitive` makes: a function, or a method where it stands in a class."""

    __name__: str
    primitive: Primitive
    gradient: Callable[..., Any]

    def __call__(self, x: First, /, *args: Rest.args, **kwargs: Rest.kwargs) -> Any: ...

    def __get__(self, instance: Any, owner: Any, /) -> Callable[Rest, Any]: ...


@overload
def primitive(forward: Callable[Concatenate[First, Rest], Any]) -> Operator[First, Rest]: ...


@overload
def primitive(
    *, view: bool = False, outputs: tuple[str, ...] | None = None
) -> Callable[[Callable[Concatenate[First, Rest], Any]], Operator[First, Rest]]: ...


def primitive(forward: Any = None, *, view: bool = False, outputs: tuple[str, ...] | None = None) -> Any:
    """Make an operator of a function over arrays (see the head of this file).

    view      the result shares the memory of the first argument
    outputs   names of the results, when the function returns several; `g` is then a tuple, None where nothing arrived
    """
    if forward is None:
        return functools.partial(primitive, view=view, outputs=outputs)
    own = Primitive(forward, view, outputs)
    operator: Any = _for_any_count(own) if own.variadic else written_out(own, len(own.inputs))
    functools.update_wrapper(operator, forward)
    operator.gradient = own.gradient
    operator.primitive = own
    return operator


def _for_any_count(own: Primitive) -> Callable[..., Any]:
    """What is called of a variadic operator: a form for each small number of arguments, made when it first comes."""

    class Forms(dict[int, Callable[..., Any]]):
        def __missing__(self, count: int) -> Callable[..., Any]:
            small = len(own.inputs) < count <= MOST_UNROLLED
            form = self[count] = written_out(own, count) if small else lambda *args: plainly(own, operator, args)
            return form

    forms = Forms()

    def operator(*args: Any) -> Any:
        return forms[len(args)](*args)

    return operator
