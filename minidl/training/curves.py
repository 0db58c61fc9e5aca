"""The picture of a training: loss and accuracy by epoch."""

from __future__ import annotations

from typing import Any, BinaryIO

COLOURS = {"train": "#7a8ba6", "test": "#d1495b"}
FORMATS = {"loss": "{:.3f}", "accuracy": "{:.1%}"}


def draw_curves(history: list[dict[str, Any]], file: BinaryIO) -> None:
    """Draw `history`, records with epoch, train_loss, test_loss, train_accuracy, test_accuracy, into `file` as a PNG.

    The legend gives the values of the last epoch.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    epochs = [record["epoch"] for record in history]
    for axes, quantity in zip(figure.subplots(1, 2), FORMATS, strict=True):
        for part, colour in COLOURS.items():
            values = [record[f"{part}_{quantity}"] for record in history]
            label = f"{part} {FORMATS[quantity].format(values[-1])}"
            axes.plot(epochs, values, color=colour, marker="o", markersize=4, label=label)
        axes.set_title(quantity, loc="left")
        axes.set_xlabel("epoch")
        axes.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5)
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        if quantity == "accuracy":
            axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g}%")
        # above the axes, where no curve can run into it
        axes.legend(frameon=False, ncols=2, loc="lower right", bbox_to_anchor=(1, 0.98), borderaxespad=0)
    figure.savefig(file, dpi=120, format="png")
