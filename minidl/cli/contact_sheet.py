"""A sheet of pictures with a caption each."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np

from ..errors import DataError


def draw_contact_sheet(images: list[np.ndarray], captions: list[str], path: Path) -> None:
    """Draw RGB pictures with their captions into one PNG.  Raises DataError when it cannot be written."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(len(images), 6)
    rows = math.ceil(len(images) / columns)
    figure = Figure(figsize=(2 * columns, 2.3 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    for position, (image, caption) in enumerate(zip(images, captions, strict=True)):
        axes = figure.add_subplot(rows, columns, position + 1)
        axes.imshow(image)
        axes.set_title(caption, fontsize=10)
        axes.axis("off")
    partial = path.with_name(f".{path.name}")
    try:
        figure.savefig(partial, dpi=110, format="png")
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise DataError(
            f"{path}: the contact sheet cannot be written ({error.strerror}); choose another with --sheet"
        ) from None
