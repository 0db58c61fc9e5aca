"""How exact functions of each element are:  python -m benchmarks.accuracy [--every 1] [--dtype float32]

Over every float32, or every n-th, the greatest distance from the exact result, which is taken from float64, in units in
the last place (ULP) of that result; of minidl, of PyTorch, and where minidl's greatest is.  For float64 a wider number
gives the exact result, and by default 32,768 numbers are taken.  Results below 1e-36 (1e-290) count as zero, which
either library makes of some.  Exp, tanh and sigmoid stand there twice: as operators, and as the forms that kernels of
softmax, attention and recurrent layers are made with.
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


class Format(NamedTuple):
    """A format of numbers: as what the exact result is computed, and how many numbers apart are taken by default."""

    exact: Any
    bits: Any
    every: int
    nearly_zero: float


FORMATS: dict[np.dtype[Any], Format] = {
    np.dtype(np.float32): Format(np.float64, np.uint32, 1, 1e-36),
    np.dtype(np.float64): Format(np.longdouble, np.uint64, 0x7FF << 38, 1e-290),
}


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


def wide_erf(x: np.ndarray) -> np.ndarray:
    """Below 2, by a series of positive terms: DLMF 7.6.2."""
    term = total = x
    for n in range(1, 60):
        term = term * (2 * x * x) / (2 * n + 1)
        total = total + term
    return total * np.exp(-x * x) / np.sqrt(np.arctan(x.dtype.type(1)))


def wide_erfc(x: np.ndarray) -> np.ndarray:
    """From 2 on, by a continued fraction: DLMF 7.9.1."""
    below = x
    for n in range(200, 0, -1):
        below = x + n / (2 * below)
    return np.exp(-x * x) / (2 * np.sqrt(np.arctan(x.dtype.type(1))) * below)


def exact_erf(x: np.ndarray) -> np.ndarray:
    if x.dtype == np.float64:
        return scipy.special.erf(x)
    far = np.abs(x) > 2
    return np.where(far, np.sign(x) * (1 - wide_erfc(np.where(far, np.abs(x), 2))), wide_erf(np.where(far, 0, x)))


def exact_ndtr(x: np.ndarray) -> np.ndarray:
    """The normal distribution's cumulative function."""
    if x.dtype == np.float64:
        return scipy.special.ndtr(x)
    z = -x / np.sqrt(x.dtype.type(2))
    return np.where(z > 2, wide_erfc(np.maximum(z, 2)), 1 - exact_erf(np.minimum(z, 2))) / 2


def exact_gelu_tanh(x: np.ndarray) -> np.ndarray:
    number = x.dtype.type
    return x * scipy.special.expit(np.sqrt(2 / np.arctan(number(1))) * (x + number(44715) / 10**6 * x**3))


class Function(NamedTuple):
    """`program(T, x)` over tensors of either library, and the exact function over arrays of wider numbers."""

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
    "erf": Function(lambda T, x: T.erf(x), exact_erf),
    "gelu": Function(lambda T, x: T.nn.functional.gelu(x), lambda x: x * exact_ndtr(x)),
    "gelu tanh": Function(
        lambda T, x: T.nn.functional.gelu(x, approximate="tanh"),
        exact_gelu_tanh,
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


def numbers(every: int, dtype: Any = np.float32) -> Iterator[np.ndarray]:
    """Every n-th finite number of both signs, subnormal ones included, in blocks."""
    kind = FORMATS[np.dtype(dtype)].bits
    infinity, minus = (int(np.array(number, dtype).view(kind)) for number in (np.inf, -0.0))
    for sign in (0, minus):
        for first in range(0, infinity, BLOCK * every):
            bits = np.arange(first, min(first + BLOCK * every, infinity), every, dtype=kind)
            yield (bits | kind(sign)).view(dtype)


def errors(y: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Distances in ULP of the exact result; infinite where just one is NaN, or infinite in the format of y."""
    with np.errstate(all="ignore"):
        rounded = exact.astype(y.dtype)
        apart = np.abs(y - exact) / np.spacing(np.abs(rounded))
    zeros = np.maximum(np.abs(y), np.abs(exact)) < FORMATS[y.dtype].nearly_zero
    same = zeros | (y == rounded) | (np.isnan(y) & np.isnan(rounded))
    return np.where(np.isfinite(y) & np.isfinite(rounded) & ~zeros, apart, np.where(same, 0, np.inf))


def worst(function: Map, exact: Map, every: int, dtype: Any = np.float32) -> Worst:
    """The greatest error of a function."""
    found = Worst(0.0, 0.0)
    for x in numbers(every, dtype):
        with np.errstate(all="ignore"):
            apart = errors(function(x), exact(x.astype(FORMATS[x.dtype].exact)))
        where = int(apart.argmax())
        found = max(found, Worst(float(apart[where]), float(x[where])))
    return found


def main() -> None:
    import torch

    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--every", type=int, help="take every n-th number; by default each float32")
    parser.add_argument("--dtype", choices=[dtype.name for dtype in FORMATS], default="float32")
    options = parser.parse_args()
    dtype = np.dtype(options.dtype)
    every = FORMATS[dtype].every if options.every is None else options.every
    if every < 1:
        parser.error(f"--every {every}: needs at least 1")
    print(f"{'':18} {'minidl ULP':>10} {'at':>14} {'PyTorch ULP':>12}")
    for name, (_, exact) in FUNCTIONS.items():
        ours, theirs = (worst(over_arrays(T, name), exact, every, dtype) for T in (minidl, torch))
        print(f"{name:18} {ours.error:10.3g} {ours.at:14.6g} {theirs.error:12.3g}", flush=True)
    for name, (function, exact) in IN_KERNELS.items():
        ours = worst(function, exact, every, dtype)
        print(f"{name:18} {ours.error:10.3g} {ours.at:14.6g}", flush=True)


if __name__ == "__main__":
    main()
