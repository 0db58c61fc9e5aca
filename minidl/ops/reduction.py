"""Operators that reduce dimensions: sums, means, variances, extremes.

`dim` is an int, a tuple of ints or None for all dimensions; `axis` and `keepdims`, NumPy's words, are understood too.
"""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from .. import dtypes, kernels
from ..autograd import primitive
from ..errors import ArgumentError, DtypeError, ShapeError
from .comparison import where
from .elementwise import astype, exp
from .promotion import Array, array_of, as_float, at_least_single, check_floats
from .rounding import isnan
from .shape import axis_of, broadcast, reshape, squeeze, transpose, unsqueeze
from .words import also_numpy_words, size_of, whole_numbers

Dim = int | tuple[int, ...] | list[int] | None


def axes_of(name: str, x: Array, dim: Dim) -> tuple[int, ...]:
    """The dimensions to reduce, counted from the front, in order, each once."""
    ndim = x.ndim
    if type(dim) is int and -ndim <= dim < ndim:
        return (dim % ndim,)
    bound = ndim or 1
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return tuple(range(ndim))
    axes = set()
    for d in (dim,) if type(dim) is int else whole_numbers(name, "dim", dim):
        if not -bound <= d < bound:
            raise ShapeError(f"{name}: dim {d} of a tensor with shape {tuple(x.shape)}; it has {ndim} dimensions")
        if d % bound in axes:
            raise ArgumentError(f"{name}: dim {d} appears twice in {dim}")
        axes.add(d % bound)
    return tuple(sorted(axes)) if ndim else ()


def kept_shape(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` with the reduced dimensions as ones."""
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def count_of(shape: tuple[int, ...], axes: tuple[int, ...]) -> int:
    """How many elements go into each result."""
    count = 1
    for axis in axes:
        count *= shape[axis]
    return count


def spread(g: Array, shape: tuple[int, ...], axes: tuple[int, ...]) -> Array:
    """A reduced value again in the shape that it was reduced from."""
    return broadcast(g if g.ndim == 0 else reshape(g, kept_shape(shape, axes)), shape)


# --- sums -----------------------------------------------------------------------------------------------------------


def lies_in_long_rows(x: np.ndarray, axes: tuple[int, ...]) -> bool:
    """Whether each result comes from a row of a large array of floats, which threads divide among themselves."""
    return x.size >= kernels.LARGE and lies_in_rows(x, axes)


def lies_in_rows(x: np.ndarray, axes: tuple[int, ...]) -> bool:
    """Whether each result comes from a row, not empty, of a contiguous array of floats."""
    return axes == (x.ndim - 1,) and x.size > 0 and x.flags.c_contiguous and x.dtype.char in "fd"


@primitive
def plain_sum(x, axes, keepdim):
    if x.ndim == 1 and axes:
        y = kernels.of(x).total(x)
    elif lies_in_long_rows(x, axes):
        y = kernels.of(x).sum_of_rows(x)
    elif x.size >= kernels.MIDDLING and x.dtype.char in "fd":
        y = kernels.of(x).sums(x, axes)
        return y.reshape(kept_shape(x.shape, axes)) if keepdim else y
    elif x.dtype.kind != "f":
        return np.add.reduce(x, axes, np.int64, keepdims=keepdim)
    elif x.dtype.char == "e":  # float16, of which NumPy's own sums stand still at 2048
        return np.add.reduce(x, axes, np.float32, keepdims=keepdim).astype(np.float16)
    else:
        return np.add.reduce(x, axes, keepdims=keepdim)
    return y[..., None] if keepdim else y


@plain_sum.gradient("x")
def _(g, x_shape, axes):
    return spread(g, x_shape, axes)


@also_numpy_words
def sum(input: Array, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    """The sum over `dim`; of integers and booleans an int64."""
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype)
        input = astype(input, dtype)
        if dtype.kind != "f":
            return astype(sum(input, dim, keepdim), dtype)  # the lower bits of the sum
    elif input.dtype.kind != "f":
        input = astype(input, dtypes.int64)
    if dim is None and not keepdim:
        return _total(input)
    return plain_sum(input, axes_of("sum", input, dim), keepdim)


@primitive
def _total(x):
    return kernels.of(x).total(x)


@_total.gradient
def _(g, x_shape):
    return broadcast(g, x_shape)


def as_narrow_as(x: Array, wide: Array) -> Array:
    """What was computed in `at_least_single` of x, in its dtype."""
    return wide.astype(x.dtype) if x.dtype == dtypes.float16 else wide


@primitive
def _scaled_sum(x, axes, keepdim, scale):
    wide = at_least_single(x)
    return as_narrow_as(x, plain_sum(wide, axes, keepdim) * wide.dtype.type(scale))


@_scaled_sum.gradient("x")
def _(g, x_shape, axes, scale):
    return spread(g * scale, x_shape, axes)


@also_numpy_words
def mean(input: Array, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    """The mean over `dim`, of floats; NaN over no elements.

    Raises DtypeError for integers, whose mean is rarely an integer: give `dtype`, or convert with `.float()`.
    """
    if dtype is not None:
        input = astype(input, dtypes.as_dtype(dtype))
    if input.dtype.kind != "f":
        raise DtypeError(f"mean: got {input.dtype}, needs a floating dtype; use x.float().mean() or pass dtype=")
    if dim is None and not keepdim:
        return _mean_of_all(input)
    axes = axes_of("mean", input, dim)
    count = count_of(input.shape, axes)
    return _scaled_sum(input, axes, keepdim, 1 / count if count else float("nan"))


@primitive
def _mean_of_all(x):
    wide = at_least_single(x)
    return as_narrow_as(x, kernels.of(x).total(wide) / wide.dtype.type(x.size))


@_mean_of_all.gradient
def _(g, x_shape):
    return broadcast(g / math.prod(x_shape), x_shape)


@also_numpy_words
def nansum(input: Array, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    """The sum over `dim`, with NaN counted as zero."""
    axes = None if dim is None else axes_of("nansum", input, dim)
    return sum(where(isnan(input), 0, input) if input.dtype.kind == "f" else input, axes, keepdim, dtype=dtype)


@also_numpy_words
def nanmean(input: Array, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    """The mean over `dim` of what is not NaN."""
    check_floats("nanmean", input)
    dtype = input.dtype if dtype is None else dtypes.as_dtype(dtype)
    if dtype.kind != "f":
        raise DtypeError(f"nanmean: dtype {dtype}; needs a floating one")
    axes = axes_of("nanmean", input, dim)
    count = sum(~isnan(array_of(input)), axes, keepdim)
    return nansum(input, axes, keepdim, dtype=dtype) / array_of(count).astype(dtype)


def _squares_about_mean(x: Array, axes: tuple[int, ...], keepdim: Any, scale: float) -> Any:
    """The sum of squares about the mean, times `scale`."""
    if x.size and x.dtype.char in "fd" and x.flags.c_contiguous and (axes == (x.ndim - 1,) or len(axes) == x.ndim):
        rows = x if len(axes) == 1 else x.reshape(-1)
        y = kernels.of(x).squared_deviations_of_rows(rows, scale)
        return y.reshape(kept_shape(x.shape, axes)) if keepdim else y
    count = x.dtype.type(count_of(x.shape, axes))
    centred = x - np.add.reduce(x, axes, keepdims=True) / count
    return np.add.reduce(centred * centred, axes, keepdims=keepdim) * x.dtype.type(scale)


@primitive
def _variance(x, axes, keepdim, scale):
    return _squares_about_mean(x, axes, keepdim, scale)


@_variance.gradient("x")
def _(g, x, x_shape, axes, scale):
    return spread(g, x_shape, axes) * ((x - mean(x, axes or None, True)) * (2 * scale))


@primitive
def _deviation(x, axes, keepdim, scale):
    variance = np.asarray(_squares_about_mean(x, axes, keepdim, scale))
    return np.sqrt(variance, out=variance)


@_deviation.gradient("x")
def _(g, x, y, x_shape, axes, scale):
    share = where(y == 0, 0.0, g / y)  # where nothing deviates every direction is equal
    return spread(share, x_shape, axes) * ((x - mean(x, axes or None, True)) * scale)


def _spread_of(
    name: str, operator: Any, x: Array, dim: Any, unbiased: bool, correction: float | None, keepdim: bool
) -> Array:
    """The variance or the deviation, in single precision at least: the squares of half floats soon leave them."""
    if isinstance(dim, bool):  # x.var(False) gives no dim but says whether to correct
        dim, unbiased = None, dim
    array = array_of(x)
    if array.dtype.char not in "fd":
        check_floats(name, x)
    axes = axes_of(name, array, dim)
    count = count_of(array.shape, axes)
    freedom = builtins.max(count - (unbiased if correction is None else correction), 0)
    scale = 1 / freedom if freedom and count else float("inf" if count > 1 else "nan")
    if array.dtype.char == "e":
        return astype(operator(astype(x, dtypes.float32), axes, keepdim, scale), dtypes.float16)
    return operator(x, axes, keepdim, scale)


@also_numpy_words
def var(
    input: Array, dim: Dim = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> Array:
    """The variance over `dim`, divided by n - correction (1 unless `unbiased` is False)."""
    return _spread_of("var", _variance, input, dim, unbiased, correction, keepdim)


@also_numpy_words
def std(
    input: Array, dim: Dim = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> Array:
    """The square root of `var`; where it is zero, so is its gradient."""
    return _spread_of("std", _deviation, input, dim, unbiased, correction, keepdim)


@also_numpy_words
def var_mean(
    input: Array, dim: Dim = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> tuple[Array, Array]:
    """The variance and the mean."""
    variance = _spread_of("var_mean", _variance, input, dim, unbiased, correction, keepdim)
    return variance, mean(input, None if isinstance(dim, bool) else dim, keepdim)


@also_numpy_words
def std_mean(
    input: Array, dim: Dim = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> tuple[Array, Array]:
    """The standard deviation and the mean."""
    deviation = _spread_of("std_mean", _deviation, input, dim, unbiased, correction, keepdim)
    return deviation, mean(input, None if isinstance(dim, bool) else dim, keepdim)


@also_numpy_words
def logsumexp(input: Array, dim: Dim, keepdim: bool = False) -> Array:
    """log(sum(exp(x))) without overflow: the greatest element is taken out first."""
    x = as_float(input)
    axes = axes_of("logsumexp", x, dim)
    return _logsumexp(x, axes, keepdim)


@primitive
def _logsumexp(x, axes, keepdim):
    if lies_in_rows(x, axes):
        y = kernels.of(x).log_sum_exp_of_rows(x)
        return y[..., None] if keepdim else y
    top = np.maximum.reduce(x, axes, keepdims=True, initial=-np.inf)
    top = np.where(np.isinf(top), x.dtype.type(0), top)
    total = np.log(np.add.reduce(np.exp(x - top), axes, keepdims=True)) + top
    return total if keepdim else np.squeeze(total, axes)


@_logsumexp.gradient("x")
def _(g, x, y, x_shape, axes):
    if type(g) is np.ndarray and lies_in_rows(x, axes):
        return kernels.of(x).log_sum_exp_of_rows_gradient(g, x, y)
    start = where(y == -np.inf, 0.0, y)  # nothing flows where all are -inf, and no NaN
    return spread(g, x_shape, axes) * exp(x - spread(start, x_shape, axes))


def sum_to_size(input: Array, *size: Any) -> Array:
    """The sum over dimensions that `size` lacks or has as 1: the transpose of broadcasting."""
    wanted = size_of(size)
    lead = input.ndim - len(wanted)
    if lead < 0 or not builtins.all(n in (1, m) for n, m in zip(wanted, input.shape[lead:], strict=True)):
        raise ShapeError(f"sum_to_size: {tuple(input.shape)} is no broadcast of {tuple(wanted)}")
    if not wanted:
        return sum(input)
    summed = [*range(lead), *(lead + i for i, n in enumerate(wanted) if n == 1 and input.shape[lead + i] != 1)]
    return reshape(sum(input, summed, True), wanted) if summed else input


# --- products -------------------------------------------------------------------------------------------------------


@primitive
def _product(x):
    if x.ndim == 1 and lies_in_long_rows(x, (0,)):
        whole = x.size - x.size % 64
        x = np.concatenate([kernels.of(x).product_of_rows(x[:whole].reshape(64, -1)), x[whole:]])
    elif x.ndim == 1 and x.dtype.char in "fd":
        return kernels.of(x).product_of_all(x)
    elif lies_in_rows(x, (x.ndim - 1,)):
        return kernels.of(x).product_of_rows(x)
    return np.multiply.reduce(x, -1, dtype=x.dtype)


@_product.gradient
def _(g, x):
    return unsqueeze(g, -1) * products_of_others(x)


@primitive
def products_of_others(x):
    """For each element the product of all others along the last dimension: right where some are zero, too."""
    if lies_in_rows(x, (x.ndim - 1,)):
        return kernels.of(x).products_of_others_of_rows(x)
    ones = np.ones((*x.shape[:-1], 1), x.dtype)
    before = np.multiply.accumulate(np.concatenate([ones, x[..., :-1]], -1), -1)
    after = np.multiply.accumulate(np.concatenate([ones, x[..., :0:-1]], -1), -1)[..., ::-1]
    return (before * after)[..., : x.shape[-1]]  # an empty row has none


@products_of_others.gradient
def _(g, x, x_shape):
    n = x_shape[-1]
    one_out = where(np.eye(n, dtype=bool), 1.0, unsqueeze(x, -2))  # row i: all but element i
    return plain_sum(
        unsqueeze(g, -1) * products_of_others(one_out) * (1 - np.eye(n, dtype=g.dtype)), (g.ndim - 1,), False
    )


@also_numpy_words
def prod(input: Array, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    """The product of all elements, or along `dim`; of integers and booleans an int64."""
    if dtype is not None:
        input = astype(input, dtypes.as_dtype(dtype))
    elif input.dtype.kind != "f":
        input = astype(input, dtypes.int64)
    axis = None if dim is None else axis_of("prod", input, dim)
    wide = at_least_single(input)
    if axis is None or not input.ndim:
        whole = _product(wide if input.ndim == 1 else reshape(wide, (-1,)))
        return whole if wide is input else whole.astype(input.dtype)
    result = _product(transpose(wide, axis, -1)).astype(input.dtype)
    result = transpose(unsqueeze(result, -1), axis, -1)
    return result if keepdim else squeeze(result, axis)


@also_numpy_words
def count_nonzero(input: Array, dim: Dim = None, *, keepdim: bool = False) -> Array:
    """How many elements are not zero, over `dim`; int64."""
    return sum(input != 0, axes_of("count_nonzero", input, dim), keepdim)


# --- truth ----------------------------------------------------------------------------------------------------------


@primitive
def _all(x, axes, keepdim):
    return x.all(axis=axes, keepdims=keepdim)


@primitive
def _any(x, axes, keepdim):
    return x.any(axis=axes, keepdims=keepdim)


def _axes_of_truths(name: str, x: Array, dim: Dim) -> tuple[int, ...]:
    """As `axes_of`; an empty tuple reduces nothing, as in PyTorch, whose sums it lets reduce everything."""
    return () if isinstance(dim, (tuple, list)) and not dim else axes_of(name, x, dim)


def _as_byte(x: Array, truth: Array) -> Array:
    """The result in uint8 where the input is, as in PyTorch."""
    return astype(truth, x.dtype) if x.dtype == dtypes.uint8 else truth


@also_numpy_words
def all(input: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    """Whether all elements over `dim` are true."""
    return _as_byte(input, _all(input, _axes_of_truths("all", input, dim), keepdim))


@also_numpy_words
def any(input: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    """Whether any element over `dim` is true."""
    return _as_byte(input, _any(input, _axes_of_truths("any", input, dim), keepdim))
