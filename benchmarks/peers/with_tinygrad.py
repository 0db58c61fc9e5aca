"""tinygrad on the processor: scheduled anew in every step, and replayed by `TinyJit`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tinygrad import Context, Device, Tensor, TinyJit, nn

from ..timing import Work
from .tasks import Programs, Task, layers

try:
    Device[Device.DEFAULT]
except RuntimeError:
    raise ImportError("tinygrad finds no compiler: install clang, or name it in CC") from None


def mlp(task: Task, values: list[Any], x: Any) -> Any:
    *inner, (weight, bias) = layers(values)
    for w, b in inner:
        x = getattr(x.linear(w.T, b), task.hidden)()
    return x.linear(weight.T, bias)


def lenet(task: Task, values: list[Any], x: Any) -> Any:
    for padding, (w, b) in zip((2, 0), layers(values[:4]), strict=True):
        x = x.conv2d(w, b, padding=padding).relu().max_pool2d(2)
    return mlp(task, values[4:], x.flatten(1))


def step(forward: Callable[..., Any], compiled: bool, task: Task) -> Work:
    x, y = Tensor(task.x).realize(), Tensor(task.y).realize()
    values = [Tensor(value.copy()).realize() for value in task.parameters]
    make = {"sgd": nn.optim.SGD, "adam": nn.optim.Adam}[task.optimizer]
    optimizer = make(values, lr=task.lr)

    def train() -> Any:
        optimizer.zero_grad()
        logits = forward(task, values, x)
        loss = logits.sigmoid().binary_crossentropy(y) if task.binary else logits.sparse_categorical_crossentropy(y)
        loss.backward()
        return loss.realize(*optimizer.schedule_step())

    if compiled:
        train = TinyJit(train)

    def work() -> float:
        with Context(TRAINING=1):
            return float(train().item())

    return work


FORWARDS = {"moons-mlp": mlp, "mnist-mlp": mlp, "catdog-mlp": mlp, "lenet": lenet}

PROGRAMS: Programs = {
    title: {name: functools.partial(step, forward, compiled) for name, forward in FORWARDS.items()}
    for title, compiled in (("tinygrad", False), ("tinygrad, TinyJit", True))
}
