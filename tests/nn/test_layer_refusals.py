"""What a layer refuses: the message names the layer or its operator, what it got and what it needs."""

import numpy as np
import pytest

import minidl
from minidl import nn
from minidl.errors import ArgumentError, DtypeError, ShapeError


def floats(*shape):
    return minidl.ones(*shape)


def whole(*shape):
    return minidl.ones(*shape).long()


WRONG_SHAPES = [
    (nn.Linear(3, 2), floats(4, 5), ["linear", "(4, 5)", "(2, 3)"]),
    (nn.Linear(3, 2), floats(3, 4), ["linear", "(3, 4)", "(2, 3)"]),
    (nn.Linear(3, 2), minidl.tensor(1.0), ["linear", "()", "(2, 3)"]),
    (nn.Linear(3, 2), floats(4, 0), ["linear", "(4, 0)", "(2, 3)"]),
    (nn.Conv2d(3, 2, 3), floats(1, 4, 5, 5), ["conv2d", "(1, 4, 5, 5)", "(2, 3, 3, 3)"]),
    (nn.Conv2d(4, 2, 3, groups=2), floats(1, 2, 5, 5), ["conv2d", "(1, 2, 5, 5)", "(2, 2, 3, 3)", "groups=2"]),
    (nn.Conv2d(3, 2, 7, padding=0), floats(1, 3, 5, 9), ["conv2d", "(7, 7)", "(5, 9)"]),
    (nn.Conv2d(3, 2, 3, dilation=3), floats(1, 3, 6, 7), ["conv2d", "(7, 7)", "(6, 7)"]),
    (nn.Conv2d(3, 2, 7, padding=1), floats(0, 3, 4, 4), ["conv2d", "(7, 7)", "(6, 6)"]),
    (nn.Conv2d(3, 2, 3), floats(5, 5), ["conv2d", "(5, 5)", "(N, C, H, W)"]),
    (nn.Conv2d(3, 2, 3), floats(1, 1, 3, 5, 5), ["conv2d", "(1, 1, 3, 5, 5)", "(N, C, H, W)"]),
    (nn.MaxPool2d(4), floats(1, 1, 3, 9), ["max_pool2d", "(4, 4)", "(3, 9)"]),
    (nn.MaxPool2d(2), floats(4, 4), ["max_pool2d", "(4, 4)", "(N, C, H, W)"]),
    (nn.BatchNorm1d(3), floats(4, 5), ["BatchNorm1d", "(4, 5)", "5 channels", "3"]),
    (nn.BatchNorm1d(1, track_running_stats=False), floats(4, 5), ["BatchNorm1d", "(4, 5)", "5 channels", "1"]),
    (nn.BatchNorm1d(3), floats(3), ["BatchNorm1d", "(3,)", "(N, C)"]),
    (nn.BatchNorm1d(3), floats(2, 3, 4, 4), ["BatchNorm1d", "(2, 3, 4, 4)", "(N, C, L)"]),
    (nn.BatchNorm2d(3), floats(4, 3), ["BatchNorm2d", "(4, 3)", "(N, C, H, W)"]),
    (nn.BatchNorm2d(3).eval(), floats(2, 4, 5, 5), ["BatchNorm2d", "(2, 4, 5, 5)", "4 channels", "3"]),
    (nn.BatchNorm1d(3), floats(1, 3), ["batch_norm", "(1, 3)", "larger batch"]),
    (nn.BatchNorm2d(3), floats(1, 3, 1, 1), ["batch_norm", "(1, 3, 1, 1)", "larger batch"]),
    (nn.Softmax(dim=2), floats(3, 4), ["softmax", "dim 2", "(3, 4)"]),
    (nn.Flatten(), floats(4), ["flatten", "dim 1", "(4,)"]),
    (nn.Flatten(1, 3), floats(4, 5), ["flatten", "dim 3", "(4, 5)"]),
]


@pytest.mark.parametrize(
    ("layer", "x", "parts"), WRONG_SHAPES, ids=lambda value: repr(value) if callable(value) else ""
)
def test_shapes_that_do_not_fit(layer, x, parts):
    with pytest.raises(ShapeError) as caught:
        layer(x)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert [part for part in parts if part not in message] == []


FLOATING = [
    (nn.Linear(3, 2), "linear", (4, 3)),
    (nn.Conv2d(3, 2, 3), "conv2d", (1, 3, 4, 4)),
    (nn.BatchNorm1d(3), "batch_norm", (4, 3)),
    (nn.BatchNorm1d(3).eval(), "batch_norm", (4, 3)),
    (nn.Softmax(1), "softmax", (4, 3)),
    (nn.LeakyReLU(), "leaky_relu", (4, 3)),
    (nn.ELU(), "elu", (4, 3)),
    (nn.Dropout(0.1), "dropout", (4, 3)),
]


@pytest.mark.parametrize(
    ("layer", "operator", "shape"), FLOATING, ids=lambda value: repr(value) if callable(value) else ""
)
def test_whole_numbers_are_refused(layer, operator, shape):
    with pytest.raises(DtypeError, match=f"{operator}: .*int64.* float"):
        layer(whole(*shape))


@pytest.mark.parametrize("layer", [nn.Linear(3, 2), nn.Conv2d(3, 2, 1)], ids=repr)
def test_another_precision_than_the_weights_is_refused(layer):
    with pytest.raises(DtypeError, match=r"(linear|conv2d): .*float64.*float32"):
        layer(minidl.ones(3, 4, 3).double())


CONSTRUCTIONS = [
    (lambda: nn.Linear(-1, 2), "Linear: -1 to 2 features"),
    (lambda: nn.Conv2d(-3, 3, 3), "Conv2d: -3 to 3 channels"),
    (lambda: nn.Conv2d(3, 4, 3, groups=2), "Conv2d: groups=2 does not divide 3 and 4 channels"),
    (lambda: nn.Conv2d(2, 4, 3, groups=0), "Conv2d: groups=0"),
    (lambda: nn.Conv2d(3, 4, 0), "Conv2d: kernel_size: got 0"),
    (lambda: nn.Conv2d(3, 4, (1, 2, 3)), r"Conv2d: kernel_size: got \(1, 2, 3\)"),
    (lambda: nn.Conv2d(3, 4, 2.5), "Conv2d: kernel_size: got 2.5"),
    (lambda: nn.Conv2d(3, 4, 3, stride=0), "Conv2d: stride: got 0"),
    (lambda: nn.Conv2d(3, 4, 3, padding=-1), "Conv2d: padding: got -1"),
    (lambda: nn.Conv2d(3, 4, 3, dilation=0), "Conv2d: dilation: got 0"),
    (lambda: nn.Conv2d(1, 1, 3, padding="full"), "Conv2d: padding 'full'; needs 'same'"),
    (
        lambda: nn.Conv2d(1, 1, 3, padding="same", stride=2),
        r"Conv2d: padding='same' needs stride 1, got \(2, 2\)",
    ),
    (lambda: nn.MaxPool2d(0)(floats(1, 1, 5, 5)), "max_pool2d: kernel_size: got 0"),
    (lambda: nn.MaxPool2d(2, padding=2)(floats(1, 1, 5, 5)), r"max_pool2d: padding \(2, 2\) exceeds half"),
    (lambda: nn.Dropout(1.5), "Dropout: p=1.5; a probability is from 0 to 1"),
    (lambda: nn.Dropout(-0.1), "Dropout: p=-0.1; a probability is from 0 to 1"),
    (lambda: nn.Dropout(float("nan")), "Dropout: p=nan; a probability is from 0 to 1"),
    (lambda: nn.Flatten(2, 1)(floats(2, 3, 4)), "flatten: start_dim 2 comes after end_dim 1"),
    (lambda: nn.Sequential(nn.ReLU(), np.tanh), "Sequential: item 1 is a ufunc; needs a Module"),
]


@pytest.mark.parametrize(("build", "message"), CONSTRUCTIONS, ids=[message[:40] for _, message in CONSTRUCTIONS])
def test_arguments_out_of_range(build, message):
    with pytest.raises(ArgumentError, match=message):
        build()


def test_a_layer_without_outputs_is_built():
    assert tuple(nn.Conv2d(3, 0, 3)(floats(1, 3, 5, 5)).shape) == (1, 0, 3, 3)
    assert tuple(nn.Linear(3, 0)(floats(2, 3)).shape) == (2, 0)
