"""A contact sheet shows every picture, whole and in order, under its caption."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from minidl.cli.contact_sheet import CAPTION, CELL, MARGIN, draw_contact_sheet
from minidl.errors import DataError

ROW = CELL + CAPTION


def plain(colour: tuple[int, int, int], height: int = 20, width: int = 20) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def drawn(path: Path) -> np.ndarray:
    return cv2.imread(str(path))[:, :, ::-1]


def painted(cell: np.ndarray, colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Top, bottom, left, right of what has the colour."""
    ys, xs = np.nonzero((cell == colour).all(2))
    return ys.min(), ys.max(), xs.min(), xs.max()


@pytest.mark.parametrize(
    ("count", "columns", "rows"), [(1, 1, 1), (2, 2, 1), (6, 6, 1), (7, 6, 2), (13, 6, 3), (64, 8, 8), (65, 8, 9)]
)
def test_pictures_stand_in_rows_of_six_or_more(tmp_path: Path, count: int, columns: int, rows: int) -> None:
    colours = [(4 * n % 200, 250 - 3 * n, 20) for n in range(count)]
    draw_contact_sheet([plain(c) for c in colours], ["caption"] * count, tmp_path / "sheet.png")
    sheet = drawn(tmp_path / "sheet.png")
    assert sheet.shape == (rows * ROW, columns * CELL, 3)
    for n, colour in enumerate(colours):
        row, column = divmod(n, columns)
        assert tuple(sheet[row * ROW + CAPTION + CELL // 2, column * CELL + CELL // 2]) == colour


@pytest.mark.parametrize(("height", "width"), [(10, 10), (400, 100), (30, 300), (1, 50), (1000, 1001)])
def test_a_picture_keeps_its_proportions_and_fills_its_cell(tmp_path: Path, height: int, width: int) -> None:
    blue = (20, 40, 200)
    draw_contact_sheet([plain(blue, height, width)], ["cat 99.0%"], tmp_path / "sheet.png")
    top, bottom, left, right = painted(drawn(tmp_path / "sheet.png"), blue)
    inner = CELL - 2 * MARGIN
    assert max(bottom - top, right - left) + 1 == inner
    assert bottom - top + 1 == round(inner * height / max(height, width))
    assert right - left + 1 == round(inner * width / max(height, width))
    assert abs((left + right + 1) - CELL) <= 1
    assert abs((top + bottom + 1) - (2 * CAPTION + CELL)) <= 1


def test_red_stays_red(tmp_path: Path) -> None:
    draw_contact_sheet([plain((255, 0, 0))], ["red"], tmp_path / "sheet.png")
    assert painted(drawn(tmp_path / "sheet.png"), (255, 0, 0))


@pytest.mark.parametrize("caption", ["cat 50.1%", "dog 100.0%"])
def test_a_caption_stands_whole_above_the_middle_of_its_picture(tmp_path: Path, caption: str) -> None:
    draw_contact_sheet([plain((0, 0, 255))] * 2, [caption, ""], tmp_path / "sheet.png")
    sheet = drawn(tmp_path / "sheet.png")
    ys, xs = np.nonzero(sheet[: CAPTION + MARGIN].min(2) < 128)
    assert abs((xs.min() + xs.max()) / 2 - CELL / 2) < 3
    assert xs.max() - xs.min() < CELL - 2 * MARGIN
    assert xs.max() - xs.min() > 40
    assert ys.min() >= 3
    assert ys.max() < CAPTION + MARGIN - 2
    assert ys.max() - ys.min() >= 9  # letters large enough to read


def test_an_old_sheet_is_replaced(tmp_path: Path) -> None:
    for colour in ((1, 2, 3), (200, 100, 50)):
        draw_contact_sheet([plain(colour)], ["a"], tmp_path / "sheet.png")
    assert tuple(drawn(tmp_path / "sheet.png")[CAPTION + 100, 100]) == (200, 100, 50)
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.png"]


def test_a_sheet_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    draw_contact_sheet([plain((1, 2, 3))], ["a"], tmp_path / "sheet.png")
    before = (tmp_path / "sheet.png").read_bytes()
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(
        DataError, match=r"sheet\.png: .* \(No space left on device\); choose another file with --sheet"
    ):
        draw_contact_sheet([plain((3, 2, 1))], ["b"], tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.png"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone.sheet\.png: the contact sheet cannot be written"):
        draw_contact_sheet([plain((1, 2, 3))], ["a"], tmp_path / "gone" / "sheet.png")
    assert list(tmp_path.iterdir()) == []
