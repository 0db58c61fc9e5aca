"""Parts of matrices turned round, against NumPy."""

import numpy as np
import pytest

from minidl.kernels.cpu.transposing import transpose


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("rows", "columns"), [(0, 5), (1, 1), (16, 16), (8, 8), (64, 32), (17, 5), (5, 33), (67, 70)])
def test_a_part_is_turned_and_nothing_else_is_written(rows, columns, dtype):
    x = np.arange((rows + 3) * (columns + 7), dtype=dtype).reshape(rows + 3, columns + 7)
    y = np.full((columns + 2, rows + 4), -1, dtype)
    transpose(x.reshape(-1), 2 * x.shape[1] + 3, x.shape[1], rows, columns, y.reshape(-1), y.shape[1])
    assert np.array_equal(y[:columns, :rows], x[2 : 2 + rows, 3 : 3 + columns].T)
    y[:columns, :rows] = -1
    assert (y == -1).all()
