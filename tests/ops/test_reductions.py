"""What reductions, running sums, statistics and orderings refuse, and in which words; their names, their results."""

import numpy as np
import pytest

import minidl
from minidl.errors import ArgumentError, DtypeError, GraphError, ShapeError


def floats(T):
    return T.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def whole(T):
    return T.tensor([1, 2, 3])


def mask(T):
    return T.tensor([True, False])


SUMS = {
    "sum dim": (lambda T: floats(T).sum(2), ShapeError, r"^sum: dim 2 of a tensor with shape \(2, 3\); it has 2"),
    "sum dims": (lambda T: floats(T).sum((0, -3)), ShapeError, r"^sum: dim -3 of a tensor with shape \(2, 3\)"),
    "sum dim twice": (lambda T: floats(T).sum((0, -2)), ArgumentError, r"^sum: dim -2 appears twice in \(0, -2\)"),
    "sum 0-d twice": (lambda T: T.tensor(1.0).sum((0, -1)), ArgumentError, r"^sum: dim -1 appears twice"),
    "sum 0-d dim": (lambda T: T.tensor(1.0).sum(1), ShapeError, r"^sum: dim 1 of a tensor with shape \(\)"),
    "sum dim of a truth": (lambda T: floats(T).sum(dim=True), ArgumentError, r"^sum: dim True; needs a whole number"),
    "sum dim of half": (lambda T: floats(T).sum(0.5), ArgumentError, r"^sum: dim 0.5; needs a whole number"),
    "sum of a list": (lambda T: T.sum([1, 2]), DtypeError, r"^sum: got list where a tensor is needed"),
    "nansum dim": (lambda T: floats(T).nansum(2), ShapeError, r"^nansum: dim 2 of a tensor with shape \(2, 3\)"),
    "mean of integers": (lambda T: whole(T).mean(), DtypeError, r"^mean: got int64, needs a floating dtype"),
    "mean dtype": (lambda T: floats(T).mean(dtype=T.int64), DtypeError, r"^mean: got int64, needs a floating dtype"),
    "mean of a number": (lambda T: T.mean(3), DtypeError, r"^mean: got int where a tensor is needed"),
    "mean dims": (lambda T: floats(T).mean(["a"]), ArgumentError, r"^mean: dim 'a'; needs a whole number"),
    "nanmean of integers": (lambda T: whole(T).nanmean(), DtypeError, r"^nanmean: got int64"),
    "nanmean dtype": (lambda T: floats(T).nanmean(dtype=T.int32), DtypeError, r"^nanmean: dtype int32; needs a float"),
    "nanmean dim": (lambda T: floats(T).nanmean(-3), ShapeError, r"^nanmean: dim -3 of a tensor with shape \(2, 3\)"),
    "var of integers": (lambda T: whole(T).var(), DtypeError, r"^var: got int64, needs a floating dtype"),
    "std of integers": (lambda T: whole(T).std(), DtypeError, r"^std: got int64"),
    "std dim": (lambda T: floats(T).std(5), ShapeError, r"^std: dim 5 of a tensor with shape \(2, 3\)"),
    "var_mean of booleans": (lambda T: T.var_mean(mask(T)), DtypeError, r"^var_mean: got bool"),
    "std_mean of integers": (lambda T: T.std_mean(whole(T)), DtypeError, r"^std_mean: got int64"),
    "std_mean dim": (lambda T: T.std_mean(floats(T), 2), ShapeError, r"^std_mean: dim 2 of a tensor with shape"),
    "logsumexp dim": (lambda T: floats(T).logsumexp(2), ShapeError, r"^logsumexp: dim 2 of a tensor with shape"),
    "prod of dims": (lambda T: floats(T).prod((0, 1)), ArgumentError, r"^prod: dim \(0, 1\); needs a whole number"),
    "prod dim": (lambda T: floats(T).prod(2), ShapeError, r"^prod: dim 2 of a tensor with shape \(2, 3\)"),
    "count_nonzero dim": (lambda T: floats(T).count_nonzero(2), ShapeError, r"^count_nonzero: dim 2 of a tensor"),
    "all dim": (lambda T: floats(T).all(2), ShapeError, r"^all: dim 2 of a tensor with shape \(2, 3\)"),
    "any dims": (lambda T: floats(T).any((1, 1)), ArgumentError, r"^any: dim 1 appears twice in \(1, 1\)"),
    "sum_to_size": (
        lambda T: floats(T).sum_to_size(2),
        ShapeError,
        r"^sum_to_size: \(2, 3\) is no broadcast of \(2,\)",
    ),
}

EXTREMES = {
    "amax of nothing": (lambda T: T.zeros(0, 3).amax(0), ShapeError, r"^amax: nothing to choose from along dim 0 of"),
    "amin of nothing": (lambda T: T.zeros(0).amin(), ShapeError, r"^amin: nothing to choose from .* shape \(0,\)"),
    "max of nothing": (lambda T: T.zeros(0).max(), ShapeError, r"^max: nothing to choose from in a tensor with shape"),
    "max along nothing": (lambda T: T.zeros(2, 0).max(1), ShapeError, r"^max: nothing to choose from along dim 1"),
    "min dim": (lambda T: T.tensor(1.0).min(1), ShapeError, r"^min: dim 1 of a tensor with shape \(\)"),
    "max of dims": (lambda T: floats(T).max((0, 1)), ArgumentError, r"^max: dim \(0, 1\); needs a whole number"),
    "aminmax of nothing": (lambda T: T.zeros(0).aminmax(), ShapeError, r"^aminmax: nothing to choose from"),
    "aminmax dim": (lambda T: floats(T).aminmax(dim=2), ShapeError, r"^aminmax: dim 2 of a tensor with shape \(2, 3\)"),
    "argmax of nothing": (lambda T: T.zeros(0).argmax(), ShapeError, r"^argmax: nothing to choose from"),
    "argmin of dims": (lambda T: floats(T).argmin((0,)), ArgumentError, r"^argmin: dim \(0,\); needs a whole number"),
}

RUNNING = {
    "cumsum dim": (lambda T: floats(T).cumsum(2), ShapeError, r"^cumsum: dim 2 of a tensor with shape \(2, 3\)"),
    "cumsum without dim": (lambda T: floats(T).cumsum(None), ArgumentError, r"^cumsum: dim None; needs a whole number"),
    "cumprod 0-d": (lambda T: T.tensor(1.0).cumprod(1), ShapeError, r"^cumprod: dim 1 of a tensor with shape \(\)"),
    "logcumsumexp dim": (lambda T: floats(T).logcumsumexp(-3), ShapeError, r"^logcumsumexp: dim -3"),
    "cummax dim": (lambda T: floats(T).cummax(2), ShapeError, r"^cummax: dim 2"),
    "cummin dim": (lambda T: floats(T).cummin("0"), ArgumentError, r"^cummin: dim '0'; needs a whole number"),
    "cumsum_ dtype": (lambda T: whole(T).cumsum_(0, dtype=T.float32), DtypeError, r"^cumsum_: a result of float32"),
    "diff 0-d": (lambda T: T.tensor(1.0).diff(), ShapeError, r"^diff: a 0-d tensor has no neighbours"),
    "diff order": (lambda T: whole(T).diff(-1), ArgumentError, r"^diff: order -1; needs at least 0"),
    "diff of half order": (lambda T: whole(T).diff(1.5), ArgumentError, r"^diff: n 1.5; needs a whole number"),
    "diff prepend": (
        lambda T: floats(T).diff(prepend=T.zeros(1, 1)),
        ShapeError,
        r"^diff: \(1, 1\) beside \(2, 3\); they differ outside dim -1",
    ),
    "diff append": (lambda T: floats(T).diff(append=T.zeros(2)), ShapeError, r"^diff: \(2,\) beside \(2, 3\)"),
    "trapezoid places": (
        lambda T: T.trapezoid(floats(T), T.zeros(2)),
        ShapeError,
        r"^trapezoid: x \(2,\) and y \(2, 3",
    ),
    "trapezoid of booleans": (lambda T: T.trapezoid(mask(T)), DtypeError, r"^trapezoid: got booleans"),
    "cumulative_trapezoid 0-d": (
        lambda T: T.cumulative_trapezoid(T.tensor(1.0)),
        ShapeError,
        r"^cumulative_trapezoid: ",
    ),
    "gradient of one": (lambda T: T.gradient(T.zeros(1)), ShapeError, r"^gradient: 1 places along dim 0; needs at lea"),
    "gradient 0-d": (lambda T: T.gradient(T.tensor(1.0), dim=0), ShapeError, r"^gradient: a 0-d tensor"),
    "gradient twice": (lambda T: T.gradient(floats(T), dim=(1, -1)), ArgumentError, r"^gradient: a dim appears twice"),
    "gradient edge": (lambda T: T.gradient(floats(T), edge_order=3), ArgumentError, r"^gradient: edge_order 3"),
    "gradient spacings": (
        lambda T: T.gradient(floats(T), spacing=(1.0, 2.0, 3.0)),
        ArgumentError,
        r"^gradient: 3 spacings for 2 dimensions",
    ),
    "gradient places": (
        lambda T: T.gradient(T.zeros(3), spacing=(T.zeros(1, 3),)),
        ShapeError,
        r"^gradient: spacing float32\(1, 3\) for the 3 places of dim 0",
    ),
    "gradient spacing": (lambda T: T.gradient(T.zeros(3), spacing="1"), ArgumentError, r"^gradient: spacing '1'"),
}

STATISTICS = {
    "median dim": (lambda T: floats(T).median((0,)), ArgumentError, r"^median: dim \(0,\); needs a whole number"),
    "median along nothing": (lambda T: T.zeros(0, 2).median(0), ShapeError, r"^median: nothing to choose from along"),
    "nanmedian along nothing": (lambda T: T.zeros(0, 2).nanmedian(0), ShapeError, r"^nanmedian: nothing to choose"),
    "mode of nothing": (lambda T: T.zeros(0).mode(), ShapeError, r"^mode: nothing to choose from along dim -1"),
    "quantile of integers": (lambda T: whole(T).quantile(0.5), DtypeError, r"^quantile: got int64, needs a floating"),
    "quantile q": (lambda T: floats(T).quantile(1.5), ArgumentError, r"^quantile: q must be a number, or a vector"),
    "quantile of words": (lambda T: floats(T).quantile("1"), ArgumentError, r"^quantile: q '1'; needs a number"),
    "quantile NaN": (lambda T: T.nanquantile(floats(T), float("nan")), ArgumentError, r"^nanquantile: q must be"),
    "quantile q dtype": (
        lambda T: floats(T).quantile(T.tensor([0.5], dtype=T.float64)),
        DtypeError,
        r"^quantile: q float64 and input float32; needs one dtype",
    ),
    "quantile of nothing": (lambda T: T.zeros(3, 0).quantile(0.5, 0), ShapeError, r"^quantile: nothing to choose from"),
    "quantile kind": (
        lambda T: floats(T).quantile(0.5, interpolation="odd"),
        ArgumentError,
        r"^quantile: interpolation 'odd'; needs one of linear",
    ),
    "histc of integers": (lambda T: whole(T).histc(), DtypeError, r"^histc: got int64, needs a floating dtype"),
    "histc bins": (lambda T: floats(T).histc(0), ArgumentError, r"^histc: 0 bins; needs at least 1"),
    "histc half a bin": (lambda T: floats(T).histc(1.5), ArgumentError, r"^histc: bins 1.5; needs a whole number"),
    "histc range": (lambda T: floats(T).histc(2, 2, 1), ArgumentError, r"^histc: range 2 to 1; needs finite numbers"),
    "histc of NaN": (lambda T: T.tensor([float("nan")]).histc(2), ArgumentError, r"^histc: range nan to nan"),
    "histogram bins": (lambda T: floats(T).histogram(0), ArgumentError, r"^histogram: 0 bins; needs at least 1"),
    "histogram half": (lambda T: floats(T).histogram(2.5), ArgumentError, r"^histogram: bins 2.5; needs a whole"),
    "histogram edges": (
        lambda T: floats(T).histogram(T.tensor([[0.0, 1.0]])),
        ArgumentError,
        r"^histogram: bins tensor\(\[\[0., 1.\]\]\); needs a whole number",
    ),
    "histogram one edge": (lambda T: floats(T).histogram(T.ones(1)), ArgumentError, r"^histogram: edges \[1.\]; needs"),
    "histogram dtype": (
        lambda T: floats(T).histogram(whole(T)),
        DtypeError,
        r"^histogram: edges of int64 for an input",
    ),
    "histogram weight": (
        lambda T: floats(T).histogram(2, weight=T.ones(2)),
        ShapeError,
        r"^histogram: weight float32\(2,\) for input float32\(2, 3\)",
    ),
    "histogram range": (
        lambda T: floats(T).histogram(2, range=(0.0, 1.0, 2.0)),
        ArgumentError,
        r"^histogram: range \(0.0, 1.0, 2.0\); needs its two ends",
    ),
    "bincount of floats": (lambda T: T.zeros(2).bincount(), DtypeError, r"^bincount: got float32\(2,\)"),
    "bincount of negatives": (lambda T: T.tensor([-1]).bincount(), DtypeError, r"^bincount: got int64\(1,\); needs a"),
    "bincount weights": (lambda T: whole(T).bincount(T.ones(2)), ShapeError, r"^bincount: weights \(2,\) for input"),
    "bincount minlength": (lambda T: whole(T).bincount(minlength=-1), ArgumentError, r"^bincount: minlength -1"),
    "cov of cubes": (lambda T: T.zeros(1, 1, 1).cov(), ShapeError, r"^cov: got float32\(1, 1, 1\)"),
    "cov weights": (lambda T: floats(T).cov(fweights=whole(T)[:2]), ShapeError, r"^cov: weights \(2,\) for 3 observ"),
    "cov of negative weights": (lambda T: floats(T).cov(aweights=-T.ones(3)), ArgumentError, r"^cov: a weight is neg"),
    "corrcoef of booleans": (lambda T: mask(T).corrcoef(), DtypeError, r"^corrcoef: got booleans"),
}

ORDERINGS = {
    "sort dim": (lambda T: floats(T).sort(2), ShapeError, r"^sort: dim 2 of a tensor with shape \(2, 3\)"),
    "sort of half a dim": (lambda T: floats(T).sort(0.5), ArgumentError, r"^sort: dim 0.5; needs a whole number"),
    "argsort dim": (lambda T: floats(T).argsort(-3), ShapeError, r"^argsort: dim -3"),
    "topk k": (lambda T: floats(T).topk(4), ShapeError, r"^topk: k 4 of 3 elements along dim -1 of shape \(2, 3\)"),
    "topk of half": (lambda T: floats(T).topk(1.5), ArgumentError, r"^topk: k 1.5; needs a whole number"),
    "kthvalue k": (lambda T: floats(T).kthvalue(0), ShapeError, r"^kthvalue: k 0 of 3 elements along dim -1"),
    "searchsorted 0-d": (lambda T: T.searchsorted(T.tensor(1.0), floats(T)), ShapeError, r"^searchsorted: a 0-d seq"),
    "searchsorted rows": (
        lambda T: T.searchsorted(floats(T), T.zeros(3, 1)),
        ShapeError,
        r"^searchsorted: sequence \(2, 3\) and input \(3, 1\) differ before the last dim",
    ),
    "searchsorted side": (
        lambda T: T.searchsorted(whole(T), 2, side="left", right=True),
        ArgumentError,
        r"^searchsorted: side 'left' and right True",
    ),
    "searchsorted sorter": (
        lambda T: T.searchsorted(whole(T), whole(T), sorter=T.tensor([0, 1])),
        ShapeError,
        r"^searchsorted: sorter int64\(2,\) for int64\(3,\); needs int64 of its shape",
    ),
    "searchsorted sorter of floats": (
        lambda T: T.searchsorted(whole(T), whole(T), sorter=T.zeros(3)),
        ShapeError,
        r"^searchsorted: sorter float32\(3,\)",
    ),
    "searchsorted sorter outside": (
        lambda T: T.searchsorted(whole(T), whole(T), sorter=T.tensor([0, 1, 3])),
        IndexError,
        r"^searchsorted: a place of the sorter is outside 0 to 2",
    ),
    "bucketize boundaries": (lambda T: T.bucketize(2, floats(T)), ShapeError, r"^bucketize: boundaries \(2, 3\)"),
    "isin of numbers": (lambda T: T.isin(1, 2), DtypeError, r"^isin: got 1, 2; needs tensors, or one number"),
    "isin of words": (lambda T: T.isin("1", whole(T)), DtypeError, r"^isin: got '1', int64\(3,\)"),
    "unique 0-d": (lambda T: T.tensor(1).unique(dim=0), ShapeError, r"^unique: dim 0 of shape \(\); needs slices"),
    "unique of empty rows": (lambda T: T.zeros(3, 0).unique(dim=0), ShapeError, r"^unique: dim 0 of shape \(3, 0\)"),
    "unique_consecutive dim": (lambda T: whole(T).unique_consecutive(dim=1), ShapeError, r"^unique_consecutive: dim 1"),
}

REFUSED = SUMS | EXTREMES | RUNNING | STATISTICS | ORDERINGS
"""Programs that PyTorch refuses, too (test_reductions_parity.py)."""


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_by_name(name):
    program, kind, words = REFUSED[name]
    with pytest.raises(kind, match=words):
        program(minidl)


def test_what_pytorch_answers_with_nonsense_is_refused():
    none, falling = minidl.zeros(0, dtype=minidl.int64), minidl.tensor([0.0, 2.0, 1.0])
    for words, program in {
        "^median: nothing to choose from": none.median,
        "^nanmedian: nothing to choose from": none.nanmedian,
        "^histogram: edges": lambda: minidl.zeros(3).histogram(falling),
        r"^gradient: spacing float32\(2,\)": lambda: minidl.gradient(falling, spacing=(minidl.ones(2),)),
    }.items():
        with pytest.raises((ShapeError, ArgumentError), match=words):
            program()


def test_numpys_words():
    x = floats(minidl)
    for name in ("sum", "mean", "var", "std", "amax", "argmax", "logsumexp", "all", "median", "mode", "kthvalue"):
        more = (2,) if name == "kthvalue" else ()
        ours, same = (
            getattr(minidl, name)(x, *more, **words)
            for words in ({"axis": 1, "keepdims": True}, {"dim": 1, "keepdim": True})
        )
        for a, b in zip(ours, same, strict=True) if isinstance(ours, tuple) else [(ours, same)]:
            np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert minidl.cumsum(x, axis=0).tolist() == [[1, 2, 3], [5, 7, 9]]
    assert minidl.sort(x, axis=0, descending=True).indices.tolist() == [[1] * 3, [0] * 3]
    assert minidl.topk(x, 1, axis=0).values.tolist() == [[4, 5, 6]]


def test_arrays_give_arrays():
    x = np.array([[3.0, 1.0], [2.0, 5.0]])
    assert (minidl.sum(x, 0).tolist(), minidl.median(x).item(), minidl.amax(x, 1).tolist()) == ([5, 6], 2, [3, 5])
    assert all(type(y) is np.ndarray for y in (minidl.sum(x, 0), minidl.median(x), minidl.amax(x, 1)))


def test_in_place_forms_write_where_they_stand():
    x = floats(minidl)
    seen = x[0]
    assert x.cumsum_(1) is x and seen.tolist() == [1, 3, 6]
    assert x.cumprod_(dim=0).tolist() == [[1, 3, 6], [4, 27, 90]]


def test_results_have_names():
    x = minidl.tensor([2.0, 3.0, 1.0])
    assert (x.max(0).values.item(), x.max(0).indices.item()) == (3, 1)
    assert x.aminmax().min.item() == 1 and x.sort().indices.tolist() == [2, 0, 1]
    assert x.histogram(2).bin_edges.tolist() == [1, 2, 3] and x.histogram(2).hist.tolist() == [1, 2]
    assert x.kthvalue(2).values.item() == x.median(0).values.item() == x.cummin(0).values[1].item() == 2


def test_distinct_elements_have_no_gradient_and_say_so():
    x = minidl.tensor([1.0, 1.0, 2.0], requires_grad=True)
    for found in (x.unique(), x.unique_consecutive(), x.unique(dim=0, return_counts=True)[0]):
        with pytest.raises(GraphError, match=r"^unique\w* has no gradient"):
            found.sum().backward()
