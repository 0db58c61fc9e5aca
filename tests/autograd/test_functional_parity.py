"""vjp, jvp, jacobian, hessian, hvp and vhp against PyTorch's."""

import numpy as np
import pytest

import minidl
from minidl.errors import ArgumentError, GraphError, ShapeError

torch = pytest.importorskip("torch")


def vector(T, x):
    return T.sin(x) * x.sum()


def two_of_two(T, x, y):
    return x * y.sum(), T.exp(y)[:2] * x[0]


def number(T, x):
    return (x * x * x).sum() * T.sin(x[0])


def number_of_two(T, x, y):
    return (x[:2] * y * y).sum() + T.exp(x).sum()


def matrix(T, x):
    return x.reshape(2, -1).T * 2.0


def constant(T, x):
    return T.ones(2, dtype=x.dtype)


ONE = [np.array([0.3, -1.2, 0.7, 2.0])]
TWO = [np.array([0.3, -1.2, 0.7]), np.array([0.5, 1.5])]


def bound(T, function):
    return lambda *x: function(T, *x)


def given(T, arrays):
    made = [(torch.from_numpy if T is torch else minidl.from_numpy)(a.copy()) for a in arrays]
    return made[0] if len(made) == 1 else tuple(made)


def leaves(result):
    return [leaf for part in result for leaf in leaves(part)] if isinstance(result, tuple) else [result]


def form(result):
    return tuple(form(part) for part in result) if isinstance(result, tuple) else "tensor"


def check(mine, other):
    assert form(mine) == form(other)
    for a, b in zip(leaves(mine), leaves(other), strict=True):
        assert tuple(a.shape) == tuple(b.shape)
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "function, arrays",
    [(vector, ONE), (two_of_two, TWO), (number, ONE), (matrix, ONE), (constant, ONE), (number_of_two, TWO)],
)
def test_jacobian(function, arrays):
    check(*[T.autograd.functional.jacobian(bound(T, function), given(T, arrays)) for T in (minidl, torch)])


@pytest.mark.parametrize("function, arrays", [(number, ONE), (number_of_two, TWO)])
def test_hessian(function, arrays):
    check(*[T.autograd.functional.hessian(bound(T, function), given(T, arrays)) for T in (minidl, torch)])


@pytest.mark.parametrize("function, arrays, weights", [
    (vector, ONE, [np.arange(4.0)]),
    (two_of_two, TWO, [np.arange(3.0), np.arange(2.0)]),
    (number, ONE, None),
])  # fmt: skip
def test_vjp(function, arrays, weights):
    results = []
    for T in (minidl, torch):
        v = None if weights is None else given(T, weights)
        results.append(T.autograd.functional.vjp(bound(T, function), given(T, arrays), v))
    check(*results)


@pytest.mark.parametrize("name", ["jvp", "hvp", "vhp"])
@pytest.mark.parametrize("function, arrays", [(number, ONE), (number_of_two, TWO)])
def test_products_with_a_direction(name, function, arrays):
    results = []
    for T in (minidl, torch):
        product = getattr(T.autograd.functional, name)
        direction = given(T, [np.cos(a) for a in arrays])
        results.append(product(bound(T, function), given(T, arrays), direction))
    check(*results)


def test_a_result_can_be_differentiated_again():
    slopes = []
    for T in (minidl, torch):
        x = given(T, ONE).requires_grad_()
        y = T.autograd.functional.jacobian(lambda x, T=T: vector(T, x), x, create_graph=True)
        slopes.append(T.autograd.grad((y * y).sum(), x))
    check(*slopes)
    x = given(minidl, ONE).requires_grad_()
    assert not minidl.autograd.functional.jacobian(lambda x: vector(minidl, x), x).requires_grad


def test_misuse_is_named():
    x = given(minidl, ONE)
    functional = minidl.autograd.functional
    with pytest.raises(GraphError, match="do not depend on input 0"):
        functional.jacobian(lambda x: constant(minidl, x), x, strict=True)
    with pytest.raises(ArgumentError, match="needs a tensor of one element"):
        functional.hessian(lambda x: x * 2, x)
    with pytest.raises(ShapeError, match="they must be equal"):
        functional.vjp(lambda x: x * 2, x, minidl.ones(3))
    with pytest.raises(ArgumentError, match="v can be left out only"):
        functional.jvp(lambda x: x * 2, x)
    with pytest.raises(ArgumentError, match="an output is int"):
        functional.vjp(lambda x: 2, x)
    with pytest.raises(GraphError, match="only floats"):
        functional.jacobian(lambda x: x * 2, minidl.arange(3))
