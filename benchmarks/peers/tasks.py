"""Workloads as plain numbers, for libraries that share no namespace with minidl."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import minidl

from .. import networks
from ..timing import Work
from ..workloads import INPUTS, classes, halves, normal, start


class Task(NamedTuple):
    """A training step.

    parameters  weights and biases in turn, PyTorch's shapes, float32
    x           inputs (N, ...), float32
    y           zeros and ones (N, 1), float32, for one logistic output; else classes (N,), int64
    hidden      the activation between layers: "sigmoid" or "relu"
    optimizer   "sgd" or "adam", with `lr`
    """

    parameters: list[np.ndarray]
    x: np.ndarray
    y: np.ndarray
    hidden: str
    optimizer: str
    lr: float

    @property
    def binary(self) -> bool:
        """Whether the one output is a probability."""
        return self.y.ndim == 2


Programs = dict[str, dict[str, Callable[[Task], Work]]]


def moons_mlp(points: int = 640) -> Task:
    return Task(
        parameters(networks.moons_mlp(minidl)), normal(INPUTS, points, 2), halves(points), "sigmoid", "sgd", 0.1
    )


def mnist_mlp(batch: int = 128) -> Task:
    x, y = normal(INPUTS, batch, 784), classes(10, batch)
    return Task(parameters(networks.mnist_mlp(minidl)), x, y, "relu", "adam", 0.001)


def catdog_mlp(batch: int = 32, pixels: int = 224) -> Task:
    x = normal(INPUTS, batch, 3 * pixels * pixels)
    return Task(parameters(networks.catdog_mlp(minidl, pixels)), x, halves(batch), "relu", "adam", 0.001)


def lenet(batch: int = 64) -> Task:
    x, y = normal(INPUTS, batch, 1, 28, 28), classes(10, batch)
    return Task(parameters(networks.lenet(minidl)), x, y, "relu", "adam", 0.001)


TASKS: dict[str, Callable[..., Task]] = {
    "moons-mlp": moons_mlp,
    "mnist-mlp": mnist_mlp,
    "catdog-mlp": catdog_mlp,
    "lenet": lenet,
}
"""By the workload's name."""


def parameters(model: Any) -> list[np.ndarray]:
    """The numbers that the workload starts from."""
    return [start(name, tuple(parameter.shape)) for name, parameter in model.named_parameters()]


def layers(values: list[Any]) -> list[tuple[Any, Any]]:
    """Weights with their biases."""
    return list(zip(values[::2], values[1::2], strict=True))


def inward(values: list[np.ndarray]) -> list[np.ndarray]:
    """The same with matrices as (in, out), the order of libraries that write x @ weight."""
    return [np.ascontiguousarray(value.T) if value.ndim == 2 else value.copy() for value in values]
