"""The number of threads: asked for, kept, and without influence on what is right."""

import os
import subprocess
import sys

import numpy as np
import pytest

from minidl.errors import ArgumentError
from minidl.kernels import cpu, threads

RANDOM = np.random.default_rng(7)


@pytest.fixture(autouse=True)
def _the_count_is_put_back():
    before = threads.get_num_threads()
    yield
    threads.set_num_threads(before)


def in_a_fresh_process(code, **environment):
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")} | environment
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return run.stdout.split()


def test_set_and_get():
    threads.set_num_threads(1)
    assert threads.get_num_threads() == 1


@pytest.mark.parametrize("n", [0, -1, 1.0, True, "2"])
def test_refuses_what_is_no_count(n):
    with pytest.raises(ArgumentError, match="set_num_threads"):
        threads.set_num_threads(n)


def test_the_default_is_the_environments_or_every_usable_core():
    code = "from minidl.kernels import threads; print(threads.get_num_threads())"
    assert in_a_fresh_process(code, OMP_NUM_THREADS="3") == ["3"]
    assert in_a_fresh_process(code, NUMBA_NUM_THREADS="1", OMP_NUM_THREADS="3") == ["1"]
    if hasattr(os, "sched_getaffinity"):
        assert in_a_fresh_process(code) == [str(len(os.sched_getaffinity(0)))]


def test_importing_is_cheap():
    code = "import sys, minidl.kernels.threads; print(*({'numba', 'scipy', 'threadpoolctl'} & set(sys.modules)))"
    assert in_a_fresh_process(code) == []


def test_each_library_gets_its_threads():
    code = (
        "from threadpoolctl import threadpool_info; import numpy as np, numba; from minidl.kernels import cpu, threads;"
        "threads.set_num_threads(1); cpu.softmax_cross_entropy(np.ones((2, 2)), np.zeros(2, int));"
        "print(numba.get_num_threads(), *{x['num_threads'] for x in threadpool_info() if x['user_api'] == 'blas'});"
        "threads.set_num_threads(2);"
        "print(*(x['num_threads'] for x in threadpool_info() if 'scipy.libs' in x['filepath']))"
    )
    assert set(in_a_fresh_process(code, NUMBA_NUM_THREADS="2")) == {"1"}


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_results_are_right_at_every_count_and_more_threads_than_cores(n):
    threads.set_num_threads(n)
    x = RANDOM.standard_normal((3, 5, 20, 20)).astype(np.float32)
    weight = RANDOM.standard_normal((20, 5, 1, 1)).astype(np.float32)
    wide = np.zeros((20, 5, 3, 3), np.float32)
    wide[:, :, 1:2, 1:2] = weight
    expected = np.einsum("nchw,kc->nkhw", x.astype(float), weight[..., 0, 0].astype(float))
    options = ((1, 1), (1, 1), (1, 1), 1)
    y = cpu.conv2d(x, wide, None, *options)
    np.testing.assert_allclose(y, expected, atol=1e-4)
    g_weight = cpu.conv2d_weight_gradient(y, x, wide.shape, *options)[:, :, 1, 1]
    np.testing.assert_allclose(g_weight, np.einsum("nchw,nkhw->kc", x, y), rtol=1e-3, atol=1e-2)
    np.testing.assert_allclose(cpu.channel_moments(y)[0], y.mean((0, 2, 3)), atol=1e-5)
    a = RANDOM.standard_normal((200, 100)).astype(np.float32)
    np.testing.assert_allclose(cpu.matmul(a, a.T), a.astype(float) @ a.T, atol=1e-4)
    np.testing.assert_allclose(cpu.softmax(a, 1).sum(1), 1, rtol=1e-5)


def test_kernels_may_be_called_from_several_python_threads():
    from concurrent.futures import ThreadPoolExecutor

    x = RANDOM.standard_normal((40, 1000)).astype(np.float32)
    expected = cpu.softmax(x, 1)
    with ThreadPoolExecutor(4) as pool:
        for y in pool.map(lambda _: cpu.softmax(x, 1), range(40)):
            np.testing.assert_array_equal(y, expected)
