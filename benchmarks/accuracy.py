"""How exact functions of each element are:  python -m benchmarks.accuracy [--every 1]

Over every float32, or every n-th, the greatest distance from the exact result, which is taken from float64, in units in
the last place (ULP) of that result; of minidl, of PyTorch, and where minidl's greatest is.  Results below 1e-36 count
as zero, which either library makes of some.  Exp, tanh and sigmoid stand there twice: as operators, and as the forms
that kernels of softmax, attention and recurrent layers are made with.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import scipy.special

import minidl
from minidl.kernels.cpu import exponential
from minidl.kernels.cpu.ufuncs import elementwise

Map = Callable[[np.ndarray], np.ndarray]

BLOCK = 1 << 24
"""Numbers at a time."""

NEARLY_ZERO = 1e-36


class Worst(NamedTuple):
    """The greatest error, in ULP, and the argument where it is."""

    error: float
    at: float


@elementwise
def exp_in_kernels(real: Any) -> Any:
    """What jitted loops call."""
    return lambda x: exponential.exp(x)


@elementwise
def tanh_in_kernels(real: Any) -> Any:
    """What jitted loops call."""
    return lambda x: exponential.tanh(x)


@elementwise
def sigmoid_in_kernels(real: Any) -> Any:
    """What jitted loops call."""
    return lambda x: exponential.sigmoid(x)


class Function(NamedTuple):
    """`program(T, x)` over tensors of either library, and the exact function over arrays of float64."""

    program: Callable[[Any, Any], Any]
    exact: Map


FUNCTIONS = {
    "exp": Function(lambda T, x: T.exp(x), np.exp),
    "log": Function(lambda T, x: T.log(x), np.log),
    "tanh": Function(lambda T, x: T.tanh(x), np.tanh),
    "sigmoid": Function(lambda T, x: T.sigmoid(x), scipy.special.expit),
    "logsigmoid": Function(lambda T, x: T.nn.functional.logsigmoid(x), lambda x: -np.logaddexp(0, -x)),
    "softplus": Function(lambda T, x: T.nn.functional.softplus(x), lambda x: np.logaddexp(0, x)),
    "silu": Function(lambda T, x: T.nn.functional.silu(x), lambda x: x * scipy.special.expit(x)),
    "erf": Function(lambda T, x: T.erf(x), scipy.special.erf),
    "gelu": Function(lambda T, x: T.nn.functional.gelu(x), lambda x: x * scipy.special.ndtr(x)),
    "gelu tanh": Function(
        lambda T, x: T.nn.functional.gelu(x, approximate="tanh"),
        lambda x: x * scipy.special.expit(2 * np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)),
    ),
}
IN_KERNELS: dict[str, tuple[Map, Map]] = {
    "exp in kernels": (exp_in_kernels, np.exp),
    "tanh in kernels": (tanh_in_kernels, np.tanh),
    "sigmoid in kernels": (sigmoid_in_kernels, scipy.special.expit),
}
"""Ours and the exact one, over arrays."""


def over_arrays(T: Any, name: str) -> Map:
    """A library's function of that name."""
    return lambda x: FUNCTIONS[name].program(T, T.from_numpy(x)).numpy()


def numbers(every: int) -> Iterator[np.ndarray]:
    """Every n-th finite float32 of both signs, subnormal ones included, in blocks."""
    infinity = int(np.float32(np.inf).view(np.uint32))
    for sign in (0, 1 << 31):
        for first in range(0, infinity, BLOCK * every):
            bits = np.arange(first, min(first + BLOCK * every, infinity), every, dtype=np.uint32)
            yield (bits | np.uint32(sign)).view(np.float32)


def errors(y: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Distances in ULP of the exact result; infinite where just one is NaN, or infinite in float32."""
    with np.errstate(all="ignore"):
        rounded = exact.astype(np.float32)
        apart = np.abs(y - exact) / np.spacing(np.abs(rounded))
    zeros = np.maximum(np.abs(y), np.abs(exact)) < NEARLY_ZERO
    same = zeros | (y == rounded) | (np.isnan(y) & np.isnan(rounded))
    return np.where(np.isfinite(y) & np.isfinite(rounded) & ~zeros, apart, np.where(same, 0, np.inf))


def worst(function: Map, exact: Map, every: int) -> Worst:
    """The greatest error of a function."""
    found = Worst(0.0, 0.0)
    for x in numbers(every):
        with np.errstate(all="ignore"):
            apart = errors(function(x), exact(x.astype(np.float64)))
        where = int(apart.argmax())
        found = max(found, Worst(float(apart[where]), float(x[where])))
    return found


def main() -> None:
    import torch

    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take every n-th float32; by default each")
    options = parser.parse_args()
    if options.every < 1:
        parser.error(f"--every {options.every}: needs at least 1")
    print(f"{'':18} {'minidl ULP':>10} {'at':>14} {'PyTorch ULP':>12}")
    for name, (_, exact) in FUNCTIONS.items():
        ours, theirs = (worst(over_arrays(T, name), exact, options.every) for T in (minidl, torch))
        print(f"{name:18} {ours.error:10.3g} {ours.at:14.6g} {theirs.error:12.3g}", flush=True)
    for name, (function, exact) in IN_KERNELS.items():
        ours = worst(function, exact, options.every)
        print(f"{name:18} {ours.error:10.3g} {ours.at:14.6g}", flush=True)


if __name__ == "__main__":
    main()
