"""A sheet of pictures with a caption each."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from ..errors import DataError
from ..files import whole_file

# in pixels
CELL = 220
MARGIN = 6
CAPTION = 26
DPI = 100


def draw_contact_sheet(images: list[np.ndarray], captions: list[str], path: Path) -> None:
    """Draw RGB pictures with their captions into one PNG.  Raises DataError when it cannot be written."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sheet, corners = _arranged(images)
    height, width = sheet.shape[:2]
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    FigureCanvasAgg(figure)
    figure.figimage(sheet)
    for (top, left), caption in zip(corners, captions, strict=True):
        middle = (left + CELL / 2) / width, 1 - (top + (CAPTION + MARGIN) / 2) / height
        figure.text(*middle, caption, ha="center", va="center", fontsize=11)
    try:
        with whole_file(path) as file:
            figure.savefig(file, format="png")
    except OSError as error:
        raise DataError(
            f"{path}: the contact sheet cannot be written ({error.strerror}); choose another file with --sheet"
        ) from None


def _arranged(images: list[np.ndarray]) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Pictures in rows on white paper (height, width, 3), and each cell's (top, left); captions go above pictures."""
    columns = max(min(len(images), 6), math.isqrt(len(images)))
    rows = math.ceil(len(images) / columns)
    sheet = np.full((rows * (CELL + CAPTION), columns * CELL, 3), 255, np.uint8)
    corners = [(i // columns * (CELL + CAPTION), i % columns * CELL) for i in range(len(images))]
    for image, (top, left) in zip(images, corners, strict=True):
        fitted = _fitted(image, CELL - 2 * MARGIN)
        height, width = fitted.shape[:2]
        y, x = top + CAPTION + (CELL - height) // 2, left + (CELL - width) // 2
        sheet[y : y + height, x : x + width] = fitted
    return sheet, corners


def _fitted(image: np.ndarray, size: int) -> np.ndarray:
    """A picture enlarged or reduced to touch a square of size x size from inside."""
    import cv2

    scale = size / max(image.shape[:2])
    height, width = (max(1, round(length * scale)) for length in image.shape[:2])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
