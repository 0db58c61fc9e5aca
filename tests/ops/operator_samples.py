"""One table of operators with inputs, for every test that goes through all of them.

A sample's program is written once over a namespace `T`, which is minidl or PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

RNG = np.random.default_rng(20)


def normal(*shape: int) -> np.ndarray:
    """Numbers that are not close to zero or to each other, so that a finite difference crosses no kink."""
    size = int(np.prod(shape))
    ladder = (np.arange(size) + 0.5 + RNG.uniform(-0.2, 0.2, size)) / max(size, 1) * 4 - 2
    ladder = np.where(np.abs(ladder) < 0.1, ladder + 0.25, ladder)
    return RNG.permutation(ladder).reshape(shape)


def positive(*shape: int) -> np.ndarray:
    return np.abs(normal(*shape)) + 0.1


def unit(*shape: int) -> np.ndarray:
    return 1 / (1 + np.exp(-normal(*shape)))


def backwards(*shape: int) -> np.ndarray:
    """The same with negative strides."""
    return normal(*shape)[::-1]


def weights(T: Any, like: Any, count: int) -> Any:
    """Constants 0.5, 1.0, ... of the dtype of `like`."""
    return T.tensor([0.5 * (i + 1) for i in range(count)]).to(like.dtype)


@dataclass
class Sample:
    """`program(T, *inputs)`, where all inputs are floats that get a gradient."""

    name: str
    program: Callable[..., Any]
    inputs: list[np.ndarray]
    differentiable: bool = True

    def __str__(self) -> str:
        return self.name


S = Sample

ARITHMETIC = [
    S("add", lambda T, a, b: a + b, [normal(3, 5), normal(3, 5)]),
    S("add broadcast", lambda T, a, b: T.add(a, b), [normal(2, 1, 5), normal(3, 1)]),
    S("add scalar", lambda T, a: 2 + a + 1.5, [normal(3)]),
    S("add alpha", lambda T, a, b: a.add(b, alpha=3), [normal(3), normal(3)]),
    S("add 0-d", lambda T, a, b: a + b, [normal(), normal(2, 3)]),
    S("add empty", lambda T, a, b: a + b, [normal(0, 3), normal(3)]),
    S("sub", lambda T, a, b: T.sub(a, b), [normal(4, 1), backwards(3)]),
    S("sub scalar", lambda T, a: 1 - a - 2, [normal(3)]),
    S("mul", lambda T, a, b: T.mul(a, b), [normal(3, 1, 2), normal(4, 1)]),
    S("mul twice the same", lambda T, a: a * a, [normal(3)]),
    S("mul scalar", lambda T, a: 3 * a, [backwards(3, 2)]),
    S("div", lambda T, a, b: T.div(a, b), [normal(3, 5), positive(5)]),
    S("div by scalar", lambda T, a: a / 4, [normal(3)]),
    S("div scalar by", lambda T, a: 4 / a, [positive(3)]),
    S("floor_divide", lambda T, a, b: T.floor_divide(a, b), [normal(3, 5), positive(5)], differentiable=False),
    S("remainder", lambda T, a, b: T.remainder(a, b), [np.array([2.3, -1.6, 0.7]), np.array([0.9, 1.0, -0.5])]),
    S("neg", lambda T, a: -a, [normal(3, 2)]),
    S("pow", lambda T, a, b: T.pow(a, b), [positive(3, 4), normal(4)]),
    S("pow 2", lambda T, a: a**2, [normal(3)]),
    S("pow 3", lambda T, a: a**3, [normal(3)]),
    S("pow 0", lambda T, a: a**0, [normal(3)]),
    S("pow 1", lambda T, a: a**1, [normal(3)]),
    S("pow -1", lambda T, a: a**-1, [positive(3)]),
    S("pow 0.5", lambda T, a: a**0.5, [positive(3)]),
    S("scalar pow", lambda T, a: 2.0**a, [normal(3)]),
]

CHOICE = [
    S("maximum", lambda T, a, b: T.maximum(a, b), [normal(3, 4), normal(4) + 0.003]),
    S("minimum", lambda T, a, b: T.minimum(a, b), [normal(3, 4), normal(4) + 0.003]),
    S("where", lambda T, a, b: T.where(a > b, a * 2, b), [normal(3, 4), normal(4) + 0.003]),
    S("where scalar", lambda T, a: T.where(a > 0, a, 0.5), [normal(5)]),
    S("clamp", lambda T, a: T.clamp(a, -0.55, 0.7), [normal(7)]),
    S("clamp min", lambda T, a: a.clamp(min=0.05), [normal(7)]),
    S("clamp max", lambda T, a: a.clamp(max=0.05), [normal(7)]),
    S(
        "comparisons",
        lambda T, a, b: T.stack([a > b, a >= b, a < b, a <= b, a == b, a != b]),
        [normal(3), normal(3)],
        False,
    ),
    S("logic", lambda T, a, b: (a > 0) & (b > 0) | ~(a > 1) ^ (b < 0), [normal(5), normal(5)], False),
    S("isnan", lambda T, a: T.isnan(T.log(a)), [normal(5)], False),
    S("isfinite", lambda T, a: T.isfinite(1 / (a - a[0])), [normal(5)], False),
    S("sign", lambda T, a: T.sign(a), [normal(5)], False),
]

ELEMENTWISE = [
    S("square", lambda T, a: T.square(a), [normal(3, 2)]),
    S("sqrt", lambda T, a: T.sqrt(a), [positive(3)]),
    S("rsqrt", lambda T, a: T.rsqrt(a), [positive(3)]),
    S("reciprocal", lambda T, a: T.reciprocal(a), [positive(3)]),
    S("exp", lambda T, a: T.exp(a), [backwards(3, 2)]),
    S("log", lambda T, a: T.log(a), [positive(3)]),
    S("log1p", lambda T, a: T.log1p(a), [positive(3)]),
    S("expm1", lambda T, a: T.expm1(a), [normal(3)]),
    S("sin", lambda T, a: T.sin(a), [normal(3)]),
    S("cos", lambda T, a: T.cos(a), [normal(3)]),
    S("abs", lambda T, a: T.abs(a), [normal(5)]),
    S("clone", lambda T, a: T.clone(a), [normal(3)]),
    S("to", lambda T, a: a.to(T.float64) * 2, [normal(3)]),
    S("type_as", lambda T, a, b: a.type_as(b) + b, [normal(3), normal(3)]),
]

ACTIVATIONS = [
    S("tanh", lambda T, a: T.tanh(a), [normal(3, 5)]),
    S("sigmoid", lambda T, a: T.sigmoid(a), [normal(3, 5)]),
    S("relu", lambda T, a: T.relu(a), [normal(3, 5)]),
    S("leaky_relu", lambda T, a: T.nn.functional.leaky_relu(a, 0.2), [normal(7)]),
    S("elu", lambda T, a: T.nn.functional.elu(a, 0.7), [normal(7)]),
    S("softplus", lambda T, a: T.nn.functional.softplus(a, 2.0, 1.5), [normal(7)]),
    S("logsigmoid", lambda T, a: T.nn.functional.logsigmoid(a), [normal(7)]),
    S("softmax", lambda T, a: T.softmax(a, 1), [normal(2, 5, 3)]),
    S("softmax last", lambda T, a: T.softmax(a, -1), [normal(3, 5)]),
    S("log_softmax", lambda T, a: T.log_softmax(a, 0), [normal(4, 3)]),
    S("log_softmax last", lambda T, a: a.log_softmax(-1), [normal(3, 4)]),
]

REDUCTIONS = [
    S("sum", lambda T, a: T.sum(a), [normal(3, 5)]),
    S("sum dim", lambda T, a: a.sum(1), [normal(2, 3, 4)]),
    S("sum dims keepdim", lambda T, a: a.sum((0, -1), keepdim=True), [normal(2, 3, 4)]),
    S("sum axis", lambda T, a: a.sum(axis=0, keepdims=True), [normal(2, 3)]),
    S("sum empty", lambda T, a: a.sum(0), [normal(0, 3)]),
    S("mean", lambda T, a: T.mean(a), [backwards(3, 5)]),
    S("mean dim", lambda T, a: a.mean((0, 2)), [normal(2, 3, 4)]),
    S("var", lambda T, a: T.var(a), [normal(3, 5)]),
    S("var biased", lambda T, a: a.var(1, unbiased=False), [normal(3, 5)]),
    S("var correction", lambda T, a: a.var((0, 1), correction=2, keepdim=True), [normal(3, 5)]),
    S("std", lambda T, a: a.std(1), [normal(3, 5)]),
    S("amax", lambda T, a: T.amax(a, (0, 2)), [normal(2, 3, 4)]),
    S("amin", lambda T, a: T.amin(a, 1, keepdim=True), [normal(2, 3, 4)]),
    S("max", lambda T, a: T.max(a), [normal(2, 3)]),
    S("min", lambda T, a: a.min(), [normal(2, 3)]),
    S("max dim", lambda T, a: a.max(1).values, [normal(2, 3, 4)]),
    S("max dim indices", lambda T, a: a.max(1, keepdim=True)[1], [normal(2, 3, 4)], False),
    S("min dim", lambda T, a: a.min(-1, keepdim=True)[0], [normal(2, 3, 4)]),
    S("argmax", lambda T, a: T.stack([a.argmax(), a.argmax(0)[1]]), [normal(3, 4)], False),
    S("argmin", lambda T, a: a.argmin(1, keepdim=True), [normal(3, 4)], False),
    S("all any", lambda T, a: T.stack([(a > 0).all(0), (a > 0).any(0)]), [normal(3, 4)], False),
    S("logsumexp", lambda T, a: T.logsumexp(a, 1), [normal(3, 4)]),
    S("logsumexp keepdim", lambda T, a: a.logsumexp((0, 1), keepdim=True), [normal(3, 4)]),
]

SHAPE = [
    S("reshape", lambda T, a: T.reshape(a, (4, -1)), [normal(3, 2, 4)]),
    S("reshape transposed", lambda T, a: a.T.reshape(-1), [normal(3, 4)]),
    S("view", lambda T, a: a.view(2, 6), [normal(3, 4)]),
    S("view_as", lambda T, a, b: a.view_as(b) * b, [normal(3, 4), normal(2, 6)]),
    S("flatten", lambda T, a: T.flatten(a, 1), [normal(2, 3, 4)]),
    S("squeeze", lambda T, a: T.squeeze(a) * 2, [normal(2, 1, 3, 1)]),
    S("squeeze dim", lambda T, a: a.squeeze(1), [normal(2, 1, 3, 1)]),
    S("unsqueeze", lambda T, a: T.unsqueeze(a, -1), [normal(2, 3)]),
    S("permute", lambda T, a: T.permute(a, (2, 0, 1)), [normal(2, 3, 4)]),
    S("transpose", lambda T, a: a.transpose(0, -1), [normal(2, 3, 4)]),
    S("t T mT", lambda T, a: a.t() @ a + a.T @ a - a.mT @ a * 0.5, [normal(3, 2)]),
    S("expand", lambda T, a: a.expand(4, -1, 3), [normal(2, 1)]),
    S("expand_as", lambda T, a, b: a.expand_as(b) * b, [normal(3), normal(2, 3)]),
    S("contiguous", lambda T, a: a.T.contiguous(), [normal(2, 3)]),
    S("cat", lambda T, a, b: T.cat([a, b, a], 1), [normal(2, 3), normal(2, 1)]),
    S("stack", lambda T, a, b: T.stack([a, b], -1), [normal(2, 3), normal(2, 3)]),
    S("narrow", lambda T, a: T.narrow(a, 1, 1, 2), [normal(3, 4)]),
    S("split", lambda T, a: T.split(a, 2)[1] * T.split(a, [3, 2])[1][0], [normal(5, 2)]),
    S("chunk", lambda T, a: T.chunk(a, 3, 1)[2], [normal(2, 7)]),
    S("unbind", lambda T, a: T.unbind(a, 1)[1] * a[:, 0], [normal(2, 3)]),
    S("flip", lambda T, a: T.flip(a, (0, 1)), [normal(2, 3)]),
]

INDEXING = [
    S("slice", lambda T, a: a[1:, ::2], [normal(3, 5)]),
    S("integer", lambda T, a: a[-1, ..., 0], [normal(3, 2, 4)]),
    S("none", lambda T, a: a[:, None, 1], [normal(3, 4)]),
    S("iterate", lambda T, a: sum(row * i for i, row in enumerate(a)), [normal(3, 4)]),
    S("integer tensor", lambda T, a: a[T.tensor([2, 0, 2])], [normal(3, 4)]),
    S("list", lambda T, a: a[[2, 0, 2]], [normal(3, 4)]),
    S("pairs", lambda T, a: a[T.tensor([2, 0, 2]), T.tensor([1, 1, 1])], [normal(3, 4)]),
    S("mask", lambda T, a: a[a > 0], [normal(3, 4)]),
    S("gather", lambda T, a: T.gather(a, 1, T.tensor([[0, 0], [3, 1]])), [normal(3, 4)]),
]

PRODUCTS = [
    S("matmul", lambda T, a, b: a @ b, [normal(3, 5), normal(5, 2)]),
    S("matmul batch", lambda T, a, b: T.matmul(a, b), [normal(2, 1, 3, 4), normal(5, 4, 2)]),
    S("matrix vector", lambda T, a, b: a @ b, [normal(3, 4), normal(4)]),
    S("vector matrix", lambda T, a, b: a @ b, [normal(4), normal(2, 4, 3)]),
    S("vector vector", lambda T, a, b: a @ b, [normal(4), normal(4)]),
    S("matmul transposed", lambda T, a, b: a.T @ b.T, [normal(4, 3), backwards(5, 4)]),
    S("mm", lambda T, a, b: T.mm(a, b), [normal(3, 1), normal(1, 2)]),
    S("dot", lambda T, a, b: T.dot(a, b), [normal(5), normal(5)]),
    S("linear", lambda T, x, w, b: T.nn.functional.linear(x, w, b), [normal(2, 3, 5), normal(4, 5), normal(4)]),
    S("linear vector", lambda T, x, w: T.nn.functional.linear(x, w), [normal(5), normal(4, 5)]),
]

CONVOLUTIONS = [
    S(
        "conv2d",
        lambda T, x, w, b: T.nn.functional.conv2d(x, w, b),
        [normal(2, 3, 5, 4), normal(4, 3, 3, 2), normal(4)],
    ),
    S(
        "conv2d stride padding",
        lambda T, x, w, b: T.nn.functional.conv2d(x, w, b, stride=2, padding=(1, 2)),
        [normal(2, 2, 5, 5), normal(3, 2, 3, 3), normal(3)],
    ),
    S(
        "conv2d dilation",
        lambda T, x, w: T.nn.functional.conv2d(x, w, dilation=(2, 1)),
        [normal(1, 2, 6, 4), normal(3, 2, 2, 3)],
    ),
    S(
        "conv2d groups",
        lambda T, x, w: T.nn.functional.conv2d(x, w, padding=1, groups=2),
        [normal(2, 4, 3, 3), normal(6, 2, 3, 3)],
    ),
    S(
        "conv2d same",
        lambda T, x, w: T.nn.functional.conv2d(x, w, padding="same"),
        [normal(1, 1, 4, 5), normal(1, 1, 3, 5)],
    ),
    S("conv2d 1x1", lambda T, x, w: T.nn.functional.conv2d(x, w), [normal(2, 3, 2, 2), normal(4, 3, 1, 1)]),
    S("conv2d one image", lambda T, x, w: T.nn.functional.conv2d(x, w), [normal(3, 4, 4), normal(2, 3, 2, 2)]),
    S("max_pool2d", lambda T, x: T.nn.functional.max_pool2d(x, 2), [normal(2, 3, 5, 4)]),
    S(
        "max_pool2d overlapping",
        lambda T, x: T.nn.functional.max_pool2d(x, 3, 1, 1, ceil_mode=True),
        [normal(1, 2, 4, 4)],
    ),
    S("max_pool2d dilation", lambda T, x: T.nn.functional.max_pool2d(x, 2, 2, 0, 2), [normal(1, 2, 6, 5)]),
    S(
        "max_pool2d indices",
        lambda T, x: T.nn.functional.max_pool2d(x, 2, return_indices=True)[1],
        [normal(1, 2, 4, 5)],
        False,
    ),
    S(
        "batch_norm",
        lambda T, x, w, b: T.nn.functional.batch_norm(x, None, None, w, b, True),
        [normal(4, 3, 2, 3), positive(3), normal(3)],
    ),
    S("batch_norm plain", lambda T, x: T.nn.functional.batch_norm(x, None, None, training=True), [normal(5, 3)]),
    S(
        "batch_norm evaluation",
        lambda T, x, w, b: T.nn.functional.batch_norm(x, weights(T, x, 3) - 1, weights(T, x, 3), w, b),
        [normal(4, 3, 5), positive(3), normal(3)],
    ),
]

CLASSES = [1, 0, 2, 2]


LOSSES = [
    S("mse_loss", lambda T, x, y: T.nn.functional.mse_loss(x, y), [normal(3, 4), normal(3, 4)]),
    S("mse_loss none", lambda T, x, y: T.nn.functional.mse_loss(x, y, reduction="none"), [normal(3), normal(3)]),
    S("bce", lambda T, p, t: T.nn.functional.binary_cross_entropy(p, t), [unit(3, 4), unit(3, 4)]),
    S(
        "bce weight",
        lambda T, p, t: T.nn.functional.binary_cross_entropy(p, t, weights(T, p, 2), reduction="sum"),
        [unit(3, 2), unit(3, 2)],
    ),
    S("bce logits", lambda T, x, t: T.nn.functional.binary_cross_entropy_with_logits(x, t), [normal(3, 4), unit(3, 4)]),
    S(
        "bce logits pos_weight",
        lambda T, x, t: T.nn.functional.binary_cross_entropy_with_logits(x, t, pos_weight=weights(T, x, 2)),
        [normal(3, 2), unit(3, 2)],
    ),
    S("nll_loss", lambda T, x: T.nn.functional.nll_loss(x, T.tensor(CLASSES)), [normal(4, 3)]),
    S(
        "nll_loss weight",
        lambda T, x: T.nn.functional.nll_loss(x, T.tensor(CLASSES), weights(T, x, 3), ignore_index=0),
        [normal(4, 3)],
    ),
    S(
        "nll_loss plane",
        lambda T, x: T.nn.functional.nll_loss(x, T.tensor([CLASSES]), reduction="sum"),
        [normal(1, 3, 4)],
    ),
    S("cross_entropy", lambda T, x: T.nn.functional.cross_entropy(x, T.tensor(CLASSES)), [normal(4, 3)]),
    S(
        "cross_entropy none",
        lambda T, x: T.nn.functional.cross_entropy(x, T.tensor(CLASSES), reduction="none", ignore_index=2),
        [normal(4, 3)],
    ),
    S(
        "cross_entropy smoothing",
        lambda T, x: T.nn.functional.cross_entropy(x, T.tensor(CLASSES), weights(T, x, 3), label_smoothing=0.2),
        [normal(4, 3)],
    ),
    S(
        "cross_entropy plane",
        lambda T, x: T.nn.functional.cross_entropy(x, T.tensor([CLASSES]), reduction="sum"),
        [normal(1, 3, 4)],
    ),
    S(
        "cross_entropy soft",
        lambda T, x, t: T.nn.functional.cross_entropy(x, T.softmax(t, 1)),
        [normal(4, 3), normal(4, 3)],
    ),
]


def _written(change: Callable[..., Any]) -> Callable[..., Any]:
    """A program that changes a copy of its first input in place."""

    def program(T: Any, a: Any, *rest: Any) -> Any:
        changed = a * 1
        change(T, changed, *rest)
        return changed * 2

    return program


IN_PLACE = [
    S("add_", _written(lambda T, a, b: a.add_(b, alpha=2)), [normal(2, 3), normal(3)]),
    S("sub_", _written(lambda T, a, b: a.sub_(b)), [normal(2, 3), normal(3)]),
    S("mul_", _written(lambda T, a, b: a.mul_(b)), [normal(2, 3), normal(3)]),
    S("div_", _written(lambda T, a, b: a.div_(b)), [normal(2, 3), positive(3)]),
    S("pow_", _written(lambda T, a: a.pow_(3)), [normal(2, 3)]),
    S("clamp_", _written(lambda T, a: a.clamp_(min=0.05)), [normal(2, 3)]),
    S("relu_", _written(lambda T, a: a.relu_()), [normal(2, 3)]),
    S("neg_ exp_", _written(lambda T, a: a.neg_().exp_()), [normal(2, 3)]),
    S("copy_", _written(lambda T, a, b: a.copy_(b)), [normal(2, 3), normal(3)]),
    S("fill_ zero_", _written(lambda T, a: (a[0].fill_(3), a[1].zero_())), [normal(3, 3)]),
    S("set slice", _written(lambda T, a, b: a.__setitem__((slice(None), 1), b)), [normal(3, 3), normal(3)]),
    S("set scalar", _written(lambda T, a: a.__setitem__((0, slice(1, None)), 5.0)), [normal(3, 3)]),
    S("set mask", _written(lambda T, a: a.__setitem__(a > 0, 5.0)), [normal(3, 3)]),
    S("set integers", _written(lambda T, a, b: a.__setitem__(T.tensor([2, 0]), b)), [normal(3, 3), normal(2, 3)]),
    S("through a view", _written(lambda T, a, b: a.T[1:].mul_(b)), [normal(3, 3), normal(3)]),
]

SAMPLES = [
    *ARITHMETIC,
    *CHOICE,
    *ELEMENTWISE,
    *ACTIVATIONS,
    *REDUCTIONS,
    *SHAPE,
    *INDEXING,
    *PRODUCTS,
    *CONVOLUTIONS,
    *LOSSES,
    *IN_PLACE,
]
