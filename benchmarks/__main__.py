"""Time every workload under minidl and PyTorch, in turn:  python -m benchmarks [--rounds 31] [name ...]

Both use the same number of threads.  A round measures one after the other; the table shows medians over the rounds, and
the median and quartiles of the rounds' ratios (below 1: minidl is faster).
"""

from __future__ import annotations

import argparse

import torch

import minidl

from .timing import alternate, conditions, use_threads
from .workloads import WORKLOADS


def compare(name: str, rounds: int) -> str:
    """One line of the table."""
    workload, repeats = WORKLOADS[name]
    found = alternate(workload(minidl), workload(torch), repeats, rounds)
    return (
        f"{name:15} {found.ours:14,.1f} {found.theirs:14,.1f} {found.ratio:8.2f}   "
        f"{found.lower:.2f} to {found.upper:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(WORKLOADS)}; by default all")
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--threads", type=int, default=minidl.get_num_threads())
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in WORKLOADS]
    if unknown:
        parser.error(f"no workload {unknown[0]!r}; there are {', '.join(WORKLOADS)}")
    use_threads(options.threads)
    print(conditions(options.threads, options.rounds))
    print(f"{'':15} {'minidl us':>14} {'PyTorch us':>14} {'ratio':>8}   quartiles")
    for name in options.names or WORKLOADS:
        print(compare(name, options.rounds), flush=True)


if __name__ == "__main__":
    main()
