"""Parts of matrices turned round, against NumPy."""

import numpy as np
import pytest

from minidl.kernels.cpu.jit import serial
from minidl.kernels.cpu.tile import VECTOR_BYTES
from minidl.kernels.cpu.transposing import add_kernels, set_kernels, transpose


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("rows", "columns"), [(0, 5), (1, 1), (16, 16), (8, 8), (64, 32), (17, 5), (5, 33), (67, 70)])
def test_a_part_is_turned_and_nothing_else_is_written(rows, columns, dtype):
    x = np.arange((rows + 3) * (columns + 7), dtype=dtype).reshape(rows + 3, columns + 7)
    y = np.full((columns + 2, rows + 4), -1, dtype)
    transpose(x.reshape(-1), 2 * x.shape[1] + 3, x.shape[1], rows, columns, y.reshape(-1), y.shape[1])
    assert np.array_equal(y[:columns, :rows], x[2 : 2 + rows, 3 : 3 + columns].T)
    y[:columns, :rows] = -1
    assert (y == -1).all()


@serial
def _set_kernels(x, y, starts, steps):
    set_kernels(x, y, starts, steps)


@serial
def _add_kernels(x, y, starts, steps):
    add_kernels(x, y, starts, steps)


@pytest.mark.parametrize(("kernel", "before"), [(_set_kernels, 0), (_add_kernels, -1)])
def test_vectors_of_a_tap_each_are_turned_to_kernels_of_nine_numbers(kernel, before):
    size = VECTOR_BYTES // 4
    x, y = np.arange(9 * (size + 1), dtype=np.float32).reshape(9, size + 1), np.full((size, 13), -1, np.float32)
    kernel(x.reshape(-1), y.reshape(-1), (1, 4), (size + 1, 13))
    assert np.array_equal(y[:, 4:], x[:, 1:].T + before)
    assert (y[:, :4] == -1).all()
