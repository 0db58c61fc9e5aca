"""The page docs/benchmarks.md, from what the commands measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .machine import Conditions
from .peer_report import PeerReport
from .report import Report, duration, geometric_mean, speed_ups

TITLE = """# Benchmarks

The same program under minidl and under other libraries, in turn, in one process.  A command measures and writes this
page; nothing on it is written by hand."""

HOW = """## How it is measured

Each workload is one program over a namespace that is minidl or PyTorch, in
[benchmarks/workloads.py](../benchmarks/workloads.py).  Both start from the same weights and the same batch, drawn by
NumPy from seeds; `--check` compares their losses after each of the first steps.  After two steps to warm up, each round
measures a step of one and right after it a step of the other, every second round in the other order, so that whatever
else the machine does meets both.  The ratio is taken round by round.  The tables show its median and quartiles; below
1, minidl is faster.  Both use the same number of threads.  PyTorch runs as it does by default, without `torch.compile`.

Threads of NumPy's BLAS, which some of the other libraries use, wait awake for a while in the hope of more work, and so
take a core from whoever comes next.  Beside those libraries, 0.15 seconds and a step that is not measured therefore
pass before each measurement."""

AGAIN = """## Run it

    .venv/bin/pip install -e '.[bench]'
    .venv/bin/minidl bench
    .venv/bin/minidl bench lenet gpt --rounds 15
    .venv/bin/minidl bench --check
    .venv/bin/minidl bench --threads 1 2 --out docs

`python -m benchmarks` is the same.  `--out FOLDER` writes `FOLDER/benchmarks.md`, all figures as
`FOLDER/benchmarks.json`, and `FOLDER/images/benchmarks.png`.

    .venv/bin/pip install -e '.[bench,peers]'
    .venv/bin/python -m benchmarks.peers --out docs

This adds the libraries that are installed; tinygrad also needs clang (`CC` may name it).

Single operators, single layers, further networks and other parts of a training have tables of their own,
`python -m benchmarks.operators`, `benchmarks.layers`, `benchmarks.further` and `benchmarks.parts`; `benchmarks.scaling`
measures what further threads gain.  [kernels.md](kernels.md) shows what runs below them, and
[story-of-a-kernel.md](story-of-a-kernel.md) how one of them became fast."""


def page(report: Report | None, peers: PeerReport | None) -> str:
    """The page in Markdown, with the parts that were measured."""
    parts = [TITLE]
    if report:
        parts += [_against_pytorch(report)]
        if len(report.conditions.threads) > 1:
            parts += [_threads(report)]
        parts += [_python(report), _workloads(report)]
    if peers:
        parts += [_peers(peers)]
    return "\n\n".join([*parts, HOW, AGAIN]) + "\n"


def conditions_table(conditions: Conditions) -> str:
    """The machine and the versions."""
    versions = ", ".join(f"{package} {version}" for package, version in conditions.versions.items())
    rows = [
        ("date", conditions.date),
        ("processor", f"{conditions.cpu}, {conditions.cores} cores"),
        ("memory", f"{conditions.memory:.0f} GiB"),
        ("system", conditions.system),
        ("versions", versions),
        ("rounds", str(conditions.rounds)),
    ]
    return table(("measured on", ""), rows)


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _against_pytorch(report: Report) -> str:
    timings = report.at(report.shown_threads)
    rows = [
        (
            timing.title,
            duration(timing.minidl_us),
            duration(timing.pytorch_us),
            f"**{timing.ratio:.2f}**",
            f"{timing.lower:.2f} to {timing.upper:.2f}",
        )
        for timing in timings
    ]
    rows.append(("geometric mean", "", "", f"**{geometric_mean(timings):.2f}**", ""))
    found = table(("workload", "minidl", "PyTorch", "ratio", "quartiles"), rows)
    return (
        f"## Against PyTorch\n\nOne training step (forward, backward, optimizer), or one forward pass for inference, "
        f"with {_threads_named(report.shown_threads)}:\n\n"
        f"![minidl's time divided by PyTorch's, by workload](images/benchmarks.png)\n\n{found}\n\n"
        f"{conditions_table(report.conditions)}"
    )


def _threads_named(count: int) -> str:
    return "one thread" if count == 1 else f"{count} threads"


def _threads(report: Report) -> str:
    few, many = min(report.conditions.threads), report.shown_threads
    times = {timing.name: timing for timing in report.at(few)}
    rows = [
        (
            timing.title,
            duration(times[timing.name].minidl_us),
            duration(times[timing.name].pytorch_us),
            f"{times[timing.name].ratio:.2f}",
            f"**{ours:.2f}x**",
            f"{theirs:.2f}x",
        )
        for timing, ours, theirs in speed_ups(report)
    ]
    rows.append(("geometric mean", "", "", f"{geometric_mean(report.at(few)):.2f}", "", ""))
    heading = ("workload", f"minidl, {few}", f"PyTorch, {few}", "ratio", "speed-up of minidl", "of PyTorch")
    slow, fast = _threads_named(few), _threads_named(many)
    return (
        f"## {fast.capitalize()} against {slow}\n\nTimes with {slow}, and by how much {fast} are faster:\n\n"
        f"{table(heading, rows)}"
    )


def _python(report: Report) -> str:
    rows = [
        (
            timing.title,
            *(f"{count:,}" for count in report.overhead[timing.name][:4]),
            f"{report.overhead[timing.name].array_bytes / 2**20:,.1f} MiB",
        )
        for timing in report.at(report.shown_threads)
    ]
    heading = ("workload", "Python calls", "calls of built-ins", "operations recorded", "arrays", "their memory")
    return (
        "## Python in a step\n\nWhat one step of minidl takes besides arithmetic, counted apart from the timing: calls "
        "of functions, operations recorded for the backward pass, and arrays that NumPy allocates (views, and buffers "
        f"inside compiled kernels, are not among them):\n\n{table(heading, rows)}"
    )


def _workloads(report: Report) -> str:
    rows = [(f"`{timing.name}`", timing.title, timing.about) for timing in report.at(report.shown_threads)]
    return f"## The workloads\n\n{table(('name', '', 'one step'), rows)}"


def _peers(peers: PeerReport) -> str:
    titles = dict.fromkeys(timing.title for timing in peers.timings)
    cells = {(timing.peer, timing.title): timing for timing in peers.timings}
    rows = []
    for peer in dict.fromkeys(timing.peer for timing in peers.timings):
        found = [cells.get((peer, title)) for title in titles]
        rows.append((peer, *(f"**{x.ratio:.2f}** ({duration(x.peer_us)})" if x else "" for x in found)))
    absent = f"\n\nNot installed where this was measured: {', '.join(peers.absent)}." if peers.absent else ""
    return (
        "## Against others\n\nminidl's time divided by the other's, and the other's time; below 1, minidl is faster.  "
        "The same step from the same weights, written as each library is used, in "
        "[benchmarks/peers](../benchmarks/peers).  An empty cell: not written there, or not to be expressed.  All run "
        f"on the processor, with as many threads as it has cores.\n\n{table(('library', *titles), rows)}{absent}\n\n"
        f"{conditions_table(peers.conditions)}"
    )
