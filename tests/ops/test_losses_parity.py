"""Losses at kinks, ties, infinities, NaN and of nothing, and the arguments of each, as in PyTorch."""

import warnings

import numpy as np
import pytest

import minidl
from minidl.errors import GraphError

torch = pytest.importorskip("torch")

from against_pytorch import assert_same  # noqa: E402 - which needs PyTorch

INF, NAN = float("inf"), float("nan")
VALUES = [-INF, -1e30, -100.0, -2.0, -1.0, -0.5, -1e-30, 0.0, 1e-30, 0.5, 1.0, 2.0, 100.0, 1e30, INF, NAN]
REDUCTIONS = ["mean", "sum", "none"]


def pairs(first, second):
    return [part.reshape(-1) for part in np.meshgrid(first, second)]


ANY = pairs(VALUES, VALUES)
PROBABILITIES = pairs([0.0, 1e-30, 0.25, 0.5, 1.0], [0.0, 0.25, 1.0])
LOGITS = pairs(VALUES, [0.0, 0.25, 1.0])
SIGNS = pairs(VALUES, [-1.0, 1.0])
MODERATE = pairs([-1.0, -0.5, 0.0, 0.5, 2.0], [-1.0, 0.0, 0.5, 2.0])


def function(name, **arguments):
    return lambda T, a, b: getattr(T.nn.functional, name)(a, b, reduction="none", **arguments)


def zeros(T, count):
    return T.zeros(count, dtype=T.int64)


KINKS = {
    "l1": (function("l1_loss"), ANY),
    "mse": (function("mse_loss"), ANY),
    "smooth_l1": (function("smooth_l1_loss"), ANY),
    "smooth_l1 0.5": (function("smooth_l1_loss", beta=0.5), ANY),
    "smooth_l1 0": (function("smooth_l1_loss", beta=0.0), ANY),
    "huber": (function("huber_loss"), ANY),
    "huber 0.5": (function("huber_loss", delta=0.5), ANY),
    "bce logits": (function("binary_cross_entropy_with_logits"), LOGITS),
    "kl_div": (function("kl_div"), pairs([-100.0, -1.0, 0.0], [0.0, 0.5, 2.0])),
    "kl_div log_target": (function("kl_div", log_target=True), MODERATE),
    "hinge": (lambda T, a, b: T.nn.functional.hinge_embedding_loss(a, b.detach(), reduction="none"), SIGNS),
    "ranking": (lambda T, a, b: T.margin_ranking_loss(a, b, T.ones_like(a), 1.0, 0), ANY),
    "nll": (lambda T, a, b: T.nn.functional.nll_loss(T.stack([a, b], 1), zeros(T, 256), reduction="none"), ANY),
    "cross_entropy": (
        lambda T, a, b: T.nn.functional.cross_entropy(T.stack([a, b], 1), zeros(T, 256), reduction="none"),
        ANY,
    ),
    "triplet": (
        lambda T, a, b: T.nn.functional.triplet_margin_loss(
            T.stack([a, b], 1), T.stack([b, b], 1), T.stack([b, a], 1), swap=True, reduction="none"
        ),
        MODERATE,
    ),
}

FIRST_ORDER = {
    "bce": (function("binary_cross_entropy"), PROBABILITIES),  # PyTorch adds 1e-12 in the second derivative
    "multi_margin": (
        lambda T, a, b: T.nn.functional.multi_margin_loss(T.stack([a, b], 1), zeros(T, 256), reduction="none"),
        ANY,
    ),
    "multi_margin 2": (
        lambda T, a, b: T.nn.functional.multi_margin_loss(T.stack([a, b], 1), zeros(T, 256), 2, 0.5, reduction="none"),
        ANY,
    ),
    "multilabel_margin": (
        lambda T, a, b: T.nn.functional.multilabel_margin_loss(
            T.stack([a, b], 1), T.tensor([[0, -1]] * 256), reduction="none"
        ),
        ANY,
    ),
    "soft_margin": (
        lambda T, a, b: T.nn.functional.soft_margin_loss(a, b.detach(), reduction="none"),
        pairs(VALUES[3:12], [-1.0, 1.0]),
    ),
    "gaussian below eps": (
        lambda T, a, b: T.nn.functional.gaussian_nll_loss(a, a.detach() * 0.5, b, eps=0.4, reduction="none"),
        pairs([-1.0, 0.0, 2.0], [0.0, 0.2, 0.4, 1.0]),
    ),
    "gaussian number": (
        lambda T, a, b: T.nn.functional.gaussian_nll_loss(a, b, 0.5, full=True, reduction="none"),
        MODERATE,
    ),
    "cosine": (
        lambda T, a, b: T.nn.functional.cosine_embedding_loss(
            T.stack([a, b], 1), T.stack([b, a], 1), -T.ones(20), reduction="none"
        ),
        MODERATE,
    ),
}


@pytest.mark.parametrize("name", KINKS)
def test_kinks_to_second_order(name):
    program, arrays = KINKS[name]
    assert_same(program, arrays, "float64")


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_kinks_to_first_order(name):
    program, arrays = FIRST_ORDER[name]
    assert_same(program, arrays, "float64", order=1, close=1e-8 if name == "bce" else 0.0)  # its bound is a float32


@pytest.mark.parametrize("logit", [-1e4, -90.0, -20.0, 20.0, 90.0, 1e4])
@pytest.mark.parametrize("name", ["binary_cross_entropy_with_logits", "multilabel_soft_margin_loss"])
def test_large_logits_do_not_overflow(name, logit):
    assert_same(
        lambda T, x, t: getattr(T.nn.functional, name)(x, t, reduction="sum"), [[[logit]], [[0.3]]], "float32", order=1
    )


def test_soft_margin_does_not_overflow():
    x = minidl.tensor([1000.0]).requires_grad_()
    loss = minidl.nn.functional.soft_margin_loss(x, minidl.tensor([-1.0]))  # infinite in PyTorch
    loss.backward()
    assert (loss.item(), x.grad.item()) == (1000.0, 1.0)


# --- of nothing, and of one ------------------------------------------------------------------------------------------

RNG = np.random.default_rng(8)
ROWS = RNG.standard_normal((0, 3))

EMPTY = {
    **{
        name: lambda T, x, name=name: getattr(T.nn.functional, name)(x, x.detach() * 0)
        for name in ("l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss", "soft_margin_loss", "hinge_embedding_loss")
    },
    "binary_cross_entropy": lambda T, x: T.nn.functional.binary_cross_entropy(x, x.detach()),
    "kl_div": lambda T, x: T.nn.functional.kl_div(x, x.detach(), reduction="sum"),
    "cross_entropy": lambda T, x: T.nn.functional.cross_entropy(x, zeros(T, 0)),
    "cross_entropy sum": lambda T, x: T.nn.functional.cross_entropy(x, zeros(T, 0), reduction="sum"),
    "nll_loss": lambda T, x: T.nn.functional.nll_loss(x, zeros(T, 0)),
    "multi_margin_loss": lambda T, x: T.nn.functional.multi_margin_loss(x, zeros(T, 0), reduction="none"),
    "cosine": lambda T, x: T.nn.functional.cosine_embedding_loss(x, x, T.ones(0)),
    "triplet": lambda T, x: T.nn.functional.triplet_margin_loss(x, x, x, reduction="sum"),
}


@pytest.mark.parametrize("name", EMPTY)
def test_no_samples(name):
    assert_same(EMPTY[name], [ROWS], "float64", order=1)


def test_all_targets_ignored():
    x = RNG.standard_normal((2, 3))
    for reduction in REDUCTIONS:
        assert_same(
            lambda T, x, r=reduction: T.nn.functional.cross_entropy(
                x, T.tensor([1, 1]), ignore_index=1, reduction=r, label_smoothing=0.1
            ),
            [x],
            "float64",
            order=1,
        )


# --- arguments -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 3, 2), (2, 3, 2, 1)], ids=str)
def test_cross_entropy(reduction, smoothing, shape):
    axis = 0 if len(shape) == 1 else 1
    places = shape[:axis] + shape[axis + 1 :]
    classes = np.arange(int(np.prod(places))).reshape(places) % 3
    spread = RNG.dirichlet([1, 1, 1], places) if places else RNG.dirichlet([1, 1, 1])
    spread = np.moveaxis(spread, -1, axis)
    x = RNG.standard_normal(shape)

    def by_class(T, x):
        weight = T.tensor([0.5, 2.0, 1.0]).to(x.dtype)
        target = (torch.from_numpy if T is torch else minidl.from_numpy)(np.asarray(classes))
        return T.nn.functional.cross_entropy(
            x, target, weight, ignore_index=1, reduction=reduction, label_smoothing=smoothing
        )

    def by_chance(T, x, t):
        weight = T.tensor([0.5, 2.0, 1.0]).to(x.dtype)
        return T.nn.functional.cross_entropy(x, t, weight, reduction=reduction, label_smoothing=smoothing)

    if places or smoothing == 0:
        assert_same(by_class, [x], "float64", close=1e-10)
    assert_same(by_chance, [x, spread], "float64", close=1e-10)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", ["l1_loss", "mse_loss", "huber_loss"])
def test_weights_of_regression(name, reduction):
    arrays = [RNG.standard_normal((2, 3)) for _ in range(2)] + [RNG.uniform(0.5, 2, (2, 3))]
    assert_same(
        lambda T, x, y, w: getattr(T.nn.functional, name)(x, y, reduction=reduction, weight=w), arrays, "float64"
    )


@pytest.mark.parametrize("shape", [(2, 3), (2, 1), (2,)], ids=str)
def test_shapes_of_variances(shape):
    arrays = [RNG.standard_normal((2, 3)), RNG.standard_normal((2, 3)), RNG.uniform(0.5, 2, shape)]
    assert_same(lambda T, x, y, v: T.nn.functional.gaussian_nll_loss(x, y, v), arrays, "float64")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_top_level_forms_take_numbers_for_reductions(number):
    a, b = RNG.standard_normal((2, 3)), RNG.standard_normal((2, 3))
    programs = [
        lambda T, a, b: T.cosine_embedding_loss(a, b, T.tensor([1, -1]), 0.1, number),
        lambda T, a, b: T.hinge_embedding_loss(a, T.sign(b.detach()), reduction=number),
        lambda T, a, b: T.kl_div(a, T.exp(b), number),
        lambda T, a, b: T.poisson_nll_loss(a, T.exp(b), True, False, 1e-8, number),
        lambda T, a, b: T.triplet_margin_loss(a, b, a * 2, 1.0, 2.0, 1e-6, False, number),
        lambda T, a, b: T.binary_cross_entropy_with_logits(a, T.sigmoid(b), None, T.tensor(2.0).to(a.dtype), number),
    ]
    for program in programs:
        assert_same(program, [a, b], "float64", order=1)


def test_broadcasting_warns_and_gives_the_same():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for name in ("l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss"):
            assert_same(
                lambda T, x, y, name=name: getattr(T.nn.functional, name)(x, y),
                [RNG.standard_normal((2, 3)), RNG.standard_normal(3)],
                "float64",
                order=1,
            )
    told = [str(w.message) for w in caught if "Using a target size" in str(w.message)]
    ours = [text.split(": ", 1)[1].replace("minidl.Size", "torch.Size") for text in told if "minidl" in text]
    assert ours == [text for text in told if "minidl" not in text]
    assert len(ours) == 4


# --- connectionist temporal classification ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("zero_infinity", [False, True])
def test_ctc(seed, reduction, zero_infinity):
    """Targets as a matrix and one behind the other; lengths as tuples and tensors; too few steps among them."""
    rng = np.random.default_rng(seed)
    steps, samples, classes, most = (int(rng.integers(low, high)) for low, high in ((1, 9), (1, 4), (2, 6), (0, 5)))
    blank = int(rng.integers(classes))
    labels = rng.choice([c for c in range(classes) if c != blank], (samples, most)).astype(np.int64)
    counts, lengths = rng.integers(0, most + 1, samples), rng.integers(1, steps + 1, samples)
    concatenated = np.concatenate([row[:n] for row, n in zip(labels, counts, strict=True)])
    for targets, as_tuple in ((labels, False), (concatenated, True)):

        def program(T, x, targets=targets, as_tuple=as_tuple):
            make = torch.from_numpy if T is torch else minidl.from_numpy
            sizes = [tuple(n.tolist()) if as_tuple else make(n) for n in (lengths, counts)]
            log_probs = T.nn.functional.log_softmax(x, 2)
            return T.nn.functional.ctc_loss(log_probs, make(targets), *sizes, blank, reduction, zero_infinity)

        assert_same(program, [rng.standard_normal((steps, samples, classes))], "float64", order=1, close=1e-10)


def test_ctc_has_no_second_derivative_and_says_so():
    log_probs = minidl.randn(4, 1, 3).log_softmax(2).detach().requires_grad_()
    loss = minidl.nn.functional.ctc_loss(log_probs, minidl.tensor([[1, 2]]), (4,), (2,))
    (slope,) = minidl.autograd.grad(loss, log_probs, create_graph=True)
    with pytest.raises(GraphError, match="ctc_loss: its gradient cannot be differentiated again"):
        minidl.autograd.grad((slope * slope).sum(), log_probs)
