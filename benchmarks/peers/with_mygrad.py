"""MyGrad, an autograd engine over NumPy."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import mygrad as mg
from mygrad.nnet.activations import relu, sigmoid
from mygrad.nnet.layers import conv_nd, max_pool
from mygrad.nnet.losses import softmax_crossentropy

from ..timing import Work
from .tasks import Programs, Task, inward, layers
from .updates import UPDATES, first_state

ACTIVATIONS = {"sigmoid": sigmoid, "relu": relu}


def mlp(task: Task, values: list[Any], x: Any) -> Any:
    *inner, (weight, bias) = layers(values)
    for w, b in inner:
        x = ACTIVATIONS[task.hidden](x @ w + b)
    return x @ weight + bias


def lenet(task: Task, values: list[Any], x: Any) -> Any:
    for padding, (w, b) in zip((2, 0), layers(values[:4]), strict=True):
        x = relu(conv_nd(x, w, stride=1, padding=padding) + b.reshape(1, -1, 1, 1))
        x = max_pool(x, (2, 2), 2)
    return mlp(task, values[4:], x.reshape(len(x), -1))


def step(forward: Callable[..., Any], task: Task) -> Work:
    values = [mg.tensor(value) for value in inward(task.parameters)]
    state = first_state([value.data for value in values], 0)

    def work() -> float:
        nonlocal state
        logits = forward(task, values, mg.tensor(task.x, constant=True))
        if task.binary:
            softplus = mg.maximum(logits, 0) + mg.log1p(mg.exp(-mg.abs(logits)))
            loss = mg.mean(softplus - task.y * logits)
        else:
            loss = softmax_crossentropy(logits, task.y)
        loss.backward()
        gradients = [value.grad for value in values]
        moved, state = UPDATES[task.optimizer]([value.data for value in values], gradients, state, task.lr)
        for value, array in zip(values, moved, strict=True):
            value.null_grad()
            value.data[...] = array
        return float(loss)

    return work


FORWARDS = {"moons-mlp": mlp, "mnist-mlp": mlp, "catdog-mlp": mlp, "lenet": lenet}

PROGRAMS: Programs = {"MyGrad": {name: functools.partial(step, forward) for name, forward in FORWARDS.items()}}
