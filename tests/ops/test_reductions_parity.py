"""Reductions of nothing, of one, of ties, infinities and every dtype, in any order in memory: PyTorch's answers."""

import numpy as np
import pytest

import minidl

torch = pytest.importorskip("torch")

from against_pytorch import assert_same, assert_same_values  # noqa: E402 - which needs PyTorch
from test_reductions import REFUSED  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*degrees of freedom")  # of PyTorch's variances of one element

INF, NAN = float("inf"), float("nan")
RNG = np.random.default_rng(3)
CUBE = RNG.standard_normal((2, 3, 4))
TIES = np.array([[1.0, 1.0, 0.0, 1.0], [3.0, 2.0, 3.0, 3.0]])
SPECIAL = np.array([[1.0, NAN, -INF, INF], [2.0, 2.0, -1.0, -1.0], [0.0, -0.0, INF, 4.0], [-INF, -INF, -INF, -INF]])

OVER_ONE = {
    name: (lambda T, x, dim, keepdim, name=name: getattr(T, name)(x, dim=dim, keepdim=keepdim))
    for name in ["sum", "nansum", "mean", "nanmean", "prod", "var", "std", "var_mean", "std_mean", "logsumexp"]
}
CHOOSING = {
    name: (lambda T, x, dim, keepdim, name=name: getattr(T, name)(x, dim=dim, keepdim=keepdim))
    for name in ["amax", "amin", "max", "min", "aminmax", "argmax", "argmin", "median", "nanmedian"]
}
TRUTHS = {
    "all": lambda T, x, dim, keepdim: T.all(x, dim=dim, keepdim=keepdim),
    "any": lambda T, x, dim, keepdim: T.any(x, dim=dim, keepdim=keepdim),
    "count_nonzero": lambda T, x, dim, keepdim: T.count_nonzero(x, dim),
}
SEVERAL = [
    "sum",
    "nansum",
    "mean",
    "nanmean",
    "var",
    "std",
    "var_mean",
    "std_mean",
    "logsumexp",
    "amax",
    "amin",
    "all",
    "any",
    "count_nonzero",
]
EVERY = OVER_ONE | CHOOSING | TRUTHS


@pytest.mark.parametrize("name", REFUSED)
def test_pytorch_refuses_it_too(name):
    with pytest.raises((RuntimeError, ValueError, TypeError, IndexError, AttributeError)):
        REFUSED[name][0](torch)


# --- dimensions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", [0, 1, -1, -3])
@pytest.mark.parametrize("name", OVER_ONE | CHOOSING)
def test_one_dimension(name, dim, keepdim):
    assert_same(lambda T, x: EVERY[name](T, x, dim, keepdim), [CUBE], "float64", close=1e-10)


@pytest.mark.parametrize("dim", [(0, 1), (2, 0), (-1, -3), [1], (0, 1, 2)], ids=str)
@pytest.mark.parametrize("name", SEVERAL)
def test_several_dimensions_in_any_order(name, dim):
    for keepdim in (False, True):
        assert_same(lambda T, x, k=keepdim: EVERY[name](T, x, dim, k), [CUBE], "float64", close=1e-10)


@pytest.mark.parametrize(
    "name", ["sum", "nansum", "mean", "nanmean", "var", "std", "amax", "amin", "all", "any", "count_nonzero"]
)
def test_no_dimensions_are_all_or_for_truths_none(name):
    for keepdim in (False, True):
        assert_same_values(lambda T, x, k=keepdim: EVERY[name](T, x, (), k), [CUBE], close=1e-12)


@pytest.mark.parametrize("dim", [0, -1])
@pytest.mark.parametrize("name", EVERY)
def test_a_0d_tensor_counts_as_one_element(name, dim):
    for keepdim in (False, True):
        assert_same(lambda T, x, k=keepdim: EVERY[name](T, x, dim, k), [2.5], "float32", order=1)


@pytest.mark.parametrize(
    ("shape", "dim"), [((0,), 0), ((0, 3), 0), ((0, 3), 1), ((2, 0, 3), -2), ((2, 0, 3), 2)], ids=str
)
@pytest.mark.parametrize("name", OVER_ONE | TRUTHS)
def test_no_elements(name, shape, dim):
    for keepdim in (False, True):
        assert_same(lambda T, x, k=keepdim: EVERY[name](T, x, dim, k), [np.zeros(shape)], "float32", order=1)


@pytest.mark.parametrize("name", CHOOSING)
def test_nothing_chosen_from_no_rows(name):
    assert_same(lambda T, x: EVERY[name](T, x, 1, False), [np.zeros((0, 3))], "float32", order=1)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (), (1,)], ids=str)
@pytest.mark.parametrize(
    "name",
    ["sum", "nansum", "mean", "nanmean", "prod", "var", "std", "median", "nanmedian", "all", "any", "count_nonzero"],
)
def test_all_elements_of_few(name, shape):
    assert_same_values(lambda T, x: getattr(T, name)(x), [np.full(shape, 2.5, np.float32)])


# --- special numbers and ties ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [0, 1])
@pytest.mark.parametrize(
    "name",
    [
        "sum",
        "nansum",
        "mean",
        "var",
        "std",
        "amax",
        "amin",
        "max",
        "min",
        "argmax",
        "argmin",
        "median",
        "nanmedian",
        "all",
        "any",
    ],
)
def test_infinities_and_nan(name, dim):
    assert_same_values(lambda T, x: EVERY[name](T, x, dim, False), [SPECIAL])
    assert_same_values(lambda T, x: EVERY[name](T, x, dim, True), [SPECIAL.astype(np.float32)])


@pytest.mark.parametrize("name", ["amax", "amin", "aminmax", "max", "min", "median"])
def test_ties_share_the_gradient_or_the_first_has_it(name):
    whole = {"aminmax": lambda T, x: T.aminmax(x)}.get(name, lambda T, x: getattr(T, name)(x))
    assert_same(whole, [TIES], "float64", order=1)
    if name != "median":  # which of the equal elements stands in the middle is left open
        assert_same(lambda T, x: EVERY[name](T, x, 1, False), [TIES], "float64", order=1)


def test_logsumexp_at_infinities():
    rows = np.array([[1.0, 2.0, INF, -INF], [-INF, 0.0, 1.0, 2.0], [NAN, 1.0, 2.0, 3.0]])
    assert_same(lambda T, x: T.logsumexp(x, 1), [rows], "float64", order=1)


def test_logsumexp_of_minus_infinities_has_no_slope():
    x = minidl.full((2,), -INF).requires_grad_()
    y = x.logsumexp(0)
    y.backward()
    assert y.item() == -INF and x.grad.tolist() == [0, 0]  # NaN in PyTorch


def test_nanmean_of_nan_alone_has_no_slope():
    x = minidl.tensor([[NAN, NAN], [1.0, NAN]], requires_grad=True)
    y = x.nanmean(1)
    y[1].backward()
    np.testing.assert_array_equal(y.detach().numpy(), [NAN, 1])
    assert x.grad.tolist() == [[0, 0], [1, 0]]


@pytest.mark.parametrize("zeros", [0, 1, 2])
@pytest.mark.parametrize("name", ["prod", "cumprod"])
def test_products_with_zeros(name, zeros):
    rows = np.array([[2.0, -1.0, 3.0, 0.5]] * 2)
    rows[0, [1, 3][:zeros]] = 0
    assert_same(lambda T, x: getattr(T, name)(x, 1), [rows], "float64")


@pytest.mark.parametrize("values", [[3e38, 3e38], [1e-38, 1e-45], [1e30, 1.0, -1e30], [1e-30] * 3])
@pytest.mark.parametrize("name", ["sum", "mean", "logsumexp", "amax", "cumsum", "cumprod", "var"])
def test_the_ends_of_float32(name, values):
    assert_same_values(lambda T, x: getattr(T, name)(x, 0), [np.array(values, np.float32)], close=1e-6)


@pytest.mark.parametrize("name", ["mean", "var", "std", "var_mean", "std_mean", "sum", "prod", "cumsum", "cumprod"])
def test_half_precision_rounds_once_at_the_end(name):
    """The sums, squares and products on the way are greater, or finer, than float16 holds."""
    rows = np.array([[60000.0, 60000.0, 60000.0, 1e-4], [3.0, 1000.0, 1e-7, 0.3]], np.float16)
    assert_same_values(lambda T, x: getattr(T, name)(x, 1), [rows], close=1e-3)
    assert_same_values(lambda T, x: getattr(T, name)(x, 0), [np.full(7, 30000, np.float16)], close=1e-3)


@pytest.mark.parametrize("correction", [0, 1, 2, 1.5, -1])
def test_corrections(correction):
    for name in ("var", "std", "var_mean", "std_mean"):
        for dim in (None, 0, (0, 2)):
            assert_same(
                lambda T, x, n=name, d=dim: getattr(T, n)(x, d, correction=correction),
                [CUBE[:, :, :3]],
                "float64",
                order=1,
            )


def test_more_corrected_than_there_is():
    for shape in ((0, 2), (1, 2), (2, 2)):
        for correction in (-1, 0, 1, 2):
            x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
            assert_same_values(lambda T, x, c=correction: T.var(x, 0, correction=c), [x])


# --- dtypes ----------------------------------------------------------------------------------------------------------

WHOLE = {
    "int64": [[3, -1, 3], [0, 7, -5]],
    "int32": [[2**30, 2**30, 2**30], [1, 2, -3]],
    "int8": [[100, 100, -128], [1, 2, 127]],
    "uint8": [[200, 100, 0], [1, 255, 7]],
    "bool": [[True, False, True], [True, True, True]],
}


@pytest.mark.parametrize("dtype", WHOLE)
@pytest.mark.parametrize("name", ["sum", "nansum", "prod", "count_nonzero", "all", "any", "amax", "amin", "max", "min"])
def test_integers_and_booleans(name, dtype):
    x = np.array(WHOLE[dtype], dtype)
    for dim in (0, -1):
        assert_same_values(lambda T, x, d=dim: EVERY[name](T, x, d, False), [x])
    if name != "count_nonzero":
        assert_same_values(lambda T, x: getattr(T, name)(x), [x])
    assert_same_values(lambda T, x: T.cumsum(x, 1), [x])
    assert_same_values(lambda T, x: T.cumprod(x, 0), [x])


@pytest.mark.parametrize("to", ["bool", "uint8", "int8", "int32", "int64", "float16", "float32", "float64"])
@pytest.mark.parametrize("dtype", WHOLE)
def test_the_dtype_asked_for(dtype, to):
    x = np.array(WHOLE[dtype], dtype)
    for name in ("sum", "nansum", "prod"):
        assert_same_values(lambda T, x, n=name: getattr(T, n)(x, dtype=getattr(T, to)), [x])
        assert_same_values(lambda T, x, n=name: getattr(T, n)(x, 1, dtype=getattr(T, to)), [x])
    for name in ("cumsum", "cumprod"):
        if to != "bool":  # which PyTorch's have not
            assert_same_values(lambda T, x, n=name: getattr(T, n)(x, 0, dtype=getattr(T, to)), [x])
    if to.startswith("float") and dtype != "int32":  # whose sum leaves float16
        assert_same_values(lambda T, x: T.mean(x, 1, dtype=getattr(T, to)), [x], close=1e-3)


@pytest.mark.parametrize("dtype", ["uint8", "bool", "int32"])
def test_sums_to_a_size_are_int64(dtype):
    x = np.ones((2, 3), dtype)
    for size in ((1,), (3,), (2, 1), (), (2, 3)):
        assert_same_values(lambda T, x, s=size: x.sum_to_size(s), [x])


# --- layouts ----------------------------------------------------------------------------------------------------------

LAYOUTS = {
    "transposed": CUBE.transpose(2, 0, 1),
    "every other": CUBE[:, ::2, 1::2],
    "backwards": CUBE[::-1, :, ::-1],
    "repeated": np.broadcast_to(CUBE[:, :1], (2, 3, 4)),
    "column-major": np.asfortranarray(CUBE),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", EVERY)
def test_any_order_in_memory(name, layout):
    for dim in (0, -1):
        assert_same_values(lambda T, x, d=dim: EVERY[name](T, x, d, False), [LAYOUTS[layout]], close=1e-12)
