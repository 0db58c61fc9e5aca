"""Batches of sequences of different lengths: padded to the longest, or packed without padding.

A packed batch holds the rows of all sequences' first step, then of their second, and so on; the sequences are sorted by
falling length, so that those that are still there at a step are the first ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...errors import ArgumentError, DtypeError, ShapeError
from ...ops.creation import tensor
from ...ops.joining import stack, unbind
from ...ops.packing import counts_of, packed, unpacked
from ...ops.padding import constant_pad_nd
from ...ops.scatter import index_select
from ...ops.shape import narrow, transpose
from ...tensor import Tensor

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class _Packed(NamedTuple):
    data: Any
    batch_sizes: Any
    sorted_indices: Any
    unsorted_indices: Any


class PackedSequence(_Packed):
    """Sequences without padding, as `pack_padded_sequence` and `pack_sequence` make them.

    data               (sum of the lengths, ...): the rows of the first step, then of the second, ...
    batch_sizes        (longest length,): how many sequences there are at each step
    sorted_indices     (N,): which sequence of the batch stands in each place; None where they came sorted
    unsorted_indices   the places of the batch's sequences: the inverse
    """

    __slots__ = ()

    def __new__(
        cls, data: Any, batch_sizes: Any = None, sorted_indices: Any = None, unsorted_indices: Any = None
    ) -> PackedSequence:
        if batch_sizes is None:
            raise ArgumentError("PackedSequence: batch_sizes is missing; make one with pack_padded_sequence()")
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def with_data(self, data: Any) -> PackedSequence:
        """Other values for the same sequences."""
        return PackedSequence(data, self.batch_sizes, self.sorted_indices, self.unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """In another dtype; as `Tensor.to` of the data."""
        return self.with_data(self.data.to(*args, **kwargs))

    def double(self) -> PackedSequence:
        """In float64."""
        return self.with_data(self.data.double())

    def float(self) -> PackedSequence:
        """In float32."""
        return self.with_data(self.data.float())

    def half(self) -> PackedSequence:
        """In float16."""
        return self.with_data(self.data.half())

    def long(self) -> PackedSequence:
        """In int64."""
        return self.with_data(self.data.long())

    def int(self) -> PackedSequence:
        """In int32."""
        return self.with_data(self.data.int())

    def cpu(self) -> PackedSequence:
        """On the CPU, where it is."""
        return self

    @property
    def is_cuda(self) -> bool:
        """Whether it is on a GPU."""
        return False


def invert_permutation(permutation: Any) -> Any:
    """Where each of the numbers 0, 1, ... stands in a permutation of them; None for None."""
    if permutation is None:
        return None
    return tensor(np.argsort(permutation.numpy()))


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack (T, N, ...), or with `batch_first` (N, T, ...), of which sequence n has `lengths[n]` steps.

    enforce_sorted   the lengths must fall already; otherwise the sequences are sorted, and the result knows how
    Raises ArgumentError for a length below 1 or above T, for one too many or too few, and for unsorted ones.
    """
    if input.ndim < 2:
        raise ShapeError(f"pack_padded_sequence: shape {tuple(input.shape)}; needs (T, N, ...)")
    padded = transpose(input, 0, 1) if batch_first else input
    sizes = _lengths("pack_padded_sequence", lengths, padded.shape[1], padded.shape[0])
    order = None
    if not enforce_sorted:
        order = np.argsort(-sizes, kind="stable")
        sizes, padded = sizes[order], index_select(padded, 1, order)
    elif (np.diff(sizes) > 0).any():
        raise ArgumentError(
            f"pack_padded_sequence: lengths {sizes.tolist()} rise; sort the sequences by falling length, "
            "or pass enforce_sorted=False"
        )
    counts = counts_of(sizes)
    return PackedSequence(packed(padded, counts.tolist()), tensor(counts), None if order is None else tensor(order))


def _lengths(name: str, lengths: Any, batch: int, steps: int | None = None) -> np.ndarray:
    """Lengths as an array, checked."""
    sizes = np.asarray(lengths.numpy() if isinstance(lengths, Tensor) else lengths)
    if sizes.ndim != 1 or (sizes.size and sizes.dtype.kind not in "iu"):
        raise DtypeError(f"{name}: lengths {sizes.dtype}{sizes.shape}; needs a vector of whole numbers")
    if len(sizes) != batch:
        raise ArgumentError(f"{name}: {len(sizes)} lengths for a batch of {batch}; needs one for each sequence")
    if steps is not None and not batch:
        raise ArgumentError(f"{name}: an empty batch; needs at least one sequence")
    if steps is not None and not (sizes.min() >= 1 and sizes.max() <= steps):
        raise ArgumentError(f"{name}: lengths {sizes.tolist()}; needs each from 1 to {steps}, the number of steps")
    return sizes.astype(np.int64)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Any, Any]:
    """The opposite of `pack_padded_sequence`: (T, N, ...), in the order of the batch, and the lengths (N,).

    total_length   pad to this many steps, at least the longest sequence's
    """
    counts = sequence.batch_sizes.numpy()
    steps = len(counts) if total_length is None else total_length
    if steps < len(counts):
        raise ArgumentError(
            f"pad_packed_sequence: total_length {total_length} is less than the longest length, {len(counts)}"
        )
    padded = unpacked(sequence.data, counts.tolist(), steps, padding_value)
    sizes = tensor(counts_of(counts))
    if sequence.unsorted_indices is not None:
        padded = index_select(padded, 1, sequence.unsorted_indices)
        sizes = sizes[sequence.unsorted_indices]
    return transpose(padded, 0, 1) if batch_first else padded, sizes


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Any:
    """Sequences (L, ...) of different L as one tensor (longest, N, ...), or with `batch_first` (N, longest, ...).

    padding_side   "right": behind the sequences; "left": before them
    """
    if padding_side not in ("left", "right"):
        raise ArgumentError(f"pad_sequence: padding_side {padding_side!r}; needs 'left' or 'right'")
    parts = _sequences("pad_sequence", sequences)
    longest = max(len(part) for part in parts)
    if any(part.shape[1:] != parts[0].shape[1:] for part in parts):
        shapes = ", ".join(str(tuple(part.shape)) for part in parts)
        raise ShapeError(f"pad_sequence: {shapes}; may differ in the first size only")
    filled = []
    for part in parts:
        missing = longest - len(part)
        widths = (0, missing) if padding_side == "right" else (missing, 0)
        filled.append(constant_pad_nd(part, (0, 0) * (part.ndim - 1) + widths, padding_value))
    return stack(filled, 0 if batch_first else 1)


def _sequences(name: str, sequences: Any) -> list[Any]:
    parts = list(unbind(sequences) if isinstance(sequences, Tensor) else sequences)
    if not parts or not all(isinstance(part, Tensor) and part.ndim for part in parts):
        raise ArgumentError(f"{name}: needs at least one tensor (L, ...)")
    return parts


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The first `lengths[n]` steps of each sequence of (T, N, ...), or with `batch_first` of (N, T, ...)."""
    padded = padded_sequences if batch_first else transpose(padded_sequences, 0, 1)
    sizes = _lengths("unpad_sequence", lengths, len(padded)).tolist()
    return [narrow(part, 0, 0, size) for part, size in zip(unbind(padded), sizes, strict=True)]


def pack_sequence(sequences: Sequence[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences (L, ...), sorted by falling L, or with enforce_sorted=False in any order."""
    parts = _sequences("pack_sequence", sequences)
    return pack_padded_sequence(pad_sequence(parts), [len(part) for part in parts], enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Any]:
    """The sequences, in the order of the batch: the opposite of `pack_sequence`."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
