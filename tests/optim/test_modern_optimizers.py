"""Lion, LAMB and Muon over 25 steps against plain NumPy loops of their papers' formulas."""

import numpy as np
import pytest

import minidl
from minidl import optim
from minidl.errors import ArgumentError
from minidl.kernels.cpu.matrix_steps import orthogonalized

SHAPES = [(), (3,), (4, 5), (150, 130)]
CLOSE = {"float32": 2e-5, "float64": 1e-12}


def lion(w, gradients, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
    """Chen et al. 2023, algorithm 2."""
    m = np.zeros_like(w)
    for g in gradients:
        update = np.sign(betas[0] * m + (1 - betas[0]) * g)
        m = betas[1] * m + (1 - betas[1]) * g
        w = w - lr * (update + weight_decay * w)
    return w


def lamb(w, gradients, lr=1e-3, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.01):
    """You et al. 2020, algorithm 2."""
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(gradients, 1):
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g * g
        r = m / (1 - betas[0] ** t) / (np.sqrt(v / (1 - betas[1] ** t)) + eps) + weight_decay * w
        w = w - lr * np.sqrt((w**2).sum()) / np.sqrt((r**2).sum()) * r
    return w


def muon(w, gradients, lr=1e-3, weight_decay=0.1, momentum=0.95, nesterov=True, adjust_lr_fn=None):
    b = np.zeros_like(w)
    rows, columns = w.shape
    ratio = 0.2 * np.sqrt(max(w.shape)) if adjust_lr_fn == "match_rms_adamw" else np.sqrt(max(1, rows / columns))
    for g in gradients:
        b = momentum * b + (1 - momentum) * g
        direction = momentum * b + (1 - momentum) * g if nesterov else b
        w = w * (1 - lr * weight_decay) - lr * ratio * orthogonalized(direction, (3.4445, -4.775, 2.0315), 1e-7, 5)
    return w


CASES = [
    (optim.Lion, lion, {}),
    (optim.Lion, lion, {"lr": 0.01, "betas": (0.5, 0.8), "weight_decay": 0.3}),
    (optim.LAMB, lamb, {}),
    (optim.LAMB, lamb, {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-2, "weight_decay": 0.0}),
]


def trained(kind, formula, options, dtype, shapes, maximize=False):
    random = np.random.default_rng(3)
    start = [np.array(random.standard_normal(s), dtype) for s in shapes]
    gradients = [[np.array(random.standard_normal(s), dtype) for s in shapes] for _ in range(25)]
    parameters = [minidl.from_numpy(w.copy()).requires_grad_() for w in start]
    optimizer = kind(parameters, **options, **({"maximize": True} if maximize else {}))
    for step in gradients:
        for p, g in zip(parameters, step, strict=True):
            p.grad = minidl.from_numpy(g)
        optimizer.step()
    sign = -1 if maximize else 1
    expected = [
        formula(w.astype(np.float64), [sign * step[i].astype(np.float64) for step in gradients], **options)
        for i, w in enumerate(start)
    ]
    return [p.detach().numpy() for p in parameters], expected


@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize(("kind", "formula", "options"), CASES, ids=str)
def test_25_steps_follow_the_formula(kind, formula, options, dtype, maximize):
    for result, expected in zip(*trained(kind, formula, options, dtype, SHAPES, maximize), strict=True):
        assert result.dtype == dtype
        np.testing.assert_allclose(result, expected, rtol=0, atol=CLOSE[dtype])


@pytest.mark.parametrize("options", [{}, {"nesterov": False, "lr": 0.02}, {"adjust_lr_fn": "match_rms_adamw"}], ids=str)
def test_25_steps_of_muon_follow_the_formula(options):
    for result, expected in zip(*trained(optim.Muon, muon, options, "float64", [(4, 5), (7, 2)]), strict=True):
        np.testing.assert_allclose(result, expected, rtol=0, atol=1e-5)


def test_lamb_moves_weights_that_are_zero():
    w = minidl.zeros(3).requires_grad_()
    w.grad = minidl.ones(3)
    optim.LAMB([w], lr=0.1).step()
    np.testing.assert_allclose(w.detach().numpy(), -0.1, rtol=1e-5)


REFUSED = [
    (lambda p: optim.Lion(p, lr=-1), "Lion: lr=-1; needs a number at least 0"),
    (lambda p: optim.Lion(p, betas=(0.9, 1.0)), "Lion: beta2=1.0; needs a number from 0 to below 1"),
    (lambda p: optim.LAMB(p, weight_decay=-1), "LAMB: weight_decay=-1;"),
    (lambda p: optim.LAMB(p, betas=0.9), "LAMB: betas=0.9; needs two numbers"),
    (lambda p: optim.Muon(p), r"Muon: got a parameter of shape \(3,\), needs matrices; give the others to AdamW"),
    (lambda p: optim.Muon([minidl.ones(2, 2)], adjust_lr_fn="x"), "Muon: adjust_lr_fn='x'; needs None, 'original'"),
    (lambda p: optim.Muon([minidl.ones(2, 2)], ns_coefficients=(1, 2)), "Muon: ns_coefficients=.* needs three"),
    (lambda p: optim.Adafactor(p, d=0.5), "Adafactor: d=0.5; needs a number at least 1"),
    (lambda p: optim.Adafactor(p, beta2_decay=0.8), "Adafactor: -beta2_decay=-0.8;"),
    (lambda p: optim.Adafactor(p, eps=(None, -1)), r"Adafactor: eps\[1\]=-1; needs a number at least 0"),
    (lambda p: optim.Rprop(p, etas=(1.5, 1.2)), "Rprop: etas=.*; needs 0 < etas"),
    (lambda p: optim.Rprop(p, step_sizes=3), "Rprop: step_sizes=3; needs two numbers"),
    (lambda p: optim.Adadelta(p, rho=1.1), "Adadelta: rho=1.1;"),
    (lambda p: optim.Adagrad(p, lr_decay=-0.5), "Adagrad: lr_decay=-0.5;"),
    (lambda p: optim.NAdam(p, momentum_decay=-0.2), "NAdam: momentum_decay=-0.2;"),
    (lambda p: optim.RMSprop(p, momentum=-1), "RMSprop: momentum=-1;"),
    (lambda p: optim.RMSprop(p, alpha=-1), "RMSprop: alpha=-1;"),
    (lambda p: optim.ASGD(p, weight_decay=-0.5), "ASGD: weight_decay=-0.5;"),
    (lambda p: optim.Adam(p, lr=minidl.ones(2)), r"Adam: lr is a tensor of shape \(2,\); needs one number"),
    (lambda p: optim.Adam(p, lr=True), "Adam: lr=True; needs a number at least 0"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_options_out_of_range(make, message):
    with pytest.raises(ArgumentError, match=message):
        make([minidl.ones(3).requires_grad_()])


def test_an_unknown_option_is_named():
    with pytest.raises(TypeError, match="learning_rate"):
        optim.Lion([minidl.ones(3).requires_grad_()], learning_rate=0.1)
