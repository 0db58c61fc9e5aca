"""What loading the CPU's kernels brings with it."""

import subprocess
import sys

import pytest

from minidl.kernels import cpu


def in_a_fresh_process(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_the_import_loads_neither_numba_nor_scipy():
    code = "import sys, minidl.kernels.cpu; print(*({'numba', 'scipy', 'threadpoolctl'} & set(sys.modules)))"
    assert in_a_fresh_process(code) == []


def test_what_numpy_has_does_not_load_numba_while_it_is_small():
    code = (
        "import sys, numpy as np; from minidl.kernels import cpu; x = np.ones((2, 3));"
        "cpu.tanh(x); cpu.matmul(x, x.T); cpu.linear(x, x, None); print('numba' in sys.modules)"
    )
    assert in_a_fresh_process(code) == ["False"]


@pytest.mark.parametrize("name", cpu.__all__)
def test_every_name_is_a_function_with_a_docstring(name):
    assert callable(getattr(cpu, name)) and getattr(cpu, name).__doc__


def test_a_jitted_kernel_is_found_once_and_then_an_attribute():
    assert cpu.conv2d is vars(cpu)["conv2d"]


@pytest.mark.parametrize("name", ["attention", "group_norm"])
def test_a_module_does_not_stand_for_a_kernel_of_its_name(name):
    code = f"from minidl.kernels import cpu; cpu.{name}_gradient; print(callable(cpu.{name}), cpu.{name} is cpu.{name})"
    assert in_a_fresh_process(code) == ["True", "True"]


def test_an_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="conv7d"):
        cpu.conv7d  # noqa: B018
