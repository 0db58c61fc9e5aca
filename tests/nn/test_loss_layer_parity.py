"""Losses against PyTorch's: values, gradients, states, printing."""

import warnings

import pytest

pytest.importorskip("torch")

import torch
from loss_samples import SAMPLES
from twins import CLOSE, assert_alike, described

import minidl
from minidl import nn
from minidl.errors import MinidlWarning

IDS = [f"{build.__name__}-{[getattr(i, 'shape', i) for i in inputs]}"[:120] for build, *inputs in SAMPLES]


@pytest.mark.parametrize("dtype", list(CLOSE))
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")  # PyTorch's of KLDivLoss
def test_a_loss_equals_pytorchs(sample, reduction, dtype):
    build, *inputs = sample
    ours, theirs = build(nn, reduction).to(dtype), build(torch.nn, reduction).to(getattr(torch, dtype))
    assert repr(ours) == repr(theirs)
    assert described(ours.state_dict()) == described(theirs.state_dict())
    theirs.load_state_dict({key: torch.from_numpy(v.numpy().copy()) for key, v in ours.state_dict().items()})
    assert_alike(ours, theirs, inputs, dtype)


def test_a_divergence_is_divided_by_the_batch():
    samples = next(inputs for build, *inputs in SAMPLES if "KLDiv" in build.__name__)
    assert_alike(nn.KLDivLoss("batchmean"), torch.nn.KLDivLoss(reduction="batchmean"), samples, "float64")


@pytest.mark.parametrize("name", ["MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"])
def test_shapes_that_broadcast_are_warned_of_as_by_pytorch(name):
    told = []
    for T, N in ((minidl, nn), (torch, torch.nn)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            getattr(N, name)()(T.zeros(3, 1), T.zeros(3))
        told.append(caught)
    [[ours], [theirs]] = told
    assert ours.category is MinidlWarning
    assert str(ours.message).split(": ", 1)[1] == str(theirs.message).replace("torch.Size", "minidl.Size")
