"""Attention in blocks, and its gradients, against the whole matrix of scores in extended precision."""

import numpy as np
import pytest

from minidl.kernels import cpu

RANDOM = np.random.default_rng(11)


def plain(q, k, v, mask, scale, causal):
    """The weights and the result; zeros for a place that sees nothing."""
    q, k, v = (x.astype(np.longdouble) for x in (q, k, v))
    scores = q @ np.swapaxes(k, -1, -2) * scale
    if mask is not None:
        scores = scores + mask
    if causal:
        scores = np.where(np.tril(np.ones(scores.shape[-2:], bool)), scores, -np.inf)
    top = scores.max(-1, keepdims=True)
    powers = np.exp(scores - np.where(np.isneginf(top), 0, top))
    sums = powers.sum(-1, keepdims=True)
    weights = powers / np.where(sums == 0, 1, sums)
    return weights, weights @ v


def plain_gradients(g, q, k, v, mask, scale, causal):
    weights, _ = plain(q, k, v, mask, scale, causal)
    g, q, k, v = (x.astype(np.longdouble) for x in (g, q, k, v))
    d = g @ np.swapaxes(v, -1, -2)
    d = weights * (d - (d * weights).sum(-1, keepdims=True)) * scale
    return d @ k, np.swapaxes(d, -1, -2) @ q, np.swapaxes(weights, -1, -2) @ g


def heads_of_one_product(n, places, heads, features, dtype):
    """Queries, keys and values as GPT has them: parts of one matrix, seen as (N, heads, places, features)."""
    whole = RANDOM.standard_normal((n, places, 3 * heads * features)).astype(dtype)
    return [x.reshape(n, places, heads, features).transpose(0, 2, 1, 3) for x in np.split(whole, 3, -1)]


def separate(lead, rows, columns, features, width, dtype):
    shapes = (*lead, rows, features), (*lead, columns, features), (*lead, columns, width)
    return [RANDOM.standard_normal(shape).astype(dtype) for shape in shapes]


INPUTS = {
    "one place": lambda dtype: separate((), 1, 1, 1, 1, dtype),
    "matrices": lambda dtype: separate((), 5, 7, 3, 2, dtype),
    "a batch": lambda dtype: separate((3,), 64, 64, 8, 8, dtype),
    "more keys": lambda dtype: separate((2, 3), 70, 150, 5, 9, dtype),
    "more queries": lambda dtype: separate((2, 3), 150, 70, 5, 9, dtype),
    "five dimensions": lambda dtype: separate((2, 1, 3), 9, 4, 3, 3, dtype),
    "parts of one product": lambda dtype: heads_of_one_product(3, 130, 2, 16, dtype),
    "parts of whole tiles": lambda dtype: heads_of_one_product(2, 66, 2, 32, dtype),
    "more than a tile": lambda dtype: separate((2,), 70, 130, 40, 17, dtype),
    "half a tile of values": lambda dtype: separate((2,), 66, 65, 33, 16, dtype),
    "turned matrices": lambda dtype: [x.swapaxes(-1, -2) for x in separate((2,), 6, 6, 6, 6, dtype)],
    "backwards": lambda dtype: [x[:, ::-1] for x in separate((2,), 66, 66, 4, 4, dtype)],
    "one key for all": lambda dtype: [
        separate((2,), 5, 5, 3, 3, dtype)[0],
        *(np.broadcast_to(x, (2, 5, 3)) for x in separate((), 1, 1, 3, 3, dtype)[1:]),
    ],
}


def masks(q, k):
    rows, columns = q.shape[-2], k.shape[-2]
    yield None
    yield np.where(RANDOM.random((rows, columns)) < 0.6, 0, -np.inf)
    yield RANDOM.standard_normal((rows, 1))
    yield np.where(np.arange(columns) < 1, 0, -np.inf) * np.ones((*q.shape[:-2], 1, 1))


def tolerance(dtype):
    return {"rtol": 1e-4, "atol": 2e-5} if dtype == np.float32 else {"rtol": 1e-10, "atol": 1e-12}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("name", INPUTS)
def test_results_and_gradients(name, causal, dtype):
    q, k, v = INPUTS[name](dtype)
    for mask in masks(q, k):
        mask = mask if mask is None else mask.astype(dtype)
        out, log_sums = cpu.attention(q, k, v, mask, 0.7, causal)
        g = RANDOM.standard_normal(out.shape).astype(dtype)
        assert out.dtype == dtype and log_sums.shape == q.shape[:-1]
        np.testing.assert_allclose(out, plain(q, k, v, mask, 0.7, causal)[1].astype(float), **tolerance(dtype))
        for turned in (g, np.ascontiguousarray(g.swapaxes(-1, -2)).swapaxes(-1, -2)):
            found = cpu.attention_gradient(turned, q, k, v, out, log_sums, mask, 0.7, causal)
            for d, expected in zip(found, plain_gradients(g, q, k, v, mask, 0.7, causal), strict=True):
                assert d.dtype == dtype
                np.testing.assert_allclose(d, expected.astype(float), **tolerance(dtype))


def test_a_negative_scale():
    q, k, v = separate((2,), 5, 6, 3, 4, np.float64)
    np.testing.assert_allclose(
        cpu.attention(q, k, v, None, -0.5, False)[0], plain(q, k, v, None, -0.5, False)[1].astype(float), rtol=1e-10
    )


def test_large_scores_do_not_overflow():
    q, k, v = separate((2,), 70, 130, 8, 4, np.float32)
    q *= 1000
    np.testing.assert_allclose(
        cpu.attention(q, k, v, None, 1.0, False)[0],
        plain(q, k, v, None, 1.0, False)[1].astype(float),
        rtol=1e-3,
        atol=1e-3,
    )


def test_nan_stays_in_the_places_that_see_it():
    q, k, v = separate((), 70, 70, 3, 2, np.float32)
    k[66] = np.nan
    out = cpu.attention(q, k, v, None, 1.0, True)[0]
    assert np.isfinite(out[:66]).all() and np.isnan(out[66:]).all()


def test_a_place_that_sees_nothing_gets_zeros_and_gives_no_gradient():
    q, k, v = separate((), 3, 4, 2, 2, np.float32)
    mask = np.zeros((3, 4), np.float32)
    mask[1] = -np.inf
    out, log_sums = cpu.attention(q, k, v, mask, 1.0, False)
    dq, dk, dv = cpu.attention_gradient(np.ones_like(out), q, k, v, out, log_sums, mask, 1.0, False)
    assert (out[1] == 0).all() and log_sums[1] == np.inf and (dq[1] == 0).all()
    assert np.isfinite(dk).all() and np.isfinite(dv).all()


def test_results_lie_as_the_inputs_do():
    q, k, v = (x.copy(order="K") for x in heads_of_one_product(2, 10, 3, 4, np.float32))
    out, log_sums = cpu.attention(q, k, v, None, 0.5, True)
    gradients = cpu.attention_gradient(np.ones_like(out), q, k, v, out, log_sums, None, 0.5, True)
    for array in (out, *gradients):
        assert array.transpose(0, 2, 1, 3).flags.c_contiguous


def test_half_precision():
    q, k, v = separate((2,), 5, 6, 3, 4, np.float16)
    out, log_sums = cpu.attention(q, k, v, None, 0.5, False)
    assert out.dtype == np.float16
    np.testing.assert_allclose(out, plain(q, k, v, None, 0.5, False)[1].astype(float), rtol=2e-3, atol=2e-3)
    assert cpu.attention_gradient(out, q, k, v, out, log_sums, None, 0.5, False)[0].dtype == np.float16


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_gradients_of_parts_of_one_product_lie_in_one_array_as_the_parts_do(order):
    heads = heads_of_one_product(2, 66, 2, 3, np.float32)
    q, k, v = (heads[i] for i in order)
    out, log_sums = cpu.attention(q, k, v, None, 0.5, True)
    g = RANDOM.standard_normal(out.shape).astype(np.float32)
    found = cpu.attention_gradient(g, q, k, v, out, log_sums, None, 0.5, True)
    base = found[0].base
    whole = base.reshape(2, 66, 18)
    for i, d, expected in zip(order, found, plain_gradients(g, q, k, v, None, 0.5, True), strict=True):
        part = whole[..., 6 * i : 6 * i + 6].reshape(2, 66, 2, 3).transpose(0, 2, 1, 3)
        assert d.base is base
        np.testing.assert_array_equal(d, part)
        np.testing.assert_allclose(d, expected, **tolerance(np.float32))


@pytest.mark.parametrize(
    "chosen",
    [
        lambda q, k, v: (q, q, v),  # a part twice
        lambda q, k, v: (q[:, :, :4], k[:, :, 1:], v[:, :, 1:]),  # fewer rows than there are
        lambda q, k, v: (q[:, ::-1], k, v),
        lambda q, k, v: (q, k, v.copy()),
        lambda q, k, v: (q[:1], k[:1], v[:1]),
    ],
)
def test_gradients_of_parts_that_leave_something_out_are_apart(chosen):
    q, k, v = chosen(*heads_of_one_product(2, 5, 2, 3, np.float32))
    causal = q.shape == k.shape
    out, log_sums = cpu.attention(q, k, v, None, 0.5, causal)
    g = RANDOM.standard_normal(out.shape).astype(np.float32)
    found = cpu.attention_gradient(g, q, k, v, out, log_sums, None, 0.5, causal)
    for d, expected in zip(found, plain_gradients(g, q, k, v, None, 0.5, causal), strict=True):
        np.testing.assert_allclose(d, expected, **tolerance(np.float32))
    assert not any(np.shares_memory(found[i], found[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
