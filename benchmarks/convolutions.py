"""3x3 convolutions with stride 1 under minidl and PyTorch:  python -m benchmarks.convolutions [--rounds 9]

Of each shape the forward, and the forward with both gradients, in milliseconds.  PyTorch is timed with images in its
own order and channels-last, and the faster of the two counts; minidl's images lie channels-last, as its layers leave
them.  All take turns.  Errors are the greatest of the output and the two gradients against float64, as parts of the
greatest value: of minidl, and of PyTorch.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

import minidl

from .timing import Work, conditions, seconds, use_threads


class Shape(NamedTuple):
    """Images (batch, channels, size, size) -> (batch, kernels, size, size)."""

    batch: int
    channels: int
    kernels: int
    size: int


SHAPES = [
    Shape(32, 3, 64, 32),
    Shape(32, 3, 32, 64),
    Shape(8, 3, 64, 224),
    Shape(32, 10, 64, 32),
    Shape(64, 64, 10, 32),
    Shape(64, 16, 16, 32),
    Shape(64, 32, 32, 56),
    Shape(64, 32, 32, 32),
    Shape(64, 32, 32, 13),
    Shape(32, 32, 64, 32),
    Shape(32, 64, 64, 56),
    Shape(64, 64, 64, 32),
    Shape(32, 64, 64, 32),
    Shape(32, 64, 128, 16),
    Shape(32, 128, 128, 28),
    Shape(64, 128, 128, 16),
    Shape(32, 128, 128, 16),
    Shape(32, 256, 256, 14),
    Shape(64, 256, 256, 8),
    Shape(32, 256, 256, 8),
    Shape(32, 512, 512, 7),
    Shape(32, 512, 512, 4),
    Shape(4, 64, 64, 8),
    Shape(2, 256, 256, 7),
    Shape(2, 512, 512, 7),
    Shape(1, 3, 64, 224),
    Shape(1, 32, 32, 14),
    Shape(1, 64, 64, 32),
    Shape(1, 128, 128, 16),
    Shape(1, 128, 128, 7),
    Shape(1, 256, 256, 8),
    Shape(1, 512, 512, 4),
]


class Arrays(NamedTuple):
    """Image and gradient, which lie channels-last, and weight."""

    x: np.ndarray
    weight: np.ndarray
    g: np.ndarray


def draw(shape: Shape) -> Arrays:
    """Normal numbers, the weight's such that the output's variance is about 1."""
    random = np.random.default_rng(0)
    n, c, k, size = shape
    x, g = (random.standard_normal((n, size, size, m), np.float32).transpose(0, 3, 1, 2) for m in (c, k))
    return Arrays(x, random.standard_normal((k, c, 3, 3), np.float32) / np.float32(3 * c**0.5), g)


def in_minidl(arrays: Arrays) -> list[Any]:
    """The arrays as tensors."""
    return [minidl.from_numpy(a) for a in arrays]


def in_pytorch(layout: Any) -> Callable[[Arrays], list[Any]]:
    """The same in one of PyTorch's memory formats."""
    return lambda arrays: [torch.from_numpy(a).contiguous(memory_format=layout) for a in arrays]


def forward(T: Any, x: Any, weight: Any, g: Any) -> Work:
    """The forward alone, not recorded."""

    def work() -> Any:
        with T.no_grad():
            return T.nn.functional.conv2d(x, weight, padding=1)

    return work


def training(T: Any, x: Any, weight: Any, g: Any) -> Work:
    """The forward and both gradients."""
    x, weight = x.detach().requires_grad_(), weight.detach().requires_grad_()

    def work() -> list[Any]:
        x.grad = weight.grad = None
        y = T.nn.functional.conv2d(x, weight, padding=1)
        y.backward(g)
        return [y.detach(), x.grad, weight.grad]

    return work


LIBRARIES: list[tuple[Any, Callable[[Arrays], list[Any]]]] = [
    (minidl, in_minidl),
    (torch, in_pytorch(torch.contiguous_format)),
    (torch, in_pytorch(torch.channels_last)),
]


def compare(work: Callable[..., Work], arrays: Arrays, rounds: int) -> tuple[float, float]:
    """Median milliseconds of minidl, and of the better of PyTorch's layouts."""
    works = [work(T, *convert(arrays)) for T, convert in LIBRARIES]
    for each in works * 2:
        each()
    repeats = max(1, int(0.06 / max(seconds(each, 1) for each in works)))
    times = [[seconds(each, repeats) for each in works] for _ in range(rounds)]
    ours, *theirs = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
    return ours, min(theirs)


def errors(arrays: Arrays) -> tuple[float, float]:
    """Of minidl and of PyTorch, against PyTorch in float64."""
    exact = training(torch, *(torch.from_numpy(a.astype(np.float64)) for a in arrays))()
    found = [training(T, *convert(arrays))() for T, convert in LIBRARIES[:2]]
    ours, theirs = (
        max(float(abs(a.numpy() - b.numpy()).max() / abs(b.numpy()).max()) for a, b in zip(results, exact, strict=True))
        for results in found
    )
    return ours, theirs


def line(shape: Shape, rounds: int) -> str:
    """One line of the table."""
    arrays = draw(shape)
    ours, theirs = compare(forward, arrays, rounds)
    all_ours, all_theirs = compare(training, arrays, rounds)
    error, their_error = errors(arrays)
    name = f"{shape.batch:3} x {shape.channels:3} -> {shape.kernels:3} at {shape.size}x{shape.size}"
    return (
        f"{name:26}{ours:9.2f}{theirs:9.2f}{ours / theirs:7.2f} {all_ours:9.2f}{all_theirs:9.2f}"
        f"{all_ours / all_theirs:7.2f}   {error:.0e}  {their_error:.0e}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.convolutions", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=minidl.get_num_threads())
    options = parser.parse_args()
    use_threads(options.threads)
    print(conditions(options.threads, options.rounds))
    print(f"{'':26}{'forward':>25} {'and both gradients':>25}   {'error':>12}")
    print(f"{'':26}{'minidl':>9}{'PyTorch':>9}{'ratio':>7} {'minidl':>9}{'PyTorch':>9}{'ratio':>7}   minidl PyTorch")
    for shape in SHAPES:
        print(line(shape, options.rounds), flush=True)


if __name__ == "__main__":
    main()
