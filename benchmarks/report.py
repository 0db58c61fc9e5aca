"""What a run of the benchmarks finds, as data and as a table in the terminal."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from typing import Any, NamedTuple

import minidl

from .machine import Conditions
from .overhead import Overhead, overhead
from .timing import alternate, use_threads
from .workloads import WORKLOADS


class Timing(NamedTuple):
    """One workload at one thread count: medians in microseconds; median and quartiles of the rounds' ratios."""

    name: str
    title: str
    about: str
    threads: int
    minidl_us: float
    pytorch_us: float
    ratio: float
    lower: float
    upper: float


class Report(NamedTuple):
    """A whole run.  `overhead` by workload."""

    conditions: Conditions
    timings: list[Timing]
    overhead: dict[str, Overhead]

    def at(self, threads: int) -> list[Timing]:
        """The timings at one thread count."""
        return [timing for timing in self.timings if timing.threads == threads]

    @property
    def shown_threads(self) -> int:
        """The greatest thread count: that of the main table."""
        return max(self.conditions.threads)


def measure(name: str, threads: int, rounds: int) -> Timing:
    """Time a workload under both libraries, in turn."""
    import torch

    title, about, program, repeats = WORKLOADS[name]
    use_threads(threads)
    found = alternate(program(minidl), program(torch), repeats, rounds)
    return Timing(name, title, about, threads, *found)


def count(name: str) -> Overhead:
    """Count a workload's step under minidl."""
    return overhead(WORKLOADS[name].program(minidl))


def geometric_mean(timings: list[Timing]) -> float:
    """Of the ratios."""
    return statistics.geometric_mean(timing.ratio for timing in timings)


def speed_ups(report: Report) -> Iterator[tuple[Timing, float, float]]:
    """For each workload: its timing at the most threads, and by how much that is faster than at the fewest."""
    fewest = {timing.name: timing for timing in report.at(min(report.conditions.threads))}
    for timing in report.at(report.shown_threads):
        few = fewest[timing.name]
        yield timing, few.minidl_us / timing.minidl_us, few.pytorch_us / timing.pytorch_us


# --- the table in the terminal ----------------------------------------------------------------------------------------

HEADING = (
    f"{'':21} {'threads':>7} {'minidl':>10} {'PyTorch':>10} {'ratio':>6}   {'quartiles':13} {'calls':>7} {'arrays':>7}"
)


def duration(microseconds: float) -> str:
    """Three digits and a unit."""
    for unit, size in (("us", 1.0), ("ms", 1e3), ("s", 1e6)):
        if microseconds < 999.5 * size or unit == "s":
            value = microseconds / size
            return f"{value:.{0 if value >= 99.95 else 1 if value >= 9.995 else 2}f} {unit}"
    raise AssertionError("unreachable")


def line(timing: Timing, counted: Overhead) -> str:
    """One line under HEADING."""
    return (
        f"{timing.title:21} {timing.threads:7} {duration(timing.minidl_us):>10} {duration(timing.pytorch_us):>10} "
        f"{timing.ratio:6.2f}   {timing.lower:.2f} to {timing.upper:.2f}  {counted.python_calls:7,} {counted.arrays:7,}"
    )


def last_lines(report: Report) -> Iterator[str]:
    """Geometric means, and speed-ups where several thread counts were measured."""
    for threads in report.conditions.threads:
        yield f"{'geometric mean':21} {threads:7} {geometric_mean(report.at(threads)):28.2f}"
    if len(report.conditions.threads) > 1:
        yield f"\n{report.shown_threads} threads against {min(report.conditions.threads)}:"
        yield f"{'':21} {'minidl':>8} {'PyTorch':>8}"
        for timing, ours, theirs in speed_ups(report):
            yield f"{timing.title:21} {ours:7.2f}x {theirs:7.2f}x"


# --- the file ---------------------------------------------------------------------------------------------------------


def to_json(report: Report) -> str:
    """The report as a JSON object."""
    content = {
        "conditions": report.conditions._asdict(),
        "geometric_mean": {str(n): round(geometric_mean(report.at(n)), 4) for n in report.conditions.threads},
        "timings": [timing._asdict() for timing in report.timings],
        "overhead": {name: counted._asdict() for name, counted in report.overhead.items()},
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> Report:
    """The report that `to_json` wrote."""
    content: dict[str, Any] = json.loads(text)
    return Report(
        Conditions(**content["conditions"]),
        [Timing(**timing) for timing in content["timings"]],
        {name: Overhead(**counted) for name, counted in content["overhead"].items()},
    )
