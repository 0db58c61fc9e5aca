"""One kernel, from plain Python loops to the form that minidl runs: each step is a function that computes the same.

The kernel is a 3x3 convolution of one picture.  x is padded with a border of zeros already: x (C, H + 2, W + 2) and
weight (K, C, 3, 3) give y (K, H, W).  Steps with channels last take x (H + 2, W + 2, C) and weight (3, 3, C, K).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit, prange

import minidl

Lists = list[Any]


def python_loops(x: Lists, weight: Lists) -> Lists:
    channels, height, width = len(x), len(x[0]) - 2, len(x[0][0]) - 2
    y = [[[0.0] * width for _ in range(height)] for _ in weight]
    for k in range(len(weight)):
        for i in range(height):
            for j in range(width):
                total = 0.0
                for c in range(channels):
                    for p in range(3):
                        for q in range(3):
                            total += x[c][i + p][j + q] * weight[k][c][p][q]
                y[k][i][j] = total
    return y


def numpy_per_pixel(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    height, width = x.shape[1] - 2, x.shape[2] - 2
    y = np.empty((len(weight), height, width), x.dtype)
    for i in range(height):
        for j in range(width):
            y[:, i, j] = np.tensordot(weight, x[:, i : i + 3, j : j + 3], 3)
    return y


def im2col(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    channels, height, width = len(x), x.shape[1] - 2, x.shape[2] - 2
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (1, 2))
    columns = windows.transpose(0, 3, 4, 1, 2).reshape(channels * 9, height * width)
    return (weight.reshape(len(weight), -1) @ columns).reshape(-1, height, width)


@njit
def compiled_loops(x, weight):
    channels, height, width = len(x), x.shape[1] - 2, x.shape[2] - 2
    y = np.empty((len(weight), height, width), x.dtype)
    for k in range(len(weight)):
        for i in range(height):
            for j in range(width):
                total = x.dtype.type(0)
                for c in range(channels):
                    for p in range(3):
                        for q in range(3):
                            total += x[c, i + p, j + q] * weight[k, c, p, q]
                y[k, i, j] = total
    return y


@njit(fastmath={"contract"})
def channels_last(x, weight):
    height, width, channels, kernels = len(x) - 2, x.shape[1] - 2, x.shape[2], weight.shape[3]
    y = np.zeros((height, width, kernels), x.dtype)
    for i in range(height):
        for j in range(width):
            sums = y[i, j]
            for p in range(3):
                for q in range(3):
                    for c in range(channels):
                        pixel, row = x[i + p, j + q, c], weight[p, q, c]
                        for k in range(kernels):
                            sums[k] += pixel * row[k]
    return y


@njit(fastmath={"contract"})
def row_in_fours(x, weight, i, y):
    width, channels, kernels = y.shape[1], x.shape[2], weight.shape[3]
    sums = np.empty((4, kernels), x.dtype)
    for j in range(0, width, 4):
        sums[...] = 0
        for p in range(3):
            for q in range(3):
                for c in range(channels):
                    row = weight[p, q, c]
                    a, b = x[i + p, j + q, c], x[i + p, j + q + 1, c]
                    d, e = x[i + p, j + q + 2, c], x[i + p, j + q + 3, c]
                    for k in range(kernels):
                        sums[0, k] += a * row[k]
                        sums[1, k] += b * row[k]
                        sums[2, k] += d * row[k]
                        sums[3, k] += e * row[k]
        y[i, j : j + 4] = sums


@njit
def four_pixels(x, weight):
    y = np.empty((len(x) - 2, x.shape[1] - 2, weight.shape[3]), x.dtype)
    for i in range(len(y)):
        row_in_fours(x, weight, i, y)
    return y


@njit(parallel=True)
def in_threads(x, weight):
    y = np.empty((len(x) - 2, x.shape[1] - 2, weight.shape[3]), x.dtype)
    for i in prange(len(y)):
        row_in_fours(x, weight, i, y)
    return y


def tiles_in_registers(x: Any, weight: Any) -> Any:
    settings = minidl.backends.cpu
    settings.exact_convolution = True
    try:
        return minidl_conv2d(x, weight)
    finally:
        settings.exact_convolution = False


def minidl_conv2d(x: Any, weight: Any) -> Any:
    with minidl.no_grad():
        return minidl.nn.functional.conv2d(x, weight)


# --- what each takes and gives ----------------------------------------------------------------------------------------


class Step(NamedTuple):
    """`prepare(x, weight)` lays the numbers as the function takes them, `result` as (K, H, W); neither is timed."""

    title: str
    function: Callable[..., Any]
    prepare: Callable[[np.ndarray, np.ndarray], tuple[Any, Any]]
    result: Callable[[Any], np.ndarray]
    calls: int
    """How many are timed."""


def _as_lists(x: np.ndarray, weight: np.ndarray) -> tuple[Any, Any]:
    return x.tolist(), weight.tolist()


def _as_they_are(x: np.ndarray, weight: np.ndarray) -> tuple[Any, Any]:
    return x, weight


def _channels_last(x: np.ndarray, weight: np.ndarray) -> tuple[Any, Any]:
    return np.ascontiguousarray(x.transpose(1, 2, 0)), np.ascontiguousarray(weight.transpose(2, 3, 1, 0))


def _tensors(x: np.ndarray, weight: np.ndarray) -> tuple[Any, Any]:
    """Shape (1, C, H + 2, W + 2), stored channels-last, as between the layers of a network."""
    pixels = np.ascontiguousarray(x.transpose(1, 2, 0))
    return minidl.from_numpy(pixels.transpose(2, 0, 1)[None]), minidl.from_numpy(weight)


def _channels_first(y: np.ndarray) -> np.ndarray:
    return y.transpose(2, 0, 1)


STEPS = [
    Step("Python loops", python_loops, _as_lists, np.array, 1),
    Step("NumPy for each pixel", numpy_per_pixel, _as_they_are, np.asarray, 10),
    Step("im2col and one product", im2col, _as_they_are, np.asarray, 50),
    Step("Compiled loops", compiled_loops, _as_they_are, np.asarray, 10),
    Step("Channels last", channels_last, _channels_last, _channels_first, 50),
    Step("Four pixels at a time", four_pixels, _channels_last, _channels_first, 50),
    Step("Threads", in_threads, _channels_last, _channels_first, 50),
    Step("Tiles in registers", tiles_in_registers, _tensors, lambda y: y.numpy()[0], 50),
    Step("Winograd", minidl_conv2d, _tensors, lambda y: y.numpy()[0], 50),
]


def source(function: Callable[..., Any]) -> Callable[..., Any]:
    """The Python function below a compiled one."""
    return getattr(function, "py_func", function)


if __name__ == "__main__":
    from .story_page import command

    command()
