"""The `minidl` command trains, continues, evaluates and predicts."""

from __future__ import annotations

import json
import re
import signal
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import minidl
from minidl.data.drawings import draw_catdog_set
from minidl.recipes.catdog import warm_up_and_cosine

FILES = {"config.json", "metrics.jsonl", "curves.png", "best.npz", "latest.npz"}


def arrays(run: Path, name: str) -> dict[str, bytes]:
    """Every entry of a checkpoint as bytes; its index without the seconds, which are never the same."""
    with zipfile.ZipFile(run / f"{name}.npz") as archive:
        content = {entry: archive.read(entry) for entry in archive.namelist()}
    index = str(np.load(run / f"{name}.npz")["__minidl__"])
    content["__minidl__.npy"] = re.sub(r'"seconds": [0-9.]+', "", index).encode()
    return content


def metrics(run: Path) -> list[dict[str, Any]]:
    """The lines of a run's metrics, without the seconds."""
    records = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in record.items() if name != "seconds"} for record in records]


def small(data: Path, **options: Any) -> list[str]:
    """The command line of a small training; options replace its own."""
    chosen = {"data": data, "size": 16, "batch-size": 8, "epochs": 2, "out": "run", **options}
    return ["train", "catdog", *(str(part) for name, value in chosen.items() for part in (f"--{name}", value))]


def logistic_probabilities(run: Path, paths: list[Path]) -> np.ndarray:
    """The probability of a dog that the logistic regression of `run` gives, computed with NumPy alone."""
    config = json.loads((run / "config.json").read_text())
    weights = np.load(run / "best.npz")
    size = config["size"]
    probabilities = []
    for path in paths:
        image = cv2.resize(cv2.imread(str(path)), (size, size), interpolation=cv2.INTER_AREA)[:, :, ::-1]
        seen = ((image / 255 - config["mean"]) / config["std"]).transpose(2, 0, 1).reshape(-1)
        logit = weights["model/1.weight"][0].astype(np.float64) @ seen + weights["model/1.bias"][0]
        probabilities.append(1 / (1 + np.exp(-logit)))
    return np.array(probabilities)


# --- asking -----------------------------------------------------------------------------------------------------------


def test_the_version_is_told(process: Any) -> None:
    assert process("--version") == (0, f"minidl {minidl.__version__}\n", "")


@pytest.mark.parametrize("place", [[], ["train", "catdog"]])
def test_help_explains_and_gives_examples(command: Any, place: list[str]) -> None:
    code, out, err = command(*place, "--help")
    assert (code, err) == (0, "")
    for example in ("minidl train catdog --data", "--resume runs/", "minidl evaluate runs/", "minidl predict runs/"):
        assert example in out


def test_help_names_every_option_of_a_training(command: Any) -> None:
    out = command("train", "catdog", "--help").out
    for option in (
        "data",
        "model",
        "epochs",
        "batch-size",
        "lr",
        "optimizer",
        "size",
        "seed",
        "out",
        "resume",
        "device",
    ):
        assert f"--{option} " in out
    for choice in ("logistic", "mlp", "cnn", "gd", "momentum", "rmsprop", "adam"):
        assert choice in out


@pytest.mark.parametrize("name", ["evaluate", "predict"])
def test_help_of_the_other_commands_names_the_run(command: Any, name: str) -> None:
    code, out, _ = command(name, "--help")
    assert code == 0
    assert "The folder of a training." in out


# --- training ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "optimizer"),
    [
        ("logistic", "gd"),
        ("logistic", "rmsprop"),
        ("mlp", "momentum"),
        ("mlp", "adam"),
        ("cnn", "gd"),
        ("cnn", "momentum"),
        ("cnn", "rmsprop"),
        ("cnn", "adam"),
    ],
)
def test_every_model_and_optimizer_leaves_a_whole_run(command: Any, drawings: Path, model: str, optimizer: str) -> None:
    code, out, err = command(*small(drawings, model=model, optimizer=optimizer, lr=0.001))
    assert (code, err) == (0, "")
    run = Path("run")
    assert {path.name for path in run.iterdir()} == FILES
    config = json.loads((run / "config.json").read_text())
    chosen = {"model": model, "optimizer": optimizer, "lr": 0.001, "size": 16, "batch_size": 8, "epochs": 2, "seed": 0}
    assert chosen.items() <= config.items()
    assert config["data"] == str(drawings)
    assert [record["epoch"] for record in metrics(run)] == [1, 2]
    best = max(record["test_accuracy"] for record in metrics(run))
    lines = out.splitlines()
    assert lines[0].startswith(f"{model} on 24 training and 12 test pictures")
    assert [line.startswith(f"epoch {n}/2 ") for n, line in enumerate(lines[1:3], 1)] == [True, True]
    assert lines[3:] == [
        f"best test accuracy {best:.2%} in epoch {1 + int(metrics(run)[0]['test_accuracy'] < best)}; kept in run"
    ]
    assert cv2.imread("run/curves.png") is not None


def test_training_learns(command: Any, drawings: Path) -> None:
    assert command(*small(drawings, model="mlp", epochs=8, lr=0.003)).code == 0
    losses = [record["train_loss"] for record in metrics(Path("run"))]
    assert losses[-1] < 0.7 * losses[0]


def test_the_seed_decides_everything(command: Any, drawings: Path) -> None:
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert command(*small(drawings, out=out, seed=seed)).code == 0
    assert arrays(Path("a"), "latest") == arrays(Path("b"), "latest")
    assert metrics(Path("a")) == metrics(Path("b"))
    differing = arrays(Path("c"), "latest")
    assert arrays(Path("a"), "latest")["model/0.weight.npy"] != differing["model/0.weight.npy"]


def test_without_data_the_cached_drawings_are_used(command: Any, tmp_path: Path) -> None:
    draw_catdog_set(tmp_path / "cache" / "catdog-drawings-1", 6, 3, 16)
    code, out, err = command("train", "catdog", "--model", "logistic", "--size", "16", "--epochs", "1", "--out", "run")
    assert (code, err) == (0, "")
    assert "on 12 training and 6 test pictures" in out


def test_without_out_a_run_gets_a_folder_of_its_own(command: Any, drawings: Path) -> None:
    arguments = small(drawings, model="logistic", epochs=1)
    code, _, err = command(*arguments[: arguments.index("--out")])
    assert (code, err) == (0, "")
    (run,) = Path("runs").iterdir()
    assert re.fullmatch(r"catdog-\d{8}-\d{6}", run.name)
    assert {path.name for path in run.iterdir()} == FILES


def test_photographs_may_be_jpegs_of_any_size(command: Any, drawings: Path) -> None:
    for n, path in enumerate(sorted(drawings.rglob("*.png"))):
        target = Path("photos") / path.relative_to(drawings).with_suffix(".jpg")
        target.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(target), cv2.resize(cv2.imread(str(path)), (40 + n, 90 - n)))
    code, out, err = command(*small(Path("photos"), epochs=1))
    assert (code, err) == (0, "")
    assert "cnn on 24 training and 12 test pictures" in out


def test_an_unreadable_picture_is_left_out_and_named_in_one_line(process: Any, tmp_path: Path) -> None:
    data = tmp_path / "set"
    draw_catdog_set(data, 12, 6, 32)
    bad = data / "training_set" / "cats" / "cat.3.png"
    bad.write_bytes(bad.read_bytes()[:-30])
    code, out, err = process(*small(data, epochs=1))
    assert code == 0
    assert "on 23 training and 12 test pictures" in out
    assert len(err.splitlines()) == 1
    assert err.startswith("minidl: warning: ")
    assert "1 of 24 pictures" in err
    assert "cat.3.png" in err


# --- continuing -------------------------------------------------------------------------------------------------------

KILLED_WITHIN_AN_EPOCH = """
import os, signal, sys
from minidl.training.progress import ProgressBar
def die(self, epoch, batch, batches, record):
    if (epoch, batch) == ({epoch}, 1):
        os.kill(os.getpid(), signal.SIGKILL)
ProgressBar.__call__ = die
sys.argv[0] = "minidl"
from minidl.cli import main
main()
"""


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_a_training_killed_within_an_epoch_ends_as_if_never_stopped(
    command: Any, process: Any, drawings: Path, epoch: int
) -> None:
    """With augmentation, dropout, batch norm, Adam and a schedule: the same bits in every file."""
    assert command(*small(drawings, epochs=3, out="whole")).code == 0

    program = KILLED_WITHIN_AN_EPOCH.format(epoch=epoch)
    assert process(*small(drawings, epochs=3, out="killed"), program=program).code == -signal.SIGKILL
    assert Path("killed/latest.npz").exists() == (epoch > 1)
    code, _, err = command("train", "catdog", "--resume", "killed")
    assert (code, err) == (0, "")

    for name in ("latest", "best"):
        assert arrays(Path("killed"), name) == arrays(Path("whole"), name)
    assert metrics(Path("killed")) == metrics(Path("whole"))
    assert {path.name for path in Path("killed").iterdir()} == FILES


def test_continuing_a_finished_run_changes_nothing(command: Any, drawings: Path) -> None:
    assert command(*small(drawings, model="logistic")).code == 0
    before = {path.name: path.read_bytes() for path in Path("run").iterdir()}
    assert command("train", "catdog", "--resume", "run").code == 0
    assert {path.name: path.read_bytes() for path in Path("run").iterdir()} == before


def test_a_finished_run_can_be_trained_further(command: Any, drawings: Path) -> None:
    assert command(*small(drawings, model="mlp")).code == 0
    first = metrics(Path("run"))
    assert command("train", "catdog", "--resume", "run", "--epochs", "4").code == 0
    assert [record["epoch"] for record in metrics(Path("run"))] == [1, 2, 3, 4]
    assert metrics(Path("run"))[:2] == first


def test_an_interrupt_is_told_in_one_line(process: Any, drawings: Path) -> None:
    program = KILLED_WITHIN_AN_EPOCH.format(epoch=2).replace("SIGKILL", "SIGINT")
    code, _, err = process(*small(drawings, model="logistic"), program=program)
    assert code == 130
    assert err == "minidl: interrupted; continue a training with --resume RUN\n"


# --- evaluating and predicting ----------------------------------------------------------------------------------------


def test_evaluation_prints_accuracy_loss_and_count(command: Any, trained: Path, drawings: Path) -> None:
    paths = sorted((drawings / "test_set").rglob("*.png"))
    dog = np.array([path.parent.name == "dogs" for path in paths])
    p = logistic_probabilities(trained, paths)
    accuracy, loss = ((p > 0.5) == dog).mean(), -np.log(np.where(dog, p, 1 - p)).mean()
    expected = f"test accuracy {accuracy:.2%}  loss {loss:.3f}  12 images\n"
    assert command("evaluate", trained) == (0, expected, "")


def test_evaluation_of_another_folder_uses_its_test_set(command: Any, trained: Path, tmp_path: Path) -> None:
    draw_catdog_set(tmp_path / "others", 1, 4, 32, seed=5)
    code, out, err = command("evaluate", trained, "--data", tmp_path / "others")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"test accuracy \d+\.\d\d%  loss \d+\.\d\d\d  8 images\n", out)


def test_evaluation_agrees_with_the_metrics_of_the_best_epoch(command: Any, drawings: Path) -> None:
    assert command(*small(drawings, model="cnn", epochs=3)).code == 0
    best = max(metrics(Path("run")), key=lambda record: record["test_accuracy"])
    expected = f"test accuracy {best['test_accuracy']:.2%}  loss {best['test_loss']:.3f}  12 images\n"
    assert command("evaluate", "run").out == expected


def test_prediction_prints_label_and_probability_and_draws_the_sheet(
    command: Any, trained: Path, drawings: Path
) -> None:
    paths = sorted((drawings / "test_set").rglob("*.png"))[::3]
    code, out, err = command("predict", trained, *paths)
    assert (code, err) == (0, "")
    *lines, last = out.splitlines()
    for line, path, p in zip(lines, paths, logistic_probabilities(trained, paths), strict=True):
        name, label, probability = line.rsplit(maxsplit=2)
        assert name == str(path)
        assert label == ("dog" if p > 0.5 else "cat")
        assert float(probability.rstrip("%")) == pytest.approx(100 * max(p, 1 - p), abs=0.051)
    assert last == "contact sheet: predictions.png"
    assert cv2.imread("predictions.png") is not None


def test_prediction_takes_pictures_of_any_size(command: Any, trained: Path, drawings: Path) -> None:
    picture = cv2.imread(str(next(drawings.rglob("*.png"))))
    for n, size in enumerate([(500, 333), (8, 8), (31, 200)]):
        cv2.imwrite(f"{n}.jpg", cv2.resize(picture, size))
    code, out, err = command("predict", trained, "0.jpg", "1.jpg", "2.jpg", "--sheet", "sheet.png")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()[:3]] == ["0.jpg", "1.jpg", "2.jpg"]
    assert {path.name for path in Path().iterdir()} == {"0.jpg", "1.jpg", "2.jpg", "sheet.png"}


def test_a_finished_run_that_is_given_more_epochs_follows_the_longer_schedule(command, drawings):
    assert command(*small(drawings, model="logistic", epochs=4)).code == 0
    assert command("train", "catdog", "--resume", "run", "--epochs", "8").code == 0
    config = json.loads(Path("run/config.json").read_text())
    assert config["epochs"] == 8
    rates = [record["lr"] for record in metrics(Path("run"))]
    assert rates[4:] == [config["lr"] * warm_up_and_cosine(8, epoch) for epoch in range(4, 8)]
