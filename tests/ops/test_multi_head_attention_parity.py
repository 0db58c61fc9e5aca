"""multi_head_attention_forward in all its ways of being called, as in PyTorch; and what it refuses."""

import itertools

import numpy as np
import pytest

import minidl
from minidl.errors import ArgumentError, DtypeError, ShapeError
from minidl.nn import functional as F

torch = pytest.importorskip("torch")

L, S, N, E, HEADS = 3, 4, 2, 6, 2
RNG = np.random.default_rng(12)


def drawn(*shape):
    return RNG.standard_normal(shape)


PARTS = {
    "query": drawn(L, N, E),
    "key": drawn(S, N, E),
    "value": drawn(S, N, E),
    "in_proj_weight": drawn(3 * E, E),
    "in_proj_bias": drawn(3 * E),
    "out_proj_weight": drawn(E, E),
    "out_proj_bias": drawn(E),
    "bias_k": drawn(1, 1, E),
    "bias_v": drawn(1, 1, E),
    "added": drawn(L, S),
    "added_to_heads": drawn(N * HEADS, L, S),
    "forbidden": np.triu(np.ones((L, S), bool), 2),
    "padding": np.array([[False, False, True, True], [False, False, False, True]]),
    "added_padding": drawn(N, S),
    "wide_key": drawn(S, N, 5),
    "wide_value": drawn(S, N, 7),
    "q": drawn(E, E),
    "k": drawn(E, 5),
    "v": drawn(E, 7),
    "static": drawn(N * HEADS, S, E // HEADS),
}


def called(T, names, options):
    """Results and gradients of a call; `names` tells which part each argument is."""
    leaves = {name: T.from_numpy(PARTS[part].copy()) for name, part in names.items()}
    for leaf in leaves.values():
        if leaf.dtype != T.bool:
            leaf.requires_grad_()
    arguments = {
        "in_proj_weight": None,
        "in_proj_bias": None,
        "bias_k": None,
        "bias_v": None,
        "add_zero_attn": False,
        "embed_dim_to_check": E,
        "num_heads": HEADS,
        "dropout_p": 0.0,
        "out_proj_bias": None,
        **leaves,
        **options,
    }
    output, weights = T.nn.functional.multi_head_attention_forward(**arguments)
    total = (output * output).sum() + (0 if weights is None else (weights**3).sum())
    wanted = [x for x in leaves.values() if x.requires_grad]
    slopes = T.autograd.grad(total, wanted, allow_unused=True)
    return [output, *([] if weights is None else [weights])], slopes


def assert_the_same(names, **options):
    ours, theirs = called(minidl, names, options), called(torch, names, options)
    assert len(ours[0]) == len(theirs[0])
    for mine, other in zip((*ours[0], *ours[1]), (*theirs[0], *theirs[1]), strict=True):
        if other is None:
            assert mine is None
            continue
        np.testing.assert_allclose(mine.detach().numpy(), other.numpy(force=True), rtol=0, atol=1e-11)


PLAIN = {name: name for name in ("query", "key", "value", "in_proj_weight", "out_proj_weight")}
BIASED = {**PLAIN, "in_proj_bias": "in_proj_bias", "out_proj_bias": "out_proj_bias"}
EXTENDED = {**BIASED, "bias_k": "bias_k", "bias_v": "bias_v"}


@pytest.mark.parametrize(
    "mask", [{}, {"attn_mask": "added"}, {"attn_mask": "added_to_heads"}, {"attn_mask": "forbidden"}]
)
@pytest.mark.parametrize("padding", [{}, {"key_padding_mask": "padding"}, {"key_padding_mask": "added_padding"}])
@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.filterwarnings("ignore:Support for mismatched")
def test_masks_and_further_places(mask, padding, zero):
    for names, need, average in itertools.product((BIASED, EXTENDED), (True, False), (True, False)):
        assert_the_same(
            {**names, **mask, **padding}, add_zero_attn=zero, need_weights=need, average_attn_weights=average
        )


def test_projections_one_by_one_of_key_and_value_of_other_sizes():
    names = {"query": "query", "key": "wide_key", "value": "wide_value", "q_proj_weight": "q", "k_proj_weight": "k",
             "v_proj_weight": "v", "out_proj_weight": "out_proj_weight", "in_proj_bias": "in_proj_bias"}  # fmt: skip
    assert_the_same(names, use_separate_proj_weight=True)


def test_key_and_value_that_are_given_as_they_are():
    assert_the_same({**PLAIN, "static_k": "static", "static_v": "static"}, add_zero_attn=True)


@pytest.mark.parametrize("need", [True, False])
def test_the_causal_hint(need):
    names = {**BIASED, "key": "query", "value": "query"}
    causal = np.triu(np.ones((L, L), bool), 1)
    ours, theirs = (
        called(T, names, {"attn_mask": T.from_numpy(causal), "is_causal": True, "need_weights": need})[0][0]
        for T in (minidl, torch)
    )
    np.testing.assert_allclose(ours.detach().numpy(), theirs.numpy(force=True), atol=1e-12)
    unhinted = called(minidl, names, {"attn_mask": minidl.from_numpy(causal), "need_weights": need})[0][0]
    np.testing.assert_allclose(ours.detach().numpy(), unhinted.detach().numpy(), atol=1e-12)


def test_attention_to_itself_is_one_product_with_the_same_gradients():
    x, w = minidl.from_numpy(PARTS["query"]).requires_grad_(), minidl.from_numpy(PARTS["in_proj_weight"])
    out = minidl.from_numpy(PARTS["out_proj_weight"])
    rest = (E, HEADS, w, None, None, None, False, 0.0, out, None)
    shared = F.multi_head_attention_forward(x, x, x, *rest)[0]
    apart = F.multi_head_attention_forward(x, x * 1, x * 1, *rest)[0]
    np.testing.assert_allclose(shared.detach().numpy(), apart.detach().numpy(), atol=1e-12)
    first, second = (minidl.autograd.grad((y**2).sum(), x)[0].numpy() for y in (shared, apart))
    np.testing.assert_allclose(first, second, atol=1e-10)


def test_without_a_batch_the_same_as_a_batch_of_one():
    def attended(*inputs):
        w, out = (minidl.from_numpy(PARTS[part]) for part in ("in_proj_weight", "out_proj_weight"))
        return F.multi_head_attention_forward(
            *inputs, E, HEADS, w, None, None, None, False, 0.0, out, None, average_attn_weights=False
        )

    inputs = [minidl.from_numpy(PARTS[part]) for part in ("query", "key", "value")]
    output, weights = attended(*[x[:, 0] for x in inputs])
    batched_output, batched_weights = attended(*[x[:, :1] for x in inputs])
    assert output.shape == (L, E) and weights.shape == (HEADS, L, S)
    np.testing.assert_allclose(output.numpy(), batched_output.numpy()[:, 0], atol=1e-12)
    np.testing.assert_allclose(weights.numpy(), batched_weights.numpy()[0], atol=1e-12)


def test_dropout_is_for_training_only():
    inputs = [minidl.from_numpy(PARTS[part]) for part in ("query", "key", "value", "in_proj_weight", "out_proj_weight")]

    def weights(training):
        rest = (E, HEADS, inputs[3], None, None, None, False, 0.5, inputs[4], None, training)
        return F.multi_head_attention_forward(*inputs[:3], *rest, average_attn_weights=False)[1].numpy()

    minidl.manual_seed(0)
    whole, dropped = weights(False), weights(True)
    np.testing.assert_allclose(whole.sum(-1), 1)
    assert set(np.round(dropped / whole, 6).reshape(-1)) == {0.0, 2.0}


def refused(**changes):
    arguments = {name: minidl.from_numpy(PARTS[part]) for name, part in PLAIN.items()}
    arguments |= {"in_proj_bias": None, "bias_k": None, "bias_v": None, "add_zero_attn": False, "dropout_p": 0.0,
                  "embed_dim_to_check": E, "num_heads": HEADS, "out_proj_bias": None}  # fmt: skip
    F.multi_head_attention_forward(**(arguments | changes))


@pytest.mark.parametrize(
    ("error", "message", "changes"),
    [
        (ShapeError, "query \\(6,\\), key .* needs \\(L, N, E\\)", {"query": minidl.zeros(E)}),
        (ShapeError, "key and value differ", {"value": minidl.zeros(S, N, 5)}),
        (ShapeError, "one batch size", {"query": minidl.zeros(L, 1, E)}),
        (ShapeError, "needs E of 5", {"embed_dim_to_check": 5}),
        (ArgumentError, "6 features in 4 heads", {"num_heads": 4}),
        (ShapeError, "in_proj_weight \\(6, 6\\)", {"in_proj_weight": minidl.zeros(E, E)}),
        (ArgumentError, "in_proj_weight is missing", {"in_proj_weight": None}),
        (ArgumentError, "needs q_proj_weight", {"use_separate_proj_weight": True}),
        (ArgumentError, "one of bias_k and bias_v", {"bias_k": minidl.zeros(1, 1, E)}),
        (ArgumentError, "beside static_k", {"bias_k": minidl.zeros(E), "bias_v": minidl.zeros(E),
                                            "static_k": minidl.zeros(1)}),
        (ShapeError, "static_v \\(2, 4, 3\\); needs \\(4, S, 3\\)", {"static_v": minidl.zeros(2, 4, 3)}),
        (ArgumentError, "give the mask", {"is_causal": True}),
        (ShapeError, "key_padding_mask \\(4, 2\\); needs \\(2, 4\\)", {"key_padding_mask": minidl.zeros(S, N)}),
        (ShapeError, "attn_mask \\(4, 3\\); needs \\(3, 4\\) or \\(4, 3, 4\\)", {"attn_mask": minidl.zeros(S, L)}),
        (DtypeError, "attn_mask of int64", {"attn_mask": minidl.zeros(L, S, dtype=minidl.int64)}),
    ],
)  # fmt: skip
def test_refusals(error, message, changes):
    with pytest.raises(error, match=f"multi_head_attention_forward: .*{message}"):
        refused(**changes)
