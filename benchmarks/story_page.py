"""The page docs/story-of-a-kernel.md:  python -m benchmarks.story [--out FOLDER]

Checks every step of benchmarks/story.py against the first, times it alone, and writes the page with the code as it is.
"""

from __future__ import annotations

import argparse
import inspect
import io
import statistics
import time
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

import minidl
from minidl.errors import MinidlError

from .command_line import need_writable, run
from .machine import conditions_of
from .page import conditions_table, table
from .report import duration
from .story import STEPS, Step, row_in_fours, source
from .timing import seconds
from .writing import write

PAGE, CHART = "story-of-a-kernel.md", "images/story-of-a-kernel.png"

CHANNELS, KERNELS, SIZE = 64, 64, 32
MULTIPLICATIONS = CHANNELS * KERNELS * 9 * SIZE * SIZE

ROUNDING = 1e-5
"""Greatest difference from the first step, which sums in float64, relative to the largest value."""

PAUSE = 0.15
"""Seconds until threads of the step before no longer wait awake for more."""

INTRODUCTION = f"""# The story of a kernel

A kernel is a function over arrays that does the arithmetic of an operator.  This is the way of one of them, from the
loops that define it to the form that minidl runs.  Each step computes the same numbers, is checked against the first,
and is timed; a command writes this page, with the code as it stands in
[benchmarks/story.py](../benchmarks/story.py):

    .venv/bin/python -m benchmarks.story --out docs

The kernel is a 3x3 convolution.  It goes over a picture of {SIZE}x{SIZE} pixels, each of which has {CHANNELS} numbers,
its channels, and makes a picture of the same size with {KERNELS} new channels.  A new number is the sum of
{CHANNELS} x 3 x 3 products, of what lies around the pixel with the weights of the new channel.  There are
{MULTIPLICATIONS:,} products in all.  The picture has a border of zeros already.  GFLOP/s are thousands of millions of
multiplications and additions a second."""

TEXTS = {
    "python_loops": """\
The definition, as one would say it: for every new channel `k` and every pixel `i, j`, go through the channels and the
window, and add.  Python takes some hundred nanoseconds for a pass through the inmost loop.  It looks up names,
follows five lists to two numbers, and makes an object for the product and one for the sum.  The multiplication itself
takes less than one nanosecond.""",
    "numpy_per_pixel": """\
One call of NumPy does the four inner loops of a pixel.  **What it buys: the loops that run most often are in C**, and
Python's price is paid once for each pixel instead of once for each product.  What remains is a dozen microseconds a
call, most of it for `tensordot`, which copies the window and shapes it into a matrix.""",
    "im2col": """\
Write every pixel's window into a column of a large matrix; then the whole convolution is one matrix product.  **What
it buys: BLAS**, the library that people have tuned to each processor for decades, with vector registers, blocks that
fit the caches, and threads.  Most frameworks began so.  The price is memory: every number of the picture is copied
nine times, and for a batch of pictures that no longer fits the caches.""",
    "compiled_loops": """\
Could one do without the copies? numba compiles Python's loops into machine code.  The function is the first one
again, with arrays in place of lists.  **What it buys: a pass through the inmost loop now costs one nanosecond instead
of a hundred.** But it is far from BLAS.  It adds one product at a time, each waits for the sum before it, and
neighbours in the loop are not neighbours in memory.""",
    "channels_last": """\
Store the picture so that the channels of a pixel lie side by side, and let the inmost loop go over the new channels.
**What it buys: vector registers.** The sums are independent now and lie in a row, as do the weights, so the compiler
multiplies and adds 8 or 16 of them with one instruction.  The order of the loops is all that has changed.  `contract`
allows it to use the instruction that does both.""",
    "four_pixels": """\
The last form reads a weight and a sum, and writes the sum, for each multiplication: memory, even the nearest cache,
is now what it waits for.  Four neighbouring pixels use the same weights.  **What it buys: each weight that is read
serves four multiplications.** (To be short, it takes widths that are multiples of four.)""",
    "in_threads": """\
The rows of the picture do not depend on each other, so each core takes its share.  **What it buys: the other cores**,
for one changed word, `prange`.  The gain is at most their number: waking threads takes some microseconds, and they
share caches and memory.""",
    "tiles_in_registers": """\
In the step before, sums still went from the registers to memory and back, since a compiler does not see that they
could stay.  **What minidl's own kernel buys: sums of a whole block of pixels and channels stay in registers** for all
of the window.  For this it says in the compiler's own language what Python cannot.  It also packs the weights in the
order in which they are read, cuts the picture into blocks that fit the cache, and takes any size, stride and number
of groups.  [kernels.md](kernels.md) tells how.""",
    "minidl_conv2d": """\
The multiplications themselves can become fewer.  Winograd's algorithm takes tiles of 6x6 pixels and the kernels to
their values at 36 points, multiplies those, and takes the products back to 4x4 outputs.  **What it buys: 36 products
where the direct way has 144**, for additions before and after.  (The table counts 144 for it, too: so it seems to
compute faster than the machine can.)  It rounds a little more, so there is a switch.  This is what minidl runs for a
3x3 kernel with as many channels as here.""",
}
"""By the function's name."""

END = """## What to take from it

- From the loops to the threads the arithmetic never changed; the time went into everything around it.  Most of the way
  is about where the next number lies and who fetches it.
- A library that others have tuned is a strong step in the middle: one can be slower than it with far more code.
- Each step is small, and measured before the next is taken."""


class Found(NamedTuple):
    """A step's median time in microseconds."""

    step: Step
    microseconds: float

    @property
    def gflops(self) -> float:
        """A product and its addition count as two."""
        return 2 * MULTIPLICATIONS / self.microseconds / 1e3


def drawn() -> tuple[np.ndarray, np.ndarray]:
    """A picture with its border of zeros, and weights."""
    rng = np.random.default_rng(0)
    x = np.zeros((CHANNELS, SIZE + 2, SIZE + 2), np.float32)
    x[:, 1:-1, 1:-1] = rng.standard_normal((CHANNELS, SIZE, SIZE))
    return x, rng.standard_normal((KERNELS, CHANNELS, 3, 3)).astype(np.float32)


def check(step: Step, found: np.ndarray, wanted: np.ndarray) -> None:
    """Raises MinidlError when a step computes something else than the first."""
    difference = np.abs(found - wanted).max() / np.abs(wanted).max()
    if not difference <= ROUNDING:
        raise MinidlError(f"story: {step.title} differs from the first step by {difference:.0e} of the largest value")


def measure() -> list[Found]:
    """Check and time every step, one after the other."""
    x, weight = drawn()
    wanted = None
    found = []
    for step in STEPS:
        arguments = step.prepare(x, weight)
        time.sleep(PAUSE)

        def work(step: Step = step, arguments: tuple[Any, Any] = arguments) -> Any:
            return step.function(*arguments)

        if wanted is None:
            start = time.perf_counter()
            wanted = step.result(work())
            times = [time.perf_counter() - start]
        else:
            check(step, step.result(work()), wanted)  # and so it is compiled
            times = [seconds(work, 1) for _ in range(step.calls)]
        found.append(Found(step, statistics.median(times) * 1e6))
        print(f"{step.title:24} {duration(found[-1].microseconds):>10} {found[-1].gflops:8.2f} GFLOP/s", flush=True)
    return found


def draw(found: list[Found], file: BinaryIO) -> None:
    """Draw the times, on a logarithmic axis, into `file` as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 0.9 + 0.38 * len(found)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    times = [one.microseconds / 1e3 for one in found]
    axes.barh([one.step.title for one in found], times, color="#3d6fa5", height=0.66)
    for place, one in enumerate(found):
        text = duration(one.microseconds)
        axes.annotate(text, (times[place], place), (6, 0), textcoords="offset points", va="center")
    axes.set_xscale("log")
    axes.set_xlim(0.5 * min(times), 4 * max(times))
    axes.invert_yaxis()
    axes.set_xlabel("milliseconds, each line of the grid ten times the one before")
    axes.set_title("The same convolution, step by step", loc="left")
    axes.grid(axis="x", alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    figure.savefig(file, dpi=120, format="png")


def page(found: list[Found]) -> str:
    """The page in Markdown."""
    first = found[0].microseconds
    rows = [
        (
            str(number),
            one.step.title,
            duration(one.microseconds),
            f"{one.gflops:.2f}",
            f"{first / one.microseconds:,.0f}x",
        )
        for number, one in enumerate(found, 1)
    ]
    parts = [
        INTRODUCTION,
        "![Time of each step](images/story-of-a-kernel.png)",
        table(("", "step", "time", "GFLOP/s", "times the first"), rows),
        conditions_table(conditions_of([], max(one.step.calls for one in found), [minidl.get_num_threads()])),
    ]
    parts += [section(number, one) for number, one in enumerate(found, 1)]
    return "\n\n".join([*parts, END]) + "\n"


def section(number: int, found: Found) -> str:
    """What a step buys, its code and its time."""
    function = source(found.step.function)
    shown = [row_in_fours.py_func, function] if function.__name__ == "four_pixels" else [function]
    code = "\n\n\n".join(inspect.getsource(part).rstrip() for part in shown)
    return (
        f"## {number}. {found.step.title}: {duration(found.microseconds)}\n\n{TEXTS[function.__name__]}\n\n"
        f"```python\n{code}\n```"
    )


def main() -> None:
    """Run the command.  Raises MinidlError for a step that computes something else, and for what cannot be written."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.story", description="A kernel, step by step.")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=f"write {PAGE} and {CHART} there")
    folder = parser.parse_args().out
    if folder:
        need_writable(folder)
    found = measure()
    if folder:
        buffer = io.BytesIO()
        draw(found, buffer)
        print(write(folder / CHART, buffer.getvalue()))
        print(write(folder / PAGE, page(found).encode()))


def command() -> None:
    """The whole program."""
    run(main)
