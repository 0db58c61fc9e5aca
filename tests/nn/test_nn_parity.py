"""Layers and losses against PyTorch's, with the same weights: results, gradients, running statistics."""

import numpy as np
import pytest

import minidl
from minidl import nn

torch = pytest.importorskip("torch")

CLOSE = {"float32": 1e-5, "float64": 1e-10}
"""Of the largest value."""
DTYPES = list(CLOSE)


def assert_close(ours, theirs, dtype):
    a, b = ours.detach().numpy(), theirs.numpy(force=True)
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    np.testing.assert_allclose(a, b, rtol=0, atol=CLOSE[dtype] * np.abs(b).max(initial=0))


def pair(array, grad=False):
    """The same values in both frameworks."""
    both = minidl.from_numpy(array.copy()), torch.from_numpy(array.copy())
    return tuple(x.requires_grad_() for x in both) if grad and array.dtype.kind == "f" else both


def spread(*shape, dtype="float64", seed=0):
    """Numbers that no rounding can bring across a kink or each other: -2 to 2 in even steps, shuffled."""
    size = int(np.prod(shape))
    steps = (np.arange(size) + 0.5) / max(size, 1) * 4 - 2
    return np.random.default_rng(seed).permutation(steps).reshape(shape).astype(dtype)


# --- layers -----------------------------------------------------------------------------------------------------------

LAYERS = [
    (lambda N: N.Linear(7, 5), (3, 7)),
    (lambda N: N.Linear(7, 5, bias=False), (2, 3, 7)),
    (lambda N: N.Linear(7, 1), (7,)),
    (lambda N: N.Linear(70, 130), (33, 70)),
    (lambda N: N.Linear(7, 5), (0, 7)),
    (lambda N: N.Conv2d(3, 5, 3), (2, 3, 7, 9)),
    (lambda N: N.Conv2d(3, 5, (2, 5), stride=(2, 1), padding=(1, 3)), (1, 3, 9, 6)),
    (lambda N: N.Conv2d(4, 6, 3, dilation=(1, 2), groups=2, bias=False), (3, 4, 8, 8)),
    (lambda N: N.Conv2d(4, 4, 3, padding=1, groups=4), (2, 4, 5, 7)),
    (lambda N: N.Conv2d(3, 5, (3, 5), padding="same"), (2, 3, 5, 11)),
    (lambda N: N.Conv2d(3, 5, 1, padding="valid"), (2, 3, 5, 1)),
    (lambda N: N.Conv2d(16, 33, 3, padding=1), (5, 16, 13, 11)),
    (lambda N: N.Conv2d(3, 5, 3), (3, 7, 9)),
    (lambda N: N.Conv2d(3, 5, 3), (0, 3, 7, 9)),
    (lambda N: N.MaxPool2d(2), (2, 3, 7, 9)),
    (lambda N: N.MaxPool2d((3, 2), stride=(1, 2), padding=(1, 0)), (2, 3, 7, 9)),
    (lambda N: N.MaxPool2d(3, stride=2, padding=1, ceil_mode=True), (1, 5, 8, 10)),
    (lambda N: N.MaxPool2d(2, dilation=3, stride=1), (3, 7, 9)),
    (lambda N: N.MaxPool2d(2), (0, 3, 4, 4)),
    (lambda N: N.BatchNorm1d(5), (7, 5)),
    (lambda N: N.BatchNorm1d(5, eps=0.1, momentum=0.5), (3, 5, 11)),
    (lambda N: N.BatchNorm1d(5, momentum=None), (7, 5)),
    (lambda N: N.BatchNorm1d(5, affine=False), (7, 5)),
    (lambda N: N.BatchNorm2d(3), (2, 3, 5, 7)),
    (lambda N: N.BatchNorm2d(3, momentum=None), (5, 3, 9, 1)),
    (lambda N: N.BatchNorm2d(3, track_running_stats=False), (2, 3, 5, 7)),
    (lambda N: N.BatchNorm2d(3, affine=False, track_running_stats=False), (2, 3, 5, 7)),
    (lambda N: N.BatchNorm2d(33), (4, 33, 17, 13)),
    (lambda N: N.ReLU(), (3, 5, 7)),
    (lambda N: N.LeakyReLU(), (3, 5, 7)),
    (lambda N: N.LeakyReLU(0.3), (61, 97)),
    (lambda N: N.ELU(), (3, 5, 7)),
    (lambda N: N.ELU(0.3), (61, 97)),
    (lambda N: N.Sigmoid(), (61, 97)),
    (lambda N: N.Tanh(), (61, 97)),
    (lambda N: N.Softmax(dim=0), (7,)),
    (lambda N: N.Softmax(dim=1), (3, 5, 7)),
    (lambda N: N.Softmax(dim=-1), (61, 97)),
    (lambda N: N.Flatten(), (3, 5, 7)),
    (lambda N: N.Flatten(0, 1), (3, 5, 7)),
    (lambda N: N.Dropout(0.0), (3, 5)),
    (lambda N: N.Dropout(1.0), (3, 5)),
    (
        lambda N: N.Sequential(
            N.Conv2d(3, 4, 3, padding=1, bias=False), N.BatchNorm2d(4), N.ReLU(inplace=True), N.MaxPool2d(2),
            N.Flatten(), N.Linear(24, 5), N.Tanh(), N.Linear(5, 2),
        ),
        (7, 3, 4, 6),
    ),
]  # fmt: skip


def twins(build, dtype):
    """The layer in both frameworks, with minidl's weights, and scales and shifts that are not 1 and 0."""
    minidl.manual_seed(1)
    ours, theirs = build(nn), build(torch.nn)
    state = ours.to(dtype).state_dict()
    theirs.to(getattr(torch, dtype))
    random = np.random.default_rng(2)
    for value in state.values():
        if value.ndim == 1:
            value.numpy()[:] = random.uniform(0.5, 1.5, value.shape)
    theirs_state = theirs.state_dict()
    assert [(k, tuple(v.shape), str(v.dtype)) for k, v in state.items()] == [
        (k, tuple(v.shape), str(v.dtype).removeprefix("torch.")) for k, v in theirs_state.items()
    ]
    theirs.load_state_dict({key: torch.from_numpy(value.numpy().copy()) for key, value in state.items()})
    return ours, theirs


def step(layer, x, weights):
    """The result, and backwards through it, each element with its own weight."""
    layer.zero_grad()
    y = layer(x)
    (y * weights(y)).sum().backward()
    return y


def weighted(y):
    array = spread(*y.shape, dtype=str(y.dtype).removeprefix("torch."), seed=5)
    return (torch if isinstance(y, torch.Tensor) else minidl).from_numpy(array)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("build", "shape"), LAYERS, ids=[f"{build(nn)!r}-{shape}" for build, shape in LAYERS])
def test_a_layer_equals_pytorchs(build, shape, dtype):
    ours, theirs = twins(build, dtype)
    for seed, training in enumerate([True, True, True, False]):
        x, their_x = pair(spread(*shape, dtype=dtype, seed=seed), grad=True)
        y, their_y = (step(net.train(training), v, weighted) for net, v in ((ours, x), (theirs, their_x)))
        assert_close(y, their_y, dtype)
        assert_close(x.grad, their_x.grad, dtype)
        for (name, p), (their_name, their_p) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
            assert name == their_name
            assert_close(p.grad, their_p.grad, dtype)
    for (name, b), (their_name, their_b) in zip(ours.named_buffers(), theirs.named_buffers(), strict=True):
        assert name == their_name
        assert_close(b, their_b, dtype)


def test_the_places_of_maxima_equal_pytorchs():
    x, their_x = pair(spread(2, 3, 9, 11))
    options = {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True, "return_indices": True}
    ours, theirs = nn.MaxPool2d(**options)(x), torch.nn.MaxPool2d(**options)(their_x)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine.numpy(), other.numpy())


# --- losses -----------------------------------------------------------------------------------------------------------

CLASSES = 4
WEIGHT = np.array([0.5, 2.0, 1.0, 0.1])


def unit(*shape, seed=0):
    return 1 / (1 + np.exp(-spread(*shape, seed=seed)))


def labels(*shape, ignored=None):
    drawn = np.random.default_rng(3).integers(0, CLASSES, shape)
    if ignored is not None and shape:
        drawn.flat[::3] = ignored
    return drawn


def distribution(*shape):
    e = np.exp(spread(*shape, seed=9))
    return e / e.sum(0 if len(shape) == 1 else 1, keepdims=True)


LOSSES = [
    ("MSELoss", {}, spread(3, 5), spread(3, 5, seed=1)),
    ("BCELoss", {}, unit(7, 4), unit(7, 4, seed=1)),
    ("BCELoss", {}, np.array([1e-5, 1 - 1e-5, 0.3, 1e-30]), np.array([1.0, 0.5, 0.0, 0.0])),
    ("BCELoss", {"weight": WEIGHT}, unit(7, 4), unit(7, 4, seed=1)),
    ("BCEWithLogitsLoss", {}, spread(7, 4), unit(7, 4, seed=1)),
    ("BCEWithLogitsLoss", {}, np.array([1e4, -1e4, 50.0, -50.0]), np.array([0.0, 1.0, 0.2, 1.0])),
    ("BCEWithLogitsLoss", {"weight": WEIGHT}, spread(7, 4), unit(7, 4, seed=1)),
    ("BCEWithLogitsLoss", {"pos_weight": WEIGHT * 3}, spread(7, 4), unit(7, 4, seed=1)),
    ("BCEWithLogitsLoss", {"pos_weight": WEIGHT * 3, "weight": WEIGHT}, spread(7, 4), unit(7, 4, seed=1)),
    *[
        (name, {"weight": weight, "ignore_index": ignore_index}, spread(*shape), target)
        for name in ("NLLLoss", "CrossEntropyLoss")
        for weight in (None, WEIGHT)
        for ignore_index in (-100, 1)
        for shape, target in [
            ((7, CLASSES), labels(7)),
            ((7, CLASSES), labels(7, ignored=ignore_index)),
            ((CLASSES,), labels()),
            ((3, CLASSES, 5), labels(3, 5, ignored=ignore_index)),
            ((2, CLASSES, 3, 5), labels(2, 3, 5, ignored=ignore_index)),
        ]
    ],
    *[
        ("CrossEntropyLoss", {"weight": weight, "label_smoothing": smoothing}, spread(*shape), target)
        for weight in (None, WEIGHT)
        for smoothing in (0.1, 1.0)
        for shape, target in [
            ((7, CLASSES), labels(7, ignored=-100)),
            ((CLASSES,), labels()),
            ((3, CLASSES, 5), labels(3, 5, ignored=-100)),
            ((7, CLASSES), distribution(7, CLASSES)),
        ]
    ],
    *[
        ("CrossEntropyLoss", {"weight": weight}, spread(*shape), distribution(*shape))
        for weight in (None, WEIGHT)
        for shape in [(7, CLASSES), (CLASSES,), (3, CLASSES, 5)]
    ],
    ("CrossEntropyLoss", {}, 1e4 * spread(5, CLASSES), labels(5)),
    ("CrossEntropyLoss", {}, spread(301, 67), np.random.default_rng(4).integers(0, 67, 301)),
]


def losses_of(name, options, x, target, reduction, dtype):
    """The loss and the gradient, in minidl and in PyTorch."""
    for number, (T, N) in enumerate([(minidl, nn), (torch, torch.nn)]):
        made = {
            key: T.from_numpy(value.astype(dtype)) if isinstance(value, np.ndarray) else value
            for key, value in options.items()
        }
        values = pair(x.astype(dtype), grad=True)[number]
        goal = pair(target.astype(dtype) if target.dtype.kind == "f" else np.asarray(target))[number]
        loss = getattr(N, name)(**made, reduction=reduction)(values, goal)
        (loss * weighted(loss)).sum().backward()
        yield loss, values.grad


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    ("name", "options", "x", "target"),
    LOSSES,
    ids=[f"{name}-{[k for k, v in o.items() if v is not None]}-{x.shape}-{t.shape}" for name, o, x, t in LOSSES],
)
def test_a_loss_equals_pytorchs(name, options, x, target, reduction, dtype):
    (ours, gradient), (theirs, their_gradient) = losses_of(name, options, x, target, reduction, dtype)
    assert_close(ours, theirs, dtype)
    assert_close(gradient, their_gradient, dtype)
