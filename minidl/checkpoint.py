"""Saving and loading: nested dicts, lists and tuples of tensors, numbers and strings in one .npz file.

A path that ends in `.safetensors` is written, and such a file is read, in that format (minidl/interchange.py).

A checkpoint is a plain .npz, which `numpy.load(path, allow_pickle=False)` opens too.  Every tensor is an array in it,
named by its place (`model/fc1.weight`, `optimizer/state/0/exp_avg`).  The entry `__minidl__` is JSON text that keeps
everything else.  JSON's own types stand for Python's; what JSON lacks is an object of one key that begins with `$`:

    {"$tensor": "model/fc1.weight"}     the array of that name
    {"$tuple": [1, 2]}                  a tuple
    {"$dict": [[0, "a"], ["$b", 1]]}    a dict with keys that a JSON object cannot have, as pairs
    {"$int": "-0x1f..."}                an int of more than 64 bits
    {"$float": "7ff8000000000000"}      nan or inf: the bits of the float64
    {"$text": [55357, 97]}              a string with surrogates, as code points

Nothing is ever pickled: a pickle can run code when it is read.
"""

from __future__ import annotations

import errno
import io
import json
import math
import os
import re
import struct
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np

from .dtypes import ALL as TENSOR_DTYPES
from .errors import CheckpointError, DtypeError
from .files import whole_file
from .interchange import EXTENSION, starts_like_safetensors, tensors_from_bytes, tensors_to_bytes
from .ops.creation import from_numpy
from .tensor import Tensor

FORMAT = "minidl checkpoint"
VERSION = 1
INDEX = "__minidl__"

_LONGEST_NAME = 60_000  # bytes; a zip entry allows 65,535
_PICKLED = (
    "holds Python pickles, as PyTorch's .pt files do, and pickles are never read because they can run code; where you "
    "trust it, convert it with the program that wrote it: safetensors.torch.save_file(torch.load(path), "
    "'model.safetensors')"
)
_READ_HEADER = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_FIXES: dict[int | None, str] = {
    errno.ENOENT: "create its folder first",
    errno.EISDIR: "give the path of a file in it",
    errno.ENOSPC: "free some space first",
}


def save(obj: Any, path: str | os.PathLike[str]) -> None:
    """Write `obj` to one file, whole or not at all: after a failure or a kill the old file is still there.

    It is an .npz, or for a path that ends in .safetensors, which holds a dict of tensors, that.

    A kill also leaves the new file, `.minidl-*.unfinished` in the same folder, which may be deleted.

    Args:
        obj: nested dicts (with str or int keys), lists and tuples of tensors, NumPy arrays and scalars, ints of any
            size, floats, bools, strings and None.  What is met twice is written twice.
        path: the file, used as given: no extension is added.

    Raises:
        CheckpointError: something in `obj` that cannot be saved (the message names its place), or a path that cannot
            be written.
        DtypeError: a path that is neither str nor os.PathLike.
    """
    file = _file_path("save", path)
    if file.endswith(EXTENSION):
        content = tensors_to_bytes(obj)
        with _writing(file) as stream:
            stream.write(content)
        return
    arrays: dict[str, np.ndarray] = {}
    try:
        content = _pack(obj, (), arrays)
        index = json.dumps({"format": FORMAT, "version": VERSION, "content": content}, indent=1, allow_nan=False)
    except RecursionError:
        raise CheckpointError("save: the object is nested too deeply, or contains itself; flatten it") from None
    with _writing(file) as stream, zipfile.ZipFile(stream, "w") as archive:
        for name, array in {INDEX: np.array(index), **arrays}.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


@contextmanager
def _writing(file: str) -> Iterator[BinaryIO]:
    """A new file that takes the place of `file` in the end, or an error that says why it cannot."""
    try:
        with whole_file(file) as stream:
            yield stream
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL character
        fix = _FIXES.get(getattr(error, "errno", None), "choose a path that can be written")
        raise CheckpointError(f"save: {file!r} cannot be written ({_reason(error)}); {fix}") from error


def load(path: str | os.PathLike[str]) -> Any:
    """Read what `save` wrote, or a .safetensors file of any program, as a dict of tensors by name.

    Tensors come back as tensors that require no gradient, and so do NumPy arrays and scalars.  Numbers, strings and
    None come back as they were; subclasses of dict, list and tuple as plain ones.

    Raises:
        CheckpointError: the file is missing, damaged, or no checkpoint.
        DtypeError: a path that is neither str nor os.PathLike.
    """
    file = _file_path("load", path)
    try:
        stream = open(file, "rb")  # noqa: SIM115 - closed below, where other errors are told apart
    except (OSError, ValueError) as error:
        fix = "give the path of a file that you may read"
        raise CheckpointError(f"load: {file!r} cannot be read ({_reason(error)}); {fix}") from error
    with stream:
        try:
            if starts_like_safetensors(stream.read(9)):
                stream.seek(0)
                return tensors_from_bytes(stream.read())
            stream.seek(0)
            _refuse_other_files(stream)
            with zipfile.ZipFile(stream) as archive:
                return _read(archive)
        except CheckpointError as error:
            raise CheckpointError(f"load: {file!r} {error}") from None
        except MemoryError as error:
            fix = "free some memory, or use another copy"
            raise CheckpointError(f"load: {file!r} is damaged or needs more memory than there is; {fix}") from error
        except Exception as error:  # damage shows in zipfile, zlib, json and NumPy, as more kinds than a list can name
            raise CheckpointError(
                f"load: {file!r} is cut short, damaged or no checkpoint ({type(error).__name__}: {_reason(error)}); "
                "use another copy, or save it again"
            ) from error


def _file_path(caller: str, path: Any) -> str:
    file = os.fspath(path) if isinstance(path, (str, os.PathLike)) else None
    if not isinstance(file, str):
        raise DtypeError(f"{caller}: got a path of type {type(path).__name__}, needs a str or os.PathLike")
    return file


def _reason(error: BaseException) -> str:
    """What went wrong, on one line."""
    return " ".join(str(getattr(error, "strerror", None) or error).split()) or "no reason given"


# --- Python objects to JSON ---------------------------------------------------------------------------------------


def _pack(obj: Any, place: tuple[str, ...], arrays: dict[str, np.ndarray]) -> Any:
    """The JSON form of `obj`, which stands at `place`.  Its arrays are added to `arrays` under their names."""
    if isinstance(obj, (Tensor, np.ndarray, np.generic)):
        name = "/".join(place) or "tensor"
        arrays[name] = _plain_array(obj, place)
        return {"$tensor": name}
    if isinstance(obj, dict):
        for key in obj:
            if type(key) not in (str, int):
                raise _unsavable(place, f"a key of type {type(key).__name__} cannot be saved; use str or int keys")
        pairs = [[_pack_scalar(key), _pack(value, (*place, _escape(key)), arrays)] for key, value in obj.items()]
        plain = all(isinstance(key, str) and not key.startswith("$") for key, _ in pairs)
        return dict(pairs) if plain else {"$dict": pairs}
    if isinstance(obj, list):
        return [_pack(value, (*place, str(position)), arrays) for position, value in enumerate(obj)]
    if isinstance(obj, tuple) and not hasattr(obj, "_fields"):
        return {"$tuple": _pack(list(obj), place, arrays)}
    if obj is None or type(obj) in (bool, int, float, str):
        return _pack_scalar(obj)
    raise _unsavable(place, f"a {type(obj).__name__} cannot be saved; use a dict, list, tensor, number or string")


def _pack_scalar(value: Any) -> Any:
    """The JSON form of a number, string or None that comes back exactly the same."""
    if type(value) is int and abs(value) >= 2**63:
        return {"$int": hex(value)}  # decimal digits are limited by sys.set_int_max_str_digits
    if type(value) is float and not math.isfinite(value):
        return {"$float": struct.pack(">d", value).hex()}
    if type(value) is str and any("\ud800" <= letter <= "\udfff" for letter in value):
        return {"$text": [ord(letter) for letter in value]}  # JSON would join two surrogates into one character
    return value


def _plain_array(obj: Any, place: tuple[str, ...]) -> np.ndarray:
    """The values of a tensor, array or NumPy scalar: C-contiguous, in native byte order, of a tensor's dtype."""
    if isinstance(obj, np.ma.MaskedArray):
        raise _unsavable(place, "a MaskedArray cannot be saved; use its .filled(...) array and its mask")
    array = obj.detach().numpy() if isinstance(obj, Tensor) else np.asarray(obj)
    dtype = array.dtype.newbyteorder("=")
    if dtype not in TENSOR_DTYPES:
        names = ", ".join(map(str, TENSOR_DTYPES))
        raise _unsavable(place, f"an array of dtype {array.dtype} cannot be saved; use one of {names}")
    if len("/".join(place).encode()) > _LONGEST_NAME:
        raise _unsavable(place, f"a name of more than {_LONGEST_NAME} bytes cannot be saved; use shorter keys")
    return np.asarray(array, dtype, order="C")


def _escape(key: str | int) -> str:
    """`key` as a part of an entry's name; different keys of a dict have different names.

    Unprintable characters, and those that mean something to zip files or file systems, become %XX, as in URLs.  So
    does the first one of `.`, `..`, `__minidl__` and of a str that looks like an int, and the point of a final `.npy`,
    which numpy.load takes off names.
    """
    if isinstance(key, int):
        return str(key) if abs(key) < 2**63 else hex(key)
    name = "".join(_percent(letter) if letter in r"%/\:" or not letter.isprintable() else letter for letter in key)
    if name in (".", "..", INDEX) or re.fullmatch(r"-?([0-9]+|0x[0-9a-f]+)", name):
        return _percent(name[0]) + name[1:]
    if name.endswith(".npy"):
        return name.removesuffix(".npy") + "%2Enpy"
    return name or "%"


def _percent(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "surrogatepass"))


def _unsavable(place: tuple[str, ...], why: str) -> CheckpointError:
    return CheckpointError(": ".join(["save", *(["/".join(place)[:200]] if place else []), why]))


# --- reading ------------------------------------------------------------------------------------------------------


def _refuse_other_files(stream: BinaryIO) -> None:
    """Name well-known kinds of files by how they begin."""
    start = stream.read(6)
    if not start:
        raise CheckpointError("is an empty file; use another copy, or save it again")
    if start.startswith(b"\x93NUMPY"):
        raise CheckpointError("is a single array (.npy), no checkpoint; read it with numpy.load")
    if start[0] == 0x80 and start[1:2] in (b"\2", b"\3", b"\4", b"\5"):
        raise CheckpointError(_PICKLED)
    if not start.startswith(b"PK"):
        raise CheckpointError("is no npz file; load a file that minidl.save wrote")


def _read(archive: zipfile.ZipFile) -> Any:
    names = archive.namelist()
    if f"{INDEX}.npy" not in names:
        raise CheckpointError(_describe_foreign(archive, names))
    index = json.loads(_read_array(archive, f"{INDEX}.npy").item())
    if index["format"] != FORMAT or index["version"] > VERSION:
        raise CheckpointError(
            f"has format {index['format']!r} version {index['version']!r}, and this minidl reads {FORMAT!r} up to "
            f"version {VERSION}; upgrade minidl"
        )
    arrays = {name: _read_array(archive, name) for name in names if name != f"{INDEX}.npy"}
    content = _unpack(index["content"], arrays)
    if arrays:
        raise CheckpointError(f"holds entries that no checkpoint has: {_first(arrays)}; use another copy")
    return content


def _read_array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    data = archive.read(name)  # whole, so that its checksum is compared
    stream = io.BytesIO(data)
    shape, fortran_order, dtype = _READ_HEADER[np.lib.format.read_magic(stream)](stream)
    if dtype.hasobject:
        raise CheckpointError(_PICKLED)
    values = memoryview(data)[stream.tell() :]
    array: np.ndarray = np.ndarray(shape, dtype, values, order="F" if fortran_order else "C")
    if array.nbytes != len(values):
        raise ValueError(f"entry {name!r} has {len(values)} bytes, and its header says {array.nbytes}")
    return array.astype(dtype.newbyteorder("="), order="C")


def _unpack(node: Any, arrays: dict[str, np.ndarray]) -> Any:
    """The object that `_pack` wrote as `node`; takes its arrays out of `arrays`, whose names end in .npy."""
    if isinstance(node, list):
        return [_unpack(item, arrays) for item in node]
    if not isinstance(node, dict):
        return node
    match node:
        case {"$tensor": name}:
            return from_numpy(arrays.pop(f"{name}.npy"))
        case {"$tuple": items}:
            return tuple(_unpack(items, arrays))
        case {"$dict": pairs}:
            return {_unpack(key, arrays): _unpack(value, arrays) for key, value in pairs}
        case {"$int": digits}:
            return int(digits, 16)
        case {"$float": bits}:
            return struct.unpack(">d", bytes.fromhex(bits))[0]
        case {"$text": letters}:
            return "".join(map(chr, letters))
    return {key: _unpack(value, arrays) for key, value in node.items()}


def _describe_foreign(archive: zipfile.ZipFile, names: list[str]) -> str:
    """What a zip file without our index is."""
    if any(name.endswith((".pkl", ".pickle")) for name in names):
        return _PICKLED
    if not names or not all(name.endswith(".npy") for name in names):
        return "is a zip file, but no checkpoint; load a file that minidl.save wrote"
    for name in names:
        _read_array(archive, name)
    return f"holds plain arrays ({_first(names)}), no checkpoint; read it with numpy.load"


def _first(names: Iterable[str]) -> str:
    """A few names, for a message."""
    shown = [ascii(name.removesuffix(".npy")) for name in names]
    return ", ".join(shown[:3]) + (", ..." if len(shown) > 3 else "")
