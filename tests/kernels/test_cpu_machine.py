"""Kernels for other processors than this one: which vectors numba is asked for, and results with those of AVX2."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from llvmlite import binding

import minidl

HERE = Path(__file__).parent
AVX2 = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ""}


def run(program, cache, variables):
    """What a program prints in a process of its own."""
    told = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_CPU_")}
    paths = os.pathsep.join([str(Path(minidl.__file__).parents[1]), str(HERE)])
    environment = {**told, "PYTHONPATH": paths, "NUMBA_CACHE_DIR": str(cache), **variables}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(not binding.get_default_triple().startswith("x86_64"), reason="names processors of x86-64")
@pytest.mark.parametrize(
    ("name", "size", "count"), [("nehalem", 16, 16), ("haswell", 32, 16), ("skylake-avx512", 64, 32)]
)
def test_a_named_processor_has_its_own_registers(name, size, count, tmp_path):
    program = "from minidl.kernels.cpu.machine import *; print(VECTOR_BYTES, REGISTERS)"
    assert run(program, tmp_path, {**AVX2, "NUMBA_CPU_NAME": name}) == f"{size} {count}"


def test_of_this_machine_llvm_says_the_same_as_its_list_of_features():
    from minidl.kernels.cpu import machine

    if not machine._told:
        assert machine._of_the_target() == machine.VECTOR_BYTES


AGREE = """
import numpy as np
from minidl.kernels.cpu.tile import ROWS, VECTOR_BYTES
import test_cpu_attention, test_cpu_convolution, test_cpu_product, test_cpu_recurrent
import test_cpu_winograd

few_channels = (5, 6, 14, 14), 16, (5, 5), (1, 1), (0, 0), (1, 1), 1
each_alone = (3, 40, 30, 37), 40, (3, 3), (1, 1), (1, 1), (1, 1), 40
pointwise = (2, 32, 9, 13), 64, (1, 1), (1, 1), (0, 0), (1, 1), 1
for case in few_channels, each_alone, pointwise:
    test_cpu_convolution.test_forward(case, np.float32)
    test_cpu_convolution.test_gradients(case, np.float32)
test_cpu_winograd.test_convolution((1, 70, 96, 8, 8, (1, 1)))
test_cpu_winograd.test_weight_gradient((1, 70, 96, 8, 8, (1, 1)))
test_cpu_product.test_long_sums((5, 130_000, 7), np.float32)
test_cpu_attention.test_large_scores_do_not_overflow()
test_cpu_recurrent.test_forward("lstm", [4, 3, 3, 1], False, np.float32)
print(VECTOR_BYTES, ROWS)
"""


@pytest.mark.skipif(not binding.get_host_cpu_features().get("avx2"), reason="this processor lacks AVX2")
def test_kernels_with_the_vectors_of_avx2_agree_with_numpy(tmp_path):
    """What the tests beside this one say of the machine's own vectors."""
    assert run(AGREE, tmp_path, AVX2) == "32 4"
