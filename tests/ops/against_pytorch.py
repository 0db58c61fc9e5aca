"""One program run by minidl and by PyTorch: results, gradients and second derivatives side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

import minidl

CLOSE = {"float16": 5e-3, "float32": 3e-6, "float64": 1e-12}


def made(T: Any, array: Any, dtype: str) -> Any:
    """A leaf of this namespace."""
    values = np.array(array, dtype)
    return (torch.from_numpy if T is torch else minidl.from_numpy)(values).requires_grad_()


def several(found: Any) -> list[Any]:
    """The results of a program that gives one or a tuple."""
    return list(found) if isinstance(found, tuple) else [found]


def weighed(T: Any, like: Any, dtype: str) -> Any:
    """Weights, each another, for the elements of a result."""
    shape = tuple(like.shape)
    return made(T, np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape), dtype)


def derivatives(T: Any, program: Callable[..., Any], arrays: Sequence[Any], dtype: str, order: int) -> list[np.ndarray]:
    """The result; the gradients of the result weighted; the gradients of those weighted; zeros where there is none."""
    inputs = [made(T, array, dtype) for array in arrays]
    results = several(program(T, *inputs))
    found = [*results]
    for n in range(order):
        roots = [r for r in results if r.requires_grad]
        weights = [weighed(T, r, dtype) for r in roots]
        slopes: Any = [None] * len(inputs)
        if roots:
            slopes = T.autograd.grad(roots, inputs, weights, create_graph=n + 1 < order, allow_unused=True)
        results = [T.zeros_like(x) if g is None else g for g, x in zip(slopes, inputs, strict=True)]
        found += results
    return [r.detach().numpy() if T is minidl else r.numpy(force=True) for r in found]


def assert_same(
    program: Callable[..., Any], arrays: Sequence[Any], dtype: str, order: int = 2, close: float = 0.0
) -> None:
    """Results, dtypes and derivatives up to `order` agree, infinities and NaN included."""
    close = close or CLOSE[dtype]
    for mine, other in zip(
        derivatives(minidl, program, arrays, dtype, order),
        derivatives(torch, program, arrays, dtype, order),
        strict=True,
    ):
        assert mine.dtype == other.dtype
        np.testing.assert_allclose(mine, other, rtol=close, atol=close * 1e-2)


def assert_same_values(program: Callable[..., Any], arrays: Sequence[np.ndarray], close: float = 0.0) -> None:
    """Results for arrays of any dtype and layout agree in dtype, shape and value; PyTorch gets its own ordered copy."""
    ours = several(program(minidl, *(minidl.from_numpy(a) for a in arrays)))
    theirs = several(program(torch, *(torch.from_numpy(a.copy()) for a in arrays)))
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.numpy().dtype == other.numpy().dtype
        np.testing.assert_allclose(mine.numpy(), other.numpy(), rtol=close, atol=0)


def plain(program: Callable[..., Any], arrays: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    """The result here and PyTorch's, of arrays in their own dtypes, without gradients."""
    mine, other = (
        program(T, *[made(np.array(array)) for array in arrays])
        for T, made in ((minidl, minidl.from_numpy), (torch, torch.from_numpy))
    )
    return mine.numpy(), other.numpy()
