"""What a sample is, and makers of inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

RNG = np.random.default_rng(20)


def normal(*shape: int) -> np.ndarray:
    """Numbers that are not close to zero or to each other, so that a finite difference crosses no kink."""
    size = int(np.prod(shape))
    ladder = (np.arange(size) + 0.5 + RNG.uniform(-0.2, 0.2, size)) / max(size, 1) * 4 - 2
    ladder = np.where(np.abs(ladder) < 0.1, ladder + 0.25, ladder)
    return RNG.permutation(ladder).reshape(shape)


def waves(*shape: int) -> np.ndarray:
    """Such numbers that are not drawn: they leave those of other samples as they are."""
    size = int(np.prod(shape))
    return 2 * np.cos(1.3 * np.arange(size) + 0.4).reshape(shape)


def positive(*shape: int) -> np.ndarray:
    return np.abs(normal(*shape)) + 0.1


def unit(*shape: int) -> np.ndarray:
    return 1 / (1 + np.exp(-normal(*shape)))


def backwards(*shape: int) -> np.ndarray:
    """The same with negative strides."""
    return normal(*shape)[::-1]


def weights(T: Any, like: Any, count: int) -> Any:
    """Constants 0.5, 1.0, ... of the dtype of `like`."""
    return T.tensor([0.5 * (i + 1) for i in range(count)]).to(like.dtype)


@dataclass
class Sample:
    """`program(T, *inputs)`, where all inputs are floats that get a gradient."""

    name: str
    program: Callable[..., Any]
    inputs: list[np.ndarray]
    differentiable: bool = True
    order: int = 3
    """How often it can be differentiated, if at all."""
    pytorch_order: int = 3
    """How often PyTorch can, if that is less."""
    pytorch_error: float = 0.0
    """How far PyTorch's own float64 result is from the right one."""

    def __str__(self) -> str:
        return self.name


S = Sample
