"""Operators that give a tensor another shape: reshape, squeeze, transpose, expand, narrow.

Where memory allows the result is a view, which shares the memory of its input; `clone` and `contiguous` copy.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..autograd.calling import wrap
from ..dtypes import as_dtype
from ..errors import ArgumentError, ShapeError
from .promotion import Array, array_of, check_tensors
from .words import also_numpy_words, size_of, whole_number, whole_numbers


def axis_of(name: str, x: Array, dim: int, extra: int = 0) -> int:
    """`dim` counted from the front."""
    try:
        ndim = x.ndim + extra or 1
    except AttributeError:
        check_tensors(name, x)
        raise
    if type(dim) is not int:
        dim = whole_number(name, "dim", dim)
    if not -ndim <= dim < ndim:
        raise ShapeError(f"{name}: dim {dim} of a tensor with shape {tuple(x.shape)}; needs -{ndim} to {ndim - 1}")
    return dim % ndim


def own_axis(name: str, x: Array, dim: int) -> int:
    """As `axis_of`, of a tensor that has dimensions."""
    axis = axis_of(name, x, dim)
    if not x.ndim:
        raise ShapeError(f"{name}: a 0-d tensor has no dimensions")
    return axis


# --- reshape --------------------------------------------------------------------------------------------------------


@primitive(view=True)
def view_as_shape(x, shape):
    return x.reshape(shape)  # of the tensor's own array a view: reshape() and view() have asked


@view_as_shape.gradient("x")
def _(g, x_shape):
    return g.reshape(x_shape)


@primitive
def copy_to_shape(x, shape):
    return kernels.of(x).ordered_copy(x).reshape(shape)


@copy_to_shape.gradient("x")
def _(g, x_shape):
    return g.reshape(x_shape)


def _resolved(name: str, x: Array, shape: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` with its -1, if any, worked out."""
    if shape == x.shape:
        return shape
    known = 1
    for n in shape:
        known *= n if n != -1 else 1
    unknown = shape.count(-1)
    size = 1
    for n in x.shape:
        size *= n
    if unknown == 1 and known and size % known == 0:
        return tuple(size // known if n == -1 else n for n in shape)
    if unknown == 0 and known == size and min(shape, default=0) >= 0:
        return shape
    raise ShapeError(f"{name}: {tuple(x.shape)} has {size} elements and cannot become {shape}")


def _is_view(array: Any, shape: tuple[int, ...]) -> bool:
    try:
        array.reshape(shape, copy=False)
    except ValueError:
        return False
    return True


def reshape(input: Array, *shape: Any, **named: Any) -> Array:
    """The same elements in order in another shape; one size may be -1.  A view where memory allows."""
    sizes = size_of(shape, "reshape", named, "shape")
    array = array_of(input)
    if array is input:
        check_tensors("reshape", input)
        return input.reshape(sizes)
    if array.flags.c_contiguous:
        try:
            return view_as_shape(input, sizes)
        except ShapeError:
            _resolved("reshape", input, sizes)  # which says what does not fit
            raise
    sizes = _resolved("reshape", input, sizes)
    return view_as_shape(input, sizes) if _is_view(array, sizes) else copy_to_shape(input, sizes)


def view(input: Array, *size: Any, **named: Any) -> Array:
    """As `reshape`, sharing memory; or, given a dtype, the same bytes read as that dtype, without gradient.

    Images that a convolution left channels-last are copied, since their memory has another order than their shape
    says; any other tensor for which no view exists is a ShapeError: use reshape().
    """
    asked = named.get("dtype", size[0] if size else None)
    if isinstance(asked, np.dtype) and len(size) + len(named) == 1:
        return _view_as_dtype(input, as_dtype(asked))
    shape = _resolved("view", input, size_of(size, "view", named, "size"))
    array = array_of(input)
    if _is_view(array, shape):
        return view_as_shape(input, shape)
    if array.ndim == 4 and array.transpose(0, 2, 3, 1).flags.c_contiguous:
        return copy_to_shape(input, shape)
    raise ShapeError(
        f"view: {array.shape} with strides {array.strides} cannot be seen as {shape} without a copy; use reshape()"
    )


def _view_as_dtype(x: Array, dtype: np.dtype) -> Array:
    array = array_of(x)
    try:
        seen = array.view(dtype)
    except ValueError:
        seen = None
    if seen is None or not seen.flags.aligned:
        raise ShapeError(
            f"view: {array.dtype}{array.shape} with strides {array.strides} cannot be read as {dtype}; needs a last "
            "dimension that lies in order and holds whole elements; use contiguous()"
        )
    if array is x:
        return seen
    result = wrap(seen)
    result.version = x.version
    return result


def flatten(input: Array, start_dim: int = 0, end_dim: int = -1) -> Array:
    """Dimensions start_dim to end_dim as one."""
    start, end = axis_of("flatten", input, start_dim), axis_of("flatten", input, end_dim)
    if start > end:
        raise ArgumentError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    sizes = array_of(input).shape
    return reshape(input, (*sizes[:start], math.prod(sizes[start : end + 1]), *sizes[end + 1 :]))


@also_numpy_words
def squeeze(input: Array, dim: int | tuple[int, ...] | None = None) -> Array:
    """Without dimensions of size 1: all of them, or those of `dim` that have it."""
    sizes = array_of(input).shape
    if dim is None:
        return reshape(input, tuple(n for n in sizes if n != 1))
    dims = [axis_of("squeeze", input, d) for d in (dim if isinstance(dim, (tuple, list)) else (dim,))]
    if len(set(dims)) < len(dims):
        raise ArgumentError(f"squeeze: a dim appears twice in {dim}")
    return reshape(input, tuple(n for i, n in enumerate(sizes) if n != 1 or i not in dims))


@also_numpy_words
def unsqueeze(input: Array, dim: int) -> Array:
    """With a new dimension of size 1 at `dim`."""
    axis = axis_of("unsqueeze", input, dim, extra=1)
    sizes = array_of(input).shape
    return reshape(input, (*sizes[:axis], 1, *sizes[axis:]))


# --- transpose ------------------------------------------------------------------------------------------------------


@primitive(view=True)
def _permute(x, axes):
    return x.transpose(axes)


@_permute.gradient("x")
def _(g, axes):
    return _permute(g, tuple(map(axes.index, range(len(axes)))))


def permute(input: Array, *dims: Any, **named: Any) -> Array:
    """The dimensions in the order `dims`."""
    order = size_of(dims, "permute", named, "dims")
    if not hasattr(input, "ndim"):
        check_tensors("permute", input)
    ndim = input.ndim
    axes = tuple(d + ndim if d < 0 else d for d in order)
    if sorted(axes) != list(range(ndim)):
        raise ShapeError(f"permute: {order} is no order of the {ndim} dimensions of {tuple(input.shape)}")
    return _permute(input, axes)


def transpose(input: Array, dim0: int, dim1: int) -> Array:
    """With two dimensions exchanged."""
    i, j = axis_of("transpose", input, dim0), axis_of("transpose", input, dim1)
    axes = list(range(input.ndim))
    if axes:
        axes[i], axes[j] = axes[j], axes[i]
    return _permute(input, tuple(axes))


def swapaxes(input: Array, axis0: int, axis1: int) -> Array:
    """With two dimensions exchanged."""
    return transpose(input, axis0, axis1)


def t(input: Array) -> Array:
    """The transpose of a matrix; a vector as it is."""
    check_tensors("t", input)
    if input.ndim > 2:
        shape = tuple(input.shape)
        raise ShapeError(f"t: got shape {shape}, needs at most 2 dimensions; use transpose(dim0, dim1) or .mT")
    return _permute(input, tuple(reversed(range(input.ndim))))


def matrix_transpose(x: Array) -> Array:
    """The last two dimensions exchanged; of a 0-d tensor itself."""
    ndim = x.ndim
    if ndim > 1 and type(x) is np.ndarray:  # of arrays, soonest
        return x.swapaxes(-2, -1)
    if ndim == 1:
        raise ShapeError(f"mT: got shape {tuple(x.shape)}, needs at least 2 dimensions")
    return _permute(x, (*range(ndim - 2), ndim - 1, ndim - 2) if ndim else ())


# --- expand ---------------------------------------------------------------------------------------------------------


@primitive(view=True)
def broadcast(x, shape):
    """x repeated to `shape` without copying."""
    if x.ndim or not isinstance(x, (np.ndarray, np.generic)) or type(shape) is not tuple:
        return np.broadcast_to(x, shape)
    # a tenth of the time; every mean's gradient is one
    repeated = np.ndarray(shape, x.dtype, np.asarray(x), 0, (0,) * len(shape))
    repeated.flags.writeable = False
    return repeated


@broadcast.gradient("x")
def _(g):
    return g  # the engine sums over the new dimensions


def expand(input: Array, *size: Any, **named: Any) -> Array:
    """Repeated, without copying, along dimensions of size 1 and new leading ones; -1 leaves a size as it is."""
    return _expanded("expand", input, size_of(size, "expand", named, "size"))


def _expanded(name: str, input: Array, sizes: tuple[int, ...]) -> Array:
    if not hasattr(input, "shape"):
        check_tensors(name, input)
    own = array_of(input).shape
    lead = len(sizes) - len(own)
    sizes = tuple(own[i - lead] if n == -1 and i >= lead else n for i, n in enumerate(sizes))
    if lead < 0 or min(sizes, default=0) < 0 or any(m not in (1, n) for m, n in zip(own, sizes[lead:], strict=True)):
        raise ShapeError(f"{name}: {own} cannot be repeated to {sizes}; sizes must be equal or 1")
    return broadcast(input, sizes)


def broadcast_to(input: Array, *size: Any, **named: Any) -> Array:
    """As `expand`."""
    return _expanded("broadcast_to", input, size_of(size, "broadcast_to", named, "size"))


# --- layout ---------------------------------------------------------------------------------------------------------


def contiguous(input: Array) -> Array:
    """The tensor itself if its elements lie in order in memory, else a copy that does."""
    return input if array_of(input).flags.c_contiguous else ordered_copy(input)


@primitive
def ordered_copy(x):
    return kernels.of(x).ordered_copy(x)


@ordered_copy.gradient
def _(g):
    return g


# --- parts ----------------------------------------------------------------------------------------------------------


def narrow(input: Array, dim: int, start: Any, length: int) -> Array:
    """`length` elements from `start` along `dim`."""
    axis = own_axis("narrow", input, dim)
    if array_of(start) is not start and (start.ndim or start.dtype.kind not in "iu"):
        raise ShapeError(f"narrow: start is {start.dtype}{tuple(start.shape)}; needs one whole number")
    size = array_of(input).shape[axis]
    if type(start) is not int or type(length) is not int:
        start, length = whole_number("narrow", "start", start), whole_number("narrow", "length", length)
    first = start + size if start < 0 else start
    if not 0 <= first <= first + length <= size:
        raise ShapeError(
            f"narrow: {length} elements from {start} along dim {dim} of shape {tuple(input.shape)}, which has {size}"
        )
    return input[(slice(None),) * axis + (slice(first, first + length),)]


# --- PyTorch's other names and forms --------------------------------------------------------------------------------


def ravel(input: Array) -> Array:
    """All elements as one dimension."""
    check_tensors("ravel", input)
    return reshape(input, (-1,))


def unflatten(input: Array, dim: int, sizes: Any) -> Array:
    """One dimension as several, of the given sizes; one of them may be -1."""
    axis = own_axis("unflatten", input, dim)
    sizes = whole_numbers("unflatten", "sizes", sizes)
    if not sizes:
        raise ShapeError("unflatten: no sizes; give one or more")
    known = int(np.prod([n for n in sizes if n != -1]))
    total = input.shape[axis]
    if sizes.count(-1) == 1 and known and total % known == 0:
        sizes = tuple(total // known if n == -1 else n for n in sizes)
    elif -1 in sizes or known != total:
        raise ShapeError(f"unflatten: the {total} places of dim {dim} cannot become {sizes}")
    return reshape(input, (*input.shape[:axis], *sizes, *input.shape[axis + 1 :]))


def movedim(input: Array, source: Any, destination: Any) -> Array:
    """Dimensions moved from `source` to `destination`, the others in their order."""
    sources, destinations = (
        [axis_of("movedim", input, d) for d in (dims if isinstance(dims, (tuple, list)) else (dims,))]
        for dims in (source, destination)
    )
    if len(sources) != len(destinations) or len(set(sources)) < len(sources) or len(set(destinations)) < len(sources):
        raise ArgumentError(f"movedim: from {source} to {destination}; needs as many, each once")
    rest = iter(i for i in range(input.ndim) if i not in sources)
    order = [sources[destinations.index(i)] if i in destinations else next(rest) for i in range(input.ndim)]
    return _permute(input, tuple(order))


def adjoint(input: Array) -> Array:
    """The last two dimensions exchanged: of real numbers, what `mT` is."""
    check_tensors("adjoint", input)
    if input.ndim == 1:
        raise ShapeError(f"adjoint: got shape {tuple(input.shape)}, needs at least 2 dimensions")
    return matrix_transpose(input)


def broadcast_shapes(*shapes: Any) -> tuple[int, ...]:
    """The shape of an operation on tensors of these shapes."""
    sizes = [(shape,) if isinstance(shape, int) else tuple(shape) for shape in shapes]
    try:
        return np.broadcast_shapes(*sizes)
    except ValueError:
        raise ShapeError(
            f"broadcast_shapes: {', '.join(map(str, sizes))} do not fit; sizes must be equal or 1"
        ) from None


def broadcasts_to(shape: Any, target: Any) -> bool:
    """Whether a tensor of this shape can stand where one of the target's shape is needed."""
    return len(shape) <= len(target) and all(
        m in (1, n) for m, n in zip(reversed(shape), reversed(target), strict=False)
    )


def broadcast_tensors(*tensors: Any) -> tuple[Array, ...]:
    """All in the shape of an operation on them."""
    parts = list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else list(tensors)
    check_tensors("broadcast_tensors", *parts)
    shapes = [tuple(part.shape) for part in parts]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(
            f"broadcast_tensors: {', '.join(map(str, shapes))} do not fit; sizes must be equal or 1"
        ) from None
    return tuple(broadcast(part, shape) for part in parts)


def atleast_1d(*tensors: Any) -> Any:
    """With 1 dimension or more; several tensors give a tuple."""
    return _at_least("atleast_1d", tensors, lambda x: x if x.ndim else reshape(x, (1,)))


def atleast_2d(*tensors: Any) -> Any:
    """With 2 dimensions or more, new ones in front; several tensors give a tuple."""
    return _at_least("atleast_2d", tensors, lambda x: x if x.ndim > 1 else reshape(x, (1, -1)))


def atleast_3d(*tensors: Any) -> Any:
    """With 3 dimensions or more, a matrix as (rows, columns, 1); several tensors give a tuple."""
    return _at_least("atleast_3d", tensors, _at_least_3d)


def _at_least_3d(x: Array) -> Array:
    return x if x.ndim > 2 else unsqueeze(x, -1) if x.ndim == 2 else reshape(x, (1, -1, 1))


def _at_least(name: str, tensors: tuple[Any, ...], change: Any) -> Any:
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        check_tensors(name, *tensors[0])
        return tuple(change(x) for x in tensors[0])
    check_tensors(name, *tensors)
    return change(tensors[0]) if len(tensors) == 1 else tuple(change(x) for x in tensors)


moveaxis = movedim
swapdims = transpose
