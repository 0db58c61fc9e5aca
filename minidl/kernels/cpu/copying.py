"""Copies of neighbouring elements, inside jitted code."""

from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _typed(_: Any, target: Any, source: Any) -> Any:
    """Both contiguous and of one dtype; not checked: `source` has as many elements as `target`, or more."""
    if target.layout == source.layout == "C" and target.dtype == source.dtype:
        return types.void(target, source), _emit
    return None


def _emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    target, source = (
        context.make_array(kind)(context, builder, value)
        for kind, value in zip(signature.args, arguments, strict=True)
    )
    cgutils.raw_memcpy(builder, target.data, source.data, target.nitems, target.itemsize)
    return context.get_dummy_value()


copy_elements: Any = intrinsic(_typed)
"""copy_elements(target, source) is `target[:] = source`.

numba's own assignment checks the shapes, and for the words of that error it compiles the formatting of numbers: 2
seconds, in every process that compiles a first assignment of an array to a slice.
"""
