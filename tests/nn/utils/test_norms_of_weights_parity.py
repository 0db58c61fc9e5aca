"""weight_norm and spectral_norm, in their older form by hooks, against PyTorch."""

import numpy as np
import pytest
from weights_in_both import assert_same_pass, assert_same_passes, assert_same_state, twins

import minidl
from minidl import nn
from minidl.errors import ArgumentError

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated:FutureWarning")

ROWS = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
IMAGES = np.random.default_rng(1).normal(size=(2, 3, 6, 5)).astype(np.float32)

NORMS = {
    "weight": (lambda T: T.nn.utils.weight_norm(T.nn.Linear(3, 5)), ROWS),
    "weight by input": (lambda T: T.nn.utils.weight_norm(T.nn.Conv2d(3, 5, 3), dim=1), IMAGES),
    "weight by the last": (lambda T: T.nn.utils.weight_norm(T.nn.Conv2d(3, 5, 3), dim=3), IMAGES),
    "weight as a whole": (lambda T: T.nn.utils.weight_norm(T.nn.Conv2d(3, 5, 3), dim=None), IMAGES),
    "weight and bias": (lambda T: T.nn.utils.weight_norm(T.nn.utils.weight_norm(T.nn.Linear(3, 5)), "bias"), ROWS),
    "spectral": (lambda T: T.nn.utils.spectral_norm(T.nn.Linear(3, 5)), ROWS),
    "spectral of kernels": (lambda T: T.nn.utils.spectral_norm(T.nn.Conv2d(3, 5, 3), n_power_iterations=3), IMAGES),
    "spectral by input": (lambda T: T.nn.utils.spectral_norm(T.nn.Conv2d(3, 5, 3), dim=1, eps=1e-3), IMAGES),
}


@pytest.mark.parametrize(("build", "x"), NORMS.values(), ids=NORMS.keys())
def test_passes_in_training_and_evaluation(build, x):
    ours, theirs = assert_same_passes(torch, build, x)
    np.testing.assert_allclose(ours.weight.detach().numpy(), theirs.weight.detach().numpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["weight", "spectral"])
def test_what_is_removed_leaves_a_parameter(name):
    ours, theirs = twins(torch, NORMS[name][0])
    for T, layer in ((minidl, ours), (torch, theirs)):
        layer(T.tensor(ROWS))
        getattr(T.nn.utils, f"remove_{name}_norm")(layer)
    assert list(ours.state_dict()) == ["bias", "weight"]
    assert isinstance(ours.weight, nn.Parameter)
    assert_same_state(ours, theirs)
    assert_same_pass(torch, ours, theirs, ROWS)
    assert not ours._hooks


def test_a_weight_norm_starts_at_the_weight_there_was():
    layer = nn.Linear(3, 5)
    before = layer.weight.detach().numpy().copy()
    nn.utils.weight_norm(layer)
    np.testing.assert_allclose(layer.weight.detach().numpy(), before, rtol=1e-6)
    np.testing.assert_allclose(layer.weight_g.detach().numpy()[:, 0], np.linalg.norm(before, axis=1), rtol=1e-6)


def test_spectral_norm_finds_the_greatest_singular_value():
    layer = nn.utils.spectral_norm(nn.Linear(6, 5), n_power_iterations=100)
    layer(minidl.ones(1, 6))
    assert np.linalg.norm(layer.weight.detach().numpy(), 2) == pytest.approx(1, abs=1e-4)


def test_evaluation_takes_no_step_of_the_power_method():
    layer = nn.utils.spectral_norm(nn.Linear(3, 5)).eval()
    before = layer.weight_u.numpy().copy()
    layer(minidl.tensor(ROWS))
    np.testing.assert_array_equal(layer.weight_u.numpy(), before)


@pytest.mark.parametrize("name", ["weight", "spectral"])
def test_what_is_refused(name):
    put, remove = getattr(nn.utils, f"{name}_norm"), getattr(nn.utils, f"remove_{name}_norm")
    kind = f"{name.capitalize()}Norm"
    with pytest.raises(ArgumentError, match=f"{kind}: Linear has none on 'weight'"):
        remove(nn.Linear(3, 5))
    with pytest.raises(ArgumentError, match=f"{kind}: Linear has one on 'weight'; remove it first"):
        put(put(nn.Linear(3, 5)))
    with pytest.raises(ArgumentError, match=f"{kind}: Linear has no parameter 'kernel'"):
        put(nn.Linear(3, 5), "kernel")


def test_arguments_out_of_range():
    with pytest.raises(ArgumentError, match=r"weight_norm: dim 2 of a weight of shape \(5, 3\)"):
        nn.utils.weight_norm(nn.Linear(3, 5), dim=2)
    with pytest.raises(ArgumentError, match="spectral_norm: n_power_iterations 0; needs a number above zero"):
        nn.utils.spectral_norm(nn.Linear(3, 5), n_power_iterations=0)
