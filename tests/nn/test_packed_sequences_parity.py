"""Packing and padding of sequences against PyTorch's, with gradients."""

import numpy as np
import pytest

import minidl
from minidl.errors import ArgumentError, DtypeError, ShapeError
from minidl.nn.utils import rnn

torch = pytest.importorskip("torch")

from layer_twins import compare  # noqa: E402

RANDOM = np.random.default_rng(4)


class Nothing:
    """Stands for a layer without parameters."""

    def zero_grad(self):
        pass

    def named_parameters(self):
        return []


def alike(function, *arrays):
    """`function(packing namespace, *tensors)` gives the same in both frameworks, and the same gradients."""
    compare(lambda T, _, *xs: function(T.nn.utils.rnn, *xs), Nothing(), Nothing(), *arrays)


def normal(*shape):
    return RANDOM.standard_normal(shape)


@pytest.mark.parametrize("rest", [(), (3,), (2, 3)], ids=str)
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("lengths", [[5, 4, 4, 1], [1, 5, 2, 5], [3, 3, 3, 3]], ids=str)
def test_pack_and_pad(lengths, batch_first, rest):
    x = normal(*((4, 5) if batch_first else (5, 4)), *rest)
    alike(lambda R, x: list(R.pack_padded_sequence(x, lengths, batch_first, enforce_sorted=False)), x)

    def there_and_back(R, x):
        packed = R.pack_padded_sequence(x, lengths, batch_first, enforce_sorted=False)
        return R.pad_packed_sequence(packed, batch_first, -1.5, 6), R.unpack_sequence(packed)

    alike(there_and_back, x)
    alike(lambda R, x, sizes: list(R.pack_padded_sequence(x, sizes, batch_first, False)), x, np.array(lengths))


def test_sorted_sequences_need_no_order():
    alike(lambda R, x: list(R.pack_padded_sequence(x, [5, 3, 3])), normal(5, 3, 2))
    alike(lambda R, x: R.pad_packed_sequence(R.pack_padded_sequence(x, [4, 3, 3])), normal(5, 3, 2))
    packed = rnn.pack_padded_sequence(minidl.ones(5, 3), [5, 3, 3])
    assert packed.sorted_indices is None and packed.unsorted_indices is None


@pytest.mark.parametrize("padding_side", ["right", "left"])
@pytest.mark.parametrize("batch_first", [False, True])
def test_pad_sequence(batch_first, padding_side):
    def pad(R, *xs):
        return R.pad_sequence(list(xs), batch_first, 0.25, padding_side)

    alike(pad, normal(2, 3), normal(5, 3), normal(4, 3))
    alike(pad, normal(2), normal(1))
    alike(pad, normal(2, 3, 4), normal(0, 3, 4))
    alike(lambda R, x: R.pad_sequence(x, batch_first, padding_side=padding_side), normal(3, 2, 2))


@pytest.mark.parametrize("batch_first", [False, True])
def test_unpad_sequence(batch_first):
    sizes = np.array([2, 5, 0])
    x = normal(*((3, 5) if batch_first else (5, 3)), 2)
    alike(lambda R, x, sizes: R.unpad_sequence(x * 1, sizes, batch_first), x, sizes)  # PyTorch turns x itself


def test_pack_sequence():
    sequences = normal(2, 3), normal(5, 3), normal(4, 3)
    alike(lambda R, *xs: list(R.pack_sequence(list(xs), enforce_sorted=False)), *sequences)
    alike(lambda R, *xs: list(R.pack_sequence(sorted(xs, key=lambda x: -len(x)))), *sequences)
    alike(lambda R, *xs: R.unpack_sequence(R.pack_sequence(list(xs), enforce_sorted=False)), *sequences)


def test_invert_permutation():
    alike(lambda R, order: R.invert_permutation(order), np.array([2, 0, 3, 1]))
    assert rnn.invert_permutation(None) is None


def test_a_packed_sequence_in_other_dtypes():
    packed = rnn.pack_padded_sequence(minidl.ones(3, 2), [1, 3], enforce_sorted=False)
    for name in ("double", "float", "half", "long", "int"):
        converted, expected = getattr(packed, name)(), getattr(packed.data, name)()
        assert converted.data.dtype == expected.dtype
        assert converted.batch_sizes is packed.batch_sizes and converted.sorted_indices is packed.sorted_indices
    assert packed.to(minidl.float64).data.dtype == minidl.float64
    assert packed.cpu() is packed and not packed.is_cuda
    order = minidl.tensor([1, 0])
    made = rnn.PackedSequence(packed.data, packed.batch_sizes, order)
    assert made.unsorted_indices.tolist() == [1, 0]
    assert isinstance(made, tuple) and made[0] is packed.data


X = minidl.ones(5, 3, 2)
REFUSALS = [
    (lambda: rnn.pack_padded_sequence(X, [1, 2, 3]), ArgumentError, ["[1, 2, 3]", "enforce_sorted=False"]),
    (lambda: rnn.pack_padded_sequence(X, [3, 2]), ArgumentError, ["2 lengths", "batch of 3"]),
    (lambda: rnn.pack_padded_sequence(X, [3, 2, 0]), ArgumentError, ["[3, 2, 0]", "1 to 5"]),
    (lambda: rnn.pack_padded_sequence(X, [6, 2, 1]), ArgumentError, ["[6, 2, 1]", "1 to 5"]),
    (lambda: rnn.pack_padded_sequence(X, [3.0, 2.0, 1.0]), DtypeError, ["float64", "whole numbers"]),
    (lambda: rnn.pack_padded_sequence(minidl.ones(5), [5]), ShapeError, ["(5,)", "(T, N, ...)"]),
    (lambda: rnn.pack_padded_sequence(minidl.ones(5, 0), []), ArgumentError, ["empty batch"]),
    (
        lambda: rnn.pad_packed_sequence(rnn.pack_padded_sequence(X, [5, 1, 1]), total_length=4),
        ArgumentError,
        ["total_length 4", "5"],
    ),
    (lambda: rnn.pad_sequence([X, minidl.ones(2, 2)]), ShapeError, ["(5, 3, 2)", "(2, 2)", "first size"]),
    (lambda: rnn.pad_sequence([X], padding_side="both"), ArgumentError, ["'both'", "'left' or 'right'"]),
    (lambda: rnn.pad_sequence([]), ArgumentError, ["pad_sequence", "at least one"]),
    (lambda: rnn.unpad_sequence(X, minidl.tensor([1, 2])), ArgumentError, ["2 lengths", "3"]),
    (lambda: rnn.pack_sequence([X[:1], X]), ArgumentError, ["[1, 5]", "enforce_sorted=False"]),
    (lambda: rnn.PackedSequence(X), ArgumentError, ["batch_sizes", "pack_padded_sequence"]),
]


@pytest.mark.parametrize(("call", "error", "parts"), REFUSALS)
def test_refusals(call, error, parts):
    with pytest.raises(error) as caught:
        call()
    assert [part for part in parts if part not in str(caught.value)] == []
