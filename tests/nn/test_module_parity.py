"""Modules against PyTorch's: how they print, their keys, shared parts and walks."""

import re

import pytest

import minidl
from minidl import nn

torch = pytest.importorskip("torch")


def layers(N):
    return [
        N.Linear(3, 4),
        N.Linear(3, 4, bias=False),
        N.Conv2d(3, 4, 3),
        N.Conv2d(4, 8, (3, 5), stride=2, padding=(1, 2), dilation=(1, 2), groups=2, bias=False),
        N.Conv2d(4, 8, 3, padding="same"),
        N.MaxPool2d(2),
        N.MaxPool2d((3, 2), stride=(1, 2), padding=1, dilation=2, ceil_mode=True),
        N.BatchNorm1d(5),
        N.BatchNorm2d(5, eps=1e-3, momentum=None, affine=False, track_running_stats=False),
        N.Dropout(),
        N.Flatten(),
        N.Flatten(0, 2),
        N.ReLU(),
        N.ReLU(inplace=True),
        N.LeakyReLU(),
        N.LeakyReLU(0.2),
        N.ELU(),
        N.ELU(0.5),
        N.Sigmoid(),
        N.Tanh(),
        N.Softmax(dim=1),
        N.MSELoss(),
        N.BCELoss(),
        N.BCEWithLogitsLoss(),
        N.NLLLoss(),
        N.CrossEntropyLoss(),
        N.Sequential(),
    ]


def printed(theirs):
    """PyTorch's repr without the argument that minidl's batch norm does not have."""
    return re.sub(r"(affine=\w+), bias=\w+", r"\1", repr(theirs))


@pytest.mark.parametrize(("ours", "theirs"), list(zip(layers(nn), layers(torch.nn), strict=True)), ids=repr)
def test_a_layer_prints_as_pytorchs(ours, theirs):
    assert repr(ours) == printed(theirs)


def nested(N):
    class Residual(N.Module):
        def __init__(self):
            super().__init__()
            self.body = N.Sequential(N.Conv2d(2, 2, 3, padding=1), N.BatchNorm2d(2), N.ReLU())
            self.scale = N.Parameter((minidl if N is nn else torch).ones(3))
            self.shortcut = None

        def extra_repr(self):
            return "channels=2"

    shared = N.Linear(4, 4)
    return N.Sequential(N.Sequential(N.Sequential(Residual(), N.Tanh())), N.Sequential(), shared, N.ReLU(), shared)


def test_a_nested_model_prints_as_pytorchs():
    assert repr(nested(nn)) == printed(nested(torch.nn))


def test_keys_and_walks_equal_pytorchs():
    ours, theirs = nested(nn), nested(torch.nn)
    assert [(k, tuple(v.shape)) for k, v in ours.state_dict().items()] == [
        (k, tuple(v.shape)) for k, v in theirs.state_dict().items()
    ]
    for walk in ("named_parameters", "named_buffers", "named_modules", "named_children"):
        assert [name for name, _ in getattr(ours, walk)()] == [name for name, _ in getattr(theirs, walk)()]


def test_apply_visits_in_pytorchs_order():
    visits = []
    for N in (nn, torch.nn):
        visited = []
        nested(N).apply(lambda module, visited=visited: visited.append(type(module).__name__))
        visits.append(visited)
    assert visits[0] == visits[1]


def test_a_parameter_prints_as_pytorchs():
    assert repr(nn.Parameter(minidl.ones(2))) == repr(torch.nn.Parameter(torch.ones(2)))


@pytest.mark.parametrize("nonlinearity", ["linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"])
def test_gains_equal_pytorchs(nonlinearity):
    assert nn.init.calculate_gain(nonlinearity) == torch.nn.init.calculate_gain(nonlinearity)


@pytest.mark.parametrize("slope", [0, 0.2, 5**0.5])
def test_the_gain_of_a_leaky_relu_follows_its_slope(slope):
    assert nn.init.calculate_gain("leaky_relu", slope) == torch.nn.init.calculate_gain("leaky_relu", slope)
