"""parametrize.register_parametrization and what is built on it, against PyTorch."""

import copy

import numpy as np
import pytest
from weights_in_both import assert_same_pass, assert_same_passes, assert_same_state, twins

import minidl
from minidl import nn
from minidl.errors import ArgumentError, ShapeError

torch = pytest.importorskip("torch")

ROWS = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
IMAGES = np.random.default_rng(1).normal(size=(2, 3, 6, 5)).astype(np.float32)


def symmetric(T):
    """A parametrization that needs no right inverse."""

    class Symmetric(T.nn.Module):
        def forward(self, x):
            return x.triu() + x.triu(1).T

    return Symmetric()


def doubled(T):
    """One that can be assigned, with a buffer of its own."""

    class Doubled(T.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("factor", T.tensor(2.0))

        def forward(self, x):
            return x * self.factor

        def right_inverse(self, x):
            return x / self.factor

    return Doubled()


def registered(T, *parametrizations, layer=None):
    layer = T.nn.Linear(3, 3) if layer is None else layer
    for each in parametrizations:
        T.nn.utils.parametrize.register_parametrization(layer, "weight", each(T))
    return layer


OWN = {
    "one": lambda T: registered(T, symmetric),
    "with a right inverse": lambda T: registered(T, doubled),
    "several": lambda T: registered(T, doubled, symmetric, doubled),
}


@pytest.mark.parametrize("build", OWN.values(), ids=OWN.keys())
def test_own_parametrizations(build):
    ours, theirs = twins(torch, build)
    assert repr(ours) == repr(theirs)
    assert_same_pass(torch, ours, theirs, ROWS)
    assert nn.utils.parametrize.is_parametrized(ours, "weight")
    assert not nn.utils.parametrize.is_parametrized(ours, "bias")
    assert nn.utils.parametrize.type_before_parametrizations(ours) is nn.Linear
    assert isinstance(ours, nn.Linear)


def orthogonal(size, way, trivialized=True):
    def build(T):
        return T.nn.utils.parametrizations.orthogonal(
            T.nn.Linear(3, size), orthogonal_map=way, use_trivialization=trivialized
        )

    return build


READY = {
    "weight norm": (lambda T: T.nn.utils.parametrizations.weight_norm(T.nn.Conv2d(3, 5, 3)), IMAGES),
    "weight norm by input": (lambda T: T.nn.utils.parametrizations.weight_norm(T.nn.Conv2d(3, 5, 3), dim=1), IMAGES),
    "weight norm as a whole": (lambda T: T.nn.utils.parametrizations.weight_norm(T.nn.Linear(3, 5), dim=None), ROWS),
    "spectral norm": (lambda T: T.nn.utils.parametrizations.spectral_norm(T.nn.Conv2d(3, 5, 3)), IMAGES),
    "spectral norm by input": (
        lambda T: T.nn.utils.parametrizations.spectral_norm(T.nn.Conv2d(3, 5, 3), n_power_iterations=2, dim=1),
        IMAGES,
    ),
    "spectral norm of a vector": (
        lambda T: T.nn.utils.parametrizations.spectral_norm(T.nn.Linear(3, 5), "bias"),
        ROWS,
    ),
    **{
        f"orthogonal {size}x3, {way}": (orthogonal(size, way), ROWS)
        for size in (2, 3, 5)
        for way in (None, "matrix_exp", "cayley", "householder")
    },
    **{f"orthogonal {size}x3, fixed base": (orthogonal(size, "householder", False), ROWS) for size in (2, 5)},
}


@pytest.mark.parametrize(("build", "x"), READY.values(), ids=READY.keys())
def test_ready_made_parametrizations(build, x):
    assert_same_passes(torch, build, x)


@pytest.mark.parametrize("way", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("size", [2, 3, 5])
def test_orthogonal_weights_stay_orthogonal_in_training(way, size):
    layer = orthogonal(size, way)(minidl)
    optimizer = minidl.optim.SGD(layer.parameters(), lr=0.1)
    start = layer.weight.detach().numpy().copy()
    for _ in range(5):
        optimizer.zero_grad()
        layer(minidl.tensor(ROWS)).pow(2).sum().backward()
        optimizer.step()
    weight = layer.weight.detach().numpy()
    assert np.abs(weight - start).max() > 1e-3
    small = weight if size <= 3 else weight.T
    np.testing.assert_allclose(small @ small.T, np.eye(len(small)), atol=1e-5)


def test_the_greatest_singular_value_is_one():
    layer = nn.utils.parametrizations.spectral_norm(nn.Linear(6, 5), n_power_iterations=50)
    assert np.linalg.norm(layer.weight.detach().numpy(), 2) == pytest.approx(1, abs=1e-4)


def test_assigning_goes_through_the_right_inverse():
    for T in (minidl, torch):
        layer = registered(T, doubled)
        layer.weight = T.ones(3, 3) * 8
        assert layer.parametrizations.weight.original.tolist() == [[4.0] * 3] * 3
        assert layer.weight.tolist() == [[8.0] * 3] * 3
        norm = T.nn.utils.parametrizations.weight_norm(T.nn.Linear(2, 1))
        norm.weight = T.tensor([[3.0, 4.0]])
        assert norm.parametrizations.weight.original0.tolist() == [[5.0]]
        assert norm.parametrizations.weight.original1.tolist() == [[3.0, 4.0]]


@pytest.mark.parametrize("leave", [True, False])
@pytest.mark.parametrize("build", OWN.values(), ids=OWN.keys())
def test_removal_leaves_what_it_was_computed_from_or_its_value(build, leave):
    ours, theirs = twins(torch, build)
    held = ours.parametrizations.weight.original
    for T, layer in ((minidl, ours), (torch, theirs)):
        T.nn.utils.parametrize.remove_parametrizations(layer, "weight", leave_parametrized=leave)
    assert type(ours) is nn.Linear
    assert ours.weight is held  # an optimizer that has it still trains it
    assert_same_state(ours, theirs)
    assert_same_pass(torch, ours, theirs, ROWS)


def test_removal_of_one_keeps_the_others():
    for T in (minidl, torch):
        layer = registered(T, symmetric)
        T.nn.utils.parametrizations.weight_norm(layer, "bias")
        T.nn.utils.parametrize.remove_parametrizations(layer, "weight")
        assert list(layer.state_dict()) == [
            *("weight", "parametrizations.bias.original0", "parametrizations.bias.original1")
        ]
        with pytest.raises(ValueError, match="leave_parametrized"):
            T.nn.utils.parametrize.remove_parametrizations(layer, "bias", leave_parametrized=False)
        T.nn.utils.parametrize.remove_parametrizations(layer, "bias")
        assert type(layer) is T.nn.Linear
        assert isinstance(layer.bias, T.nn.Parameter)


def test_a_buffer_can_be_computed_too():
    for T in (minidl, torch):
        layer = T.nn.BatchNorm1d(2)
        T.nn.utils.parametrize.register_parametrization(layer, "running_var", doubled(T))
        assert layer.running_var.tolist() == [1.0, 1.0]
        assert layer.get_buffer("parametrizations.running_var.original").tolist() == [0.5, 0.5]
        T.nn.utils.parametrize.remove_parametrizations(layer, "running_var")
        assert "running_var" in dict(layer.named_buffers())


def test_cached_computes_once():
    for T in (minidl, torch):
        calls = []

        class Counting(T.nn.Module):
            def forward(self, x, calls=calls):
                calls.append(1)
                return x * 1

        layer = registered(T, lambda T, made=Counting: made())
        calls.clear()
        with T.nn.utils.parametrize.cached():
            first = layer.weight
            with T.nn.utils.parametrize.cached():
                assert layer.weight is first
            assert layer.weight is first
        assert len(calls) == 1
        assert layer.weight is not first


def test_a_state_of_the_older_weight_norm_can_be_loaded():
    for T in (minidl, torch):
        layer = T.nn.utils.parametrizations.weight_norm(T.nn.Linear(2, 1))
        layer.load_state_dict({"bias": T.ones(1), "weight_g": T.tensor([[10.0]]), "weight_v": T.tensor([[3.0, 4.0]])})
        np.testing.assert_allclose(layer.weight.detach().numpy(), [[6, 8]])


def test_a_deep_copy_is_independent():
    layer = registered(minidl, doubled)
    twin = copy.deepcopy(layer)
    twin.weight = minidl.zeros(3, 3)
    assert layer.weight.abs().sum() > 0
    assert twin.weight.abs().sum() == 0
    assert isinstance(twin.parametrizations.weight.original, nn.Parameter)


# --- mistakes ---------------------------------------------------------------------------------------------------------


class Cut(nn.Module):
    def forward(self, x):
        return x[:1]


def test_another_shape_is_refused_unless_unsafe():
    register = nn.utils.parametrize.register_parametrization
    layer = nn.Linear(3, 3)
    with pytest.raises(ShapeError, match=r"gives float32\(1, 3\) in the place of float32\(3, 3\); .* unsafe=True"):
        register(layer, "weight", Cut())
    assert type(layer) is nn.Linear
    assert layer.weight.shape == (3, 3)
    assert register(layer, "weight", Cut(), unsafe=True).weight.shape == (1, 3)
    with pytest.raises(ShapeError, match=r"Cut: gives float32\(1,\) in the place of float32\(3,\)"):
        register(registered_bias(), "bias", Cut())


def registered_bias():
    layer = nn.Linear(3, 3)
    return nn.utils.parametrize.register_parametrization(layer, "bias", doubled(minidl))


def test_what_is_refused():
    parametrize, ready = nn.utils.parametrize, nn.utils.parametrizations
    with pytest.raises(ArgumentError, match="register_parametrization: Linear has no parameter or buffer 'kernel'"):
        parametrize.register_parametrization(nn.Linear(1, 1), "kernel", nn.ReLU())
    with pytest.raises(ArgumentError, match="remove_parametrizations: Linear has none on 'weight'"):
        parametrize.remove_parametrizations(nn.Linear(1, 1), "weight")
    with pytest.raises(ArgumentError, match="Symmetric defines no right_inverse"):
        registered(minidl, symmetric).weight = minidl.ones(3, 3)
    with pytest.raises(ShapeError, match=r"orthogonal: bias has shape \(1,\), needs at least 2 dimensions"):
        ready.orthogonal(nn.Linear(1, 1), "bias")
    with pytest.raises(ArgumentError, match="orthogonal: orthogonal_map 'qr'; needs one of matrix_exp, cayley"):
        ready.orthogonal(nn.Linear(1, 1), orthogonal_map="qr")
    with pytest.raises(ArgumentError, match=r"spectral_norm: dim 2 of a weight of shape \(1, 1\)"):
        ready.spectral_norm(nn.Linear(1, 1), dim=2)
    with pytest.raises(ArgumentError, match="orthogonal: only the householder map can be assigned"):
        ready.orthogonal(nn.Linear(2, 2), orthogonal_map="cayley", use_trivialization=False)
