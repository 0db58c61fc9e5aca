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

The loop is written out by a template, so that it is compiled for just these arrays and numbers.  One call serves all
parameters of a model, which threads divide as if they were one: of many small ones each call else takes longer than
its arithmetic.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numba import carray, prange, types
from numba.extending import intrinsic, register_jitable

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

_OF_ALL = """
def {name}_of_all(model, table, {numbers}, workers):
    total = table[-1, 0]
    for t in prange(workers):
        first, last, start = t * total // workers, (t + 1) * total // workers, 0
        for p in range(len(table)):
            end = table[p, 0]
            low, high = max(first, start) - start, min(last, end) - start
            if low < high:
                {name}({elements_of_all}, {numbers})
            start = end
"""

Arrays = tuple[np.ndarray, ...]
"""A parameter, its gradient, and its state."""


class Step:
    """The kernel `(param, grad, *state, sign, decay, kept, *numbers)` of a formula; see the head of this file.

    Arrays may lie in any order in memory.  float16, on which numba has no arithmetic, passes through float32.
    """

    def __init__(self, formula: Callable[..., Any]) -> None:
        self.__name__, self.__doc__ = formula.__name__, formula.__doc__
        self._formula = formula
        self._count = formula.__code__.co_posonlyargcount

    @functools.cached_property
    def _kernel(self) -> Callable[..., None]:
        return _compiled(self._formula)

    def __call__(self, *arguments: Any) -> None:
        self.of_all([arguments])

    def of_all(self, calls: Iterable[tuple[Any, ...]]) -> None:
        """Many calls at once, the arguments of each as a tuple; those with the same numbers are one pass."""
        count = self._count
        passes: dict[Any, list[Arrays]] = {}
        for arguments in calls:
            arrays, numbers = arguments[:count], arguments[count:]
            if _lie_in_order(arrays):
                passes.setdefault((arrays[0].dtype.char, numbers), []).append(arrays)
            else:
                self._in_memory_order(arrays, numbers)
        for (_, numbers), parameters in passes.items():
            self._run(parameters, numbers)

    def _run(self, parameters: list[Arrays], numbers: tuple[Any, ...]) -> None:
        """Of dense arrays of one dtype, those of each parameter in one order."""
        end, table = 0, []
        for arrays in parameters:
            end += arrays[0].size
            table.append((end, *map(id, arrays)))
        model = np.empty(0, parameters[0][0].dtype)
        self._kernel(model, np.array(table), *map(float, numbers), threads.workers(end, PARALLEL_FROM))

    def _in_memory_order(self, arrays: Arrays, numbers: tuple[Any, ...]) -> None:
        """All arrays in the memory order of the parameter; what had to be copied is copied back."""
        param, *others = arrays
        model = dense(param) if param.dtype.char in "fd" else param.astype(np.float32)
        laid_out = [model, *(laid_out_like(a, model) for a in others)]
        self._run([tuple(map(flat, laid_out))], numbers)
        for i, (original, updated) in enumerate(zip(arrays, laid_out, strict=True)):
            if updated is not original and i != 1:
                original[...] = updated


def step(formula: Callable[..., Any]) -> Step:
    """The kernel of a formula."""
    return Step(formula)


def _lie_in_order(arrays: Arrays) -> bool:
    """Whether all are of one dtype that numba has, and lie in the order of their dimensions."""
    dtype = arrays[0].dtype
    for array in arrays:
        if array.dtype is not dtype or not array.flags.c_contiguous:
            return False
    return dtype.char in "fd"


_HEAD = object.__basicsize__
"""Bytes after which an array, as any Python object, has fields of its own; the first holds the address of its elements
(NumPy's PyArrayObject, which numba reads as well)."""


@intrinsic
def _pointer(_: Any, model: Any, place: Any) -> Any:
    """The elements of the array at `place`, as a pointer to numbers of the type of `model`."""

    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        field = builder.add(given[1], given[1].type(_HEAD))
        pointer = context.get_value_type(signature.return_type)
        return builder.load(builder.inttoptr(field, pointer.as_pointer()))

    return types.CPointer(model.dtype)(model, place), emit


@register_jitable
def _elements(model, place, low, high):
    """The elements from `low` to `high` of the array at `place`, which the caller holds."""
    return carray(_pointer(model, place), (high,))[low:]


def _compiled(formula: Callable[..., Any]) -> Callable[..., None]:
    """The loop over one parameter's elements and, around it, the division of all parameters' among threads."""
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
        "elements_of_all": ", ".join(f"elements(model, table[p, {i}], low, high)" for i in range(1, count + 1)),
    }
    # numba's cache asks the file of the formula whether it has changed, and hashes what the template wrote
    file = formula.__code__.co_filename
    names_used: dict[str, Any] = {"formula": register_jitable(formula), "prange": prange, "elements": _elements}
    names_used["__name__"] = formula.__module__
    exec(compile(_LOOP.format(**words), file, "exec"), names_used)
    names_used[formula.__name__] = serial(names_used[formula.__name__])
    exec(compile(_OF_ALL.format(**words), file, "exec"), names_used)
    return parallel(names_used[f"{formula.__name__}_of_all"])
