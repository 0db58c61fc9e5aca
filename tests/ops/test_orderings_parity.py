"""Running sums, orderings, quantiles and counts of nothing, of one, of ties, infinities and NaN: PyTorch's answers.

Which of equal elements is found is left open (docs/differences.md).
"""

import numpy as np
import pytest

import minidl

torch = pytest.importorskip("torch")

from against_pytorch import assert_same, assert_same_values  # noqa: E402 - which needs PyTorch

INF, NAN = float("inf"), float("nan")
RNG = np.random.default_rng(4)
CUBE = RNG.standard_normal((2, 3, 4))
TIES = np.array([[1.0, 1.0, 0.0, 1.0], [3.0, 2.0, 3.0, 3.0]])
SPECIAL = np.array([[1.0, NAN, -INF, INF], [2.0, 2.0, -1.0, -1.0], [0.0, -0.0, INF, 4.0], [-INF, -INF, -INF, -INF]])
LAST = np.array([[NAN, 1.0, 2.0], [INF, 3.0, 1.0], [2.0, -INF, 0.5]])

RUNNING = {
    "cumsum": lambda T, x: T.cumsum(x, 0),
    "cumprod": lambda T, x: T.cumprod(x, -1),
    "logcumsumexp": lambda T, x: T.logcumsumexp(x, 0),
    "cummax": lambda T, x: T.cummax(x, 0),
    "cummin": lambda T, x: T.cummin(x, -1),
    "diff": lambda T, x: T.diff(x, dim=0),
    "third differences": lambda T, x: T.diff(x, 3),
    "more differences than places": lambda T, x: T.diff(x, 9),
    "no differences": lambda T, x: T.diff(x, 0),
    "diff between": lambda T, x: T.diff(x, prepend=x, append=x * 2),
    "trapezoid": lambda T, x: T.trapezoid(x, dim=0),
    "trapezoid of places": lambda T, x: T.trapezoid(x, x * 2),
    "trapezoid of steps": lambda T, x: T.cumulative_trapezoid(x, dx=0.5),
    "running trapezoid": lambda T, x: T.cumulative_trapezoid(x, x, dim=0),
    "sort": lambda T, x: T.sort(x, dim=0, stable=True),
    "sort falling": lambda T, x: T.sort(x, dim=-1, descending=True, stable=True),
    "msort": lambda T, x: T.msort(x),
    "topk": lambda T, x: T.topk(x, x.shape[0], 0).values,
}


@pytest.mark.parametrize("shape", [(4,), (3, 4), (0, 3), (3, 0), (2, 1, 3)], ids=str)
@pytest.mark.parametrize("name", RUNNING)
def test_along_a_dimension(name, shape):
    x = RNG.permutation(np.linspace(-2, 2.5, int(np.prod(shape)))).reshape(shape)
    if 0 in shape and name.startswith(("trapezoid", "running")):  # PyTorch's zeros leave the graph there
        assert_same_values(RUNNING[name], [x])
    else:
        assert_same(RUNNING[name], [x], "float64", order=1)


@pytest.mark.parametrize("name", ["cumsum", "cumprod", "logcumsumexp", "cummax", "cummin", "sort", "topk"])
def test_a_number_alone(name):
    program = (lambda T, x: T.topk(x, 1, 0)) if name == "topk" else (lambda T, x: getattr(T, name)(x, dim=-1))
    assert_same(program, [2.5], "float32", order=1)
    assert_same_values(program, [np.array(7.0, np.float16)])


@pytest.mark.parametrize(
    "name", ["cumsum", "cumprod", "logcumsumexp", "cummax", "cummin", "sort", "sort falling", "msort"]
)
def test_running_values_at_infinities(name):
    assert_same_values(RUNNING[name], [SPECIAL])
    assert_same_values(RUNNING[name], [LAST.T])
    assert_same_values(RUNNING[name], [TIES])


QUANTILES = {
    "middle": lambda T, x: T.quantile(x, 0.5),
    "end": lambda T, x: T.quantile(x, 1.0, 0),
    "several": lambda T, x: T.quantile(x, T.tensor([0.2, 0.7, 0.0]).to(x.dtype), 1),
    "several kept": lambda T, x: T.quantile(x, T.tensor([0.2, 0.7]).to(x.dtype), -1, keepdim=True),
    "first kept": lambda T, x: T.nanquantile(x, T.tensor([0.25]).to(x.dtype), 0, keepdim=True),
    "all kept": lambda T, x: T.nanquantile(x, 0.3, keepdim=True),
    "no shares": lambda T, x: T.quantile(x, T.tensor([]).to(x.dtype), 0),
    "no shares kept": lambda T, x: T.quantile(x, T.tensor([]).to(x.dtype), keepdim=True),
} | {
    kind: lambda T, x, kind=kind: T.quantile(x, T.tensor([0.1, 0.6]).to(x.dtype), 1, interpolation=kind)
    for kind in ("lower", "higher", "midpoint", "nearest")
}


@pytest.mark.parametrize("name", QUANTILES)
def test_quantiles(name):
    for x in (CUBE, TIES + np.arange(4) * 10, np.array([[1.0, NAN, 2.0], [4.0, 5.0, 3.0]])):
        assert_same(QUANTILES[name], [x], "float64", order=1)
        assert_same_values(QUANTILES[name], [x.astype(np.float32)], close=1e-6)


def test_quantiles_of_the_share():
    def program(T, x, q):
        return T.stack([T.quantile(x, q[0], 0), T.nanquantile(x, q, 0)[1]])

    assert_same(program, [CUBE[0], [0.3, 0.8]], "float64")


def test_quantiles_among_infinities():
    rows = np.array([[-INF, -INF, -1.0, 0.0], [-INF, 1.0, 2.0, INF], [0.0, 1.0, INF, INF]])
    assert_same_values(lambda T, x: T.quantile(x, 0.5, 1), [rows])
    ends = minidl.from_numpy(rows).quantile(minidl.tensor([0.0, 1.0], dtype=minidl.float64), 1)  # NaN in PyTorch
    assert ends.tolist() == [rows.min(1).tolist(), rows.max(1).tolist()]


GRADIENTS = {
    "plain": lambda T, x: T.gradient(x),
    "of one": lambda T, x: T.gradient(x, dim=-1, spacing=0.5)[0],
    "reversed": lambda T, x: T.gradient(x, dim=(1, 0), spacing=(2.0, 0.25)),
    "places": lambda T, x: T.gradient(x, spacing=(T.tensor([0.0, 1, 3]), T.tensor([0.0, 0.5, 2, 4])), edge_order=2),
    "parabola": lambda T, x: T.gradient(x, edge_order=2, spacing=-1.5),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_slopes(name):
    x = RNG.standard_normal((3, 4))
    assert_same(GRADIENTS[name], [x], "float32", close=1e-5)
    if name == "plain":
        assert_same_values(GRADIENTS[name], [SPECIAL])


COUNTS = {
    "histc": lambda T, x: T.histc(x, 4),
    "histc between": lambda T, x: T.histc(x, 3, -1, 1.5),
    "histc of equal limits": lambda T, x: T.histc(x, 4, 1, 1),
    "histogram": lambda T, x: T.histogram(x, 4),
    "histogram between": lambda T, x: T.histogram(x, 5, range=(-1.0, 1.0), density=True),
    "histogram of equal limits": lambda T, x: T.histogram(x, 2, range=(0.5, 0.5)),
    "histogram of edges": lambda T, x: T.histogram(x, T.tensor([-1.0, 0.0, 0.0, 2.0]), weight=x + 3),
    "searchsorted": lambda T, x: T.searchsorted(T.tensor([-1.0, 0.0, 0.0, 1.0]), x),
    "searchsorted right": lambda T, x: T.searchsorted(T.tensor([-1.0, 0.0, 0.0, 1.0]), x, side="right", out_int32=True),
    "searchsorted by": lambda T, x: T.searchsorted(T.tensor([1.0, -1.0, 0.0]), x, sorter=T.tensor([1, 2, 0])),
    "bucketize": lambda T, x: T.bucketize(x, T.tensor([-1.0, 0.0, 1.0]), right=True),
    "isin": lambda T, x: T.isin(x, T.tensor([0.0, 1.0, NAN])),
    "isin inverted": lambda T, x: T.isin(x, 1, invert=True),
    "unique": lambda T, x: T.unique(x, return_inverse=True, return_counts=True),
    "unique_consecutive": lambda T, x: T.unique_consecutive(x, return_inverse=True, return_counts=True),
}


@pytest.mark.parametrize("shape", [(7,), (0,), (2, 3), (2, 0), ()], ids=str)
@pytest.mark.parametrize("name", COUNTS)
def test_counts_and_places(name, shape):
    x = np.round(RNG.standard_normal(shape) * 2).astype(np.float32) / 2
    assert_same_values(COUNTS[name], [np.asarray(x, np.float32)], close=1e-6)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_distinct_slices(dim):
    x = np.array([[1, 2, 2], [1, 2, 2], [0, 2, 2], [1, 2, 2]])
    for rows in (x, x[:, :1], x[:0] if dim == 0 else x[:, :0], x % 2 == 1):
        for name in ("unique", "unique_consecutive"):
            assert_same_values(
                lambda T, x, n=name: getattr(T, n)(x, return_inverse=True, return_counts=True, dim=dim), [rows]
            )


@pytest.mark.parametrize("dim", [0, -1])
def test_modes(dim):
    x = np.array([[3, 1, 3, 1], [2, 1, 3, 3], [2, 2, 3, 0]])
    for keepdim in (False, True):
        assert_same(lambda T, x, k=keepdim: T.mode(x, dim, k).values, [x], "float32", order=1)
        assert_same_values(lambda T, x, k=keepdim: T.mode(x, dim, k).values, [x > 1])


def test_a_mode_of_nan():
    for row in ([NAN, NAN], [NAN, 1.0, 1.0], [NAN, 2.0, NAN]):
        found = minidl.tensor(row).mode()
        np.testing.assert_array_equal(found.values.numpy(), torch.tensor(row).mode().values.numpy())
        np.testing.assert_array_equal(row[found.indices.item()], found.values.numpy())


LAYOUTS = {
    "transposed": CUBE.transpose(2, 0, 1),
    "every other": CUBE[:, ::2, 1::2],
    "backwards": CUBE[::-1, :, ::-1],
    "repeated": np.broadcast_to(CUBE[:, :1], (2, 3, 4)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["cumsum", "cumprod", "cummax", "sort", "topk", "diff", "logcumsumexp"])
def test_running_values_in_any_order_in_memory(name, layout):
    assert_same_values(RUNNING[name], [LAYOUTS[layout]], close=1e-12)
