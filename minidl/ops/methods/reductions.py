"""Reductions, running sums, statistics and orderings as methods."""

from __future__ import annotations

from ...autograd.graph import Variable
from .. import cumulative, extremes, reduction, sorting, statistics
from ..inplace import in_place


class ReductionMethods(Variable):
    """`x.sum()`, `x.max(dim)`, `x.sort()` and their like."""

    __slots__ = ()

    sum = reduction.sum
    nansum = reduction.nansum
    mean = reduction.mean
    nanmean = reduction.nanmean
    prod = reduction.prod
    var = reduction.var
    std = reduction.std
    logsumexp = reduction.logsumexp
    sum_to_size = reduction.sum_to_size
    count_nonzero = reduction.count_nonzero
    all = reduction.all
    any = reduction.any

    amax = extremes.amax
    amin = extremes.amin
    aminmax = extremes.aminmax
    max = extremes.max
    min = extremes.min
    argmax = extremes.argmax
    argmin = extremes.argmin

    cumsum = cumulative.cumsum
    cumsum_ = in_place(cumulative.cumsum)
    cumprod = cumulative.cumprod
    cumprod_ = in_place(cumulative.cumprod)
    logcumsumexp = cumulative.logcumsumexp
    cummax = cumulative.cummax
    cummin = cumulative.cummin
    diff = cumulative.diff

    median = statistics.median
    nanmedian = statistics.nanmedian
    mode = statistics.mode
    quantile = statistics.quantile
    nanquantile = statistics.nanquantile
    histc = statistics.histc
    histogram = statistics.histogram
    bincount = statistics.bincount
    cov = statistics.cov
    corrcoef = statistics.corrcoef

    sort = sorting.sort
    argsort = sorting.argsort
    msort = sorting.msort
    topk = sorting.topk
    kthvalue = sorting.kthvalue
    unique = sorting.unique
    unique_consecutive = sorting.unique_consecutive
