"""Functions that few programs use: Vandermonde matrices, older norms, copies of parts, convolutions by number."""

import numpy as np
import pytest

import minidl
from minidl.errors import ArgumentError, DtypeError, MinidlWarning, ShapeError

torch = pytest.importorskip("torch")

from against_pytorch import assert_same  # noqa: E402 - which needs PyTorch

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "program",
    [
        lambda T, x: T.frobenius_norm(x, []),
        lambda T, x: T.frobenius_norm(x, [0, 1], True),
        lambda T, x: T.frobenius_norm(x, 1),
        lambda T, x: T.nuclear_norm(x),
        lambda T, x: T.nuclear_norm(x, True),
        lambda T, x: T.nuclear_norm(x, [1, 0]),
        lambda T, x: T.norm_except_dim(x),
        lambda T, x: T.norm_except_dim(x, 2, 1),
        lambda T, x: T.norm_except_dim(x, 1, -1),
        lambda T, x: T.norm_except_dim(x, 3, -2),
        lambda T, x: T.select_copy(x, 1, -1),
        lambda T, x: T.slice_copy(x, 1, 1, -1),
        lambda T, x: T.slice_copy(x, 1, None, None, 2),
        lambda T, x: T.slice_copy(x),
        lambda T, x: T.bilinear(x, x * 2, T.ones(2, 4, 4, dtype=x.dtype)),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_and_derivatives(program, dtype):
    assert_same(program, [RNG.uniform(0.5, 1.5, (3, 4))], dtype, close=1e-4 if dtype == "float32" else 1e-9)


@pytest.mark.parametrize("options", [{}, {"N": 2}, {"N": 6, "increasing": True}, {"N": 1}, {"N": 0}])
def test_vander(options):
    x = RNG.normal(size=4)
    mine, other = minidl.vander(minidl.from_numpy(x), **options), torch.vander(torch.from_numpy(x), **options)
    np.testing.assert_allclose(mine, other, rtol=1e-12)
    assert minidl.autograd.gradcheck(lambda x: minidl.vander(x, 4), minidl.from_numpy(x).requires_grad_())


def test_vander_of_whole_numbers():
    for x in ([1, 2, 3], [True, False]):
        mine, other = minidl.vander(minidl.tensor(x)), torch.vander(torch.tensor(x))
        assert mine.tolist() == other.tolist() and mine.dtype == minidl.int64
    with pytest.raises(ShapeError, match=r"vander: shape \(2, 2\) and N None"):
        minidl.vander(minidl.ones(2, 2))


@pytest.mark.parametrize(
    ("bounds", "options"),
    [
        ((0, 5), {}),
        ((1, 2, 0.3), {}),
        ((3, 1, -1), {}),
        ((0, 3), {"dtype": "int64"}),
        ((0.5, 3), {"dtype": "int64"}),
        ((2, 2), {"dtype": "float64"}),
    ],
)
def test_range_includes_its_end_and_warns(bounds, options):
    with pytest.warns(MinidlWarning, match="use arange"):
        mine = minidl.range(*bounds, **{key: getattr(minidl, value) for key, value in options.items()})
    with pytest.warns(UserWarning, match="deprecated"):
        other = torch.range(*bounds, **{key: getattr(torch, value) for key, value in options.items()})
    assert str(mine.dtype) == str(other.dtype).removeprefix("torch.")
    np.testing.assert_allclose(mine.numpy(), other.numpy(), rtol=1e-6)


@pytest.mark.parametrize("bounds", [(5,), (0, 5, -1), (0, 1, 0), (0, float("inf"))])
@pytest.mark.filterwarnings("ignore:range")
def test_range_refuses_steps_that_do_not_lead_to_the_end(bounds):
    with pytest.raises(ArgumentError, match=r"range: .*needs finite bounds|range: end is missing"):
        minidl.range(*bounds)


@pytest.mark.parametrize("options", [{}, {"count": 2}, {"offset": 4}, {"count": 1, "offset": 3}])
def test_frombuffer_shares_the_memory(options):
    data = bytearray(range(8))
    mine = minidl.frombuffer(data, dtype=minidl.int32 if len(options) < 2 else minidl.int16, **options)
    other = torch.frombuffer(data, dtype=torch.int32 if len(options) < 2 else torch.int16, **options)
    assert mine.tolist() == other.tolist()
    data[:] = bytes(8)
    assert not mine.any()


@pytest.mark.parametrize("options", [{"offset": 1}, {"count": 0}, {"offset": 9}, {"count": 5}, {"offset": -1}])
def test_frombuffer_refuses_what_pytorch_does(options):
    with pytest.raises(ValueError, match=r"buffer|offset|count"):
        torch.frombuffer(bytearray(8), dtype=torch.int32, **options)
    with pytest.raises(ArgumentError, match=r"frombuffer: count .* from byte .* of 8"):
        minidl.frombuffer(bytearray(8), dtype=minidl.int32, **options)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_convolution_of_any_number_of_dimensions(count, transposed):
    x, weight, bias = RNG.normal(size=(2, 4, *[6] * count)), RNG.normal(size=(4, 2, *[3] * count)), RNG.normal(size=4)

    def program(T, x, weight, bias):
        extra = [1] * count if transposed else [0] * count
        return T.convolution(x, weight, bias, [2] * count, [1] * count, [1] * count, transposed, extra, 2)

    assert_same(program, [x, weight, bias], "float64", close=1e-9)


def test_convolution_with_time_first():
    arrays = [RNG.normal(size=(7, 2, 3)), RNG.normal(size=(3, 3, 5)), RNG.normal(size=5)]
    assert_same(lambda T, x, w, b: T.conv_tbc(x, w, b, 1), arrays, "float64", order=1, close=1e-9)
    with pytest.raises(ShapeError, match=r"conv_tbc: input \(7, 2\)"):
        minidl.conv_tbc(minidl.ones(7, 2), minidl.ones(3, 3, 5), minidl.ones(5))
    with pytest.raises(ShapeError, match=r"convolution: weight .* needs 3 to 5 dimensions"):
        minidl.convolution(minidl.ones(1, 1), minidl.ones(1, 1), None, [1], [0], [1], False, [0], 1)


@pytest.mark.parametrize(("mode", "padding"), [(0, 0), (1, 1), (2, 2)])
def test_grid_sampler_by_numbers(mode, padding):
    x, grid = RNG.normal(size=(1, 2, 4, 5)), RNG.uniform(-1.2, 1.2, (1, 3, 3, 2))
    assert_same(lambda T, x, g: T.grid_sampler(x, g, mode, padding, True), [x, grid], "float64", 1, 1e-9)
    with pytest.raises(ArgumentError, match="grid_sampler: modes 3 and 0"):
        minidl.grid_sampler(minidl.from_numpy(x), minidl.from_numpy(grid), 3, 0, True)
    with pytest.raises(ShapeError, match=r"grid_sampler_3d: input .* needs 5 dimensions"):
        minidl.grid_sampler_3d(minidl.from_numpy(x), minidl.from_numpy(grid), 0, 0, True)


def test_affine_grid_generator():
    theta = RNG.normal(size=(1, 2, 3))
    assert_same(lambda T, t: T.affine_grid_generator(t, [1, 1, 3, 4], False), [theta], "float64", 1, 1e-12)


def test_orgqr():
    a = RNG.normal(size=(4, 3))
    for T, x in ((minidl, minidl.from_numpy(a)), (torch, torch.from_numpy(a))):
        q = T.orgqr(*T.geqrf(x))
        np.testing.assert_allclose(q.T @ q, np.eye(3), atol=1e-12)
        np.testing.assert_array_equal(x.orgqr(T.geqrf(x)[1]), T.orgqr(x, T.geqrf(x)[1]))


def test_binomial_has_its_mean_and_variance():
    minidl.manual_seed(0)
    drawn = minidl.binomial(minidl.full((20000,), 10.0), minidl.tensor(0.3))
    assert drawn.dtype == minidl.float32 and drawn.min() >= 0 and drawn.max() <= 10
    assert abs(drawn.mean().item() - 3) < 0.05 and abs(drawn.var().item() - 2.1) < 0.1
    with pytest.raises(DtypeError, match="binomial: got int64"):
        minidl.binomial(minidl.tensor([5]), minidl.tensor([0.5]))
    with pytest.raises(ArgumentError, match="binomial: a probability"):
        minidl.binomial(minidl.tensor([5.0]), minidl.tensor([1.5]))
    for T in (minidl, torch):
        counted = T.binomial(T.tensor([5.0]), T.tensor([0.5], requires_grad=True))
        with pytest.raises(RuntimeError):
            counted.backward()


def test_native_dropout_tells_what_it_left():
    minidl.manual_seed(0)
    x = minidl.ones(1000, requires_grad=True)
    y, kept = minidl.native_dropout(x, 0.25, True)
    assert kept.dtype == minidl.bool and 700 < kept.sum() < 800
    np.testing.assert_allclose(y.detach().numpy(), kept.numpy() / 0.75, rtol=1e-6)
    for T in (minidl, torch):
        y, kept = T.native_dropout(T.ones(3), 0.5, False)
        assert y.tolist() == [1, 1, 1] and kept.tolist() == [True] * 3
        assert not T.native_dropout(T.ones(3), 1.0, True)[0].any()
    with pytest.raises(ArgumentError, match="p=2"):
        minidl.native_dropout(minidl.ones(3), 2.0, True)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"reduce": "median", "lengths": [3]}, ArgumentError, "reduce 'median'; needs one of sum"),
        ({"reduce": "sum"}, ArgumentError, "needs either lengths or offsets"),
        ({"reduce": "sum", "lengths": [1, 1]}, ShapeError, "the lengths must not be negative, and sum to 3"),
        ({"reduce": "sum", "lengths": [[3]]}, ShapeError, r"lengths \(1, 1\) for data \(3,\)"),
    ],
)
def test_segments_refused(arguments, error, message):
    given = {key: minidl.tensor(value) if isinstance(value, list) else value for key, value in arguments.items()}
    with pytest.raises(error, match=f"segment_reduce: {message}"):
        minidl.segment_reduce(minidl.ones(3), **given)
