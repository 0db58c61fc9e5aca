"""Gradients against finite differences.

The numerical derivative is the central difference (f(x + eps) - f(x - eps)) / (2 eps), whose error is of order eps**2
plus rounding of order 1e-16 / eps: float64 and eps near 1e-6 make both small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import GraphError
from . import modes
from .backward import grad
from .calling import wrap
from .graph import Variable

Function = Callable[..., Any]


def gradcheck(
    func: Function,
    inputs: Variable | Sequence[Any],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Whether the gradients of `func(*inputs)` agree with finite differences, for every input that requires one.

    inputs            tensors of float64 (others are passed on untouched when they require no gradient)
    raise_exception   on a difference raise a GraphError that says where, instead of returning False
    """
    inputs = (inputs,) if isinstance(inputs, Variable) else tuple(inputs)
    checked = [i for i, x in enumerate(inputs) if isinstance(x, Variable) and x._requires_grad]
    if not checked:
        raise GraphError("gradcheck: no input requires a gradient; set requires_grad=True on those to check")
    for i in checked:
        if inputs[i].array.dtype != np.float64:
            raise GraphError(f"gradcheck: input {i} is {inputs[i].array.dtype}; finite differences need float64")
    try:
        for number in range(len(_outputs(func, inputs))):
            for i in checked:
                _compare(func, inputs, number, i, (eps, atol, rtol))
    except _DerivativeError as difference:
        if raise_exception:
            raise GraphError(str(difference)) from None
        return False
    return True


def gradgradcheck(
    func: Function,
    inputs: Variable | Sequence[Any],
    grad_outputs: Variable | Sequence[Variable] | None = None,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """`gradcheck` of the gradient: whether second derivatives agree with finite differences of first ones.

    grad_outputs   starting gradients, random ones by default; they are differentiated too
    """
    inputs = (inputs,) if isinstance(inputs, Variable) else tuple(inputs)
    outputs = _outputs(func, inputs)
    if grad_outputs is None:
        rng = np.random.default_rng(0)
        seeds = [wrap(rng.standard_normal(y.array.shape)) for y in outputs]
        for seed in seeds:
            seed._requires_grad = True
    else:
        seeds = [grad_outputs] if isinstance(grad_outputs, Variable) else list(grad_outputs)
    wanted = [i for i, x in enumerate(inputs) if isinstance(x, Variable) and x._requires_grad]

    def gradient(*args: Any) -> tuple[Any, ...]:
        xs, gs = args[: len(inputs)], args[len(inputs) :]
        gradients = grad(
            _outputs(func, xs), [xs[i] for i in wanted], list(gs), create_graph=True, materialize_grads=True
        )
        return tuple(g for g in gradients if g._requires_grad)

    if not gradient(*inputs, *seeds):
        raise GraphError("gradgradcheck: the gradients depend on nothing that requires a gradient")
    return gradcheck(gradient, (*inputs, *seeds), eps, atol, rtol, raise_exception)


class _DerivativeError(Exception):
    """Where two derivatives part."""


def _outputs(func: Function, inputs: Sequence[Any]) -> list[Any]:
    """The differentiable outputs of `func`, as a list."""
    result = func(*inputs)
    results = [result] if isinstance(result, Variable) else list(result)
    return [y for y in results if y._requires_grad]


def _compare(func: Function, inputs: tuple[Any, ...], number: int, i: int, limits: tuple[float, float, float]) -> None:
    eps, atol, rtol = limits
    by_rule = _jacobian(func, inputs, number, i)
    by_difference = _difference_quotients(func, inputs, number, i, eps)
    wrong = ~np.isclose(by_rule, by_difference, rtol=rtol, atol=atol)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise _DerivativeError(
            f"gradcheck: d output {number}[{row}] / d input {i}[{column}] is {by_rule[row, column]:.8g} by the "
            f"gradient rule and {by_difference[row, column]:.8g} by finite differences "
            f"({wrong.sum()} of {wrong.size} differ)"
        )


def _jacobian(func: Function, inputs: tuple[Any, ...], number: int, i: int) -> np.ndarray:
    """Rows: elements of the output; columns: elements of the input; by one backward pass a row."""
    y = _outputs(func, inputs)[number]
    rows = np.zeros((y.array.size, inputs[i].array.size))
    for row in range(len(rows)):
        seed = np.zeros(y.array.size)
        seed[row] = 1
        (g,) = grad(
            y,
            inputs[i],
            wrap(seed.reshape(y.array.shape)),
            retain_graph=True,
            materialize_grads=True,
            allow_unused=True,
        )
        rows[row] = g.array.reshape(-1)
    return rows


def _difference_quotients(func: Function, inputs: tuple[Any, ...], number: int, i: int, eps: float) -> np.ndarray:
    x = inputs[i].array
    columns = []
    with modes.enable_grad():  # func may itself differentiate
        for position in np.ndindex(x.shape):
            value = x[position]
            x[position] = value + eps
            above = np.array(_outputs(func, inputs)[number].array)
            x[position] = value - eps
            below = np.array(_outputs(func, inputs)[number].array)
            x[position] = value
            columns.append((above - below).reshape(-1) / (2 * eps))
    if columns:
        return np.stack(columns, axis=1)
    return np.zeros((_outputs(func, inputs)[number].array.size, 0))
