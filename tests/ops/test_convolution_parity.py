"""Convolution and its transpose at the edges: odd geometries, empty batches, strides, whole numbers; as in PyTorch."""

import itertools

import numpy as np
import pytest

import minidl

torch = pytest.importorskip("torch")

from against_pytorch import assert_same, plain  # noqa: E402 - which needs PyTorch
from test_convolution import REFUSED  # noqa: E402

RNG = np.random.default_rng(15)


@pytest.mark.parametrize(("message", "error", "program"), REFUSED)
def test_pytorch_refuses_what_is_refused_here(message, error, program):
    with pytest.raises((RuntimeError, ValueError, TypeError, IndexError, AttributeError, ZeroDivisionError)):
        program(torch)


def normal(*shape):
    return RNG.standard_normal(shape)


def convolved(name, **options):
    return lambda T, x, w, b=None: getattr(T.nn.functional, name)(x, w, b, **options)


GEOMETRIES = {
    "1x1": ((2, 3, 4, 5), (4, 3, 1, 1), {}),
    "1x1 of one pixel": ((2, 3, 1, 1), (4, 3, 1, 1), {}),
    "1x1 with stride": ((2, 3, 5, 4), (4, 3, 1, 1), {"stride": (2, 3)}),
    "1x1 with padding": ((2, 3, 2, 2), (4, 3, 1, 1), {"padding": 2}),
    "kernel as large as the input": ((2, 3, 4, 5), (4, 3, 4, 5), {}),
    "kernel as large as the padded input": ((2, 3, 2, 3), (4, 3, 6, 5), {"padding": (2, 1)}),
    "dilated kernel as large as the padded input": ((1, 2, 3, 3), (2, 2, 3, 2), {"padding": 1, "dilation": (2, 4)}),
    "stride larger than the kernel": ((2, 3, 7, 8), (4, 3, 2, 2), {"stride": (3, 5)}),
    "stride beyond the input": ((1, 2, 3, 3), (2, 2, 2, 2), {"stride": 9}),
    "stride and dilation": ((2, 2, 9, 8), (3, 2, 3, 2), {"stride": (2, 3), "dilation": (3, 2), "padding": (4, 1)}),
    "depthwise": ((2, 4, 5, 5), (4, 1, 3, 3), {"groups": 4, "padding": 1}),
    "depthwise, several kernels each": ((2, 3, 5, 4), (6, 1, 2, 3), {"groups": 3, "stride": 2}),
    "groups of 1x1": ((2, 6, 3, 3), (4, 3, 1, 1), {"groups": 2}),
    "rows": ((2, 3, 1, 9), (4, 3, 1, 3), {"padding": (0, 1)}),
    "columns": ((2, 3, 9, 1), (4, 3, 3, 1), {"dilation": (2, 1)}),
    "one channel": ((1, 1, 6, 6), (1, 1, 3, 3), {"padding": 1}),
    "many channels": ((1, 33, 4, 4), (17, 33, 3, 3), {"padding": 1}),
    "same, even kernel": ((2, 3, 5, 4), (4, 3, 2, 4), {"padding": "same"}),
    "same, dilated": ((2, 3, 5, 4), (4, 3, 2, 3), {"padding": "same", "dilation": (3, 2)}),
    "valid": ((2, 3, 5, 4), (4, 3, 2, 3), {"padding": "valid", "stride": 2}),
    "one image": ((3, 5, 4), (4, 3, 2, 3), {"padding": 1}),
    "no images": ((0, 3, 5, 4), (4, 3, 2, 3), {"padding": 1}),
}


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("name", GEOMETRIES)
def test_conv2d(name, bias):
    x, w, options = GEOMETRIES[name]
    arrays = [normal(*x), normal(*w), *([normal(w[0])] if bias else [])]
    assert_same(convolved("conv2d", **options), arrays, "float64", order=1 if 0 in x else 2, close=1e-10)


@pytest.mark.parametrize("name", GEOMETRIES)
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_conv2d_in_less_precision(name, dtype):
    x, w, options = GEOMETRIES[name]
    arrays = [RNG.uniform(0.5, 1.0, shape) for shape in (x, w, w[:1])]
    assert_same(
        convolved("conv2d", **options), arrays, dtype, order=int(0 not in x), close=5e-3 if dtype == "float16" else 1e-5
    )


TRANSPOSED = {
    "1x1": ((2, 3, 4, 5), (3, 4, 1, 1), {}),
    "1x1 with stride": ((2, 3, 2, 3), (3, 4, 1, 1), {"stride": (2, 3), "output_padding": (1, 2)}),
    "of one pixel": ((2, 3, 1, 1), (3, 4, 3, 2), {}),
    "stride larger than the kernel": ((1, 2, 3, 2), (2, 3, 2, 1), {"stride": 4}),
    "all padded away but one": ((1, 2, 2, 2), (2, 3, 2, 2), {"padding": 1}),
    "padding with stride": ((2, 3, 4, 3), (3, 2, 3, 3), {"stride": 2, "padding": (1, 2), "output_padding": 1}),
    "output padding of dilation alone": ((2, 4, 4, 3), (4, 3, 2, 3), {"dilation": 2, "output_padding": 1}),
    "output padding of one direction": ((1, 2, 3, 3), (2, 3, 2, 3), {"dilation": (1, 3), "output_padding": (0, 2)}),
    "output padding and padding": ((1, 2, 4, 4), (2, 2, 3, 3), {"dilation": 3, "output_padding": 2, "padding": 3}),
    "output padding beyond the stride": ((1, 2, 3, 3), (2, 2, 2, 2), {"stride": 2, "dilation": 4, "output_padding": 3}),
    "padding beyond the kernel": ((1, 2, 6, 6), (2, 2, 2, 2), {"padding": 3}),
    "groups": ((2, 4, 3, 3), (4, 3, 2, 2), {"groups": 2, "stride": 2}),
    "depthwise": ((2, 4, 3, 3), (4, 1, 3, 3), {"groups": 4, "dilation": 2, "output_padding": 1}),
    "one image": ((3, 4, 4), (3, 2, 2, 3), {"stride": 3}),
    "no images": ((0, 3, 4, 4), (3, 2, 2, 3), {"stride": 3}),
}


@pytest.mark.parametrize("name", TRANSPOSED)
def test_conv_transpose2d(name):
    x, w, options = TRANSPOSED[name]
    arrays = [normal(*x), normal(*w), normal(w[1] * options.get("groups", 1))]
    assert_same(convolved("conv_transpose2d", **options), arrays, "float64", order=1 if 0 in x else 2, close=1e-10)


OTHER_RANKS = {
    "conv1d 1": ((2, 3, 5), (4, 3, 1), {"stride": 3}),
    "conv1d full": ((2, 4, 5), (4, 2, 4), {"padding": 3, "dilation": 3, "groups": 2}),
    "conv1d same": ((2, 3, 5), (4, 3, 4), {"padding": "same", "dilation": 3}),
    "conv1d one": ((3, 5), (4, 3, 2), {}),
    "conv1d none": ((0, 3, 5), (4, 3, 2), {}),
    "conv3d 1": ((2, 3, 2, 3, 4), (4, 3, 1, 1, 1), {"stride": (1, 2, 3)}),
    "conv3d full": ((1, 2, 2, 3, 2), (4, 1, 4, 3, 2), {"padding": (1, 0, 0), "groups": 2}),
    "conv3d same": ((1, 2, 3, 3, 4), (2, 2, 2, 3, 4), {"padding": "same"}),
    "conv3d strides": (
        (1, 2, 5, 4, 6),
        (2, 2, 2, 2, 2),
        {"stride": (3, 2, 4), "dilation": (2, 1, 3), "padding": (1, 0, 1)},
    ),
    "conv3d one": ((2, 3, 3, 3), (2, 2, 2, 2, 2), {}),
    "conv3d none": ((0, 2, 3, 3, 3), (2, 2, 2, 2, 2), {}),
    "conv_transpose1d 1": ((2, 3, 5), (3, 4, 1), {"stride": 3, "output_padding": 2}),
    "conv_transpose1d dilation": (
        (2, 4, 5),
        (4, 3, 3),
        {"dilation": 3, "output_padding": 2, "padding": 4, "groups": 2},
    ),
    "conv_transpose3d 1": ((1, 3, 2, 2, 3), (3, 2, 1, 1, 1), {"stride": (1, 2, 3)}),
    "conv_transpose3d dilation": ((1, 2, 3, 2, 2), (2, 2, 2, 2, 3), {"dilation": 2, "output_padding": 1}),
    "conv_transpose3d all": (
        (1, 4, 2, 2, 3),
        (4, 1, 2, 3, 2),
        {"stride": 2, "padding": 1, "output_padding": 1, "groups": 2},
    ),
    "conv_transpose3d none": ((0, 2, 3, 2, 2), (2, 2, 2, 2, 3), {}),
}


@pytest.mark.parametrize("name", OTHER_RANKS)
def test_other_ranks(name):
    x, w, options = OTHER_RANKS[name]
    function = name.split()[0]
    count = w[1] * options.get("groups", 1) if "transpose" in function else w[0]
    order = 1 if 0 in x else 2
    assert_same(convolved(function, **options), [normal(*x), normal(*w), normal(count)], "float64", order, 1e-10)


def by_loops(x, w, b, stride, padding, dilation, groups):
    """Convolution as its definition says it."""
    x = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:], strict=True)]
    sizes = [(n - r) // s + 1 for n, r, s in zip(x.shape[2:], reach, stride, strict=True)]
    y = np.zeros((len(x), len(w), *sizes), x.dtype)
    own = w.shape[1]
    for n, k, i, j in np.ndindex(y.shape):
        first = k // (len(w) // groups) * own
        y[n, k, i, j] = b[k]
        for c, u, v in itertools.product(range(own), range(w.shape[2]), range(w.shape[3])):
            y[n, k, i, j] += (
                w[k, c, u, v] * x[n, first + c, i * stride[0] + u * dilation[0], j * stride[1] + v * dilation[1]]
            )
    return y


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("dtype", ["float64", "int64"])
def test_against_loops(seed, dtype):
    rng = np.random.default_rng(seed)
    groups = int(rng.integers(1, 3))
    x = rng.integers(-9, 9, (2, 2 * groups, *rng.integers(4, 8, 2))).astype(dtype)
    w = rng.integers(-9, 9, (3 * groups, 2, *rng.integers(1, 4, 2))).astype(dtype)
    b = rng.integers(-9, 9, 3 * groups).astype(dtype)
    stride, dilation, padding = (tuple(rng.integers(low, 3, 2).tolist()) for low in (1, 1, 0))
    padding = tuple(p + 2 for p in padding)
    made = [minidl.from_numpy(a) for a in (x, w, b)]
    mine = minidl.nn.functional.conv2d(*made, stride, padding, dilation, groups).numpy()
    np.testing.assert_array_equal(mine, by_loops(x, w, b, stride, padding, dilation, groups), strict=True)


def test_no_channels_leave_the_bias():
    x, w, b = minidl.ones(2, 0, 5, 4), minidl.ones(3, 0, 2, 2), minidl.tensor([1.0, 2.0, 3.0])
    y = minidl.nn.functional.conv2d(x, w, b)  # PyTorch gives no channels, whatever the weight has
    assert y.shape == (2, 3, 4, 3) and (y == b.reshape(3, 1, 1)).all()


def test_no_outputs():
    """As of a linear layer; PyTorch refuses them in a convolution."""
    x = minidl.ones(2, 3, 5, 4)
    assert minidl.nn.functional.conv2d(x, minidl.ones(0, 3, 2, 2)).shape == (2, 0, 4, 3)
    assert minidl.nn.functional.conv_transpose2d(x, minidl.ones(3, 0, 2, 2)).shape == (2, 0, 6, 5)


SMALLER = ("int32", "int8", "uint8")
"""PyTorch has them without dilation, and not transposed."""


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        (name, dtype)
        for name, (_, _, options) in (GEOMETRIES | OTHER_RANKS).items()
        for dtype in ("int64", *(() if "dilation" in options or "transpose" in name else SMALLER))
    ],
)
def test_whole_numbers(name, dtype):
    x, w, options = (GEOMETRIES | OTHER_RANKS)[name]
    function = name.split()[0] if name in OTHER_RANKS else "conv2d"
    arrays = [RNG.integers(0, 4, shape).astype(dtype) for shape in (x, w)]
    np.testing.assert_array_equal(*plain(convolved(function, **options), arrays), strict=True)


VIEWS = {
    "upside down": lambda x: x[:, :, ::-1],
    "mirrored": lambda x: x[..., ::-1],
    "channels reversed": lambda x: x[:, ::-1],
    "every second": lambda x: x[:, :, ::2, 1::2],
    "channels last": lambda x: np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2),
    "transposed": lambda x: x.transpose(0, 1, 3, 2),
    "one image, repeated": lambda x: np.broadcast_to(x[:1], x.shape),
    "one channel, repeated": lambda x: np.broadcast_to(x[:, :1], x.shape),
}

OPERATORS = {
    "conv2d": lambda T, x, w: T.nn.functional.conv2d(x, w, padding=1),
    "conv2d with stride": lambda T, x, w: T.nn.functional.conv2d(x, w, stride=2),
    "conv_transpose2d": lambda T, x, w: T.nn.functional.conv_transpose2d(x, w, stride=2),
    "max_pool2d": lambda T, x, w: T.nn.functional.max_pool2d(x, 2, 1, 1),
    "max_pool2d indices": lambda T, x, w: T.nn.functional.max_pool2d(x, 2, return_indices=True)[1],
    "avg_pool2d": lambda T, x, w: T.nn.functional.avg_pool2d(x, 3, 2, 1),
    "adaptive_avg_pool2d": lambda T, x, w: T.nn.functional.adaptive_avg_pool2d(x, (2, 3)),
    "adaptive_max_pool2d": lambda T, x, w: T.nn.functional.adaptive_max_pool2d(x, (2, 3)),
    "batch_norm": lambda T, x, w: T.nn.functional.batch_norm(x, None, None, training=True),
    "group_norm": lambda T, x, w: T.nn.functional.group_norm(x, 2),
    "layer_norm": lambda T, x, w: T.nn.functional.layer_norm(x, x.shape[-2:]),
    "interpolate": lambda T, x, w: T.nn.functional.interpolate(x, (5, 7), mode="bilinear"),
    "unfold": lambda T, x, w: T.nn.functional.unfold(x, 2, stride=2),
    "pad": lambda T, x, w: T.nn.functional.pad(x, (1, 2, 0, 1), "reflect"),
    "pixel_unshuffle": lambda T, x, w: T.nn.functional.pixel_unshuffle(x[..., :2, :2], 2),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_strides_do_not_matter(name, view, dtype):
    x, w = VIEWS[view](normal(2, 4, 6, 8).astype(dtype)), VIEWS[view](normal(4, 4, 4, 4).astype(dtype))
    mine = OPERATORS[name](minidl, minidl.from_numpy(x), minidl.from_numpy(w))
    theirs = OPERATORS[name](torch, torch.from_numpy(x.copy()), torch.from_numpy(w.copy()))
    close = 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=close, atol=close)


@pytest.mark.parametrize("strange", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("name", ["conv2d", "conv2d with stride", "conv_transpose2d"])
def test_infinities_stay_where_they_are_seen(name, strange):
    x, w = normal(2, 4, 6, 8), np.abs(normal(4, 4, 3, 3))
    x[0, 1, 2, 3] = strange
    np.testing.assert_allclose(*plain(OPERATORS[name], [x, w]), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("options", [{}, {"stride": 1}, {"padding": 1}, {"dilation": 2}, {"ceil_mode": True}], ids=str)
@pytest.mark.parametrize("layout", ["channels first", "channels last"])
@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_of_equal_values_the_first_gets_the_gradient(dimensions, layout, options):
    random = np.random.default_rng(dimensions)
    x = random.integers(-2, 2, (2, 3, 9, 8, 7)[: dimensions + 2]).astype(np.float64)
    x[0, 0, :4] = -np.inf
    if layout == "channels last":
        x = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    results = []
    for T, tensor in ((minidl, minidl.from_numpy(x)), (torch, torch.from_numpy(x.copy()))):
        y = getattr(T.nn.functional, f"max_pool{dimensions}d")(tensor.requires_grad_(), 3, **options)
        weights = np.random.default_rng(9).normal(size=tuple(y.shape))
        y.backward(T.from_numpy(weights))
        results.append((y.detach().numpy(), tensor.grad.numpy()))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("options", [{}, {"padding": 1}, {"ceil_mode": True}], ids=str)
@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_nan_wins_in_every_window_that_sees_it(dimensions, options):
    x = normal(2, 3, 7, 8, 6)[(slice(None), slice(None), *(slice(None),) * dimensions, *(0,) * (3 - dimensions))]
    x.reshape(-1)[::37] = np.nan
    name = f"max_pool{dimensions}d"
    ours, theirs = (getattr(T.nn.functional, name)(T.from_numpy(x.copy()), 3, 2, **options) for T in (minidl, torch))
    assert np.isnan(ours.numpy()).any()
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
