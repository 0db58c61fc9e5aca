"""Reductions and normalisations of what a mask lets through, as in torch.masked.

What is masked out is replaced by a value that changes nothing: 0 in a sum, 1 in a product, minus infinity beside a
greatest element.  `mask` is true where an element counts; it broadcasts to the input and has no more dimensions.  The
result is in the input's dtype, or in `dtype`; where everything is masked out it is the replacement itself, and NaN for
means, medians, variances and softmax.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import dtypes
from ..errors import ArgumentError, DtypeError, ShapeError
from . import activation, cumulative, extremes, gates, norms, pairwise, reduction, statistics
from .comparison import maximum, where
from .elementwise import astype
from .elementwise import sqrt as root
from .promotion import Array, array_of, check_floats
from .reduction import Dim, axes_of, count_of, plain_sum


def _mask_of(name: str, x: Array, mask: Array) -> np.ndarray:
    """The mask as booleans of the shape of x."""
    allowed = np.asarray(array_of(mask)).astype(bool)
    try:
        if allowed.ndim <= x.ndim:
            return np.broadcast_to(allowed, tuple(x.shape))
    except ValueError:
        pass
    raise ShapeError(
        f"masked.{name}: mask {allowed.shape} for input {tuple(x.shape)}; needs a mask that broadcasts to it"
    )


def _filled(name: str, x: Array, mask: Array | None, value: Any) -> Array:
    """x, and `value` where it is masked out."""
    return x if mask is None else where(_mask_of(name, x, mask), x, value)


def _least(name: str, x: Array, mask: Array | None) -> Any:
    """What is greater than nothing else of the dtype of x."""
    if x.dtype.kind == "b" and mask is not None:
        raise DtypeError(f"masked.{name}: got bool with a mask, needs numbers; use x.int()")
    return -math.inf if x.dtype.kind in "fb" else int(np.iinfo(x.dtype).min)


def _greatest(name: str, x: Array, mask: Array | None) -> Any:
    """What is less than nothing else of the dtype of x."""
    least = _least(name, x, mask)
    return math.inf if least == -math.inf else int(np.iinfo(x.dtype).max)


def _whole_or(dtype: Any, x: Array) -> np.dtype:
    """The dtype of a sum: the one wanted, else that of x, of integers and booleans int64."""
    return dtypes.as_dtype(dtype) if dtype is not None else x.dtype if x.dtype.kind == "f" else dtypes.int64


def _own_or(dtype: Any, x: Array) -> np.dtype:
    return x.dtype if dtype is None else dtypes.as_dtype(dtype)


# --- sums, products, extremes -----------------------------------------------------------------------------------------


def sum(input: Array, dim: Dim = None, *, keepdim: bool = False, dtype: Any = None, mask: Array | None = None) -> Array:
    """The sum over `dim`; of integers and booleans an int64."""
    return reduction.sum(_filled("sum", input, mask, 0), dim, keepdim, dtype=_whole_or(dtype, input))


def prod(
    input: Array, dim: Dim = None, *, keepdim: bool = False, dtype: Any = None, mask: Array | None = None
) -> Array:
    """The product over `dim`; of integers and booleans an int64."""
    product = astype(_filled("prod", input, mask, 1), _whole_or(dtype, input))
    for axis in reversed(axes_of("masked.prod", input, dim) if input.ndim else ()):
        product = reduction.prod(product, axis, keepdim)
    return product


def amax(
    input: Array, dim: Dim = None, *, keepdim: bool = False, dtype: Any = None, mask: Array | None = None
) -> Array:
    """The greatest element over `dim`; ties share the gradient."""
    filled = _filled("amax", input, mask, _least("amax", input, mask))
    return astype(extremes.amax(filled, dim, keepdim), _own_or(dtype, input))


def amin(
    input: Array, dim: Dim = None, *, keepdim: bool = False, dtype: Any = None, mask: Array | None = None
) -> Array:
    """The least element over `dim`; ties share the gradient."""
    filled = _filled("amin", input, mask, _greatest("amin", input, mask))
    return astype(extremes.amin(filled, dim, keepdim), _own_or(dtype, input))


def argmax(
    input: Array, dim: int | None = None, *, keepdim: bool = False, dtype: Any = None, mask: Array | None = None
) -> Array:
    """The index of the greatest element, in the dtype of the input."""
    filled = _filled("argmax", input, mask, _least("argmax", input, mask))
    return astype(extremes.argmax(filled, dim, keepdim), _own_or(dtype, input))


def argmin(
    input: Array, dim: int | None = None, *, keepdim: bool = False, dtype: Any = None, mask: Array | None = None
) -> Array:
    """The index of the least element, in the dtype of the input."""
    filled = _filled("argmin", input, mask, _greatest("argmin", input, mask))
    return astype(extremes.argmin(filled, dim, keepdim), _own_or(dtype, input))


def logsumexp(
    input: Array, dim: Dim = None, *, keepdim: bool = False, dtype: Any = None, mask: Array | None = None
) -> Array:
    """log(sum(exp(x))) over `dim`, without overflow."""
    filled = _filled("logsumexp", input, mask, _least("logsumexp", input, mask))
    return astype(reduction.logsumexp(filled, dim, keepdim), _own_or(dtype, input))


def logaddexp(
    input: Array,
    other: Array,
    *,
    dtype: Any = None,
    input_mask: Array | None = None,
    other_mask: Array | None = None,
) -> Array:
    """log(exp(input) + exp(other)), of each input what its mask lets through."""
    check_floats("masked.logaddexp", input)
    check_floats("masked.logaddexp", other)
    if input_mask is None and other_mask is None:
        return astype(pairwise.logaddexp(input, other), _own_or(dtype, input))
    first = np.True_ if input_mask is None else _mask_of("logaddexp", input, input_mask)
    second = np.True_ if other_mask is None else _mask_of("logaddexp", other, other_mask)
    both = first & second  # elsewhere nothing is computed with infinities, whose second derivatives would be NaN
    together = pairwise.logaddexp(where(both, input, 0.0), where(both, other, 0.0))
    alone = where(first, input, where(second, other, -math.inf))
    return astype(where(both, together, alone), _own_or(dtype, input))


# --- means, medians, variances, norms ---------------------------------------------------------------------------------


def mean(
    input: Array, dim: Dim = None, *, keepdim: bool = False, dtype: Any = None, mask: Array | None = None
) -> Array:
    """The mean over `dim`, of floats."""
    wanted = _own_or(dtype, input)
    if wanted.kind != "f":
        raise DtypeError(f"masked.mean: got {wanted}, needs a floating dtype; use x.float() or pass dtype=")
    axes = axes_of("masked.mean", input, dim)
    total = reduction.sum(_filled("mean", input, mask, 0), axes, keepdim, dtype=wanted)
    return total / _count("mean", input, axes, keepdim, mask, wanted)


def _count(name: str, x: Array, axes: tuple[int, ...], keepdim: bool, mask: Array | None, dtype: Any) -> np.ndarray:
    """How many elements go into each result."""
    if mask is None:
        return np.array(count_of(x.shape, axes), dtype)
    return np.asarray(_mask_of(name, x, mask).sum(axes, keepdims=keepdim)).astype(dtype)


def median(
    input: Array, dim: int = -1, *, keepdim: bool = False, dtype: Any = None, mask: Array | None = None
) -> Array:
    """The lower of the middle elements along `dim`, of what is not NaN.

    Raises ArgumentError when of integers nothing is left.
    """
    if input.dtype.kind == "f":
        return statistics.nanmedian(_filled("median", input, mask, math.nan), dim, keepdim).values
    found = statistics.nanmedian(_filled("median", astype(input, dtypes.float32), mask, math.nan), dim, keepdim).values
    if np.isnan(array_of(found)).any():
        raise ArgumentError("masked.median: all of a row is masked out, and integers have no NaN; use x.float()")
    return astype(found, _own_or(dtype, input))


def var(
    input: Array,
    dim: Dim = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Array | None = None,
) -> Array:
    """The variance over `dim`, divided by n - correction: 1, or 0 if not `unbiased`; of integers a float32."""
    return _variance("var", input, dim, unbiased, correction, keepdim, dtype, mask)


def std(
    input: Array,
    dim: Dim = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Array | None = None,
) -> Array:
    """The square root of `var`."""
    return root(_variance("std", input, dim, unbiased, correction, keepdim, dtype, mask))


def _variance(
    name: str,
    input: Array,
    dim: Dim,
    unbiased: bool | None,
    correction: float | None,
    keepdim: bool,
    dtype: Any,
    mask: Array | None,
) -> Array:
    if unbiased is not None and correction is not None:
        raise ArgumentError(f"masked.{name}: unbiased {unbiased} and correction {correction}; give one of them")
    if input.dtype.kind == "b":
        raise DtypeError(f"masked.{name}: got bool, needs numbers; use x.int()")
    wanted = dtypes.float32 if dtype is None and input.dtype.kind != "f" else _own_or(dtype, input)
    computed = wanted if wanted.kind == "f" else dtypes.float32
    axes = axes_of(f"masked.{name}", input, dim)
    x = _filled(name, astype(input, computed), mask, 0.0)
    count = _count(name, input, axes, True, mask, computed)
    centred = _filled(name, x - plain_sum(x, axes, True) / count, mask, 0.0)
    total = plain_sum(centred * centred, axes, keepdim)
    lost = correction if correction is not None else float(unbiased is not False)
    freedom = np.maximum(count - computed.type(lost), 0)
    return astype(total / (freedom if freedom.ndim < 1 else freedom.reshape(tuple(total.shape))), wanted)


def norm(
    input: Array,
    ord: float = 2.0,
    dim: Dim = None,
    *,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Array | None = None,
) -> Array:
    """The norm of vectors over `dim`, as `linalg.vector_norm`."""
    filled = _filled("norm", input, mask, math.inf if ord == -math.inf else 0)
    return norms.vector_norm(filled, ord, axes_of("masked.norm", input, dim), keepdim, dtype=_own_or(dtype, input))


# --- of the shape of the input ----------------------------------------------------------------------------------------


def softmax(input: Array, dim: int, *, dtype: Any = None, mask: Array | None = None) -> Array:
    """exp(x) / sum(exp(x)) along `dim`; 0 where it is masked out."""
    filled = _filled("softmax", input, mask, _least("softmax", input, mask))
    return activation.softmax(filled, dim, _own_or(dtype, input))


def log_softmax(input: Array, dim: int, *, dtype: Any = None, mask: Array | None = None) -> Array:
    """log(softmax(x)) along `dim`; minus infinity where it is masked out."""
    filled = _filled("log_softmax", input, mask, _least("log_softmax", input, mask))
    return activation.log_softmax(filled, dim, _own_or(dtype, input))


def softmin(input: Array, dim: int, *, dtype: Any = None, mask: Array | None = None) -> Array:
    """softmax(-x) along `dim`; 0 where it is masked out."""
    filled = _filled("softmin", input, mask, _greatest("softmin", input, mask))
    return gates.softmin(filled, dim, dtype=_own_or(dtype, input))


def normalize(
    input: Array, ord: float, dim: Dim, *, eps: float = 1e-12, dtype: Any = None, mask: Array | None = None
) -> Array:
    """Vectors along `dim` divided by their norm, which counts as at least eps; 0 where it is masked out."""
    length = norm(input, ord, dim, keepdim=True, dtype=dtype, mask=mask)
    return _filled("normalize", input, mask, 0) / maximum(length, eps)


def cumsum(input: Array, dim: int, *, dtype: Any = None, mask: Array | None = None) -> Array:
    """The sum of each element and all before it along `dim`, in the dtype of the input."""
    return cumulative.cumsum(_filled("cumsum", input, mask, 0), dim, dtype=_own_or(dtype, input))


def cumprod(input: Array, dim: int, *, dtype: Any = None, mask: Array | None = None) -> Array:
    """The product of each element and all before it along `dim`, in the dtype of the input."""
    return cumulative.cumprod(_filled("cumprod", input, mask, 1), dim, dtype=_own_or(dtype, input))
