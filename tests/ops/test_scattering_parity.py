"""Scattering, masks and writes where a view looks: with recurring places, NaN, nothing, every dtype, as in PyTorch."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from against_pytorch import assert_same, assert_same_values  # noqa: E402 - which needs PyTorch
from test_scattering import REFUSED  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*is in beta", "ignore:.*reduce.*deprecated")

NAN, INF = float("nan"), float("inf")
RNG = np.random.default_rng(7)
X, Y = RNG.standard_normal((3, 4)), RNG.standard_normal((3, 4))
TABLE = [[0, 2, 1, 0], [2, 0, 0, 1]]
REDUCTIONS = ["sum", "prod", "mean", "amax", "amin"]


@pytest.mark.parametrize("name", REFUSED)
def test_pytorch_refuses_it_too(name):
    with pytest.raises((RuntimeError, ValueError, TypeError, IndexError, AttributeError)):
        REFUSED[name][0](torch)


def rows(T):
    return T.tensor([2, 0])


WRITES = {
    "scatter": lambda T, x, y: x.scatter(0, T.tensor(TABLE), y[:2] * 1),
    "scatter a number": lambda T, x, y: x.scatter(-1, T.tensor(TABLE), 1.5),
    "scatter nothing": lambda T, x, y: x.scatter(0, T.zeros(0, 4, dtype=T.int64), y[:0]),
    "scatter by int32": lambda T, x, y: x.scatter(0, T.tensor(TABLE, dtype=T.int32), 2),
    "scatter added": lambda T, x, y: T.scatter(x.detach(), 0, T.tensor(TABLE), y.detach()[:2], reduce="add"),
    "scatter times": lambda T, x, y: T.scatter(x.detach(), 0, T.tensor(TABLE), 2.0, reduce="multiply"),
    "scatter_add": lambda T, x, y: x.scatter_add(0, T.tensor(TABLE), y[:2] * 1),
    "scatter_add nothing": lambda T, x, y: x.scatter_add(1, T.zeros(3, 0, dtype=T.int64), y[:, :0]),
    "index_add": lambda T, x, y: x.index_add(0, T.tensor([2, 0, 2]), y),
    "index_add scaled": lambda T, x, y: x.index_add(-1, T.tensor([1, 1]), y[:, :2], alpha=-2),
    "index_add nothing": lambda T, x, y: x.index_add(0, T.tensor([], dtype=T.int64), y[:0]),
    "index_copy": lambda T, x, y: x.index_copy(0, rows(T), y[1:]),
    "index_fill": lambda T, x, y: x.index_fill(1, T.tensor([3, 3, -1, 0]), 2),
    "index_fill by one": lambda T, x, y: x.index_fill(0, T.tensor(1), y.sum().detach()),
    "index_put": lambda T, x, y: x.index_put((rows(T), T.tensor([1, 3])), y[0, :2]),
    "index_put rows": lambda T, x, y: x.index_put((rows(T),), y[0]),
    "index_put added": lambda T, x, y: x.index_put((T.tensor([1, 1]),), y[:2], accumulate=True),
    "index_put one": lambda T, x, y: x.index_put((x > 0,), y[0, 0], accumulate=True),
    "put": lambda T, x, y: x.put(T.tensor([[11, -2], [0, 3]]), y[:2, :2]),
    "put added": lambda T, x, y: x.put(T.tensor([5, 5, 5, 5]), y[0], accumulate=True),
    "put nothing": lambda T, x, y: x.put(T.tensor([], dtype=T.int64), y[:0]),
    "masked_fill": lambda T, x, y: x.masked_fill(y > 0, -1),
    "masked_fill by one": lambda T, x, y: x.masked_fill(T.tensor([True, False, False, True]), y[1, 1]),
    "masked_fill wider": lambda T, x, y: x.masked_fill(T.ones(2, 1, 1, dtype=T.bool), 0.5),
    "masked_scatter": lambda T, x, y: x.masked_scatter(y > 0, y * 2),
    "masked_scatter columns": lambda T, x, y: x.masked_scatter(T.tensor([True, False, True, False]), y),
    "masked_scatter nothing": lambda T, x, y: x.masked_scatter(T.tensor(False), y[:0]),
    "select_scatter": lambda T, x, y: x.select_scatter(y[0], 0, -1),
    "slice_scatter": lambda T, x, y: T.slice_scatter(x, y[:, :2], 1, -3, 99, 2),
    "slice_scatter nothing": lambda T, x, y: T.slice_scatter(x, y[:0], 0, 2, 1),
    "diagonal_scatter": lambda T, x, y: x.diagonal_scatter(y[0, :3], 1),
    "diagonal_scatter below": lambda T, x, y: T.diagonal_scatter(x, y[0, :2], 1, -1, 0),
}


@pytest.mark.parametrize("name", WRITES)
def test_values_and_gradients(name):
    assert_same(WRITES[name], [X, Y], "float64")
    assert_same_values(WRITES[name], [X[::-1, ::-1], Y.T.copy().T], close=1e-12)


WHOLE = set(WRITES) - {"scatter a number", "index_fill by one", "scatter times", "masked_fill wider"}


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "int64", "float16", "bool"])
@pytest.mark.parametrize("name", sorted(WHOLE))
def test_every_dtype(name, dtype):
    if dtype == "bool" and name in ("masked_scatter", "scatter", "scatter_add", "index_add scaled"):
        numbers = [np.array(part > 0) for part in (X, Y)]
        bare = {
            "masked_scatter": lambda T, x, y: x.masked_scatter(y, y),
            "scatter": lambda T, x, y: x.scatter(0, T.tensor(TABLE), y[:2]),
            "scatter_add": lambda T, x, y: x.scatter_add(0, T.tensor(TABLE), y[:2]),
            "index_add scaled": lambda T, x, y: x.index_add(0, rows(T), y[:2], alpha=2),
        }[name]
        assert_same_values(bare, numbers)
    elif dtype != "uint8" or not name.startswith("index_add scaled"):  # -2 is no byte
        numbers = [(X * 3).astype(dtype), (Y * 3).astype(dtype)]
        assert_same_values(WRITES[name], numbers, close=1e-3 if dtype == "float16" else 0.0)


@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_reductions(reduce, include_self):
    def scattered(T, x, y):
        return x.scatter_reduce(0, T.tensor(TABLE), y[:2], reduce, include_self=include_self)

    def indexed(T, x, y):
        return x.index_reduce(1, T.tensor([1, 1, 3]), y[:, :3], reduce, include_self=include_self)

    programs = [scattered] if reduce == "sum" else [scattered, indexed]
    ties = np.round(X * 2) / 2
    for program in programs:
        assert_same(program, [X, Y], "float64", order=1)
        if include_self:  # PyTorch counts what it left out among the equal ones
            assert_same(program, [ties, np.round(Y * 2) / 2], "float64", order=1)
        for dtype in ("int64", "uint8", "float16"):
            assert_same_values(program, [np.abs(X * 3).astype(dtype), np.abs(Y * 3).astype(dtype)], close=1e-3)
    special = np.array([[NAN, INF, -INF, 0.0], [1.0, 2.0, 3.0, 4.0], [INF, NAN, 0.0, -0.0]])
    assert_same_values(scattered, [special, special[::-1]])


ONE = {
    "scatter": lambda T, x, y: x.scatter(0, T.tensor(0), y),
    "scatter at one": lambda T, x, y: x.scatter(-1, T.tensor([0]), 2.0),
    "scatter_add": lambda T, x, y: x.scatter_add(0, T.tensor(0), y),
    "scatter_reduce": lambda T, x, y: x.scatter_reduce(0, T.tensor([0]), y, "prod"),
    "index_add": lambda T, x, y: x.index_add(0, T.tensor([0]), y),
    "index_copy": lambda T, x, y: x.index_copy(0, T.tensor(0), y),
    "index_fill": lambda T, x, y: x.index_fill(0, T.tensor([0]), 7),
    "put": lambda T, x, y: x.put(T.tensor(0), y),
    "masked_fill": lambda T, x, y: x.masked_fill(T.tensor([True, False]), 0),
    "masked_scatter": lambda T, x, y: x.masked_scatter(T.tensor(True), y),
}


@pytest.mark.parametrize("name", ONE)
def test_a_number_alone(name):
    assert_same(ONE[name], [2.5, -1.5], "float64")


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)], ids=str)
def test_nothing_to_write_to(shape):
    x = np.zeros(shape)
    mask = np.zeros(shape, bool)
    empty = np.zeros(shape, np.int64)
    for program in (
        lambda T, x, m, i: x.masked_fill(m, 1),
        lambda T, x, m, i: x.masked_scatter(m, x),
        lambda T, x, m, i: x.scatter(0, i, x),
        lambda T, x, m, i: x.scatter_add(0, i, x),
        lambda T, x, m, i: x.scatter_reduce(0, i, x, "mean"),
        lambda T, x, m, i: x.index_add(0, i.flatten(), x[:0]),
        lambda T, x, m, i: x.put(i, x),
        lambda T, x, m, i: x.gather(0, i),
    ):
        assert_same_values(program, [x, mask, empty])


def test_writes_in_place_carry_gradients():
    def program(T, x, y):
        z = x * 1
        z.scatter_add_(0, T.tensor(TABLE), y[:2])
        z[0].masked_fill_(z[0].detach() > 0, 0.5)
        z.index_copy_(1, rows(T), y[:, :2] * y[:, :2])
        z.t().index_add_(0, T.tensor([0]), y[:1, :3])
        return z * z

    assert_same(program, [X, Y], "float64")
