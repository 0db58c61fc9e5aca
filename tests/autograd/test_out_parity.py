"""`out=`: results written into tensors that are there already."""

import inspect
import math
import re

import numpy as np
import pytest

import minidl
from minidl import namespace
from minidl.errors import ArgumentError, DtypeError, GraphError, ShapeError

torch = pytest.importorskip("torch")
A, B = np.random.default_rng(0).uniform(0.1, 0.9, (2, 3, 3))

PROGRAMS = {
    "primitive": lambda T, a, b, out: T.exp(a, out=out),
    "primitive of two": lambda T, a, b, out: T.mul(a, b, out=out),
    "add": lambda T, a, b, out: T.add(a, b, alpha=2, out=out),
    "sub": lambda T, a, b, out: T.sub(a, b, out=out),
    "div": lambda T, a, b, out: T.div(a, b, rounding_mode="floor", out=out),
    "product": lambda T, a, b, out: T.matmul(a, b, out=out),
    "mm": lambda T, a, b, out: T.mm(a, b, out=out),
    "addmm": lambda T, a, b, out: T.addmm(a, b, b, beta=2, out=out),
    "reduction": lambda T, a, b, out: T.sum(a, 0, True, out=out[:1]),
    "running sum": lambda T, a, b, out: T.cumsum(a, 0, out=out),
    "joined": lambda T, a, b, out: T.cat([a[:1], b[:2]], out=out),
    "stacked": lambda T, a, b, out: T.stack([a[0], b[1], a[2]], out=out),
    "bounded": lambda T, a, b, out: T.clamp(a, min=0.3, out=out),
    "chosen": lambda T, a, b, out: T.where(a > 0.5, a, b, out=out),
    "inverse": lambda T, a, b, out: T.linalg.inv(a, out=out),
    "special": lambda T, a, b, out: T.special.logit(a, out=out),
    "into the input": lambda T, a, b, out: T.add(a, b, out=a),
    "into a view": lambda T, a, b, out: T.tanh(a, out=out.t()),
    "ones": lambda T, a, b, out: T.ones(3, 3, out=out),
    "full": lambda T, a, b, out: T.full((3, 3), 2, out=out),
    "eye": lambda T, a, b, out: T.eye(3, out=out),
    "into one of none": lambda T, a, b, out: T.mul(a, b, out=T.empty(0, dtype=T.float64)),
    "None": lambda T, a, b, out: T.exp(a, out=None),
    "reduction to None": lambda T, a, b, out: T.mean(a, out=None),
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_values(program):
    found = []
    for T, made in ((minidl, minidl.from_numpy), (torch, torch.from_numpy)):
        a, b, out = (made(x.copy()) for x in (A, B, A * 0))
        result = program(T, a, b, out)
        found.append((result.numpy(), out.numpy(), a.numpy()))
    for mine, other in zip(*found, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-10)


def test_what_is_returned_is_what_was_given():
    for T in (minidl, torch):
        x = T.tensor([3.0, 1.0, 2.0])
        out, values, indices = T.zeros(3), T.zeros(3), T.zeros(3, dtype=T.int64)
        assert T.exp(x, out=out) is out
        result = T.sort(x, out=(values, indices))
        assert result.values is values and result[1] is indices and indices.tolist() == [1, 2, 0]
        result = T.max(x, 0, out=(T.empty(()), T.empty((), dtype=T.int64)))
        assert result.values.item() == 3 and result.indices.item() == 0


def test_numbers_are_cast_and_made_in_the_dtype_of_out():
    for T in (minidl, torch):
        out = T.zeros(3, dtype=T.float64)
        assert T.add(T.arange(3), T.arange(3), out=out).tolist() == [0, 2, 4] and out.dtype == T.float64
        assert T.arange(0, 3, out=T.zeros(3, dtype=T.int32)).dtype == T.int32
        assert T.zeros(3, out=T.ones(3, dtype=T.int64)).dtype == T.int64
        with pytest.raises((RuntimeError, TypeError)):
            T.exp(T.ones(3), out=T.zeros(3, dtype=T.int64))


def test_no_gradient_follows():
    for T in (minidl, torch):
        x, out = T.ones(3, requires_grad=True), T.zeros(3)
        for call in (lambda x, out, T=T: T.exp(x, out=out), lambda x, out, T=T: T.cumsum(x, 0, out=out)):
            with pytest.raises(RuntimeError):
                call(x, out)
            with pytest.raises(RuntimeError):
                call(x.detach(), T.ones(3, requires_grad=True))
            with T.no_grad():
                call(x, out)
        assert T.argmax(x, out=T.tensor(5)).item() == 0


def test_a_write_is_seen_by_the_graph():
    x, kept = minidl.ones(2, requires_grad=True), minidl.ones(2)
    y = x * kept
    minidl.exp(kept, out=kept)
    with pytest.raises(GraphError, match="mul: a value that its gradient needs was changed in place"):
        y.sum().backward()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: minidl.exp(minidl.ones(3), out=minidl.ones(2)), ShapeError, r"exp: a result of shape \(3,\) does not"),
        (lambda: minidl.bmm(minidl.ones(1, 2, 2), minidl.ones(1, 2, 2), out=3), DtypeError, "bmm: out is int; needs a"),
        (lambda: minidl.sort(minidl.ones(3), out=minidl.ones(3)), ArgumentError, "sort: out is Tensor; needs a tuple"),
        (lambda: minidl.exp(minidl.ones(3), out=minidl.arange(3)), DtypeError, "exp: a result of float32 does not fit"),
        (lambda: minidl.exp(minidl.ones(3), out=minidl.ones(1).expand(3)), GraphError, "exp: several elements of out"),
        (
            lambda: minidl.exp(minidl.ones(3, requires_grad=True), out=minidl.ones(3)),
            GraphError,
            r"exp: no gradient follows into out=; use no_grad\(\)",
        ),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_every_function_listed_takes_out_in_pytorch_too():
    for place, theirs, names in (
        (minidl, torch, namespace.TAKE_OUT),
        (minidl.linalg, torch.linalg, namespace.LINALG_TAKES_OUT),
        (minidl.special, torch.special, namespace.SPECIAL_TAKES_OUT),
    ):
        assert sorted(set(names)) == names
        for name in names:
            stem = f"{theirs.__name__.removeprefix('torch').removeprefix('.')}_{name}".strip("_")
            schemas = torch._C._jit_get_schemas_for_operator(f"aten::{stem}")
            has_out = any(argument.is_out for schema in schemas for argument in schema.arguments)
            documented = "out=None" in (getattr(theirs, name).__doc__ or "") or name == "lu"
            assert has_out or documented, name
            assert inspect.unwrap(getattr(place, name)) is not getattr(place, name), name


def documented():
    """PyTorch's functions whose documentation shows out=, and that minidl has."""
    for name in dir(torch):
        text = getattr(getattr(torch, name), "__doc__", "") or ""
        if hasattr(minidl, name) and re.search(r"\bout=None\b", text) and not isinstance(getattr(torch, name), type):
            yield name


def refusal(function, count):
    """What it says when it gets so many matrices and a number to write into."""
    try:
        function(*[minidl.eye(2)] * count, out=math.nan)
    except (TypeError, ValueError, RuntimeError, AttributeError) as error:
        return str(error)
    return "nothing"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(documented()))
def test_every_function_documented_with_out_takes_it(name):
    said = [refusal(getattr(minidl, name), count) for count in range(4)]
    assert "nothing" not in said and not any("unexpected keyword argument 'out'" in text for text in said)
    assert not any("out is not one of its arguments" in text for text in said)
