"""compile and cond: what PyTorch captures, run as it stands."""

import pytest

import minidl
from minidl import nn
from minidl.errors import DtypeError


def test_compile_gives_back_what_it_gets():
    def double(x):
        return x * 2

    model = nn.Linear(2, 3)
    assert minidl.compile(double) is double and minidl.compile(model, mode="max-autotune") is model
    assert minidl.compile(fullgraph=True)(double) is double
    with pytest.raises(DtypeError, match="compile: got int; needs a function or a module"):
        minidl.compile(3)


@pytest.mark.parametrize("T", [minidl, pytest.importorskip("torch")])
def test_cond_runs_one_branch(T):
    x = T.ones(2, requires_grad=True)
    for pred, slope in ((T.tensor(True), 3), (x.sum() < 0, 5), (True, 3)):
        y = T.cond(pred, lambda x: x * 3, lambda x: x * 5, (x,))
        (g,) = T.autograd.grad(y.sum(), x)
        assert g.tolist() == [slope, slope]


def test_cond_takes_its_operands_together():
    with pytest.raises(DtypeError, match="cond: operands is Tensor; needs a tuple"):
        minidl.cond(True, minidl.exp, minidl.exp, minidl.ones(2))
