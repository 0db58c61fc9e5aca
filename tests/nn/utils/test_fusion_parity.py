"""A batch norm fused into the layer before it, and layers without initial values, against PyTorch."""

import numpy as np
import pytest
from weights_in_both import assert_same_state

import minidl
from minidl import nn
from minidl.errors import ArgumentError

torch = pytest.importorskip("torch")

PAIRS = [
    (lambda T: (T.nn.Conv2d(3, 4, 3), T.nn.BatchNorm2d(4)), (2, 3, 5, 6), "fuse_conv_bn_eval"),
    (lambda T: (T.nn.Conv2d(4, 4, 3, groups=2, bias=False), T.nn.BatchNorm2d(4)), (2, 4, 5, 6), "fuse_conv_bn_eval"),
    (lambda T: (T.nn.Conv2d(3, 4, 3), T.nn.BatchNorm2d(4, affine=False)), (2, 3, 5, 6), "fuse_conv_bn_eval"),
    (lambda T: (T.nn.Linear(3, 4), T.nn.BatchNorm1d(4)), (7, 3), "fuse_linear_bn_eval"),
]


@pytest.mark.parametrize(("build", "shape", "fuse"), PAIRS)
def test_the_fused_layer_gives_what_both_gave(build, shape, fuse):
    layer, norm = build(minidl)
    net = nn.Sequential(layer, norm)
    x = minidl.randn(*shape)
    for _ in range(3):
        net(x * 2 + 1)
    net.eval()
    expected = net(x).detach().numpy()
    fused = getattr(nn.utils, fuse)(layer, norm)
    np.testing.assert_allclose(fused(x).detach().numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(net(x).detach().numpy(), expected)  # the layer itself is unchanged
    theirs = torch.nn.Sequential(*build(torch)).eval()
    theirs.load_state_dict({key: torch.tensor(value.numpy()) for key, value in net.state_dict().items()})
    assert_same_state(fused, getattr(torch.nn.utils, fuse)(*theirs))
    assert all(isinstance(p, nn.Parameter) and p.requires_grad for p in fused.parameters())


@pytest.mark.parametrize("transpose", [False, True])
def test_fused_weights(transpose):
    rng = np.random.default_rng(3)
    shapes = [(4, 3, 2, 2) if not transpose else (3, 4, 2, 2), (4,), (4,), (4,), (4,), (4,)]
    w, b, mean, var, scale, shift = (np.abs(rng.normal(size=shape)).astype(np.float32) for shape in shapes)
    results = []
    for T in (minidl, torch):
        given = [T.tensor(a) for a in (w, b, mean, var)]
        results.append(
            T.nn.utils.fuse_conv_bn_weights(*given, 1e-3, T.tensor(scale), T.tensor(shift), transpose=transpose)
        )
    for ours, theirs in zip(*results, strict=True):
        assert not ours.requires_grad
        np.testing.assert_allclose(ours.numpy(), theirs.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_layers_in_training_are_refused():
    conv, norm = nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)
    with pytest.raises(ArgumentError, match="fuse_conv_bn_eval: needs both layers in evaluation"):
        nn.utils.fuse_conv_bn_eval(conv.eval(), norm)
    with pytest.raises(ArgumentError, match="fuse_linear_bn_eval: needs both layers in evaluation"):
        nn.utils.fuse_linear_bn_eval(nn.Linear(1, 2), norm.eval())


def test_skip_init_has_shapes_and_dtypes():
    for T in (minidl, torch):
        layer = T.nn.utils.skip_init(T.nn.Linear, 3, 5, bias=False, dtype=T.float64)
        assert isinstance(layer, T.nn.Linear)
        assert tuple(layer.weight.shape) == (5, 3)
        assert layer.weight.dtype == T.float64
        assert layer.weight.requires_grad
