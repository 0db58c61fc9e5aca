"""Parts of matrices turned round, against NumPy."""

import numpy as np
import pytest

from minidl.kernels.cpu.jit import serial
from minidl.kernels.cpu.tile import VECTOR_BYTES
from minidl.kernels.cpu.transposing import add_kernels, set_taps, transpose, turn_rows


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
def _set_taps(x, y, starts, steps):
    set_taps(x, y, starts, steps)


@serial
def _add_kernels(x, y, starts, steps):
    add_kernels(x, y, starts, steps)


@serial
def _turn_rows(x, at, y, starts, step):
    turn_rows(x, at, y, starts, step)


SIZE = VECTOR_BYTES // 4


def test_kernels_of_nine_numbers_are_turned_to_vectors_of_a_tap_each():
    x, y = np.arange(SIZE * 13, dtype=np.float32).reshape(SIZE, 13), np.full((9, SIZE + 1), -1, np.float32)
    _set_taps(x.reshape(-1), y.reshape(-1), (4, 1), (13, SIZE + 1))
    assert np.array_equal(y[:, 1:], x[:, 4:].T)
    assert (y[:, 0] == -1).all()


def test_vectors_of_a_tap_each_are_added_to_kernels_of_nine_numbers():
    x, y = np.arange(9 * (SIZE + 1), dtype=np.float32).reshape(9, SIZE + 1), np.full((SIZE, 13), -1, np.float32)
    _add_kernels(x.reshape(-1), y.reshape(-1), (1, 4), (SIZE + 1, 13))
    assert np.array_equal(y[:, 4:], x[:, 1:].T - 1)
    assert (y[:, :4] == -1).all()


def test_rows_that_lie_anywhere_are_turned_to_columns():
    x, y = np.arange(40 * SIZE, dtype=np.float32), np.full((SIZE, SIZE + 3), -1, np.float32)
    at = np.random.default_rng(0).integers(0, 39 * SIZE - 5, SIZE + 2)
    _turn_rows(x, at, y.reshape(-1), (5, 2, 3), SIZE + 3)
    assert np.array_equal(y[:, 3:], np.stack([x[5 + place :][:SIZE] for place in at[2:]], 1))
    assert (y[:, :3] == -1).all()
