"""The files of a run, each written whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from minidl.errors import DataError
from minidl.files import whole_file

from . import peer_report, report
from .chart import draw_ratios
from .command_line import not_written
from .page import page

RESULTS, PEERS, PAGE, CHART = "benchmarks.json", "peers.json", "benchmarks.md", "images/benchmarks.png"


def write_report(folder: Path, found: report.Report) -> Iterator[Path]:
    """Write the chart, the figures and the page.  Raises DataError for a file that cannot be written."""
    yield write(folder / CHART, _chart(found))
    yield write(folder / RESULTS, report.to_json(found).encode())
    yield write(folder / PAGE, page(found, _read_peers(folder / PEERS)).encode())


def write_peers(folder: Path, found: peer_report.PeerReport) -> Iterator[Path]:
    """Write the figures of the peers, and the page anew.  Raises DataError for a file that cannot be written."""
    yield write(folder / PEERS, peer_report.to_json(found).encode())
    yield write(folder / PAGE, page(_read_report(folder / RESULTS), found).encode())


def write(path: Path, content: bytes) -> Path:
    """Write a file, and its folder where that is not there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            file.write(content)
    except OSError as error:
        raise not_written(path, error) from None
    return path


def _chart(found: report.Report) -> bytes:
    buffer = io.BytesIO()
    draw_ratios(found, buffer)
    return buffer.getvalue()


def _read_report(path: Path) -> report.Report | None:
    try:
        return report.from_json(path.read_text(encoding="utf-8")) if path.exists() else None
    except (ValueError, KeyError, TypeError, OSError):
        raise _damaged(path) from None


def _read_peers(path: Path) -> peer_report.PeerReport | None:
    try:
        return peer_report.from_json(path.read_text(encoding="utf-8")) if path.exists() else None
    except (ValueError, KeyError, TypeError, OSError):
        raise _damaged(path) from None


def _damaged(path: Path) -> DataError:
    return DataError(f"{path}: no figures of this benchmark; remove it, or choose another folder with --out")
