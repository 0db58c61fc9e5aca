"""How an operator is called: compute, wrap, and leave a node.

`plainly` is the whole story, for any number of arguments.  `unrolled` is the same for one number of them, written out
by a template, as dataclasses write theirs: no loop, no list, the node and the result made on the spot.  A recorded
addition of ten numbers takes 1.1 microseconds that way instead of 2.1.
"""

from __future__ import annotations

import functools
import linecache
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DtypeError, MinidlError, ShapeError
from .graph import Node, Variable, View, next_order, refresh  # noqa: F401 - the template uses all of them
from .modes import state
from .out import call_into  # noqa: F401 - the template uses it

if TYPE_CHECKING:
    from .primitive import Primitive

MOST_UNROLLED = 8
"""Arguments of a variadic operator; with more it is called plainly."""

_new = object.__new__
_ndarray = np.ndarray
_float32 = np.dtype(np.float32)  # the usual dtype, asked for by one comparison
_OF_NUMPY = (np.generic, np.ndarray)
_tensor_class: type = Variable


def wrap_with(cls: type) -> type:
    """Class decorator: `cls` is what operators return.  Used once, by Tensor."""
    global _tensor_class
    _tensor_class = cls
    return cls


def wrap(array: Any, node: Any = None) -> Any:
    """A tensor over `array`, without copying: the result of `node`, or a constant."""
    tensor: Any = _new(_tensor_class)
    tensor.array = array if type(array) is _ndarray else as_array(array)
    tensor.node = node
    tensor._requires_grad = node is not None
    tensor.grad = None
    tensor.hooks = None
    tensor.version = [0, 0]
    tensor._view = None
    return tensor


def as_array(value: Any) -> Any:
    """NumPy's scalars become 0-d arrays; arrays of any library pass."""
    return np.asarray(value) if isinstance(value, _OF_NUMPY) else value


# --- the plain form ---------------------------------------------------------------------------------------------------


def plainly(own: Primitive, operator: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Call the operator that `own` describes.

    Bit i of `wanted` says that argument i wants a gradient; the bit above the last says how many there are.
    """
    raw = []
    edges = []
    tensors = False
    wanted = 0
    bit = 1
    for a in args:
        edge = None
        if isinstance(a, Variable):
            tensors = True
            if a._view is not None:
                refresh(a)
            if a._requires_grad:
                wanted |= bit
                edge = a.node or a
            a = a.array
        raw.append(a)
        edges.append(edge)
        bit <<= 1
    try:
        y = own.forward(*raw)
    except (ValueError, TypeError, IndexError, AttributeError) as error:
        raise refusal(own.name, raw, error) from None
    if not tensors:
        return y
    if wanted and state.recording:
        record = own.record if own.outputs is None else own.record_several
        result = record(args, raw, edges, wanted | bit, y)
    elif own.outputs is None:
        result = wrap(y)
    else:
        return tuple(wrap(part) for part in y)
    return as_view(result, operator, args) if own.view else result


def as_view(result: Any, operator: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Mark `result` as a view of the first argument, so that a write to either is seen by both."""
    parent = args[0]
    result.version = version = parent.version
    result._view = View(parent, operator, args[1:], version[1])
    return result


# --- the same, written out --------------------------------------------------------------------------------------------

_CALL = """
def make(own):
    forward, plans = own.forward, own.plans

    def call(*args, **named):
        if named:
            if "out" in named:
                return call_into(call, args, named)
            args = own.in_order(args, named)
        try:
            {names} = args
        except ValueError:  # another number of them
            return plainly(own, call, args)
        key = 0
{inputs}
        try:
            y = forward({names})
        except (ValueError, TypeError, IndexError, AttributeError) as error:
            raise refusal(own.name, [{names}], error) from None
        if not key:
            return y
{result}
    return call
"""

_INPUT = """
        if isinstance({a}, Variable):
            if {a}._view is not None:
                refresh({a})
            if {a}._requires_grad:
                key |= {wanted}
                edge_{a} = {a}.node or {a}
            else:
                key |= {tensors}
                edge_{a} = None
            {a} = {a}.array
        else:
            edge_{a} = None
"""

_ONE_RESULT = """
        if type(y) is not _ndarray:
            y = as_array(y)
        version = [0, 0]
        node = None
        if key != {tensors} and state.recording:
            dtype = y.dtype
            if dtype is _float32 or dtype.kind == "f":
                node = _new(Node)
                node.operator = own
                node.plan = plan = plans.get(key) or own.plan(key)
                node.edges = {edges}
                node.order = next_order()
                node.shape = y.shape
                node.dtype = dtype
                node.hooks = node.retained = None
                if plan.keeps_nothing:
                    node.kept = node.watched = ()
                elif plan.keeps_output_alone:
                    node.kept = (y,)
                    node.watched = ((version, 0),)
                else:
                    node.kept = kept = []
                    node.watched = watched = []
                    for i in plan.values:
                        value = args[i]
                        if isinstance(value, Variable):
                            seen = value.version
                            watched.append((seen, seen[0]))
                            value = value.array
                        kept.append(value)
                    if plan.shapes:
                        kept += own.shapes(plan, {raw})
                    if plan.outputs:
                        kept.append(y)
                        watched.append((version, 0))
        result = _new(_tensor_class)
        result.array = y
        result.node = node
        result._requires_grad = node is not None
        result.grad = result.hooks = result._view = None
        result.version = version
        return {returned}
"""

_SEVERAL_RESULTS = """
        if key != {tensors} and state.recording:
            return own.record_several(args, {raw}, {edges}, key, y)
        return tuple(map(wrap, y))
"""


@functools.cache
def unrolled(count: int, several: bool, view: bool) -> Callable[..., Any]:
    """Of an operator with so many arguments, and one output or several, makes what is called."""
    names = [f"a{i}" for i in range(count)]
    tensors = 1 << count
    places = {"tensors": tensors, "names": f"{', '.join(names)},", "raw": f"({', '.join(names)},)"}
    places["returned"] = "as_view(result, call, args)" if view else "result"
    places["edges"] = f"({', '.join(f'edge_{a}' for a in names)},)"
    inputs = "".join(_INPUT.format(a=a, wanted=tensors | 1 << i, tensors=tensors) for i, a in enumerate(names))
    result = (_SEVERAL_RESULTS if several else _ONE_RESULT).format(**places)
    source = _CALL.format(inputs=inputs, result=result, **places)
    made: dict[str, Any] = {}
    file = f"<call of {count}{' with several results' if several else ''}{' as a view' if view else ''}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)  # for debuggers to show
    exec(compile(source, file, "exec"), globals(), made)
    return made["make"]


# --- what is said of a call that fails --------------------------------------------------------------------------------


def refusal(name: str, raw: list[Any], error: Exception) -> Exception:
    """The error to show when an operator cannot be computed: it names the operator and what it got."""
    if isinstance(error, MinidlError):
        return error if str(error).startswith(name) else type(error)(f"{name}: {error}")
    got = ", ".join(describe(value) for value in raw)
    if isinstance(error, AttributeError):
        found = type(error.obj).__name__
        return DtypeError(f"{name}: got {got}: {found} where a tensor is needed; use minidl.tensor(...) on it")
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    kind = DtypeError if isinstance(error, TypeError) else ShapeError
    return kind(f"{name}: got {got}: {reason}")


def describe(value: Any) -> str:
    """An argument in an error message: float32(64, 784), or the value itself."""
    shape = getattr(value, "shape", None)
    if shape is None:
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}..."
    return f"{value.dtype}{tuple(shape)}"
