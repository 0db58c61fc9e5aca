"""The book's optimizers over 25 steps against plain NumPy loops of their formulas."""

import numpy as np
import pytest

import minidl
from minidl import optim

STEPS = 25
SHAPES = [(), (3,), (4, 5), (150, 130)]
"""The last has more than 10,000 elements, the size from which threads share the work."""
CLOSE = {"float32": 2e-5, "float64": 1e-12}


def problem(dtype, seed=0):
    """Parameters, and the gradients of each step."""
    random = np.random.default_rng(seed)
    start = [random.standard_normal(shape).astype(dtype) for shape in SHAPES]
    gradients = [[random.standard_normal(shape).astype(dtype) for shape in SHAPES] for _ in range(STEPS)]
    return start, gradients


def train(optimizer, parameters, gradients):
    for step in gradients:
        for p, g in zip(parameters, step, strict=True):
            p.grad = None if g is None else minidl.from_numpy(g.copy())
        optimizer.step()


def made(arrays):
    return [minidl.from_numpy(a.copy()).requires_grad_() for a in arrays]


def values(parameters):
    return [p.detach().numpy() for p in parameters]


def gradient_descent(w, gradients, lr=0.01, weight_decay=0.0):
    for g in gradients:
        w = w - lr * (g + weight_decay * w)
    return w


def momentum(w, gradients, lr=0.01, beta=0.9, weight_decay=0.0):
    v = np.zeros_like(w)
    for g in gradients:
        v = beta * v + (1 - beta) * (g + weight_decay * w)
        w = w - lr * v
    return w


def rmsprop(w, gradients, lr=0.01, beta=0.999, eps=1e-8, bias_correction=True, weight_decay=0.0):
    s = np.zeros_like(w)
    for t, g in enumerate(gradients, 1):
        g = g + weight_decay * w
        s = beta * s + (1 - beta) * g * g
        w = w - lr * g / np.sqrt(s / (1 - beta**t if bias_correction else 1) + eps)
    return w


def adam(w, gradients, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(gradients, 1):
        g = g + weight_decay * w
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g * g
        w = w - lr * (m / (1 - betas[0] ** t)) / (np.sqrt(v / (1 - betas[1] ** t)) + eps)
    return w


CASES = [
    (optim.GradientDescent, gradient_descent, {}),
    (optim.GradientDescent, gradient_descent, {"lr": 0.1, "weight_decay": 0.05}),
    (optim.Momentum, momentum, {}),
    (optim.Momentum, momentum, {"lr": 0.1, "beta": 0.5, "weight_decay": 0.05}),
    (optim.Momentum, momentum, {"beta": 0.0}),
    (optim.RMSProp, rmsprop, {}),
    (optim.RMSProp, rmsprop, {"lr": 0.05, "beta": 0.9, "eps": 0.5, "weight_decay": 0.05}),
    (optim.RMSProp, rmsprop, {"beta": 0.9, "bias_correction": False}),
    (optim.Adam, adam, {}),
    (optim.Adam, adam, {"lr": 0.02, "betas": (0.5, 0.9), "eps": 0.1, "weight_decay": 0.05}),
]


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize(("kind", "formula", "options"), CASES, ids=str)
def test_25_steps_follow_the_formula(kind, formula, options, dtype):
    start, gradients = problem(dtype)
    parameters = made(start)
    train(kind(parameters, **options), parameters, gradients)
    for i, (w, result) in enumerate(zip(start, values(parameters), strict=True)):
        expected = formula(w.astype(np.float64), [step[i].astype(np.float64) for step in gradients], **options)
        assert result.dtype == dtype
        np.testing.assert_allclose(result, expected, rtol=0, atol=CLOSE[dtype])


def test_the_first_step_of_momentum_takes_its_share_of_the_gradient():
    w = minidl.tensor([1.0]).requires_grad_()
    w.grad = minidl.tensor([2.0])
    optim.Momentum([w], lr=0.1, beta=0.9).step()
    assert w.item() == pytest.approx(1 - 0.1 * 0.1 * 2)


def test_the_first_step_of_rmsprop_has_the_length_of_the_learning_rate():
    for bias_correction, length in [(True, 0.1), (False, 0.1 / np.sqrt(0.001))]:
        w = minidl.tensor([1.0, 1.0]).requires_grad_()
        w.grad = minidl.tensor([2e3, -3e4])
        optim.RMSProp([w], lr=0.1, bias_correction=bias_correction).step()
        np.testing.assert_allclose(w.detach().numpy(), [1 - length, 1 + length], rtol=1e-5)


def test_the_eps_of_rmsprop_stands_under_the_root():
    w = minidl.tensor([0.0]).requires_grad_()
    w.grad = minidl.tensor([3.0])
    optim.RMSProp([w], lr=1.0, eps=16.0).step()
    assert w.item() == pytest.approx(-3 / 5)


@pytest.mark.parametrize(("kind", "formula"), [case[:2] for case in CASES[::2]], ids=str)
def test_a_parameter_without_gradient_is_left_alone_and_counts_no_step(kind, formula):
    start, gradients = problem("float64")
    gradients = [[None if i == 1 and t % 2 else g for i, g in enumerate(step)] for t, step in enumerate(gradients)]
    gradients = [[None, *step[1:]] for step in gradients]
    parameters = made(start)
    optimizer = kind(parameters, lr=0.01)
    train(optimizer, parameters, gradients)
    assert parameters[0] not in optimizer.state
    for i, (w, result) in enumerate(zip(start, values(parameters), strict=True)):
        expected = formula(w, [step[i] for step in gradients if step[i] is not None], lr=0.01)
        np.testing.assert_allclose(result, expected, rtol=0, atol=1e-12)


def test_a_step_keeps_the_parameters_memory_and_the_gradient():
    w = minidl.ones(3).requires_grad_()
    memory = w.detach().numpy()
    w.grad = minidl.ones(3)
    optim.Adam([w], lr=0.1).step()
    assert w.detach().numpy() is memory
    np.testing.assert_allclose(memory, 0.9, rtol=1e-6)
    np.testing.assert_array_equal(w.grad.numpy(), np.ones(3))


def test_a_graph_that_kept_a_parameter_notices_the_step():
    w = minidl.ones(3).requires_grad_()
    loss = (w * w).sum()
    w.grad = minidl.ones(3)
    optim.GradientDescent([w], lr=0.1).step()
    with pytest.raises(minidl.GraphError, match="changed in place"):
        loss.backward()


def test_a_step_may_come_from_a_closure():
    w = minidl.tensor([3.0]).requires_grad_()
    optimizer = optim.GradientDescent([w], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 9
    assert w.item() == 1.5
    assert optimizer.step() is None


def test_the_books_family_has_a_module_of_its_own():
    assert set(optim.book.__all__) == {"GradientDescent", "Momentum", "RMSProp", "Adam"}
    assert all(getattr(optim.book, name) is getattr(optim, name) for name in optim.book.__all__)
