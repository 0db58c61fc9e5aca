"""The figures of a run: as a table, as JSON, as a chart, as a page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks import peer_report, report
from benchmarks.machine import Conditions, conditions_of, cpu_model, memory_bytes
from benchmarks.overhead import Overhead
from benchmarks.page import page
from benchmarks.peer_report import PeerReport, PeerTiming
from benchmarks.report import HEADING, Report, Timing, duration, last_lines, line, speed_ups
from benchmarks.writing import write_peers, write_report
from minidl.errors import DataError

PNG = b"\x89PNG\r\n\x1a\n"
CONDITIONS = Conditions("2026-01-02", "A Processor", 2, 15.6, "Linux x86_64", {"minidl": "0.1.0"}, 5, [1, 2])


def timing(name: str, threads: int, ours: float, theirs: float) -> Timing:
    ratio = ours / theirs
    return Timing(name, name.upper(), f"what {name} is", threads, ours, theirs, ratio, 0.9 * ratio, 1.1 * ratio)


@pytest.fixture
def found() -> Report:
    timings = [timing("net", 1, 2000, 1000), timing("net", 2, 1000, 800), timing("mlp", 1, 50, 100)]
    timings.append(timing("mlp", 2, 40, 100))
    counted = {"net": Overhead(1234, 500, 20, 30, 3 * 2**20), "mlp": Overhead(12, 5, 2, 3, 100)}
    return Report(CONDITIONS, timings, counted)


@pytest.fixture
def peers() -> PeerReport:
    timings = [
        PeerTiming("Alpha", "net", "NET", 10, 20, 0.5, 0.4, 0.6, 1e-7),
        PeerTiming("Beta", "mlp", "MLP", 10, 5, 2.0, 1.9, 2.1, 0.0),
    ]
    return PeerReport(CONDITIONS, timings, ["gamma", "delta (no compiler)"])


def tables(text: str) -> list[list[list[str]]]:
    """The tables of a Markdown page, as cells without the line below the heading."""
    blocks = re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE)
    rows = [[row.strip("| ").split(" | ") for row in block.splitlines()] for block in blocks]
    return [[row for i, row in enumerate(block) if i != 1] for block in rows]


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [(0.5, "0.50 us"), (12.345, "12.3 us"), (99.96, "100 us"), (999.4, "999 us"), (999.6, "1.00 ms")]
    + [(45_678, "45.7 ms"), (1_234_567, "1.23 s"), (4e9, "4000 s")],
)
def test_durations_have_three_digits(microseconds: float, text: str) -> None:
    assert duration(microseconds) == text


def test_the_terminal_shows_a_line_for_each_timing(found: Report) -> None:
    shown = line(found.timings[0], found.overhead["net"])
    assert shown.split() == ["NET", "1", "2.00", "ms", "1.00", "ms", "2.00", "1.80", "to", "2.20", "1,234", "30"]
    assert len(shown) == len(HEADING)


def test_the_last_lines_are_means_and_speed_ups(found: Report) -> None:
    lines = list(last_lines(found))
    assert lines[0].split() == ["geometric", "mean", "1", "1.00"]
    assert lines[1].split() == ["geometric", "mean", "2", "0.71"]
    assert lines[-2].split() == ["NET", "2.00x", "1.25x"]


def test_a_run_at_one_thread_count_has_no_speed_ups(found: Report) -> None:
    alone = found._replace(conditions=CONDITIONS._replace(threads=[1]), timings=found.at(1))
    assert len(list(last_lines(alone))) == 1
    assert "against one thread" not in page(alone, None)


def test_speed_ups_are_times_at_the_fewest_threads_over_those_at_the_most(found: Report) -> None:
    assert [(t.name, ours, theirs) for t, ours, theirs in speed_ups(found)] == [("net", 2, 1.25), ("mlp", 1.25, 1)]


def test_json_gives_back_the_report(found: Report, peers: PeerReport) -> None:
    assert report.from_json(report.to_json(found)) == found
    assert peer_report.from_json(peer_report.to_json(peers)) == peers
    assert json.loads(report.to_json(found))["geometric_mean"] == {"1": 1.0, "2": 0.7071}


def test_the_page_shows_the_most_threads_the_speed_ups_the_counts_and_the_machine(found: Report) -> None:
    text = page(found, None)
    against, machine, threads, python, workloads = tables(text)
    assert against[1] == ["NET", "1.00 ms", "800 us", "**1.25**", "1.12 to 1.38"]
    assert against[-1][3] == "**0.71**"
    assert ["processor", "A Processor, 2 cores"] in machine
    assert ["date", "2026-01-02"] in machine
    assert threads[1] == ["NET", "2.00 ms", "1.00 ms", "2.00", "**2.00x**", "1.25x"]
    assert python[1] == ["NET", "1,234", "500", "20", "30", "3.0 MiB"]
    assert workloads[1] == ["`net`", "NET", "what net is"]


def test_tables_of_the_page_are_rectangular(found: Report, peers: PeerReport) -> None:
    text = page(found, peers)
    for block in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE):
        assert len({row.count("|") for row in block.splitlines()}) == 1


def test_the_page_names_peers_and_what_is_absent(found: Report, peers: PeerReport) -> None:
    text = page(found, peers)
    assert "| Alpha | **0.50** (20.0 us) |  |" in text
    assert "| Beta |  | **2.00** (5.00 us) |" in text
    assert "gamma, delta (no compiler)" in text


def test_a_run_writes_chart_figures_and_page(found: Report, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "docs"
    written = list(write_report(folder, found))
    assert {str(path.relative_to(folder)) for path in written} == {
        *("benchmarks.json", "benchmarks.md", "images/benchmarks.png")
    }
    assert (folder / "images" / "benchmarks.png").read_bytes().startswith(PNG)
    assert report.from_json((folder / "benchmarks.json").read_text()) == found
    assert (folder / "benchmarks.md").read_text() == page(found, None)


def test_both_commands_write_the_page_with_what_the_other_found(
    found: Report, peers: PeerReport, tmp_path: Path
) -> None:
    list(write_peers(tmp_path, peers))
    assert (tmp_path / "benchmarks.md").read_text() == page(None, peers)
    list(write_report(tmp_path, found))
    assert (tmp_path / "benchmarks.md").read_text() == page(found, peers)
    list(write_peers(tmp_path, peers._replace(absent=[])))
    assert (tmp_path / "benchmarks.md").read_text() == page(found, peers._replace(absent=[]))


def test_figures_that_are_none_are_named(found: Report, tmp_path: Path) -> None:
    (tmp_path / "peers.json").write_text('{"timings": []}')
    with pytest.raises(DataError, match=r"peers\.json"):
        list(write_report(tmp_path, found))


def test_a_file_in_the_way_is_named_and_stays(found: Report, tmp_path: Path) -> None:
    (tmp_path / "images").write_text("mine")
    with pytest.raises(DataError, match=r"images.*--out"):
        list(write_report(tmp_path, found))
    assert [path.name for path in tmp_path.iterdir()] == ["images"]
    assert (tmp_path / "images").read_text() == "mine"


def test_conditions_are_read_from_this_machine() -> None:
    conditions = conditions_of(["numpy"], 7, [1])
    assert conditions.cpu == cpu_model() != ""
    assert conditions.cores >= 1
    assert conditions.memory == round(memory_bytes() / 2**30, 1)
    assert set(conditions.versions) == {"Python", "minidl", "numpy", "numba"}
