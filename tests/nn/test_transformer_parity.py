"""The transformer, its encoder, decoder and layers against PyTorch's."""

import numpy as np
import pytest

import minidl
from minidl import nn

torch = pytest.importorskip("torch")

from layer_twins import CLOSE, compare, described, twins  # noqa: E402

RANDOM = np.random.default_rng(7)
SOURCES, PLACES, BATCH, FEATURES, HEADS, HIDDEN = 5, 4, 3, 8, 2, 12
OPTIONS = [
    {},
    {"norm_first": True},
    {"batch_first": True},
    {"bias": False},
    {"activation": "gelu"},
    {"layer_norm_eps": 0.1, "norm_first": True, "batch_first": True, "bias": False},
]
pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor", "ignore:Support for mismatched")


def normal(*shape, dtype="float64"):
    return RANDOM.standard_normal(shape).astype(dtype)


def sequences(options, length, dtype="float64"):
    shape = (BATCH, length, FEATURES) if options.get("batch_first") else (length, BATCH, FEATURES)
    return normal(*shape, dtype=dtype)


def layer(N, kind, options):
    return getattr(N, kind)(FEATURES, HEADS, HIDDEN, dropout=0.0, **options)


def padding(length):
    """The end of some sequences is padding."""
    return np.arange(length) >= np.array([[length], [length - 2], [length - 1]])


def causal(length, dtype="float64"):
    return np.triu(np.full((length, length), -np.inf, dtype), 1)


def call(*names):
    """A call with the tensors under these names; None stands for a place."""
    places = sum(name is None for name in names)

    def run(T, model, *given):
        return model(*given[:places], **dict(zip(names[places:], given[places:], strict=True)))

    return run


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_an_encoder_layer(options, dtype):
    ours, theirs = twins(lambda N: layer(N, "TransformerEncoderLayer", options), dtype)
    x = sequences(options, SOURCES, dtype)
    compare(call(None), ours, theirs, x)
    compare(call(None, "src_key_padding_mask"), ours, theirs, x, padding(SOURCES))
    compare(call(None, "src_mask", "is_causal"), ours, theirs, x, causal(SOURCES, dtype), True)
    compare(call(None), ours, theirs, normal(SOURCES, FEATURES, dtype=dtype))


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_decoder_layer(options, dtype):
    ours, theirs = twins(lambda N: layer(N, "TransformerDecoderLayer", options), dtype)
    x, memory = sequences(options, PLACES, dtype), sequences(options, SOURCES, dtype)
    compare(call(None, None), ours, theirs, x, memory)
    names = ("tgt_mask", "memory_mask", "tgt_key_padding_mask", "memory_key_padding_mask")
    masks = causal(PLACES, dtype), normal(PLACES, SOURCES, dtype=dtype), padding(PLACES), padding(SOURCES)
    compare(call(None, None, *names), ours, theirs, x, memory, *masks)
    compare(call(None, None, names[0], "tgt_is_causal"), ours, theirs, x, memory, masks[0], True)


def encoder(N, options):
    norm = N.LayerNorm(FEATURES)
    return N.TransformerEncoder(layer(N, "TransformerEncoderLayer", options), 3, norm, enable_nested_tensor=False)


def decoder(N, options):
    return N.TransformerDecoder(layer(N, "TransformerDecoderLayer", options), 2)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_encoder_and_decoder(options):
    x, memory = sequences(options, PLACES), sequences(options, SOURCES)
    ours, theirs = twins(lambda N: encoder(N, options))
    compare(call(None), ours, theirs, x)
    compare(call(None, "mask", "src_key_padding_mask"), ours, theirs, x, causal(PLACES) < 0, padding(PLACES))
    compare(call(None, "mask", "is_causal"), ours, theirs, x, causal(PLACES), True)
    ours, theirs = twins(lambda N: decoder(N, options))
    compare(call(None, None), ours, theirs, x, memory)
    compare(call(None, None, "tgt_mask", "tgt_is_causal"), ours, theirs, x, memory, causal(PLACES), True)


def with_causal_target(T, model, source, target):
    return model(source, target, tgt_mask=model.generate_square_subsequent_mask(PLACES, dtype=target.dtype))


def transformer(N, options, **more):
    sizes = {"num_encoder_layers": 2, "num_decoder_layers": 1, "dim_feedforward": HIDDEN, "dropout": 0.0}
    return N.Transformer(FEATURES, HEADS, **{**sizes, **options, **more})


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_transformer(options, dtype):
    ours, theirs = twins(lambda N: transformer(N, options), dtype)
    source, target = sequences(options, SOURCES, dtype), sequences(options, PLACES, dtype)
    compare(call(None, None), ours, theirs, source, target)
    compare(with_causal_target, ours, theirs, source, target)
    names = ("src_mask", "tgt_mask", "src_key_padding_mask", "tgt_key_padding_mask", "memory_key_padding_mask")
    masks = causal(SOURCES) < 0, causal(PLACES) < 0, padding(SOURCES), padding(PLACES), padding(SOURCES)
    compare(call(None, None, *names), ours, theirs, source, target, *masks)
    source, target = (normal(length, FEATURES, dtype=dtype) for length in (SOURCES, PLACES))
    compare(call(None, None), ours, theirs, source, target)


def test_an_activation_of_ones_own():
    ours, theirs = twins(lambda N: layer(N, "TransformerEncoderLayer", {"activation": N.Tanh()}))
    assert repr(ours) == repr(theirs)
    compare(call(None), ours, theirs, normal(SOURCES, BATCH, FEATURES))
    ours, theirs = twins(lambda N: layer(N, "TransformerDecoderLayer", {"activation": N.functional.sigmoid}))
    assert repr(ours) == repr(theirs)
    compare(call(None, None), ours, theirs, normal(PLACES, BATCH, FEATURES), normal(SOURCES, BATCH, FEATURES))


def test_custom_parts():
    def build(N):
        return N.Transformer(FEATURES, HEADS, custom_encoder=encoder(N, {}), custom_decoder=decoder(N, {}))

    ours, theirs = twins(build)
    compare(call(None, None), ours, theirs, normal(SOURCES, BATCH, FEATURES), normal(PLACES, BATCH, FEATURES))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_evaluation_does_not_drop(options):
    ours, theirs = twins(lambda N: transformer(N, options, dropout=0.5))
    source, target = sequences(options, SOURCES), sequences(options, PLACES)
    compare(call(None, None), ours.eval(), theirs.eval(), source, target)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_printing(options):
    for build in (transformer, encoder, decoder):
        assert repr(build(nn, options)) == repr(build(torch.nn, options))


def test_defaults():
    minidl.manual_seed(0)
    torch.manual_seed(0)
    ours, theirs = (N.Transformer(num_encoder_layers=1, num_decoder_layers=1) for N in (nn, torch.nn))
    assert repr(ours) == repr(theirs)
    assert described(ours.state_dict()) == described(theirs.state_dict())
    assert (ours.d_model, ours.nhead, ours.batch_first) == (512, 8, False)
    for (name, mine), other in zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True):
        a, b = mine.numpy(), other.numpy()
        if np.all(b == b.flat[0]):  # zeros and ones
            np.testing.assert_array_equal(a, b, err_msg=name)
        else:
            np.testing.assert_allclose(a.std(), b.std(), rtol=0.1, err_msg=name)
            np.testing.assert_allclose(np.abs(a).max(), np.abs(b).max(), rtol=0.05, err_msg=name)


def test_the_causal_mask():
    for size in (0, 1, 4):
        ours, theirs = (N.Transformer.generate_square_subsequent_mask(size) for N in (nn, torch.nn))
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
        assert ours.dtype == minidl.float32
    mask = nn.Transformer.generate_square_subsequent_mask(3, dtype=minidl.float64)
    assert mask.dtype == minidl.float64


def test_copied_layers_start_equal_and_learn_apart():
    model = encoder(nn, {})
    first, second = model.layers[0], model.layers[1]
    np.testing.assert_array_equal(first.linear1.weight.detach().numpy(), second.linear1.weight.detach().numpy())
    model(minidl.randn(SOURCES, BATCH, FEATURES)).pow(3).sum().backward()
    assert not np.array_equal(first.linear1.weight.grad.numpy(), second.linear1.weight.grad.numpy())
