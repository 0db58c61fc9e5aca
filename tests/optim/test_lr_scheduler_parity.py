"""Schedules over 40 epochs, also resumed and of two groups, against PyTorch's."""

import inspect
import warnings

import pytest

import minidl
from minidl import optim

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:torch")

EPOCHS = 40
BUILDS = {
    "LambdaLR": lambda s, o: s.LambdaLR(o, lambda epoch: 1 / (1 + epoch)),
    "LambdaLR, one each": lambda s, o: s.LambdaLR(o, [lambda epoch: 0.9**epoch, lambda epoch: epoch]),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, lambda epoch: 0.95 + 0.01 * (epoch % 3)),
    "StepLR": lambda s, o: s.StepLR(o, 3),
    "StepLR, every": lambda s, o: s.StepLR(o, step_size=1, gamma=0.7),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [2, 5, 5, 11], gamma=0.3),
    "ConstantLR": lambda s, o: s.ConstantLR(o, factor=0.4, total_iters=7),
    "ConstantLR, defaults": lambda s, o: s.ConstantLR(o),
    "LinearLR": lambda s, o: s.LinearLR(o, 0.1, 0.8, total_iters=9),
    "LinearLR, defaults": lambda s, o: s.LinearLR(o),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.9),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o, 20, power=1.7),
    "PolynomialLR, defaults": lambda s, o: s.PolynomialLR(o),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, T_max=10, eta_min=0.01),
    "CosineAnnealingLR, once": lambda s, o: s.CosineAnnealingLR(o, 50),
    "WarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 5, eta_min=0.01),
    "WarmRestarts, longer": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, T_mult=2),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, 1.0, total_steps=41),
    "OneCycleLR, line": lambda s, o: s.OneCycleLR(
        o, [1.0, 3.0], epochs=7, steps_per_epoch=6, anneal_strategy="linear", pct_start=0.4, div_factor=5.0
    ),
    "OneCycleLR, three phases": lambda s, o: s.OneCycleLR(
        o, 2.0, total_steps=50, three_phase=True, base_momentum=0.5, max_momentum=0.9, final_div_factor=10.0
    ),
    "OneCycleLR, no momentum": lambda s, o: s.OneCycleLR(o, 1.0, total_steps=40, cycle_momentum=False),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.1, 1.0, step_size_up=4),
    "CyclicLR, lopsided": lambda s, o: s.CyclicLR(o, [0.1, 0.2], [1.0, 3.0], 4, 7, mode="triangular2"),
    "CyclicLR, shrinking": lambda s, o: s.CyclicLR(o, 0.1, 1.0, 5, mode="exp_range", gamma=0.95, base_momentum=0.6),
    "CyclicLR, own scale": lambda s, o: s.CyclicLR(
        o, 0.1, 1.0, 3, scale_fn=lambda x: 1 / (1 + x), scale_mode="iterations", cycle_momentum=False
    ),
    "Sequential": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, total_iters=5), s.CosineAnnealingLR(o, 10), s.ExponentialLR(o, 0.8)], milestones=[5, 20]
    ),
    "Sequential of one": lambda s, o: s.SequentialLR(o, [s.StepLR(o, 4)], []),
    "Sequential from the second": lambda s, o: s.SequentialLR(o, [s.ConstantLR(o), s.StepLR(o, 4)], [0]),
    "Sequential of restarts": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, 0.1, 3), s.CosineAnnealingWarmRestarts(o, 4), s.PolynomialLR(o, 9)], [3, 17]
    ),
    "Chained": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 6), s.ExponentialLR(o, 0.9)]),
    "Chained, three": lambda s, o: s.ChainedScheduler(
        [s.LinearLR(o, 0.2), s.MultiStepLR(o, [7, 9]), s.CosineAnnealingLR(o, 30)], optimizer=o
    ),
    "Chained in a sequence": lambda s, o: s.SequentialLR(
        o, [s.ChainedScheduler([s.LinearLR(o, 0.2), s.ExponentialLR(o, 0.9)]), s.StepLR(o, 4)], [6]
    ),
}
OPTIMIZERS = {"SGD": {"lr": 1.0, "momentum": 0.9}, "Adam": {"lr": 1.0}}


def followed(T, package, build, name="SGD", epochs=EPOCHS, resumed_at=None):
    """The rate of both groups, and the momentum of the first, in each epoch."""

    def made():
        groups = [{"params": [T.ones(1).requires_grad_()], "lr": lr} for lr in (0.3, 2.0)]
        optimizer = getattr(package, name)(groups, **OPTIMIZERS[name])
        return optimizer, build(package.lr_scheduler, optimizer)

    optimizer, scheduler = made()
    seen = []
    for epoch in range(epochs):
        seen += scheduler.get_last_lr()
        seen += [group["lr"] for group in optimizer.param_groups]
        group = optimizer.param_groups[0]
        seen.append(group["momentum"] if "momentum" in group else group["betas"][0])
        if epoch == resumed_at:
            states = optimizer.state_dict(), scheduler.state_dict()
            optimizer, scheduler = made()
            for object, state in zip((optimizer, scheduler), states, strict=True):
                object.load_state_dict(state)
        optimizer.step()
        scheduler.step()
    return seen


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)
def test_rates_and_momenta_equal_pytorchs(build, name):
    ours, theirs = (followed(T, package, build, name) for T, package in ((minidl, optim), (torch, torch.optim)))
    assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)
def test_a_resumed_schedule_goes_on_exactly(build):
    assert followed(minidl, optim, build, resumed_at=13) == followed(minidl, optim, build)


@pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)
def test_the_state_has_pytorchs_keys(build):
    keys = []
    for T, package in ((minidl, optim), (torch, torch.optim)):
        groups = [{"params": [T.ones(1).requires_grad_()], "lr": lr} for lr in (0.3, 2.0)]
        scheduler = build(package.lr_scheduler, package.SGD(groups, lr=1.0, momentum=0.9))
        keys.append(sorted(scheduler.state_dict()))
    assert keys[0] == keys[1]


@pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)
def test_a_state_from_pytorch_goes_on(build):
    pairs = []
    for T, package in ((minidl, optim), (torch, torch.optim)):
        groups = [{"params": [T.ones(1).requires_grad_()], "lr": lr} for lr in (0.3, 2.0)]
        optimizer = package.SGD(groups, lr=1.0, momentum=0.9)
        optimizer.step()
        pairs.append((optimizer, build(package.lr_scheduler, optimizer)))
        optimizer.step()
    (optimizer, scheduler), (reference, theirs) = pairs
    for _ in range(8):
        theirs.step()
    optimizer.load_state_dict(reference.state_dict())
    scheduler.load_state_dict(theirs.state_dict())
    for _ in range(12):
        scheduler.step()
        theirs.step()
        assert scheduler.get_last_lr() == pytest.approx(theirs.get_last_lr(), rel=1e-12, abs=1e-15)


PLATEAUS = [
    {},
    {"patience": 2, "factor": 0.5},
    {"mode": "max", "patience": 1, "threshold": 0.1, "cooldown": 2},
    {"threshold_mode": "abs", "threshold": 0.3, "patience": 0, "min_lr": [0.01, 0.2]},
    {"mode": "max", "threshold_mode": "abs", "patience": 3, "factor": 0.3, "eps": 0.05, "min_lr": 0.02},
]


@pytest.mark.parametrize("options", PLATEAUS, ids=str)
def test_plateaus_equal_pytorchs(options):
    values = [3.0, 2.5, 2.6, 2.2, 2.2, 2.2, 2.3, 1.9, 1.8, 1.8, 1.85, 1.8, 1.8, 1.8, 2.0, 0.5, 0.5, 0.49, 0.5, 0.5] * 2
    seen = []
    for T, package in ((minidl, optim), (torch, torch.optim)):
        groups = [{"params": [T.ones(1).requires_grad_()], "lr": lr} for lr in (0.3, 2.0)]
        scheduler = package.lr_scheduler.ReduceLROnPlateau(package.SGD(groups, lr=1.0), **options)
        rates = list(scheduler.get_last_lr())
        for value in values:
            scheduler.step(T.tensor(value))
            rates += scheduler.get_last_lr()
        seen.append((rates, scheduler.state_dict()))
    assert seen[0][0] == pytest.approx(seen[1][0], rel=1e-12)
    assert {k: v for k, v in seen[0][1].items() if k != "_last_lr"} == {
        k: v for k, v in seen[1][1].items() if k != "_last_lr"
    }


@pytest.mark.parametrize(("T", "package"), [(minidl, optim), (torch, torch.optim)], ids=["minidl", "torch"])
def test_a_step_before_the_optimizers_first_is_warned_of(T, package):
    optimizer = package.SGD([T.ones(1).requires_grad_()], lr=1.0)
    scheduler = package.lr_scheduler.StepLR(optimizer, 3)
    with pytest.warns(UserWarning, match=r"before .*optimizer.step"):
        scheduler.step()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scheduler.step()


@pytest.mark.parametrize("name", ["StepLR", "MultiStepLR", "LinearLR", "CosineAnnealingLR", "PolynomialLR"])
def test_a_step_to_an_epoch_is_pytorchs(name):
    arguments = {"StepLR": (3,), "MultiStepLR": ([2, 5],), "CosineAnnealingLR": (10,)}.get(name, ())
    rates = []
    for T, package in ((minidl, optim), (torch, torch.optim)):
        optimizer = package.SGD([T.ones(1).requires_grad_()], lr=1.0)
        scheduler = getattr(package.lr_scheduler, name)(optimizer, *arguments)
        optimizer.step()
        with pytest.warns(UserWarning, match="epoch"):
            scheduler.step(4)
        rates += scheduler.get_last_lr()
    assert rates[0] == pytest.approx(rates[1], rel=1e-12)


def test_restarts_take_fractions_of_epochs():
    rates = []
    for T, package in ((minidl, optim), (torch, torch.optim)):
        optimizer = package.SGD([T.ones(1).requires_grad_()], lr=1.0)
        scheduler = package.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 3, 2, 0.1)
        rates.append([])
        for epoch in (0, 0.5, 2.75, 3, 3.5, 8.9, 9, 20.25, 1.5):
            scheduler.step(epoch)
            rates[-1] += scheduler.get_last_lr()
    assert rates[0] == pytest.approx(rates[1], rel=1e-12)


def test_a_rate_that_is_a_tensor_stays_the_same_tensor():
    for T, package in ((minidl, optim), (torch, torch.optim)):
        rate = T.tensor(0.5)
        scheduler = package.lr_scheduler.ExponentialLR(package.Adam([T.ones(1).requires_grad_()], lr=rate), 0.5)
        scheduler.optimizer.step()
        scheduler.step()
        assert rate.item() == 0.25
        assert scheduler.optimizer.param_groups[0]["lr"] is rate
        assert scheduler.get_last_lr()[0].item() == 0.25


@pytest.mark.parametrize("name", [*{name.split(",")[0] for name in BUILDS if "LR" in name}, "ReduceLROnPlateau"])
def test_arguments_are_pytorchs(name):
    own, wanted = (
        inspect.signature(getattr(package, name)).parameters
        for package in (optim.lr_scheduler, torch.optim.lr_scheduler)
    )
    assert [(p.name, p.default) for p in own.values()] == [(p.name, p.default) for p in wanted.values()]
