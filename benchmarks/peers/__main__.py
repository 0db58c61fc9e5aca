"""Time training steps under minidl and under other libraries than PyTorch, each in turn with minidl, in one process.

A library that is not installed is named as absent.  All run on the processor with as many threads as it has cores.  The
table shows medians, the median and quartiles of the rounds' ratios (below 1: minidl is faster), and the relative
difference of the losses after the first steps.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import minidl

from ..agreement import STEPS
from ..command_line import checked, need_writable, options_of, run
from ..machine import conditions_of
from ..peer_report import PeerReport, PeerTiming
from ..report import duration
from ..timing import Work, alternate, seconds
from ..workloads import WORKLOADS
from ..writing import write_peers
from .tasks import TASKS, Programs

ADAPTERS = {
    "jax": "with_jax",
    "tinygrad": "with_tinygrad",
    "mygrad": "with_mygrad",
    "autograd": "with_autograd",
    "scikit-learn": "with_sklearn",
}
"""The package's name and the file that uses it."""

LONGEST = 0.3
"""Seconds that one measurement may take before it repeats the step less often."""


PAUSE = 0.15
"""Seconds before each measurement.  Threads of NumPy's BLAS wait awake for 0.1 s; without the pause, minidl's step of
LeNet-5 took 16 ms beside MyGrad's, which uses them, instead of 8.  Beside PyTorch a pause changes nothing."""


def programs_of(package: str) -> Programs | str:
    """What the library can do, or why it is absent."""
    try:
        found: Programs = importlib.import_module(f".{ADAPTERS[package]}", __package__).PROGRAMS
    except ModuleNotFoundError:
        return package
    except ImportError as error:
        return f"{package} ({error})"
    return found


def difference(ours: Work, theirs: Work) -> float:
    """The greatest relative difference of the first steps' losses."""
    losses = [(ours().item(), theirs()) for _ in range(STEPS)]
    return max(abs(a - b) / abs(b) for a, b in losses)


def measure(peer: str, name: str, theirs: Work, rounds: int) -> PeerTiming:
    """Time a workload under minidl and `theirs`, in turn."""
    title, _, program, repeats = WORKLOADS[name]
    ours = program(minidl)
    differing = difference(ours, theirs)
    repeats = max(1, min(repeats, int(LONGEST / seconds(theirs, 1))))
    return PeerTiming(peer, name, title, *alternate(ours, theirs, repeats, rounds, PAUSE), differing)


def timings(packages: dict[str, Programs], names: list[str], rounds: int) -> Iterator[PeerTiming]:
    """Every workload of every library that is there."""
    for programs in packages.values():
        for peer, steps in programs.items():
            for name in names:
                if name in steps:
                    yield measure(peer, name, steps[name](TASKS[name]()), rounds)


def main() -> None:
    """Run the command.  Raises MinidlError for what cannot be run or written."""
    parser = options_of(__doc__, "python -m benchmarks.peers", TASKS, 15)
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write peers.json there, and benchmarks.md anew")
    options = checked(parser.parse_args(), TASKS)
    if options.out:
        need_writable(options.out)
    found = {package: programs_of(package) for package in ADAPTERS}
    there = {package: programs for package, programs in found.items() if not isinstance(programs, str)}
    absent = [reason for reason in found.values() if isinstance(reason, str)]
    threads = [minidl.get_num_threads()]
    report = PeerReport(conditions_of(list(there), options.rounds, threads), [], absent)
    print(f"{'':18} {'':12} {'minidl':>10} {'other':>10} {'ratio':>6}   {'quartiles':13} {'difference':>10}")
    for timing in timings(there, options.names, options.rounds):
        report.timings.append(timing)
        print(
            f"{timing.peer:18} {timing.title:12} {duration(timing.minidl_us):>10} {duration(timing.peer_us):>10} "
            f"{timing.ratio:6.2f}   {timing.lower:.2f} to {timing.upper:.2f}  {timing.difference:10.0e}",
            flush=True,
        )
    for reason in absent:
        print(f"absent: {reason}")
    if options.out:
        for path in write_peers(options.out, report):
            print(path)


if __name__ == "__main__":
    run(main)
