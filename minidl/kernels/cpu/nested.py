"""Kernels within kernels: compiled into the one that calls them, and with it.

numba compiles a jitted function that another one calls as if it were called from Python, too: it is optimised and made
machine code on its own, and then once more inside each caller, and inside the caller's caller.  With kernels made of
small functions, four or five deep, that was half of the time that compiling took.  A nested kernel is therefore only
translated to LLVM's instructions; what is called from Python is optimised, once, as a whole.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher
from numba.core.types import Boolean, Number


class NestedKernel(CPUDispatcher):
    """A jitted function that only others call."""

    def __init__(self, kernel: Any, options: dict[str, Any]) -> None:
        super().__init__(kernel, targetoptions={"nopython": True, **options}, pipeline_class=_Translation)

    def add_overload(self, compiled: Any) -> None:
        """What numba does for an entry from Python is left out; callers know the function by its library."""
        self.overloads[tuple(compiled.signature.args)] = compiled
        self.targetctx.insert_user_function(compiled.library, compiled.fndesc, [compiled.library])

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """As a number, whichever it is: numba made a version for `n = 0`, and then another one for what n becomes."""
        return super().get_call_template(tuple(map(types.unliteral, args)), kws)

    def get_overload(self, arguments: Any) -> Any:
        """By what the translation of a caller finds the function."""
        return self.overloads[tuple(arguments)].library


class Kernel(CPUDispatcher):
    """A jitted function for Python, kept on disk; other kernels that call it see it nested."""

    def __init__(self, kernel: Any, options: dict[str, Any]) -> None:
        super().__init__(kernel, targetoptions={"nopython": True, **options})
        self.enable_caching()
        self._nested = NestedKernel(kernel, options)

    def _compile_for_args(self, *arguments: Any, **named: Any) -> Any:
        """While the garbage collector waits: it went through what numba builds for a sixth of the time."""
        collecting = gc.isenabled()
        gc.disable()
        try:
            with global_compiler_lock, _remembered_types(self.typingctx):
                return super()._compile_for_args(*arguments, **named)
        finally:
            if collecting:
                gc.enable()

    @property
    def _numba_type_(self) -> Any:
        return self._nested._numba_type_


_types: dict[Any, Any] = {}
"""What functions of Python's make of numbers: by function and the types of its arguments."""


@contextmanager
def _remembered_types(context: Any) -> Iterator[None]:
    """numba tries all rules for `+`, those of strings and dates included, whenever two integers are added.  Within this
    it does so once for two types: a first step of the cat/dog CNN takes 0.6 seconds less, of 12."""
    resolve = context.resolve_function_type

    def remembered(function: Any, arguments: Any, named: Any) -> Any:
        of_python = getattr(getattr(function, "typing_key", None), "__module__", None) in ("_operator", "builtins")
        if named or not of_python or not all(isinstance(kind, (Number, Boolean)) for kind in arguments):
            return resolve(function, arguments, named)
        key = function, arguments
        if key not in _types:
            _types[key] = resolve(function, arguments, named)
        return _types[key]

    context.resolve_function_type = remembered
    try:
        yield
    finally:
        del context.resolve_function_type


class _Library(JITCodeLibrary):
    """Instructions of functions for others to take over as they are."""

    def add_llvm_module(self, module: Any) -> None:
        """Not optimised one by one as numba does: the caller's passes do it, with what they know of the caller."""
        module.data_layout = self._codegen._data_layout
        self._final_module.link_in(module)

    def finalize(self) -> None:
        for library in dict.fromkeys(self._linking_libraries):
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._finalized = True


class _Translation(CompilerBase):
    """numba's passes, without the last one that makes the function callable."""

    def define_pipelines(self) -> list[Any]:
        state = self.state
        state.flags.no_compile = state.flags.no_cpython_wrapper = state.flags.no_cfunc_wrapper = True
        state.library = _Library(state.targetctx.codegen(), state.func_id.func_qualname)
        return [DefaultPassBuilder.define_nopython_pipeline(state)]
