"""What further threads gain, under minidl and PyTorch:  python -m benchmarks.scaling [--threads 2] [name ...]

Each round times the same step with one thread and with several, of both libraries, one right after the other; the
table shows the medians of the rounds' ratios, and their quartiles.  The last column is what a short loop gains that
touches nothing but its own core's first cache: it says how well the machine itself divides work in those minutes.
"""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
from numba import prange

import minidl

from .command_line import checked, load_pytorch, options_of, run
from .timing import Work, conditions, seconds, use_threads
from .workloads import WORKLOADS

SHARES = 8
"""Of the loop; threads divide them evenly if there are 2, 4 or 8."""


def loop() -> Any:
    """A pass over numbers in the first cache, again and again: some 30 microseconds in one thread."""
    from minidl.kernels.cpu.jit import parallel

    @parallel
    def passes(x, y, workers):
        for t in prange(workers):
            for share in range(t * len(x) // workers, (t + 1) * len(x) // workers):
                numbers, others = x[share], y[share]
                for _ in range(80):
                    for i in range(numbers.size):
                        numbers[i] = numbers[i] * np.float32(0.999) + others[i] * np.float32(0.5)

    x, y = np.zeros((SHARES, 1024), np.float32), np.ones((SHARES, 1024), np.float32)
    return lambda workers: passes(x, y, workers)


def rounds_of(name: str, threads: int, rounds: int) -> list[tuple[float, ...]]:
    """By how much several threads are faster than one: minidl, PyTorch, the loop; of each round."""
    import torch

    passes, repeats = loop(), WORKLOADS[name].repeats
    steps = [WORKLOADS[name].program(T) for T in (minidl, torch)]

    def time(count: int) -> list[float]:
        use_threads(count)
        return [_settled(step, repeats) for step in steps] + [_settled(lambda: passes(count), 100)]

    found = []
    for i in range(rounds + 1):
        one, several = (time(1), time(threads)) if i % 2 else reversed((time(threads), time(1)))
        found.append(tuple(a / b for a, b in zip(one, several, strict=True)))
    return found[1:]


def _settled(step: Work, repeats: int) -> float:
    """The time of a step, behind one that is not measured, since the threads have just changed."""
    step()
    return seconds(step, repeats)


def main() -> None:
    parser = options_of(__doc__, "python -m benchmarks.scaling", WORKLOADS, 31)
    parser.add_argument("--threads", type=int, default=minidl.get_num_threads())
    options = checked(parser.parse_args(), WORKLOADS)
    load_pytorch()
    print(conditions(options.threads, options.rounds))
    print(f"{'':21} {'minidl':^20} {'PyTorch':^20} {'the loop':^20}")
    for name in options.names:
        columns = zip(*rounds_of(name, options.threads, options.rounds), strict=True)
        cells = []
        for column in columns:
            lower, median, upper = statistics.quantiles(column, n=4)
            cells.append(f"{median:5.2f}  {lower:.2f} to {upper:.2f}")
        print(f"{WORKLOADS[name].title:21} {' '.join(f'{cell:^20}' for cell in cells)}", flush=True)


if __name__ == "__main__":
    run(main)
