"""What each layer computes, against NumPy."""

import itertools
from collections import OrderedDict

import numpy as np
import pytest

import minidl
from minidl import nn

RNG = np.random.default_rng(11)


def normal(*shape, dtype="float32"):
    return RNG.standard_normal(shape).astype(dtype)


def run(layer, x):
    return layer(minidl.from_numpy(x)).detach().numpy()


def array(tensor):
    return tensor.detach().numpy()


# --- Linear, Flatten --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(5,), (7, 5), (0, 5), (2, 3, 5), (2, 0, 3, 5)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear_multiplies_the_last_dimension(shape, bias):
    layer = nn.Linear(5, 3, bias=bias, dtype=minidl.float64)
    x = normal(*shape, dtype="float64")
    expected = x @ array(layer.weight).T + (array(layer.bias) if bias else 0)
    result = run(layer, x)
    assert result.dtype == np.float64
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-13)


def test_linear_without_features_gives_its_bias():
    layer = nn.Linear(0, 3)
    np.testing.assert_array_equal(run(layer, normal(2, 0)), np.tile(array(layer.bias), (2, 1)))


@pytest.mark.parametrize(
    ("arguments", "shape", "expected"),
    [
        ((), (2, 3, 4), (2, 12)),
        ((), (0, 3, 4), (0, 12)),
        ((0,), (2, 3, 4), (24,)),
        ((1, 2), (2, 3, 4, 5), (2, 12, 5)),
        ((-2,), (2, 3, 4), (2, 12)),
    ],
)
def test_flatten(arguments, shape, expected):
    x = normal(*shape)
    np.testing.assert_array_equal(run(nn.Flatten(*arguments), x), x.reshape(expected))


# --- Conv2d, MaxPool2d ------------------------------------------------------------------------------------------------


def convolve(x, weight, bias, stride, padding, dilation, groups):
    """Each output a sum over its window."""
    x = np.pad(x, [(0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2])
    n, _, h, w = x.shape
    k, depth, kh, kw = weight.shape
    rows = (h - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    columns = (w - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    y = np.zeros((n, k, rows, columns))
    for out, i, j in itertools.product(range(k), range(rows), range(columns)):
        first = out // (k // groups) * depth
        top, left = i * stride[0], j * stride[1]
        window = x[:, first : first + depth, top :: dilation[0], left :: dilation[1]][:, :, :kh, :kw]
        y[:, out, i, j] = (window * weight[out]).sum((1, 2, 3)) + bias[out]
    return y


@pytest.mark.parametrize(
    "setting",
    [
        {"kernel_size": 3},
        {"kernel_size": (2, 3), "stride": (2, 1), "padding": (1, 0)},
        {"kernel_size": 3, "dilation": (2, 1), "groups": 2, "padding": 2},
        {"kernel_size": 1, "groups": 4},
        {"kernel_size": (3, 5), "padding": "same"},
        {"kernel_size": 3, "padding": "valid", "bias": False},
    ],
    ids=str,
)
def test_conv2d_sums_over_windows(setting):
    layer = nn.Conv2d(4, 8, **setting, dtype=minidl.float64)
    x = normal(2, 4, 7, 9, dtype="float64")
    padding = {"same": (1, 2), "valid": (0, 0)}.get(layer.padding, layer.padding)
    bias = np.zeros(8) if layer.bias is None else array(layer.bias)
    expected = convolve(x, array(layer.weight), bias, layer.stride, padding, layer.dilation, layer.groups)
    np.testing.assert_allclose(run(layer, x), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(run(layer, x[0]), expected[0], rtol=0, atol=1e-12)


def test_an_empty_batch_passes_every_layer_of_images():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(2), nn.BatchNorm2d(4).eval(), nn.Flatten(), nn.Linear(16, 2))
    result = net(minidl.from_numpy(normal(0, 3, 6, 6)))
    assert tuple(result.shape) == (0, 2)
    result.sum().backward()
    assert all(not p.grad.any() for p in net.parameters())


def pool(x, size, stride, padding, dilation, ceil_mode):
    """The greatest of each window; -inf around the image."""
    rows, columns = (
        int((np.ceil if ceil_mode else np.floor)((n + 2 * p - d * (k - 1) - 1) / s)) + 1
        for n, k, s, p, d in zip(x.shape[2:], size, stride, padding, dilation, strict=True)
    )
    if ceil_mode:  # a window starts inside the image or the padding before it
        rows -= (rows - 1) * stride[0] >= x.shape[2] + padding[0]
        columns -= (columns - 1) * stride[1] >= x.shape[3] + padding[1]
    wide = [(p, p + s + d * k) for p, s, d, k in zip(padding, stride, dilation, size, strict=True)]
    x = np.pad(x, [(0, 0), (0, 0), *wide], constant_values=-np.inf)
    y = np.empty((*x.shape[:2], rows, columns))
    for i, j in itertools.product(range(rows), range(columns)):
        window = x[:, :, i * stride[0] :: dilation[0], j * stride[1] :: dilation[1]][:, :, : size[0], : size[1]]
        y[:, :, i, j] = window.max((2, 3))
    return y


@pytest.mark.parametrize(
    ("setting", "full"),
    [
        ({"kernel_size": 2}, ((2, 2), (2, 2), (0, 0), (1, 1), False)),
        ({"kernel_size": (3, 2), "stride": (1, 2)}, ((3, 2), (1, 2), (0, 0), (1, 1), False)),
        ({"kernel_size": 3, "padding": 1, "ceil_mode": True}, ((3, 3), (3, 3), (1, 1), (1, 1), True)),
        ({"kernel_size": 2, "stride": 1, "dilation": 2}, ((2, 2), (1, 1), (0, 0), (2, 2), False)),
    ],
    ids=str,
)
def test_max_pool2d_takes_the_greatest_of_each_window(setting, full):
    x = normal(2, 3, 7, 9)
    np.testing.assert_array_equal(run(nn.MaxPool2d(**setting), x), pool(x, *full))


def test_max_pool2d_gives_where_each_value_stands():
    x = normal(2, 3, 6, 8)
    values, indices = nn.MaxPool2d(2, return_indices=True)(minidl.from_numpy(x))
    found = np.take_along_axis(x.reshape(2, 3, 48), array(indices).reshape(2, 3, 12), 2)
    np.testing.assert_array_equal(found.reshape(2, 3, 3, 4), array(values))
    np.testing.assert_array_equal(array(values), pool(x, (2, 2), (2, 2), (0, 0), (1, 1), False))


# --- activations ------------------------------------------------------------------------------------------------------

ACTIVATIONS = [
    (nn.ReLU(), lambda x: np.maximum(x, 0)),
    (nn.LeakyReLU(), lambda x: np.where(x > 0, x, 0.01 * x)),
    (nn.LeakyReLU(0.3), lambda x: np.where(x > 0, x, 0.3 * x)),
    (nn.ELU(), lambda x: np.where(x > 0, x, np.expm1(x))),
    (nn.ELU(0.5), lambda x: np.where(x > 0, x, 0.5 * np.expm1(x))),
    (nn.Sigmoid(), lambda x: 1 / (1 + np.exp(-x))),
    (nn.Tanh(), np.tanh),
    (nn.Softmax(dim=1), lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True)),
    (nn.Softmax(-1), lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True)),
]


@pytest.mark.parametrize(("layer", "formula"), ACTIVATIONS, ids=lambda value: repr(value) if value else "")
@pytest.mark.parametrize("shape", [(3, 4, 5), (0, 4, 5), (70, 5, 61)])
def test_activations(layer, formula, shape):
    x = 3 * normal(*shape, dtype="float64")
    np.testing.assert_allclose(run(layer, x), formula(x), rtol=1e-12, atol=1e-14)
    single = x.astype("float32")
    np.testing.assert_allclose(run(layer, single), formula(single.astype("float64")), rtol=3e-6, atol=1e-7)


def test_relu_inplace_writes_into_its_input():
    x = minidl.from_numpy(np.array([-1.0, 2.0]))
    assert nn.ReLU(inplace=True)(x) is x
    np.testing.assert_array_equal(x.numpy(), [0, 2])


# --- Dropout ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dropout_zeroes_a_share_p_and_scales_the_rest(p, dtype):
    minidl.manual_seed(3)
    size = 100_000
    y = run(nn.Dropout(p), np.ones(size, dtype))
    assert y.dtype == dtype
    dropped = np.mean(y == 0)
    assert abs(dropped - p) < 5 * np.sqrt(p * (1 - p) / size)
    np.testing.assert_allclose(y[y != 0], 1 / (1 - p), rtol=np.finfo(dtype).eps)


def test_dropout_draws_each_element_and_each_call_apart():
    minidl.manual_seed(4)
    layer = nn.Dropout(0.5)
    first, second = (run(layer, np.ones((300, 300), np.float32)) != 0 for _ in range(2))
    for one, other in [(first, second), (first[1:], first[:-1]), (first[:, 1:], first[:, :-1])]:
        assert abs(np.mean(one == other) - 0.5) < 0.01


def test_dropout_gives_the_gradient_the_same_mask():
    x = minidl.ones(1000).requires_grad_()
    y = nn.Dropout(0.3)(x)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), array(y))


def test_the_same_seed_drops_the_same_elements():
    x = np.ones(1000, np.float32)
    drawn = []
    for _ in range(2):
        minidl.manual_seed(5)
        drawn.append(run(nn.Dropout(), x))
    np.testing.assert_array_equal(*drawn)


def test_dropout_at_its_ends_and_in_evaluation():
    x = normal(50)
    np.testing.assert_array_equal(run(nn.Dropout(0), x), x)
    np.testing.assert_array_equal(run(nn.Dropout(1), x), np.zeros(50))
    np.testing.assert_array_equal(run(nn.Dropout(0.9).eval(), x), x)
    assert run(nn.Dropout(0.5), normal(0, 3)).shape == (0, 3)


# --- Sequential -------------------------------------------------------------------------------------------------------


def test_sequential_runs_its_modules_in_order():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    x = minidl.from_numpy(normal(5, 3))
    np.testing.assert_array_equal(array(net(x)), array(net[2](net[1](net[0](x)))))
    assert nn.Sequential()(x) is x


def test_sequential_takes_names():
    net = nn.Sequential(OrderedDict(first=nn.Linear(3, 4), act=nn.ReLU()))
    assert net.first is net[0]
    assert list(net.state_dict()) == ["first.weight", "first.bias"]


def test_sequential_is_indexed_sliced_and_iterated_over():
    modules = [nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2), nn.Tanh()]
    net = nn.Sequential(*modules)
    assert len(net) == 4
    assert list(net) == modules
    assert [net[i] for i in (0, -1)] == [modules[0], modules[3]]
    part = net[1:3]
    assert isinstance(part, nn.Sequential)
    assert list(part) == modules[1:3]
    assert list(part.state_dict()) == ["2.weight", "2.bias"]
    assert len(net[4:]) == 0
    with pytest.raises(IndexError):
        net[4]


def test_append_adds_at_the_end_and_replaces_nothing():
    modules = [nn.Linear(3, 4), nn.ReLU(), nn.Tanh()]
    net = nn.Sequential(*modules)
    assert net.append(nn.Sigmoid()) is net
    assert [type(m).__name__ for m in net] == ["Linear", "ReLU", "Tanh", "Sigmoid"]
    tail = net[2:].append(nn.ELU())
    assert [type(m).__name__ for m in tail] == ["Tanh", "Sigmoid", "ELU"]
