"""Writing to a tensor in place, in a way that gradients follow.

A recorded write is an out-of-place operator whose result is copied into the tensor's memory; the tensor then takes the
result's place in the graph.  A write to a view is a write to a part of the tensor that it looks into: that one, too,
takes a new place in the graph, and every other view finds its own when it is next used (`graph.refresh`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..autograd.calling import wrap
from ..autograd.graph import Node, Output, Variable, next_order, refresh
from ..autograd.modes import state
from ..dtypes import can_cast
from ..errors import DtypeError, GraphError, ShapeError
from .indexing import check_index, is_basic, raw_index, reason
from .promotion import Array, array_of, number_as

Arguments = ParamSpec("Arguments")


def in_place(operator: Callable[Arguments, Any]) -> Callable[Arguments, Any]:
    """The method that writes the operator's result into its first argument: `x.exp_()` for `exp(x)`."""

    @functools.wraps(operator)
    def write(target: Any, *args: Any, **named: Any) -> Any:
        return update(target, operator, *args, **named)

    write.__name__ = f"{operator.__name__}_"
    return write  # type: ignore[return-value]


def update(target: Variable, operator: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """target <- operator(target, *args, **named), in target's own memory."""
    name = f"{operator.__name__}_"
    refresh(target)
    if not (
        state.recording and any(isinstance(a, Variable) and a._requires_grad for a in (target, *args, *named.values()))
    ):
        _write(name, target, operator(target, *args, **named).array)
        return target
    _check_writable(name, target)
    since = next_order()
    after = operator(wrap(target.array, target.node), *args, **named)
    _keep_apart(after.node, since, target.array)
    _write(name, target, after.array)
    _take_place(target, after)
    return target


def _keep_apart(last: Any, since: int, array: np.ndarray) -> None:
    """Let the nodes that came after `since`, up to the last, keep copies of what is about to be written over.

    Most keep nothing of it: relu, which is written in place most often, keeps its output.
    """
    nodes = [last]
    while nodes:
        node = nodes.pop()
        node = node.node if isinstance(node, Output) else node
        if isinstance(node, Node) and node.order > since:
            node.kept = [_apart(value, array) for value in node.kept or ()]
            nodes += node.edges


def _apart(value: Any, array: np.ndarray) -> Any:
    """The value, copied if it may lie in the memory of the array."""
    shared = isinstance(value, np.ndarray) and np.may_share_memory(value, array)
    return value.copy("K") if shared else value


def _write(name: str, target: Variable, value: Any) -> None:
    array = target.array
    if value.shape != array.shape:
        raise ShapeError(f"{name}: a result of shape {value.shape} does not fit into a tensor of shape {array.shape}")
    if value.dtype is not array.dtype and not can_cast(value.dtype, array.dtype):
        raise DtypeError(f"{name}: a result of {value.dtype} does not fit into a tensor of {array.dtype}")
    if not array.flags.writeable:
        raise GraphError(f"{name}: several elements share one place in memory (expand, unfold); clone() it first")
    array[...] = value
    target.version[0] += 1


def _check_writable(name: str, target: Variable) -> None:
    seen: Variable | None = target
    while seen is not None:
        if seen.node is None and seen._requires_grad:
            raise GraphError(
                f"{name}: a leaf that requires a gradient, or a view of it, cannot be changed in place while "
                "recording; use no_grad(), or work on a clone()"
            )
        seen = seen._view.source() if seen._view is not None else None


def _take_place(target: Variable, after: Variable) -> None:
    """`target`, and what it looks into, stand from now on for the written value."""
    target.version[1] += 1
    value = after
    looking = target
    while looking._view is not None:
        parent, view = looking._view.source(), looking._view
        value = _write_view(wrap(parent.array, parent.node), value, view.operator, view.args)
        looking = parent
    looking.node = value.node
    looking._requires_grad = value._requires_grad
    if target is not looking:
        refresh(target)


@primitive
def _write_view(parent, value, operator, args):
    return parent  # its memory holds the value already


@_write_view.gradient("parent")
def _(g, operator, args):
    return blank_view(g, operator, args)


@_write_view.gradient("value")
def _(g, operator, args):
    return operator(g, *args)


@primitive
def blank_view(g, operator, args):
    """g with zeros where the view looks."""
    blanked = g.copy()
    operator(blanked, *args)[...] = 0
    return blanked


@blank_view.gradient("g")
def _(gg, operator, args):
    return blank_view(gg, operator, args)


# --- the operators that only exist in place ---------------------------------------------------------------------------


@primitive
def _replace(x, value):
    return np.broadcast_to(value, x.shape).astype(x.dtype)


@_replace.gradient("x")
def _(g):
    return g * 0


@_replace.gradient("value")
def _(g):
    return g


def fill(input: Array, value: Any) -> Array:
    """One number in the size and dtype of the input."""
    if getattr(value, "ndim", 0):
        raise ShapeError(f"fill: value {tuple(value.shape)}; needs one number")
    return _replace(input, value)


def copy_(target: Variable, value: Array, non_blocking: bool = False) -> Any:
    """target <- value, broadcast and cast."""
    shape = getattr(value, "shape", ())
    lead = target.array.ndim - len(shape)
    if lead < 0 or any(m not in (1, n) for m, n in zip(shape, target.array.shape[lead:], strict=True)):
        raise ShapeError(f"copy_: {tuple(shape)} does not broadcast to {target.array.shape}")
    return update(target, _replace, value)


def fill_(input: Variable, value: Any) -> Any:
    """input <- one number everywhere."""
    if getattr(value, "ndim", 0):
        raise ShapeError(f"fill_: value {tuple(value.shape)}; needs one number, or use copy_()")
    return copy_(input, value)


def zero_(input: Variable) -> Any:
    """input <- zeros."""
    return copy_(input, 0)


def scale_all_(targets: Iterable[Variable], factor: Array) -> None:
    """Each target <- itself times one 0-d factor, in one pass; for what no graph follows, as within no_grad()."""
    number = array_of(factor)
    for target in targets:
        array = target.array
        if not array.flags.writeable:
            raise GraphError(
                "scale_all_: several elements share one place in memory (expand, unfold); clone() it first"
            )
        kernels.of(array).scale(array, number.astype(array.dtype))
        target.version[0] += 1


def _by_python(name: str, function: Callable[..., Any], *tensors: Variable) -> Any:
    """The first tensor <- a Python function of the elements, one by one."""
    target = tensors[0]
    if target._requires_grad:
        raise GraphError(f"{name}: no gradient follows through a Python function of numbers; use detach()")
    for other in tensors[1:]:
        if not isinstance(other, Variable) or other.array.dtype != target.array.dtype:
            raise DtypeError(f"{name}: needs tensors of one dtype, {target.array.dtype}")
    arrays = np.broadcast_arrays(*[x.array for x in tensors])
    values = np.array([function(*numbers) for numbers in zip(*[a.ravel().tolist() for a in arrays], strict=True)])
    _write(name, target, values.astype(target.array.dtype).reshape(arrays[0].shape))
    return target


def apply_(self: Variable, callable: Callable[[Any], Any]) -> Any:
    """Each element <- a Python function of it."""
    return _by_python("apply_", callable, self)


def map_(self: Variable, tensor: Variable, callable: Callable[[Any, Any], Any]) -> Any:
    """Each element <- a Python function of it and of that of another tensor."""
    return _by_python("map_", callable, self, tensor)


def map2_(self: Variable, x: Variable, y: Variable, callable: Callable[[Any, Any, Any], Any]) -> Any:
    """Each element <- a Python function of it and of those of two other tensors."""
    return _by_python("map2_", callable, self, x, y)


@primitive
def write_at(x, value, index):
    """x with a value written at an index of any form; of several at one place, the last."""
    written = x.copy()
    written[index] = value
    return written


@write_at.gradient("x")
def _(g, index):
    return write_at(g, 0.0, index)


@write_at.gradient("value")
def _(g, index):
    return g[index]


def _without_leading_ones(value: Any, ndim: int) -> Any:
    """The value with at most so many dimensions, as far as the first are of size 1: (1, 3) fits where (3,) does."""
    shape = getattr(value, "shape", ())
    lead = len(shape) - ndim
    return value[(0,) * lead] if lead > 0 and set(shape[:lead]) == {1} else value


def setitem(target: Any, index: Any, value: Any) -> None:
    """target[index] = value, for every form of index."""
    index = raw_index(index)
    if isinstance(value, (list, tuple)):
        value = np.asarray(value, target.array.dtype)
    elif not hasattr(value, "dtype"):
        value = number_as("setitem", value, target.array)
    elif value.ndim and not is_basic(index) and not can_cast(value.dtype, target.array.dtype):
        raise DtypeError(f"setitem: values of {value.dtype} do not fit into a tensor of {target.array.dtype}")
    try:
        if is_basic(index):
            part = target[index]
            copy_(part, _without_leading_ones(value, part.array.ndim))
        else:
            update(target, write_at, value, index)
    except (ShapeError, DtypeError) as error:
        check_index("setitem", target.array, index)
        raise ShapeError(f"setitem: {reason(error)}") from None
