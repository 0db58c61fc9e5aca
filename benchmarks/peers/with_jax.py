"""JAX on the processor: each operation on its own, and the whole step compiled by `jax.jit`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ..timing import Work
from .tasks import Programs, Task, inward, layers
from .updates import UPDATES, first_state

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu}


def mlp(task: Task, values: list[Any], x: Any) -> Any:
    *inner, (weight, bias) = layers(values)
    for w, b in inner:
        x = ACTIVATIONS[task.hidden](x @ w + b)
    return x @ weight + bias


def lenet(task: Task, values: list[Any], x: Any) -> Any:
    convolutions = layers(values[:4])
    for padding, (w, b) in zip(("SAME", "VALID"), convolutions, strict=True):
        x = jax.nn.relu(lax.conv(x, w, (1, 1), padding) + b[:, None, None])
        x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    return mlp(task, values[4:], x.reshape(len(x), -1))


def loss(forward: Callable[..., Any], task: Task, values: list[Any], x: Any, y: Any) -> Any:
    logits = forward(task, values, x)
    if task.binary:
        return (jax.nn.softplus(logits) - y * logits).mean()
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1).mean()


def step(forward: Callable[..., Any], compiled: bool, task: Task) -> Work:
    x, y = jnp.asarray(task.x), jnp.asarray(task.y)
    gradients_of = jax.value_and_grad(functools.partial(loss, forward, task))

    def train(values: list[Any], state: Any) -> tuple[Any, list[Any], Any]:
        found, gradients = gradients_of(values, x, y)
        return found, *UPDATES[task.optimizer](values, gradients, state, task.lr)

    if compiled:
        train = jax.jit(train, donate_argnums=(0, 1))
    values = [jnp.asarray(value) for value in inward(task.parameters)]
    state: Any = first_state(values, jnp.zeros((), jnp.float32))

    def work() -> float:
        nonlocal values, state
        found, values, state = jax.block_until_ready(train(values, state))
        return float(found)

    return work


FORWARDS = {"moons-mlp": mlp, "mnist-mlp": mlp, "catdog-mlp": mlp, "lenet": lenet}

PROGRAMS: Programs = {
    title: {name: functools.partial(step, forward, compiled) for name, forward in FORWARDS.items()}
    for title, compiled in (("JAX, eager", False), ("JAX, jit", True))
}
