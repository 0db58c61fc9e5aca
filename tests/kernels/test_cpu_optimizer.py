"""Optimizer steps against their formulas in NumPy, in every memory order, and against PyTorch's optimizers."""

import numpy as np
import pytest

from minidl.kernels import cpu

RANDOM = np.random.default_rng(2)
SHAPES = [(), (0,), (3,), (1, 7), (4, 3, 3, 3), (40, 50, 10)]


def gradient_descent(w, g, lr, decay):
    return (w - lr * (g + decay * w),)


def momentum(w, g, v, lr, beta, decay):
    v = beta * v + (1 - beta) * (g + decay * w)
    return w - lr * v, v


def sgd(w, g, b, lr, factor, dampening, decay, nesterov):
    g = g + decay * w
    b = factor * b + (1 - dampening) * g
    return w - lr * (g + factor * b if nesterov else b), b


def rmsprop(w, g, s, lr, beta, eps, correction, decay):
    g = g + decay * w
    s = beta * s + (1 - beta) * g * g
    return w - lr * g / np.sqrt(s / correction + eps), s


def adam(w, g, m, v, lr, beta1, beta2, eps, decay, correction1, correction2):
    g = g + decay * w
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    return w - lr / correction1 * m / (np.sqrt(v / correction2) + eps), m, v


CASES = {
    "gradient_descent": (cpu.gradient_descent_step, gradient_descent, 2, (0.1, 0.01)),
    "momentum": (cpu.momentum_step, momentum, 3, (0.1, 0.9, 0.01)),
    "sgd": (cpu.sgd_step, sgd, 3, (0.1, 0.9, 0.2, 0.01, False)),
    "nesterov": (cpu.sgd_step, sgd, 3, (0.1, 0.9, 0.0, 0.01, True)),
    "rmsprop": (cpu.rmsprop_step, rmsprop, 3, (0.01, 0.9, 1e-8, 0.19, 0.01)),
    "adam": (cpu.adam_step, adam, 4, (0.01, 0.9, 0.999, 1e-8, 0.01, 0.19, 0.002)),
}
ORDERS = {
    "C": lambda x: x.copy(order="C"),
    "F": lambda x: x.copy(order="F"),
    "backwards": lambda x: x[::-1].copy()[::-1] if x.ndim else x.copy(),
    "with gaps": lambda x: np.repeat(x, 2, -1)[..., ::2] if x.ndim else x.copy(),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_the_formula(name, dtype):
    step, formula, count, scalars = CASES[name]
    for shape in SHAPES:
        values = [np.array(np.abs(RANDOM.standard_normal(shape)), dtype) for _ in range(count)]
        expected = formula(*(x.astype(np.float64) for x in values), *scalars)
        for orders in (["C"] * 4, ["F"] * 4, ["C", "F", "C", "F"], ["backwards"] * 4, ["with gaps", "C", "F", "C"]):
            arrays = [ORDERS[order](x.copy()) for order, x in zip(orders, values, strict=False)]
            assert step(*arrays, *scalars) is None
            np.testing.assert_array_equal(arrays[1], values[1])
            for got, wanted in zip([arrays[0], *arrays[2:]], expected, strict=True):
                np.testing.assert_allclose(got, wanted, rtol=1e-5 if dtype == np.float32 else 1e-12, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_two_runs_are_equal_bit_for_bit(name):
    step, _, count, scalars = CASES[name]
    values = [np.abs(RANDOM.standard_normal(40_001)).astype(np.float32) for _ in range(count)]
    runs = [[x.copy() for x in values] for _ in range(2)]
    for arrays in runs:
        step(*arrays, *scalars)
    for first, second in zip(*runs, strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_step_allocates_nothing_of_full_size(monkeypatch):
    arrays = [np.ones((256, 256), np.float32).T for _ in range(4)]
    monkeypatch.setattr(np, "empty_like", None)
    cpu.adam_step(*arrays, *CASES["adam"][3])
    assert arrays[0].max() < 1


def test_adam_equals_pytorch_over_several_steps():
    torch = pytest.importorskip("torch")
    w, gradients = RANDOM.standard_normal((3, 5)), RANDOM.standard_normal((6, 3, 5))
    theirs = torch.nn.Parameter(torch.tensor(w))
    optimizer = torch.optim.Adam([theirs], lr=0.05, betas=(0.8, 0.95), weight_decay=0.1)
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(gradients, 1):
        theirs.grad = torch.tensor(g)
        optimizer.step()
        cpu.adam_step(w, g, m, v, 0.05, 0.8, 0.95, 1e-8, 0.1, 1 - 0.8**t, 1 - 0.95**t)
        np.testing.assert_allclose(w, theirs.detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_equals_pytorch_over_several_steps(nesterov):
    torch = pytest.importorskip("torch")
    w, gradients = RANDOM.standard_normal((3, 5)), RANDOM.standard_normal((6, 3, 5))
    dampening = 0.0 if nesterov else 0.3
    theirs = torch.nn.Parameter(torch.tensor(w))
    optimizer = torch.optim.SGD([theirs], 0.05, 0.9, dampening, 0.1, nesterov)
    buffer = np.zeros_like(w)
    for t, g in enumerate(gradients):
        theirs.grad = torch.tensor(g)
        optimizer.step()
        cpu.sgd_step(w, g, buffer, 0.05, 0.9, dampening if t else 0.0, 0.1, nesterov)
        np.testing.assert_allclose(w, theirs.detach().numpy(), rtol=1e-12)
