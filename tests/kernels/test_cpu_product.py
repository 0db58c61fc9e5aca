"""Products against NumPy's in a wider dtype."""

import numpy as np
import pytest

from minidl.kernels import cpu, threads

RANDOM = np.random.default_rng(1)
SHAPES = [
    ((3,), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3,)),
    ((2, 3), (3, 4)),
    ((5, 2, 3), (3,)),
    ((0, 3), (3, 4)),
    ((2, 0), (0, 4)),
    ((0, 2, 3), (3, 4)),
    ((300, 64), (64, 70)),
    ((2, 400), (400, 900)),
    ((1, 600), (600, 700)),
    ((600, 700), (700, 1)),
    ((700, 1), (1, 600)),
    ((6, 17, 33), (33, 40)),
    ((2, 1, 40, 9), (5, 9, 31)),
    ((40, 16, 1), (40, 1, 80)),
    ((40, 1, 80), (40, 80, 16)),
]


def layouts(x):
    yield x
    yield x[::-1]
    if x.ndim > 1:
        yield np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2)
        yield np.repeat(x, 2, axis=-1)[..., ::2]
        yield np.concatenate([x, x], axis=-2)[..., : x.shape[-2], :]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.int32, np.uint8])
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_matmul(shapes, dtype):
    integer = np.dtype(dtype).kind in "iu"
    a, b = (
        RANDOM.integers(0, 9, s).astype(dtype) if integer else RANDOM.standard_normal(s).astype(dtype) for s in shapes
    )
    for left, right in zip(layouts(a), layouts(b), strict=False):
        got = cpu.matmul(left, right)
        assert got.dtype == dtype
        if integer:
            np.testing.assert_array_equal(got, left @ right)
        else:
            expected = left.astype(np.longdouble) @ right.astype(np.longdouble)
            np.testing.assert_allclose(got, expected, rtol=0, atol=1e-4 if dtype == np.float32 else 1e-12)


def test_matmul_reads_broadcast_and_read_only_operands():
    a = np.broadcast_to(RANDOM.standard_normal((70, 80)).astype(np.float32), (9, 70, 80))
    b = np.broadcast_to(np.float32(0.5), (80, 90))
    np.testing.assert_allclose(cpu.matmul(a, b), np.matmul(a.copy(), b.copy()), atol=1e-4)
    np.testing.assert_allclose(cpu.matmul(a[0], b), np.matmul(a[0].copy(), b.copy()), atol=1e-4)


def test_matmul_of_other_dtypes_is_numpys():
    assert cpu.matmul(np.ones((2, 3), bool), np.ones((3, 2), bool)).dtype == bool
    assert cpu.matmul(np.ones((2, 3), np.float16), np.ones((3, 2), np.float16)).dtype == np.float16
    assert cpu.matmul(np.ones((2, 3), np.float32), np.ones((3, 2))).dtype == np.float64


def test_integer_sums_wrap_around_as_numpys():
    a = np.full((40, 40), 2_000_000_000, np.int32)
    np.testing.assert_array_equal(cpu.matmul(a, a), a @ a)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "shape", [(5,), (4, 5), (2, 3, 5), (0, 5), (90, 40, 5), (200, 100), (1, 0), (1, 7), (1, 1, 3000)]
)
def test_linear(shape, dtype):
    x = RANDOM.standard_normal(shape).astype(dtype)
    weight = RANDOM.standard_normal((60, shape[-1])).astype(dtype)
    bias = RANDOM.standard_normal(60).astype(dtype)
    expected = np.einsum("...i,oi->...o", x.astype(np.float64), weight.astype(np.float64))
    tolerance = 1e-4 if dtype == np.float32 else 1e-12
    for rows in (x, np.repeat(x, 2, -1)[..., ::2], np.asfortranarray(x)):
        np.testing.assert_allclose(cpu.linear(rows, weight, None), expected, atol=tolerance)
        np.testing.assert_allclose(cpu.linear(rows, weight, bias), expected + bias, atol=tolerance)
        assert cpu.linear(rows, weight, bias).dtype == dtype


def test_one_row_and_every_number_of_sums():
    x = RANDOM.standard_normal((1, 37)).astype(np.float32)
    for m in range(10):
        weight, bias = RANDOM.standard_normal((m, 37)).astype(np.float32), np.arange(m, dtype=np.float32)
        before = bias.copy()
        expected = x.astype(np.float64) @ weight.T.astype(np.float64) + bias
        for w in (weight, np.asfortranarray(weight), np.broadcast_to(weight, (2, m, 37))[0]):
            np.testing.assert_allclose(cpu.linear(x, w, bias), expected, atol=1e-4)
        np.testing.assert_array_equal(bias, before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("outputs", [1, 2, 5, 32, 33])
def test_many_rows_of_few_outputs(outputs, dtype):
    x, weight = RANDOM.standard_normal((641, 3)).astype(dtype), RANDOM.standard_normal((outputs, 3)).astype(dtype)
    bias = RANDOM.standard_normal(2 * outputs).astype(dtype)
    for b in (bias[::2], bias[:outputs], np.broadcast_to(bias[:1], (outputs,))):
        expected = x.astype(np.float64) @ weight.T.astype(np.float64) + b
        np.testing.assert_allclose(cpu.linear(x, weight, b), expected, atol=1e-5 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("columns", [1, 2, 5, 32, 33])
def test_a_column_of_many_rows_times_a_row(columns, dtype):
    a, b = (RANDOM.standard_normal(shape).astype(dtype) for shape in ((300, 1), (1, columns)))
    for column in (a, np.repeat(a, 3, 0)[::3], np.repeat(a, 2, 1)[:, :1], a[::-1]):
        for row in (b, np.repeat(b, 2, 1)[:, ::2], np.broadcast_to(b[:, :1], b.shape)):
            np.testing.assert_array_equal(cpu.matmul(column, row), column * row)


def test_one_row_of_many_threads():
    x, weight = RANDOM.standard_normal((1, 700)), RANDOM.standard_normal((301, 700))
    np.testing.assert_allclose(cpu.linear(x, weight, None), x @ weight.T, atol=1e-12)


def test_two_runs_are_equal_bit_for_bit():
    a, b = RANDOM.standard_normal((8, 90, 80)).astype(np.float32), RANDOM.standard_normal((80, 90)).astype(np.float32)
    np.testing.assert_array_equal(cpu.matmul(a, b), cpu.matmul(a, b))
    np.testing.assert_array_equal(cpu.matmul(a[0], b), cpu.matmul(a[0], b))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(16, 600, 32), (35, 129, 130), (77, 640, 63), (300, 1, 1000)])
def test_products_of_middling_size_whatever_operand_is_transposed(shape, dtype):
    n, k, m = shape
    for a in (RANDOM.standard_normal((n, k)), RANDOM.standard_normal((k, n)).T):
        for b in (RANDOM.standard_normal((k, m)), RANDOM.standard_normal((k, 2 * m))[:, m:]):
            left, right = a.astype(dtype), b.astype(dtype)
            expected = left.astype(np.longdouble) @ right.astype(np.longdouble)
            tolerance = 2e-4 if dtype == np.float32 else 1e-12
            np.testing.assert_allclose(cpu.matmul(left, right), expected, rtol=0, atol=tolerance)


def test_products_of_middling_size_do_not_depend_on_the_threads():
    a, b = (RANDOM.standard_normal(shape).astype(np.float32) for shape in ((700, 90), (700, 70)))
    together = cpu.matmul(a.T, b)
    before = threads.get_num_threads()
    try:
        threads.set_num_threads(1)
        np.testing.assert_array_equal(cpu.matmul(a.T, b), together)
    finally:
        threads.set_num_threads(before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(33, 20_001, 6), (4, 150_528, 32), (5, 130_000, 7), (64, 2_048, 64)])
def test_long_sums(shape, dtype):
    n, k, m = shape
    for x in (RANDOM.standard_normal((n, k)), RANDOM.standard_normal((n, k + 9))[:, 4:-5]):
        rows, weight = x.astype(dtype), RANDOM.standard_normal((m, k)).astype(dtype)
        bias = RANDOM.standard_normal(m).astype(dtype)
        expected = rows.astype(np.float64) @ weight.T.astype(np.float64)
        tolerance = 2e-3 if dtype == np.float32 else 1e-9
        np.testing.assert_allclose(cpu.matmul(rows, weight.T), expected, rtol=0, atol=tolerance)
        np.testing.assert_allclose(cpu.linear(rows, weight, bias), expected + bias, rtol=0, atol=tolerance)
        np.testing.assert_array_equal(cpu.linear(rows, weight, bias), cpu.linear(rows, weight, bias))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(32, 32, 30_000), (9, 8, 50_001), (67, 500, 4_099), (130, 33, 20_007)])
def test_wide_products(shape, dtype):
    n, k, m = shape
    for a in (RANDOM.standard_normal((n, k)), RANDOM.standard_normal((k, n)).T):
        for b in (RANDOM.standard_normal((k, m)), RANDOM.standard_normal((k, m + 11))[:, 11:]):
            left, right = a.astype(dtype, order="K"), b.astype(dtype)
            expected = left.astype(np.float64) @ right.astype(np.float64)
            tolerance = 2e-4 if dtype == np.float32 else 1e-12
            np.testing.assert_allclose(cpu.matmul(left, right), expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(16, 600, 32), (35, 129, 130), (77, 640, 63), (90, 16, 90), (300, 17, 160)])
def test_layers_of_middling_size_with_and_without_bias(shape, dtype):
    n, k, m = shape
    bias = RANDOM.standard_normal(m).astype(dtype)
    tolerance = 2e-4 if dtype == np.float32 else 1e-12
    for x in (RANDOM.standard_normal((n, k)), RANDOM.standard_normal((k, n)).T):
        for weight in (RANDOM.standard_normal((m, k)), RANDOM.standard_normal((m, 2 * k))[:, k:]):
            rows, matrix = x.astype(dtype), weight.astype(dtype)
            expected = rows.astype(np.longdouble) @ matrix.astype(np.longdouble).T
            np.testing.assert_allclose(cpu.linear(rows, matrix, None), expected, rtol=0, atol=tolerance)
            np.testing.assert_allclose(cpu.linear(rows, matrix, bias), expected + bias, rtol=0, atol=tolerance)


@pytest.mark.parametrize("rows", [700, 40])
def test_layers_of_middling_size_do_not_depend_on_the_threads(rows):
    x, weight, bias = (RANDOM.standard_normal(shape).astype(np.float32) for shape in ((rows, 90), (70, 90), (70,)))
    together = cpu.linear(x, weight, bias)
    before = threads.get_num_threads()
    try:
        threads.set_num_threads(1)
        np.testing.assert_array_equal(cpu.linear(x, weight, bias), together)
    finally:
        threads.set_num_threads(before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "sizes", [(64, 300, 1), (1, 700, 40), (300, 1, 200), (1, 9000, 1), (1100, 1000, 1), (1, 1, 9000)]
)
def test_a_matrix_times_a_vector(sizes, dtype):
    n, k, m = sizes
    for a in (
        RANDOM.standard_normal((n, k)),
        RANDOM.standard_normal((k, n)).T,
        RANDOM.standard_normal((n, 2 * k))[:, ::2],
    ):
        for b in (RANDOM.standard_normal((k, m)), RANDOM.standard_normal((m, k)).T):
            left, right = a.astype(dtype, order="K"), b.astype(dtype, order="K")
            expected = left.astype(np.float64) @ right.astype(np.float64)
            tolerance = 1e-3 if dtype == np.float32 else 1e-11
            np.testing.assert_allclose(cpu.matmul(left, right), expected, rtol=0, atol=tolerance)
            bias = RANDOM.standard_normal(m).astype(dtype)
            np.testing.assert_allclose(cpu.linear(left, right.T, bias), expected + bias, rtol=0, atol=tolerance)
