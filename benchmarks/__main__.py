"""Time whole programs under minidl and PyTorch, in turn, in one process.

Both use the same number of threads and start from the same weights.  A round measures one right after the other; the
table shows medians over the rounds, and the median and quartiles of the rounds' ratios (below 1: minidl is faster).
The last columns count what one step of minidl takes: calls of Python functions, and arrays allocated.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from minidl.errors import MinidlError

from .agreement import ROUNDING, agreement
from .command_line import add_threads, checked, checked_threads, load_pytorch, need_writable, options_of, run
from .machine import conditions_of
from .report import HEADING, Report, count, last_lines, line, measure
from .workloads import WORKLOADS
from .writing import write_report


def compare(names: list[str], threads: list[int], rounds: int) -> Report:
    """Measure and print, line by line."""
    report = Report(conditions_of(["torch"], rounds, threads), [], {})
    print(
        ", ".join(f"{package} {version}" for package, version in report.conditions.versions.items()),
        f"{report.conditions.cpu}, {report.conditions.cores} cores, {report.conditions.date}, {rounds} rounds",
        HEADING,
        sep="\n",
        flush=True,
    )
    for name in names:
        report.overhead[name] = count(name)
        for number in threads:
            report.timings.append(measure(name, number, rounds))
            print(line(report.timings[-1], report.overhead[name]), flush=True)
    print(*last_lines(report), sep="\n")
    return report


def check(names: list[str]) -> None:
    """Print each workload's loss under both.  Raises MinidlError where they differ by more than rounding."""
    import torch

    print(f"{'':21} {'minidl':>12} {'PyTorch':>12} {'difference':>11}")
    differing = []
    for name in names:
        found = agreement(WORKLOADS[name].program, torch)
        print(
            f"{WORKLOADS[name].title:21} {found.ours:12.7f} {found.theirs:12.7f} {found.difference:11.0e}", flush=True
        )
        if not found.difference <= ROUNDING:
            differing.append(name)
    if differing:
        raise MinidlError(f"benchmarks: minidl and PyTorch compute different losses in {', '.join(differing)}")


def main(arguments: Sequence[str] | None = None, program: str = "python -m benchmarks") -> None:
    """Run the command.  Raises MinidlError for what cannot be run or written."""
    parser = options_of(__doc__, program, WORKLOADS, 31)
    add_threads(parser)
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write benchmarks.json, .md and images/*.png there")
    parser.add_argument("--check", action="store_true", help="compare the losses of the first steps; time nothing")
    options = checked(parser.parse_args(arguments), WORKLOADS)
    threads = checked_threads(options.threads)
    load_pytorch()
    if options.check:
        check(options.names)
        return
    if options.out:
        need_writable(options.out)
    report = compare(options.names, threads, options.rounds)
    if options.out:
        for path in write_report(options.out, report):
            print(path)


if __name__ == "__main__":
    run(main)
