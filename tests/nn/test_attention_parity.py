"""MultiheadAttention against PyTorch's: results, weights, gradients, keys, masks."""

import numpy as np
import pytest

import minidl
from minidl import nn

torch = pytest.importorskip("torch")

from layer_twins import CLOSE, compare, twins  # noqa: E402

RANDOM = np.random.default_rng(6)
PLACES, SOURCES, BATCH, FEATURES, HEADS = 4, 6, 3, 8, 2
BUILDS = [
    {},
    {"bias": False},
    {"batch_first": True},
    {"add_bias_kv": True},
    {"add_zero_attn": True},
    {"kdim": 5, "vdim": 3},
    {"kdim": 5, "batch_first": True},
    {"add_bias_kv": True, "add_zero_attn": True, "vdim": 3, "bias": False},
]


def normal(*shape, dtype="float64"):
    return RANDOM.standard_normal(shape).astype(dtype)


def inputs(options, dtype="float64", batched=True):
    """query, key and value."""
    sizes = FEATURES, options.get("kdim", FEATURES), options.get("vdim", FEATURES)
    shapes = [(length, size) for length, size in zip((PLACES, SOURCES, SOURCES), sizes, strict=True)]
    if batched:
        first = options.get("batch_first", False)
        shapes = [(BATCH, n, size) if first else (n, BATCH, size) for n, size in shapes]
    return [normal(*shape, dtype=dtype) for shape in shapes]


def attention(options):
    return lambda N: N.MultiheadAttention(FEATURES, HEADS, **options)


def masks(dtype="float64"):
    """Masks by name: no place is forbidden everything."""
    hidden = RANDOM.random((BATCH, SOURCES)) < 0.3
    hidden[:, 0] = False
    pairs = RANDOM.random((PLACES, SOURCES)) < 0.3
    pairs[:, 0] = False
    by_head = RANDOM.random((BATCH * HEADS, PLACES, SOURCES)) < 0.3
    by_head[:, :, 0] = False
    return [
        {},
        {"key_padding_mask": hidden},
        {"attn_mask": pairs},
        {"attn_mask": by_head},
        {"attn_mask": normal(PLACES, SOURCES, dtype=dtype), "key_padding_mask": normal(BATCH, SOURCES, dtype=dtype)},
        {"attn_mask": pairs, "key_padding_mask": hidden},
    ]


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("weights", [{}, {"need_weights": False}, {"average_attn_weights": False}], ids=str)
@pytest.mark.parametrize("options", BUILDS, ids=str)
def test_attention(options, weights, dtype):
    ours, theirs = twins(attention(options), dtype)
    for named in masks(dtype):

        def call(T, layer, q, k, v, *given, named=named):
            return layer(q, k, v, **weights, **dict(zip(named, given, strict=True)))

        compare(call, ours, theirs, *inputs(options, dtype), *named.values())


@pytest.mark.parametrize("options", BUILDS, ids=str)
def test_a_single_sequence(options):
    ours, theirs = twins(attention(options))
    compare(lambda T, layer, *x: layer(*x), ours, theirs, *inputs(options, batched=False))


@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("options", [{}, {"batch_first": True}, {"bias": False, "add_zero_attn": True}], ids=str)
def test_of_a_sequence_with_itself(options, need_weights):
    ours, theirs = twins(attention(options))
    shape = (BATCH, PLACES, FEATURES) if options.get("batch_first") else (PLACES, BATCH, FEATURES)
    compare(lambda T, layer, x: layer(x, x, x, need_weights=need_weights), ours, theirs, normal(*shape))
    compare(lambda T, layer, x, y: layer(x, y, y), ours, theirs, normal(*shape), normal(*shape))

    def causal(T, layer, x):
        mask = T.nn.Transformer.generate_square_subsequent_mask(PLACES).to(x.dtype)
        return layer(x, x, x, need_weights=need_weights, attn_mask=mask, is_causal=True)

    compare(causal, ours, theirs, normal(*shape))


def test_evaluation_does_not_drop():
    ours, theirs = twins(attention({"dropout": 0.5}))
    compare(lambda T, layer, *x: layer(*x), ours.eval(), theirs.eval(), *inputs({}))


@pytest.mark.parametrize("options", BUILDS, ids=str)
def test_printing(options):
    build = attention(options)
    assert repr(build(nn)) == repr(build(torch.nn))


@pytest.mark.parametrize("options", [{}, {"kdim": 32, "vdim": 48}, {"add_bias_kv": True}, {"bias": False}], ids=str)
def test_initial_values(options):
    """Zeros where PyTorch has zeros, and elsewhere the same spread."""
    minidl.manual_seed(0)
    torch.manual_seed(0)
    ours, theirs = (N.MultiheadAttention(64, 4, **options).state_dict() for N in (nn, torch.nn))
    assert list(ours) == list(theirs)
    for key, value in ours.items():
        mine, other = value.numpy(), theirs[key].numpy()
        assert np.any(mine) == np.any(other), key
        if key in ("bias_k", "bias_v"):  # normal, 64 of them
            np.testing.assert_allclose(mine.std(), 1 / 8, rtol=0.4)
        else:
            np.testing.assert_allclose(mine.std(), other.std(), rtol=0.1)
            np.testing.assert_allclose(np.abs(mine).max(), np.abs(other).max(), rtol=0.05)
