"""One layer in minidl and in PyTorch: built alike, of one state, called and differentiated alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

import minidl
from minidl import nn

CLOSE = {"float32": 1e-5, "float64": 1e-10}
"""Of the largest value."""


class Leaf(NamedTuple):
    """Values that get a gradient."""

    values: np.ndarray


def spread(*shape: int, dtype: str = "float64", seed: int = 0) -> np.ndarray:
    """Numbers that no rounding can bring across a kink or each other: -2 to 2 in even steps, shuffled."""
    size = int(np.prod(shape))
    steps = (np.arange(size) + 0.5) / max(size, 1) * 4 - 2
    return np.random.default_rng(seed).permutation(steps).reshape(shape).astype(dtype)


def made(N: Any, values: Any) -> Any:
    """A tensor of the framework that this namespace of layers belongs to."""
    return (minidl if N is nn else torch).from_numpy(np.array(values))


def assert_close(ours: Any, theirs: Any, dtype: str) -> None:
    a, b = ours.detach().numpy(), theirs.numpy(force=True)
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    largest = np.abs(b[np.isfinite(b)]).max(initial=0)
    np.testing.assert_allclose(a, b, rtol=0, atol=CLOSE[dtype] * largest)


def twins(build: Callable[[Any], Any], dtype: str) -> tuple[Any, Any]:
    """The layer in both frameworks: PyTorch takes minidl's state, with scales and shifts that are not 1 and 0."""
    minidl.manual_seed(1)
    ours, theirs = build(nn).to(dtype), build(torch.nn).to(getattr(torch, dtype))
    state = ours.state_dict()
    random = np.random.default_rng(2)
    for key, value in state.items():
        if value.ndim == 1 and key != "pos_weight":
            value.numpy()[:] = random.uniform(0.5, 1.5, value.shape)
    assert described(state) == described(theirs.state_dict())
    theirs.load_state_dict({key: torch.from_numpy(np.array(value.numpy())) for key, value in state.items()})
    return ours, theirs


def described(state: Any) -> list[Any]:
    """Keys, shapes and dtypes of a state."""
    return [(key, tuple(v.shape), str(v.dtype).removeprefix("torch.")) for key, v in state.items()]


def inputs_of(N: Any, samples: Any, dtype: str, seed: int) -> list[Any]:
    """A leaf of spread numbers for each shape, for each Leaf one of its values, and arrays as they are."""
    found = []
    for i, sample in enumerate(samples):
        if isinstance(sample, tuple) and not isinstance(sample, Leaf):
            sample = Leaf(spread(*sample, seed=seed + 10 * i))
        values = sample.values if isinstance(sample, Leaf) else np.asarray(sample)
        tensor = made(N, values.astype(dtype) if values.dtype.kind == "f" else values)
        found.append(tensor.requires_grad_() if isinstance(sample, Leaf) else tensor)
    return found


def run(layer: Any, inputs: list[Any], **options: Any) -> tuple[list[Any], list[Any]]:
    """The results; and the gradients of inputs and parameters, each element of the results with its own weight."""
    layer.zero_grad()
    y = layer(*inputs, **options)
    results = list(y) if isinstance(y, tuple) else [y]
    T = minidl if isinstance(layer, nn.Module) else torch
    smooth = [r for r in results if r.requires_grad]
    if smooth:
        weights = [spread(*r.shape, dtype=str(r.dtype).removeprefix("torch."), seed=5) for r in smooth]
        sum((r * T.from_numpy(w)).sum() for r, w in zip(smooth, weights, strict=True)).backward()
    leaves = [x for x in (*inputs, *layer.parameters()) if x.requires_grad]
    return results, [T.zeros_like(x) if x.grad is None else x.grad for x in leaves]


def assert_alike(ours: Any, theirs: Any, samples: Any, dtype: str, seed: int = 0, **options: Any) -> None:
    """The same results and gradients."""
    mine = run(ours, inputs_of(nn, samples, dtype, seed), **options)
    other = run(theirs, inputs_of(torch.nn, samples, dtype, seed), **options)
    for a, b in zip([*mine[0], *mine[1]], [*other[0], *other[1]], strict=True):
        assert_close(a, b, dtype)
