"""Losses against their formulas in NumPy, at extreme values, and what they refuse."""

import numpy as np
import pytest

import minidl
from minidl import nn
from minidl.errors import ArgumentError, DtypeError, MinidlWarning, ShapeError

RNG = np.random.default_rng(13)
REDUCTIONS = ["mean", "sum", "none"]


def tensor(values):
    return minidl.from_numpy(np.asarray(values))


def normal(*shape):
    return RNG.standard_normal(shape)


def unit(*shape):
    return RNG.uniform(0.02, 0.98, shape)


def classes(*shape, ignored=False):
    drawn = RNG.integers(0, 4, shape)
    if ignored:
        drawn.flat[::3] = -100
    return drawn


def reduced(losses, reduction):
    return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](losses)


def assert_loss(loss, x, target, expected):
    result = loss(tensor(x), tensor(target)).detach().numpy()
    assert result.dtype == x.dtype
    assert result.shape == np.shape(expected)
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-13)


def log_softmax(x, axis=1):
    x = x - x.max(axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


# --- regression and binary ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4, 5)])
def test_mse(reduction, shape):
    x, target = normal(*shape), normal(*shape)
    assert_loss(nn.MSELoss(reduction), x, target, reduced((x - target) ** 2, reduction))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, np.array([0.5, 2.0, 0.0, 1.0])], ids=["plain", "weighted"])
def test_bce_of_probabilities(reduction, weight):
    p, target = unit(3, 4), unit(3, 4)
    losses = -(target * np.log(p) + (1 - target) * np.log(1 - p)) * (1 if weight is None else weight)
    loss = nn.BCELoss(None if weight is None else tensor(weight), reduction=reduction)
    assert_loss(loss, p, target, reduced(losses, reduction))


def test_bce_bounds_each_logarithm_at_minus_100():
    p, target = np.array([0.0, 1.0, 0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0, 1.0, 0.25])
    assert_loss(nn.BCELoss(reduction="none"), p, target, np.array([100.0, 100.0, 0.0, 0.0, 25.0]))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, np.array([0.5, 2.0, 0.0, 1.0])], ids=["plain", "weighted"])
@pytest.mark.parametrize("pos_weight", [None, np.array([3.0, 0.2, 1.0, 7.0])], ids=["even", "pos_weight"])
def test_bce_of_logits(reduction, weight, pos_weight):
    x, target = normal(5, 4), unit(5, 4)
    p = 1 / (1 + np.exp(-x))
    positive = 1 if pos_weight is None else pos_weight
    losses = -(positive * target * np.log(p) + (1 - target) * np.log(1 - p)) * (1 if weight is None else weight)
    given = {name: tensor(w) for name, w in (("weight", weight), ("pos_weight", pos_weight)) if w is not None}
    assert_loss(nn.BCEWithLogitsLoss(**given, reduction=reduction), x, target, reduced(losses, reduction))


# --- classes ----------------------------------------------------------------------------------------------------------

WEIGHT = np.array([0.5, 2.0, 1.0, 0.1])
SHAPES = [(6, 4), (3, 4, 5), (2, 4, 3, 5), (4,)]


def class_losses(logp, target, weight, ignore_index, reduction):
    """The definition, one target after the other."""
    axis = 0 if logp.ndim == 1 else 1
    last = np.moveaxis(logp, axis, -1)
    losses, weights = np.zeros(target.shape), np.zeros(target.shape)
    for place in np.ndindex(*target.shape):
        if target[place] != ignore_index:
            weights[place] = weight[target[place]]
            losses[place] = -weights[place] * last[place][target[place]]
    return losses.sum() / weights.sum() if reduction == "mean" else reduced(losses, reduction)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("ignore_index", [-100, 2])
def test_nll_and_cross_entropy(reduction, shape, weighted, ignore_index):
    x = normal(*shape)
    target = classes(*shape[:1], *shape[2:], ignored=ignore_index == -100) if len(shape) > 1 else np.array(3)
    logp = log_softmax(x, 0 if x.ndim == 1 else 1)
    options = {"weight": tensor(WEIGHT) if weighted else None, "ignore_index": ignore_index, "reduction": reduction}
    expected = class_losses(logp, target, WEIGHT if weighted else np.ones(4), ignore_index, reduction)
    assert_loss(nn.NLLLoss(**options), logp, target, expected)
    assert_loss(nn.CrossEntropyLoss(**options), x, target, expected)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_cross_entropy_of_probabilities(reduction, smoothing, shape, weighted):
    x = normal(*shape)
    axis = 0 if x.ndim == 1 else 1
    target = np.exp(log_softmax(normal(*shape), axis))
    smooth = (1 - smoothing) * target + smoothing / 4
    weight = np.moveaxis(np.broadcast_to(WEIGHT if weighted else np.ones(4), (*shape[:1], *shape[2:], 4)), -1, axis)
    losses = -(weight.reshape(shape) if x.ndim > 1 else WEIGHT if weighted else 1) * smooth * log_softmax(x, axis)
    options = {"weight": tensor(WEIGHT) if weighted else None, "label_smoothing": smoothing, "reduction": reduction}
    assert_loss(nn.CrossEntropyLoss(**options), x, target, reduced(losses.sum(axis), reduction))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", SHAPES[:3])
def test_label_smoothing_is_cross_entropy_with_smoothed_targets(reduction, shape):
    x, target = normal(*shape), classes(shape[0], *shape[2:])
    smooth = np.moveaxis(0.8 * np.eye(4)[target] + 0.2 / 4, -1, 1)
    losses = -(smooth * log_softmax(x)).sum(1)
    assert_loss(nn.CrossEntropyLoss(label_smoothing=0.2, reduction=reduction), x, target, reduced(losses, reduction))


def test_label_smoothing_leaves_ignored_targets_out():
    x, target = normal(6, 4), classes(6, ignored=True)
    counted = target != -100
    smooth = 0.8 * np.eye(4)[target[counted]] + 0.2 / 4
    expected = -(smooth * log_softmax(x)[counted]).sum(1).mean()
    assert_loss(nn.CrossEntropyLoss(label_smoothing=0.2), x, target, expected)


def test_a_mean_over_nothing_is_nan():
    assert np.isnan(nn.CrossEntropyLoss()(tensor(normal(0, 4)), tensor(classes(0))).item())
    assert np.isnan(nn.CrossEntropyLoss()(tensor(normal(2, 4)), tensor([-100, -100])).item())
    assert np.isnan(nn.MSELoss()(tensor(normal(0, 4)), tensor(normal(0, 4))).item())
    assert nn.CrossEntropyLoss(reduction="sum")(tensor(normal(0, 4)), tensor(classes(0))).item() == 0


# --- extreme values ---------------------------------------------------------------------------------------------------


def loss_and_gradient(loss, x, target):
    x = tensor(x).requires_grad_()
    value = loss(x, tensor(target))
    value.sum().backward()
    return value.detach().numpy(), x.grad.numpy()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logits_of_ten_thousand_give_exact_cross_entropy(dtype):
    x = np.array([[1e4, 0, -1e4], [1e4, 0, -1e4], [-1e4, -1e4, -1e4]], dtype)
    for spread in (x, x.T.copy()[None].repeat(2, 0)):
        target = np.array([0, 2, 1]) if spread.ndim == 2 else np.array([[0, 2, 1]] * 2)
        losses, gradient = loss_and_gradient(nn.CrossEntropyLoss(reduction="none"), spread, target)
        expected = np.array([0, 2e4, np.log(3)])
        np.testing.assert_allclose(losses, np.broadcast_to(expected, losses.shape), rtol=1e-6)
        wanted = np.array([[0, 0, 0], [1, 0, -1], [1 / 3, -2 / 3, 1 / 3]])
        wanted = wanted if spread.ndim == 2 else wanted.T
        np.testing.assert_allclose(gradient, np.broadcast_to(wanted, gradient.shape), atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logits_of_ten_thousand_give_exact_binary_cross_entropy(dtype):
    x = np.array([1e4, 1e4, -1e4, -1e4, 0], dtype)
    target = np.array([1, 0, 1, 0, 0.5], dtype)
    losses, gradient = loss_and_gradient(nn.BCEWithLogitsLoss(reduction="none"), x, target)
    np.testing.assert_allclose(losses, [0, 1e4, 1e4, 0, np.log(2)], rtol=1e-6)
    np.testing.assert_allclose(gradient, [0, 1, -1, 0, 0], atol=1e-7)


def test_smoothed_and_weighted_losses_stay_finite_too():
    x = np.array([[1e4, -1e4, 0, 0]], "float32")
    for loss in (
        nn.CrossEntropyLoss(label_smoothing=0.1),
        nn.CrossEntropyLoss(weight=tensor(WEIGHT.astype("float32"))),
    ):
        value, gradient = loss_and_gradient(loss, x, [1])
        assert np.isfinite(value)
        assert np.isfinite(gradient).all()
    value, gradient = loss_and_gradient(nn.CrossEntropyLoss(), x, np.full((1, 4), 0.25, "float32"))
    assert value == pytest.approx(1e4)
    assert np.isfinite(gradient).all()


def test_certain_probabilities_give_finite_gradients():
    _, gradient = loss_and_gradient(nn.BCELoss(), np.array([0.0, 1.0], "float32"), np.array([1.0, 0.0], "float32"))
    assert np.isfinite(gradient).all()


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss(), nn.NLLLoss()], ids=["cross_entropy", "nll_loss"])
@pytest.mark.parametrize(
    ("shape", "target", "error", "message"),
    [
        ((3, 4), [0, 4, 1], ArgumentError, "target 4 is no class of 0 to 3"),
        ((3, 4), [0, -1, 1], ArgumentError, "target -1 is no class of 0 to 3"),
        ((3, 4, 2), [[0, 1]] * 2 + [[7, 0]], ArgumentError, "target 7 is no class of 0 to 3"),
        ((3, 4), [0, 1], ShapeError, r"input \(3, 4\) needs a target \(3,\), got \(2,\)"),
        ((3, 4), [[0], [1], [2]], ShapeError, r"input \(3, 4\) needs a target \(3,\), got \(3, 1\)"),
        ((3, 4, 2), [0, 1, 2], ShapeError, r"input \(3, 4, 2\) needs a target \(3, 2\), got \(3,\)"),
        ((3, 4), [0.0, 1.0, 2.0], DtypeError, "target is float64, needs classes as integers; use target.long()"),
        ((3, 4), [True, False, True], DtypeError, "target is bool, needs classes as integers"),
        ((), 0, ShapeError, "got a single number"),
    ],
)
def test_classes_are_checked(loss, shape, target, error, message):
    with pytest.raises(error, match=f"(cross_entropy|nll_loss): .*{message.replace('()', '..')}"):
        loss(tensor(normal(*shape)), tensor(target))


@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss, nn.NLLLoss])
@pytest.mark.parametrize("count", [1, 3, 5])
@pytest.mark.parametrize("options", [{}, {"ignore_index": 0}])
def test_class_weights_must_be_one_for_each_class(loss, count, options):
    with pytest.raises(ShapeError, match=r"weight.*4 classes"):
        loss(weight=minidl.ones(count).double(), **options)(tensor(normal(3, 4)), tensor([0, 1, 2]))


@pytest.mark.parametrize("count", [1, 3, 5])
def test_class_weights_must_fit_probabilities_too(count):
    with pytest.raises(ShapeError, match=r"cross_entropy: weight.*4 classes"):
        nn.CrossEntropyLoss(weight=minidl.ones(count).double())(tensor(normal(3, 4)), tensor(unit(3, 4)))


def test_logits_of_whole_numbers_are_refused():
    for loss, target in [(nn.CrossEntropyLoss(), [0, 1, 2]), (nn.NLLLoss(), [0, 1, 2])]:
        with pytest.raises(DtypeError, match="input is int64, needs floats"):
            loss(tensor(classes(3, 4)), tensor(target))


@pytest.mark.parametrize("loss", [nn.BCELoss(), nn.BCEWithLogitsLoss()], ids=["bce", "bce with logits"])
def test_binary_losses_do_not_broadcast(loss):
    for shape, other in [((3, 1), (3,)), ((3,), (3, 1)), ((3, 4), (1, 4))]:
        with pytest.raises(ShapeError) as caught:
            loss(tensor(unit(*shape)), tensor(unit(*other)))
        assert f"input {shape} and target {other} must have one shape" in str(caught.value)
    with pytest.raises(DtypeError, match=r"target is int64, needs floats; use target\.float\(\)"):
        loss(tensor(unit(3)), tensor([0, 1, 0]))


@pytest.mark.parametrize("build", [nn.BCELoss, nn.BCEWithLogitsLoss, lambda w: nn.BCEWithLogitsLoss(pos_weight=w)])
@pytest.mark.parametrize("shape", [(3, 1), (2,), (1, 3)])
def test_weights_of_binary_losses_do_not_widen_the_result(build, shape):
    with pytest.raises(ShapeError) as caught:
        build(minidl.ones(*shape).double())(tensor(unit(3)), tensor(unit(3)))
    assert [text for text in ("binary_cross_entropy", str(shape), "(3,)") if text not in str(caught.value)] == []


def test_what_is_no_probability_is_refused():
    for wrong in (-0.1, 1.5, float("nan")):
        with pytest.raises(ArgumentError, match=r"a probability is outside \[0, 1\] or NaN"):
            nn.BCELoss()(tensor([0.5, wrong]), tensor([0.0, 1.0]))
        with pytest.raises(ArgumentError, match=r"a target is outside \[0, 1\] or NaN"):
            nn.BCELoss()(tensor([0.5, 0.5]), tensor([0.0, wrong]))


def test_mse_warns_before_it_broadcasts():
    x, target = normal(3, 1), normal(3)
    with pytest.warns(MinidlWarning, match=r"target size \(.*\[3\]\)\) that is different to the input size"):
        result = nn.MSELoss()(tensor(x), tensor(target))
    assert result.item() == pytest.approx(((x - target) ** 2).mean())
    with pytest.raises(ShapeError), pytest.warns(MinidlWarning):
        nn.MSELoss()(tensor(normal(3, 2)), tensor(normal(4, 2)))


@pytest.mark.parametrize("loss", [nn.MSELoss, nn.BCELoss, nn.BCEWithLogitsLoss, nn.NLLLoss, nn.CrossEntropyLoss])
def test_an_unknown_reduction_is_refused(loss):
    target = tensor([0, 1, 2]) if loss in (nn.NLLLoss, nn.CrossEntropyLoss) else tensor(unit(3, 4))
    with pytest.raises(ArgumentError, match="reduction 'average'; needs 'mean', 'sum' or 'none'"):
        loss(reduction="average")(tensor(unit(3, 4)), target)


def test_label_smoothing_is_a_share():
    for share in (-0.1, 1.1):
        with pytest.raises(ArgumentError, match=f"CrossEntropyLoss: label_smoothing {share}; needs 0 to 1"):
            nn.CrossEntropyLoss(label_smoothing=share)(tensor(normal(3, 4)), tensor([0, 1, 2]))


@pytest.mark.parametrize("loss", [nn.BCELoss, nn.BCEWithLogitsLoss, nn.NLLLoss, nn.CrossEntropyLoss])
def test_a_weight_is_a_tensor(loss):
    with pytest.raises(DtypeError, match="'weight' is a list; needs a Tensor or None"):
        loss(weight=[1.0, 2.0, 3.0, 4.0])


def test_weights_are_part_of_the_state():
    assert list(nn.CrossEntropyLoss(weight=minidl.ones(4)).state_dict()) == ["weight"]
    assert list(nn.BCEWithLogitsLoss(pos_weight=minidl.ones(4)).state_dict()) == ["pos_weight"]
