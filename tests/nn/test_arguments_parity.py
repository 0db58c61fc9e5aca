"""The arguments of constructors and calls: PyTorch's names, in their order, with their defaults."""

import inspect

import pytest

pytest.importorskip("torch")

import torch

import minidl
from minidl import nn

DEPRECATED = {"size_average", "reduce", "min_value", "max_value"}

FORWARDED = (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d, nn.SyncBatchNorm)
"""Whose last arguments are handed on to the class above."""

OTHER_SIGNATURES = {"RNN", "RNNBase"}
"""PyTorch's `RNN(*args, **kwargs)` names no arguments, and the bases of recurrent layers are called by none."""

CONTAINERS = ("Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential")

LAYERS = [
    name
    for name, kind in vars(torch.nn).items()
    if inspect.isclass(kind) and issubclass(kind, torch.nn.Module) and hasattr(nn, name) and name not in CONTAINERS
]


def arguments(function):
    """Names and defaults, without what is deprecated and what takes any."""
    return [
        (p.name, getattr(p.default, "__name__", p.default))  # a function by its name, relu say
        for p in inspect.signature(function).parameters.values()
        if p.name not in DEPRECATED and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]


def test_the_layers_are_found():
    assert len(LAYERS) > 130


@pytest.mark.parametrize(
    "name", [name for name in LAYERS if not name.startswith("Lazy") and name not in OTHER_SIGNATURES]
)
def test_a_layer_takes_pytorchs_arguments(name):
    ours, theirs = getattr(nn, name), getattr(torch.nn, name)
    expected = arguments(theirs)
    if ours in FORWARDED:
        assert [argument for argument, _ in expected[-3:]] == ["device", "dtype", "bias"]
        expected = expected[:-3]
    assert arguments(ours) == expected
    assert arguments(ours.forward) == arguments(theirs.forward)


@pytest.mark.parametrize("kind", FORWARDED)
def test_arguments_are_handed_on(kind):
    layer = kind(3, affine=True, device="cpu", dtype="float64", bias=False)
    assert layer.bias is None
    assert layer.weight.dtype == "float64"


def test_a_lazy_transposed_convolution_takes_the_size_wanted():
    layer = nn.LazyConvTranspose1d(2, 3, stride=2)
    assert tuple(layer(minidl.ones(1, 4, 2), output_size=[6]).shape) == (1, 2, 6)
