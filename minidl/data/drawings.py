"""The drawn cat/dog set: made once, kept in the user's cache folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from ..errors import ArgumentError, DataError
from .cache import cache_folder
from .drawn.animals import KINDS, draw_animal

VERSION = 1
"""Raised whenever the drawings change, so that an old set is not taken for a new one."""

SPLITS = ("training_set", "test_set")


def catdog_drawings() -> Path:
    """The folder of the drawn set, 2,000 training and 400 test pictures of 64 x 64; drawn on first use."""
    folder = cache_folder() / f"catdog-drawings-{VERSION}"
    draw_catdog_set(folder)
    return folder


def draw_catdog_set(
    folder: str | os.PathLike[str],
    train_per_class: int = 1000,
    test_per_class: int = 200,
    size: int = 64,
    seed: int = 0,
) -> None:
    """Draw the set into `folder`/{training_set,test_set}/{cats,dogs}/cat.1.png, ...

    The folder appears whole or not at all; one that exists is left as it is.  Every picture has a random generator of
    its own, made of seed, split, kind and number, so that the set is the same on every machine.

    Raises DataError when the folder cannot be written, ArgumentError for fewer than one picture of a class, a size
    below 16 or a negative seed.
    """
    folder = Path(folder)
    if folder.is_dir():
        return
    if folder.exists():
        raise DataError(f"{folder}: is a file, and the drawn pictures need a folder; choose another name")
    if min(train_per_class, test_per_class) < 1 or seed < 0:
        raise ArgumentError(
            f"draw_catdog_set: train_per_class={train_per_class}, test_per_class={test_per_class}, seed={seed}; needs "
            "at least one picture of each class and a seed of at least 0"
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise DataError(
            f"{folder}: the drawn pictures cannot be kept there ({error.strerror}); "
            "set the variable MINIDL_CACHE to a folder that can be written"
        ) from None
    try:
        _draw_all(partial, (train_per_class, test_per_class), size, seed)
        partial.chmod(0o755)
        os.rename(partial, folder)
    except OSError as error:
        if not folder.is_dir():  # else another process was faster, with the same pictures
            raise DataError(f"{folder}: drawing failed ({error.strerror}); free some space and start again") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _draw_all(folder: Path, counts: tuple[int, int], size: int, seed: int) -> None:
    jobs = []
    for split, count in enumerate(counts):
        for kind in range(len(KINDS)):
            place = folder / SPLITS[split] / f"{KINDS[kind]}s"
            place.mkdir(parents=True)
            jobs += [(place / f"{KINDS[kind]}.{n}.png", kind, (seed, split, kind, n)) for n in range(1, count + 1)]

    def draw(job: tuple[Path, int, tuple[int, ...]]) -> None:
        path, kind, key = job
        write_png(path, draw_animal(KINDS[kind], size, np.random.default_rng(key)))

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # OpenCV draws outside Python's lock
        list(pool.map(draw, jobs))


def write_png(path: Path, image: np.ndarray) -> None:
    """Write an RGB picture (H, W, 3).  Raises OSError when it cannot be written."""
    import cv2

    _, encoded = cv2.imencode(".png", image[:, :, ::-1])
    path.write_bytes(encoded.tobytes())
