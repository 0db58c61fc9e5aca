"""Time parts of a training under minidl and PyTorch, in turn:  python -m benchmarks.parts [--rounds 31] [name ...]

Both use the same number of threads.  A round measures one after the other; the table shows medians over the rounds, and
the median and quartiles of the rounds' ratios (below 1: minidl is faster).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import minidl

from .command_line import add_threads, checked, checked_threads, load_pytorch, options_of, run
from .timing import Work, alternate, conditions, use_threads
from .workloads import INPUTS, normal


class Part(NamedTuple):
    """`program(T)` gives the work; `repeats` says how often one measurement does it."""

    program: Callable[[Any], Work]
    repeats: int


def add(T: Any) -> Work:
    """a + b of ten numbers, recorded."""
    a, b = (T.from_numpy(normal(seed, 10)).requires_grad_() for seed in (1, 2))
    return lambda: a + b


def tanh(T: Any) -> Work:
    """tanh of ten numbers, recorded."""
    a = T.from_numpy(normal(INPUTS, 10)).requires_grad_()
    return lambda: T.tanh(a)


def convolution(T: Any) -> Work:
    """3x3 convolution of 64x64x32x32 to 64 channels: forward and both gradients."""
    x, weight = (T.from_numpy(normal(INPUTS, 64, 64, *size)).requires_grad_() for size in ((32, 32), (3, 3)))
    g = T.from_numpy(normal(3, 64, 64, 32, 32))

    def work() -> None:
        x.grad = weight.grad = None
        T.nn.functional.conv2d(x, weight, padding=1).backward(g)

    return work


def _optimizer_step(name: str, sizes: list[int]) -> Callable[[Any], Work]:
    """The step alone, of parameters of these sizes, the optimizer with its defaults."""

    def program(T: Any) -> Work:
        parameters = [T.from_numpy(normal(INPUTS, size)).requires_grad_() for size in sizes]
        for parameter in parameters:
            parameter.grad = T.from_numpy(normal(2, *parameter.shape))
        step: Work = getattr(T.optim, name)(parameters).step
        return step

    return program


SMALL = [round(10 * 1000 ** (i / 19)) for i in range(20)]
"""20 parameters of 10 to 10,000 elements."""

PARTS = {
    "add": Part(add, 2000),
    "tanh": Part(tanh, 2000),
    "convolution": Part(convolution, 1),
    "SGD, 20 small": Part(_optimizer_step("SGD", SMALL), 50),
    "SGD, 4 million": Part(_optimizer_step("SGD", [4_000_000]), 1),
    "Adam, 20 small": Part(_optimizer_step("Adam", SMALL), 50),
    "Adam, 4 million": Part(_optimizer_step("Adam", [4_000_000]), 1),
}


def main() -> None:
    parser = options_of(__doc__, "python -m benchmarks.parts", PARTS, 31)
    add_threads(parser)
    options = checked(parser.parse_args(), PARTS)
    load_pytorch()
    import torch

    for threads in checked_threads(options.threads):
        use_threads(threads)
        print(conditions(threads, options.rounds))
        print(f"{'':15} {'minidl us':>14} {'PyTorch us':>14} {'ratio':>8}   quartiles")
        for name in options.names:
            program, repeats = PARTS[name]
            found = alternate(program(minidl), program(torch), repeats, options.rounds)
            print(
                f"{name:15} {found.ours:14,.1f} {found.theirs:14,.1f} {found.ratio:8.2f}   "
                f"{found.lower:.2f} to {found.upper:.2f}",
                flush=True,
            )


if __name__ == "__main__":
    run(main)
