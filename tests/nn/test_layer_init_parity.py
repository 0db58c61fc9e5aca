"""Default initial values against PyTorch's: the bounds, and two samples that one distribution could give."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from scipy import stats

import minidl
from minidl import nn

UNLIKELY = 1e-6
"""The chance that one distribution gives samples that differ so; the seeds are fixed."""

DRAWN = [
    lambda N: N.Linear(30, 400),
    lambda N: N.Bilinear(20, 9, 70),
    lambda N: N.Conv1d(10, 400, 3),
    lambda N: N.Conv2d(6, 300, (2, 5), groups=2),
    lambda N: N.Conv3d(4, 300, 2),
    lambda N: N.ConvTranspose1d(60, 50, 3),
    lambda N: N.ConvTranspose2d(30, 40, (2, 5), groups=2),
    lambda N: N.ConvTranspose3d(30, 40, 2),
    lambda N: N.LazyLinear(400),
    lambda N: N.LinearCrossEntropyLoss(30, 400, bias=True),
    lambda N: N.AdaptiveLogSoftmaxWithLoss(30, 400, [50, 200], head_bias=True),
    lambda N: N.Embedding(300, 20),
    lambda N: N.EmbeddingBag(300, 20),
]

FIXED = [
    lambda N: N.PReLU(5, init=0.1),
    lambda N: N.Embedding(3, 2, padding_idx=1),
    lambda N: N.EmbeddingBag(3, 2, padding_idx=-1),
    lambda N: N.BatchNorm3d(4),
    lambda N: N.SyncBatchNorm(4),
    lambda N: N.InstanceNorm2d(4, affine=True, track_running_stats=True),
    lambda N: N.LayerNorm((2, 3)),
    lambda N: N.RMSNorm(5),
    lambda N: N.GroupNorm(2, 4),
]


def states(build, times=1):
    """The values of each key of a few layers of both frameworks, one behind the other."""
    minidl.manual_seed(3)
    torch.manual_seed(3)
    pools = []
    for N, T in ((nn, minidl), (torch.nn, torch)):
        layers = [build(N) for _ in range(times)]
        for layer in layers:
            if "Lazy" in type(layer).__name__:
                layer(T.ones(2, 30))
        pools.append({key: np.stack([layer.state_dict()[key].numpy() for layer in layers]) for key in
                      layers[0].state_dict()})  # fmt: skip
    return pools


@pytest.mark.parametrize("build", DRAWN, ids=[repr(build(nn)).split("\n")[0] for build in DRAWN])
def test_weights_start_in_pytorchs_distribution(build):
    ours, theirs = states(build, times=20)
    assert list(ours) == list(theirs)
    for key, values in ours.items():
        mine, other = values.ravel(), theirs[key].ravel()
        assert mine.dtype == other.dtype
        assert stats.ks_2samp(mine, other).pvalue > UNLIKELY
        if "Embedding" not in type(build(nn)).__name__:
            assert np.abs(mine).max() == pytest.approx(np.abs(other).max(), rel=0.02)
        assert mine.std() == pytest.approx(other.std(), rel=0.05)
        assert abs(mine.mean()) < 5 * mine.std() / np.sqrt(mine.size)


@pytest.mark.parametrize("build", FIXED, ids=[repr(build(nn)) for build in FIXED])
def test_what_is_not_drawn_equals_pytorchs(build):
    ours, theirs = states(build)
    assert list(ours) == list(theirs)
    for key, values in ours.items():
        if "Embedding" in type(build(nn)).__name__:
            assert np.array_equal(values == 0, theirs[key] == 0)
        else:
            np.testing.assert_array_equal(values, theirs[key])


@pytest.mark.parametrize("build", [*DRAWN[:8], *DRAWN[11:], *FIXED[:1]])
def test_a_reset_layer_starts_anew(build):
    layer = build(nn)
    before = {key: value.numpy().copy() for key, value in layer.state_dict().items()}
    for parameter in layer.parameters():
        parameter.detach().fill_(7.0)
    layer.reset_parameters()
    for key, value in layer.state_dict().items():
        assert np.abs(value.numpy()).max() < 7
        assert value.numpy().std() == pytest.approx(before[key].std(), rel=0.5, abs=1e-9)


def test_reset_statistics_start_anew():
    layer = nn.BatchNorm1d(3)
    fresh = {key: value.numpy().copy() for key, value in layer.state_dict().items()}
    layer(minidl.rand(5, 3))
    layer.weight.detach().fill_(7.0)
    layer.reset_parameters()
    for key, value in layer.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), fresh[key])
