"""A layer and its twin in PyTorch: equal weights, equal calls, and everything that comes out of them compared.

The twin always computes in float64, since PyTorch's own rounding in float32 reaches 1e-5 of a gradient's largest value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

import minidl
from minidl import nn

CLOSE = {"float32": 1e-5, "float64": 1e-10}
"""Of the largest value."""


def twins(build: Callable[[Any], Any], dtype: str = "float64") -> tuple[Any, Any]:
    """The layer that `build` makes of a namespace, in both frameworks, with weights that are not zero.

    The state's keys, shapes and dtypes agree, and each framework takes the other's.
    """
    minidl.manual_seed(1)
    ours, theirs = build(nn), build(torch.nn)
    assert described(ours.state_dict()) == described(theirs.state_dict())
    ours, theirs = ours.to(dtype), theirs.double()
    random = np.random.default_rng(2)
    their_state = theirs.state_dict()
    ours.load_state_dict({key: minidl.from_numpy(value.numpy()) for key, value in their_state.items()})
    for key, value in ours.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), their_state[key].numpy())
    for key, value in ours.state_dict().items():
        value.numpy()[...] += random.uniform(0.05, 0.1, value.shape)
        their_state[key].copy_(torch.from_numpy(value.numpy()))
    return ours, theirs


def described(state: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The keys of a state in order, with shapes and dtypes."""
    return [(key, tuple(value.shape), str(value.dtype).removeprefix("torch.")) for key, value in state.items()]


def made(T: Any, array: Any) -> Any:
    """The tensor of an array, a leaf if it holds floats; other values as they are."""
    if not isinstance(array, np.ndarray):
        return array
    if array.dtype.kind != "f":
        return T.from_numpy(array.copy())
    return T.from_numpy(array.astype(np.float64 if T is torch else array.dtype)).requires_grad_()


def tensors(T: Any, value: Any) -> Iterator[Any]:
    """All tensors inside nested results, in order."""
    if isinstance(value, T.Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from tensors(T, part)


def weighted_sum(T: Any, results: list[Any]) -> Any:
    """Every element of all results that have a gradient, with a weight of its own."""
    random = np.random.default_rng(5)
    total = 0
    for result in results:
        if result.requires_grad:
            weights = random.uniform(0.5, 1.5, tuple(result.shape)) * random.choice([-1, 1], tuple(result.shape))
            total = total + (result * T.from_numpy(weights).to(result.dtype)).sum()
    return total


def compare(call: Callable[..., Any], ours: Any, theirs: Any, *arrays: Any) -> None:
    """`call(T, layer, *tensors)` in both: all results, and the gradients of the tensors and the parameters, agree."""
    runs = []
    for T, layer in ((minidl, ours), (torch, theirs)):
        layer.zero_grad()
        given = [made(T, array) for array in arrays]
        results = list(tensors(T, call(T, layer, *given)))
        total = weighted_sum(T, results)
        if isinstance(total, T.Tensor):
            total.backward()
        leaves = [x for x in given if isinstance(x, T.Tensor) and x.requires_grad]
        named = dict(layer.named_parameters())
        runs.append((results, [x.grad for x in leaves], named))
    (results, grads, named), (their_results, their_grads, their_named) = runs
    assert len(results) == len(their_results)
    floating = {x.dtype for x in (*results, *named.values()) if x.is_floating_point()}
    assert len(floating) <= 1
    for mine, other in zip(results, their_results, strict=True):
        assert_close(mine, other)
    for mine, other in zip(grads, their_grads, strict=True):
        assert (mine is None) == (other is None)
        if mine is not None:
            assert_close(mine, other)
    assert list(named) == list(their_named)
    for name, parameter in named.items():
        other = their_named[name].grad
        assert (parameter.grad is None) == (other is None), name
        if other is not None:
            assert_close(parameter.grad, other)


def assert_close(mine: Any, other: Any) -> None:
    """Equal shapes and kinds of numbers, and values as close as our dtype allows."""
    a, b = mine.detach().numpy(), other.numpy(force=True)
    assert a.shape == b.shape
    assert a.dtype.kind == b.dtype.kind
    close = CLOSE.get(a.dtype.name, 0)
    np.testing.assert_allclose(a, b, rtol=0, atol=close * max(np.abs(b).max(initial=0), 1e-3))
