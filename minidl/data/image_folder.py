"""Pictures from folders: one folder a class."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import ArgumentError, DataError, DataWarning

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


class ImageSplit(NamedTuple):
    """A set of pictures in memory."""

    images: np.ndarray
    """uint8 (N, size, size, 3), RGB."""
    labels: np.ndarray
    """int64 (N,): the number of each picture's class."""
    classes: tuple[str, ...]
    paths: list[Path]


def load_image(path: str | os.PathLike[str], size: int | None = None) -> np.ndarray:
    """A picture as uint8 (H, W, 3), RGB; squeezed to size x size if a size is given.

    Raises DataError for a file that is missing, no picture, or cut off, ArgumentError for a size below 1.
    """
    import cv2

    if size is not None and size < 1:
        raise ArgumentError(f"load_image: size={size}; needs at least 1")
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    if _is_cut_off(data):
        raise DataError(f"{path}: the picture is cut off; copy the file again")
    encoded = np.frombuffer(data, np.uint8)
    try:
        image = cv2.imdecode(encoded, cv2.IMREAD_COLOR) if encoded.size else None
    except cv2.error:  # a picture that says it has more than 2 ** 30 pixels
        image = None
    if image is None:
        raise DataError(f"{path}: no picture that can be read; needs JPEG, PNG, BMP or WebP")
    image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return image if size is None else _resized(image, size)


def _is_cut_off(data: bytes) -> bool:
    """Whether a JPEG or PNG lacks its end: OpenCV would fill the rest with grey and say nothing."""
    if data.startswith(b"\xff\xd8"):
        return b"\xff\xd9" not in data[-4096:]  # some cameras write padding behind the end
    return data.startswith(b"\x89PNG") and b"IEND" not in data[-64:]


def _resized(image: np.ndarray, size: int) -> np.ndarray:
    import cv2

    shrinks = image.shape[0] >= size and image.shape[1] >= size
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def resize_all(images: Sequence[np.ndarray], size: int) -> np.ndarray:
    """Pictures (H, W, 3) of any sizes as one array (N, size, size, 3)."""
    return np.stack([_resized(image, size) for image in images])


def load_image_sets(
    root: str | os.PathLike[str],
    classes: Sequence[str] = ("cats", "dogs"),
    size: int = 64,
    training_size: int | None = None,
) -> tuple[ImageSplit, ImageSplit]:
    """The training and the test set of `root`/{training_set,test_set}/<class>/*.jpg.  Errors as `load_split`.

    training_size   the size of the training pictures, larger where crops are taken from them; by default `size`
    """
    root = Path(root)
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "does not exist"
        raise DataError(f"{root}: {what}; give a folder with training_set and test_set in it")
    names = ("training_set", "test_set")
    if not all((root / name).is_dir() for name in names):
        raise DataError(f"{root}: needs training_set and test_set, {_found(root)}; give the folder that holds both")
    training = load_split(root / names[0], classes, training_size or size)
    return training, load_split(root / names[1], classes, size)


def load_split(folder: str | os.PathLike[str], classes: Sequence[str], size: int, max_bad: float = 0.05) -> ImageSplit:
    """All pictures of `folder`/<class>, in the natural order of their names, squeezed to size x size.

    Unreadable ones are left out with one DataWarning that counts and names them.
    Raises DataError when the folder or a class is missing or empty, or when more than `max_bad` of the
    pictures are bad.
    """
    paths, labels = _listed(Path(folder), classes)

    def attempt(path: Path) -> np.ndarray | DataError:
        try:
            return load_image(path, size)
        except DataError as error:
            return error

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # OpenCV decodes outside Python's lock
        loaded = list(pool.map(attempt, paths))
    errors = [str(item) for item in loaded if isinstance(item, DataError)]
    if len(errors) > max_bad * len(paths) or len(errors) == len(paths):
        raise DataError(f"{folder}: {len(errors)} of {len(paths)} pictures are bad, the first: {errors[0]}")
    if errors:
        warnings.warn(
            f"{folder}: {len(errors)} of {len(paths)} pictures left out: {'; '.join(errors[:3])}"
            + ("; ..." if len(errors) > 3 else ""),
            DataWarning,
            stacklevel=2,
        )
    good = [i for i, item in enumerate(loaded) if not isinstance(item, DataError)]
    images = np.stack([np.asarray(loaded[i]) for i in good])
    return ImageSplit(images, np.array(labels, np.int64)[good], tuple(classes), [paths[i] for i in good])


def _listed(folder: Path, classes: Sequence[str]) -> tuple[list[Path], list[int]]:
    """The pictures of each class and their labels."""
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise DataError(f"{folder}: {what}; give a folder with {' and '.join(classes)} in it")
    paths: list[Path] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        if not (folder / name).is_dir():
            raise DataError(f"{folder}: needs {', '.join(classes)}, {_found(folder)}; rename the folders")
        try:
            found = sorted((p for p in (folder / name).iterdir() if p.suffix.lower() in SUFFIXES), key=_natural_order)
        except OSError as error:
            raise DataError(f"{folder / name}: cannot be read ({error.strerror}); check its permissions") from None
        if not found:
            raise DataError(f"{folder / name}: holds no pictures ({', '.join(SUFFIXES)}); every class needs some")
        paths += found
        labels += [label] * len(found)
    return paths, labels


def _found(folder: Path) -> str:
    names = sorted(p.name for p in folder.iterdir() if p.is_dir())
    return f"found {', '.join(names[:8])}" if names else "found no folders"


def _natural_order(path: Path) -> tuple[list[tuple[int, int | str]], str]:
    """cat.2 before cat.10; the name itself orders cat.1 and cat.01."""
    parts = re.split(r"(\d+)", path.name)
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts], path.name
