"""Programs to time, each written once over a namespace `T` that is minidl or PyTorch.

`program(T)` makes a model, its optimizer and a batch, and returns a function that does one step: forward, backward and
the optimizer's step, or for inference the forward pass alone.  It gives the loss, or the model's output.  Weights and
batches are drawn by NumPy from seeds, so both libraries start from the same numbers.  Arguments besides T shrink a
program for tests.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import networks

if TYPE_CHECKING:
    from .timing import Work  # which imports both libraries

INPUTS, TARGETS = 1, 2
"""Seeds of a batch's two parts."""


class Workload(NamedTuple):
    """`program(T)` gives the step; `repeats` says how many of them one measurement takes."""

    title: str
    about: str
    program: Callable[..., Work]
    repeats: int


def normal(seed: int, *shape: int) -> np.ndarray:
    """Standard normal numbers, float32."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def classes(count: int, *shape: int) -> np.ndarray:
    """Whole numbers below `count`, int64."""
    return np.random.default_rng(TARGETS).integers(0, count, shape)


def halves(rows: int) -> np.ndarray:
    """Zeros and ones (rows, 1), float32."""
    return (normal(TARGETS, rows, 1) > 0).astype(np.float32)


def start(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """First values of the parameter called `name`: uniform up to 1 / sqrt(fan in), ones for a norm's scale."""
    if len(shape) == 1 and "bias" not in name:
        return np.ones(shape, np.float32)
    bound = 1 / math.sqrt(math.prod(shape[1:]))
    return np.random.default_rng(zlib.crc32(name.encode())).uniform(-bound, bound, shape).astype(np.float32)


def started(T: Any, model: Any) -> Any:
    """The model with weights that are the same in both libraries."""
    with T.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(T.from_numpy(start(name, tuple(parameter.shape))))
    return model


def training_step(model: Any, optimizer: Any, loss_function: Any, x: Any, y: Any) -> Work:
    """One step of a training."""

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def inference(T: Any, model: Any, x: Any) -> Work:
    """One forward pass of a model that is in use."""
    model.eval()

    def step() -> Any:
        with T.no_grad():
            return model(x)

    return step


# --- multilayer perceptrons -------------------------------------------------------------------------------------------


def moons_mlp(T: Any, points: int = 640) -> Work:
    model = started(T, networks.moons_mlp(T))
    x, y = T.from_numpy(normal(INPUTS, points, 2)), T.from_numpy(halves(points))
    return training_step(model, T.optim.SGD(model.parameters(), lr=0.1), T.nn.BCELoss(), x, y)


def mnist_mlp(T: Any, batch: int = 128) -> Work:
    model = started(T, networks.mnist_mlp(T))
    x, y = T.from_numpy(normal(INPUTS, batch, 784)), T.from_numpy(classes(10, batch))
    return training_step(model, T.optim.Adam(model.parameters()), T.nn.CrossEntropyLoss(), x, y)


def catdog_mlp(T: Any, batch: int = 32, pixels: int = 224) -> Work:
    model = started(T, networks.catdog_mlp(T, pixels))
    x, y = T.from_numpy(normal(INPUTS, batch, 3, pixels, pixels)), T.from_numpy(halves(batch))
    return training_step(model, T.optim.Adam(model.parameters()), T.nn.BCELoss(), x, y)


# --- convolutional networks -------------------------------------------------------------------------------------------


def lenet(T: Any, batch: int = 64) -> Work:
    model = started(T, networks.lenet(T))
    x, y = T.from_numpy(normal(INPUTS, batch, 1, 28, 28)), T.from_numpy(classes(10, batch))
    return training_step(model, T.optim.Adam(model.parameters()), T.nn.CrossEntropyLoss(), x, y)


def catdog_cnn(T: Any, batch: int = 32, pixels: int = 64) -> Work:
    model = started(T, networks.catdog_cnn(T, pixels))
    x, y = T.from_numpy(normal(INPUTS, batch, 3, pixels, pixels)), T.from_numpy(halves(batch))
    return training_step(model, T.optim.Adam(model.parameters()), T.nn.BCELoss(), x, y)


def _classifier_step(T: Any, model: Any, batch: int, pixels: int) -> Work:
    """Ten classes of RGB pictures, SGD with momentum."""
    optimizer = T.optim.SGD(started(T, model).parameters(), lr=0.01, momentum=0.9)
    x, y = T.from_numpy(normal(INPUTS, batch, 3, pixels, pixels)), T.from_numpy(classes(10, batch))
    return training_step(model, optimizer, T.nn.CrossEntropyLoss(), x, y)


def resnet18(T: Any, batch: int = 32, pixels: int = 32) -> Work:
    return _classifier_step(T, networks.resnet18(T), batch, pixels)


def separable(T: Any, batch: int = 16, pixels: int = 64) -> Work:
    return _classifier_step(T, networks.separable(T), batch, pixels)


# --- sequences --------------------------------------------------------------------------------------------------------


def gpt(T: Any, batch: int = 12, layers: int = 4, width: int = 128, tokens: int = 65, places: int = 64) -> Work:
    model = started(T, networks.gpt(T, tokens, places, layers, width=width))
    cross_entropy = T.nn.CrossEntropyLoss()

    def loss_function(logits: Any, following: Any) -> Any:
        return cross_entropy(logits.reshape(-1, tokens), following.reshape(-1))

    text = classes(tokens, batch, places + 1)
    x, y = (T.from_numpy(part.copy()) for part in (text[:, :-1], text[:, 1:]))
    return training_step(model, T.optim.AdamW(model.parameters()), loss_function, x, y)


def lstm(T: Any, batch: int = 32, steps: int = 50, features: int = 64, hidden: int = 128) -> Work:
    model = started(T, T.nn.LSTM(features, hidden, num_layers=2, batch_first=True))
    mse = T.nn.MSELoss()

    def loss_function(found: Any, wanted: Any) -> Any:
        return mse(found[0], wanted)

    x, y = T.from_numpy(normal(INPUTS, batch, steps, features)), T.from_numpy(normal(TARGETS, batch, steps, hidden))
    return training_step(model, T.optim.Adam(model.parameters()), loss_function, x, y)


# --- inference --------------------------------------------------------------------------------------------------------


def mlp_inference(T: Any) -> Work:
    return inference(T, started(T, networks.mnist_mlp(T)), T.from_numpy(normal(INPUTS, 1, 784)))


def resnet18_inference(T: Any, pixels: int = 32) -> Work:
    return inference(T, started(T, networks.resnet18(T)), T.from_numpy(normal(INPUTS, 1, 3, pixels, pixels)))


WORKLOADS = {
    "moons-mlp": Workload("moons MLP", "640 points, 2-5-1 with sigmoids, SGD", moons_mlp, 50),
    "mnist-mlp": Workload("MNIST MLP", "128 pictures of 28x28, 784-256-128-10, Adam", mnist_mlp, 5),
    "catdog-mlp": Workload("cat/dog MLP", "32 pictures of 3x224x224, 150528-32-16-1, Adam", catdog_mlp, 1),
    "lenet": Workload("LeNet-5", "64 pictures of 1x28x28, Adam", lenet, 3),
    "catdog-cnn": Workload(
        "cat/dog CNN",
        "32 pictures of 3x64x64, three blocks of convolution, batch norm, ReLU and pooling, 32-64-128 channels, Adam",
        catdog_cnn,
        1,
    ),
    "resnet18": Workload("ResNet-18", "32 pictures of 3x32x32, SGD with momentum", resnet18, 1),
    "separable": Workload(
        "separable net", "16 pictures of 3x64x64, depthwise and 1x1 convolutions, SGD with momentum", separable, 1
    ),
    "gpt": Workload(
        "character GPT", "12 texts of 64 characters, 4 layers, 4 heads, 128 wide, causal attention, AdamW", gpt, 1
    ),
    "lstm": Workload("LSTM", "32 sequences of 50 steps with 64 features, 2 layers, 128 hidden units, Adam", lstm, 1),
    "mlp-inference": Workload("MLP, inference", "one picture of 28x28, 784-256-128-10", mlp_inference, 100),
    "resnet18-inference": Workload("ResNet-18, inference", "one picture of 3x32x32", resnet18_inference, 2),
}
"""Name -> workload."""
