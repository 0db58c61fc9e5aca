"""How long a fresh process takes to begin:  python -m benchmarks.cold_start [--data photographs]

From the start of `minidl train catdog` to the end of its first training step, with nothing kept on disk (pictures are
drawn, and kernels compiled), with the pictures kept, and with the compiled kernels, too; and what the imports take.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPEATS = 5

FIRST_STEP = """
import os, sys, time
import minidl
from minidl.optim import Adam

step = Adam.step

def first_step(optimizer):
    step(optimizer)
    print(time.monotonic(), flush=True)
    os._exit(0)

Adam.step = first_step
from minidl.cli import main

main()
"""

IMPORTS = """
import time
start = time.perf_counter()
import numpy
middle = time.perf_counter()
import minidl
print(middle - start, time.perf_counter() - middle)
"""


def run(program: str, *arguments: str, kept: Path) -> str:
    """What a program prints, with `kept` for what is kept on disk."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(kept / "kernels"), "MINIDL_CACHE": str(kept / "pictures")}
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def first_step(kept: Path, data: str | None) -> float:
    """Seconds from the start of a process to the end of its first training step."""
    with tempfile.TemporaryDirectory() as runs:
        pictures = [] if data is None else ["--data", data]
        start = time.monotonic()
        printed = run(FIRST_STEP, "train", "catdog", "--out", f"{runs}/run", *pictures, kept=kept)
        return float(printed.split()[-1]) - start


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_start", description=__doc__)
    parser.add_argument("--data", help="train on this folder's photographs instead of drawn pictures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder)
        print(f"{'to the end of the first step of `minidl train catdog`':56} {'s':>6}")
        if options.data is None:
            print(f"{'nothing kept: pictures drawn, kernels compiled':56} {first_step(kept, None):6.2f}", flush=True)
            for file in (kept / "kernels").rglob("*.nb?"):
                file.unlink()
        print(f"{'pictures there, kernels compiled':56} {first_step(kept, options.data):6.2f}", flush=True)
        warm = statistics.median(first_step(kept, options.data) for _ in range(REPEATS))
        print(f"{f'all kept, median of {REPEATS}':56} {warm:6.2f}", flush=True)
        times = [[float(word) for word in run(IMPORTS, kept=kept).split()] for _ in range(REPEATS)]
        numpy, minidl = (statistics.median(column) for column in zip(*times, strict=True))
        print(f"{'import numpy':56} {numpy:6.3f}")
        print(f"{'import minidl, after it':56} {minidl:6.3f}")


if __name__ == "__main__":
    main()
