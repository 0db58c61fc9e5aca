"""Peak memory of every workload under minidl and PyTorch:  python -m benchmarks.memory [--steps 1000] [name ...]

Each runs in a process of its own for each library, the library's import included.  Growth is what the peak gained after
the first tenth of the steps: zero where every step frees what it took.
"""

from __future__ import annotations

import argparse
import importlib
import resource
import subprocess
import sys

from .workloads import WORKLOADS

LIBRARIES = ("minidl", "torch")
MEGABYTE = 1 << 20


def peak() -> int:
    """The most memory that this process has held so far, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def measure(library: str, name: str, steps: int, threads: int) -> tuple[int, int]:
    """In this process: the peak, and by how much the last nine tenths of the steps raised it."""
    T = importlib.import_module(library)
    T.set_num_threads(threads)
    program = WORKLOADS[name].program
    work = program(T)
    settled = 0
    for step in range(steps):
        work()
        if step == steps // 10:
            settled = peak()
    return peak(), peak() - settled


def measure_apart(library: str, name: str, steps: int, threads: int) -> tuple[float, float]:
    """The same in a process of its own, in megabytes."""
    command = [sys.executable, "-m", __spec__.name, "--in", library, "--steps", str(steps), "--threads", str(threads)]
    found = subprocess.run([*command, name], capture_output=True, text=True, check=True)
    most, growth = map(int, found.stdout.split())
    return most / MEGABYTE, growth / MEGABYTE


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(WORKLOADS)}; by default all")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--in", dest="library", choices=LIBRARIES, help="measure the first name in this process")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in WORKLOADS]
    if unknown:
        parser.error(f"no workload {unknown[0]!r}; there are {', '.join(WORKLOADS)}")
    if options.library:
        print(*measure(options.library, options.names[0], options.steps, options.threads))
        return
    print(f"{options.steps} steps, {options.threads} threads; megabytes")
    print(f"{'':20} {'minidl':>16} {'PyTorch':>16} {'ratio':>7}")
    print(f"{'':20} {'peak':>8}{'growth':>8} {'peak':>8}{'growth':>8}")
    for name in options.names or WORKLOADS:
        ours, theirs = (measure_apart(library, name, options.steps, options.threads) for library in LIBRARIES)
        numbers = "".join(f" {most:8.0f}{growth:8.1f}" for most, growth in (ours, theirs))
        print(f"{name:20}{numbers} {ours[0] / theirs[0]:7.2f}", flush=True)


if __name__ == "__main__":
    main()
