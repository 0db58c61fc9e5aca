"""nn.init against PyTorch's: names, gains, fans, and values where nothing is drawn."""

import inspect

import numpy as np
import pytest

import minidl
from minidl import nn
from minidl.errors import ArgumentError

torch = pytest.importorskip("torch")

FUNCTIONS = [name for name in dir(torch.nn.init) if name.endswith("_") and not name.startswith("_")]


def test_every_function_is_there_with_its_arguments():
    assert len(FUNCTIONS) == 14
    for name in [*FUNCTIONS, "calculate_gain"]:
        ours, theirs = (inspect.signature(getattr(init, name)).parameters for init in (nn.init, torch.nn.init))
        assert [(p.name, p.default) for p in ours.values()] == [(p.name, p.default) for p in theirs.values()], name


WORDS = ["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]
WORDS += [f"conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3)]


@pytest.mark.parametrize("word", WORDS)
def test_gains(word):
    assert nn.init.calculate_gain(word) == torch.nn.init.calculate_gain(word)


@pytest.mark.parametrize("slope", [True, "0.1", [0.1]])
def test_a_slope_that_is_no_number_is_refused(slope):
    for init in (nn.init, torch.nn.init):
        with pytest.raises(ValueError, match="slope"):
            init.calculate_gain("leaky_relu", slope)
    with pytest.raises(ArgumentError, match="calculate_gain: negative slope"):
        nn.init.calculate_gain("leaky_relu", slope)


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 5), (3, 4, 5, 6), (0, 4), (3, 0)])
def test_fans(shape):
    ours = nn.init._calculate_fan_in_and_fan_out(minidl.empty(*shape))
    assert ours == torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(*shape))


FIXED = [
    ("eye_", (4, 3), {}),
    ("dirac_", (4, 3, 5), {}),
    ("dirac_", (2, 5, 4, 3), {}),
    ("dirac_", (6, 2, 3, 3), {"groups": 3}),
    ("dirac_", (4, 4, 2, 3, 4), {"groups": 2}),
    ("constant_", (2, 3), {"val": 2.5}),
    ("ones_", (2, 3), {}),
    ("zeros_", (2, 3), {}),
    ("sparse_", (4, 3), {"sparsity": 0.7, "std": 0.0}),
]


@pytest.mark.parametrize(("name", "shape", "options"), FIXED)
def test_fixed_values(name, shape, options):
    values = [getattr(T.nn.init, name)(T.full(shape, 7.0), **options).numpy() for T in (minidl, torch)]
    np.testing.assert_array_equal(*values)


SPREADS = [
    ("xavier_uniform_", {"gain": 2.0}),
    ("xavier_normal_", {}),
    ("kaiming_uniform_", {"mode": "fan_out"}),
    ("kaiming_normal_", {"nonlinearity": "conv_transpose3d"}),
    ("trunc_normal_", {"mean": 0.5, "std": 2.0, "a": -1.0, "b": 3.0}),
    ("orthogonal_", {"gain": 3.0}),
    ("sparse_", {"sparsity": 0.3}),
]


@pytest.mark.parametrize(("name", "options"), SPREADS)
def test_drawn_values_have_the_same_spread(name, options):
    spreads = []
    for T in (minidl, torch):
        T.manual_seed(11)
        shape = (300, 400) if name == "sparse_" else (300, 40, 10)
        spreads.append(np.quantile(getattr(T.nn.init, name)(T.empty(shape), **options).numpy(), [0.1, 0.3, 0.7, 0.9]))
    np.testing.assert_allclose(*spreads, rtol=0.03, atol=0.03 * np.abs(spreads).max())
