"""Files of other programs: weights as safetensors, the format in which models are exchanged.

Such a file holds named arrays and nothing else: no code, no nesting.  The package `safetensors` reads and writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .dtypes import ALL as TENSOR_DTYPES
from .errors import CheckpointError
from .ops.creation import from_numpy
from .tensor import Tensor

EXTENSION = ".safetensors"

_DTYPES = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "I64": np.int64,
    "I32": np.int32,
    "I16": np.int16,
    "I8": np.int8,
    "U8": np.uint8,
    "BOOL": np.bool_,
}


def starts_like_safetensors(start: bytes) -> bool:
    """Whether a file that begins with these 9 bytes may be one: the length of its header, and a JSON object."""
    return len(start) >= 9 and start[8:9] == b"{" and 2 <= int.from_bytes(start[:8], "little") < 1 << 32


def tensors_to_bytes(tensors: Any) -> bytes:
    """The file's content for a dict of tensors, as `state_dict()` gives one.

    Raises CheckpointError for anything that such a file cannot hold.
    """
    if not isinstance(tensors, Mapping):
        raise CheckpointError(
            f"save: a safetensors file holds a dict of tensors, got a {type(tensors).__name__}; "
            "give model.state_dict(), or save to .npz"
        )
    arrays = {}
    for name, value in tensors.items():
        if not isinstance(name, str) or not isinstance(value, (Tensor, np.ndarray)):
            kinds = f"{type(name).__name__}: {type(value).__name__}"
            raise CheckpointError(
                f"save: {name!r}: a safetensors file holds tensors under strings, got {kinds}; save to .npz"
            )
        array = value.detach().numpy() if isinstance(value, Tensor) else value
        if array.dtype not in TENSOR_DTYPES:
            raise CheckpointError(f"save: {name!r}: an array of {array.dtype} is none of a tensor's dtypes")
        arrays[name] = np.ascontiguousarray(array).reshape(array.shape)  # which makes vectors of 0-d arrays
    content: bytes = _package("save").numpy.save(arrays, {"format": "pt"})
    return content


def tensors_from_bytes(content: bytes) -> dict[str, Tensor]:
    """The tensors of a file by name.  bfloat16, which NumPy lacks, becomes float32, which holds all its numbers.

    Raises CheckpointError for a damaged file, and for dtypes that have no like here.
    """
    package = _package("load")
    try:
        entries = package.deserialize(content)
    except package.SafetensorError as error:
        raise CheckpointError(f"is damaged or no safetensors file ({error}); use another copy") from None
    return {name: from_numpy(_array(name, entry)) for name, entry in entries}


def _array(name: str, entry: Mapping[str, Any]) -> np.ndarray:
    kind, data = entry["dtype"], entry["data"]
    if kind == "BF16":  # the upper half of a float32
        return (np.frombuffer(data, np.uint16).astype(np.uint32) << 16).view(np.float32).reshape(entry["shape"])
    if kind not in _DTYPES:
        raise CheckpointError(f"holds {name!r} of dtype {kind}, which has no like here; convert it to F32 first")
    return np.frombuffer(data, _DTYPES[kind]).reshape(entry["shape"]).copy()


def _package(caller: str) -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise CheckpointError(
            f"{caller}: safetensors files need the package safetensors: pip install 'minidl[safetensors]'"
        ) from None
    return safetensors
