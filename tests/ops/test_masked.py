"""Masked reductions against NumPy's masked arrays and PyTorch's, and what they refuse."""

import numpy as np
import pytest

import minidl
from minidl import masked
from minidl.errors import ArgumentError, DtypeError, ShapeError

RNG = np.random.default_rng(8)
X = RNG.standard_normal((4, 5))
MASK = RNG.random((4, 5)) < 0.6
MASK[:, 0] = MASK[0] = True
EVERYTHING_OUT = MASK.copy()
EVERYTHING_OUT[1] = False

REDUCTIONS = ["sum", "prod", "amax", "amin", "argmax", "argmin", "mean", "median", "norm", "var", "std", "logsumexp"]
NORMALISATIONS = ["softmax", "log_softmax", "softmin", "cumsum", "cumprod"]

BY_NUMPY = {
    "sum": lambda x: x.sum(1),
    "prod": lambda x: x.prod(1),
    "amax": lambda x: x.max(1),
    "amin": lambda x: x.min(1),
    "argmax": lambda x: x.argmax(1),
    "argmin": lambda x: x.argmin(1),
    "mean": lambda x: x.mean(1),
    "var": lambda x: x.var(1, ddof=1),
    "std": lambda x: x.std(1, ddof=1),
    "norm": lambda x: np.sqrt((x * x).sum(1)),
    "logsumexp": lambda x: np.log(np.exp(x).sum(1)),
    "cumsum": lambda x: x.cumsum(1).data,
    "cumprod": lambda x: x.cumprod(1).data,
}


@pytest.mark.parametrize("name", BY_NUMPY)
def test_numpys_masked_arrays_say_the_same(name):
    ours = getattr(masked, name)(minidl.from_numpy(X), dim=1, mask=minidl.from_numpy(MASK)).numpy()
    theirs = BY_NUMPY[name](np.ma.array(X, mask=~MASK))
    np.testing.assert_allclose(ours, np.asarray(theirs), rtol=1e-12)


OF_FLOATS = ["mean", "norm", "softmax", "log_softmax", "softmin"]
NAMES_AND_DTYPES = [
    (name, dtype)
    for name in REDUCTIONS + NORMALISATIONS
    for dtype in (["float32", "float64"] if name in OF_FLOATS else ["float32", "float64", "int32", "int64"])
]


@pytest.mark.parametrize(("name", "dtype"), NAMES_AND_DTYPES)
@pytest.mark.parametrize("mask", [None, MASK, EVERYTHING_OUT, MASK[0], MASK[:, :1], MASK.astype(np.int64) * 2])
def test_values_and_dtypes_are_pytorchs(name, dtype, mask):
    torch = pytest.importorskip("torch")
    x = (X * 3).astype(dtype)

    def reduced(T):
        given = None if mask is None else T.from_numpy(np.ascontiguousarray(mask))
        return getattr(T.masked, name)(T.from_numpy(x), dim=1, mask=given)

    if "int" in dtype and name == "median" and mask is EVERYTHING_OUT:
        with pytest.raises(ArgumentError, match=r"masked.median: all of a row"):
            reduced(minidl)
        return
    ours, theirs = reduced(minidl), reduced(torch)
    assert str(ours.dtype) == str(theirs.dtype).removeprefix("torch.")
    close = 1e-5 if ours.dtype == minidl.float32 else 1e-12
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=close, atol=close)


@pytest.mark.parametrize("name", [name for name in REDUCTIONS if not name.startswith("arg")] + NORMALISATIONS)
def test_what_is_masked_out_reaches_neither_values_nor_gradients(name):
    x = X.copy()
    results = []
    for hidden in (0.5, np.nan, np.inf):
        x[~MASK] = hidden
        leaf = minidl.from_numpy(x.copy()).requires_grad_()
        y = getattr(masked, name)(leaf, dim=1, mask=minidl.from_numpy(MASK))
        seen = minidl.where(minidl.from_numpy(MASK), y, 0.0) if name == "log_softmax" else y
        (slope,) = minidl.autograd.grad((seen * seen).sum(), leaf)
        assert not slope.numpy()[~MASK].any()
        results.append((y.detach().numpy(), slope.numpy()))
    for other in results[1:]:
        for first, second in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", ["sum", "prod", "amax", "mean", "logsumexp", "var"])
def test_a_dtype_and_a_kept_dimension(name):
    y = getattr(masked, name)(minidl.tensor(X).float(), (0, 1), keepdim=True, dtype=minidl.float64)
    assert y.dtype == minidl.float64 and y.shape == (1, 1)


def test_logaddexp_leaves_out_what_either_mask_does():
    x, y = minidl.tensor([1.0, 2.0, 3.0]), minidl.tensor([4.0, 5.0, 6.0])
    first, second = minidl.tensor([True, False, False]), minidl.tensor([True, True, False])
    result = masked.logaddexp(x, y, input_mask=first, other_mask=second).numpy()
    np.testing.assert_allclose(result, [np.logaddexp(1, 4), 5, -np.inf], rtol=1e-6)


def test_corrections():
    x = minidl.tensor([1.0, 2.0, 4.0, 100.0])
    mask = minidl.tensor([True, True, True, False])
    for options, divisor in (({}, 2), ({"unbiased": False}, 3), ({"correction": 0.5}, 2.5), ({"correction": 2}, 1)):
        np.testing.assert_allclose(masked.var(x, mask=mask, **options).item(), 14 / 3 / divisor, rtol=1e-6)


def test_running_sums_keep_the_dtype_asked_for():
    x = minidl.tensor([1, 2, 3], dtype=minidl.int32)
    assert minidl.cumsum(x, 0, dtype=minidl.int32).dtype == minidl.int32
    assert minidl.cumprod(x, 0, dtype=minidl.int8).dtype == minidl.int8
    assert minidl.cumsum(x, 0).dtype == minidl.int64


FLOATS, ALL = minidl.ones(2, 3), minidl.ones(2, 3) > 0


@pytest.mark.parametrize(
    ("error", "message", "program"),
    [
        *[
            (ShapeError, rf"masked\.{name}: mask \(3, 2\) for input \(2, 3\)",
             lambda name=name: getattr(masked, name)(FLOATS, dim=1, mask=minidl.ones(3, 2) > 0))
            for name in REDUCTIONS + NORMALISATIONS
        ],
        (ShapeError, r"masked\.normalize: mask|masked\.norm: mask",
         lambda: masked.normalize(FLOATS, 2.0, 1, mask=minidl.ones(2) > 0)),
        (ShapeError, r"masked\.sum: mask \(1, 2, 3\)", lambda: masked.sum(FLOATS, mask=ALL[None])),
        (ShapeError, r"masked\.logaddexp: mask \(2,\)", lambda: masked.logaddexp(FLOATS, FLOATS, other_mask=ALL[:, 0])),
        (DtypeError, r"masked\.logaddexp: got int64", lambda: masked.logaddexp(FLOATS.long(), FLOATS)),
        (DtypeError, r"masked\.amax: got bool with a mask", lambda: masked.amax(ALL, mask=ALL)),
        (DtypeError, r"masked\.argmin: got bool with a mask", lambda: masked.argmin(ALL, mask=ALL)),
        (DtypeError, r"masked\.mean: got int64", lambda: masked.mean(FLOATS.long(), mask=ALL)),
        (DtypeError, r"masked\.mean: got int32", lambda: masked.mean(FLOATS, dtype=minidl.int32)),
        (DtypeError, r"masked\.std: got bool", lambda: masked.std(ALL)),
        (ArgumentError, r"masked\.var: unbiased False and correction 1",
         lambda: masked.var(FLOATS, unbiased=False, correction=1)),
        (DtypeError, r"vector_norm: got int64", lambda: masked.norm(FLOATS.long())),
        (DtypeError, r"softmax: got int64", lambda: masked.softmax(FLOATS.long(), 1, mask=ALL)),
        (ShapeError, r"masked\.mean: dim 2", lambda: masked.mean(FLOATS, 2)),
        (ArgumentError, r"masked\.prod: dim 0 appears twice", lambda: masked.prod(FLOATS, (0, 0))),
        (ShapeError, r"amax: nothing to choose from", lambda: masked.amax(minidl.zeros(0, 3), 0)),
    ],
)  # fmt: skip
def test_refusals(error, message, program):
    with pytest.raises(error, match=message):
        program()
