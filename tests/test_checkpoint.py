"""What is saved comes back the same, or an error says why; a file is written whole or not at all."""

from __future__ import annotations

import collections
import io
import json
import math
import os
import resource
import stat
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from checkpoint_checks import identical, refusal
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minidl import dtypes
from minidl.checkpoint import load, save
from minidl.errors import CheckpointError, DtypeError
from minidl.ops.creation import from_numpy

AWKWARD_KEYS = ["", ".", "..", "../../x", "/etc/passwd", "a/b", "a%2Fb", "%", "a\\b", "C:", "a\0b", "a\nb", "a "]
AWKWARD_KEYS += ["模型", "é", "e\u0301", "\ud83d\ude00", "\U0001f600", "\udcff", "\u2028", "0", "-1", "0x1f"]
AWKWARD_KEYS += ["__minidl__", "file", "tensor", "$tensor", "$", "a.npy", ".npy"]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checkpoints") / "model.npz"


# --- round trips --------------------------------------------------------------------------------------------------

NUMBERS = st.integers() | st.integers(-(2**200), 2**200) | st.floats() | st.booleans()
SHAPES = hnp.array_shapes(min_dims=0, min_side=0)
ARRAYS = st.sampled_from([dtype.name for dtype in dtypes.ALL]).flatmap(lambda name: hnp.arrays(name, SHAPES))
TEXTS = st.text(st.characters(), max_size=8)
LEAVES = st.none() | NUMBERS | TEXTS | ARRAYS | ARRAYS.map(from_numpy)
KEYS = st.sampled_from(AWKWARD_KEYS) | TEXTS | st.integers(-3, 12) | st.integers()
STRUCTURES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(structure=STRUCTURES)
def test_round_trip(file: Path, structure: Any) -> None:
    save(structure, file)
    assert identical(load(file), structure)


def test_round_trip_of_awkward_keys(file: Path) -> None:
    keys = [*AWKWARD_KEYS, 0, -1, 0x1F, 2**70, -(2**70)]
    structure: dict[Any, Any] = {key: from_numpy(np.array(number)) for number, key in enumerate(keys)}
    structure["nested"] = {key: {"a": {"b": np.float32(number)}} for number, key in enumerate(keys)}
    save(structure, file)
    assert identical(load(file), structure)


def test_round_trip_of_dicts_that_look_like_marks_of_the_format(file: Path) -> None:
    marks = {"tensor": "0", "tuple": [1], "dict": [[1, 2]], "int": "1f", "float": "7ff8000000000000", "text": [97]}
    structure = [{f"${mark}": value} for mark, value in marks.items()]
    save(structure, file)
    assert identical(load(file), structure)


def test_round_trip_of_ints_and_of_numbers_that_are_not_finite(file: Path) -> None:
    payload = struct.unpack("d", struct.pack("Q", 0xFFF8_0000_0000_1234))[0]
    numbers = [10**5000, -(10**5000), 2**63, 2**63 - 1, -(2**63), math.nan, payload, math.inf, -math.inf, -0.0, 5e-324]
    save(numbers, file)
    assert identical(load(file), numbers)


def test_tensors_of_any_layout_come_back_contiguous_and_writable(file: Path) -> None:
    base = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)
    layouts = [base.T, base[:, ::-1, ::2], base[0, 0, 0], np.broadcast_to(base, (5, 2, 3, 4)), base.astype(">f4")]
    save(layouts, file)
    for loaded, saved in zip(load(file), layouts, strict=True):
        array = loaded.numpy()
        np.testing.assert_array_equal(array, saved)
        assert (array.shape, array.dtype) == (saved.shape, np.float32)
        assert array.flags.c_contiguous and array.flags.writeable and array.flags.owndata


def test_what_comes_back_as_something_plainer(file: Path) -> None:
    weight = from_numpy(np.ones(2, np.float32)).requires_grad_()
    save({"weight": weight, "ordered": collections.OrderedDict(b=1, a=2), "shape": weight.shape}, file)
    loaded = load(file)
    assert not loaded["weight"].requires_grad
    assert type(loaded["ordered"]) is dict
    assert list(loaded["ordered"]) == ["b", "a"]
    assert type(loaded["shape"]) is tuple


# --- the file -----------------------------------------------------------------------------------------------------


def test_numpy_reads_the_file_under_readable_names(file: Path) -> None:
    weight, average = np.ones((2, 3), np.float32), np.zeros(3)
    optimizer = {"state": {0: {"exp_avg": average, "step": 7}}, "param_groups": [{"lr": 0.1}]}
    save({"model": {"fc1.weight": from_numpy(weight)}, "optimizer": optimizer}, file)
    with np.load(file, allow_pickle=False) as archive:
        assert archive.files == ["__minidl__", "model/fc1.weight", "optimizer/state/0/exp_avg"]
        np.testing.assert_array_equal(archive["model/fc1.weight"], weight)
        assert archive["__minidl__"].shape == ()
        index = json.loads(archive["__minidl__"].item())
    assert index["version"] == 1
    assert index["content"]["optimizer"]["param_groups"] == [{"lr": 0.1}]


def test_numpy_finds_every_array_whatever_the_keys(file: Path) -> None:
    keys = [*AWKWARD_KEYS, 0, -1, "a"]
    save({key: np.array(number) for number, key in enumerate(keys)}, file)
    with np.load(file, allow_pickle=False) as archive:
        found = [int(archive[name]) for name in archive.files if name != "__minidl__"]
    assert found == list(range(len(keys)))
    with zipfile.ZipFile(file) as members:
        for name in members.namelist():
            assert name.isprintable()
            assert not PurePosixPath(name).is_absolute()
            assert ".." not in PurePosixPath(name).parts


def test_the_path_is_used_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save(1, "model")
    save(2, tmp_path / "model.ckpt")
    assert sorted(os.listdir()) == ["model", "model.ckpt"]
    assert (load(Path("model")), load("model.ckpt")) == (1, 2)


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save({"weight": np.arange(3)}, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    link = tmp_path / "latest.npz"
    (tmp_path / "runs").mkdir()
    link.symlink_to(tmp_path / "runs" / "model.npz")
    save(1, link)
    assert link.is_symlink()
    assert load(tmp_path / "runs" / "model.npz") == 1


def test_others_may_read_the_file_as_far_as_the_umask_allows(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        save(1, tmp_path / "model.npz")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "model.npz").stat().st_mode) == 0o640


# --- what cannot be saved -----------------------------------------------------------------------------------------

Point = collections.namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        ({"a": {0: {"b": {1, 2}}}}, "a/0/b: a set cannot be saved; use a dict, list, tensor, number or string"),
        ({"hook": [1, print]}, "hook/1: a builtin_function_or_method cannot be saved"),
        (b"bytes", "save: a bytes cannot be saved"),
        ((1, 1j), "1: a complex cannot be saved"),
        ([Point(1, 2)], "0: a Point cannot be saved"),
        ({"names": np.array(["a"], object)}, "names: an array of dtype object cannot be saved; use one of float16"),
        ({"names": np.array(["a"])}, "names: an array of dtype <U1 cannot be saved"),
        ({"z": np.array([1j])}, "z: an array of dtype complex128 cannot be saved"),
        ({"m": np.ma.masked_array([1.0], [True])}, "m: a MaskedArray cannot be saved"),
        ({"a": {1.5: 0}}, "a: a key of type float cannot be saved; use str or int keys"),
        ({"a": {True: 0}}, "a: a key of type bool cannot be saved"),
        ({"a\nb": {"x" * 70_000: np.zeros(1)}}, "a%0Ab/xxx"),
    ],
)
def test_what_cannot_be_saved_is_named_and_nothing_is_written(tmp_path: Path, obj: Any, message: str) -> None:
    assert message in refusal(save, obj, tmp_path / "model.npz")
    assert list(tmp_path.iterdir()) == []


def test_an_object_that_contains_itself_is_refused(tmp_path: Path) -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert "contains itself" in refusal(save, endless, tmp_path / "model.npz")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("action", [lambda path: save(1, path), load])
@pytest.mark.parametrize("path", [io.BytesIO(), b"model.npz", 3])
def test_a_path_is_a_str_or_pathlike(action: Callable[[Any], Any], path: Any) -> None:
    with pytest.raises(DtypeError, match=rf"got a path of type {type(path).__name__}, needs a str or os.PathLike"):
        action(path)


# --- whole or not at all ------------------------------------------------------------------------------------------

LARGE = {"weight": np.arange(50_000)}


@pytest.mark.parametrize("limit", [0, 100, 5_000, 399_000, 400_600])
def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "model.npz"
    save(LARGE, path)
    assert limit < path.stat().st_size
    save("old", path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limits[1]))
    try:
        message = refusal(save, LARGE, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert repr(str(path)) in message
    assert "File too large" in message
    assert list(tmp_path.iterdir()) == [path]
    assert load(path) == "old"


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_at_the_end_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException
) -> None:
    path = tmp_path / "model.npz"
    save("old", path)

    def fail(*args: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        with pytest.raises(KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else CheckpointError):
            save(LARGE, path)
    assert list(tmp_path.iterdir()) == [path]
    assert load(path) == "old"


def test_the_file_and_then_its_folder_reach_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[Any] = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(descriptor: int) -> None:
        fsync(descriptor)
        found = os.fstat(descriptor)
        steps.append((found.st_ino, found.st_size if stat.S_ISREG(found.st_mode) else None))

    def note_replace(source: str, target: str) -> None:
        replace(source, target)
        steps.append("replace")

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    save(LARGE, tmp_path / "model.npz")
    written = (tmp_path / "model.npz").stat()
    assert steps == [(written.st_ino, written.st_size), "replace", (tmp_path.stat().st_ino, None)]


KILLED = """
import os, sys, time
import numpy as np
from minidl.checkpoint import save

def stop(*args, **kwargs):
    print("here", flush=True)
    time.sleep(600)

path, place = sys.argv[1:]
if place == "write":
    write_array = np.lib.format.write_array
    calls = iter([write_array, write_array, stop])
    np.lib.format.write_array = lambda *args, **kwargs: next(calls)(*args, **kwargs)
else:
    setattr(os, place, stop)
save([np.arange(50_000)] * 3, path)
"""


@pytest.mark.parametrize("place", ["write", "fsync", "replace"])
def test_a_kill_leaves_the_old_file(tmp_path: Path, place: str) -> None:
    path = tmp_path / "model.npz"
    save("old", path)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path), place], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.kill()
    assert load(path) == "old"
    save("new", path)
    assert load(path) == "new"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    message = refusal(save, 1, tmp_path / "runs" / "model.npz")
    assert "runs/model.npz' cannot be written (No such file or directory); create its folder first" in message


def test_a_folder_is_no_path(tmp_path: Path) -> None:
    for path in (str(tmp_path), f"{tmp_path}/new/"):
        message = refusal(save, 1, path)
        assert f"{path!r} cannot be written (Is a directory); give the path of a file in it" in message
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "pipe' cannot be written (a device or pipe, not a file)" in refusal(save, 1, tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("path", ["", "a\0b", "\ud800", "/dev/null/model.npz"])
def test_a_path_that_cannot_be(path: str) -> None:
    assert repr(path) in refusal(save, 1, path)
    assert repr(path) in refusal(load, path)


@pytest.fixture
def locked_folder() -> Iterator[Path]:
    """A folder that may not be written, with a file that may not be read, not even by a test that root started."""
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as name:  # pytest's folders are closed to other users
        folder = Path(name)
        save("old", folder / "model.npz")
        save("secret", folder / "secret.npz")
        (folder / "secret.npz").chmod(0)
        folder.chmod(0o555)
        os.seteuid(user or 65534)
        try:
            yield folder
        finally:
            os.seteuid(user)
            folder.chmod(0o755)


def test_what_may_not_be_written_or_read_is_named(locked_folder: Path) -> None:
    message = refusal(save, 1, locked_folder / "model.npz")
    assert "model.npz' cannot be written (Permission denied); choose a path that can be written" in message
    assert load(locked_folder / "model.npz") == "old"
    message = refusal(load, locked_folder / "secret.npz")
    assert "secret.npz' cannot be read (Permission denied); give the path of a file that you may read" in message
