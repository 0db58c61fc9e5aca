"""What PyTorch's tables say must be refused is refused here, by an error of our own family."""

import re
import warnings

import pytest

pytest.importorskip("torch")
pytest.importorskip("expecttest")  # which PyTorch's tables need

import torch
from pytorch_tables import copied, function_of, shown, table, tensors, translated

from minidl import MinidlError

TAKEN = re.compile(
    r"must be Tensor, not int|invalid combination of arguments|doesn't apply to a 'int'|'reciprocal'|64 dims"
)
"""What PyTorch says of calls that are taken here: Python numbers in place of tensors; or that NumPy cannot make."""


def refusals(op):
    """The wrong calls that PyTorch refuses, without what docs/differences.md calls absent."""
    for wrong in op.error_inputs("cpu"):
        given = wrong.sample_input
        everything = list(tensors(torch, ((given.input, *given.args), given.kwargs)))
        known = all(t.device.type == "cpu" and not t.is_complex() and t.dtype != torch.bfloat16 for t in everything)
        known = known and not any(value in (torch.bfloat16, torch.sparse_coo) for value in given.kwargs.values())
        if known and "out" not in given.kwargs and refused_by_pytorch(op, given):
            yield given


def refused_by_pytorch(op, given):
    try:
        op.op(*copied((given.input, *given.args)), **copied(given.kwargs))
    except Exception as error:
        return not TAKEN.search(str(error))
    return False


def outcome(op, given):
    """What came of the call; empty if it was refused as it should be."""
    try:
        function_of(op)(*translated((given.input, *given.args)), **translated(given.kwargs))
    except MinidlError:
        return ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return f"accepted: {shown((given.input, *given.args))} {shown(given.kwargs)}"


@pytest.mark.parametrize(
    "op",
    [op for op in table() if op.error_inputs_func is not None and function_of(op) is not None],
    ids=lambda op: f"{op.name} {op.variant_test_name}".strip(),
)
def test_what_pytorch_refuses_is_refused(op):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcomes = [outcome(op, given) for given in refusals(op)]
    assert [line for line in outcomes if line] == []
