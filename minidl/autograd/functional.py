"""Derivatives of functions: vjp, jvp, jacobian, hessian, hvp, vhp, in PyTorch's form.

Each takes a function of tensors and where to differentiate it: one tensor, or a tuple of them.  What comes back has the
same form: one tensor for one, a tuple for a tuple.  The inputs themselves are not touched.

    create_graph   record the computation, so that the result can be differentiated again
    strict         an output that does not depend on an input is a GraphError instead of zeros
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import ArgumentError, GraphError, ShapeError
from .backward import grad
from .calling import describe, wrap
from .graph import Variable
from .modes import enable_grad
from .primitive import primitive

Function = Callable[..., Any]
Tensors = Variable | Sequence[Variable]


@primitive
def _same(x):
    return x


@_same.gradient
def _(g):
    return g


@primitive
def _stacked(shape, *rows):
    return np.stack(rows).reshape(shape)


@_stacked.gradient("rows")
def _(g, rows_shape):
    rows = g.reshape((len(rows_shape), *rows_shape[0]))
    return [rows[i] for i in range(len(rows_shape))]


class _Call:
    """One call of a function, with fresh inputs."""

    def __init__(self, name: str, func: Function, inputs: Tensors, create_graph: bool, strict: bool) -> None:
        self.name, self.create_graph, self.strict = name, create_graph, strict
        self.one_input = isinstance(inputs, Variable)
        self.given = _tensors(name, "input", inputs)
        for x in self.given:
            if x.array.dtype.kind != "f":
                raise GraphError(f"{name}: an input is {x.array.dtype}; only floats have derivatives, use .float()")
        self.inputs = [self._fresh(x) for x in self.given]
        with enable_grad():
            results = func(*self.inputs)
        self.one_output = isinstance(results, Variable)
        self.outputs = _tensors(name, "output", results)

    def _fresh(self, x: Any) -> Any:
        """The input, free of other graphs unless the result is to be differentiated again."""
        if self.create_graph and x.requires_grad:
            return _same(x)
        leaf = wrap(x.array)
        leaf._requires_grad = True
        return leaf

    def gradients(self, outputs: Any, inputs: Any, seeds: Any, create_graph: bool) -> list[Any]:
        """The gradients; zeros, or with `strict` an error, where nothing depends on an input."""
        dependent = [(y, seed) for y, seed in zip(outputs, seeds, strict=True) if y.requires_grad]
        found: Any = [None] * len(inputs)
        if dependent:
            ys, weights = zip(*dependent, strict=True)
            found = grad(ys, inputs, weights, retain_graph=True, create_graph=create_graph, allow_unused=True)
        if self.strict and any(g is None for g in found):
            i = [g is None for g in found].index(True)
            raise GraphError(f"{self.name}: the outputs do not depend on input {i}; strict=True asks that they do")
        return [wrap(np.zeros_like(x.array)) if g is None else g for g, x in zip(found, inputs, strict=True)]

    def shaped_like_outputs(self, v: Any) -> list[Any]:
        """The vector v, one part for each output; left out, 1 for an output of one element."""
        if v is None:
            if len(self.outputs) != 1 or self.outputs[0].array.size != 1:
                raise ArgumentError(f"{self.name}: v can be left out only for one output of one element")
            return [wrap(np.ones_like(self.outputs[0].array))]
        return self._matching(v, self.outputs, "outputs")

    def shaped_like_inputs(self, v: Any) -> list[Any]:
        """The vector v, one part for each input; left out, 1 for an input of one element."""
        if v is None:
            if len(self.inputs) != 1 or self.inputs[0].array.size != 1:
                raise ArgumentError(f"{self.name}: v can be left out only for one input of one element")
            return [wrap(np.ones_like(self.inputs[0].array))]
        return self._matching(v, self.inputs, "inputs")

    def _matching(self, v: Any, like: list[Any], what: str) -> list[Any]:
        parts = _tensors(self.name, "v", v)
        shapes, wanted = [p.array.shape for p in parts], [x.array.shape for x in like]
        if shapes != wanted:
            raise ShapeError(f"{self.name}: v has shapes {shapes}, the {what} have {wanted}; they must be equal")
        return parts

    def result(self, tensors: list[Any], one: bool) -> Any:
        """In the form of what was given, outside the graph unless it was asked for."""
        kept = [t if self.create_graph else t.detach() for t in tensors]
        return kept[0] if one else tuple(kept)


def _tensors(name: str, what: str, value: Any) -> list[Any]:
    parts = [value] if isinstance(value, Variable) else value
    if not isinstance(parts, (tuple, list)) or not all(isinstance(p, Variable) for p in parts):
        raise ArgumentError(f"{name}: an {what} is {type(value).__name__}; needs a tensor or a tuple of tensors")
    return list(parts)


def vjp(
    func: Function, inputs: Tensors, v: Tensors | None = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """func(inputs), and the product v^T J of a vector and the Jacobian: one backward pass."""
    call = _Call("vjp", func, inputs, create_graph, strict)
    products = call.gradients(call.outputs, call.inputs, call.shaped_like_outputs(v), create_graph)
    return call.result(call.outputs, call.one_output), call.result(products, call.one_input)


def jvp(
    func: Function, inputs: Tensors, v: Tensors | None = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """func(inputs), and the product J v of the Jacobian and a vector: v^T J, which is linear in v, differentiated."""
    call = _Call("jvp", func, inputs, create_graph, strict)
    direction = call.shaped_like_inputs(v)
    seeds = [_leaf(np.zeros_like(y.array)) for y in call.outputs]
    pulled = call.gradients(call.outputs, call.inputs, seeds, True)
    products = call.gradients(pulled, seeds, direction, create_graph)
    return call.result(call.outputs, call.one_output), call.result(products, call.one_output)


def jacobian(
    func: Function,
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """All derivatives of all outputs: J[i][j] has the shape of output i followed by that of input j.

    `vectorize` and `strategy` are PyTorch's choices of how; here each element of the outputs takes one backward pass.
    """
    if strategy not in ("reverse-mode", "forward-mode"):
        raise ArgumentError(f"jacobian: strategy {strategy!r}; needs 'reverse-mode' or 'forward-mode'")
    call = _Call("jacobian", func, inputs, create_graph, strict)
    table = []
    for y in call.outputs:
        rows = [call.gradients([y], call.inputs, [_unit(y.array, i)], create_graph) for i in range(y.array.size)]
        blocks = [
            _stacked(y.array.shape + x.array.shape, *[row[j] for row in rows]) if rows else _no_rows(y, x)
            for j, x in enumerate(call.inputs)
        ]
        table.append(call.result(blocks, call.one_input))
    return table[0] if call.one_output else tuple(table)


def hessian(
    func: Function,
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """All second derivatives of one number: H[i][j] has the shape of input i followed by that of input j."""
    one = isinstance(inputs, Variable)

    def one_number(*xs: Any) -> Any:
        y = func(*xs)
        _check_one_number("hessian", y)
        return y.reshape(())

    def slopes(*xs: Any) -> Any:
        found = jacobian(one_number, xs, create_graph=True, strict=strict)
        return found[0] if one else found

    return jacobian(slopes, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)


def vhp(
    func: Function, inputs: Tensors, v: Tensors | None = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """func(inputs), one number, and the product v^T H of a vector and its matrix of second derivatives."""
    return _hessian_product("vhp", func, inputs, v, create_graph, strict)


def hvp(
    func: Function, inputs: Tensors, v: Tensors | None = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """func(inputs), one number, and the product H v; H is symmetric, so this is v^T H."""
    return _hessian_product("hvp", func, inputs, v, create_graph, strict)


def _hessian_product(
    name: str, func: Function, inputs: Tensors, v: Any, create_graph: bool, strict: bool
) -> tuple[Any, Any]:
    call = _Call(name, func, inputs, create_graph, strict)
    if not call.one_output:
        raise ArgumentError(f"{name}: the function must return one tensor, got {len(call.outputs)}")
    _check_one_number(name, call.outputs[0])
    direction = call.shaped_like_inputs(v)
    slopes = call.gradients(call.outputs, call.inputs, [wrap(np.ones_like(call.outputs[0].array))], True)
    products = call.gradients(slopes, call.inputs, direction, create_graph)
    return call.result(call.outputs, True), call.result(products, call.one_input)


def _check_one_number(name: str, y: Any) -> None:
    if not isinstance(y, Variable) or y.array.size != 1:
        got = describe(y.array) if isinstance(y, Variable) else type(y).__name__
        raise ArgumentError(f"{name}: the function returned {got}; needs a tensor of one element")


def _leaf(array: np.ndarray) -> Any:
    leaf = wrap(array)
    leaf._requires_grad = True
    return leaf


def _unit(like: np.ndarray, i: int) -> Any:
    """Zeros with a one at the i-th element."""
    unit = np.zeros(like.size, like.dtype)
    unit[i] = 1
    return wrap(unit.reshape(like.shape))


def _no_rows(y: Any, x: Any) -> Any:
    return wrap(np.zeros(y.array.shape + x.array.shape, x.array.dtype))
