"""The curves of a training are a picture in which both lines can be seen."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import pytest

from minidl.training.curves import COLOURS, draw_curves


def history(epochs: int, test_loss: float = 0.9) -> list[dict[str, Any]]:
    return [
        {
            "epoch": epoch,
            "train_loss": 1 / epoch,
            "test_loss": test_loss,
            "train_accuracy": 1 - 0.5 / epoch,
            "test_accuracy": 0.6,
        }
        for epoch in range(1, epochs + 1)
    ]


def drawn(records: list[dict[str, Any]]) -> np.ndarray:
    """The picture as RGB (H, W, 3), as OpenCV reads it."""
    file = io.BytesIO()
    draw_curves(records, file)
    assert file.getvalue().startswith(b"\x89PNG")
    return cv2.imdecode(np.frombuffer(file.getvalue(), np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]


def marked(picture: np.ndarray, part: str) -> np.ndarray:
    """Where the colour of a line is: (H, W)."""
    colour = [int(COLOURS[part][i : i + 2], 16) for i in (1, 3, 5)]
    return (np.abs(picture.astype(int) - colour) < 12).all(2)


@pytest.mark.parametrize("epochs", [1, 2, 10, 300])
def test_the_picture_has_two_panels_with_both_lines_in_each(epochs: int) -> None:
    picture = drawn(history(epochs))
    assert picture.shape == (408, 1080, 3)
    for part in ("train", "test"):
        for panel in (slice(0, 540), slice(540, 1080)):
            line = marked(picture, part)[32:, panel]  # the legend is above
            assert line.sum() >= 12


def test_the_margins_are_white_so_nothing_is_cut_off() -> None:
    for records in (history(1), history(40), history(5, test_loss=12345.678)):
        picture = drawn(records)
        for edge in (picture[:2], picture[-2:], picture[:, :2], picture[:, -2:]):
            assert edge.min() > 245


def test_a_line_falls_where_its_values_do() -> None:
    line = marked(drawn(history(20)), "train")[60:350, 60:530]
    rows = [np.flatnonzero(column).mean() for column in line.T if column.any()]
    assert rows[0] < 20
    assert rows[-1] > 240
    assert np.all(np.diff(rows) > -3)  # a marker is 5 pixels tall


def test_equal_and_unchanging_values_are_drawn_too() -> None:
    flat = [{**record, "train_loss": 0.5, "test_loss": 0.5} for record in history(3)]
    assert marked(drawn(flat), "test").any()


def test_the_same_history_gives_the_same_picture() -> None:
    np.testing.assert_array_equal(drawn(history(4)), drawn(history(4)))
