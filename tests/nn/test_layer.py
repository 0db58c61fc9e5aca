"""How layers without parameters are declared; and layers that follow from others."""

import inspect
from dataclasses import field

import numpy as np
import pytest

import minidl
from minidl import nn
from minidl.nn.layer import layer

RNG = np.random.default_rng(14)


@layer
class Scale(nn.Module):
    factor: float
    shift: float = 0.0
    inplace: bool = False
    secret: int = field(default=3, repr=False)

    def forward(self, input):
        return input * self.factor + self.shift


def test_settings_are_arguments_attributes_and_text():
    assert str(inspect.signature(Scale)) == (
        "(factor: float, shift: float = 0.0, inplace: bool = False, secret: int = 3) -> None"
    )
    scale = Scale(2.0, shift=1)
    assert (scale.factor, scale.shift, scale.inplace, scale.secret) == (2.0, 1, False, 3)
    assert repr(scale) == "Scale(factor=2.0, shift=1)"
    assert repr(Scale(2.0, inplace=True)) == "Scale(factor=2.0, shift=0.0, inplace=True)"
    assert scale(minidl.ones(2)).tolist() == [3, 3]


def test_a_layer_is_a_module_of_its_own():
    net = nn.Sequential(Scale(2.0), Scale(2.0)).eval()
    assert [m.training for m in net] == [False, False]
    assert net[0] != net[1]
    assert hash(net[0]) == hash(net[0])


def test_a_subclass_may_have_a_constructor_of_its_own():
    class Double(Scale):
        note: str

        def __init__(self):
            super().__init__(2.0)
            self.inner = nn.Linear(1, 1)

    assert repr(Double()) == (
        "Double(\n  factor=2.0, shift=0.0\n  (inner): Linear(in_features=1, out_features=1, bias=True)\n)"
    )


@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 5), (2, 3, 4, 5), (2, 3, 2, 4, 3)])
def test_synchronised_batch_norm_is_batch_norm(shape):
    x = minidl.from_numpy(RNG.standard_normal(shape))
    usual = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}[len(shape)]
    results, states = [], []
    for kind in (usual, nn.SyncBatchNorm):
        norm = kind(3, momentum=0.3, bias=False, dtype=minidl.float64)
        results += [norm(x).tolist(), norm.eval()(x).tolist()]
        states.append({key: value.tolist() for key, value in norm.state_dict().items()})
    assert results[:2] == results[2:]
    assert states[0] == states[1]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 9])
def test_cross_map_norm_has_as_many_neighbours_on_both_sides(size):
    x = RNG.standard_normal((2, 7, 3, 2))
    expected = np.empty_like(x)
    reach = (size - 1) // 2
    for c in range(7):
        squares = (x[:, max(c - reach, 0) : c + reach + 1] ** 2).sum(1)
        expected[:, c] = x[:, c] / (2 + 0.5 / size * squares) ** 0.75
    result = nn.CrossMapLRN2d(size, alpha=0.5, k=2)(minidl.from_numpy(x))
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-12)
