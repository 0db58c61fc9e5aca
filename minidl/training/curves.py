"""The picture of a training: loss and accuracy by epoch."""

from __future__ import annotations

from os import PathLike
from typing import Any

TRAIN, TEST = "#7a8ba6", "#d1495b"


def draw_curves(history: list[dict[str, Any]], path: str | PathLike[str]) -> None:
    """Draw `history`, records with epoch, train_loss, test_loss, train_accuracy, test_accuracy, as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    epochs = [record["epoch"] for record in history]
    for axes, quantity in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for part, colour in (("train", TRAIN), ("test", TEST)):
            values = [record[f"{part}_{quantity}"] for record in history]
            axes.plot(epochs, values, color=colour, marker="o", markersize=3, label=part)
            axes.annotate(
                f"{values[-1]:.1%}" if quantity == "accuracy" else f"{values[-1]:.3f}",
                (epochs[-1], values[-1]),
                xytext=(6, 0),
                textcoords="offset points",
                color=colour,
                va="center",
            )
        axes.set_xlabel("epoch")
        axes.set_title(quantity)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.margins(x=0.12)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        if quantity == "accuracy":
            axes.yaxis.set_major_formatter("{x:.0%}")
        axes.legend(frameon=False)
    figure.savefig(path, dpi=120, format="png")
