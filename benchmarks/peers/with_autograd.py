"""autograd (HIPS), which differentiates NumPy code."""

from __future__ import annotations

from typing import Any

import autograd.numpy as anp
from autograd import value_and_grad

from ..timing import Work
from .tasks import Programs, Task, inward, layers
from .updates import UPDATES, first_state


def sigmoid(x: Any) -> Any:
    return 1 / (1 + anp.exp(-x))


def relu(x: Any) -> Any:
    return anp.maximum(x, 0)


ACTIVATIONS = {"sigmoid": sigmoid, "relu": relu}


def mlp(task: Task, values: list[Any]) -> Any:
    x = task.x
    *inner, (weight, bias) = layers(values)
    for w, b in inner:
        x = ACTIVATIONS[task.hidden](anp.dot(x, w) + b)
    return anp.dot(x, weight) + bias


def step(task: Task) -> Work:
    values = inward(task.parameters)
    state = first_state(values, 0)
    rows = anp.arange(len(task.x))

    def loss(values: list[Any]) -> Any:
        logits = mlp(task, values)
        if task.binary:
            return anp.mean(anp.logaddexp(0, logits) - task.y * logits)
        shifted = logits - anp.max(logits, axis=1, keepdims=True)
        return anp.mean(anp.log(anp.sum(anp.exp(shifted), axis=1)) - shifted[rows, task.y])

    gradients_of = value_and_grad(loss)

    def work() -> float:
        nonlocal values, state
        found, gradients = gradients_of(values)
        values, state = UPDATES[task.optimizer](values, gradients, state, task.lr)
        return float(found)

    return work


PROGRAMS: Programs = {"autograd": {"moons-mlp": step, "mnist-mlp": step, "catdog-mlp": step}}
