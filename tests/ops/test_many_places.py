"""Indexing with so many elements that jitted kernels do the work, against NumPy."""

import numpy as np
import pytest

import minidl

RANDOM = np.random.default_rng(13)
ROWS, COLUMNS = RANDOM.integers(-30, 30, 1500), RANDOM.integers(-40, 40, 1500)
MASK = RANDOM.random((30, 40)) > 0.3

INDICES = {
    "rows": ROWS,
    "rows in a matrix": ROWS.reshape(30, 50),
    "int32": ROWS.astype(np.int32),
    "columns": (slice(None), COLUMNS),
    "middle": (slice(None), COLUMNS[:9], slice(None)),
    "first two": (ROWS, COLUMNS),
    "last two": (slice(None), COLUMNS, RANDOM.integers(0, 3, 1500)),
    "all three": (ROWS, COLUMNS, RANDOM.integers(0, 3, 1500)),
    "broadcast": (ROWS[:50, None], COLUMNS[:20]),
    "a number between": (ROWS, 2),
    "apart": (ROWS, slice(None), RANDOM.integers(0, 3, 1500)),
    "part of a slice": (slice(2, 20), COLUMNS),
    "new dimension": (None, ROWS),
    "dots": (..., RANDOM.integers(-3, 3, 50)),
    "mask": MASK,
    "mask of all": np.repeat(MASK[..., None], 3, -1),
    "mask behind": (slice(None), MASK[0]),
}


def added(g, shape, index):
    expected = np.zeros(shape)
    np.add.at(expected, index, g.astype(float))
    return expected


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("name", INDICES)
def test_selecting_and_its_first_two_gradients(name, dtype, turned):
    index = INDICES[name]
    array = RANDOM.integers(-8, 8, (30, 40, 3)).astype(dtype)  # whose sums are exact
    array = np.asfortranarray(array) if turned else array
    x = minidl.from_numpy(array).requires_grad_()
    y = x[index]
    np.testing.assert_array_equal(y.detach().numpy(), array[index], strict=True)
    g = minidl.from_numpy(RANDOM.integers(-8, 8, y.shape).astype(dtype)).requires_grad_()
    (slope,) = minidl.autograd.grad(y, x, g, create_graph=True)
    np.testing.assert_array_equal(slope.detach().numpy(), added(g.detach().numpy(), array.shape, index))
    (back,) = minidl.autograd.grad(slope, g, x.detach())
    np.testing.assert_array_equal(back.numpy(), array[index], strict=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("smaller", [0, 1])
def test_gather_and_scatter_add(axis, smaller, dtype):
    array = RANDOM.integers(-8, 8, (30, 40, 3)).astype(dtype)
    wanted = tuple(37 if i == axis else n - smaller for i, n in enumerate(array.shape))
    numbers = RANDOM.integers(0, array.shape[axis], wanted)
    index = list(np.indices(wanted, sparse=True))
    index[axis] = numbers
    x = minidl.from_numpy(array).requires_grad_()
    y = minidl.gather(x, axis, minidl.from_numpy(numbers))
    np.testing.assert_array_equal(y.detach().numpy(), array[tuple(index)], strict=True)
    g = minidl.from_numpy(RANDOM.integers(-8, 8, wanted).astype(dtype)).requires_grad_()
    (slope,) = minidl.autograd.grad(y, x, g, create_graph=True)
    expected = added(g.detach().numpy(), array.shape, tuple(index))
    np.testing.assert_array_equal(slope.detach().numpy(), expected)

    total = minidl.scatter_add(x, axis, minidl.from_numpy(numbers), g)
    np.testing.assert_array_equal(total.detach().numpy(), array + expected)
    weights = minidl.from_numpy(RANDOM.integers(-8, 8, array.shape).astype(dtype))
    of_x, of_g = minidl.autograd.grad(total, (x, g), weights)
    np.testing.assert_array_equal(of_x.numpy(), weights.numpy())
    np.testing.assert_array_equal(of_g.numpy(), weights.numpy()[tuple(index)])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_index_add_leaves_its_input(axis):
    array = RANDOM.integers(-8, 8, (30, 40, 3)).astype(np.float32)
    numbers = RANDOM.integers(0, array.shape[axis], 50)
    source = RANDOM.integers(-8, 8, tuple(50 if i == axis else n for i, n in enumerate(array.shape)))
    index = (slice(None),) * axis + (numbers,)
    for given in (array, np.asfortranarray(array)):
        x, before = minidl.from_numpy(given), given.copy()
        y = minidl.index_add(x, axis, minidl.from_numpy(numbers), minidl.from_numpy(source.astype(np.float32)))
        np.testing.assert_array_equal(y.numpy(), array + added(source, array.shape, index))
        np.testing.assert_array_equal(given, before)


def test_a_place_outside_is_refused():
    x = minidl.zeros(30, 40)
    for index in (np.full(2000, 30), (slice(None), np.full(2000, -41))):
        with pytest.raises(IndexError, match="out of bounds"):
            x[index]
    with pytest.raises(IndexError, match="outside 0 to 29"):
        minidl.gather(x, 0, minidl.full((50, 40), -1))
    with pytest.raises(IndexError, match="row -1 of a table of 30"):
        minidl.nn.functional.embedding(minidl.tensor([3, -1]), x)
