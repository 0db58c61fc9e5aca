"""Running sums, products and extremes; differences; integrals by the trapezoidal rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import dtypes, kernels
from ..autograd import primitive
from ..autograd.calling import describe
from ..errors import ArgumentError, DtypeError, ShapeError
from .comparison import where
from .elementwise import astype, clone, exp
from .indexing import take_along
from .joining import cat
from .promotion import Array, array_of, as_float, at_least_single
from .rearranging import flip
from .reduction import as_narrow_as, lies_in_rows, plain_sum, products_of_others
from .shape import axis_of, narrow, reshape, transpose, unsqueeze
from .words import also_numpy_words, whole_number


@primitive
def _cumsum(x, axis):
    if lies_in_rows(x, (axis,)):
        return kernels.of(x).cumulative_sum_of_rows(x)
    if x.dtype.char == "e":
        return np.add.accumulate(x, axis, np.float32).astype(np.float16)
    return np.add.accumulate(x, axis, x.dtype)


@_cumsum.gradient("x")
def _(g, axis):
    return backwards(g, axis)


def backwards(g: Array, axis: int) -> Array:
    """The running sum from the end: the transpose of the running sum."""
    if type(g) is np.ndarray and lies_in_rows(g, (axis,)):
        return kernels.of(g).cumulative_sum_of_rows_from_end(g)
    return flip(_cumsum(flip(g, (axis,)), axis), (axis,))


def _summable(name: str, x: Array, dim: int, dtype: Any) -> tuple[Array, int]:
    """In the dtype asked for, integers and booleans else as int64; and the dimension counted from the front."""
    array = array_of(x)
    axis = axis_of(name, array, dim)
    if dtype is not None:
        x = astype(x, dtypes.as_dtype(dtype))
    elif array.dtype.kind != "f":
        x = astype(x, dtypes.int64)
    return x, axis


@also_numpy_words
def cumsum(input: Array, dim: int, *, dtype: Any = None) -> Array:
    """The sum of each element and all before it along `dim`."""
    x, axis = _summable("cumsum", input, dim, dtype)
    return _cumsum(x, axis) if x.ndim else clone(x)


@primitive
def _cumprod(x):
    wide = at_least_single(x)
    return as_narrow_as(x, np.multiply.accumulate(wide, -1, dtype=wide.dtype))


@_cumprod.gradient
def _(g, x, y):
    if np.all(array_of(x)):
        return backwards(g * y, g.ndim - 1) / x
    n = x.shape[-1]
    lower = np.tril(np.ones((n, n), bool))  # row j holds the factors of the j-th product
    factors = where(lower, unsqueeze(x, -2), 1.0)
    return plain_sum(unsqueeze(g, -1) * where(lower, products_of_others(factors), 0.0), (g.ndim - 1,), False)


@also_numpy_words
def cumprod(input: Array, dim: int, *, dtype: Any = None) -> Array:
    """The product of each element and all before it along `dim`."""
    x, axis = _summable("cumprod", input, dim, dtype)
    return transpose(_cumprod(transpose(x, axis, -1)), axis, -1) if x.ndim else clone(x)


@primitive
def _logcumsumexp(x, axis):
    return np.logaddexp.accumulate(x, axis)


@_logcumsumexp.gradient("x")
def _(g, x, y, axis):
    top = np.maximum.reduce(array_of(x), axis, keepdims=True, initial=np.finfo(x.dtype).min)
    top = np.where(np.isfinite(top), top, 0)  # what is taken out everywhere leaves the product the same
    silent = array_of(y) == -np.inf
    falling = where(silent, 0.0, exp(where(silent, 0.0, top - y)))
    return exp(x - top) * backwards(g * falling, axis)


@also_numpy_words
def logcumsumexp(input: Array, dim: int) -> Array:
    """The logarithm of the running sum of exp(x) along `dim`, without overflow."""
    x = as_float(input)
    axis = axis_of("logcumsumexp", x, dim)
    return _logcumsumexp(x, axis) if x.ndim else clone(x)


class Cummax(NamedTuple):
    values: Array
    indices: Array


class Cummin(NamedTuple):
    values: Array
    indices: Array


@also_numpy_words
def cummax(input: Array, dim: int) -> Cummax:
    """The greatest element so far along `dim`, and the last place where it stood."""
    return Cummax(*_running_extreme("cummax", np.maximum, input, dim))


@also_numpy_words
def cummin(input: Array, dim: int) -> Cummin:
    """The least element so far along `dim`, and the last place where it stood."""
    return Cummin(*_running_extreme("cummin", np.minimum, input, dim))


def _running_extreme(name: str, ufunc: np.ufunc, input: Array, dim: int) -> tuple[Array, Array]:
    axis = axis_of(name, input, dim)
    indices = _running_indices(input, ufunc, axis)
    return take_along(input, array_of(indices), axis) if input.ndim else clone(input), indices


@primitive
def _running_indices(x, ufunc, axis):
    if not x.ndim:
        return np.zeros((), np.int64)
    attained = (ufunc.accumulate(x, axis) == x) | (x != x)
    places = np.arange(x.shape[axis]).reshape((-1,) + (1,) * (x.ndim - 1 - axis))
    return np.maximum.accumulate(np.where(attained, places, 0), axis)


# --- differences and integrals --------------------------------------------------------------------------------------


@also_numpy_words
def diff(input: Array, n: int = 1, dim: int = -1, prepend: Array | None = None, append: Array | None = None) -> Array:
    """The n-th differences of neighbours along `dim`, of the input with what is prepended and appended."""
    if not input.ndim:
        raise ShapeError("diff: a 0-d tensor has no neighbours; needs 1 or more dimensions")
    axis, n = axis_of("diff", input, dim), whole_number("diff", "n", n)
    if n < 0:
        raise ArgumentError(f"diff: order {n}; needs at least 0")
    for part in (prepend, append):
        if part is not None and not (part.ndim == input.ndim and _fits_along(axis, part.shape, input.shape)):
            raise ShapeError(f"diff: {tuple(part.shape)} beside {tuple(input.shape)}; they differ outside dim {dim}")
    if n == 0:
        return clone(input)
    x = cat([part for part in (prepend, input, append) if part is not None], axis)
    for _ in range(min(n, x.shape[axis])):
        after, before = narrow(x, axis, 1, x.shape[axis] - 1), narrow(x, axis, 0, x.shape[axis] - 1)
        x = after ^ before if x.dtype.kind == "b" else after - before
    return x


def _fits_along(axis: int, a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return all(m == n for i, (m, n) in enumerate(zip(a, b, strict=True)) if i != axis)


def _strips(name: str, y: Array, x: Array | None, dx: float | None, dim: int) -> tuple[Array, int]:
    """The areas between neighbours along `dim`, and the dimension counted from the front."""
    if not y.ndim or (x is not None and not x.ndim):
        raise ShapeError(f"{name}: a 0-d tensor has no neighbours; needs 1 or more dimensions")
    if any(part is not None and part.dtype.kind == "b" for part in (y, x)):
        raise DtypeError(f"{name}: got booleans; use .long()")
    if x is not None and dx is not None:
        raise ArgumentError(f"{name}: give either x or dx")
    axis = axis_of(name, y, dim)
    length = max(y.shape[axis] - 1, 0)
    step: Any = 1 if dx is None else dx
    if x is not None:
        if x.ndim == 1:
            x = reshape(x, (-1,) + (1,) * (y.ndim - 1 - axis))
        last = x.ndim - (y.ndim - axis)
        if x.shape[last] != y.shape[axis]:
            raise ShapeError(f"{name}: x {tuple(x.shape)} and y {tuple(y.shape)} differ along dim {dim}")
        step = narrow(x, last, x.shape[last] - length, length) - narrow(x, last, 0, length)
    sides = narrow(y, axis, y.shape[axis] - length, length) + narrow(y, axis, 0, length)
    return sides * step / 2, axis


@also_numpy_words
def trapezoid(y: Array, x: Array | None = None, *, dx: float | None = None, dim: int = -1) -> Array:
    """The integral of y along `dim` by the trapezoidal rule, at places x or at distance dx (1)."""
    strips, axis = _strips("trapezoid", y, x, dx, dim)
    return plain_sum(strips, (strips.ndim - (y.ndim - axis),), False)


@also_numpy_words
def cumulative_trapezoid(y: Array, x: Array | None = None, *, dx: float | None = None, dim: int = -1) -> Array:
    """As `trapezoid`, the integrals up to each place."""
    strips, axis = _strips("cumulative_trapezoid", y, x, dx, dim)
    return cumsum(strips, strips.ndim - (y.ndim - axis))


trapz = trapezoid


@also_numpy_words
def gradient(
    input: Array, *, spacing: Any = None, dim: int | Sequence[int] | None = None, edge_order: int = 1
) -> tuple[Array, ...]:
    """The slope along each dimension of `dim` (all), by central differences of second order.

    spacing    the distance of neighbours (1): a number, or one for each dimension, or their coordinates as vectors
    """
    if edge_order not in (1, 2):
        raise ArgumentError(f"gradient: edge_order {edge_order}; needs 1 or 2")
    dims = range(input.ndim) if dim is None else [dim] if isinstance(dim, int) else dim
    axes = [axis_of("gradient", input, d) for d in dims]
    if axes and not input.ndim:
        raise ShapeError("gradient: a 0-d tensor has no neighbours; needs 1 or more dimensions")
    spacing = 1 if spacing is None else spacing
    alone = isinstance(spacing, (int, float)) or hasattr(spacing, "ndim")
    if not alone and not isinstance(spacing, (tuple, list)):
        raise ArgumentError(f"gradient: spacing {spacing!r}; needs a number, or one for each dimension")
    spacings = [spacing] * len(axes) if alone else list(spacing)
    if len(set(axes)) < len(axes):
        raise ArgumentError(f"gradient: a dim appears twice in {dim}")
    if len(spacings) != len(axes):
        raise ArgumentError(f"gradient: {len(spacings)} spacings for {len(axes)} dimensions")
    for axis, step in zip(axes, spacings, strict=True):
        if np.shape(array_of(step)) not in ((), (input.shape[axis],)):
            raise ShapeError(f"gradient: spacing {describe(step)} for the {input.shape[axis]} places of dim {axis}")
    for axis in axes:
        if input.shape[axis] <= edge_order:
            raise ShapeError(f"gradient: {input.shape[axis]} places along dim {axis}; needs at least {edge_order + 1}")
    return tuple(_slope(as_float(input), axis, step, edge_order) for axis, step in zip(axes, spacings, strict=True))


def _slope(y: Array, axis: int, spacing: Any, edge_order: int) -> Array:
    n = y.shape[axis]
    coordinates = array_of(spacing)
    places = coordinates if np.ndim(coordinates) else np.arange(n) * float(coordinates)
    steps = np.diff(places).astype(y.dtype).reshape((-1,) + (1,) * (y.ndim - 1 - axis))

    def part(start: int, length: int) -> Array:
        return narrow(y, axis, start, length)

    before, after = steps[:-1], steps[1:]
    if np.ndim(coordinates):
        middle = (
            part(0, n - 2) * (-after / (before * (before + after)))
            + part(1, n - 2) * ((after - before) / (before * after))
            + part(2, n - 2) * (before / (after * (before + after)))
        )
    else:
        middle = (part(2, n - 2) - part(0, n - 2)) / (before + after)
    if edge_order == 1:
        first = (part(1, 1) - part(0, 1)) / steps[0]
        last = (part(n - 1, 1) - part(n - 2, 1)) / steps[-1]
    else:
        first = _edge([part(0, 1), part(1, 1), part(2, 1)], steps[0], steps[1])
        last = -_edge([part(n - 1, 1), part(n - 2, 1), part(n - 3, 1)], steps[-1], steps[-2])
    return cat([first, middle, last], axis)


def _edge(y: Sequence[Array], near: Any, far: Any) -> Array:
    """The slope at the first of three places, by the parabola through them."""
    return (
        y[0] * (-(2 * near + far) / (near * (near + far)))
        + y[1] * ((near + far) / (near * far))
        + y[2] * (-near / (far * (near + far)))
    )
