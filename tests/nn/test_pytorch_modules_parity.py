"""PyTorch's own sample tables of modules: results and gradients, in training and in evaluation, with one state."""

import re

import pytest

pytest.importorskip("torch")
pytest.importorskip("expecttest")  # which PyTorch's tables need

import torch
from pytorch_tables import copied, difference, tensors, translated
from torch.testing._internal.common_modules import module_db

import minidl
from minidl import nn

ELSEWHERE = re.compile(r"RNN|GRU|LSTM|Transformer|Attention")
"""Modules with tests of their own."""

MODULES = [info for info in module_db if not ELSEWHERE.search(info.name)]

CLOSE = {"float64": 1e-9, "float32": 2e-4}


def twins(kind, given, dtype, training):
    """The module in both frameworks, in one dtype and mode."""
    theirs = kind(*given.args, **given.kwargs).to(getattr(torch, dtype)).train(training)
    ours = getattr(nn, kind.__name__)(*translated(given.args), **translated(given.kwargs))
    return ours.to(dtype).train(training), theirs


def share_state(ours, theirs):
    """Copy PyTorch's state; the keys must be the same."""
    state = {key: minidl.from_numpy(value.numpy(force=True).copy()) for key, value in theirs.state_dict().items()}
    ours.load_state_dict(state)


def run(T, module, args, kwargs):
    """The results, and the gradients of their weighted sum for parameters and inputs."""
    results = list(tensors(T, module(*args, **kwargs)))
    smooth = [r for r in results if r.requires_grad]
    total = sum((r.reshape(-1) * T.linspace(0.5, 1.5, r.numel(), dtype=r.dtype)).sum() for r in smooth)
    leaves = [*module.parameters(), *(x for x in tensors(T, (args, kwargs)) if x.requires_grad)]
    if smooth:
        total.backward()
    return results, [T.zeros_like(x) if x.grad is None else x.grad for x in leaves]


def differences(info, dtype, training):
    """What differs, a line a sample."""
    close = CLOSE[dtype]
    torch.manual_seed(0)
    samples = info.module_inputs_func(
        info, device="cpu", dtype=getattr(torch, dtype), requires_grad=True, training=training
    )
    assert samples
    for sample in samples:
        ours, theirs = twins(info.module_cls, sample.constructor_input, dtype, training)
        given = copied(sample.forward_input.args), copied(sample.forward_input.kwargs)
        args, kwargs = translated(given[0]), translated(given[1])
        if "Lazy" in info.name:
            ours(*args, **kwargs)
            theirs(*given[0], **given[1])
        share_state(ours, theirs)
        mine, other = run(minidl, ours, args, kwargs), run(torch, theirs, *given)
        found = difference(mine[0], other[0], close) or difference(mine[1], other[1], close * 10)
        found = found or difference(list(ours.buffers()), list(theirs.buffers()), close)
        if found or repr(ours) != repr(theirs):
            yield f"{sample.desc} {sample.constructor_input}: {found or repr(ours)}"


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("dtype", list(CLOSE))
@pytest.mark.parametrize("info", MODULES, ids=lambda info: info.name)
@pytest.mark.filterwarnings("ignore")
def test_a_module_agrees_with_pytorch(info, dtype, training):
    assert list(differences(info, dtype, training)) == []


def test_the_tables_are_found():
    assert len(MODULES) > 90
