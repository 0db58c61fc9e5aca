"""Medians, modes, quantiles, histograms, counts, covariance."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..autograd import primitive
from ..autograd.calling import describe, wrap
from ..errors import ArgumentError, DtypeError, ShapeError
from .comparison import where
from .elementwise import clone, sqrt
from .extremes import check_nonempty, shared_evenly
from .indexing import take_along
from .linalg import matmul
from .mixtures import lerp
from .promotion import Array, array_of, check_floats
from .reduction import mean, plain_sum
from .shape import axis_of, matrix_transpose, movedim, narrow, reshape, squeeze, transpose, unsqueeze
from .sorting import sort
from .words import also_numpy_words, whole_number


class Median(NamedTuple):
    values: Array
    indices: Array


class Nanmedian(NamedTuple):
    values: Array
    indices: Array


class Mode(NamedTuple):
    values: Array
    indices: Array


class Histogram(NamedTuple):
    hist: Array
    bin_edges: Array


class HistogramDD(NamedTuple):
    hist: Array
    bin_edges: tuple[Array, ...]


@primitive
def _middle(x, ignore_nan):
    """The lower median of all elements."""
    flat = np.sort(x, None)
    count = flat.size - (int(np.isnan(x).sum()) if x.dtype.kind == "f" else 0)
    if (count < flat.size and not ignore_nan) or not count:
        return np.array(np.nan, x.dtype)
    return np.asarray(flat[(count - 1) // 2])


@_middle.gradient("x")
def _(g, x, y):
    return shared_evenly(g, x, y)


def _middle_of_all(name: str, x: Array, ignore_nan: bool) -> Array:
    if x.dtype.kind != "f":
        check_nonempty(name, x)
    return _middle(x, ignore_nan)


@also_numpy_words
def median(input: Array, dim: int | None = None, keepdim: bool = False) -> Any:
    """The lower of the middle elements, NaN if there is one; along `dim` the pair (values, indices)."""
    if dim is None:
        return _middle_of_all("median", input, False)
    return Median(*_middle_along("median", input, dim, keepdim, False))


@also_numpy_words
def nanmedian(input: Array, dim: int | None = None, keepdim: bool = False) -> Any:
    """As `median`, of what is not NaN."""
    if dim is None:
        return _middle_of_all("nanmedian", input, True)
    return Nanmedian(*_middle_along("nanmedian", input, dim, keepdim, True))


def _middle_along(name: str, input: Array, dim: int, keepdim: bool, ignore_nan: bool) -> tuple[Array, Array]:
    axis = axis_of(name, input, dim)
    if not input.ndim:
        return clone(input), wrap(np.zeros((), np.int64))
    x = array_of(input)
    if not x.shape[axis]:
        raise ShapeError(f"{name}: nothing to choose from along dim {dim} of a tensor with shape {x.shape}")
    order = np.argsort(x, axis, kind="stable")
    missing = np.isnan(x).sum(axis, keepdims=True) if x.dtype.kind == "f" else np.zeros((1,) * x.ndim, np.int64)
    count = x.shape[axis] - missing
    place = (np.maximum(count, 1) - 1) // 2
    if not ignore_nan:
        first_nan = np.argmax(np.isnan(x), axis, keepdims=True) if x.dtype.kind == "f" else place
        chosen = np.where(missing > 0, first_nan, np.take_along_axis(order, place, axis))
    else:
        chosen = np.take_along_axis(order, place, axis)
    values = take_along(input, chosen, axis)
    if keepdim:
        return values, wrap(chosen)
    return squeeze(values, axis), wrap(np.squeeze(chosen, axis))


@also_numpy_words
def mode(input: Array, dim: int = -1, keepdim: bool = False) -> Mode:
    """The element that stands most often along `dim`, the least of several, and its last place."""
    axis = axis_of("mode", input, dim)
    if not input.ndim:
        return Mode(clone(input), wrap(np.zeros((), np.int64)))
    x = array_of(input)
    if not x.shape[axis]:
        raise ShapeError(f"mode: nothing to choose from along dim {dim} of a tensor with shape {x.shape}")
    rows = np.moveaxis(x, axis, -1)
    chosen = np.zeros((*rows.shape[:-1], 1), np.int64)
    for place in np.ndindex(rows.shape[:-1]):
        _, group, counts = np.unique(rows[place], return_inverse=True, return_counts=True)  # NaN are one group
        chosen[place] = np.flatnonzero(group == counts.argmax())[-1]
    indices = np.moveaxis(chosen, -1, axis)
    values = take_along(input, indices, axis)
    return Mode(values, wrap(indices)) if keepdim else Mode(squeeze(values, axis), wrap(np.squeeze(indices, axis)))


# --- quantiles ------------------------------------------------------------------------------------------------------

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


@also_numpy_words
def quantile(
    input: Array, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Array:
    """What a share q of the elements does not exceed, along `dim` or of all; several q come first in the shape."""
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


@also_numpy_words
def nanquantile(
    input: Array, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Array:
    """As `quantile`, of what is not NaN."""
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)


def _quantile(
    name: str, input: Array, q: Any, dim: int | None, keepdim: bool, interpolation: str, ignore_nan: bool
) -> Array:
    check_floats(name, input)
    if not hasattr(q, "dtype") and not isinstance(q, (int, float)):
        raise ArgumentError(f"{name}: q {q!r}; needs a number from 0 to 1, or a tensor of them")
    shares = np.asarray(array_of(q), input.dtype)
    weights = reshape(q, (-1,)) if hasattr(q, "dtype") else shares.reshape(-1)
    if interpolation not in _INTERPOLATIONS:
        raise ArgumentError(f"{name}: interpolation {interpolation!r}; needs one of {', '.join(_INTERPOLATIONS)}")
    if shares.ndim > 1 or (shares.size and not (shares.min() >= 0 and shares.max() <= 1)):
        raise ArgumentError(f"{name}: q must be a number, or a vector of numbers, from 0 to 1")
    if hasattr(q, "dtype") and q.dtype != input.dtype:
        raise DtypeError(f"{name}: q {q.dtype} and input {input.dtype}; needs one dtype")
    ndim = input.ndim
    axis = axis_of(name, input, dim) if dim is not None else 0
    x = reshape(input, (-1,)) if dim is None or not ndim else transpose(input, axis, -1)
    if 0 in x.shape:
        raise ShapeError(f"{name}: nothing to choose from in a tensor with shape {tuple(input.shape)}")
    ordered = sort(x, -1).values
    missing = np.isnan(array_of(ordered)).sum(-1, keepdims=True)
    count = x.shape[-1] - (missing if ignore_nan else 0 * missing)
    place = weights * np.maximum(count - 1, 0).astype(input.dtype)
    if not ignore_nan:
        place = where(missing > 0, float(x.shape[-1] - 1), place)
    found = _between(ordered, place, interpolation)  # (..., number of q)
    if dim is None or not ndim:
        results = reshape(found, (shares.size, *((1,) * ndim if keepdim else ())))
    else:
        results = transpose(unsqueeze(movedim(found, -1, 0), -1), axis + 1, -1)
        results = results if keepdim else squeeze(results, axis + 1)
    return results if shares.ndim else squeeze(results, 0)


def _between(ordered: Array, place: Array, interpolation: str) -> Array:
    """What stands at a place between two neighbours in order."""
    low, high = np.floor(array_of(place)), np.ceil(array_of(place))
    if interpolation == "nearest":
        low = high = np.rint(array_of(place))
    below = take_along(ordered, (high if interpolation == "higher" else low).astype(np.int64), -1)
    if interpolation in ("lower", "higher", "nearest"):
        return below
    above = take_along(ordered, high.astype(np.int64), -1)
    weight = 0.5 if interpolation == "midpoint" else place - low
    return where(low == high, below, lerp(below, above, weight))


# --- histograms and counts ------------------------------------------------------------------------------------------


def _limits(x: np.ndarray, given: tuple[float, float] | None) -> tuple[float, float]:
    """The range of a histogram: the data's own where none is given, and never empty."""
    low, high = given or ((float(x.min()), float(x.max())) if x.size else (0.0, 1.0))
    if low == high:
        low, high = low - 1.0, high + 1.0
    if not (np.isfinite(low) and np.isfinite(high) and low <= high):
        raise ArgumentError(f"histc: range {low} to {high}; needs finite numbers, the least first")
    return low, high


def histc(input: Array, bins: int = 100, min: float = 0, max: float = 0) -> Array:
    """How many elements lie in each of `bins` equal intervals from min to max; what lies outside is not counted."""
    check_floats("histc", input)
    bins = _number_of_bins("histc", bins)
    x = array_of(input)
    low, high = _limits(x, None if min == max else (min, max))
    inside = x[(x >= low) & (x <= high)].astype(np.float64)
    places = np.minimum(((inside - low) / (high - low) * bins).astype(np.int64), bins - 1)
    return wrap(np.bincount(places, minlength=bins).astype(x.dtype))


def _number_of_bins(name: str, bins: int) -> int:
    bins = whole_number(name, "bins", bins)
    if bins < 1:
        raise ArgumentError(f"{name}: {bins} bins; needs at least 1")
    return bins


def histogram(
    input: Array,
    bins: Any = 100,
    *,
    range: tuple[float, float] | None = None,
    weight: Array | None = None,
    density: bool = False,
) -> Histogram:
    """Counts, or sums of weights, between edges: `bins` equal intervals over `range`, or a tensor of edges."""
    check_floats("histogram", input)
    x = array_of(input)
    if range is not None and (hasattr(bins, "dtype") or len(range) != 2):
        raise ArgumentError(f"histogram: range {range}; needs its two ends, and a number of bins")
    edges = _edges("histogram", x, bins, range)
    weights = None if weight is None else array_of(weight).reshape(-1)
    if weights is not None and (weights.size != x.size or weights.dtype != x.dtype):
        raise ShapeError(f"histogram: weight {describe(weight)} for input {describe(x)}; needs one for each, as it is")
    with np.errstate(invalid="ignore"):  # the density of nothing is NaN
        counts = np.histogram(x.reshape(-1), edges, weights=weights, density=density)[0]
    return Histogram(wrap(counts.astype(x.dtype)), wrap(edges))


def _edges(name: str, x: np.ndarray, bins: Any, limits: Sequence[float] | None) -> np.ndarray:
    """The edges given, or those of `bins` equal intervals between the limits, which are else those of x."""
    if hasattr(bins, "dtype") and bins.ndim == 1:
        edges = array_of(bins)
        if edges.dtype != x.dtype:
            raise DtypeError(f"{name}: edges of {edges.dtype} for an input of {x.dtype}; needs one dtype")
        if edges.size < 2 or not (edges[1:] >= edges[:-1]).all():
            raise ArgumentError(f"{name}: edges {edges}; needs at least two, none below the one before")
        return edges
    count = _number_of_bins(name, bins)
    low, high = limits if limits is not None else (float(x.min()), float(x.max())) if x.size else (0.0, 1.0)
    if not (np.isfinite(low) and np.isfinite(high) and low <= high):
        raise ArgumentError(f"{name}: range {low} to {high}; needs finite numbers, the least first")
    margin = 0.5 if low == high else 0.0
    return np.linspace(low - margin, high + margin, count + 1).astype(x.dtype)


def histogramdd(
    input: Array,
    bins: Any,
    *,
    range: Sequence[float] | None = None,
    weight: Array | None = None,
    density: bool = False,
) -> HistogramDD:
    """Counts, or sums of weights, of points in a grid of boxes: input (..., D), points of D coordinates.

    bins       how many equal intervals, for all dimensions or for each of them; or the edges of each, as tensors
    range      the least and the greatest edge of each dimension, one after the other; else those of the points
    weight     (...), what each point counts
    density    divide by the total and by the boxes' volumes
    Points outside are not counted; one on the last edge counts to the last interval.
    """
    check_floats("histogramdd", input)
    x = array_of(input)
    if x.ndim < 2 or not x.shape[-1]:
        raise ShapeError(f"histogramdd: shape {x.shape}; needs points (..., D), of at least one coordinate")
    dimensions = x.shape[-1]
    points = x.reshape(-1, dimensions)
    each = [bins] * dimensions if isinstance(bins, int) else list(bins)
    if len(each) != dimensions:
        raise ShapeError(f"histogramdd: bins for {len(each)} dimensions; needs as many as coordinates, {dimensions}")
    if range is not None and len(range) != 2 * dimensions:
        raise ShapeError(f"histogramdd: range of {len(range)} numbers; needs two a dimension, {2 * dimensions}")
    if weight is not None and (tuple(weight.shape) != x.shape[:-1] or weight.dtype != x.dtype):
        got = f"{weight.dtype}{tuple(weight.shape)}"
        raise ShapeError(f"histogramdd: weight {got}; needs {x.dtype}{x.shape[:-1]}, one number a point")
    limits = [None if range is None else range[2 * i : 2 * i + 2] for i in builtins.range(dimensions)]
    edges = [_edges("histogramdd", x, how, ends) for x, how, ends in zip(points.T, each, limits, strict=True)]
    sizes = [edge.size - 1 for edge in edges]
    inside, box = np.ones(len(points), bool), np.zeros(len(points), np.int64)
    for column, edge, size in zip(points.T, edges, sizes, strict=True):
        inside &= (edge[0] <= column) & (column <= edge[-1])
        box = box * size + np.minimum(np.searchsorted(edge, column, "right") - 1, size - 1)
    weights = None if weight is None else array_of(weight).reshape(-1)[inside]
    counts = np.bincount(box[inside], weights, math.prod(sizes)).reshape(sizes)
    if density:
        counts = counts / counts.sum() / math.prod(np.ix_(*[np.diff(edge) for edge in edges]))
    return HistogramDD(wrap(counts.astype(x.dtype)), tuple(wrap(edge) for edge in edges))


def bincount(input: Array, weights: Array | None = None, minlength: int = 0) -> Array:
    """How often each whole number from 0 stands in a vector, or the sum of the weights beside it."""
    x = array_of(input)
    if x.ndim != 1 or x.dtype.kind not in "iu" or (x.size and x.min() < 0):
        raise DtypeError(f"bincount: got {x.dtype}{x.shape}; needs a vector of integers of at least 0")
    minlength = whole_number("bincount", "minlength", minlength)
    if minlength < 0:
        raise ArgumentError(f"bincount: minlength {minlength}; needs at least 0")
    if weights is None:
        return wrap(np.bincount(x, minlength=minlength))
    heavy = array_of(weights)
    if heavy.shape != x.shape:
        raise ShapeError(f"bincount: weights {heavy.shape} for input {x.shape}; needs one for each")
    counted = np.bincount(x, heavy, minlength)
    return wrap(counted.astype(heavy.dtype if heavy.dtype == np.float32 else np.float64))


# --- covariance -----------------------------------------------------------------------------------------------------


def cov(input: Array, *, correction: int = 1, fweights: Array | None = None, aweights: Array | None = None) -> Array:
    """The covariances of the rows, variables, over the columns, observations.

    fweights    how often each observation counts (whole numbers)
    aweights    how much it weighs
    """
    if input.ndim > 2 or input.dtype.kind == "b":
        raise ShapeError(f"cov: got {input.dtype}{tuple(input.shape)}; needs numbers of at most 2 dimensions")
    x = reshape(input, (1, -1)) if input.ndim < 2 else input
    weight: Any = None
    for part in (fweights, aweights):
        if part is not None:
            if part.ndim != 1 or part.shape[0] != x.shape[1]:
                raise ShapeError(f"cov: weights {tuple(part.shape)} for {x.shape[1]} observations")
            if np.any(array_of(part) < 0) or (part is fweights and array_of(part).dtype.kind == "f"):
                raise ArgumentError("cov: a weight is negative, or one of fweights is no integer")
            weight = part if weight is None else weight * part
    if weight is None:
        count: Any = x.shape[1]
        centred = x - mean(x, 1, True) if x.dtype.kind == "f" else x - mean(x * 1.0, 1, True)
        scaled = centred
    else:
        count = plain_sum(weight, (0,), False)
        centred = x - unsqueeze(plain_sum(x * weight, (1,), False) / count, 1)
        scaled = centred * weight
    freedom = count - correction
    if weight is not None and aweights is not None:
        freedom = count - plain_sum(weight * aweights, (0,), False) / count * correction
    limited = max(freedom, 0) if isinstance(freedom, (int, float)) else where(freedom > 0, freedom, 0)
    product = matmul(scaled, matrix_transpose(centred)) / limited
    return reshape(product, ()) if x.shape[0] == 1 else product


def corrcoef(input: Array) -> Array:
    """The correlations of the rows: covariances divided by the deviations, limited to [-1, 1]."""
    if input.ndim > 2:
        raise ShapeError(f"corrcoef: got shape {tuple(input.shape)}; needs at most 2 dimensions")
    if input.dtype.kind == "b":
        raise DtypeError("corrcoef: got booleans; use .long()")
    covariance = cov(input)
    if not covariance.ndim:
        return covariance / covariance
    deviation = sqrt(narrow(reshape(covariance, (-1,)), 0, 0, covariance.array.size)[:: covariance.shape[0] + 1])
    scaled = covariance / unsqueeze(deviation, 1) / unsqueeze(deviation, 0)
    return scaled.clip(-1, 1)
