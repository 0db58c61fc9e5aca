"""A small drawn set, and the `minidl` command with everything it writes kept in a folder of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import minidl
from minidl.cli import main
from minidl.data.drawings import draw_catdog_set

PROGRAM = "import sys; sys.argv[0] = 'minidl'; from minidl.cli import main; main()"


class Answer(NamedTuple):
    """What a command left: exit code, and the text on stdout and stderr."""

    code: int
    out: str
    err: str


Command = Callable[..., Answer]


def run_process(*arguments: str | Path, program: str = PROGRAM) -> Answer:
    """The command in a process of its own, in the current folder."""
    environment = {**os.environ, "PYTHONPATH": str(Path(minidl.__file__).parents[1])}
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return Answer(done.returncode, done.stdout, done.stderr)


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINIDL_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """The command in this process."""

    def run(*arguments: str | Path) -> Answer:
        monkeypatch.setattr(sys, "argv", ["minidl", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        return Answer(int(stop.value.code or 0), *capfd.readouterr())

    return run


@pytest.fixture
def process() -> Command:
    """The command in a process of its own; `program` replaces what it runs."""
    return run_process


@pytest.fixture(scope="session")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 training and 12 test pictures of 32 x 32."""
    folder = tmp_path_factory.mktemp("drawn") / "set"
    draw_catdog_set(folder, 12, 6, 32)
    return folder


@pytest.fixture(scope="session")
def trained(drawings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of a logistic regression, to read only."""
    run = tmp_path_factory.mktemp("trained") / "run"
    options = ["--data", drawings, "--model", "logistic", "--size", "16", "--epochs", "2", "--out", run]
    answer = run_process("train", "catdog", *options)
    assert answer.code == 0, answer.err
    return run
