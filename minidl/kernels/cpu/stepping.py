"""How an optimizer's formula, written for one weight, becomes one pass over whole parameters, in place.

    @step
    def heavy_ball_step(w, g, b, /, rate, momentum):
        b = momentum * b + g
        return w - rate * b, b

What stands before the slash are elements of arrays: the weight, its gradient, its state.  The rest are numbers, taken
in the parameter's own precision, as PyTorch does.  What all optimizers share is done before the formula sees w and g,
by three numbers of every call:

    g = sign * g + decay * w      sign -1: climb instead of descend; decay: the penalty decay / 2 * w**2
    w = kept * w                  kept: decay of the weights apart from the gradient (Loshchilov & Hutter 2019)

The loop is written out by a template, so that it is compiled for just these arrays and numbers.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import prange
from numba.extending import register_jitable

from .. import threads
from .jit import parallel, serial
from .layout import dense, flat, laid_out_like

PARALLEL_FROM = 1 << 14
"""Elements from which threads pay (measured on 2 cores)."""

_LOOP = """
def {name}({arrays}, {numbers}):
    real = w.dtype.type
    {typed} = {casts}
    for i in range(w.size):
        gradient = typed_sign * g[i]
        if decay != 0:
            gradient += typed_decay * w[i]
        {updated} = formula(typed_kept * w[i], gradient, {elements}{typed_own})
"""

_IN_PARTS = """
def {name}_in_parts({arrays}, {numbers}, workers):
    for t in prange(workers):
        first, last = t * w.size // workers, (t + 1) * w.size // workers
        {name}({slices}, {numbers})
"""


def step(formula: Callable[..., Any]) -> Callable[..., None]:
    """The kernel `(param, grad, *state, sign, decay, kept, *numbers)` of a formula; see the head of this file.

    Arrays may lie in any order in memory.  float16, on which numba has no arithmetic, passes through float32.
    """
    count = formula.__code__.co_posonlyargcount
    kernel: Any = None

    @functools.wraps(formula)
    def call(*arguments: Any) -> None:
        nonlocal kernel
        if kernel is None:
            kernel = _compiled(formula)
        arrays, numbers = arguments[:count], map(float, arguments[count:])
        dtype = arrays[0].dtype
        in_order = []
        for array in arrays:
            if array.dtype is not dtype or not array.flags.c_contiguous:
                break
            in_order.append(array if array.ndim == 1 else array.reshape(-1))
        if len(in_order) == count and dtype.char in "fd":
            size = in_order[0].size
            workers = 1 if size < PARALLEL_FROM else threads.workers(size, PARALLEL_FROM)
            kernel(*in_order, *numbers, workers)
        else:
            _in_memory_order(kernel, arrays, numbers)

    del call.__wrapped__  # its signature would be the formula's
    return call


def _in_memory_order(kernel: Callable[..., None], arrays: tuple[np.ndarray, ...], numbers: Any) -> None:
    """Run a kernel over all arrays in the memory order of the parameter; what had to be copied is copied back."""
    param, grad, *states = arrays
    model = dense(param) if param.dtype.char in "fd" else param.astype(np.float32)
    laid_out = [model, *(laid_out_like(a, model) for a in (grad, *states))]
    kernel(*map(flat, laid_out), *numbers, threads.workers(model.size, PARALLEL_FROM))
    for original, updated in zip((param, *states), (model, *laid_out[2:]), strict=True):
        if updated is not original:
            original[...] = updated


def _compiled(formula: Callable[..., Any]) -> Callable[..., None]:
    """The loop in the caller's thread and, around it, its division among threads."""
    names = list(inspect.signature(formula).parameters)
    count = formula.__code__.co_posonlyargcount
    arrays, own = names[:count], names[count:]
    numbers = ["sign", "decay", "kept", *own]
    states = arrays[2:]
    words = {
        "name": formula.__name__,
        "arrays": ", ".join(arrays),
        "numbers": ", ".join(numbers),
        "typed": ", ".join(f"typed_{name}" for name in numbers),
        "casts": ", ".join(f"real({name})" for name in numbers),
        "updated": ", ".join(f"{name}[i]" for name in ["w", *states]),
        "elements": "".join(f"{name}[i], " for name in states),
        "typed_own": ", ".join(f"typed_{name}" for name in own),
        "slices": ", ".join(f"{name}[first:last]" for name in arrays),
    }
    # numba's cache asks the file of the formula whether it has changed, and hashes what the template wrote
    file = formula.__code__.co_filename
    names_used: dict[str, Any] = {"formula": register_jitable(formula), "prange": prange}
    names_used["__name__"] = formula.__module__
    exec(compile(_LOOP.format(**words), file, "exec"), names_used)
    names_used[formula.__name__] = serial(names_used[formula.__name__])
    exec(compile(_IN_PARTS.format(**words), file, "exec"), names_used)
    return parallel(names_used[f"{formula.__name__}_in_parts"])
