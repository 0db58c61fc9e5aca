"""Functions that write into their first argument, as PyTorch has them beside the methods: results and gradients."""

import re

import numpy as np
import pytest

import minidl
from minidl.errors import DtypeError, GraphError, ShapeError

torch = pytest.importorskip("torch")

OF_ONE = [
    name
    for name in dir(torch)
    if name.endswith("_") and not name.startswith("_") and hasattr(torch, name[:-1]) and hasattr(torch.Tensor, name)
]
NOT_OF_FLOATS_ALONE = {
    *("addmv_", "as_strided_", "clamp_", "clip_", "clamp_max_", "clamp_min_", "fill_", "gcd_", "lcm_", "index_put_"),
    *("ldexp_", "xlogy_", "detach_", "squeeze_", "dropout_", "alpha_dropout_", "feature_dropout_", "threshold_"),
    *("feature_alpha_dropout_", "rrelu_", "logit_", "zero_", "embedding_renorm_"),
}


def test_pytorchs_functions_are_here():
    absent = [name for name in OF_ONE if not hasattr(minidl, name)]
    assert len(OF_ONE) > 60 and absent == []


@pytest.mark.parametrize("name", sorted(set(OF_ONE) - NOT_OF_FLOATS_ALONE))
def test_of_one_tensor(name):
    values = np.random.default_rng(0).uniform(0.1, 0.9, (3, 4))
    if name in ("acosh_", "arccosh_"):
        values = values + 1
    found = {}
    for T, made in ((minidl, minidl.from_numpy), (torch, torch.from_numpy)):
        leaf = made(values.copy()).requires_grad_()
        x = leaf * 1
        if T is torch and re.fullmatch(r"(a|arc)(cosh|sinh|tanh)_", name):  # which has no gradient there
            x = getattr(T, name[:-1])(x)
        else:
            assert getattr(T, name)(x) is x
        (x * x).sum().backward()
        found[T] = x.detach().numpy(), leaf.grad.numpy()
    for mine, other in zip(found[minidl], found[torch], strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "program",
    [
        lambda T, x: T.clamp_(x, 0.2, 0.7),
        lambda T, x: T.clip_(x, min=0.4),
        lambda T, x: T.clamp_min_(x, 0.3),
        lambda T, x: T.clamp_max_(x, 0.6),
        lambda T, x: T.xlogy_(x, T.ones(4, dtype=T.float64) * 3),
        lambda T, x: T.ldexp_(x, T.tensor([1, 2, 3, 0])),
        lambda T, x: T.logit_(x, 0.1),
        lambda T, x: T.round_(x, decimals=1),
        lambda T, x: T.nan_to_num_(x, 0.0),
        lambda T, x: T.addmv_(x[0, :3], x[:, :3] * 2, T.ones(3, dtype=T.float64), beta=2, alpha=3),
        lambda T, x: T.index_put_(x, (T.tensor([0, 2]),), T.tensor(5.0, dtype=T.float64), accumulate=True),
        lambda T, x: T.fill_(x, 3.0),
        lambda T, x: T.zero_(x),
        lambda T, x: T.as_strided_(x, (2, 3), (4, 1)),
        lambda T, x: T.threshold_(x, 0.5, 0.1),
    ],
)
def test_of_a_tensor_and_more(program):
    values = np.random.default_rng(1).uniform(0.1, 0.9, (3, 4))
    found = {}
    for T, made in ((minidl, minidl.from_numpy), (torch, torch.from_numpy)):
        leaf = made(values.copy()).requires_grad_()
        x = leaf * 1
        program(T, x)
        (x * x).sum().backward()
        found[T] = x.detach().numpy(), leaf.grad.numpy()
    for mine, other in zip(found[minidl], found[torch], strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["gcd_", "lcm_"])
def test_of_whole_numbers(name):
    mine, other = minidl.tensor([12, 18, 7]), torch.tensor([12, 18, 7])
    getattr(minidl, name)(mine, minidl.tensor([8, 27, 14]))
    getattr(torch, name)(other, torch.tensor([8, 27, 14]))
    assert mine.tolist() == other.tolist()


@pytest.mark.parametrize("detach", [lambda T, x: T.detach_(x), lambda T, x: x.detach_()])
def test_detach_in_place_makes_a_leaf(detach):
    for T in (minidl, torch):
        x = T.ones(2, requires_grad=True)
        y = x * 2
        assert detach(T, y) is y and y.is_leaf and not y.requires_grad and y.grad_fn is None
        y += 1
        assert not (y * 3).requires_grad and x.requires_grad
        with pytest.raises(RuntimeError, match="detach"):
            detach(T, (x * 2)[0])


def test_detached_values_share_memory_and_copies_do_not():
    assert not minidl.detach_copy(minidl.zeros(2, requires_grad=True)).requires_grad
    for T in (minidl, torch):
        x = T.zeros(2, requires_grad=True)
        shared, copied = T.detach(x), T.detach_copy(x)
        assert not shared.requires_grad
        shared.add_(1)
        assert x.tolist() == [1, 1] and copied.tolist() == [0, 0]


def test_misuse():
    with pytest.raises(ShapeError, match=r"fill_: value \(2,\); needs one number"):
        minidl.fill_(minidl.zeros(2), minidl.ones(2))
    with pytest.raises(DtypeError, match="sqrt_: a result of float32 does not fit into a tensor of int64"):
        minidl.sqrt_(minidl.arange(3))
    with pytest.raises(GraphError, match="exp_: a leaf that requires a gradient"):
        minidl.exp_(minidl.ones(2, requires_grad=True))
    with pytest.raises(DtypeError, match="detach_: got list"):
        minidl.detach_([1, 2])
