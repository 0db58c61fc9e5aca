"""Clipping of gradients, and parameters as one vector, against PyTorch."""

from math import inf, nan

import numpy as np
import pytest

import minidl
from minidl import nn
from minidl.errors import ArgumentError, DtypeError, GraphError, MinidlWarning, ShapeError

torch = pytest.importorskip("torch")

SHAPES = [(3, 4), (5,), ()]


def parameters(T, scale=1.0):
    """Parameters whose gradients are the same numbers in both frameworks; one has none."""
    drawn = np.random.default_rng(4)
    made = [T.nn.Parameter(T.zeros(shape)) for shape in [*SHAPES, (2,)]]
    for parameter, shape in zip(made, SHAPES, strict=False):
        parameter.grad = T.tensor(scale * drawn.normal(size=shape).astype(np.float32))
    return made


def gradients(made):
    return [parameter.grad.numpy() for parameter in made[:-1]]


def assert_same_gradients(ours, theirs):
    for a, b in zip(gradients(ours), gradients(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    assert ours[-1].grad is None


@pytest.mark.parametrize("norm_type", [2, 1, 3.5, 0.5, inf])
@pytest.mark.parametrize("max_norm", [0.5, 100.0, 0])
def test_clip_grad_norm(norm_type, max_norm):
    ours, theirs = (parameters(T) for T in (minidl, torch))
    norms = [T.nn.utils.clip_grad_norm_(p, max_norm, norm_type) for T, p in ((minidl, ours), (torch, theirs))]
    assert norms[0].shape == ()
    assert norms[0].item() == pytest.approx(norms[1].item(), rel=1e-6)
    assert_same_gradients(ours, theirs)
    if max_norm == 0.5:
        assert minidl.nn.utils.get_total_norm([p.grad for p in ours[:-1]], norm_type).item() <= 0.5 + 1e-5


def test_in_two_steps():
    ours, theirs = (parameters(T) for T in (minidl, torch))
    for T, made in ((minidl, ours), (torch, theirs)):
        norm = T.nn.utils.get_total_norm([p.grad for p in made[:-1]], 1.0, False, foreach=False)
        T.nn.utils.clip_grads_with_norm_(made, 2.0, norm, foreach=False)
    assert_same_gradients(ours, theirs)


def test_clip_grad_value():
    ours, theirs = (parameters(T) for T in (minidl, torch))
    for T, made in ((minidl, ours), (torch, theirs)):
        T.nn.utils.clip_grad_value_(made, 0.3, foreach=False)
    assert_same_gradients(ours, theirs)
    assert max(np.abs(g).max(initial=0) for g in gradients(ours)) == pytest.approx(0.3)


def test_a_gradient_without_elements_has_no_part_in_the_norm():
    for norm_type in (1, 2, inf):
        both = [nn.Parameter(minidl.zeros(2)), nn.Parameter(minidl.zeros(3, 0))]
        for parameter in both:
            parameter.grad = parameter.detach() + 3
        expected = {1: 6, 2: 18**0.5, inf: 3}[norm_type]
        assert nn.utils.clip_grad_norm_(both, 1.0, norm_type).item() == pytest.approx(expected)
        assert nn.utils.get_total_norm(both[1].grad, norm_type).item() == 0


def test_one_tensor_and_no_gradient():
    for T in (minidl, torch):
        parameter = parameters(T)[0]
        held = parameter.grad
        T.nn.utils.clip_grad_norm_(parameter, 0.1)
        T.nn.utils.clip_grad_value_(parameter, 0.02)
        assert parameter.grad is held
        assert held.abs().max().item() == pytest.approx(0.02)
        for nothing in ([], [T.nn.Parameter(T.ones(2))]):
            assert T.nn.utils.clip_grad_norm_(nothing, 1.0).item() == 0


def test_other_dtypes_keep_theirs():
    for T in (minidl, torch):
        mixed = [T.nn.Parameter(T.zeros(2)), T.nn.Parameter(T.zeros(2).double())]
        for parameter in mixed:
            parameter.grad = parameter.detach() + 3
        norm = T.nn.utils.clip_grad_norm_(mixed, 1.0)
        assert norm.item() == pytest.approx(6)
        assert str(norm.dtype).removeprefix("torch.") == "float64"
        assert [str(p.grad.dtype).removeprefix("torch.") for p in mixed] == ["float32", "float64"]
        assert mixed[1].grad[0].item() == pytest.approx(0.5, rel=1e-5)


@pytest.mark.parametrize("value", [inf, nan])
def test_norms_that_are_not_finite(value):
    for T in (minidl, torch):
        made = parameters(T)
        made[1].grad[2] = value
        before = [g.copy() for g in gradients(made)]
        with pytest.raises(RuntimeError, match="norm"):
            T.nn.utils.clip_grad_norm_(made, 1.0, error_if_nonfinite=True)
        for now, then in zip(gradients(made), before, strict=True):
            np.testing.assert_array_equal(now, then)
        assert not np.isfinite(T.nn.utils.clip_grad_norm_(made, 1.0).item())
    with pytest.raises(GraphError, match=r"get_total_norm: the norm of order 2\.0 of the gradients is (inf|nan)"):
        made = parameters(minidl)
        made[1].grad[2] = value
        nn.utils.clip_grad_norm_(made, 1.0, error_if_nonfinite=True)


def test_what_clipping_refuses_or_warns_of():
    with pytest.raises(ArgumentError, match="clip_grad_norm_: max_norm -1; needs no negative number"):
        nn.utils.clip_grad_norm_(parameters(minidl), -1)
    with pytest.raises(ArgumentError, match="clip_grad_value_: clip_value -1; needs no negative number"):
        nn.utils.clip_grad_value_(parameters(minidl), -1)
    used_up = nn.Linear(1, 1).parameters()
    list(used_up)
    with pytest.warns(MinidlWarning, match="was the generator used up before"):
        nn.utils.clip_grad_norm_(used_up, 1.0)


# --- one vector -------------------------------------------------------------------------------------------------------


def network(T):
    return T.nn.Sequential(T.nn.Linear(2, 3), T.nn.Linear(3, 1, bias=False))


def test_parameters_to_a_vector_and_back():
    theirs = network(torch)
    ours = network(minidl)
    ours.load_state_dict({key: value.numpy() for key, value in theirs.state_dict().items()})
    vectors = [T.nn.utils.parameters_to_vector(net.parameters()) for T, net in ((minidl, ours), (torch, theirs))]
    np.testing.assert_array_equal(vectors[0].detach().numpy(), vectors[1].detach().numpy())
    (vectors[0] * minidl.arange(12)).sum().backward()
    np.testing.assert_array_equal(ours[1].weight.grad.numpy(), [[9, 10, 11]])
    vector = minidl.arange(12).float()
    held = list(ours.parameters())
    nn.utils.vector_to_parameters(vector, ours.parameters())
    assert all(a is b for a, b in zip(ours.parameters(), held, strict=True))
    np.testing.assert_array_equal(ours[0].weight.detach().numpy(), [[0, 1], [2, 3], [4, 5]])
    np.testing.assert_array_equal(nn.utils.parameters_to_vector(ours.parameters()).detach().numpy(), np.arange(12))
    vector[6] = 70.0
    assert ours[0].bias[0].item() == 70  # the memory is shared, as PyTorch's is


@pytest.mark.parametrize("vector", [minidl.ones(11), minidl.ones(13), minidl.ones(3, 4)])
def test_a_vector_of_another_size_is_refused(vector):
    with pytest.raises(ShapeError, match=r"vector_to_parameters: got shape .*, needs a vector of 12 elements"):
        nn.utils.vector_to_parameters(vector, network(minidl).parameters())
    with pytest.raises(DtypeError, match="vector_to_parameters: got a list, needs a tensor"):
        nn.utils.vector_to_parameters([1.0], network(minidl).parameters())
