"""vmap, a loop here: results, gradients and refusals as PyTorch's."""

import numpy as np
import pytest

import minidl
from minidl.errors import ArgumentError, DtypeError, ShapeError

torch = pytest.importorskip("torch")
RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(3, 4, 5)), RNG.normal(size=(3, 5))


@pytest.mark.parametrize(
    "program",
    [
        lambda T, a, b: T.vmap(lambda x, y: x @ y)(a, b),
        lambda T, a, b: T.vmap(T.dot)(b, b),
        lambda T, a, b: T.vmap(lambda x, y: x @ y, in_dims=(0, None))(a, b[0]),
        lambda T, a, b: T.vmap(lambda x: x.sum(0), in_dims=1)(a),
        lambda T, a, b: T.vmap(lambda x: x.exp(), in_dims=-1, out_dims=1)(a),
        lambda T, a, b: T.vmap(lambda pair: pair[0] @ pair[1])((a, b)),
        lambda T, a, b: T.vmap(lambda d: d["a"] * d["s"], in_dims=({"a": 0, "s": None},))({"a": b, "s": 3.0}),
        lambda T, a, b: T.vmap(lambda x, y: (x.sum(), {"y": y * 2}))(a, b)[1]["y"],
        lambda T, a, b: T.vmap(lambda x, y: (x.sum(), y * 2), out_dims=(0, 1))(a, b)[1],
        lambda T, a, b: T.vmap(T.vmap(lambda x, y: x * y, in_dims=(0, None)))(a, b),
        lambda T, a, b: T.vmap(lambda x, y: x @ y, in_dims=(0, 0), chunk_size=2)(a, b),
        lambda T, a, b: T.vmap(lambda x, y: x + y)(b, y=b),
    ],
)
def test_results_and_gradients(program):
    found = {}
    for T, made in ((minidl, minidl.from_numpy), (torch, torch.from_numpy)):
        a, b = made(A.copy()).requires_grad_(), made(B.copy()).requires_grad_()
        result = program(T, a, b)
        (result * result).sum().backward()
        found[T] = [result.detach().numpy(), *[np.zeros(1) if x.grad is None else x.grad.numpy() for x in (a, b)]]
    for mine, other in zip(found[minidl], found[torch], strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12)


def test_random_numbers_must_be_asked_for():
    x = minidl.zeros(4, 50)
    noisy = lambda row: row + minidl.rand(50)  # noqa: E731
    with pytest.raises(ArgumentError, match="vmap: the function draws random numbers; pass randomness="):
        minidl.vmap(noisy)(x)
    same, different = (minidl.vmap(noisy, randomness=how)(x) for how in ("same", "different"))
    assert (same == same[0]).all() and not (different[0] == different[1]).any()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: minidl.vmap(minidl.exp)(3.0), DtypeError, "in_dims 0 for float; only tensors are mapped over"),
        (lambda: minidl.vmap(minidl.exp, in_dims=2)(minidl.ones(2)), ShapeError, r"in_dims 2 for .* shape \(2,\)"),
        (lambda: minidl.vmap(minidl.add)(minidl.ones(2), minidl.ones(3)), ShapeError, r"sizes \[2, 3\]"),
        (lambda: minidl.vmap(minidl.exp, in_dims=None)(minidl.ones(2)), ShapeError, "no dimension to map over"),
        (lambda: minidl.vmap(minidl.add, in_dims=(0,))(minidl.ones(2), minidl.ones(2)), ArgumentError, "1 dims for 2"),
        (lambda: minidl.vmap(lambda x: 3)(minidl.ones(2)), DtypeError, "the function returns int"),
        (lambda: minidl.vmap(minidl.exp, randomness="no"), ArgumentError, "randomness 'no'"),
        (lambda: minidl.vmap(minidl.exp, chunk_size=0), ArgumentError, "chunk_size 0"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=f"vmap: {message}"):
        call()
