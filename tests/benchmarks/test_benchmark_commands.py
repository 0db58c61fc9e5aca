"""The commands of the benchmarks: what they print and write, and what they refuse."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minidl
from benchmarks import __main__ as command
from benchmarks import scaling, story_page
from benchmarks.command_line import need_writable, run
from benchmarks.story import STEPS
from benchmarks.story_page import Found
from minidl.cli import bench
from minidl.cli import main as minidl_command
from minidl.errors import ArgumentError, DataError, MinidlError


def everything(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["nonsense"], "'nonsense'; there are moons-mlp"),
        (["lenet", "LENET"], "'LENET'"),
        (["--rounds", "1"], "--rounds: got 1, needs at least 2"),
        (["--rounds", "-3"], "--rounds: got -3"),
        (["--threads", "2", "0"], "--threads: got 0, needs at least 1"),
    ],
)
def test_arguments_out_of_range_are_named(arguments: list[str], named: str) -> None:
    with pytest.raises(ArgumentError) as error:
        command.main(arguments)
    assert named in str(error.value)


def test_pytorch_that_is_absent_is_named_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MinidlError, match=r"PyTorch.*pip install '.\[bench\]'"):
        command.main(["moons-mlp"])


@pytest.mark.parametrize("place", ["a file", "a file/below", "a file/further/below"])
def test_a_folder_that_cannot_be_written_is_refused_before_any_timing(tmp_path: Path, place: str) -> None:
    pytest.importorskip("torch")
    (tmp_path / "a file").write_text("mine")
    with pytest.raises(DataError, match="--out"):
        command.main(["moons-mlp", "--out", str(tmp_path / place)])
    assert everything(tmp_path) == [tmp_path / "a file"]


def test_a_folder_that_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    need_writable(tmp_path / "new" / "folder")
    assert everything(tmp_path) == []


def test_what_is_refused_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse() -> None:
        raise ArgumentError("this\nand that")

    with pytest.raises(SystemExit) as stop:
        run(refuse)
    assert stop.value.code == 2
    assert capsys.readouterr() == ("", "minidl: this and that\n")


@pytest.fixture
def threads() -> Any:
    """The thread count is put back."""
    before = minidl.get_num_threads()
    yield
    minidl.set_num_threads(before)


@pytest.mark.usefixtures("threads")
def test_a_run_prints_a_table_and_writes_its_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    command.main(["mlp-inference", "--rounds", "2", "--threads", "2", "1", "2", "--out", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[2] for line in lines if line.startswith("MLP, inference")][:2] == ["1", "2"]
    found = json.loads((tmp_path / "benchmarks.json").read_text())
    assert [timing["threads"] for timing in found["timings"]] == [1, 2]
    assert all(timing["lower"] <= timing["ratio"] <= timing["upper"] for timing in found["timings"])
    assert found["overhead"]["mlp-inference"]["operations"] == 0
    assert found["conditions"]["rounds"] == 2
    assert lines[-3:] == [
        str(tmp_path / name) for name in ("images/benchmarks.png", "benchmarks.json", "benchmarks.md")
    ]


def test_the_check_prints_both_losses(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    command.main(["--check", "moons-mlp"])
    title, ours, theirs, _ = capsys.readouterr().out.splitlines()[1].rsplit(maxsplit=3)
    assert title == "moons MLP"
    assert float(ours) == pytest.approx(float(theirs), rel=1e-5)


def test_the_check_refuses_losses_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.setattr(command, "ROUNDING", -1)
    with pytest.raises(MinidlError, match="moons-mlp"):
        command.main(["--check", "moons-mlp"])


# --- minidl bench -----------------------------------------------------------------------------------------------------


def bench_with(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["minidl", "bench", *arguments])
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(SystemExit) as stop:
        minidl_command()
    return int(stop.value.code or 0)


def test_minidl_bench_runs_the_checkouts_benchmarks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench_with(monkeypatch, "nonsense", "--rounds", "3") == 2
    assert capsys.readouterr().err.startswith("minidl: no benchmark 'nonsense'; there are moons-mlp")


def test_minidl_bench_helps(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench_with(monkeypatch, "--help") == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: minidl bench")
    for option in ("--rounds", "--threads", "--out", "--check"):
        assert option in out


def test_minidl_bench_without_a_checkout_says_where_it_is_to_be_had(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(bench, "_checkout", lambda: None)
    assert bench_with(monkeypatch) == 2
    error = capsys.readouterr().err
    assert error.startswith("minidl: bench: ")
    assert len(error.splitlines()) == 1
    for needed in ("checkout", "PyTorch", "pip install"):
        assert needed in error


def test_a_checkout_is_the_packages_folder_or_the_current_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(minidl, "__file__", str(tmp_path / "site-packages" / "minidl" / "__init__.py"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "workloads.py").touch()
    assert bench._checkout() is None  # somebody else's benchmarks
    (tmp_path / "minidl").mkdir()
    (tmp_path / "minidl" / "__init__.py").touch()
    assert bench._checkout() == tmp_path


# --- the story of a kernel --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS[1:], ids=lambda step: step.title)
def test_each_step_of_the_story_computes_what_the_first_does(step: Any) -> None:
    rng = np.random.default_rng(0)
    x = np.pad(rng.standard_normal((3, 5, 8)), ((0, 0), (1, 1), (1, 1))).astype(np.float32)
    weight = rng.standard_normal((2, 3, 3, 3)).astype(np.float32)
    wanted, found = (one.result(one.function(*one.prepare(x, weight))) for one in (STEPS[0], step))
    assert found.shape == (2, 5, 8)
    story_page.check(step, found, wanted)
    with pytest.raises(MinidlError, match=step.title):
        story_page.check(step, found + 1, wanted)


def test_the_story_shows_the_code_and_time_of_each_step() -> None:
    text = story_page.page([Found(step, 10.0**-i * 1e6) for i, step in enumerate(STEPS)])
    for number, step in enumerate(STEPS, 1):
        assert f"\n## {number}. {step.title}: " in text
        name = getattr(step.function, "__name__", "")
        assert f"\ndef {name}(" in text
    assert "| 3 | im2col and one product | 10.0 ms |" in text


def test_scaling_compares_thread_counts_round_by_round(threads: Any) -> None:
    pytest.importorskip("torch")
    found = scaling.rounds_of("moons-mlp", 2, 3)
    assert len(found) == 3 and all(len(gains) == 3 and min(gains) > 0 for gains in found)
