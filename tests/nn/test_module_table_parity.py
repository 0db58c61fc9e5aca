"""PyTorch's own table of modules, run through minidl: what it calls them with, and what comes out."""

import pytest

import minidl
from minidl import nn

torch = pytest.importorskip("torch")
pytest.importorskip("expecttest")

from layer_twins import assert_close, tensors  # noqa: E402
from torch.testing._internal.common_modules import module_db  # noqa: E402

NAMES = [
    *("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell", "MultiheadAttention", "Transformer"),
    *("TransformerEncoder", "TransformerEncoderLayer", "TransformerDecoderLayer"),
]
ENTRIES = [info for info in module_db if info.name.removeprefix("nn.") in NAMES]
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def translated(value):
    """An argument of PyTorch's as minidl takes it: tensors, modules and containers of them."""
    if isinstance(value, torch.Tensor):
        made = minidl.from_numpy(value.numpy(force=True).copy())
        return made.requires_grad_() if value.requires_grad else made
    if isinstance(value, torch.dtype):
        return getattr(minidl, str(value).removeprefix("torch."))
    if isinstance(value, torch.nn.TransformerEncoderLayer):
        attention = value.self_attn
        return nn.TransformerEncoderLayer(
            attention.embed_dim, attention.num_heads, value.linear1.out_features, value.dropout.p,
            "relu" if value.activation is torch.nn.functional.relu else "gelu", value.norm1.eps,
            attention.batch_first, value.norm_first, value.linear1.bias is not None,
        ).to(str(value.linear1.weight.dtype).removeprefix("torch."))  # fmt: skip
    if isinstance(value, (tuple, list)):
        return type(value)(map(translated, value))
    if isinstance(value, dict):
        return {key: translated(part) for key, part in value.items() if key != "device"}
    if value in (torch.nn.functional.relu, torch.nn.functional.gelu):
        return getattr(nn.functional, value.__name__)
    return value


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("info", ENTRIES, ids=lambda info: info.name)
def test_what_pytorch_calls_it_with(info, training):
    torch.manual_seed(0)
    samples = info.module_inputs_func(info, "cpu", torch.float64, requires_grad=True, training=training)
    assert samples
    for sample in samples:
        args = sample.constructor_input.args
        kwargs = {key: value for key, value in sample.constructor_input.kwargs.items() if key != "device"}
        theirs = info.module_cls(*args, **kwargs).double().train(training)
        ours = getattr(nn, info.name.removeprefix("nn."))(*translated(args), **translated(kwargs))
        ours = ours.double().train(training)
        ours.load_state_dict({key: minidl.from_numpy(value.numpy()) for key, value in theirs.state_dict().items()})
        assert repr(ours) == repr(theirs)
        given = sample.forward_input
        mine = list(tensors(minidl, ours(*translated(given.args), **translated(given.kwargs))))
        other = list(tensors(torch, theirs(*given.args, **given.kwargs)))
        assert len(mine) == len(other)
        for a, b in zip(mine, other, strict=True):
            assert_close(a, b)
        sum(x.sin().sum() for x in mine).backward()
        sum(x.sin().sum() for x in other).backward()
        for (name, a), b in zip(ours.named_parameters(), theirs.parameters(), strict=True):
            assert (a.grad is None) == (b.grad is None), name
            if b.grad is not None:
                assert_close(a.grad, b.grad)


def test_the_table_has_them_all():
    assert {info.name.removeprefix("nn.") for info in ENTRIES} == set(NAMES)
