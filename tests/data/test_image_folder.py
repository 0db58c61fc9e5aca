"""Pictures come from folders as they are, RGB and in natural order; what cannot be read is named."""

from __future__ import annotations

import struct
import warnings
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from minidl.data import load_image, load_image_sets, load_split
from minidl.data.image_folder import resize_all
from minidl.errors import ArgumentError, DataError, DataWarning

CLASSES = ("cats", "dogs")


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def write(path: Path, image: np.ndarray) -> Path:
    """Write an RGB or grey picture in the format of the path's suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bgr = image[:, :, ::-1] if image.ndim == 3 else image
    _, encoded = cv2.imencode(path.suffix.lower(), bgr)
    path.write_bytes(encoded.tobytes())
    return path


def write_split(folder: Path, count: int, suffix: str = ".png") -> Path:
    """`count` grey pictures of each class; picture n of a class is of colour 2 n + label."""
    for label, name in enumerate(CLASSES):
        for n in range(count):
            write(folder / name / f"{name[:-1]}.{n}{suffix}", np.full((16, 16, 3), 2 * n + label, np.uint8))
    return folder


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0")) + chunk(b"IEND", b"")


# --- one picture ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".PNG"])
def test_lossless_pictures_come_back_exactly_as_rgb(tmp_path: Path, suffix: str) -> None:
    image = picture(13, 29)
    loaded = load_image(write(tmp_path / f"a{suffix}", image))
    assert loaded.dtype == np.uint8
    np.testing.assert_array_equal(loaded, image)


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp"])
def test_red_green_and_blue_keep_their_places_in_lossy_pictures(tmp_path: Path, suffix: str) -> None:
    image = np.zeros((48, 96, 3), np.uint8)
    image[:, :32, 0] = image[:, 32:64, 1] = image[:, 64:, 2] = 255
    loaded = load_image(write(tmp_path / f"a{suffix}", image))
    for x, channel in ((16, 0), (48, 1), (80, 2)):
        assert loaded[24, x].argmax() == channel
        assert loaded[24, x, channel] > 230
        assert np.delete(loaded[24, x], channel).max() < 25


def test_a_grey_picture_has_three_equal_channels(tmp_path: Path) -> None:
    grey = picture(10, 12)[:, :, 0]
    np.testing.assert_array_equal(load_image(write(tmp_path / "a.png", grey)), np.stack([grey] * 3, axis=2))


def test_transparency_is_left_out(tmp_path: Path) -> None:
    image = np.dstack([picture(10, 12), picture(10, 12, seed=1)[:, :, 0]])
    cv2.imwrite(str(tmp_path / "a.png"), image[:, :, [2, 1, 0, 3]])
    np.testing.assert_array_equal(load_image(tmp_path / "a.png"), image[:, :, :3])


@pytest.mark.parametrize(("height", "width"), [(40, 30), (30, 200), (200, 31)])
def test_a_larger_picture_is_squeezed_by_averaging_areas(tmp_path: Path, height: int, width: int) -> None:
    image = picture(height, width)
    loaded = load_image(write(tmp_path / "a.png", image), 10)
    bounds_y, bounds_x = np.arange(11) * height / 10, np.arange(11) * width / 10
    for row in range(10):
        for column in range(10):
            covered_y = np.clip(
                np.minimum(np.arange(height) + 1, bounds_y[row + 1]) - np.maximum(np.arange(height), bounds_y[row]),
                0,
                1,
            )
            covered_x = np.clip(
                np.minimum(np.arange(width) + 1, bounds_x[column + 1]) - np.maximum(np.arange(width), bounds_x[column]),
                0,
                1,
            )
            mean = np.einsum("y,x,yxc->c", covered_y, covered_x, image) / (covered_y.sum() * covered_x.sum())
            assert np.abs(loaded[row, column] - mean).max() <= 0.5 + 1e-3  # rounded, computed in float32


def test_a_smaller_picture_is_enlarged_without_new_colours(tmp_path: Path) -> None:
    image = np.full((7, 5, 3), (200, 100, 50), np.uint8)
    np.testing.assert_array_equal(
        load_image(write(tmp_path / "a.png", image), 32), np.full((32, 32, 3), (200, 100, 50))
    )


def test_the_size_of_the_picture_itself_changes_nothing(tmp_path: Path) -> None:
    image = picture(24, 24)
    np.testing.assert_array_equal(load_image(write(tmp_path / "a.png", image), 24), image)


def test_pictures_of_any_sizes_are_resized_as_when_loaded(tmp_path: Path) -> None:
    images = [picture(8, 50), picture(50, 8), picture(64, 64)]
    together = resize_all(images, 16)
    for i, image in enumerate(images):
        np.testing.assert_array_equal(together[i], load_image(write(tmp_path / f"{i}.png", image), 16))


def test_a_path_in_another_script_is_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "猫 und größer.png"
    path.write_bytes(write(tmp_path / "a.png", picture(8, 8)).read_bytes())
    np.testing.assert_array_equal(load_image(path), picture(8, 8))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_picture_that_is_cut_off_is_refused_by_name(tmp_path: Path, suffix: str, part: float) -> None:
    path = write(tmp_path / f"half{suffix}", picture(60, 80))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(DataError, match=f"half{suffix}"):
        load_image(path)


@pytest.mark.parametrize(
    "content", [b"", b"no picture at all", b"\xff\xd8", b"\x89PNG", b"\xff\xd8\xff\xd9", png_header(50_000, 50_000)]
)
def test_what_is_no_picture_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "strange.jpg"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"strange\.jpg"):
        load_image(path)


def test_a_missing_file_or_a_folder_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.jpg: cannot be read \(No such file or directory\)"):
        load_image(tmp_path / "gone.jpg")
    with pytest.raises(DataError, match=f"{tmp_path.name}: cannot be read"):
        load_image(tmp_path)


@pytest.mark.parametrize("size", [0, -3])
def test_a_size_below_1_is_refused(tmp_path: Path, size: int) -> None:
    with pytest.raises(ArgumentError, match=f"size={size}"):
        load_image(write(tmp_path / "a.png", picture(8, 8)), size)


# --- a folder a class -------------------------------------------------------------------------------------------------


def test_a_split_holds_every_picture_with_the_label_of_its_folder(tmp_path: Path) -> None:
    split = load_split(write_split(tmp_path, 12), CLASSES, 8)
    assert split.images.shape == (24, 8, 8, 3)
    assert (split.images.dtype, split.labels.dtype) == (np.uint8, np.int64)
    assert split.classes == CLASSES
    for image, label, path in zip(split.images, split.labels, split.paths, strict=True):
        assert path.parent.name == CLASSES[label]
        np.testing.assert_array_equal(image, 2 * int(path.name.split(".")[1]) + label)


def test_pictures_come_in_the_natural_order_of_their_names(tmp_path: Path) -> None:
    names = ["cat.1.png", "cat.01.png", "cat.2.png", "cat.10.png", "cat.100.png", "²1.png", "a.png", "Z.png"]
    for name in (*names, "notes.txt", "thumbs.db"):
        write(tmp_path / "cats" / "x.png", picture(8, 8)).rename(tmp_path / "cats" / name)
    loaded = [path.name for path in load_split(tmp_path, ["cats"], 8).paths]
    assert loaded == ["Z.png", "a.png", "cat.01.png", "cat.1.png", "cat.2.png", "cat.10.png", "cat.100.png", "²1.png"]


def test_formats_and_sizes_may_be_mixed(tmp_path: Path) -> None:
    for n, (name, height, width) in enumerate(
        [("a.JPG", 9, 40), ("b.png", 30, 8), ("c.webp", 64, 64), ("d.bmp", 1, 1)]
    ):
        write(tmp_path / "cats" / name, np.full((height, width, 3), 40 * n, np.uint8))
    images = load_split(tmp_path, ["cats"], 16).images
    assert np.abs(images.astype(int) - 40 * np.arange(4)[:, None, None, None]).max() <= 2  # the lossy ones


def test_the_training_and_the_test_set_are_read_from_their_folders(tmp_path: Path) -> None:
    write_split(tmp_path / "training_set", 5)
    write_split(tmp_path / "test_set", 2)
    training, test = load_image_sets(tmp_path, size=8)
    assert (len(training.images), len(test.images)) == (10, 4)
    assert {path.parent.parent.name for path in training.paths} == {"training_set"}
    assert {path.parent.parent.name for path in test.paths} == {"test_set"}


# --- damage -----------------------------------------------------------------------------------------------------------


def test_a_few_bad_pictures_are_left_out_with_one_warning_that_counts_and_names_them(tmp_path: Path) -> None:
    write_split(tmp_path, 20)
    (tmp_path / "cats" / "cat.7.png").write_bytes(b"no picture")
    whole = (tmp_path / "dogs" / "dog.3.png").read_bytes()
    (tmp_path / "dogs" / "dog.3.png").write_bytes(whole[:-20])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        split = load_split(tmp_path, CLASSES, 8)
    assert [w.category for w in caught] == [DataWarning]
    for part in ("2 of 40 pictures", "cat.7.png", "dog.3.png"):
        assert part in str(caught[0].message)
    assert len(split.images) == len(split.labels) == len(split.paths) == 38
    assert {"cat.7.png", "dog.3.png"}.isdisjoint(path.name for path in split.paths)
    for image, label, path in zip(split.images, split.labels, split.paths, strict=True):
        np.testing.assert_array_equal(image, 2 * int(path.name.split(".")[1]) + label)


def test_a_warning_names_three_of_many_bad_pictures(tmp_path: Path) -> None:
    write_split(tmp_path, 40)
    for n in range(4):
        (tmp_path / "dogs" / f"dog.{n}.png").write_bytes(b"")
    with pytest.warns(DataWarning, match=r"4 of 80 .*dog\.0\.png.*dog\.1\.png.*dog\.2\.png.*\.\.\.") as caught:
        load_split(tmp_path, CLASSES, 8)
    assert "dog.3.png" not in str(caught[0].message)


def test_more_than_one_in_twenty_is_too_much(tmp_path: Path) -> None:
    write_split(tmp_path, 20)
    for n in range(3):
        (tmp_path / "cats" / f"cat.{n}.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"3 of 40 pictures are bad, the first: .*cat\.0\.png"):
        load_split(tmp_path, CLASSES, 8)


def test_a_split_of_bad_pictures_alone_is_refused_whatever_is_allowed(tmp_path: Path) -> None:
    write_split(tmp_path, 1)
    for path in tmp_path.glob("*/*.png"):
        path.write_bytes(b"")
    with pytest.raises(DataError, match="2 of 2"):
        load_split(tmp_path, CLASSES, 8, max_bad=1.0)


def test_a_missing_folder_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone: does not exist; .*training_set and test_set"):
        load_image_sets(tmp_path / "gone")
    with pytest.raises(DataError, match=r"gone: does not exist; .*cats and dogs"):
        load_split(tmp_path / "gone", CLASSES, 8)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"set\.zip: is not a folder"):
        load_image_sets(tmp_path / "set.zip")


def test_an_empty_folder_has_neither_set(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="needs training_set and test_set, found no folders"):
        load_image_sets(tmp_path)


@pytest.mark.parametrize("name", ["training_set", "test_set"])
def test_one_set_alone_is_not_enough(tmp_path: Path, name: str) -> None:
    write_split(tmp_path / name, 1)
    with pytest.raises(DataError, match=f"needs training_set and test_set, found {name}"):
        load_image_sets(tmp_path)


def test_the_folder_of_one_set_is_the_wrong_folder(tmp_path: Path) -> None:
    write_split(tmp_path / "training_set", 1)
    with pytest.raises(DataError, match="found cats, dogs; give the folder that holds both"):
        load_image_sets(tmp_path / "training_set")


def test_a_missing_class_is_named_with_what_was_found(tmp_path: Path) -> None:
    write(tmp_path / "cats" / "a.png", picture(8, 8))
    with pytest.raises(DataError, match="needs cats, dogs, found cats; rename"):
        load_split(tmp_path, CLASSES, 8)


def test_a_class_under_another_name_is_named_with_what_was_found(tmp_path: Path) -> None:
    write(tmp_path / "cats" / "a.png", picture(8, 8))
    write(tmp_path / "puppies" / "a.png", picture(8, 8))
    with pytest.raises(DataError, match="needs cats, dogs, found cats, puppies; rename"):
        load_split(tmp_path, CLASSES, 8)


def test_a_class_without_pictures_is_named(tmp_path: Path) -> None:
    write(tmp_path / "cats" / "a.png", picture(8, 8))
    (tmp_path / "dogs").mkdir()
    (tmp_path / "dogs" / "readme.txt").write_text("none")
    with pytest.raises(DataError, match=r"dogs: holds no pictures \(\.jpg"):
        load_split(tmp_path, CLASSES, 8)
