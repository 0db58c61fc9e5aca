"""Indexing, writing at an index and gathering: of nothing, of one element, by every kind of index, as in PyTorch."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from against_pytorch import assert_same, assert_same_values  # noqa: E402 - which needs PyTorch
from test_selection import REFUSED  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.uint8 is now deprecated")

RNG = np.random.default_rng(6)
CUBE = RNG.standard_normal((2, 3, 4))
BACKWARDS = CUBE[::-1, :, ::-1]
TRANSPOSED = RNG.standard_normal((4, 3, 2)).transpose(2, 1, 0)


def places(T, *numbers):
    return T.tensor(list(numbers), dtype=T.int64)


@pytest.mark.parametrize("name", REFUSED)
def test_pytorch_refuses_it_too(name):
    with pytest.raises((RuntimeError, ValueError, TypeError, IndexError, AttributeError)):
        REFUSED[name][0](torch)


# --- every kind of index ---------------------------------------------------------------------------------------------

INDICES = {
    "first": lambda T, x: 0,
    "last": lambda T, x: (-1, ..., -1),
    "all": lambda T, x: slice(None),
    "some": lambda T, x: (slice(0, 9), slice(-2, None), slice(None, None, 3)),
    "none": lambda T, x: slice(2, 1),
    "new": lambda T, x: (None, ..., None),
    "nothing": lambda T, x: (),
    "ellipsis": lambda T, x: ...,
    "a tensor": lambda T, x: places(T, 1, 0, 1, -1),
    "a 0-d tensor": lambda T, x: T.tensor(1),
    "0-d tensors": lambda T, x: (T.tensor(1), T.tensor(-1)),
    "no places": lambda T, x: places(T),
    "no places in a list": lambda T, x: [],
    "int32": lambda T, x: places(T, 1, 0).to(T.int32),
    "a mask as bytes": lambda T, x: T.tensor([0, 1], dtype=T.uint8),
    "a matrix": lambda T, x: T.tensor([[0, 1], [1, 1]]),
    "a list": lambda T, x: [1, 1, 0],
    "two lists": lambda T, x: ([1, 0], [2, -1]),
    "apart": lambda T, x: ([1, 0], slice(None), [2, 2]),
    "side by side": lambda T, x: (slice(None), [1, 0], [2, 2]),
    "broadcast": lambda T, x: (T.tensor([[0], [1]]), places(T, 0, 2, 1)),
    "with a number": lambda T, x: (0, [1, 1], 2),
    "with a new one": lambda T, x: ([0, 1], None, [1, 1]),
    "a mask": lambda T, x: x > 0,
    "a false mask": lambda T, x: x != x,
    "a mask of rows": lambda T, x: T.tensor([True, False]),
    "a mask of columns": lambda T, x: (..., T.tensor([True, False, True, True])),
    "a mask and a place": lambda T, x: (T.tensor([True, True]), [2, 0], 1),
    "a list of truths": lambda T, x: [False, True],
    "True": lambda T, x: True,
    "False": lambda T, x: False,
    "a true tensor": lambda T, x: T.tensor(True),
    "True and a number": lambda T, x: (True, 1),
}


@pytest.mark.parametrize("name", INDICES)
def test_what_an_index_selects(name):
    assert_same(lambda T, x: x[INDICES[name](T, x)], [CUBE], "float64")
    for x in (BACKWARDS, TRANSPOSED, (CUBE * 9).astype(np.int8), CUBE > 0):
        assert_same_values(lambda T, x: x[INDICES[name](T, x)], [x])


@pytest.mark.parametrize("name", INDICES)
def test_what_an_index_writes(name):
    def number(T, x):
        y = x * 1
        y[INDICES[name](T, x)] = 2
        return y

    def one(T, x):
        y = x * 1
        y[INDICES[name](T, x)] = -x.sum()
        return y * x

    def same(T, x):
        y = x * 0
        y[INDICES[name](T, x)] = x[INDICES[name](T, x)] * 3
        return y

    for program in (number, one) if name in ("a tensor", "a list") else (number, one, same):  # same: of several, any
        if name != "a mask as bytes":  # which PyTorch reads, but does not write by
            assert_same(program, [CUBE], "float64")
            assert_same_values(program, [(CUBE * 9).astype(np.int64)])


NUMBERS = {
    "0-d": lambda T, x: x[...],
    "a new dim": lambda T, x: x[None],
    "two new ones": lambda T, x: x[None, ..., None],
    "nothing": lambda T, x: x[()],
    "True": lambda T, x: x[True],
    "False": lambda T, x: x[False],
    "a mask": lambda T, x: x[x > 0],
    "a true tensor": lambda T, x: x[T.tensor(True)],
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_alone(name):
    assert_same(NUMBERS[name], [2.5], "float64")


@pytest.mark.parametrize("value", [2, 2.7, -1, True, 0.0])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int64", "float16", "float32"])
def test_numbers_in_every_dtype(dtype, value):
    def writes(T, x):
        a, b, c = x.clone(), x.clone(), x.clone()
        a[0] = value
        b[x > 1] = value
        c[1:, 0] = T.tensor(value)
        return a, b, c, x.masked_fill(x > 1, value), x.index_fill(0, places(T, 1), value)

    if not (dtype == "uint8" and value == -1):
        assert_same_values(writes, [np.array([[0, 1], [2, 3]], dtype)])


def test_minus_one_in_bytes():
    assert_same_values(lambda T, x: x.masked_fill(x > 1, -1), [np.arange(4, dtype=np.uint8)])


WIDE = {
    "leading ones": lambda T, y: (0, T.ones(1, 1, 3, dtype=y.dtype)),
    "one for all": lambda T, y: (slice(None), T.ones(1, dtype=y.dtype)),
    "a row for all": lambda T, y: (slice(None), T.arange(3).to(y.dtype)),
    "leading ones at places": lambda T, y: (places(T, 1, 0), T.ones(1, 2, 3, dtype=y.dtype)),
    "another dtype": lambda T, y: (1, T.tensor([1, 2, 3])),
    "floats cut": lambda T, y: (1, T.tensor([1.5, -2.5, 0.0])),
}


@pytest.mark.parametrize("dtype", ["int64", "float32", "float64"])
@pytest.mark.parametrize("name", WIDE)
def test_values_are_broadcast_and_cast(name, dtype):
    def program(T, x):
        index, value = WIDE[name](T, x)
        x[index] = value
        return x

    assert_same_values(program, [np.zeros((2, 3), dtype)])


# --- along a dimension -----------------------------------------------------------------------------------------------

MATRIX = RNG.standard_normal((3, 4))

ALONG = {
    "gather": lambda T, x: x.gather(0, T.tensor([[2, 0, 1], [2, 2, 2]])),
    "gather columns": lambda T, x: x.gather(-1, T.tensor([[3], [0], [3]])),
    "gather more": lambda T, x: T.gather(x, 1, T.tensor([[0, 1, 2, 3, 0, 1]])),
    "gather nothing": lambda T, x: x.gather(0, T.zeros(0, 4, dtype=T.int64)),
    "gather no places": lambda T, x: x.gather(1, places(T)),
    "gather by int32": lambda T, x: x.gather(0, T.zeros(1, 4, dtype=T.int32)),
    "take_along_dim": lambda T, x: T.take_along_dim(x, T.tensor([[0, 2, -1, 1]]), 0),
    "take_along_dim of one": lambda T, x: T.take_along_dim(x[:, :1], T.tensor([[0, 2, 1, 1]]), 0),
    "take_along_dim of all": lambda T, x: T.take_along_dim(x, T.tensor([[11, 0], [1, 5]])),
    "take": lambda T, x: x.take(T.tensor([[11, -12], [0, 0]])),
    "take nothing": lambda T, x: x.take(places(T)),
    "index_select": lambda T, x: x.index_select(1, places(T, 3, 0, 3)),
    "index_select one": lambda T, x: x.index_select(0, T.tensor(2)),
    "index_select nothing": lambda T, x: x.index_select(-1, places(T)),
    "select": lambda T, x: x.select(1, -4) + x.select(-2, 2)[:3],
    "masked_select": lambda T, x: x.masked_select(x < 0.5),
    "masked_select columns": lambda T, x: x.masked_select(T.tensor([True, False, True, False])),
    "masked_select wider": lambda T, x: x.masked_select(T.ones(2, 1, 4, dtype=T.bool)),
    "masked_select nothing": lambda T, x: x.masked_select(T.tensor(False)),
}


@pytest.mark.parametrize("name", ALONG)
def test_along_a_dimension(name):
    assert_same(ALONG[name], [MATRIX], "float64")
    for x in (MATRIX[::-1, ::-1], MATRIX.T.copy().T, np.broadcast_to(MATRIX[:1], (3, 4)), MATRIX.astype(np.float16)):
        assert_same_values(ALONG[name], [x])
    assert_same_values(ALONG[name], [(MATRIX * 50).astype(np.uint8)])


ONE = {
    "gather": lambda T, x: x.gather(0, T.tensor(0)),
    "gather one": lambda T, x: x.gather(-1, places(T, 0)),
    "gather several": lambda T, x: x.gather(0, places(T, 0, 0)),
    "index_select": lambda T, x: x.index_select(0, places(T, 0)),
    "take": lambda T, x: x.take(T.tensor([0, -1])),
    "take_along_dim": lambda T, x: T.take_along_dim(x, places(T, 0, 0)),
    "masked_select": lambda T, x: x.masked_select(x > 0),
}


@pytest.mark.parametrize("name", ONE)
def test_along_no_dimension(name):
    assert_same(ONE[name], [2.5], "float64")


@pytest.mark.parametrize("shape", [(), (0,), (5,), (2, 3), (2, 0, 3), (2, 1, 2)], ids=str)
def test_where_something_is(shape):
    x = np.asarray(RNG.integers(-1, 2, shape))
    for values in (x, x.astype(bool), np.where(x < 0, np.nan, x)):
        assert_same_values(lambda T, x: x.nonzero(), [values])
        assert_same_values(lambda T, x: x.nonzero(as_tuple=True), [values])
        assert_same_values(lambda T, x: T.argwhere(x), [values])
        for size in (0, 2, 9):
            assert_same_values(lambda T, x, n=size: T.nonzero_static(x, size=n, fill_value=-2), [values])


def test_places_in_a_shape():
    for numbers in (np.arange(6), np.arange(6).reshape(2, 3), np.array(5), np.array([1, 2], np.int32)):
        for shape in ((2, 3), (6,), 6, (1, 2, 3)):
            assert_same_values(lambda T, x, s=shape: T.unravel_index(x, s), [numbers])
