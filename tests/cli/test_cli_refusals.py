"""What `minidl` refuses is one line that names the thing and the fix, exit code 2, and nothing left behind."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import minidl


@pytest.fixture
def refused(command: Any, tmp_path: Path) -> Callable[..., str]:
    """Run a command that must be refused; gives its one line."""

    def run(*arguments: str | Path) -> str:
        before = everything(tmp_path)
        code, out, err = command(*arguments)
        assert (code, out) == (2, "")
        assert err.startswith("minidl: ")
        assert len(err.splitlines()) == 1
        assert everything(tmp_path) == before
        return err

    return run


def everything(folder: Path) -> dict[str, bytes | None]:
    """All files and folders below `folder`."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def writable(folder: Path, to: Path) -> Path:
    """A copy of `folder` that the test may damage."""
    shutil.copytree(folder, to)
    return to


def training(data: Path | str, *options: Any) -> list[Any]:
    return ["train", "catdog", "--data", data, "--size", "16", "--epochs", "1", "--out", "run", *options]


# --- options ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--lr", "-0.1"),
        ("--lr", "0"),
        ("--lr", "nan"),
        ("--lr", "inf"),
        ("--batch-size", "0"),
        ("--batch-size", "-5"),
        ("--batch-size", "1"),
        ("--epochs", "0"),
        ("--epochs", "-1"),
        ("--size", "0"),
        ("--size", "-16"),
        ("--size", "50"),
        ("--device", "cuda"),
    ],
)
def test_an_option_out_of_range_is_named_with_what_it_needs(
    refused: Callable[..., str], drawings: Path, option: str, value: str
) -> None:
    line = refused(*training(drawings, option, value))
    assert option in line
    assert value.rstrip("0").rstrip(".") in line
    assert "need" in line or "use" in line


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["train", "catdog", "--lr", "fast"], "--lr"),
        (["train", "catdog", "--model", "tree"], "--model"),
        (["train", "catdog", "--optimizer", "sgd"], "--optimizer"),
        (["train", "catdog", "--bach-size", "4"], "--bach-size"),
        (["train", "horses"], "horses"),
        (["eval", "run"], "eval"),
        (["evaluate"], "run"),
        (["predict", "run"], "images"),
    ],
)
def test_a_command_line_with_a_slip_is_shown_where_to_find_help(
    command: Any, tmp_path: Path, arguments: list[str], named: str
) -> None:
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    *usage, last = err.splitlines()
    assert last.startswith("Error: ")
    assert named.lower() in last.lower()
    assert any("--help" in line for line in usage)
    assert everything(tmp_path) == {}


# --- data -------------------------------------------------------------------------------------------------------------


def test_a_missing_folder(refused: Callable[..., str]) -> None:
    line = refused(*training("gone"))
    assert "gone: does not exist; give a folder with training_set and test_set in it" in line


def test_an_empty_folder(refused: Callable[..., str]) -> None:
    Path("photos").mkdir()
    line = refused(*training("photos"))
    assert "photos: needs training_set and test_set, found no folders; give the folder that holds both" in line


def test_a_file_in_place_of_a_folder(refused: Callable[..., str]) -> None:
    Path("photos.zip").write_bytes(b"PK")
    assert "photos.zip: is not a folder; give" in refused(*training("photos.zip"))


def test_a_folder_with_one_class(refused: Callable[..., str], drawings: Path) -> None:
    shutil.rmtree(writable(drawings, Path("photos")) / "training_set" / "dogs")
    line = refused(*training("photos"))
    assert "training_set: needs cats, dogs, found cats; rename the folders" in line


def test_a_wrong_label_folder(refused: Callable[..., str], drawings: Path) -> None:
    (writable(drawings, Path("photos")) / "test_set" / "dogs").rename("photos/test_set/puppies")
    line = refused(*training("photos"))
    assert "test_set: needs cats, dogs, found cats, puppies; rename the folders" in line


def test_a_class_without_pictures(refused: Callable[..., str], drawings: Path) -> None:
    for picture in (writable(drawings, Path("photos")) / "test_set" / "cats").iterdir():
        picture.unlink()
    assert "cats: holds no pictures" in refused(*training("photos"))


def test_too_many_unreadable_pictures(refused: Callable[..., str], drawings: Path) -> None:
    cats = writable(drawings, Path("photos")) / "training_set" / "cats"
    for name in ("cat.2.png", "cat.5.png"):
        (cats / name).write_bytes(b"no picture")
    line = refused(*training("photos"))
    assert "2 of 24 pictures are bad" in line
    assert "cat.2.png" in line


def test_a_name_with_a_line_break_stays_on_one_line(refused: Callable[..., str]) -> None:
    assert "two lines: does not exist" in refused(*training("two\nlines"))


def test_a_cache_that_cannot_be_written(
    refused: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("MINIDL_CACHE", str(tmp_path / "file" / "cache"))
    line = refused("train", "catdog", "--out", "run")
    assert "the drawn pictures cannot be kept there" in line
    assert "MINIDL_CACHE" in line


# --- where the run is kept --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("out", ["taken", "taken/run"])
def test_a_file_in_place_of_the_run(refused: Callable[..., str], drawings: Path, out: str) -> None:
    Path("taken").write_text("a file")
    line = refused(*training(drawings, "--out", out))
    assert f"{out}: the run's folder cannot be made" in line
    assert "choose another with --out" in line


def test_a_place_where_no_folder_may_be_made(
    refused: Callable[..., str], drawings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    line = refused(*training(drawings))
    assert "run: the run's folder cannot be made (Permission denied); choose another with --out" in line


def test_another_run(refused: Callable[..., str], drawings: Path, trained: Path) -> None:
    writable(trained, Path("other"))
    line = refused(*training(drawings, "--out", "other"))
    assert "other already holds a run; continue it with --resume, or choose another folder" in line


def test_a_training_that_diverges_stops_with_the_fix(command: Any, drawings: Path) -> None:
    code, out, err = command(*training(drawings, "--model", "mlp", "--lr", "1e30"))
    assert code == 2
    assert "best" not in out
    assert len(err.splitlines()) == 1
    assert "smaller learning rate" in err
    assert not Path("run/latest.npz").exists()


# --- runs that are none -----------------------------------------------------------------------------------------------

USES = [["train", "catdog", "--resume", "a-run"], ["evaluate", "a-run"], ["predict", "a-run", "picture.png"]]
each_use = pytest.mark.parametrize("arguments", USES, ids=["resume", "evaluate", "predict"])


@pytest.fixture
def a_picture() -> None:
    cv2.imwrite("picture.png", np.full((16, 16, 3), 90, np.uint8))


@each_use
@pytest.mark.usefixtures("a_picture")
def test_a_missing_run(refused: Callable[..., str], arguments: list[str]) -> None:
    assert "a-run is no run: it has no config.json; give the folder of a training" in refused(*arguments)


@each_use
@pytest.mark.usefixtures("a_picture")
def test_a_file_in_place_of_a_run(refused: Callable[..., str], arguments: list[str]) -> None:
    Path("a-run").write_text("a file")
    assert "give the folder of a training" in refused(*arguments)


@each_use
@pytest.mark.parametrize("text", ["", "[]", "{}", '{"recipe": "moons"}', '{"recipe": "catdog", "model": "cnn"}'])
@pytest.mark.usefixtures("a_picture")
def test_a_configuration_of_something_else(refused: Callable[..., str], arguments: list[str], text: str) -> None:
    Path("a-run").mkdir()
    Path("a-run/config.json").write_text(text)
    assert "a-run" in refused(*arguments)


@each_use
@pytest.mark.usefixtures("a_picture")
def test_a_configuration_of_another_model_than_the_checkpoint(
    refused: Callable[..., str], trained: Path, arguments: list[str]
) -> None:
    """The keys that are missing, unexpected and misshapen are all named."""
    config = json.loads((writable(trained, Path("a-run")) / "config.json").read_text())
    Path("a-run/config.json").write_text(json.dumps({**config, "model": "mlp"}))
    line = refused(*arguments)
    assert "missing: 3.weight, 3.bias, 5.weight, 5.bias, 7.weight, 7.bias" in line
    assert "misshapen: 1.weight ((1, 768) in the file, (128, 768) in the model), 1.bias" in line

    Path("a-run/config.json").write_text(json.dumps({**config, "model": "cnn"}))
    line = refused(*arguments)
    assert "missing: 0.weight" in line
    assert "unexpected: 1.weight" not in line  # the cnn's batch norm has this key too, of another shape
    assert "misshapen: 1.weight ((1, 768) in the file, (32,) in the model)" in line


@pytest.mark.usefixtures("a_picture")
def test_a_checkpoint_with_keys_that_the_model_lacks(refused: Callable[..., str], trained: Path) -> None:
    run = writable(trained, Path("a-run"))
    model = minidl.load(run / "best.npz")["model"]
    minidl.save({"model": {**model, "extra.weight": minidl.zeros(2)}, "epoch": 1}, run / "best.npz")
    assert "unexpected: extra.weight" in refused("evaluate", "a-run")


@each_use
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"text"])
@pytest.mark.usefixtures("a_picture")
def test_a_damaged_checkpoint(refused: Callable[..., str], trained: Path, arguments: list[str], content: bytes) -> None:
    run = writable(trained, Path("a-run"))
    for name in ("best.npz", "latest.npz"):
        (run / name).write_bytes(content)
    assert ".npz" in refused(*arguments)


@each_use
@pytest.mark.usefixtures("a_picture")
def test_a_checkpoint_that_is_cut_off(refused: Callable[..., str], trained: Path, arguments: list[str]) -> None:
    run = writable(trained, Path("a-run"))
    for name in ("best.npz", "latest.npz"):
        (run / name).write_bytes((run / name).read_bytes()[:-100])
    assert ".npz" in refused(*arguments)


@pytest.mark.parametrize("arguments", USES[1:], ids=["evaluate", "predict"])
@pytest.mark.usefixtures("a_picture")
def test_a_run_without_a_best_model(refused: Callable[..., str], trained: Path, arguments: list[str]) -> None:
    (writable(trained, Path("a-run")) / "best.npz").unlink()
    assert "best.npz" in refused(*arguments)


# --- pictures to evaluate and predict ---------------------------------------------------------------------------------


def test_evaluation_of_a_missing_folder(refused: Callable[..., str], trained: Path) -> None:
    assert "gone: does not exist; give" in refused("evaluate", trained, "--data", "gone")


def test_prediction_of_a_missing_picture(refused: Callable[..., str], trained: Path) -> None:
    assert "gone.jpg: cannot be read (No such file or directory); check the path" in refused(
        "predict", trained, "gone.jpg"
    )


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp"])
def test_prediction_of_a_picture_that_is_cut_off(process: Any, trained: Path, suffix: str) -> None:
    """The decoders' own messages are not shown beside ours."""
    path = Path(f"half{suffix}")
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    code, out, err = process("predict", trained, path)
    assert (code, out) == (2, "")
    assert err.startswith(f"minidl: half{suffix}: ")
    assert len(err.splitlines()) == 1
    assert [left.name for left in Path().iterdir()] == [path.name]


@pytest.mark.parametrize("sheet", ["gone/sheet.png", "picture.png/sheet.png", ".", "/"])
@pytest.mark.usefixtures("a_picture")
def test_a_contact_sheet_that_cannot_be_written(command: Any, trained: Path, tmp_path: Path, sheet: str) -> None:
    """The answers are printed all the same."""
    before = everything(tmp_path)
    code, out, err = command("predict", trained, "picture.png", "--sheet", sheet)
    assert code == 2
    assert out.startswith("picture.png")
    assert len(err.splitlines()) == 1
    assert f"{sheet}: the contact sheet cannot be written" in err
    assert "--sheet" in err
    assert everything(tmp_path) == before
