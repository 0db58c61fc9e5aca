"""L-BFGS against PyTorch's, step by step, and its line search against the conditions that it is for."""

import warnings

import numpy as np
import pytest

import minidl
from minidl import optim
from minidl.errors import ArgumentError
from minidl.optim.line_search import ENOUGH_DECREASE, FLAT_ENOUGH, Point, cubic_minimum, strong_wolfe

torch = pytest.importorskip("torch")

OPTIONS = [
    {},
    {"lr": 0.3, "max_iter": 4},
    {"line_search_fn": "strong_wolfe"},
    {"line_search_fn": "strong_wolfe", "max_iter": 4, "history_size": 2},
    {"line_search_fn": "strong_wolfe", "max_eval": 5, "lr": 3.0},
    {"tolerance_grad": 1e-2},
    {"tolerance_change": 1e-2, "max_iter": 50},
]


def minimised(T, package, dtype, options, steps=4):
    random = np.random.default_rng(1)
    A, y = (T.from_numpy(random.standard_normal(shape).astype(dtype)) for shape in ((20, 6), 20))
    w = T.from_numpy(random.standard_normal(6).astype(dtype)).requires_grad_()
    unused = T.from_numpy(np.ones((2, 2), dtype)).requires_grad_()
    b = T.from_numpy(np.array(0.3, dtype)).requires_grad_()
    optimizer = package.LBFGS([w, unused, b], **options)

    def closure():
        optimizer.zero_grad()
        loss = ((A @ w + b - y) ** 2).sum() + (w.exp() + (-w).exp()).sum() + b**4
        loss.backward()
        return loss

    losses = [optimizer.step(closure).item() for _ in range(steps)]
    return np.array([*losses, *w.tolist(), b.item()]), optimizer.state_dict()["state"][0]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_steps_equal_pytorchs(options):
    (ours, state), (theirs, reference) = (
        minimised(T, package, "float64", options) for T, package in ((minidl, optim), (torch, torch.optim))
    )
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10)
    assert {name for name in reference if name != "al"} == set(state)  # PyTorch's `al` is a scratch pad
    assert (state["n_iter"], state["func_evals"]) == (reference["n_iter"], reference["func_evals"])


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_first_step_equals_pytorchs_to_the_last_digits(options):
    for dtype, tolerance in (("float32", 1e-5), ("float64", 1e-12)):
        options = {"max_iter": 3, **options}
        (ours, _), (theirs, _) = (
            minimised(T, package, dtype, options, steps=1) for T, package in ((minidl, optim), (torch, torch.optim))
        )
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def test_a_quadratic_is_solved():
    hessian = minidl.tensor([[3.0, 1.0], [1.0, 2.0]], dtype=minidl.float64)
    w = minidl.zeros(2, dtype=minidl.float64).requires_grad_()
    optimizer = optim.LBFGS([w], line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = w @ hessian @ w / 2 - w.sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    np.testing.assert_allclose(w.detach().numpy(), [0.2, 0.4], atol=1e-6)


SLOPES = [
    lambda t: ((t - 2.0) ** 2, 2 * (t - 2.0)),
    lambda t: (-t / (t * t + 2), (t * t - 2) / (t * t + 2) ** 2),
    lambda t: ((t + 0.004) ** 5 - 2 * (t + 0.004) ** 4, 5 * (t + 0.004) ** 4 - 8 * (t + 0.004) ** 3),
    lambda t: (np.cosh(t - 0.1), np.sinh(t - 0.1)),
]
"""Losses along a line, and their slopes; the second and third are Moré & Thuente's (1994, equations 5.1 and 5.2)."""


@pytest.mark.parametrize("function", SLOPES)
@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 10.0])
def test_the_point_found_meets_the_strong_wolfe_conditions(function, first):
    def at(t):
        loss, slope = function(t)
        return Point(t, loss, np.zeros(1), slope)

    start = at(0.0)
    found, evaluations = strong_wolfe(at, start, first, 1.0, 1e-9, 25)
    assert evaluations <= 26
    assert found.loss <= start.loss + ENOUGH_DECREASE * found.t * start.slope
    assert abs(found.slope) <= FLAT_ENOUGH * abs(start.slope)


def test_the_minimum_of_a_cubic_is_found_from_either_side():
    ends = [Point(t, t**3 - 3 * t, np.zeros(1), 3 * t**2 - 3) for t in (0.0, 3.0)]
    assert cubic_minimum(*ends, 0.0, 3.0) == pytest.approx(1.0)
    assert cubic_minimum(*reversed(ends), 0.0, 3.0) == pytest.approx(1.0)
    assert cubic_minimum(*ends, 1.5, 3.0) == 1.5
    concave = [Point(t, -(t**2), np.zeros(1), -2 * t - 1e-3) for t in (-1.0, 2.0)]
    assert np.isfinite(cubic_minimum(*concave, -1.0, 2.0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: optim.LBFGS(p, line_search_fn="armijo"), "line_search_fn='armijo'; needs None or 'strong_wolfe'"),
        (lambda p: optim.LBFGS(p, lr=-1), "lr=-1; needs a number at least 0"),
        (lambda p: optim.LBFGS(p, max_iter=0), "max_iter=0; needs a number at least 1"),
        (lambda p: optim.LBFGS(p).step(), "step: needs a closure"),
        (lambda p: optim.LBFGS([{"params": []}]), "got no parameters to train"),
        (lambda p: optim.LBFGS([{"params": p}, {"params": [minidl.ones(1)]}]), "it has no parameter groups"),
    ],
)
def test_what_is_refused(make, message):
    with pytest.raises(ArgumentError, match=f"LBFGS.*{message}"), warnings.catch_warnings():
        make([minidl.ones(2).requires_grad_()])
