"""Products and decompositions of empty, broadcast, singular, infinite and strided matrices, as in PyTorch."""

import math

import numpy as np
import pytest

import minidl

torch = pytest.importorskip("torch")

from against_pytorch import assert_same, plain  # noqa: E402 - which needs PyTorch

RNG = np.random.default_rng(12)
INF, NAN = math.inf, math.nan
DTYPES = ["float64", "float32", "float16"]
WHOLE = ["int64", "int32", "int16", "int8", "uint8"]


def normal(*shape):
    return RNG.standard_normal(shape)


# --- products ---------------------------------------------------------------------------------------------------------

SHAPES = [
    ((1,), (1,)), ((0,), (0,)), ((4,), (4,)),
    ((3, 4), (4,)), ((0, 4), (4,)), ((3, 0), (0,)), ((2, 3, 4), (4,)), ((0, 3, 4), (4,)), ((2, 3, 0), (0,)),
    ((4,), (4, 3)), ((4,), (4, 0)), ((0,), (0, 3)), ((4,), (2, 4, 3)), ((4,), (0, 4, 3)), ((1,), (5, 1, 1)),
    ((1, 1), (1, 1)), ((3, 1), (1, 4)), ((0, 4), (4, 3)), ((3, 0), (0, 4)), ((3, 4), (4, 0)), ((0, 0), (0, 0)),
    ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)), ((0, 3, 4), (4, 5)), ((3, 4), (0, 4, 5)), ((2, 3, 0), (0, 5)),
    ((2, 3, 4), (2, 4, 5)), ((1, 3, 4), (2, 4, 5)), ((2, 3, 4), (1, 4, 5)), ((1, 3, 4), (0, 4, 5)),
    ((2, 1, 3, 4), (5, 4, 2)), ((2, 1, 1, 4), (1, 3, 4, 1)), ((1, 1, 1, 1, 2, 3), (3, 2)), ((0, 1, 2, 3), (2, 3, 1)),
]  # fmt: skip


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_shapes_of_matmul(shapes, dtype):
    arrays = [RNG.uniform(0.5, 1.5, shape) for shape in shapes]
    assert_same(lambda T, a, b: T.matmul(a, b), arrays, dtype, order=1 if dtype == "float16" else 2)


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", WHOLE)
def test_matmul_of_integers_wraps_around(shapes, dtype):
    least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
    arrays = [RNG.integers(least, most, shape, dtype) for shape in shapes]
    np.testing.assert_array_equal(*plain(lambda T, a, b: a @ b, arrays), strict=True)


STRIDES = {
    "reversed rows": lambda x: x[::-1],
    "reversed columns": lambda x: x[:, ::-1],
    "all reversed": lambda x: x[::-1, ::-1],
    "every second": lambda x: x[::2, 1::2],
    "transposed": lambda x: x.T,
    "repeated": lambda x: np.broadcast_to(x[:1], x.shape),
    "Fortran": np.asfortranarray,
}


@pytest.mark.parametrize("how", STRIDES)
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64"])
def test_strides_do_not_matter(how, dtype):
    square = (4 * normal(6, 6)).astype(dtype)
    view = STRIDES[how](square)
    other = (4 * normal(view.shape[1], 3)).astype(dtype)
    close = {"float64": 1e-12, "float32": 1e-4, "float16": 2e-2, "int64": 0}[dtype]
    for a, b in ((view, other), (other.T, view.T), (view[None], np.stack([other, other])), (view, other[:, 0])):
        mine = minidl.matmul(minidl.from_numpy(a), minidl.from_numpy(b)).numpy()
        theirs = (torch.from_numpy(np.array(a)) @ torch.from_numpy(np.array(b))).numpy()
        np.testing.assert_allclose(mine, theirs, rtol=close, atol=close)


@pytest.mark.parametrize("how", STRIDES)
def test_strides_of_factored_matrices_do_not_matter(how):
    view = STRIDES[how](normal(6, 6) + 4 * np.eye(6))
    n = min(view.shape)
    a, b = view[:n, :n], view[:n, :1]
    symmetric = (a @ a.T + np.eye(n))[::-1, ::-1]
    for program, arrays in (
        (lambda T, a, b: T.linalg.solve(a + 9 * T.eye(n, dtype=a.dtype), b), (a, b)),
        (lambda T, a: T.linalg.det(a), (a,)),
        (lambda T, a: T.linalg.svdvals(a), (a,)),
        (lambda T, a: T.linalg.lu(a)[2], (a,)),
        (lambda T, a: T.linalg.cholesky(a), (symmetric,)),
        (lambda T, a: T.linalg.eigvalsh(a), (symmetric,)),
        (lambda T, a, b: T.linalg.solve_triangular(a + 9 * T.eye(n, dtype=a.dtype), b, upper=True), (a, b)),
        (lambda T, a: T.linalg.pinv(a), (view[:, :2],)),
    ):
        mine = program(minidl, *map(minidl.from_numpy, arrays)).numpy()
        theirs = program(torch, *(torch.from_numpy(np.array(x)) for x in arrays)).numpy()
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-9)


SPECIAL = np.array([[INF, 0.0, 1.0], [NAN, 1.0, 0.0], [-INF, INF, 0.0]])


@pytest.mark.parametrize("dtype", DTYPES)
def test_infinities_and_nan_in_products(dtype):
    for arrays in ((SPECIAL, SPECIAL), (SPECIAL, normal(3)), (normal(3), SPECIAL), (SPECIAL[0], SPECIAL[2])):
        assert_same(lambda T, a, b: a @ b, arrays, dtype, order=1)


PRODUCTS = {
    "addmm beta 0 of NaN": (lambda T, x, a, b: T.addmm(x, a, b, beta=0), [(3,), (2, 0), (0, 3)]),
    "addmm alpha 0": (lambda T, x, a, b: T.addmm(x, a, b, alpha=0), [(2, 3), (2, 4), (4, 3)]),
    "addmm of nothing": (lambda T, x, a, b: T.addmm(x, a, b, beta=2), [(2, 3), (2, 0), (0, 3)]),
    "addmm of a number": (lambda T, x, a, b: T.addmm(x, a, b), [(), (2, 4), (4, 3)]),
    "addmv of nothing": (lambda T, x, a, b: T.addmv(x, a, b, beta=0.5), [(2,), (2, 0), (0,)]),
    "addmv of one": (lambda T, x, a, b: T.addmv(x, a, b), [(1,), (2, 3), (3,)]),
    "addr of a column": (lambda T, x, a, b: T.addr(x, a, b, beta=0.5, alpha=2), [(2, 1), (2,), (3,)]),
    "addr of nothing": (lambda T, x, a, b: T.addr(x, a, b), [(0, 3), (0,), (3,)]),
    "baddbmm of no batch": (lambda T, x, a, b: T.baddbmm(x, a, b), [(3,), (0, 2, 4), (0, 4, 3)]),
    "baddbmm of nothing": (lambda T, x, a, b: T.baddbmm(x, a, b), [(2, 2, 3), (2, 2, 0), (2, 0, 3)]),
    "addbmm of no batch": (lambda T, x, a, b: T.addbmm(x, a, b), [(2, 3), (0, 2, 4), (0, 4, 3)]),
    "bmm of nothing": (lambda T, a, b: T.bmm(a, b), [(2, 3, 0), (2, 0, 4)]),
    "outer of nothing": (lambda T, a, b: T.outer(a, b), [(0,), (3,)]),
    "inner of numbers": (lambda T, a, b: T.inner(a, b), [(), (2, 3)]),
    "inner of matrices": (lambda T, a, b: T.inner(a, b), [(2, 0), (3, 0)]),
    "kron of ranks": (lambda T, a, b: T.kron(a, b), [(2,), (2, 1, 3)]),
    "kron of nothing": (lambda T, a, b: T.kron(a, b), [(2, 0), (3, 2)]),
    "kron of a number": (lambda T, a, b: T.kron(a, b), [(), (3, 2)]),
    "trace of nothing": (lambda T, a: T.trace(a), [(0, 3)]),
    "tensordot 0": (lambda T, a, b: T.tensordot(a, b, 0), [(2,), (3, 1)]),
    "tensordot of sizes 1": (lambda T, a, b: T.tensordot(a, b, [[0], [1]]), [(1, 2), (3, 4)]),
    "tensordot negative": (lambda T, a, b: T.tensordot(a, b, [[-1, 0], [-2, 1]]), [(2, 3), (4, 3, 2)][:1] + [(3, 2)]),
    "tensordot of nothing": (lambda T, a, b: T.tensordot(a, b, 1), [(2, 0), (0, 3)]),
    "vecdot broadcast": (lambda T, a, b: T.linalg.vecdot(a, b), [(2, 1, 3), (4, 3)]),
    "vecdot of nothing": (lambda T, a, b: T.linalg.vecdot(a, b, dim=0), [(0, 3), (0, 3)]),
    "cross broadcast": (lambda T, a, b: T.linalg.cross(a, b), [(2, 1, 3), (4, 3)][:1] + [(1, 4, 3)]),
    "cross of nothing": (lambda T, a, b: T.linalg.cross(a, b), [(0, 3), (0, 3)]),
    "multi_dot of vectors": (lambda T, a, b, c: T.linalg.multi_dot([a, b, c]), [(3,), (3, 4), (4,)]),
    "multi_dot of two vectors": (lambda T, a, b: T.linalg.multi_dot([a, b]), [(3,), (3,)]),
    "multi_dot of nothing": (lambda T, a, b, c: T.linalg.multi_dot([a, b, c]), [(2, 0), (0, 3), (3, 2)]),
    "chain_matmul of one": (lambda T, a: T.chain_matmul(a), [(2, 3)]),
    "linear of nothing": (lambda T, x, w, b: T.nn.functional.linear(x, w, b), [(2, 0), (3, 0), (3,)]),
    "linear of no rows": (lambda T, x, w, b: T.nn.functional.linear(x, w, b), [(0, 2, 4), (3, 4), (3,)]),
    "linear to nothing": (lambda T, x, w, b: T.nn.functional.linear(x, w, b), [(2, 4), (0, 4), (0,)]),
    "linear of one weight": (lambda T, x, w: T.nn.functional.linear(x, w), [(2, 3, 4), (4,)]),
    "linear of a bias of one": (lambda T, x, w, b: T.nn.functional.linear(x, w, b), [(2, 4), (3, 4), (1,)]),
    "bilinear of a vector": (lambda T, a, b, w, c: T.bilinear(a, b, w, c), [(3,), (2,), (4, 3, 2), (4,)]),
    "bilinear of no rows": (lambda T, a, b, w: T.bilinear(a, b, w), [(0, 3), (0, 2), (4, 3, 2)]),
    "vander of one": (lambda T, a: T.linalg.vander(a, N=3), [(1,)]),
    "vander of no batch": (lambda T, a: T.linalg.vander(a), [(0, 3)]),
}  # fmt: skip


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_products_at_the_edges(name, dtype):
    program, shapes = PRODUCTS[name]
    arrays = [normal(*shape) for shape in shapes]
    if "NaN" in name:
        arrays[0] = np.full(shapes[0], NAN)
    assert_same(program, arrays, dtype, close=1e-4 if dtype == "float32" else 0.0)


WHOLE_PROGRAMS = {
    "addmm": (lambda T, x, a, b: T.addmm(x, a, b, beta=3, alpha=-2), [(3,), (2, 4), (4, 3)]),
    "addmm cut": (lambda T, x, a, b: T.addmm(x, a, b, beta=1.9, alpha=2.5), [(3,), (2, 4), (4, 3)]),
    "addmv": (lambda T, x, a, b: T.addmv(x, a, b, beta=3), [(2,), (2, 4), (4,)]),
    "addr": (lambda T, x, a, b: T.addr(x, a, b, beta=3, alpha=2), [(2, 3), (2,), (3,)]),
    "baddbmm": (lambda T, x, a, b: T.baddbmm(x, a, b, alpha=3), [(3,), (2, 2, 4), (2, 4, 3)]),
    "addbmm": (lambda T, x, a, b: T.addbmm(x, a, b), [(3,), (2, 2, 4), (2, 4, 3)]),
    "bmm": (lambda T, a, b: T.bmm(a, b), [(2, 2, 4), (2, 4, 3)]),
    "dot": (lambda T, a, b: T.dot(a, b), [(4,), (4,)]),
    "vdot": (lambda T, a, b: T.vdot(a, b), [(4,), (4,)]),
    "mv": (lambda T, a, b: T.mv(a, b), [(3, 4), (4,)]),
    "outer": (lambda T, a, b: T.outer(a, b), [(3,), (4,)]),
    "inner": (lambda T, a, b: T.inner(a, b), [(3, 4), (2, 4)]),
    "kron": (lambda T, a, b: T.kron(a, b), [(3, 4), (2, 1)]),
    "trace": (lambda T, a: T.trace(a), [(3, 4)]),
    "tensordot": (lambda T, a, b: T.tensordot(a, b, 1), [(3, 4), (4, 2)]),
    "cross": (lambda T, a, b: T.linalg.cross(a, b), [(2, 3), (2, 3)]),
    "multi_dot": (lambda T, a, b, c: T.linalg.multi_dot([a, b, c]), [(2, 3), (3, 4), (4,)]),
    "linear": (lambda T, x, w, b: T.nn.functional.linear(x, w, b), [(2, 4), (3, 4), (3,)]),
    "matrix_power": (lambda T, a: T.linalg.matrix_power(a, 5), [(2, 3, 3)]),
    "matrix_power 0": (lambda T, a: T.linalg.matrix_power(a, 0), [(2, 3, 3)]),
    "vander": (lambda T, a: T.linalg.vander(a), [(2, 3)]),
}


@pytest.mark.parametrize("name", WHOLE_PROGRAMS)
@pytest.mark.parametrize("dtype", WHOLE)
def test_integers_stay_integers(name, dtype):
    program, shapes = WHOLE_PROGRAMS[name]
    arrays = [RNG.integers(0 if dtype == "uint8" else -9, 10, shape).astype(dtype) for shape in shapes]
    np.testing.assert_array_equal(*plain(program, arrays), strict=True)


BOOLEANS = {
    "outer": (lambda T, a, b: T.outer(a, b), [(3,), (4,)]),
    "addr": (lambda T, x, a, b: T.addr(x, a, b), [(3, 4), (3,), (4,)]),
    "addr beta": (lambda T, x, a, b: T.addr(x, a, b, beta=False), [(3, 4), (3,), (4,)]),
    "kron": (lambda T, a, b: T.kron(a, b), [(3, 4), (2, 1)]),
    "einsum without sums": (lambda T, a, b: T.einsum("i,j->ji", a, b), [(3,), (4,)]),
}


@pytest.mark.parametrize("name", BOOLEANS)
def test_booleans_stay_booleans(name):
    program, shapes = BOOLEANS[name]
    np.testing.assert_array_equal(*plain(program, [RNG.random(shape) < 0.5 for shape in shapes]), strict=True)


@pytest.mark.parametrize("p", [0.5, 1, 2, 3, INF, -1])
def test_norms_of_halves_do_not_overflow(p):
    x, y = 300 * RNG.uniform(0.5, 1, (2, 3, 40))
    for program in (
        lambda T, x, y: T.linalg.vector_norm(x / 40, p, dim=-1),
        lambda T, x, y: T.nn.functional.normalize(x, 2.0 if p < 1 else p),
        lambda T, x, y: T.cosine_similarity(x, y),
        lambda T, x, y: T.pairwise_distance(x, y, max(p, 1)),
        lambda T, x, y: T.renorm(x, max(p, 1), 0, 3.0),
    ):
        assert_same(program, [x, y], "float16", order=0)


def test_matrix_norms_of_halves_do_not_overflow():
    assert_same(lambda T, x: T.linalg.matrix_norm(x), [300 * normal(3, 4)], "float16", order=1)


SUMS = {
    "sum": lambda T, x: x.sum(0),
    "sum of all": lambda T, x: (x / 8).sum(),
    "mean": lambda T, x: (300 * x).mean(0),
    "mean of all": lambda T, x: (300 * x).mean(),
    "var": lambda T, x: (300 * T.cat([x, -x])).std(0),
    "einsum": lambda T, x: T.einsum("ij->j", x),
    "matrix_norm 1": lambda T, x: T.linalg.matrix_norm(x, 1),
    "linear": lambda T, x: T.nn.functional.linear(x.mT, x.mT),
}


@pytest.mark.parametrize("name", SUMS)
def test_long_sums_of_halves(name):
    assert_same(SUMS[name], [RNG.uniform(0.9, 1.1, (5000, 3))], "float16", order=0)
