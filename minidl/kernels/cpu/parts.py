"""How one compilation of a kernel serves the caller's thread and numba's pool alike.

numba's own `parallel=True` takes a kernel's loop apart and compiles a function for it, and for the caller that starts
it: 0.6 to 1.5 seconds a kernel, where compiling it for one thread takes 0.1 to 0.3.  So just one function here is
compiled that way, the driver, which calls a C function once for each thread's part:

    void driver(void (*entry)(void *arguments, intptr_t number), void *arguments, intptr_t workers)

A kernel is compiled for one thread.  Its last argument has the type `Part`: an integer, the number of workers, that
also knows which of them computes, and in place of `prange` stands that worker's turn alone.  Around the kernel lies a
launch: it puts the arguments where all threads can read them, and hands them with the kernel's entry to the driver.
"""

from __future__ import annotations

import functools
from types import FunctionType
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import cfunc, njit, prange, types
from numba.core import cgutils
from numba.core.typeconv import Conversion
from numba.extending import intrinsic, lower_cast, models, register_jitable, register_model

from .nested import NestedKernel

_DRIVER = "minidl_kernel_parts"
"""The driver's name among the symbols to which compiled code is linked, when it is made or read from the disk."""

_POINTER, _WORD = ir.IntType(8).as_pointer(), ir.IntType(types.intp.bitwidth)


class Part(types.Type):
    """The number of workers, and which of them computes."""

    def __init__(self) -> None:
        super().__init__(name="Part")

    def can_convert_to(self, _: Any, other: Any) -> Conversion | None:
        """Arithmetic takes it for the number of workers."""
        return Conversion.promote if other == types.intp else None


PART = Part()


@register_model(Part)
class _PartModel(models.StructModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, [("number", types.intp), ("workers", types.intp)])


@lower_cast(Part, types.Integer)
def _number_of_workers(context: Any, builder: Any, kind: Any, to: Any, value: Any) -> Any:
    part = cgutils.create_struct_proxy(kind)(context, builder, value)
    return context.cast(builder, part.workers, types.intp, to)


@intrinsic
def _number(_: Any, part: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return cgutils.create_struct_proxy(part)(context, builder, arguments[0]).number

    return types.intp(part), emit


@register_jitable
def own_turn(workers):
    """What `prange(workers)` becomes: the number of the one that computes."""
    return range(_number(workers), _number(workers) + 1)


class Turns:
    """A kernel of which each call computes one worker's turn, as the launch sees it.

    It is made when it is first compiled, for a kernel may use names that its module defines after it.
    """

    def __init__(self, kernel: Any, options: dict[str, Any]) -> None:
        if kernel.__globals__.get("prange") is not prange or "prange" not in kernel.__code__.co_names:
            raise TypeError(f"{kernel.__name__}: a parallel kernel needs a loop over numba's prange(workers)")
        self._kernel, self._options = kernel, options

    @functools.cached_property
    def _jitted(self) -> NestedKernel:
        names = {**self._kernel.__globals__, "prange": own_turn}
        return NestedKernel(FunctionType(self._kernel.__code__, names, self._kernel.__name__), self._options)

    @property
    def _numba_type_(self) -> Any:
        return self._jitted._numba_type_


def _uncounted(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Arrays whose references are not counted: the caller holds them, and two threads that count slow each other."""
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = array.meminfo.type(None)
        array.parent = array.parent.type(None)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        for i, member in enumerate(kind.types):
            element = _uncounted(context, builder, member, builder.extract_value(value, i))
            value = builder.insert_value(value, element, i)
    return value


@intrinsic
def launch(_: Any, kernel: Any, arguments: Any, workers: Any) -> Any:
    """Call the jitted `kernel` with a tuple of arguments and, one after the other, each of `workers` parts.

    Returns whether a part failed; with one worker the kernel's own exception is raised.
    """
    types_of_kernel = (*arguments.types, PART)
    called = kernel.get_call_type(_, types_of_kernel, {})
    compiled = kernel.dispatcher.get_compile_result(called)

    def call(context: Any, builder: Any, values: Any, number: Any, count: Any) -> Any:
        part = cgutils.create_struct_proxy(PART)(context, builder)
        part.number, part.workers = number, count
        elements = [builder.extract_value(values, i) for i in range(len(arguments.types))]
        status, _ = context.call_internal_no_propagate(builder, compiled.fndesc, called, [*elements, part._getvalue()])
        return status

    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        context.add_linking_libs([compiled.library])
        values = _uncounted(context, builder, arguments, given[1])
        count = context.cast(builder, given[2], workers, types.intp)
        failed = cgutils.alloca_once_value(builder, _WORD(0))
        with builder.if_else(builder.icmp_signed("==", count, _WORD(1))) as (alone, divided):
            with alone:
                status = call(context, builder, values, _WORD(0), _WORD(1))
                with builder.if_then(status.is_error, likely=False):
                    context.call_conv.return_status_propagate(builder, status)
            with divided:
                builder.store(_divide(context, builder, call, values, count), failed)
        return context.cast(builder, builder.load(failed), types.intp, types.boolean)

    return types.boolean(kernel, arguments, workers), emit


def _divide(context: Any, builder: Any, call: Any, values: Any, count: Any) -> Any:
    """Hand all parts to the driver; not zero if one failed."""
    shared = ir.LiteralStructType([values.type, _WORD, _WORD])
    place = cgutils.alloca_once(builder, shared)
    for i, value in enumerate((values, count, _WORD(0))):
        builder.store(value, cgutils.gep_inbounds(builder, place, 0, i))
    entry = _entry(context, builder.module, call, shared)
    kind = ir.FunctionType(ir.VoidType(), [entry.type, _POINTER, _WORD])
    driver = cgutils.get_or_insert_function(builder.module, kind, _DRIVER)
    builder.call(driver, [entry, builder.bitcast(place, _POINTER), count])
    return builder.load(cgutils.gep_inbounds(builder, place, 0, 2))


def _entry(context: Any, module: Any, call: Any, shared: Any) -> Any:
    """The C function of one part; `shared` holds arguments, the number of workers, and whether a part failed."""
    entry = ir.Function(module, ir.FunctionType(ir.VoidType(), [_POINTER, _WORD]), module.get_unique_name("entry"))
    entry.linkage = "internal"
    builder = ir.IRBuilder(entry.append_basic_block())
    place = builder.bitcast(entry.args[0], shared.as_pointer())
    values, count = (builder.load(cgutils.gep_inbounds(builder, place, 0, i)) for i in range(2))
    status = call(context, builder, values, entry.args[1], count)
    with builder.if_then(status.is_error, likely=False):
        builder.store(_WORD(1), cgutils.gep_inbounds(builder, place, 0, 2))
    builder.ret_void()
    return entry


@intrinsic
def _call(_: Any, entry: Any, arguments: Any, number: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [_POINTER, _WORD]).as_pointer()
        builder.call(builder.inttoptr(given[0], kind), [builder.inttoptr(given[1], _POINTER), given[2]])
        return context.get_dummy_value()

    return types.void(entry, arguments, number), emit


@njit(parallel=True, nogil=True)
def _in_threads(entry, arguments, workers):
    for number in prange(workers):
        _call(entry, arguments, number)


@cfunc(types.void(types.intp, types.intp, types.intp), cache=True)
def _driver(entry, arguments, workers):
    _in_threads(entry, arguments, workers)


llvmlite.binding.add_symbol(_DRIVER, _driver.address)
