"""The drawn cat/dog set: made once, kept in the user's cache folder."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from ..errors import ArgumentError, DataError
from .cache import cache_folder
from .drawn.animals import KINDS, draw_animal

VERSION = 1
"""Raised whenever the drawings change, so that an old set is not taken for a new one."""

SPLITS = ("training_set", "test_set")

PROCESS_FROM = 500
"""Pictures that take longer to draw than another process to start."""


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
    """Each core's share in a process of its own.

    OpenCV's calls are so short here that threads spend more on handing over Python's lock than they win.
    """
    for split, kind in itertools.product(SPLITS, KINDS):
        (folder / split / f"{kind}s").mkdir(parents=True)
    shares = min(os.cpu_count() or 1, 1 + sum(counts) * len(KINDS) // PROCESS_FROM)
    others = [_start(folder, counts, size, seed, share, shares) for share in range(1, shares)]
    try:
        draw_share(folder, counts, size, seed, 0, shares)
        for share, process in enumerate(others, 1):
            if process is None or process.wait() != 0:  # for want of memory, say: then here
                draw_share(folder, counts, size, seed, share, shares)
    finally:
        for process in filter(None, others):
            process.kill()
            process.wait()


def _start(
    folder: Path, counts: tuple[int, int], size: int, seed: int, share: int, shares: int
) -> subprocess.Popen[bytes] | None:
    """A process that draws a share; None where none can be started."""
    program = (
        f"import sys; sys.path[:] = {sys.path!r}\nfrom pathlib import Path\nfrom {__name__} import draw_share\n"
        f"draw_share(Path({str(folder)!r}), {counts}, {size}, {seed}, {share}, {shares})"
    )
    try:
        return subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
    except OSError:
        return None


def draw_share(folder: Path, counts: tuple[int, int], size: int, seed: int, share: int, shares: int) -> None:
    """Draw every `shares`-th picture of the set, from number `share` on, into folders that are there."""
    jobs = [
        (split, kind, number)
        for split, count in enumerate(counts)
        for kind in range(len(KINDS))
        for number in range(1, count + 1)
    ]
    for split, kind, number in jobs[share::shares]:
        image = draw_animal(KINDS[kind], size, np.random.default_rng((seed, split, kind, number)))
        write_png(folder / SPLITS[split] / f"{KINDS[kind]}s" / f"{KINDS[kind]}.{number}.png", image)


def write_png(path: Path, image: np.ndarray) -> None:
    """Write an RGB picture (H, W, 3).  Raises OSError when it cannot be written."""
    import cv2

    _, encoded = cv2.imencode(".png", image[:, :, ::-1])
    path.write_bytes(encoded.tobytes())
