"""How long a training takes to begin:  python -m benchmarks.cold_start [--rounds 5] [--data FOLDER]

From the start of the process to the end of the first training step of `minidl train catdog`: once with an empty cache
of compiled kernels, then with a full one; beside it, what `import minidl` takes beyond `import numpy`.  Pictures that
minidl draws itself are drawn before, since that happens once.
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

from minidl.data.drawings import catdog_drawings

TRAIN = """
import os, sys, time
from minidl.optim import Adam
from minidl.cli import main

class End(Exception):
    pass

step = Adam.step
def step_and_end(self, *arguments):
    step(self, *arguments)
    raise End

Adam.step = step_and_end
try:
    main()
except End:
    print(time.time(), file=sys.stderr)
"""
"""The command itself, until the first step has ended."""

IMPORT = "import time; import numpy; start = time.perf_counter(); import minidl; print(time.perf_counter() - start)"


def seconds_to_first_step(cache: Path, data: Path | None) -> float:
    """Of a process that keeps compiled kernels in `cache`."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["train", "catdog", "--out", f"{folder}/run", *([] if data is None else ["--data", str(data)])]
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
        start = time.time()
        ended = subprocess.run(
            [sys.executable, "-c", TRAIN, *options], env=environment, capture_output=True, text=True, check=True
        )
    return float(ended.stderr.splitlines()[-1]) - start


def seconds_of_import() -> float:
    """What `import minidl` takes in a process that has imported NumPy."""
    return float(subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", type=Path, help="photographs, as for minidl train catdog")
    options = parser.parse_args()
    if options.data is None:
        catdog_drawings()
    empty, full, imports = [], [], []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as cache:
            empty.append(seconds_to_first_step(Path(cache), options.data))
            full.append(seconds_to_first_step(Path(cache), options.data))
        imports.append(seconds_of_import())
    print(f"first training step, kernels to be compiled   {statistics.median(empty):6.2f} s")
    print(f"first training step, kernels compiled before  {statistics.median(full):6.2f} s")
    print(f"import minidl beyond import numpy             {statistics.median(imports) * 1000:6.0f} ms")


if __name__ == "__main__":
    main()
