"""Programs to time, each written once over a namespace `T` that is minidl or PyTorch.

A workload takes T and returns a function without arguments that does the timed work once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .timing import Work  # which imports both libraries


def _data(T: Any, *shape: int) -> Any:
    values = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    return T.from_numpy(values)


def _training_step(T: Any, model: Any, optimizer: Any, loss: Any, x: Any, y: Any) -> Work:
    def step() -> None:
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

    return step


def add(T: Any) -> Work:
    """a + b of ten numbers, recorded."""
    a, b = _data(T, 10).requires_grad_(), _data(T, 10).requires_grad_()
    return lambda: a + b


def tanh(T: Any) -> Work:
    """tanh of ten numbers, recorded."""
    a = _data(T, 10).requires_grad_()
    return lambda: T.tanh(a)


def moons_mlp(T: Any) -> Work:
    """Training step: 640 points, 2-5-1, SGD."""
    nn = T.nn
    model = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 1), nn.Sigmoid())
    x = _data(T, 640, 2)
    y = (x[:, :1] * x[:, 1:] > 0).float()
    return _training_step(T, model, T.optim.SGD(model.parameters(), lr=0.1), nn.BCELoss(), x, y)


def catdog_mlp(T: Any) -> Work:
    """Training step: 32 pictures of 224x224, 150528-32-16-1, Adam."""
    nn = T.nn
    model = nn.Sequential(
        nn.Flatten(),
        nn.Linear(3 * 224 * 224, 32),
        nn.ReLU(),
        nn.Linear(32, 16),
        nn.ReLU(),
        nn.Linear(16, 1),
        nn.Sigmoid(),
    )
    x = _data(T, 32, 3, 224, 224)
    y = (_data(T, 32, 1) > 0).float()
    return _training_step(T, model, T.optim.Adam(model.parameters()), nn.BCELoss(), x, y)


def catdog_cnn(T: Any) -> Work:
    """Training step: 32 pictures of 64x64, three conv-BN-ReLU-pool blocks 32-64-128, Adam."""
    nn = T.nn
    layers: list[Any] = []
    for channels, wider in ((3, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(channels, wider, 3, padding=1), nn.BatchNorm2d(wider), nn.ReLU(), nn.MaxPool2d(2)]
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 8 * 8, 1), nn.Sigmoid())
    x = _data(T, 32, 3, 64, 64)
    y = (_data(T, 32, 1) > 0).float()
    return _training_step(T, model, T.optim.Adam(model.parameters()), nn.BCELoss(), x, y)


def convolution(T: Any) -> Work:
    """3x3 convolution of 64x64x32x32 to 64 channels: forward and both gradients."""
    x, weight = _data(T, 64, 64, 32, 32).requires_grad_(), _data(T, 64, 64, 3, 3).requires_grad_()
    g = _data(T, 64, 64, 32, 32)

    def work() -> None:
        x.grad = weight.grad = None
        T.nn.functional.conv2d(x, weight, padding=1).backward(g)

    return work


def lstm(T: Any) -> Work:
    """Training step: 2-layer LSTM, 32 sequences of 50 steps with 64 features, 128 hidden units, Adam."""
    nn = T.nn
    model = nn.LSTM(64, 128, num_layers=2, batch_first=True)
    x, y = _data(T, 32, 50, 64), _data(T, 32, 50, 128)
    loss = nn.MSELoss()
    return _training_step(
        T, model, T.optim.Adam(model.parameters()), lambda found, wanted: loss(found[0], wanted), x, y
    )


def _optimizer_step(name: str, sizes: list[int]) -> Callable[[Any], Work]:
    """The step alone, of parameters of these sizes, the optimizer with its defaults."""

    def workload(T: Any) -> Work:
        parameters = [_data(T, size).requires_grad_() for size in sizes]
        for p in parameters:
            p.grad = _data(T, *p.shape)
        step: Work = getattr(T.optim, name)(parameters).step
        return step

    return workload


SMALL = [round(10 * 1000 ** (i / 19)) for i in range(20)]
"""20 parameters of 10 to 10,000 elements."""


WORKLOADS: dict[str, tuple[Callable[[Any], Work], int]] = {
    "add": (add, 2000),
    "tanh": (tanh, 2000),
    "moons MLP": (moons_mlp, 50),
    "cat/dog MLP": (catdog_mlp, 1),
    "cat/dog CNN": (catdog_cnn, 1),
    "convolution": (convolution, 1),
    "LSTM": (lstm, 1),
    "SGD, 20 small": (_optimizer_step("SGD", SMALL), 50),
    "SGD, 4 million": (_optimizer_step("SGD", [4_000_000]), 1),
    "Adam, 20 small": (_optimizer_step("Adam", SMALL), 50),
    "Adam, 4 million": (_optimizer_step("Adam", [4_000_000]), 1),
}
"""Name -> the workload, and how often to repeat its work in one measurement."""
