"""Pairs of layers that a Sequential computes together, against the two called one by one."""

import copy

import numpy as np
import pytest

import minidl
from minidl import nn
from minidl.autograd import gradcheck, gradgradcheck
from minidl.errors import MinidlError, ShapeError

RANDOM = np.random.default_rng(8)
KINDS = [(nn.BatchNorm1d, (6, 3)), (nn.BatchNorm1d, (4, 3, 5)), (nn.BatchNorm2d, (3, 3, 4, 5)),
         (nn.BatchNorm3d, (2, 3, 2, 3, 4))]  # fmt: skip


def pair(kind, dtype=minidl.float64, **options):
    """Batch norm with any scale and shift, and ReLU."""
    norm = kind(3, dtype=dtype, **options)
    for parameter in norm.parameters():
        parameter.data = minidl.from_numpy(RANDOM.normal(0.5, 1, 3)).to(dtype)
    return nn.Sequential(norm, nn.ReLU())


def batch(shape, dtype=minidl.float64):
    return minidl.from_numpy(RANDOM.normal(2, 3, shape)).to(dtype)


def one_by_one(layers, x):
    for layer in layers:
        x = layer(x)
    return x


def gradients_of(function, layers, x):
    """The output, its gradients in x and the parameters, and the state afterwards."""
    x = x.detach().clone().requires_grad_()
    y = function(x)
    (y * y.detach().cos()).sum().backward()
    return [y, x.grad, *(p.grad for p in layers.parameters()), *layers.state_dict().values()]


def assert_same(layers, x, exactly=True):
    apart = copy.deepcopy(layers)
    together = gradients_of(layers, layers, x)
    for ours, theirs in zip(together, gradients_of(lambda x: one_by_one(apart, x), apart, x), strict=True):
        limits = {} if exactly else {"rtol": 1e-4, "atol": 1e-6}
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), **limits)
    return together[0]


def is_together(y):
    return y.grad_fn.name == "BatchNormReluBackward"


@pytest.mark.parametrize("options", [{}, {"momentum": None}, {"affine": False}, {"bias": False},
                                     {"track_running_stats": False}], ids=str)  # fmt: skip
@pytest.mark.parametrize(("kind", "shape"), KINDS)
def test_values_gradients_and_running_statistics(kind, shape, options):
    y = assert_same(pair(kind, **options), batch(shape))
    assert is_together(y)


@pytest.mark.parametrize("dtype", [minidl.float16, minidl.float32])
def test_other_dtypes(dtype):
    layers = pair(nn.BatchNorm2d, dtype)
    assert is_together(assert_same(layers, batch((4, 3, 9, 7), dtype), exactly=False))


def test_derivatives_of_first_and_second_order():
    layers = pair(nn.BatchNorm2d)
    x = batch((2, 3, 3, 2)).requires_grad_()
    parameters = list(layers.parameters())
    assert gradcheck(lambda x: layers(x), (x,)) and gradgradcheck(lambda x: layers(x), (x,))
    y = layers(x)
    first = minidl.autograd.grad((y * y).sum(), [x, *parameters], create_graph=True)
    second = minidl.autograd.grad(sum((g * g).sum() for g in first), [x, *parameters])
    y = one_by_one(layers, x)
    first = minidl.autograd.grad((y * y).sum(), [x, *parameters], create_graph=True)
    for ours, theirs in zip(second, minidl.autograd.grad(sum((g * g).sum() for g in first), [x, *parameters]),
                            strict=True):  # fmt: skip
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-9, atol=1e-9)


def test_equals_pytorch():
    torch = pytest.importorskip("torch")
    ours, x = pair(nn.BatchNorm2d), batch((5, 3, 6, 7))
    theirs = torch.nn.Sequential(torch.nn.BatchNorm2d(3, dtype=torch.float64), torch.nn.ReLU())
    theirs.load_state_dict({name: torch.from_numpy(value.numpy()) for name, value in ours.state_dict().items()})
    expected = gradients_of(theirs, theirs, torch.from_numpy(x.numpy()))
    for got, wanted in zip(gradients_of(ours, ours, x), expected, strict=True):
        np.testing.assert_allclose(got.detach().numpy(), wanted.detach().numpy(), rtol=1e-9, atol=1e-11)


def test_relu_in_place_is_the_same():
    layers = nn.Sequential(pair(nn.BatchNorm2d)[0], nn.ReLU(inplace=True))
    assert is_together(assert_same(layers, batch((3, 3, 4, 4))))


def test_evaluation_and_what_is_not_recorded():
    layers, x = pair(nn.BatchNorm2d), batch((3, 3, 4, 4))
    with minidl.no_grad():
        y, tracked = layers(x), layers.state_dict()
        assert not y.requires_grad and tracked["0.num_batches_tracked"].item() == 1
        np.testing.assert_array_equal(y.numpy(), one_by_one(copy.deepcopy(layers), x).numpy())
    layers.eval()
    np.testing.assert_array_equal(layers(x).detach().numpy(), one_by_one(layers, x).detach().numpy())


@pytest.mark.parametrize("place", [0, 1])
def test_hooks_see_what_comes_between(place):
    layers, x = pair(nn.BatchNorm2d), batch((3, 3, 4, 4))
    seen = []
    for register in ("register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook"):
        with_hook = copy.deepcopy(layers)
        handle = getattr(with_hook[place], register)(lambda module, *values: seen.append(values) and None)
        y = with_hook(x)
        y.sum().backward()
        assert len(seen) == 1 and not is_together(y)
        handle.remove()
        seen.clear()
        assert is_together(with_hook(x))


def test_a_layer_with_a_forward_of_its_own_is_called():
    class Shifted(nn.ReLU):
        def forward(self, input):
            return super().forward(input) + 1

    layers, x = pair(nn.BatchNorm2d), batch((3, 3, 4, 4))
    y = layers(x).detach().numpy()
    np.testing.assert_array_equal(nn.Sequential(layers[0], Shifted())(x).detach().numpy(), y + 1)
    layers[1].forward = lambda input: input * 0
    assert not layers(x).detach().numpy().any()


def test_an_error_names_the_layer():
    layers = nn.Sequential(nn.Identity(), *pair(nn.BatchNorm2d))
    with pytest.raises(ShapeError, match=r"^1 \(BatchNorm2d\): .*has 4 channels, the layer has 3"):
        layers(minidl.zeros(2, 4, 3, 3))


def block(dtype=minidl.float64, pool=None, **options):
    return nn.Sequential(*pair(nn.BatchNorm2d, dtype, **options), pool or nn.MaxPool2d(2))


def is_one(y):
    return y.grad_fn.name == "BatchNormReluPoolBackward"


@pytest.mark.parametrize("pool", [nn.MaxPool2d(2), nn.MaxPool2d((3, 1))], ids=str)
@pytest.mark.parametrize("options", [{}, {"momentum": None}, {"affine": False}, {"bias": False}], ids=str)
def test_batch_norm_relu_and_pool_are_one(options, pool):
    assert is_one(assert_same(block(pool=pool, **options), batch((4, 3, 7, 6))))


def test_the_three_in_single_and_half_precision():
    layers, x = block(minidl.float16), batch((4, 3, 8, 6), minidl.float16)
    single = copy.deepcopy(layers).to(minidl.float32)
    assert is_one(assert_same(copy.deepcopy(single), x.float(), exactly=False))
    for half, wanted in zip(gradients_of(layers, layers, x), gradients_of(single, single, x.float()), strict=True):
        np.testing.assert_allclose(half.detach().numpy(), wanted.detach().numpy(), rtol=2e-2, atol=2e-3)


def test_derivatives_of_the_three():
    layers, x = block(), batch((2, 3, 4, 4)).requires_grad_()
    assert gradcheck(lambda x: layers(x), (x,)) and gradgradcheck(lambda x: layers(x), (x,))


def test_the_three_equal_pytorch():
    torch = pytest.importorskip("torch")
    ours, x = block(), batch((5, 3, 6, 7))
    theirs = torch.nn.Sequential(torch.nn.BatchNorm2d(3, dtype=torch.float64), torch.nn.ReLU(), torch.nn.MaxPool2d(2))
    theirs.load_state_dict({name: torch.from_numpy(value.numpy()) for name, value in ours.state_dict().items()})
    expected = gradients_of(theirs, theirs, torch.from_numpy(x.numpy()))
    for got, wanted in zip(gradients_of(ours, ours, x), expected, strict=True):
        np.testing.assert_allclose(got.detach().numpy(), wanted.detach().numpy(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("pool", [nn.MaxPool2d(2, 1), nn.MaxPool2d(3, padding=1), nn.MaxPool2d(2, ceil_mode=True),
                                  nn.MaxPool2d(2, dilation=2), nn.AvgPool2d(2)], ids=str)  # fmt: skip
def test_other_pools_stay_apart(pool):
    assert not is_one(assert_same(block(pool=pool), batch((4, 3, 7, 6))))


def test_a_weight_of_zero_keeps_the_three_apart():
    layers = block()
    with minidl.no_grad():
        layers[0].weight[1] = 0
    assert not is_one(assert_same(layers, batch((4, 3, 7, 6))))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_hooks_keep_the_three_apart(place):
    layers, x, seen = block(), batch((3, 3, 4, 4)), []
    layers[place].register_forward_hook(lambda module, *values: seen.append(values) and None)
    assert not is_one(layers(x)) and len(seen) == 1


def test_errors_name_the_layer_of_the_three():
    with pytest.raises(ShapeError, match=r"^0 \(BatchNorm2d\): .*has 4 channels, the layer has 3"):
        block()(minidl.zeros(2, 4, 6, 6))
    with pytest.raises(ShapeError, match=r"^2 \(MaxPool2d\): "):
        block(minidl.float32, nn.MaxPool2d(9))(minidl.ones(2, 3, 6, 6))


POOLS = [(nn.MaxPool1d, (2, 3, 9)), (nn.MaxPool2d, (2, 3, 6, 7)), (nn.MaxPool3d, (2, 2, 4, 5, 4))]


def operators(y):
    """The names of those between a tensor and its leaf."""
    names, node = [], y.grad_fn
    while not isinstance(node, minidl.Tensor):
        names.append(node.name)
        node = node.edges[0]
    return names


def has_relu(y):
    """Whether some ReLU is an operator of its own."""
    return any("Relu" in name for name in operators(y))


@pytest.mark.parametrize("options", [{}, {"stride": 1}, {"padding": 1}, {"ceil_mode": True}], ids=str)
@pytest.mark.parametrize(("kind", "shape"), POOLS)
def test_pool_and_relu_in_either_order(kind, shape, options):
    x = minidl.from_numpy(RANDOM.integers(-4, 3, shape).astype(np.float64))  # many windows below zero, many equal
    pool = kind(3, **options)
    for layers in (nn.Sequential(nn.ReLU(), pool), nn.Sequential(pool, nn.ReLU())):
        assert not has_relu(assert_same(layers, x))
        assert has_relu(one_by_one(layers, x.requires_grad_()))


def test_derivatives_of_a_pool_with_its_relu():
    layers = nn.Sequential(nn.MaxPool2d(2, dilation=3, padding=1), nn.ReLU())
    x = batch((2, 3, 6, 5)).requires_grad_()
    assert gradcheck(lambda x: layers(x), (x,)) and gradgradcheck(lambda x: layers(x), (x,))


@pytest.mark.parametrize("shape", [(3, 6, 7), (2, 3, 6, 7)])
def test_what_has_no_batch_or_no_fraction(shape):
    layers, x = nn.Sequential(nn.MaxPool2d(2), nn.ReLU()), minidl.from_numpy(RANDOM.integers(-4, 3, shape))
    np.testing.assert_array_equal(layers(x).numpy(), one_by_one(layers, x).numpy())
    assert_same(layers, x.to(minidl.float64))


def test_places_are_those_of_the_pool_alone():
    layers = nn.Sequential(nn.MaxPool2d(2, return_indices=True), nn.ReLU())
    with pytest.raises(MinidlError):
        layers(batch((2, 3, 6, 7)))


@pytest.mark.parametrize("dtype", [minidl.float16, minidl.float32])
def test_pool_and_relu_in_other_dtypes(dtype):
    layers = nn.Sequential(nn.ReLU(), nn.MaxPool2d(2))
    assert not has_relu(assert_same(layers, (batch((4, 3, 8, 6)) - 2).to(dtype)))


@pytest.mark.parametrize("layer", [nn.Conv2d(3, 4, 3, dtype=minidl.float64), nn.BatchNorm2d(3, dtype=minidl.float64)],
                         ids=repr)  # fmt: skip
@pytest.mark.parametrize("pools", [(), (nn.MaxPool2d(2),)], ids=str)
def test_a_relu_in_place_of_what_nobody_sees(layer, pools):
    layers = nn.Sequential(layer, nn.ReLU(inplace=True), *pools).train(type(layer) is nn.Conv2d)
    assert has_relu(assert_same(layers, batch((2, 3, 7, 9)))) == (not pools)
    seen = []
    handle = layers[0].register_forward_hook(lambda module, inputs, output: seen.append(output))
    layers(batch((2, 3, 7, 9)))
    handle.remove()
    assert seen[0].min().item() == 0  # the layer's own result was changed


def test_nan_and_infinities_pass_pool_and_relu():
    x = batch((2, 3, 6, 6)) - 3
    x[0, :, 2, 3], x[1, 0, 0, 0], x[1, 2] = float("nan"), float("inf"), float("-inf")
    for layers in (nn.Sequential(nn.ReLU(), nn.MaxPool2d(2)), nn.Sequential(nn.MaxPool2d(2), nn.ReLU())):
        assert not has_relu(assert_same(layers, x))


def test_pool_and_relu_behind_other_layers_equal_pytorch():
    torch = pytest.importorskip("torch")

    def network(nn):
        first = nn.Conv2d(3, 5, 3), nn.ReLU(), nn.MaxPool2d(2)
        return nn.Sequential(*first, nn.BatchNorm2d(5), nn.ReLU(), nn.MaxPool2d(2))

    ours, theirs, x = network(nn).to(minidl.float64), network(torch.nn).double(), batch((2, 3, 14, 14))
    theirs.load_state_dict({name: torch.from_numpy(value.numpy()) for name, value in ours.state_dict().items()})
    for _ in range(2):
        expected = gradients_of(theirs, theirs, torch.from_numpy(x.numpy()))
        for got, wanted in zip(gradients_of(ours, ours, x), expected, strict=True):
            np.testing.assert_allclose(got.detach().numpy(), wanted.detach().numpy(), rtol=1e-9, atol=1e-10)
        ours.eval(), theirs.eval()


def test_the_order_stays_where_it_would_show():
    x = (batch((2, 3, 6, 6)) - 3).requires_grad_()
    kept = [(nn.ReLU(), nn.MaxPool2d(2, dilation=2)), (nn.LeakyReLU(), nn.MaxPool2d(2)), (nn.ReLU(), nn.AvgPool2d(2))]
    for layers in kept:
        assert has_relu(nn.Sequential(*layers)(x))
    values, places = nn.Sequential(nn.ReLU(), nn.MaxPool2d(2, return_indices=True))(x)
    assert has_relu(values)
    np.testing.assert_array_equal(places.numpy(), nn.MaxPool2d(2, return_indices=True)(nn.ReLU()(x))[1].numpy())
    given = batch((2, 3, 6, 6)) - 3
    nn.Sequential(nn.ReLU(inplace=True), nn.MaxPool2d(2))(given)
    assert given.min().item() == 0  # the input itself was changed


@pytest.mark.parametrize("place", [0, 1])
def test_hooks_see_the_usual_order(place):
    layers, x = nn.Sequential(nn.ReLU(), nn.MaxPool2d(2)), batch((2, 3, 6, 6)).requires_grad_()
    seen = []
    handle = layers[place].register_forward_hook(lambda module, inputs, output: seen.append(output.shape))
    assert has_relu(layers(x)) and seen == [((2, 3, 6, 6), (2, 3, 3, 3))[place]]
    handle.remove()
    layers[place].forward = lambda input: input + 0
    assert "AddBackward" in operators(layers(x))


def test_an_error_names_the_pool_that_came_first():
    layers = nn.Sequential(nn.ReLU(), nn.MaxPool2d(9))
    with pytest.raises(ShapeError, match=r"^1 \(MaxPool2d\): "):
        layers(minidl.zeros(2, 4, 3, 3))
