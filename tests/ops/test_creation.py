"""Functions that make tensors: dtypes, copies, randomness, refusals."""

import numpy as np
import pytest

import minidl
from minidl.errors import ArgumentError, DeviceError, DtypeError, MinidlError, ShapeError


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1, "int64"),
        (1.5, "float32"),
        (True, "bool"),
        ([1, 2.5], "float32"),
        ([[True], [False]], "bool"),
        (np.float64(2), "float64"),
        (np.arange(3, dtype=np.int8), "int8"),
        ([np.ones(2), np.zeros(2)], "float64"),
        ([], "float32"),
    ],
)
def test_the_dtype_follows_from_the_data(data, dtype):
    assert minidl.tensor(data).dtype == dtype


def test_numbers_keep_the_precision_of_the_dtype_asked_for():
    assert minidl.tensor([0.1], dtype=minidl.float64).item() == 0.1
    assert minidl.full((1,), 0.1, dtype=minidl.float64).item() == 0.1
    assert minidl.tensor([2**62 + 1]).item() == 2**62 + 1


def test_tensor_copies_and_from_numpy_shares():
    array = np.zeros(3, np.float32)
    copied, shared = minidl.tensor(array), minidl.from_numpy(array)
    array[0] = 1
    assert copied[0] == 0 and shared[0] == 1
    assert minidl.as_tensor(array).array is array
    assert minidl.as_tensor(array, dtype=minidl.float64)[0] == 1


def test_tensors_inside_lists_are_read():
    assert minidl.tensor([minidl.tensor(1), minidl.tensor(2)]).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda: minidl.zeros(2, 3), np.zeros((2, 3), np.float32)),
        (lambda: minidl.ones((2,), dtype=minidl.int8), np.ones(2, np.int8)),
        (lambda: minidl.full((2, 1), 7), np.full((2, 1), 7)),
        (lambda: minidl.eye(2, 3), np.eye(2, 3, dtype=np.float32)),
        (lambda: minidl.arange(3), np.arange(3)),
        (lambda: minidl.arange(1, 2, 0.25), np.arange(1, 2, 0.25, dtype=np.float32)),
        (lambda: minidl.arange(5, 0, -2), np.array([5, 3, 1])),
        (lambda: minidl.linspace(0, 1, 5), np.linspace(0, 1, 5, dtype=np.float32)),
        (lambda: minidl.zeros_like(minidl.ones(2, dtype=minidl.float64)), np.zeros(2)),
        (lambda: minidl.ones_like(minidl.zeros(2), dtype=minidl.int64), np.ones(2, np.int64)),
    ],
)
def test_constants(made, expected):
    result = made().numpy()
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected)


def test_random_tensors_repeat_with_the_seed_and_follow_their_distribution():
    def draw():
        return minidl.randn(100_000), minidl.rand(100_000), minidl.randint(3, 9, (100_000,)), minidl.randperm(50)

    minidl.manual_seed(3)
    first = draw()
    minidl.manual_seed(3)
    for a, b in zip(first, draw(), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    normal, uniform, whole, order = (t.numpy() for t in first)
    # four standard errors of the mean and of the standard deviation
    assert abs(normal.mean()) < 4 / 316 and abs(normal.std() - 1) < 4 / 447
    assert abs(uniform.mean() - 0.5) < 4 * 0.289 / 316 and uniform.min() >= 0 and uniform.max() < 1
    assert set(whole) == {3, 4, 5, 6, 7, 8}
    assert sorted(order) == list(range(50))


def test_a_generator_of_its_own_leaves_the_default_one_alone():
    minidl.manual_seed(0)
    expected = minidl.rand(3).tolist()
    minidl.manual_seed(0)
    minidl.rand(5, generator=minidl.Generator(1))
    assert minidl.rand(3).tolist() == expected


@pytest.mark.parametrize(
    ("action", "error", "message"),
    [
        (lambda: minidl.tensor([[1], [2, 3]]), ShapeError, "unequal lengths"),
        (lambda: minidl.tensor("abc"), DtypeError, "needs numbers"),
        (lambda: minidl.tensor([1 + 2j]), DtypeError, "needs numbers"),
        (lambda: minidl.from_numpy([1]), DtypeError, r"from_numpy: got list.*tensor\(\)"),
        (lambda: minidl.from_numpy(np.zeros(1, np.complex64)), DtypeError, "complex64 is not supported"),
        (lambda: minidl.zeros(-1), ShapeError, "zeros: size .* negative"),
        (lambda: minidl.zeros(1, device="cuda"), DeviceError, "'cuda' is not available.*device='cpu'"),
        (lambda: minidl.zeros(1, dtype="float99"), DtypeError, "float99"),
        (lambda: minidl.arange(0, 1, 0), ArgumentError, "step is 0"),
        (lambda: minidl.randint(3, 3, (1,)), ArgumentError, "low < high"),
        (lambda: minidl.ones(1, dtype=minidl.int64, requires_grad=True), DtypeError, "only floats have gradients"),
    ],
)
def test_what_cannot_be_made_is_named(action, error, message):
    with pytest.raises(error, match=message) as caught:
        action()
    assert isinstance(caught.value, MinidlError)
    assert "\n" not in str(caught.value)
