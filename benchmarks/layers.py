"""Time single layers, forward and backward, under minidl and PyTorch, in turn:  python -m benchmarks.layers [name ...]

Images lie in memory as the layers before leave them: channels-last in minidl, channels-first in PyTorch, whose default
that is.  The ratio is below 1 where minidl is faster; the last line is the geometric mean.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import minidl

from .command_line import run
from .side_by_side import time_each
from .timing import Work
from .workloads import classes, normal

WIDE, IMAGES, LARGE_IMAGES, ROWS = (16, 32, 32, 32), (16, 64, 32, 32), (8, 64, 56, 56), (16, 64, 128)


class Layer(NamedTuple):
    """`make(nn)` gives the layer, for an input of `shape`; or of whole numbers below `below`."""

    make: Callable[[Any], Any]
    shape: tuple[int, ...]
    below: int = 0


CONVOLUTIONS = {
    "conv 3x3": Layer(lambda nn: nn.Conv2d(64, 64, 3, padding=1), IMAGES),
    "conv 3x3, stride 2": Layer(lambda nn: nn.Conv2d(64, 128, 3, 2, 1), IMAGES),
    "conv 3x3, dilation 2": Layer(lambda nn: nn.Conv2d(64, 64, 3, 1, 2, 2), IMAGES),
    "conv 3x3, 2 groups": Layer(lambda nn: nn.Conv2d(64, 64, 3, 1, 1, groups=2), IMAGES),
    "conv 5x5": Layer(lambda nn: nn.Conv2d(32, 32, 5, padding=2), WIDE),
    "conv 1x1": Layer(lambda nn: nn.Conv2d(64, 128, 1), IMAGES),
    "conv 5x5, depthwise": Layer(lambda nn: nn.Conv2d(64, 64, 5, padding=2, groups=64), IMAGES),
    "conv transposed": Layer(lambda nn: nn.ConvTranspose2d(64, 32, 4, 2, 1), (16, 64, 16, 16)),
    "conv of rows": Layer(lambda nn: nn.Conv1d(64, 128, 3, padding=1), (32, 64, 200)),
    "conv of volumes": Layer(lambda nn: nn.Conv3d(16, 32, 3, padding=1), (2, 16, 16, 16, 16)),
}
WINDOWS = {
    "max pool": Layer(lambda nn: nn.MaxPool2d(2), IMAGES),
    "max pool 3x3, stride 2": Layer(lambda nn: nn.MaxPool2d(3, 2, 1), LARGE_IMAGES),
    "max pool of rows": Layer(lambda nn: nn.MaxPool1d(2), (32, 64, 200)),
    "max pool of volumes": Layer(lambda nn: nn.MaxPool3d(2), (4, 16, 16, 16, 16)),
    "average pool": Layer(lambda nn: nn.AvgPool2d(2), IMAGES),
    "average pool 3x3, stride 2": Layer(lambda nn: nn.AvgPool2d(3, 2, 1), LARGE_IMAGES),
    "average pool of volumes": Layer(lambda nn: nn.AvgPool3d(2), (4, 16, 16, 16, 16)),
    "average of all": Layer(lambda nn: nn.AdaptiveAvgPool2d(1), IMAGES),
    "average of 7x7 bins": Layer(lambda nn: nn.AdaptiveAvgPool2d(7), (16, 64, 28, 28)),
    "greatest of 4x4 bins": Layer(lambda nn: nn.AdaptiveMaxPool2d(4), IMAGES),
    "padding, zeros": Layer(lambda nn: nn.ZeroPad2d(1), WIDE),
    "padding, reflection": Layer(lambda nn: nn.ReflectionPad2d(1), WIDE),
    "padding, replication": Layer(lambda nn: nn.ReplicationPad2d(1), WIDE),
    "upsampling, nearest": Layer(lambda nn: nn.Upsample(scale_factor=2), (16, 64, 16, 16)),
    "upsampling, bilinear": Layer(lambda nn: nn.Upsample(scale_factor=2, mode="bilinear"), (16, 64, 16, 16)),
    "pixel shuffle": Layer(lambda nn: nn.PixelShuffle(2), IMAGES),
}
NORMS = {
    "batch norm": Layer(lambda nn: nn.BatchNorm2d(64), IMAGES),
    "batch norm of features": Layer(lambda nn: nn.BatchNorm1d(256), (128, 256)),
    "group norm": Layer(lambda nn: nn.GroupNorm(8, 64), IMAGES),
    "instance norm": Layer(lambda nn: nn.InstanceNorm2d(32, affine=True), WIDE),
    "layer norm": Layer(lambda nn: nn.LayerNorm(128), ROWS),
    "RMS norm": Layer(lambda nn: nn.RMSNorm(128), ROWS),
    "local response norm": Layer(lambda nn: nn.LocalResponseNorm(5), (8, 32, 28, 28)),
}
ACTIVATIONS = {
    name: Layer(operator.methodcaller(name), IMAGES)
    for name in ("ReLU", "ReLU6", "LeakyReLU", "ELU", "SELU", "GELU", "SiLU", "Mish", "Hardswish", "Softplus", "PReLU",
                 "Sigmoid", "Tanh", "Dropout", "Dropout2d")
}  # fmt: skip
OTHERS = {
    "linear": Layer(lambda nn: nn.Linear(256, 256), (128, 256)),
    "embedding": Layer(lambda nn: nn.Embedding(5000, 128), (16, 64), 5000),
    "embedding bag": Layer(lambda nn: nn.EmbeddingBag(20000, 64), (64, 50), 20000),
    "transformer layer": Layer(lambda nn: nn.TransformerEncoderLayer(128, 4, 512, batch_first=True), ROWS),
    "RNN": Layer(lambda nn: nn.RNN(64, 128, batch_first=True), (32, 50, 64)),
    "LSTM": Layer(lambda nn: nn.LSTM(64, 128, batch_first=True), (32, 50, 64)),
    "GRU": Layer(lambda nn: nn.GRU(64, 128, batch_first=True), (32, 50, 64)),
    "LSTM, two ways": Layer(lambda nn: nn.LSTM(64, 64, batch_first=True, bidirectional=True), (16, 40, 64)),
}
LAYERS = {**CONVOLUTIONS, **WINDOWS, **NORMS, **ACTIVATIONS, **OTHERS}


def work(T: Any, layer: Layer) -> Work:
    """Forward and backward, ready to be timed."""
    module = layer.make(T.nn)
    if layer.below:
        x = T.from_numpy(classes(layer.below, *layer.shape))
    else:
        x = T.from_numpy(_as_layers_leave_it(T, normal(1, *layer.shape))).requires_grad_()
    parameters = [x, *module.parameters()]

    def forward() -> Any:
        y = module(x)
        return y[0] if isinstance(y, tuple) else y

    g = T.ones_like(forward())

    def step() -> Any:
        for parameter in parameters:
            parameter.grad = None
        y = forward()
        y.backward(g)
        return y

    return step


def _as_layers_leave_it(T: Any, x: np.ndarray) -> np.ndarray:
    """Images channels-last for minidl."""
    if T is not minidl or x.ndim != 4:
        return x
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def main() -> None:
    time_each(__doc__, "python -m benchmarks.layers", LAYERS, lambda T, name: work(T, LAYERS[name]))


if __name__ == "__main__":
    run(main)
