"""Learning-rate schedules against PyTorch's."""

import pytest

import minidl
from minidl import optim

torch = pytest.importorskip("torch")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("StepLR", {"step_size": 3}),
        ("StepLR", {"step_size": 1, "gamma": 0.7}),
        ("LambdaLR", {"lr_lambda": lambda epoch: 1 / (1 + epoch)}),
        ("LambdaLR", {"lr_lambda": [lambda epoch: 0.9**epoch, lambda epoch: epoch]}),
    ],
)
def test_rates_equal_pytorchs(name, arguments):
    rates = []
    for T, package in ((minidl, optim), (torch, torch.optim)):
        optimizer = package.SGD([{"params": [T.ones(1).requires_grad_()], "lr": lr} for lr in (0.3, 2.0)], lr=1.0)
        scheduler = getattr(package.lr_scheduler, name)(optimizer, **arguments)
        rates.append([])
        for _ in range(10):
            rates[-1] += scheduler.get_last_lr()
            optimizer.step()
            scheduler.step()
    assert rates[0] == pytest.approx(rates[1], rel=1e-12)
