"""Freed memory stays with the process: counted by page faults, in processes of their own."""

import os
import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource
import numpy as np
from minidl.kernels import cpu

cpu.total(np.ones(10, np.float32))
def pages_touched():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        np.empty(1 << 20, np.uint8).fill(1)
        np.empty(50 << 20, np.uint8)[:: 1 << 12].fill(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
pages_touched()
print(pages_touched())
"""

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")


def touched_again(**environment):
    environment = {**os.environ, "NUMPY_MADVISE_HUGEPAGE": "0", **environment}
    found = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    return int(found.stdout)


def test_arrays_take_the_place_of_freed_ones():
    assert touched_again() < 1000  # of the 20 * 51 * 256 pages that fresh memory would take


def test_the_environment_has_the_last_word():
    assert touched_again(MALLOC_MMAP_THRESHOLD_="131072") > 200_000
