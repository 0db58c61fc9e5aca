"""The drawn set is the same on every machine, has as many cats as dogs, and is there whole or not at all."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from minidl.data import drawings
from minidl.data.cache import cache_folder
from minidl.data.drawings import catdog_drawings, draw_catdog_set
from minidl.data.drawn.animals import KINDS, draw_animal
from minidl.errors import ArgumentError, DataError


def contents(folder: Path) -> dict[str, str]:
    """The digest of every file by its path in `folder`."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# --- what is drawn ----------------------------------------------------------------------------------------------------


def test_the_set_has_as_many_cats_as_dogs_in_both_parts(tmp_path: Path) -> None:
    draw_catdog_set(tmp_path / "set", 5, 2, 16)
    expected = {
        f"{split}/{kind}s/{kind}.{n}.png"
        for split, count in (("training_set", 5), ("test_set", 2))
        for kind in ("cat", "dog")
        for n in range(1, count + 1)
    }
    assert set(contents(tmp_path / "set")) == expected


def test_pictures_are_rgb_of_the_size_asked_for_as_drawn(tmp_path: Path) -> None:
    draw_catdog_set(tmp_path / "set", 1, 1, 48, seed=3)
    for split, part in enumerate(("training_set", "test_set")):
        for kind, name in enumerate(KINDS):
            loaded = cv2.imread(str(tmp_path / "set" / part / f"{name}s" / f"{name}.1.png"), cv2.IMREAD_UNCHANGED)
            drawn = draw_animal(name, 48, np.random.default_rng((3, split, kind, 1)))
            assert loaded.shape == (48, 48, 3)
            np.testing.assert_array_equal(loaded[:, :, ::-1], drawn)


def test_the_same_seed_draws_the_same_bytes_and_another_draws_others(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        draw_catdog_set(tmp_path / name, 3, 2, 16, seed)
    a, b, c = (contents(tmp_path / name) for name in "abc")
    assert a == b
    assert not set(a.values()) & set(c.values())


def test_a_larger_set_begins_with_the_smaller_one(tmp_path: Path) -> None:
    draw_catdog_set(tmp_path / "small", 2, 1, 16)
    draw_catdog_set(tmp_path / "large", 4, 3, 16)
    small, large = contents(tmp_path / "small"), contents(tmp_path / "large")
    assert small.items() <= large.items()
    assert len(set(large.values())) == len(large)  # no two pictures alike, across the sets too


def test_cats_differ_from_dogs_drawn_with_the_same_random_numbers() -> None:
    for seed in range(20):
        cat, dog = (draw_animal(kind, 32, np.random.default_rng(seed)) for kind in ("cat", "dog"))
        assert np.abs(cat.astype(int) - dog).mean() > 1


# --- whole or not at all ----------------------------------------------------------------------------------------------


def test_a_folder_that_exists_is_left_as_it_is(tmp_path: Path) -> None:
    draw_catdog_set(tmp_path / "set", 1, 1, 16)
    before = contents(tmp_path / "set")
    draw_catdog_set(tmp_path / "set", 3, 3, 32, seed=9)
    assert contents(tmp_path / "set") == before


def test_the_whole_set_appears_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename, moved = os.rename, []

    def watched(source: Path, target: Path) -> None:
        assert not target.exists()
        moved.append(contents(source))
        rename(source, target)

    monkeypatch.setattr(os, "rename", watched)
    draw_catdog_set(tmp_path / "set", 2, 2, 16)
    assert moved == [contents(tmp_path / "set")]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_drawing_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException]
) -> None:
    written = []

    def write_a_few(path: Path, image: np.ndarray) -> None:
        if len(written) == 3:
            raise interruption
        written.append(path)
        path.write_bytes(b"picture")

    monkeypatch.setattr(drawings, "write_png", write_a_few)
    with pytest.raises(interruption):
        draw_catdog_set(tmp_path / "set", 5, 5, 16)
    assert written
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, image: np.ndarray) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(drawings, "write_png", fail)
    with pytest.raises(DataError, match=r"set: drawing failed \(No space left on device\); free some space"):
        draw_catdog_set(tmp_path / "set", 1, 1, 16)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_drawing_leaves_no_half_set_and_the_next_one_draws_it_all(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from minidl.data import drawings\n"
        "write = drawings.write_png\n"
        "def write_then_die(path, image):\n"
        "    write(path, image)\n"
        "    if path.name == 'dog.2.png':\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "drawings.write_png = write_then_die\n"
        "drawings.draw_catdog_set(sys.argv[1], 4, 2, 16)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path / "set")], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "set").exists()
    draw_catdog_set(tmp_path / "set", 4, 2, 16)
    draw_catdog_set(tmp_path / "other", 4, 2, 16)
    assert contents(tmp_path / "set") == contents(tmp_path / "other")


def test_two_processes_at_once_end_with_one_whole_set(tmp_path: Path) -> None:
    # each waits before its first picture until the other is about to draw its own
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from minidl.data import drawings\n"
        "draw = drawings._draw_all\n"
        "def draw_together(folder, *rest):\n"
        "    while len(list(folder.parent.glob('.set-*'))) < 2 and not (folder.parent / 'set').exists():\n"
        "        time.sleep(0.001)\n"
        "    draw(folder, *rest)\n"
        "drawings._draw_all = draw_together\n"
        "drawings.draw_catdog_set(sys.argv[1], 20, 5, 16)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "set")]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        _, errors = process.communicate()
        assert (process.returncode, errors) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["set"]
    draw_catdog_set(tmp_path / "alone", 20, 5, 16)
    assert contents(tmp_path / "set") == contents(tmp_path / "alone")


def test_a_set_that_another_process_finished_first_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def draw_and_lose(folder: Path, *_: object) -> None:
        (folder / "late").touch()
        (tmp_path / "set" / "training_set").mkdir(parents=True)

    monkeypatch.setattr(drawings, "_draw_all", draw_and_lose)
    draw_catdog_set(tmp_path / "set", 1, 1, 16)
    assert [path.name for path in tmp_path.rglob("*")] == ["set", "training_set"]


# --- refused ----------------------------------------------------------------------------------------------------------


def test_a_file_in_place_of_the_folder_or_above_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "set").write_text("a file")
    with pytest.raises(DataError, match="set: is a file"):
        draw_catdog_set(tmp_path / "set", 1, 1, 16)
    with pytest.raises(DataError, match=r"deeper: the drawn pictures cannot be kept there .*MINIDL_CACHE"):
        draw_catdog_set(tmp_path / "set" / "deeper", 1, 1, 16)
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"train_per_class": 0}, "train_per_class=0"),
        ({"test_per_class": -1}, "test_per_class=-1"),
        ({"size": 0}, "size is 0"),
        ({"size": 15}, "size is 15"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_leaves_nothing(
    tmp_path: Path, arguments: dict[str, int], named: str
) -> None:
    with pytest.raises(ArgumentError, match=named):
        draw_catdog_set(tmp_path / "set", **{"train_per_class": 1, "test_per_class": 1, "size": 16, **arguments})
    assert list(tmp_path.iterdir()) == []


# --- where it is kept -------------------------------------------------------------------------------------------------


def test_the_cache_folder_follows_its_own_variable_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("MINIDL_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("platform", "variable", "below"),
    [
        ("linux", "XDG_CACHE_HOME", "minidl"),
        ("win32", "LOCALAPPDATA", "minidl"),
        ("linux", "HOME", ".cache/minidl"),
        ("darwin", "HOME", "Library/Caches/minidl"),
    ],
)
def test_without_it_the_cache_is_where_the_platform_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, variable: str, below: str
) -> None:
    for name in ("MINIDL_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_folder() == tmp_path / below


def test_the_set_is_drawn_into_the_cache_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIDL_CACHE", str(tmp_path / "cache"))
    drawn = []

    def draw_little(folder: Path, counts: tuple[int, int], size: int, seed: int) -> None:
        drawn.append((counts, size, seed))

    monkeypatch.setattr(drawings, "_draw_all", draw_little)
    folder = catdog_drawings()
    assert folder.is_dir()
    assert folder.parent == tmp_path / "cache"
    assert catdog_drawings() == folder
    assert drawn == [((1000, 200), 64, 0)]
    assert os.listdir(tmp_path / "cache") == [folder.name]
