"""A run's folder is never overwritten, and its files are whole: the old ones or the new ones."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import minidl
from minidl.errors import CheckpointError, DataError
from minidl.training import RunFolder, run_folder


def epoch(number: int) -> dict[str, Any]:
    losses = {"train_loss": 1 / number, "test_loss": 1.1 / number}
    return {"epoch": number, **losses, "train_accuracy": 0.75, "test_accuracy": 0.5, "lr": 0.1, "seconds": 0.25}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run after its first epoch."""
    folder = RunFolder(tmp_path / "run")
    folder.create({"model": "mlp"})
    folder.record([epoch(1)])
    return folder


def contents(folder: RunFolder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.path.iterdir()}


def refuse(*_: Any, **__: Any) -> None:
    raise OSError(28, "No space left on device")


# --- making one -------------------------------------------------------------------------------------------------------


def test_a_new_run_has_its_configuration_and_the_folders_above_it(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "runs" / "a" / "b")
    config = {"model": "cnn", "lr": 0.1, "data": "/größer/猫", "mean": [0.5, 0.25], "out": None}
    folder.create(config)
    assert json.loads((folder.path / "config.json").read_text(encoding="utf-8")) == config
    assert folder.config == config
    assert list(contents(folder)) == ["config.json"]


def test_a_folder_that_holds_other_things_is_used_and_they_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    RunFolder(tmp_path).create({"model": "mlp"})
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "notes.txt"}


def test_another_run_is_not_overwritten(folder: RunFolder) -> None:
    folder.save("latest", {"epoch": 1})
    before = contents(folder)
    with pytest.raises(DataError, match="run already holds a run; continue it with --resume, or choose another folder"):
        folder.create({"model": "cnn"})
    assert contents(folder) == before


def test_a_run_that_was_stopped_before_its_first_checkpoint_may_be_started_anew(folder: RunFolder) -> None:
    folder.create({"model": "mlp"})
    assert folder.config == {"model": "mlp"}


@pytest.mark.parametrize("below", ["", "deeper", "deeper/still"])
def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path, below: str) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(DataError, match=r"taken.*the run's folder cannot be made .*--out"):
        RunFolder(tmp_path / "taken" / below).create({})
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_path_that_no_file_system_takes_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be made"):
        RunFolder(tmp_path / ("x" * 5000)).create({})


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_configuration_that_cannot_be_written_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(os, step, refuse)
    with pytest.raises(DataError, match=r"config\.json cannot be written \(No space left on device\)"):
        RunFolder(tmp_path / "run").create({})
    assert list(tmp_path.iterdir()) == []


# --- whole writes -----------------------------------------------------------------------------------------------------


def test_recording_replaces_metrics_and_curves_and_leaves_nothing_else(folder: RunFolder) -> None:
    before = contents(folder)
    folder.record([epoch(1), epoch(2)])
    after = contents(folder)
    assert set(after) == {"config.json", "metrics.jsonl", "curves.png"}
    assert [json.loads(line) for line in after["metrics.jsonl"].splitlines()] == [epoch(1), epoch(2)]
    assert after["curves.png"] != before["curves.png"]
    assert cv2.imdecode(np.frombuffer(after["curves.png"], np.uint8), cv2.IMREAD_COLOR) is not None


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_what_cannot_be_recorded_leaves_the_old_files(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before = contents(folder)
    monkeypatch.setattr(os, step, refuse)
    with pytest.raises(DataError, match=r"metrics\.jsonl cannot be written \(No space left on device\); free some"):
        folder.record([epoch(1), epoch(2)])
    assert contents(folder) == before


def test_a_drawing_that_stops_halfway_leaves_the_old_curves(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def draw_half(history: list[dict[str, Any]], file: io.BytesIO) -> None:
        file.write(b"\x89PNG")
        raise KeyboardInterrupt

    before = contents(folder)
    monkeypatch.setattr(run_folder, "draw_curves", draw_half)
    with pytest.raises(KeyboardInterrupt):
        folder.record([epoch(1), epoch(2)])
    after = contents(folder)
    assert after["curves.png"] == before["curves.png"]
    assert set(after) == set(before)


def test_an_interrupt_while_writing_leaves_the_old_files_alone(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between writing and renaming is the last moment at which a new file can be half there."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = contents(folder)
    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        folder.record([epoch(1), epoch(2)])
    assert contents(folder) == before


def test_checkpoints_come_back_by_name(folder: RunFolder) -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    folder.save("best", {"weights": minidl.from_numpy(values), "epoch": 3})
    loaded = folder.load("best")
    assert loaded["epoch"] == 3
    np.testing.assert_array_equal(loaded["weights"].numpy(), values)
    assert (folder.path / "best.npz").is_file()
    with pytest.raises(CheckpointError, match=r"latest\.npz"):
        folder.load("latest")


# --- unreadable runs --------------------------------------------------------------------------------------------------


def test_a_folder_without_configuration_is_no_run(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone"):
        with pytest.raises(CheckpointError, match=f"{path.name} is no run: .* give the folder of a training"):
            _ = RunFolder(path).config


def test_a_file_in_place_of_a_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "best.npz").write_bytes(b"PK")
    with pytest.raises(CheckpointError, match=r"best\.npz.* cannot be read \(Not a directory\); give the folder"):
        _ = RunFolder(tmp_path / "best.npz").config


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe\x00", b"[1, 2]", b"3", b"null"])
def test_a_configuration_that_is_none_is_named_in_one_line(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "config.json").write_bytes(text)
    with pytest.raises(CheckpointError, match=r"config\.json is no .*; use another run") as caught:
        _ = RunFolder(tmp_path).config
    assert "\n" not in str(caught.value)
