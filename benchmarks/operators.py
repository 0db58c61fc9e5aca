"""Time single operators under minidl and PyTorch, in turn:  python -m benchmarks.operators [--rounds 15] [name ...]

Small: ten elements, recorded for gradient.  Large: a million elements, not recorded.  The ratio is below 1 where minidl
is faster; the last line is the geometric mean of the ratios.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

import minidl

from .timing import Work, alternate, conditions, use_threads

SMALL, LARGE = (10,), (1000, 1000)


class Operator(NamedTuple):
    """`program(T, *inputs)`, with as many inputs as named: "r" any real numbers, "p" numbers from 0.1 to 0.9."""

    program: Callable[..., Any]
    inputs: str


ELEMENTWISE = {
    "add": Operator(lambda T, a, b: a + b, "rr"),
    "sub": Operator(lambda T, a, b: a - b, "rr"),
    "mul": Operator(lambda T, a, b: a * b, "rr"),
    "div": Operator(lambda T, a, b: a / b, "rp"),
    "mul number": Operator(lambda T, a: a * 2.5, "r"),
    "pow 2": Operator(lambda T, a: a**2, "r"),
    "pow": Operator(lambda T, a, b: a**b, "pr"),
    "neg": Operator(lambda T, a: -a, "r"),
    "abs": Operator(lambda T, a: a.abs(), "r"),
    "exp": Operator(lambda T, a: a.exp(), "r"),
    "log": Operator(lambda T, a: a.log(), "p"),
    "sqrt": Operator(lambda T, a: a.sqrt(), "p"),
    "rsqrt": Operator(lambda T, a: a.rsqrt(), "p"),
    "sin": Operator(lambda T, a: a.sin(), "r"),
    "cos": Operator(lambda T, a: a.cos(), "r"),
    "tanh": Operator(lambda T, a: a.tanh(), "r"),
    "sigmoid": Operator(lambda T, a: a.sigmoid(), "r"),
    "relu": Operator(lambda T, a: a.relu(), "r"),
    "erf": Operator(lambda T, a: a.erf(), "r"),
    "floor": Operator(lambda T, a: a.floor(), "r"),
    "round": Operator(lambda T, a: a.round(), "r"),
    "maximum": Operator(lambda T, a, b: T.maximum(a, b), "rr"),
    "clamp": Operator(lambda T, a: a.clamp(-1, 1), "r"),
    "where": Operator(lambda T, a, b: T.where(a > 0, a, b), "rr"),
    "lerp": Operator(lambda T, a, b: T.lerp(a, b, 0.3), "rr"),
    "addcmul": Operator(lambda T, a, b, c: T.addcmul(a, b, c), "rrr"),
    "atan2": Operator(lambda T, a, b: T.atan2(a, b), "rr"),
    "compare": Operator(lambda T, a, b: a < b, "rr"),
    "gelu": Operator(lambda T, a: T.nn.functional.gelu(a), "r"),
    "silu": Operator(lambda T, a: T.nn.functional.silu(a), "r"),
    "softplus": Operator(lambda T, a: T.nn.functional.softplus(a), "r"),
}
REDUCTIONS = {
    "sum": Operator(lambda T, a: a.sum(), "r"),
    "sum dim": Operator(lambda T, a: a.sum(-1), "r"),
    "mean": Operator(lambda T, a: a.mean(), "r"),
    "prod": Operator(lambda T, a: a.prod(), "p"),
    "max": Operator(lambda T, a: a.max(), "r"),
    "max dim": Operator(lambda T, a: a.max(-1), "r"),
    "amax dim": Operator(lambda T, a: a.amax(-1), "r"),
    "argmax dim": Operator(lambda T, a: a.argmax(-1), "r"),
    "var": Operator(lambda T, a: a.var(), "r"),
    "std dim": Operator(lambda T, a: a.std(-1), "r"),
    "norm": Operator(lambda T, a: a.norm(), "r"),
    "logsumexp": Operator(lambda T, a: a.logsumexp(-1), "r"),
    "cumsum": Operator(lambda T, a: a.cumsum(-1), "r"),
    "softmax": Operator(lambda T, a: a.softmax(-1), "r"),
}
OTHERS = {
    "reshape": Operator(lambda T, a: a.reshape(5, -1), "r"),
    "slice": Operator(lambda T, a: a[2:8], "r"),
    "cat": Operator(lambda T, a, b: T.cat([a, b]), "rr"),
    "stack": Operator(lambda T, a, b: T.stack([a, b]), "rr"),
    "flip": Operator(lambda T, a: a.flip(0), "r"),
    "sort": Operator(lambda T, a: a.sort(-1), "r"),
    "topk": Operator(lambda T, a: a.topk(5, -1), "r"),
    "matmul": Operator(lambda T, a: a @ a, "r"),
}
OPERATORS = {**ELEMENTWISE, **REDUCTIONS, **OTHERS}


def work(T: Any, operator: Operator, shape: tuple[int, ...], recorded: bool) -> Work:
    """The operator on its inputs, ready to be timed."""
    rng = np.random.default_rng(0)
    drawn = [rng.uniform(0.1, 0.9, shape) if kind == "p" else rng.standard_normal(shape) for kind in operator.inputs]
    inputs = [T.from_numpy(x.astype(np.float32)).requires_grad_(recorded) for x in drawn]
    return lambda: operator.program(T, *inputs)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.operators", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help="of the table; by default all")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=minidl.get_num_threads())
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in OPERATORS]
    if unknown:
        parser.error(f"no operator {unknown[0]!r}; there are {', '.join(OPERATORS)}")
    use_threads(options.threads)
    print(conditions(options.threads, options.rounds))
    print(f"{'':12} {'10 elements, recorded':^28}   {'1,000,000 elements':^28}")
    print(
        f"{'':12} {'minidl us':>10} {'PyTorch us':>10} {'ratio':>6}   {'minidl us':>10} {'PyTorch us':>10} {'ratio':>6}"
    )
    ratios: tuple[list[float], list[float]] = ([], [])
    for name in options.names or OPERATORS:
        cells = []
        for i, (shape, recorded, repeats) in enumerate(((SMALL, True, 1000), (LARGE, False, 1))):
            ours, theirs = (work(T, OPERATORS[name], shape, recorded) for T in (minidl, torch))
            found = alternate(ours, theirs, repeats, options.rounds)
            ratios[i].append(found.ratio)
            cells.append(f"{found.ours:10,.1f} {found.theirs:10,.1f} {found.ratio:6.2f}")
        print(f"{name:12} {'   '.join(cells)}", flush=True)
    small, large = (statistics.geometric_mean(part) for part in ratios)
    print(f"{'mean':12} {small:28.2f}   {large:28.2f}")


if __name__ == "__main__":
    main()
