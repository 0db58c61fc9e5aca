"""How kernels are compiled: each part of a parallel kernel runs once, in whatever thread, and nested ones with it."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba import prange

import minidl.kernels.cpu
from minidl.kernels.cpu.jit import parallel, serial, serial_sum

FOLDER = Path(minidl.kernels.cpu.__file__).parent


@parallel
def count_turns(turns, workers):
    offset = workers - 1
    for t in prange(workers):
        turns[t, 0] += 1
        turns[t, 1] = t * 100 // workers + offset
        turns[t, 2] = workers * (t + 1) if workers > 2 else 0


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_every_turn_is_taken_once(workers):
    turns = np.zeros((workers, 3), np.int64)
    for _ in range(50):
        count_turns(turns, workers)
    last = [workers * (t + 1) if workers > 2 else 0 for t in range(workers)]
    expected = [[50, t * 100 // workers + workers - 1, last[t]] for t in range(workers)]
    assert turns.tolist() == expected


@parallel
def add_scaled(arrays, numbers, condition, nothing, total, workers):
    for t in prange(workers):
        first, last = t * total.size // workers, (t + 1) * total.size // workers
        part = total[first:last]
        if condition and nothing is None:
            for x in arrays:
                add(x[first:last], numbers[0], part)


@serial
def add(x, factor, total):
    for i in range(total.size):
        total[i] += scaled(x[i], factor)


@serial
def scaled(x, factor):
    return x * factor


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_takes_tuples_booleans_and_none_and_calls_kernels_that_stand_below(workers, dtype):
    random = np.random.default_rng(0)
    arrays = tuple(random.standard_normal(101).astype(dtype) for _ in range(3))
    total = np.zeros(101, dtype)
    references = [sys.getrefcount(a) for a in (*arrays, total)]
    add_scaled(arrays, (2, 0.5), True, None, total, workers)
    np.testing.assert_allclose(total, 2 * sum(arrays), rtol=1e-5)
    assert [sys.getrefcount(a) for a in (*arrays, total)] == references


def test_a_nested_kernel_can_be_called_from_python_too():
    total = np.ones(4)
    add(np.arange(4.0), 3, total)
    assert total.tolist() == [1, 4, 7, 10]
    assert scaled(2, 3.5) == 7


@serial_sum
def total_of(x):
    total = 0.0
    for value in x:
        total += value
    return total


@parallel
def totals_of_rows(x, y, workers):
    for t in prange(workers):
        for row in range(t * len(x) // workers, (t + 1) * len(x) // workers):
            y[row] = total_of(x[row])


def test_nested_kernels_return_numbers():
    x, y = np.random.default_rng(0).standard_normal((7, 33)), np.empty(7)
    totals_of_rows(x, y, 2)
    np.testing.assert_allclose(y, x.sum(1))


@parallel
def refuse(x, workers):
    for t in prange(workers):
        if x[t] > 0:
            raise ValueError("too large")


def test_an_error_in_a_thread_is_not_lost():
    refuse(np.zeros(2), 2)
    with pytest.raises(ValueError, match="too large"):
        refuse(np.ones(1), 1)
    with pytest.raises(RuntimeError, match="refuse"):
        refuse(np.array([0.0, 1.0]), 2)


def test_a_parallel_kernel_needs_turns():
    with pytest.raises(TypeError, match="prange"):
        parallel(lambda x, workers: None)


def is_parallel(node):
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(d, ast.Name) and d.id == "parallel" for d in node.decorator_list
    )


def parallel_kernels():
    return [
        pytest.param(node, id=f"{file.stem}.{node.name}")
        for file in sorted(FOLDER.glob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if is_parallel(node)
    ]


@pytest.mark.parametrize("function", parallel_kernels())
def test_the_loop_over_the_turns_stands_last_and_is_the_only_one(function):
    loop = function.body[-1]
    assert isinstance(loop, ast.For)
    assert ast.unparse(loop.iter) == "prange(workers)"
    assert ast.unparse(function).count("prange(") == 1
    assert function.args.args[-1].arg == "workers"


def test_a_second_process_compiles_nothing(tmp_path):
    code = (
        "import numpy as np; from minidl.kernels.cpu.softmaxes import _softmax_in_place, _softmax_of_rows;"
        "x = np.ones((4, 5), np.float32); _softmax_of_rows(x, np.empty_like(x), 2); _softmax_in_place(x[0]);"
        "print([sum(k.stats.cache_misses.values()) for k in (_softmax_of_rows, _softmax_in_place)])"
    )
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    for expected in ("[1, 1]", "[0, 0]"):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
        assert done.stdout.strip() == expected
