"""Ratios as bars."""

from __future__ import annotations

from typing import Any, BinaryIO

from .report import Report

FASTER, SLOWER = "#2a7f62", "#d1495b"


def draw_ratios(report: Report, file: BinaryIO) -> None:
    """Draw each workload's ratio, with its quartiles, into `file` as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    timings = report.at(report.shown_threads)
    figure = Figure(figsize=(9, 0.9 + 0.38 * len(timings)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for place, timing in enumerate(timings):
        spread = [[timing.ratio - timing.lower], [timing.upper - timing.ratio]]
        axes.barh(place, timing.ratio, color=FASTER if timing.ratio < 1 else SLOWER, height=0.66)
        axes.errorbar(timing.ratio, place, xerr=spread, color="#333333", linewidth=1, capsize=3)
        beside: dict[str, Any] = {"xytext": (6, 0), "textcoords": "offset points", "va": "center"}
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # where the line at 1 would run through
        axes.annotate(f"{timing.ratio:.2f}", (timing.upper, place), bbox=paper, **beside)
    axes.axvline(1, color="#333333", linewidth=1)
    axes.set_yticks(range(len(timings)), [timing.title for timing in timings])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.12 * max(1.0, *(timing.upper for timing in timings)))
    axes.set_xlabel("minidl's time / PyTorch's time; left of the line minidl is faster")
    axes.set_title(f"One step, {report.shown_threads} threads, {report.conditions.cpu}", loc="left")
    axes.grid(axis="x", alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    figure.savefig(file, dpi=120, format="png")
