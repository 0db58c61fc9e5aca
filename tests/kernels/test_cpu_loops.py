"""NumPy's loops called from threads: equal to NumPy bit for bit, whatever the ufunc, dtype, shape and memory order."""

import numpy as np
import pytest

import minidl
from minidl.kernels import LARGE
from minidl.kernels.cpu import loops

RANDOM = np.random.default_rng(0)
UNARY = [np.exp, np.sqrt, np.negative, np.abs, np.floor, np.tanh, np.isnan, np.square]
BINARY = [np.add, np.subtract, np.multiply, np.true_divide, np.maximum, np.less, np.equal, np.arctan2]


@pytest.fixture(params=[1, 2, 3], autouse=True)
def threads(request):
    before = minidl.get_num_threads()
    minidl.set_num_threads(request.param)
    yield
    minidl.set_num_threads(before)


def arrays(dtype, count):
    """Some sizes around the limits of blocks and threads, in several memory orders."""
    for shape in [(0,), (1,), (7,), (loops.BLOCK + 1,), (3, 5, 7), (LARGE + 13,), (401, 337)]:
        values = [(RANDOM.standard_normal(shape) * 3).astype(dtype) for _ in range(count)]
        yield values
        if len(shape) > 1:
            yield [np.asfortranarray(v) for v in values]
            yield [v[::-1] for v in values]
            yield [values[0], *(np.asfortranarray(v) for v in values[1:])]


def assert_identical(y, expected):
    assert y.dtype == expected.dtype and y.shape == expected.shape
    np.testing.assert_array_equal(y, expected)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("ufunc", UNARY, ids=lambda f: f.__name__)
def test_functions_of_one_array(ufunc, dtype):
    for (x,) in arrays(dtype, 1):
        if x.size > 1:
            assert_identical(loops.divided(ufunc, x), ufunc(x))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("ufunc", BINARY, ids=lambda f: f.__name__)
def test_functions_of_two_arrays(ufunc, dtype):
    for a, b in arrays(dtype, 2):
        if a.size > 1:
            assert_identical(loops.divided(ufunc, a, b), ufunc(a, b))


@pytest.mark.parametrize("number", [2.5, np.float32(2.5), np.array(2.5, np.float32), np.array([2.5], np.float32)])
def test_a_number_stands_for_all(number):
    for (x,) in arrays("float32", 1):
        if x.size > 1 and x.ndim > 0:
            assert_identical(loops.divided(np.multiply, x, number), x * number)
            assert_identical(loops.divided(np.subtract, number, x), number - x)


def test_arrays_that_broadcast_are_left_to_numpy():
    a, b = RANDOM.standard_normal((40, 1)), RANDOM.standard_normal(30)
    assert_identical(loops.divided(np.add, a, b), a + b)
    assert_identical(loops.divided(np.add, a[::2], b), a[::2] + b)
    single = np.ones((1, 1))  # has a dimension that the result takes over
    assert_identical(loops.divided(np.add, b, single), b + single)
    assert_identical(loops.divided(np.add, single, b), single + b)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "shape",
    [
        (1, 6, 1, 1),
        (5, 6, 1, 1),
        (5, 1, 9, 70),
        (9, 1),
        (70,),
        (5, 6, 9, 1),
        (5, 1, 1, 70),
        (6, 9, 70),
        (1, 1, 1, 1),
        (),
    ],
)
def test_arrays_that_broadcast_lie_in_stretches(shape, dtype):
    values = RANDOM.standard_normal((5, 6, 9, 70)).astype(dtype)
    b = np.asarray(RANDOM.standard_normal(shape)).astype(dtype)
    lying = (values, values[..., ::-1], values[:, ::2], np.asfortranarray(values), np.moveaxis(values, -1, 1))
    for a in lying[: None if shape in ((), (1, 1, 1, 1)) else 2]:
        for x, y in ((a, b), (b, a), (a, np.broadcast_to(b, a.shape))):
            assert_identical(loops.divided(np.subtract, x, y), x - y)
    channels_last = np.moveaxis(np.moveaxis(values, 1, -1).copy(), -1, 1)
    assert_identical(loops.divided(np.multiply, channels_last, b), channels_last * b)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_zeros_as_numbers_keep_their_signs():
    ones = np.ones(9001, np.float32)
    assert (loops.divided(np.true_divide, ones, -0.0) == -np.inf).all()
    assert (loops.divided(np.true_divide, ones, 0.0) == np.inf).all()


def test_other_byte_orders_and_odd_addresses_are_left_to_numpy():
    x = RANDOM.standard_normal(9)
    swapped = x.astype(x.dtype.newbyteorder())
    odd = np.frombuffer(b"-" + x.tobytes(), np.uint8)[1:].view(np.float64)
    assert not odd.flags.aligned
    for other in (swapped, odd):
        np.testing.assert_array_equal(loops.divided(np.add, x, other), x + x)
        np.testing.assert_array_equal(loops.divided(np.negative, other), -x)
        assert loops.reduced_rows(np.maximum, other.reshape(3, 3)).tolist() == x.reshape(3, 3).max(1).tolist()


def test_the_result_is_fresh_and_lies_as_the_first_array():
    x = np.ones((2, 9, 9, 64), np.float32).transpose(0, 3, 1, 2)
    y = loops.divided(np.add, x, np.ascontiguousarray(x))
    assert y.strides == x.strides and not np.shares_memory(x, y)


def test_the_result_lies_as_the_array_that_has_its_shape():
    x = np.ones((2, 9, 9, 64), np.float32).transpose(0, 3, 1, 2)
    for factor in (np.ones((64, 1, 1), np.float32), np.ones((2, 64, 1, 1), np.float32), np.float32(2)):
        assert loops.divided(np.multiply, x, factor).strides == x.strides


def test_a_loop_is_found_for_what_numpy_has_and_for_nothing_else():
    assert loops.loop_of(np.add, "ff").dtype == np.float32
    assert loops.loop_of(np.less, "dd").dtype == bool
    assert loops.loop_of(np.add, "fd") is None
    assert loops.loop_of(np.modf, "f") is None  # two outputs
    assert loops.loop_of(np.frompyfunc(abs, 1, 1), "f") is None


def test_a_ufunc_that_is_laid_out_otherwise_is_left_to_numpy(monkeypatch):
    monkeypatch.setattr(loops._UFunc, "ntypes", property(lambda self: -1), raising=False)
    loops.loop_of.cache_clear()
    x = np.arange(9.0)
    assert loops.loop_of(np.add, "dd") is None
    assert_identical(loops.divided(np.add, x, x), x + x)
    loops.loop_of.cache_clear()


@pytest.mark.parametrize("shape", [(5, 1), (3, 7), (2, 3, 4), (1, 9001), (500, 300)])
@pytest.mark.parametrize("ufunc", [np.maximum, np.minimum, np.add, np.multiply], ids=lambda f: f.__name__)
def test_rows_are_reduced(ufunc, shape):
    x = RANDOM.uniform(0.9, 1.1, shape).astype(np.float32)
    x.reshape(-1)[0] = np.nan
    np.testing.assert_allclose(loops.reduced_rows(ufunc, x), ufunc.reduce(x, -1), rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64"])
def test_sums_in_place(dtype):
    for total, x in arrays(dtype, 2):
        expected = total + x
        loops.add_to(total, x)
        assert_identical(total, expected)


def test_sums_in_place_of_what_numpy_converts():
    total = np.ones((40, 3), np.float32)
    for x in (RANDOM.standard_normal((40, 3)), RANDOM.standard_normal((40, 3)).astype(">f4"), np.float32(2)):
        expected = total.copy()
        expected += x
        loops.add_to(total, np.asarray(x))
        assert_identical(total, expected)


def test_arrays_that_must_not_be_written_to_are_read():
    a, b = RANDOM.standard_normal((2, 60, 7))
    a.flags.writeable = False
    assert_identical(loops.divided(np.add, a, b), a + b)
    with pytest.raises(ValueError, match="read-only"):
        loops.add_to(a, b)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("size", [0, 5, LARGE + 5])
def test_an_array_is_scaled_where_it_lies(size, dtype):
    x = np.random.default_rng(3).standard_normal((2, size)).astype(dtype)
    for arranged in (x, x.T, np.repeat(x, 2, -1)[:, ::2]):
        scaled = arranged.copy(order="K")
        loops.scale(scaled, dtype(1.3))
        np.testing.assert_array_equal(scaled, arranged * dtype(1.3))
    loops.scale(x[:, ::2], dtype(0))
    assert not x[:, ::2].any() and (x[:, 1::2] != 0).all()


def test_arrays_in_one_order_are_one_loop_and_single_numbers_are_repeated():
    """To start a loop takes as long as some 64 elements."""
    a = np.zeros((50, 32, 128), np.float32).transpose(1, 0, 2)
    whole, number = (a.shape, a.strides, 4), ((1, 1, 1), (4, 4, 4), 4)
    assert loops._nest(a.shape, whole, whole, whole).counts[-1] == a.size
    nest = loops._nest(a.shape, whole, number, whole)
    assert nest.counts[-1] == 1024 and [k for k, *_ in nest.repeated] == [1]
