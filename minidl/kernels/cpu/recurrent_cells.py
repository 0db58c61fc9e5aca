"""The pointwise part of a recurrent step, of one sequence: gates and state while they are in the cache.

Each small loop writes one array and reads few, so that compilers can tell that they do not overlap, and vectorise it.
"""

from .copying import copy
from .exponential import sigmoid, tanh
from .jit import serial


@serial
def copy_rows(rows, target):
    for i in range(len(target)):
        copy(rows[i], target[i])


@serial
def add_rows(rows, target):
    for i in range(len(target)):
        add_row(rows[i], target[i])


@serial
def clear_rows(target):
    for i in range(len(target)):
        target[i] = 0


@serial
def fill_rows(row, target):
    for i in range(len(target)):
        copy(row, target[i])


@serial
def add_row(x, total):
    for j in range(total.size):
        total[j] += x[j]


@serial
def _multiply(a, b, product):
    for j in range(product.size):
        product[j] = a[j] * b[j]


@serial
def to_tanh(x):
    for j in range(x.size):
        x[j] = tanh(x[j])


@serial
def to_relu(x):
    """NaN stays NaN."""
    zero = x.dtype.type(0)
    for j in range(x.size):
        x[j] = zero if x[j] < zero else x[j]


@serial
def to_sigmoid(x):
    for j in range(x.size):
        x[j] = sigmoid(x[j])


@serial
def tanh_gradient(g, carried, y, d):
    """d = (g + carried) (1 - y^2)"""
    one = d.dtype.type(1)
    for j in range(d.size):
        d[j] = (g[j] + carried[j]) * (one - y[j] * y[j])


@serial
def relu_gradient(g, carried, y, d):
    """d = g + carried where y > 0"""
    zero = d.dtype.type(0)
    for j in range(d.size):
        d[j] = g[j] + carried[j] if y[j] > zero else zero


# --- LSTM -------------------------------------------------------------------------------------------------------------


@serial
def lstm_cell(gates, c, cell, h):
    """gates: i, f, g, o before their activation, and after it.  The new state goes into c, cell and h."""
    n = c.size
    to_sigmoid(gates[: 2 * n])
    to_tanh(gates[2 * n : 3 * n])
    to_sigmoid(gates[3 * n :])
    _remember(gates[:n], gates[n : 2 * n], gates[2 * n : 3 * n], c)
    _show(c, gates[3 * n :], h)
    copy(c, cell)


@serial
def _remember(i, f, g, c):
    for j in range(c.size):
        c[j] = f[j] * c[j] + i[j] * g[j]


@serial
def _show(c, o, h):
    for j in range(h.size):
        h[j] = o[j] * tanh(c[j])


@serial
def lstm_cell_gradient(gates, cell, previous, dh, dc, d):
    """From dh and dc, of h and the new cell: dc becomes that of the previous one, d that of the gates' arguments."""
    n = dc.size
    i, f, g, o = gates[:n], gates[n : 2 * n], gates[2 * n : 3 * n], gates[3 * n :]
    _tanh_of(cell, d[3 * n :])
    _into_cell(dh, o, d[3 * n :], dc)
    _through_output_gate(dh, o, d[3 * n :])
    _through_sigmoid(dc, g, i, d[:n])
    _through_sigmoid(dc, previous, f, d[n : 2 * n])
    _through_tanh(dc, i, g, d[2 * n : 3 * n])
    _multiply(dc, f, dc)


@serial
def _tanh_of(x, y):
    for j in range(y.size):
        y[j] = tanh(x[j])


@serial
def _into_cell(dh, o, shown, dc):
    one = dc.dtype.type(1)
    for j in range(dc.size):
        dc[j] += dh[j] * o[j] * (one - shown[j] * shown[j])


@serial
def _through_output_gate(dh, o, d):
    """d comes as tanh of the cell, the factor of o."""
    one = d.dtype.type(1)
    for j in range(d.size):
        d[j] = dh[j] * d[j] * o[j] * (one - o[j])


@serial
def _through_sigmoid(g, factor, y, d):
    """d = g factor y (1 - y), of a product with a factor and y = sigmoid(x), in x."""
    one = d.dtype.type(1)
    for j in range(d.size):
        d[j] = g[j] * factor[j] * y[j] * (one - y[j])


@serial
def _through_tanh(g, factor, y, d):
    """d = g factor (1 - y^2), of a product with a factor and y = tanh(x), in x."""
    one = d.dtype.type(1)
    for j in range(d.size):
        d[j] = g[j] * factor[j] * (one - y[j] * y[j])


# --- GRU --------------------------------------------------------------------------------------------------------------


@serial
def gru_cell(gates, q, h, candidate, output):
    """gates: what the input says of r, z, n, and then they themselves; q the state's part.  h becomes the new state."""
    n = h.size
    add_row(q[: 2 * n], gates[: 2 * n])
    to_sigmoid(gates[: 2 * n])
    _add_product(gates[:n], q[2 * n :], gates[2 * n :])
    to_tanh(gates[2 * n :])
    _mix(gates[n : 2 * n], gates[2 * n :], h)
    copy(q[2 * n :], candidate)
    copy(h, output)


@serial
def _add_product(a, b, total):
    for j in range(total.size):
        total[j] += a[j] * b[j]


@serial
def _mix(z, n, h):
    """h becomes (1 - z) n + z h."""
    for j in range(h.size):
        h[j] = n[j] + z[j] * (h[j] - n[j])


@serial
def gru_cell_gradient(gates, candidate, previous, dh, d, dq):
    """Of the new state: dh, which becomes what reaches the previous one directly; d of r, z, n before their activation.

    dq is that of the state's part q: as d, but for the last third, which r has scaled.
    """
    n = dh.size
    r, z, new = gates[:n], gates[n : 2 * n], gates[2 * n :]
    _through_update_gate(dh, previous, new, z, d[n : 2 * n])
    _through_candidate(dh, z, new, d[2 * n :])
    _through_sigmoid(d[2 * n :], candidate, r, d[:n])
    copy(d[: 2 * n], dq[: 2 * n])
    _multiply(d[2 * n :], r, dq[2 * n :])
    _multiply(dh, z, dh)


@serial
def _through_update_gate(dh, h, n, z, d):
    one = d.dtype.type(1)
    for j in range(d.size):
        d[j] = dh[j] * (h[j] - n[j]) * z[j] * (one - z[j])


@serial
def _through_candidate(dh, z, n, d):
    one = d.dtype.type(1)
    for j in range(d.size):
        d[j] = dh[j] * (one - z[j]) * (one - n[j] * n[j])
