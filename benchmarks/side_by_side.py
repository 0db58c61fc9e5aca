"""A table of programs by name, each timed under minidl and PyTorch in turn."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from typing import Any

import minidl

from .command_line import checked, load_pytorch, options_of
from .timing import Work, alternate, conditions, use_threads


def time_each(about: str | None, program: str, known: Iterable[str], work: Callable[[Any, str], Work]) -> None:
    """Read the command line of `program`, time `work(T, name)` of the names it gives, and print line by line."""
    load_pytorch()
    import torch

    parser = options_of(about, program, known, 15)
    parser.add_argument("--threads", type=int, default=minidl.get_num_threads())
    options = checked(parser.parse_args(), known)
    use_threads(options.threads)
    print(conditions(options.threads, options.rounds))
    print(f"{'':28} {'minidl us':>10} {'PyTorch us':>10} {'ratio':>6}   quartiles")
    ratios = []
    for name in options.names:
        found = alternate(work(minidl, name), work(torch, name), 3, options.rounds)
        ratios.append(found.ratio)
        times = f"{found.ours:10,.0f} {found.theirs:10,.0f} {found.ratio:6.2f}"
        print(f"{name:28} {times}   {found.lower:.2f} to {found.upper:.2f}", flush=True)
    print(f"{'geometric mean':28} {statistics.geometric_mean(ratios):28.2f}")
