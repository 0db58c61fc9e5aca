"""The commands: train, evaluate, predict, bench."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import minidl

from ..data.image_folder import load_image, resize_all
from ..recipes import catdog
from . import bench
from .contact_sheet import draw_contact_sheet

EXAMPLES = """Examples:

    minidl train catdog

    minidl train catdog --data photographs --epochs 40 --out runs/photos

    minidl train catdog --resume runs/photos --epochs 60

    minidl evaluate runs/photos

    minidl predict runs/photos my-cat.jpg my-dog.jpg

    minidl bench lenet gpt
"""

app = typer.Typer(
    add_completion=False, no_args_is_help=True, epilog=EXAMPLES, pretty_exceptions_enable=False, rich_markup_mode=None
)
training = typer.Typer(no_args_is_help=True, help="Train a model.", rich_markup_mode=None)
app.add_typer(training, name="train")
training.command("catdog", epilog=EXAMPLES)(catdog.train)
app.command("bench", context_settings=bench.REST)(bench.bench)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"minidl {minidl.__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """minidl: train, evaluate and use small networks."""


@app.command()
def evaluate(
    run: Annotated[Path, typer.Argument(help="The folder of a training.")],
    data: Annotated[Path | None, typer.Option(help="Test on this folder's test_set instead of the run's own.")] = None,
) -> None:
    """Test the best model of a run."""
    typer.echo(catdog.evaluate(run, data))


@app.command()
def predict(
    run: Annotated[Path, typer.Argument(help="The folder of a training.")],
    images: Annotated[list[Path], typer.Argument(help="Pictures to label.")],
    sheet: Annotated[Path, typer.Option(help="Where to draw the contact sheet.")] = Path("predictions.png"),
) -> None:
    """Label pictures, and draw a contact sheet of them."""
    _, config = catdog.load_run(run)
    loaded = [load_image(path) for path in images]
    answers = catdog.predict(run, resize_all(loaded, config["size"]))
    width = max(len(str(path)) for path in images)
    for path, (label, probability) in zip(images, answers, strict=True):
        typer.echo(f"{path!s:<{width}}  {label}  {probability:.1%}")
    draw_contact_sheet(loaded, [f"{label} {probability:.1%}" for label, probability in answers], sheet)
    typer.echo(f"contact sheet: {sheet}")
