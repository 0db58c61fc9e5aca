"""Time every workload under minidl and PyTorch, in turn:  python -m benchmarks [--rounds 31] [name ...]

Both use the same number of threads.  A round measures one after the other; the table shows medians over the rounds, and
the median and quartiles of the rounds' ratios (below 1: minidl is faster).
"""

from __future__ import annotations

import argparse
import datetime
import platform
import statistics
import time

import torch

import minidl

from .workloads import WORKLOADS, Work


def seconds(work: Work, repeats: int) -> float:
    """The time of one repetition."""
    start = time.perf_counter()
    for _ in range(repeats):
        work()
    return (time.perf_counter() - start) / repeats


def compare(name: str, rounds: int) -> str:
    """One line of the table."""
    workload, repeats = WORKLOADS[name]
    ours, theirs = workload(minidl), workload(torch)
    for work in (ours, theirs, ours, theirs):
        work()
    pairs = [(seconds(ours, repeats), seconds(theirs, repeats)) for _ in range(rounds)]
    lower, ratio, upper = statistics.quantiles((a / b for a, b in pairs), n=4)
    a, b = (statistics.median(times) * 1e6 for times in zip(*pairs, strict=True))
    return f"{name:14} {a:14,.1f} {b:14,.1f} {ratio:8.2f}   {lower:.2f} to {upper:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(WORKLOADS)}; by default all")
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--threads", type=int, default=minidl.get_num_threads())
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in WORKLOADS]
    if unknown:
        parser.error(f"no workload {unknown[0]!r}; there are {', '.join(WORKLOADS)}")
    minidl.set_num_threads(options.threads)
    torch.set_num_threads(options.threads)
    print(
        f"minidl {minidl.__version__}, PyTorch {torch.__version__}, Python {platform.python_version()}, "
        f"{options.threads} threads, {platform.machine()}, {datetime.date.today()}, {options.rounds} rounds"
    )
    print(f"{'':14} {'minidl us':>14} {'PyTorch us':>14} {'ratio':>8}   quartiles")
    for name in options.names or WORKLOADS:
        print(compare(name, options.rounds), flush=True)


if __name__ == "__main__":
    main()
