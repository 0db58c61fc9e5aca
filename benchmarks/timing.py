"""Timing two programs in alternation.

PyTorch is imported where it is used, so that minidl can be timed beside others without it.
"""

from __future__ import annotations

import datetime
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import minidl

Work = Callable[[], Any]


class Comparison(NamedTuple):
    """Medians of both times in microseconds; the median and the quartiles of the rounds' ratios."""

    ours: float
    theirs: float
    ratio: float
    lower: float
    upper: float


def seconds(work: Work, repeats: int) -> float:
    """The time of one repetition."""
    start = time.perf_counter()
    for _ in range(repeats):
        work()
    return (time.perf_counter() - start) / repeats


def alternate(ours: Work, theirs: Work, repeats: int, rounds: int, pause: float = 0.0) -> Comparison:
    """A round measures one right after the other, every second round in the other order.

    `pause` is in seconds, before each measurement and a step that is not measured: what threads need to fall asleep
    that would still be waiting for more of the work before, and so take a core from the next.
    """

    def measured(work: Work) -> float:
        if pause:
            time.sleep(pause)
            work()
        return seconds(work, repeats)

    for work in (ours, theirs, ours, theirs):
        work()
    pairs = []
    for i in range(rounds):
        if i % 2:
            their_time = measured(theirs)
            pairs.append((measured(ours), their_time))
        else:
            pairs.append((measured(ours), measured(theirs)))
    lower, ratio, upper = statistics.quantiles((a / b for a, b in pairs), n=4)
    a, b = (statistics.median(times) * 1e6 for times in zip(*pairs, strict=True))
    return Comparison(a, b, ratio, lower, upper)


def use_threads(count: int) -> None:
    """Both sides use the same number of threads."""
    import torch

    minidl.set_num_threads(count)
    torch.set_num_threads(count)


def conditions(threads: int, rounds: int) -> str:
    """What a figure needs beside it."""
    import torch

    return (
        f"minidl {minidl.__version__}, PyTorch {torch.__version__}, Python {platform.python_version()}, "
        f"{threads} threads, {platform.machine()}, {datetime.date.today()}, {rounds} rounds"
    )
