"""Optimizer steps against their formulas in NumPy, in every memory order and dtype."""

import numpy as np
import pytest

from minidl.kernels import cpu

RANDOM = np.random.default_rng(2)
SHAPES = [(), (0,), (3,), (1, 7), (4, 3, 3, 3), (40, 50, 10)]


def gradient_descent(w, g, rate):
    return (w - rate * g,)


def sgd(w, g, b, rate, momentum, share):
    b = momentum * b + share * g
    return w - rate * b, b


def nesterov(w, g, b, rate, momentum, share):
    b = momentum * b + share * g
    return w - rate * (g + momentum * b), b


def asgd(w, g, average, rate, share):
    w = w - rate * g
    return w, average + share * (w - average)


def rprop(w, g, previous, size, shrink, grow, least, most):
    turn = np.sign(g * previous)
    size = np.clip(size * np.choose((turn + 1).astype(int), [shrink, 1, grow]), least, most)
    g = np.where(turn < 0, 0, g)
    return w - np.sign(g) * size, g, size


def lion(w, g, m, rate, share1, share2):
    return w - rate * np.sign((1 - share1) * m + share1 * g), (1 - share2) * m + share2 * g


def adagrad(w, g, total, rate, eps):
    total = total + g**2
    return w - rate * g / (np.sqrt(total) + eps), total


def adadelta(w, g, s, d, rate, rho, share, eps):
    s = rho * s + share * g**2
    u = np.sqrt((d + eps) / (s + eps)) * g
    return w - rate * u, s, rho * d + share * u**2


def book_rmsprop(w, g, s, rate, beta, share, eps, factor):
    s = beta * s + share * g**2
    return w - rate * g / np.sqrt(s * factor + eps), s


def rmsprop(w, g, s, rate, alpha, share, eps):
    s = alpha * s + share * g**2
    return w - rate * g / (np.sqrt(s) + eps), s


def rmsprop_momentum(w, g, s, b, rate, alpha, share, eps, momentum):
    s = alpha * s + share * g**2
    b = momentum * b + g / (np.sqrt(s) + eps)
    return w - rate * b, s, b


def centered_rmsprop(w, g, s, m, rate, alpha, share, eps):
    s, m = alpha * s + share * g**2, (1 - share) * m + share * g
    return w - rate * g / (np.sqrt(s - m**2) + eps), s, m


def centered_rmsprop_momentum(w, g, s, m, b, rate, alpha, share, eps, momentum):
    s, m = alpha * s + share * g**2, (1 - share) * m + share * g
    b = momentum * b + g / (np.sqrt(s - m**2) + eps)
    return w - rate * b, s, m, b


def adam(w, g, m, v, rate, share1, beta2, share2, eps, root):
    m, v = (1 - share1) * m + share1 * g, beta2 * v + share2 * g**2
    return w - rate * m / (np.sqrt(v) / root + eps), m, v


def amsgrad(w, g, m, v, greatest, rate, share1, beta2, share2, eps, root):
    m, v = (1 - share1) * m + share1 * g, beta2 * v + share2 * g**2
    greatest = np.maximum(greatest, v)
    return w - rate * m / (np.sqrt(greatest) / root + eps), m, v, greatest


def adamax(w, g, m, u, rate, share1, beta2, eps):
    m, u = (1 - share1) * m + share1 * g, np.maximum(beta2 * u, np.abs(g) + eps)
    return w - rate * m / u, m, u


def nadam(w, g, m, v, along_gradient, along_average, share1, beta2, share2, eps, correction2):
    m, v = (1 - share1) * m + share1 * g, beta2 * v + share2 * g**2
    return w - (along_gradient * g + along_average * m) / (np.sqrt(v / correction2) + eps), m, v


def radam(w, g, m, v, rate, share1, beta2, share2, eps, correction1, root, rectification):
    m, v = (1 - share1) * m + share1 * g, beta2 * v + share2 * g**2
    return w - rate * rectification * m / correction1 * root / (np.sqrt(v) + eps), m, v


def radam_first(w, g, m, v, rate, share1, beta2, share2, correction1):
    m, v = (1 - share1) * m + share1 * g, beta2 * v + share2 * g**2
    return w - rate * m / correction1, m, v


def lamb_direction(w, g, m, v, r, share1, beta2, share2, eps, correction1, correction2, penalty):
    m, v = (1 - share1) * m + share1 * g, beta2 * v + share2 * g**2
    return w, m, v, m / correction1 / (np.sqrt(v / correction2) + eps) + penalty * w


CASES = {
    "gradient_descent_step": (gradient_descent, 2, (0.1,)),
    "sgd_step": (sgd, 3, (0.1, 0.9, 0.2)),
    "nesterov_step": (nesterov, 3, (0.1, 0.9, 1.0)),
    "asgd_step": (asgd, 3, (0.1, 0.25)),
    "rprop_step": (rprop, 4, (0.5, 1.2, 1e-6, 1.5)),
    "lion_step": (lion, 3, (0.1, 0.1, 0.01)),
    "adagrad_step": (adagrad, 3, (0.1, 1e-10)),
    "adadelta_step": (adadelta, 4, (1.0, 0.9, 0.1, 1e-6)),
    "book_rmsprop_step": (book_rmsprop, 3, (0.01, 0.9, 0.1, 1e-8, 5.0)),
    "rmsprop_step": (rmsprop, 3, (0.01, 0.9, 0.1, 1e-8)),
    "rmsprop_momentum_step": (rmsprop_momentum, 4, (0.01, 0.9, 0.1, 1e-8, 0.5)),
    "centered_rmsprop_step": (centered_rmsprop, 4, (0.01, 0.9, 0.1, 1e-3)),
    "centered_rmsprop_momentum_step": (centered_rmsprop_momentum, 5, (0.01, 0.9, 0.1, 1e-3, 0.5)),
    "adam_step": (adam, 4, (0.01, 0.1, 0.999, 0.001, 1e-8, 0.04)),
    "amsgrad_step": (amsgrad, 5, (0.01, 0.7, 0.999, 0.001, 1e-8, 0.04)),
    "adamax_step": (adamax, 4, (0.01, 0.1, 0.999, 1e-8)),
    "nadam_step": (nadam, 4, (0.01, 0.02, 0.1, 0.999, 0.001, 1e-8, 0.002)),
    "radam_step": (radam, 4, (0.01, 0.1, 0.999, 0.001, 1e-8, 0.19, 0.04, 0.3)),
    "radam_first_step": (radam_first, 4, (0.01, 0.1, 0.999, 0.001, 0.19)),
    "lamb_direction": (lamb_direction, 5, (0.1, 0.999, 0.001, 1e-6, 0.19, 0.002, 0.01)),
}
SHARED = [(1.0, 0.0, 1.0), (-1.0, 0.1, 0.9)]
ORDERS = {
    "C": lambda x: x.copy(order="C"),
    "F": lambda x: x.copy(order="F"),
    "backwards": lambda x: x[::-1].copy()[::-1] if x.ndim else x.copy(),
    "with gaps": lambda x: np.repeat(x, 2, -1)[..., ::2] if x.ndim else x.copy(),
}
TOLERANCE = {np.float16: 5e-3, np.float32: 2e-5, np.float64: 1e-12}


def arrays_of(shape, count, dtype):
    """A weight and its gradient of any sign, and states that are not negative; averages lie below roots of squares."""
    values = [RANDOM.standard_normal(shape) for _ in range(2)] + [RANDOM.random(shape) + 0.5 for _ in range(count - 2)]
    if count > 3:
        values[3] = values[3] / 4
    return [np.array(x, dtype) for x in values]


def stepped(formula, values, shared, numbers):
    w, g, *states = (x.astype(np.float64) for x in values)
    sign, decay, kept = shared
    return formula(kept * w, sign * g + decay * w, *states, *numbers)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_equals_the_formula(name, dtype):
    formula, count, numbers = CASES[name]
    for shape in SHAPES:
        for shared in SHARED:
            values = arrays_of(shape, count, dtype)
            expected = stepped(formula, values, shared, numbers)
            for orders in (["C"] * 5, ["F"] * 5, ["C", "F", "C", "F", "C"], ["backwards"] * 5, ["with gaps", *"CFCF"]):
                arrays = [ORDERS[order](x.copy()) for order, x in zip(orders, values, strict=False)]
                assert getattr(cpu, name)(*arrays, *shared, *numbers) is None
                np.testing.assert_array_equal(arrays[1], values[1])
                for got, wanted in zip([arrays[0], *arrays[2:]], expected, strict=True):
                    np.testing.assert_allclose(got, wanted, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("name", CASES)
def test_two_runs_are_equal_bit_for_bit(name):
    _, count, numbers = CASES[name]
    values = arrays_of(40_001, count, np.float32)
    runs = [[x.copy() for x in values] for _ in range(2)]
    for arrays in runs:
        getattr(cpu, name)(*arrays, 1, 0, 1, *numbers)
    for first, second in zip(*runs, strict=True):
        np.testing.assert_array_equal(first, second)


def test_many_parameters_at_once_are_as_one_after_the_other():
    """Of any dtype, order and size, empty ones and one that threads share, with two sets of numbers."""
    several = []
    for i, shape in enumerate([(3,), (), (130, 127), (0,), (7, 5), (64, 3, 3, 3), (100, 200), (1,)]):
        for dtype in TOLERANCE:
            arrays = [ORDERS["CF"[i % 2]](x) for x in arrays_of(shape, 4, dtype)]
            several.append((*arrays, *SHARED[i % 3 == 0], *CASES["adam_step"][2]))
    together, apart = ([tuple(np.copy(x) if i < 4 else x for i, x in enumerate(s)) for s in several] for _ in range(2))
    cpu.adam_step.of_all(together)
    for arguments in apart:
        cpu.adam_step(*arguments)
    for got, expected, before in zip(together, apart, several, strict=True):
        assert got[0].size == 0 or not np.array_equal(got[0], before[0])
        for x, y in zip(got[:4], expected[:4], strict=True):
            np.testing.assert_array_equal(x, y)


def test_no_parameters_at_all():
    cpu.adam_step.of_all([])


def test_every_step_of_one_formula_is_tried():
    jitted = {name for name, module in cpu._JITTED.items() if module == "optimizer"}
    assert jitted == set(CASES)


def test_a_step_allocates_nothing_of_full_size(monkeypatch):
    arrays = [np.ones((256, 256), np.float32).T for _ in range(4)]
    monkeypatch.setattr(np, "empty_like", None)
    cpu.adam_step(*arrays, 1, 0, 1, *CASES["adam_step"][2])
    assert arrays[0].max() < 1


def test_an_infinite_weight_stays_where_nothing_decays():
    w = np.array([np.inf, 1.0], np.float32)
    cpu.gradient_descent_step(w, np.array([0.0, 1.0], np.float32), 1, 0, 1, 0.5)
    np.testing.assert_array_equal(w, [np.inf, 0.5])


def test_averages_reach_both_ends():
    """A share of 1 takes the gradient itself, a share of 0 leaves the average."""
    for share, expected in ((1.0, 0.1), (0.0, 1e30)):
        m = np.array([1e30], np.float32)
        cpu.lion_step(np.zeros(1, np.float32), np.array([0.1], np.float32), m, 1, 0, 1, 0.1, 0.1, share)
        np.testing.assert_array_equal(m, np.float32(expected))
