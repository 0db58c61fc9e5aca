"""Cats or dogs: train a classifier of pictures, from a single neuron to a convolutional network.

python -m minidl.recipes.catdog --help
"""

from __future__ import annotations

import math
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import typer

import minidl
from minidl import nn, optim
from minidl.data import DataLoader
from minidl.data import transforms as T
from minidl.data.drawings import catdog_drawings
from minidl.data.image_folder import ImageSplit, load_image_sets
from minidl.random import default_generator
from minidl.training import RunFolder, Runner
from minidl.training.progress import ProgressBar

CLASSES = ("cats", "dogs")


# --- the three models: pictures (N, 3, size, size) in, the probability of a dog (N, 1) out ----------------------------


def logistic(size: int) -> nn.Sequential:
    """A single neuron that looks at all pixels at once."""
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * size * size, 1), nn.Sigmoid())


def mlp(size: int) -> nn.Sequential:
    """A deep fully connected network."""
    model = nn.Sequential(
        nn.Flatten(),
        nn.Linear(3 * size * size, 128), nn.ReLU(),
        nn.Linear(128, 32), nn.ReLU(),
        nn.Linear(32, 8), nn.ReLU(),
        nn.Linear(8, 1), nn.Sigmoid(),
    )  # fmt: skip
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return model


def cnn(size: int) -> nn.Sequential:
    """Four blocks, each of which looks at small neighbourhoods, doubles the channels and halves the picture."""
    layers: list[nn.Module] = []
    channels = 3
    for wider in (32, 64, 128, 256):
        layers += [
            nn.Conv2d(channels, wider, 3, padding=1, bias=False),
            nn.BatchNorm2d(wider),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]
        channels = wider
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Dropout(0.5), nn.Linear(channels * (size // 16) ** 2, 1), nn.Sigmoid()
    )


MODELS = {"logistic": logistic, "mlp": mlp, "cnn": cnn}
OPTIMIZERS = {"gd": optim.GradientDescent, "momentum": optim.Momentum, "rmsprop": optim.RMSProp, "adam": optim.Adam}
EPOCHS = {"drawings": {"logistic": 8, "mlp": 8, "cnn": 8}, "photographs": {"logistic": 20, "mlp": 20, "cnn": 60}}
RATES = {
    "logistic": {"gd": 0.002, "momentum": 0.002, "rmsprop": 2e-4, "adam": 2e-4},
    "mlp": {"gd": 0.01, "momentum": 0.01, "rmsprop": 3e-4, "adam": 3e-4},
    "cnn": {"gd": 0.1, "momentum": 0.1, "rmsprop": 1e-3, "adam": 2e-3},
}


# --- pictures ---------------------------------------------------------------------------------------------------------


def pictures(config: dict[str, Any]) -> tuple[ImageSplit, ImageSplit]:
    """The training and the test set: photographs from a folder, or the drawings that minidl makes itself."""
    folder = catdog_drawings() if config["data"] is None else config["data"]
    size = config["size"]
    return load_image_sets(folder, CLASSES, size, size * 5 // 4 if config["augment"] else size)  # crops need a margin


def collate(transform: T.Compose, items: list[tuple[np.ndarray, int]]) -> tuple[minidl.Tensor, minidl.Tensor]:
    """A batch: pictures as the network sees them, and 1.0 for every dog."""
    images = transform(np.stack([image for image, _ in items]), default_generator.numpy)
    labels = np.array([[label] for _, label in items], np.float32)
    return minidl.from_numpy(images), minidl.from_numpy(labels)


def batches(split: ImageSplit, transform: T.Compose, batch_size: int, shuffle: bool) -> DataLoader:
    """The split in batches, each transformed anew."""
    items = list(zip(split.images, split.labels, strict=True))
    return DataLoader(items, batch_size, shuffle=shuffle, collate_fn=partial(collate, transform))


def augmentation(config: dict[str, Any]) -> T.Compose:
    """What the network is trained on: photographs are cropped, mirrored and coloured in a new way every time."""
    steps: list[T.Transform] = [T.Normalize(config["mean"], config["std"])]
    if config["augment"]:
        steps = [
            T.RandomResizedCrop(config["size"]),
            T.RandomHorizontalFlip(0.5),
            T.ColorJitter(0.3, 0.3, 0.3),
            *steps,
        ]
    return T.Compose(steps)


# --- training ---------------------------------------------------------------------------------------------------------


def train(
    data: Annotated[
        Path | None,
        typer.Option(help="Folder with training_set/{cats,dogs} and test_set/{cats,dogs}; without it, drawn pictures."),
    ] = None,
    model: Annotated[Literal["logistic", "mlp", "cnn"], typer.Option(help="What to train.")] = "cnn",
    epochs: Annotated[int | None, typer.Option(help="Passes over the training set.")] = None,
    batch_size: Annotated[int, typer.Option(help="Pictures a step.")] = 64,
    lr: Annotated[float | None, typer.Option(help="The greatest learning rate.")] = None,
    optimizer: Annotated[Literal["gd", "momentum", "rmsprop", "adam"], typer.Option(help="How to step.")] = "adam",
    size: Annotated[int, typer.Option(help="Width and height of the pictures that the network sees.")] = 64,
    seed: Annotated[int, typer.Option(help="The same seed trains the same model.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder to keep the run in; by default runs/catdog-<time>.")] = None,
    resume: Annotated[
        Path | None,
        typer.Option(help="Continue the run in this folder, exactly, with its own options; --epochs may differ."),
    ] = None,
    device: Annotated[str, typer.Option(help="Where to compute.")] = "cpu",
) -> Path:
    """Train a cat/dog classifier.

    Without --data it trains on pictures that minidl draws itself, once, and keeps in the user's cache folder.
    """
    check_options(epochs, batch_size, lr, size, device)
    if resume is not None:
        folder = RunFolder(resume)
        config = read_config(folder) | ({} if epochs is None else {"epochs": epochs})
    else:
        folder = RunFolder(out or Path("runs") / f"catdog-{datetime.now():%Y%m%d-%H%M%S}")
        config = configuration(data, model, epochs, batch_size, lr, optimizer, size, seed)

    training, test = pictures(config)
    if resume is None:
        sample = training.images[::8] / 255
        mean, std = sample.mean((0, 1, 2)), sample.std((0, 1, 2))
        config |= {"mean": mean.round(4).tolist(), "std": std.round(4).tolist()}
        folder.create(config)

    minidl.manual_seed(config["seed"])
    runner = make_runner(config, folder)
    if folder.has("latest"):
        runner.load_state_dict(folder.load("latest"))
    if epochs is not None and resume is not None:
        folder.write_config(config)
    seen = batches(training, augmentation(config), config["batch_size"], shuffle=True)
    unseen = batches(test, T.Compose([T.Normalize(config["mean"], config["std"])]), 100, shuffle=False)
    typer.echo(
        f"{config['model']} on {len(training.images)} training and {len(test.images)} test pictures -> {folder.path}"
    )
    with ProgressBar(config["epochs"]) as progress:
        history = runner.fit(seen, unseen, config["epochs"], progress)
    best = max(history, key=lambda record: record["test_accuracy"])
    typer.echo(f"best test accuracy {best['test_accuracy']:.2%} in epoch {best['epoch']}; kept in {folder.path}")
    return folder.path


def configuration(
    data: Path | None,
    model: str,
    epochs: int | None,
    batch_size: int,
    lr: float | None,
    optimizer: str,
    size: int,
    seed: int,
) -> dict[str, Any]:
    """Everything that decides what a run becomes, with defaults for what was not given."""
    return {
        "recipe": "catdog",
        "minidl": minidl.__version__,
        "data": None if data is None else str(data.resolve()),
        "model": model,
        "epochs": epochs or EPOCHS["drawings" if data is None else "photographs"][model],
        "batch_size": batch_size,
        "lr": lr or RATES[model][optimizer],
        "optimizer": optimizer,
        "size": size,
        "seed": seed,
        "classes": list(CLASSES),
        "augment": data is not None and model == "cnn",
    }


def make_runner(config: dict[str, Any], folder: RunFolder) -> Runner:
    """Model, optimizer and schedule of a configuration."""
    net = MODELS[config["model"]](config["size"])
    optimizer = OPTIMIZERS[config["optimizer"]](net.parameters(), lr=config["lr"])
    schedule = partial(warm_up_and_cosine, config["epochs"])
    scheduler = optim.lr_scheduler.LambdaLR(optimizer, schedule)
    return Runner(net, optimizer, nn.BCELoss(), scheduler, folder)


def warm_up_and_cosine(epochs: int, epoch: int) -> float:
    """Rise over the first epochs, then fall along a cosine, almost to zero (Loshchilov & Hutter 2017)."""
    return min((epoch + 1) / 3, 0.505 + 0.495 * math.cos(math.pi * epoch / epochs))


def check_options(epochs: int | None, batch_size: int, lr: float | None, size: int, device: str) -> None:
    """Refuse what cannot be trained, before anything is made."""
    if epochs is not None and epochs < 1:
        raise minidl.ArgumentError(f"--epochs {epochs}: needs at least 1")
    if batch_size < 2:
        raise minidl.ArgumentError(f"--batch-size {batch_size}: needs at least 2, since batch norm compares pictures")
    if lr is not None and not 0 < lr < math.inf:
        raise minidl.ArgumentError(f"--lr {lr}: needs a positive number")
    if size < 16 or size % 16:
        raise minidl.ArgumentError(f"--size {size}: needs a multiple of 16, since four poolings halve it")
    if device != "cpu":
        raise minidl.DeviceError(f"--device {device}: this version computes on the CPU; use --device cpu")


# --- using a trained model --------------------------------------------------------------------------------------------


def read_config(folder: RunFolder) -> dict[str, Any]:
    """The configuration of a cat/dog run.  Raises CheckpointError for that of anything else."""
    config = folder.config
    needed = {*configuration(None, "cnn", None, 64, None, "adam", 64, 0), "mean", "std"}
    known = config.get("model") in MODELS and config.get("optimizer") in OPTIMIZERS
    if config.get("recipe") != "catdog" or not known or not needed <= set(config):
        raise minidl.CheckpointError(f"{folder.path} is no cat/dog run; give the folder of `minidl train catdog`")
    return config


def load_run(path: Path) -> tuple[Runner, dict[str, Any]]:
    """A run's best model, ready to evaluate, and its configuration."""
    folder = RunFolder(path)
    config = read_config(folder)
    runner = make_runner(config, folder)
    runner.model.load_state_dict(folder.load("best")["model"])
    return runner, config


def evaluate(run: Path, data: Path | None = None) -> str:
    """Test the best model of `run`, on the test set it was trained with or on that of `data`."""
    runner, config = load_run(run)
    _, test = pictures(config if data is None else config | {"data": str(data)})
    loss, accuracy = runner.evaluate(batches(test, T.Compose([T.Normalize(config["mean"], config["std"])]), 100, False))
    return f"test accuracy {accuracy:.2%}  loss {loss:.3f}  {len(test.images)} images"


def predict(run: Path, images: np.ndarray) -> list[tuple[str, float]]:
    """Label and probability of each RGB picture (N, size, size, 3)."""
    runner, config = load_run(run)
    seen = T.Normalize(config["mean"], config["std"])(images, default_generator.numpy)
    dog = runner.predict(minidl.from_numpy(seen)).numpy()[:, 0]
    return [(config["classes"][int(p > 0.5)][:-1], float(max(p, 1 - p))) for p in dog]


if __name__ == "__main__":
    from minidl.training.command_line import run_command

    run_command(train)
