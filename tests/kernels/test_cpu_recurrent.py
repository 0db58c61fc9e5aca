"""Recurrent kernels against plain NumPy loops over one sequence after the other, and finite differences of those."""

import numpy as np
import pytest

from minidl.kernels import cpu, threads
from minidl.kernels.cpu.exponential import sigmoid as jitted_sigmoid
from minidl.kernels.cpu.exponential import tanh
from minidl.kernels.cpu.jit import serial
from minidl.kernels.cpu.packed_product import (
    add_product,
    add_transposed_product,
    columns_of,
    packed,
    panels_of,
    set_rows,
    to_panels,
)
from minidl.kernels.cpu.tile import ROWS

RANDOM = np.random.default_rng(8)
BATCH_SIZES = [[1], [6], [90], [3, 3, 3], [4, 3, 3, 1], [19] * 30 + [9] * 20, [70] * 9]
SIZES = [(1, 1), (3, 5), (8, 16), (7, 33)]
ALL_WANTED = (True, True, True)


def normal(*shape, dtype=np.float64):
    return (RANDOM.standard_normal(shape) * 0.4).astype(dtype)


def walk(batch_sizes, backwards):
    counts = np.array(batch_sizes)
    starts = np.cumsum(counts) - counts
    return (starts[::-1].copy(), counts[::-1].copy()) if backwards else (starts, counts)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# --- the twins: a step of one sequence --------------------------------------------------------------------------------


def rnn_step(x, states, w, u, b, relu):
    p = w @ x + b + u @ states[0]
    return (np.maximum(p, 0) if relu else np.tanh(p),)


def lstm_step(x, states, w, u, b, projection):
    h, c = states
    i, f, g, o = np.split(w @ x + b + u @ h, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return (h if projection is None else projection @ h), c


def gru_step(x, states, w, u, b, hidden_bias):
    (h,) = states
    (r, z, n), (q_r, q_z, q_n) = np.split(w @ x + b, 3), np.split(u @ h + hidden_bias, 3)
    z = sigmoid(z + q_z)
    return ((1 - z) * np.tanh(n + sigmoid(r + q_r) * q_n) + z * h,)


def by_sequence(step, rows, states, starts, counts, *rest):
    """Outputs (R, ...) and last states: each sequence by itself, in float64."""
    outputs = np.zeros((len(rows), states[0].shape[1]))
    last = [state.astype(np.float64) for state in states]
    for n in range(len(states[0])):
        own = tuple(state[n] for state in last)
        for start, count in zip(starts, counts, strict=True):
            if n < count:
                own = step(rows[start + n].astype(np.float64), own, *rest)
                outputs[start + n] = own[0]
        for state, value in zip(last, own, strict=True):
            state[n] = value
    return outputs, *last


# --- one table of all three -------------------------------------------------------------------------------------------


class Cell:
    """A kind of layer with random weights: how the kernels and the twin are called."""

    def __init__(self, kind, features, hidden, dtype=np.float64):
        gates = {"lstm": 4, "projected": 4, "gru": 3}.get(kind, 1) * hidden
        output = max(hidden // 2, 1) if kind == "projected" else hidden
        self.kind, self.features, self.output, self.dtype = kind, features, output, dtype
        self.w, self.u = normal(gates, features, dtype=dtype), normal(gates, output, dtype=dtype)
        self.u /= np.sqrt(output).astype(dtype)  # so that no difference grows from step to step
        self.b = normal(gates, dtype=dtype)
        self.extra = {
            "tanh": False,
            "relu": True,
            "lstm": None,
            "projected": normal(output, hidden, dtype=dtype),
            "gru": normal(gates, dtype=dtype),
        }[kind]
        self.state_sizes = [output, hidden] if kind in ("lstm", "projected") else [hidden]

    def forward(self, rows, states, starts, counts):
        if self.kind in ("tanh", "relu"):
            return cpu.rnn_forward(rows, *states, self.w, self.u, self.b, starts, counts, self.extra)
        function = cpu.gru_forward if self.kind == "gru" else cpu.lstm_forward
        return function(rows, *states, self.w, self.u, self.b, self.extra, starts, counts)

    def backward(self, gs, rows, states, results, starts, counts, wanted=ALL_WANTED):
        """Gradients of rows, states, w, u, b and, where it is a parameter, of `extra`."""
        rest = (rows, *states, self.w, self.u)
        if self.kind in ("tanh", "relu"):
            return cpu.rnn_backward(*gs, *rest, results[0], starts, counts, self.extra, wanted)
        if self.kind == "gru":
            return cpu.gru_backward(*gs, *rest, results[0], *results[2:], starts, counts, wanted)
        return cpu.lstm_backward(*gs, *rest, self.extra, results[0], *results[3:], starts, counts, wanted)

    def twin(self, rows, states, starts, counts, w, u, b, extra):
        step = {"tanh": rnn_step, "relu": rnn_step, "gru": gru_step}.get(self.kind, lstm_step)
        return by_sequence(step, rows, states, starts, counts, w, u, b, extra)

    def inputs(self, batch_sizes):
        rows = normal(sum(batch_sizes), self.features, dtype=self.dtype)
        return rows, [normal(batch_sizes[0], size, dtype=self.dtype) for size in self.state_sizes]


KINDS = ["tanh", "relu", "lstm", "projected", "gru"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("batch_sizes", BATCH_SIZES, ids=lambda sizes: f"{sizes[0]}x{len(sizes)}")
@pytest.mark.parametrize("kind", KINDS)
def test_forward(kind, batch_sizes, backwards, dtype):
    for features, hidden in SIZES if sum(batch_sizes) < 50 else SIZES[-1:]:
        cell = Cell(kind, features, hidden, dtype)
        rows, states = cell.inputs(batch_sizes)
        path = walk(batch_sizes, backwards)
        results = cell.forward(rows, states, *path)
        twin = cell.twin(rows, states, *path, cell.w, cell.u, cell.b, cell.extra)
        for mine, other in zip(results, twin, strict=False):
            assert mine.dtype == dtype
            scale = np.abs(other).max()
            np.testing.assert_allclose(mine, other, rtol=0, atol=scale * (2e-5 if dtype == np.float32 else 1e-12))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch", range(1, 10))
@pytest.mark.parametrize("kind", KINDS)
def test_batches_of_every_rest_of_a_tile(kind, batch, dtype):
    """40 hidden units end in a part of a panel, 64 of one gate after whole ones."""
    for features, hidden in ((5, 40), (33, 64)):
        cell = Cell(kind, features, hidden, dtype)
        batch_sizes = [batch] * 4 + [(batch + 1) // 2] * 3
        rows, states = cell.inputs(batch_sizes)
        path = walk(batch_sizes, False)
        results = cell.forward(rows, states, *path)
        twin = cell.twin(rows, states, *path, cell.w, cell.u, cell.b, cell.extra)
        for mine, other in zip(results, twin, strict=False):
            scale = np.abs(other).max()
            np.testing.assert_allclose(mine, other, rtol=0, atol=scale * (2e-5 if dtype == np.float32 else 1e-12))


@pytest.mark.parametrize("batch", range(1, 10))
@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_has_the_gradients_of_its_sequences(kind, batch):
    """Each sequence by itself, whose products are of one row; the weights' gradients are the sum of theirs."""
    cell = Cell(kind, 33, 40)
    path, own_path = walk([batch] * 6, False), walk([1] * 6, False)
    rows, states = cell.inputs([batch] * 6)
    results = cell.forward(rows, states, *path)
    gs = [normal(*result.shape) for result in results[: 1 + len(states)]]
    together = cell.backward(gs, rows, states, results, *path)
    of_rows_and_states, sums = [np.zeros_like(x) for x in (rows, *states)], []
    for n in range(batch):
        own_rows, own_states = rows[n::batch].copy(), [state[n : n + 1].copy() for state in states]
        own_gs = [gs[0][n::batch].copy(), *(g[n : n + 1].copy() for g in gs[1:])]
        own = cell.backward(own_gs, own_rows, own_states, cell.forward(own_rows, own_states, *own_path), *own_path)
        of_rows_and_states[0][n::batch] = own[0]
        for whole, part in zip(of_rows_and_states[1:], own[1:], strict=False):
            whole[n] = part[0]
        for_weights = [part for part in own[1 + len(states) :] if part is not None]
        sums = [total + part for total, part in zip(sums, for_weights, strict=True)] if sums else for_weights
    alone = [*of_rows_and_states, *sums]
    for mine, other in zip([x for x in together if x is not None], alone, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("batch_sizes", [[1], [4, 3, 3, 1], [23] * 30], ids=lambda sizes: f"{sizes[0]}x{len(sizes)}")
@pytest.mark.parametrize("kind", KINDS)
def test_backward_by_finite_differences(kind, batch_sizes, backwards):
    """Along a random direction of all inputs and parameters at once; 690 rows make two chunks."""
    cell = Cell(kind, 3, 5)
    rows, states = cell.inputs(batch_sizes)
    path = walk(batch_sizes, backwards)
    results = cell.forward(rows, states, *path)
    gs = [normal(*result.shape) for result in results[: 1 + len(states)]]
    gradients = cell.backward(gs, rows, states, results, *path)

    point = [rows, *states, cell.w, cell.u, cell.b]
    if isinstance(cell.extra, np.ndarray):
        point.append(cell.extra)
    for _ in range(3):
        direction = [RANDOM.standard_normal(x.shape) for x in point]

        def value(step, direction=direction):
            moved = [x + step * way for x, way in zip(point, direction, strict=True)]
            count = len(states)
            rest = moved[1 + count :] if len(moved) == 5 + count else [*moved[1 + count :], cell.extra]
            results = cell.twin(moved[0], moved[1 : 1 + count], *path, *rest)
            return sum((g * result).sum() for g, result in zip(gs, results, strict=True))

        step = 1e-7  # so short that no unit of 690 rows passes the kink of relu
        slope = (value(step) - value(-step)) / (2 * step)
        along = sum((g * way).sum() for g, way in zip(gradients, direction, strict=False))
        np.testing.assert_allclose(along, slope, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_wanted_is_not_computed(kind):
    cell = Cell(kind, 3, 5)
    rows, states = cell.inputs([4, 3, 1])
    path = walk([4, 3, 1], False)
    results = cell.forward(rows, states, *path)
    gs = [normal(*result.shape) for result in results[: 1 + len(states)]]
    every = cell.backward(gs, rows, states, results, *path)
    none = cell.backward(gs, rows, states, results, *path, (False, False, False))
    places = (0, 1 + len(states), 2 + len(states))
    for i, (with_all, without) in enumerate(zip(every, none, strict=True)):
        if i in places:
            assert without is None
        elif with_all is not None:
            np.testing.assert_array_equal(with_all, without)


@pytest.fixture
def two_threads():
    before = threads.get_num_threads()
    threads.set_num_threads(2)
    yield
    threads.set_num_threads(before)


@pytest.mark.parametrize("kind", KINDS)
def test_threads_that_divide_the_batch(kind, two_threads):
    cell = Cell(kind, 16, 40)
    batch_sizes = [31] * 20 + [7] * 3
    rows, states = cell.inputs(batch_sizes)
    path = walk(batch_sizes, False)
    divided = cell.forward(rows, states, *path)
    gs = [normal(*result.shape) for result in divided[: 1 + len(states)]]
    gradients = cell.backward(gs, rows, states, divided, *path)
    threads.set_num_threads(1)
    alone = cell.forward(rows, states, *path)
    for mine, other in zip(divided, alone, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-14)
    for mine, other in zip(gradients, cell.backward(gs, rows, states, alone, *path), strict=True):
        if mine is not None:
            np.testing.assert_allclose(mine, other, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_given_is_not_written_to(kind):
    cell = Cell(kind, 3, 5)
    rows, states = cell.inputs([4, 3])
    path = walk([4, 3], False)
    results = cell.forward(rows, states, *path)
    gs = [normal(*result.shape) for result in results[: 1 + len(states)]]
    given = [rows, *states, *results, *gs, cell.w, cell.u, cell.b]
    before = [x.copy() for x in given]
    cell.backward(gs, rows, states, results, *path)
    cell.forward(rows, states, *path)
    for now, then in zip(given, before, strict=True):
        np.testing.assert_array_equal(now, then)


# --- what they are made of --------------------------------------------------------------------------------------------


PRODUCTS = pytest.mark.parametrize(
    ("n", "k", "m"),
    [(1, 1, 1), (8, 4, 32), (9, 5, 33), (17, 64, 96), (3, 0, 5), (0, 3, 5), *((n, 37, 70) for n in range(1, 10))],
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@PRODUCTS
def test_products_with_a_packed_matrix(n, k, m, dtype):
    a, b, initial, out = (normal(*shape, dtype=dtype) for shape in ((n, k), (k, m), (m,), (n, m)))
    close = {"rtol": 0, "atol": 1e-5 if dtype == np.float32 else 1e-13}
    order = RANDOM.permutation(n)
    at, out_at = (np.zeros(n + ROWS, np.int64) for _ in range(2))
    at[:n], out_at[:n] = order * k, order * m
    for row in (None, initial):
        set_rows(a.reshape(-1), at, packed(b, row), out.reshape(-1), out_at, n, m)
        np.testing.assert_allclose(out, a @ b + (0 if row is None else row), **close)
        set_rows(a.reshape(-1), at, packed(np.asfortranarray(b), row), out.reshape(-1), out_at, n, m)
        np.testing.assert_allclose(out, a @ b + (0 if row is None else row), **close)
    if n and k:
        added = out.copy()
        add_product(a, packed(b), added)
        np.testing.assert_allclose(added, out + a @ b, **close)


def test_rows_that_are_not_set_stay():
    a, b, out = normal(20, 6), normal(6, 40), normal(20, 40)
    at = np.concatenate([np.arange(3, 12), np.zeros(ROWS, int)])
    expected = out.copy()
    expected[3:12] = a[3:12] @ b
    set_rows(a.reshape(-1), at * 6, packed(b), out.reshape(-1), at * 40, 9, 40)
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@PRODUCTS
def test_transposed_products_with_panels(n, k, m, dtype):
    if not n or not k:
        return
    d, x = normal(n + 2, k, dtype=dtype), normal(n, m, dtype=dtype)
    panels = np.full((panels_of(m, np.dtype(dtype)), n + 2, columns_of(np.dtype(dtype))), np.nan, dtype)
    for i in range(n):
        to_panels(x[i], panels, i)
    start = normal(len(panels), k + -k % ROWS, panels.shape[2], dtype=dtype)
    sums = start.copy()
    add_transposed_product(d, panels, n, sums)
    close = {"rtol": 0, "atol": 1e-5 if dtype == np.float32 else 1e-13}
    added = np.concatenate(list(sums - start), 1)
    np.testing.assert_allclose(added[:k, :m], d[:n].T @ x, **close)


def test_tanh_in_jitted_loops():
    @serial
    def apply(x, y):
        for i in range(x.size):
            y[i] = tanh(x[i])

    x = np.concatenate([np.linspace(-12, 12, 10001), [0.0, -0.0, 1e-30, -1e-6, 90, -1e30, np.inf, -np.inf, np.nan]])
    for dtype, close in ((np.float32, 3e-7), (np.float64, 1e-15)):
        given = x.astype(dtype)
        y = np.empty_like(given)
        apply(given, y)
        np.testing.assert_allclose(y, np.tanh(given.astype(np.float64)), rtol=close, atol=0)


def test_sigmoid_in_jitted_loops():
    @serial
    def apply(x, y):
        for i in range(x.size):
            y[i] = jitted_sigmoid(x[i])

    x = np.concatenate([np.linspace(-87, 87, 10001), [0.0, -0.0, 1e-30, np.inf, np.nan]])
    for dtype, close in ((np.float32, 3e-7), (np.float64, 1e-15)):
        given = x.astype(dtype)
        y = np.empty_like(given)
        apply(given, y)
        np.testing.assert_allclose(y, sigmoid(given.astype(np.float64)), rtol=close, atol=0)
    far = np.array([-1e30, -np.inf, -100], np.float32)
    y = np.empty_like(far)
    apply(far, y)
    np.testing.assert_array_less(y, 2e-38)
