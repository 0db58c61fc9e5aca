"""Files that `load` must not take for checkpoints: it says what they are, and reads no pickle."""

from __future__ import annotations

import io
import json
import pickle
import re
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from checkpoint_checks import identical, refusal
from hypothesis import given, settings
from hypothesis import strategies as st

from minidl.checkpoint import load, save
from minidl.errors import CheckpointError

# --- files that are no checkpoints --------------------------------------------------------------------------------


def write_zip(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array)
    return stream.getvalue()


def npy_with_header(header: str) -> bytes:
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode()


def index(version: int = 1, content: Any = 1) -> bytes:
    return npy(np.array(json.dumps({"format": "minidl checkpoint", "version": version, "content": content})))


class Trap:
    """Unpickling it would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def test_pickles_are_never_read(tmp_path: Path) -> None:
    proof = tmp_path / "executed"
    trap = np.array([Trap(proof)], object)
    path = tmp_path / "model.pt"
    for protocol in (2, 3, 4, 5):
        path.write_bytes(pickle.dumps(Trap(proof), protocol))
        assert "pickles are never read because they can run code" in refusal(load, path)
    archives: list[dict[str, bytes]] = [
        {"model/data.pkl": pickle.dumps(Trap(proof)), "model/data/0": b"1234"},
        {"weight.npy": npy(trap)},
        {"__minidl__.npy": npy(trap)},
        {"__minidl__.npy": index(content={"$tensor": "weight"}), "weight.npy": npy(trap)},
    ]
    for members in archives:
        write_zip(path, members)
        message = refusal(load, path)
        assert "pickles are never read because they can run code" in message
        assert "safetensors.torch.save_file(torch.load(path)" in message
    assert not proof.exists()


def test_a_torch_file_is_named_a_pickle(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    for new_format in (True, False):
        torch.save({"weight": torch.ones(2)}, tmp_path / "model.pt", _use_new_zipfile_serialization=new_format)
        assert "as PyTorch's .pt files do" in refusal(load, tmp_path / "model.pt")


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    fix = "give the path of a file that you may read"
    message = refusal(load, tmp_path / "no.npz")
    assert f"no.npz' cannot be read (No such file or directory); {fix}" in message
    assert f"{str(tmp_path)!r} cannot be read (Is a directory); {fix}" in refusal(load, tmp_path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is an empty file"),
        (b"epoch,loss\n1,0.5\n", "is no npz file; load a file that minidl.save wrote"),
        (npy(np.ones(3)), "is a single array (.npy), no checkpoint; read it with numpy.load"),
        (b"PK\3\4 and nothing more", "is cut short, damaged or no checkpoint"),
    ],
)
def test_files_of_other_kinds(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "x").write_bytes(data)
    assert message in refusal(load, tmp_path / "x")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "is a zip file, but no checkpoint"),
        ({"word/document.xml": b"<a/>"}, "is a zip file, but no checkpoint"),
        (
            {f"{name}.npy": npy(np.ones(2)) for name in "abcd"},
            "holds plain arrays ('a', 'b', 'c', ...), no checkpoint; read it with numpy.load",
        ),
        ({"__minidl__.npy": index(), "extra.npy": npy(np.ones(2))}, "holds entries that no checkpoint has: 'extra'"),
        ({"__minidl__.npy": index(), "read\nme": b"hello"}, "is cut short, damaged or no checkpoint"),
        ({"__minidl__.npy": index(version=2)}, "version 2, and this minidl reads 'minidl checkpoint' up to version 1"),
        ({"__minidl__.npy": index(content={"$tensor": "w"})}, "damaged or no checkpoint (KeyError: 'w.npy')"),
        ({"__minidl__.npy": index(content={"$tensor": "w"}), "w.npy": npy(np.array(["a"]))}, "dtype <U1"),
        ({"__minidl__.npy": npy(np.ones(2))}, "is cut short, damaged or no checkpoint"),
        ({"__minidl__.npy": npy(np.array("[" * 100_000))}, "is cut short, damaged or no checkpoint (RecursionError"),
        ({"__minidl__.npy": npy(np.array("{}"))}, "is cut short, damaged or no checkpoint (KeyError: 'format')"),
        ({"__minidl__.npy": index()[:-8]}, "is cut short, damaged or no checkpoint"),
        ({"__minidl__.npy": index() + b"more"}, "is cut short, damaged or no checkpoint"),
        ({"__minidl__.npy": npy_with_header("-" * 9000 + "1")}, "damaged"),  # MemoryError, or RecursionError
    ],
)
def test_archives_of_other_kinds(tmp_path: Path, members: dict[str, bytes], message: str) -> None:
    path = tmp_path / "other.npz"
    write_zip(path, members)
    got = refusal(load, path)
    assert message in got
    assert got.startswith(f"load: {str(path)!r} ")


def test_too_little_memory_is_not_called_damage_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise MemoryError

    save(1, tmp_path / "model.npz")
    monkeypatch.setattr(zipfile.ZipFile, "read", fail)
    message = refusal(load, tmp_path / "model.npz")
    assert "is damaged or needs more memory than there is; free some memory, or use another copy" in message


def test_a_compressed_copy_is_read(tmp_path: Path) -> None:
    save({"weight": np.arange(5), "epoch": 3}, tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz") as archive:
        np.savez_compressed(tmp_path / "small.npz", **archive)
    assert identical(load(tmp_path / "small.npz"), {"weight": np.arange(5), "epoch": 3})


# --- damaged files ------------------------------------------------------------------------------------------------

CONTENT = {"model": {"weight": np.arange(6.0).reshape(2, 3), "模型": np.array(True)}, "epoch": 3, "loss": [0.5, -0.0]}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged") / "model.npz"


@pytest.fixture(scope="module")
def intact(file: Path) -> bytes:
    save(CONTENT, file)
    return file.read_bytes()


def test_every_truncated_file_is_refused(tmp_path: Path, intact: bytes) -> None:
    path = tmp_path / "cut.npz"
    for length in range(len(intact)):
        path.write_bytes(intact[:length])
        refusal(load, path)


@settings(max_examples=500, deadline=None)
@given(data=st.data())
def test_a_file_with_flipped_bits_is_refused_or_unharmed(file: Path, intact: bytes, data: st.DataObject) -> None:
    damaged = bytearray(intact)
    for bit in data.draw(st.sets(st.integers(0, 8 * len(intact) - 1), min_size=1, max_size=4)):
        damaged[bit // 8] ^= 1 << bit % 8
    file.write_bytes(damaged)
    try:
        loaded = load(file)
    except CheckpointError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert identical(loaded, CONTENT)


def test_a_wrong_checksum_is_refused(tmp_path: Path, intact: bytes) -> None:
    position = intact.index(np.arange(6.0).tobytes())
    damaged = intact[:position] + b"\1" + intact[position + 1 :]
    (tmp_path / "model.npz").write_bytes(damaged)
    assert re.search("damaged.*CRC.*weight", refusal(load, tmp_path / "model.npz"))
