"""SGD and Adam over 25 steps against PyTorch's."""

import numpy as np
import pytest

import minidl
from minidl import nn, optim

torch = pytest.importorskip("torch")

CLOSE = {"float32": 1e-5, "float64": 1e-6}
SHAPES = [(), (3,), (4, 5), (150, 130)]

CASES = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "maximize": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.05, "nesterov": True, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.05, "betas": (0.5, 0.9)}),
    ("Adam", {"lr": 0.05, "eps": 0.1}),
    ("Adam", {"lr": 0.05, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.05, "betas": (0.0, 0.0), "eps": 1e-3}),
]


def trained(T, package, name, options, dtype):
    random = np.random.default_rng(5)
    parameters = [T.from_numpy(random.standard_normal(s).astype(dtype)).requires_grad_() for s in SHAPES]
    optimizer = getattr(package, name)(parameters, **options)
    for step in range(25):
        for number, p in enumerate(parameters):
            drawn = random.standard_normal(p.shape).astype(dtype)
            p.grad = None if number == 1 and step % 3 == 0 else T.from_numpy(drawn)
        optimizer.step()
    return [p.detach().numpy() for p in parameters]


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_25_steps_equal_pytorchs(name, options, dtype):
    ours, theirs = (trained(T, package, name, options, dtype) for T, package in ((minidl, optim), (torch, torch.optim)))
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=0, atol=CLOSE[dtype])


@pytest.mark.parametrize(
    ("name", "options"), [("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}), ("Adam", {"lr": 0.01})], ids=str
)
def test_a_training_equals_pytorchs(name, options):
    random = np.random.default_rng(6)
    x, target = random.standard_normal((40, 3)), random.integers(0, 4, 40)
    losses = []
    state = None
    for T, N, package in ((minidl, nn, optim), (torch, torch.nn, torch.optim)):
        minidl.manual_seed(0)
        net = N.Sequential(N.Linear(3, 16), N.Tanh(), N.Linear(16, 4)).double()
        if state is None:
            state = {key: value.numpy().copy() for key, value in net.state_dict().items()}
        else:
            net.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
        optimizer = getattr(package, name)(net.parameters(), **options)
        losses.append([])
        for _ in range(25):
            optimizer.zero_grad()
            loss = N.CrossEntropyLoss()(net(T.from_numpy(x)), T.from_numpy(target))
            loss.backward()
            optimizer.step()
            losses[-1].append(loss.item())
    np.testing.assert_allclose(*losses, rtol=0, atol=1e-9)
    assert losses[0][-1] < losses[0][0]
