"""Learning-rate schedules against their formulas."""

import math

import numpy as np
import pytest

import minidl
from minidl import optim
from minidl.errors import ArgumentError, CheckpointError, MinidlWarning
from minidl.optim.lr_scheduler import FunctionLR, HyperbolicLR, LambdaLR, LRScheduler, StepLR


def optimizer(*rates):
    """One group for each learning rate."""
    groups = [{"params": [minidl.ones(2).requires_grad_()], "lr": lr} for lr in rates]
    made = optim.GradientDescent(groups, lr=0.5)
    made.step()
    return made


SCHEDULES = [
    (lambda o: HyperbolicLR(o, decay_rate=0.5), lambda epoch: 1 / (1 + epoch * 0.5)),
    (lambda o: HyperbolicLR(o, decay_rate=0), lambda epoch: 1),
    (lambda o: LambdaLR(o, lambda epoch: 0.9**epoch), lambda epoch: 0.9**epoch),
    (lambda o: LambdaLR(o, lambda epoch: np.cos(epoch / 20)), lambda epoch: math.cos(epoch / 20)),
    (lambda o: StepLR(o, step_size=3), lambda epoch: 0.1 ** (epoch // 3)),
    (lambda o: StepLR(o, 1, gamma=0.5), lambda epoch: 0.5**epoch),
    (lambda o: FunctionLR(o, lambda lr0, epoch: lr0 / (1 + epoch) ** 0.5), lambda epoch: (1 + epoch) ** -0.5),
]


@pytest.mark.parametrize(("build", "factor"), SCHEDULES)
def test_each_epoch_has_the_rate_of_the_formula_in_every_group(build, factor):
    trained = optimizer(0.3, 2.0)
    scheduler = build(trained)
    for epoch in range(10):
        expected = [lr * factor(epoch) for lr in (0.3, 2.0)]
        assert scheduler.last_epoch == epoch
        assert scheduler.get_last_lr() == pytest.approx(expected, rel=1e-14)
        assert [group["lr"] for group in trained.param_groups] == scheduler.get_last_lr()
        scheduler.step()


def test_each_group_may_have_its_function():
    for functions in ([lambda epoch: 0.5**epoch, lambda epoch: 1 / (1 + epoch)],):
        for given in (functions, tuple(functions)):
            scheduler = LambdaLR(optimizer(0.3, 2.0), given)
            scheduler.step()
            scheduler.step()
            assert scheduler.get_last_lr() == pytest.approx([0.3 / 4, 2 / 3])


def test_the_rate_is_the_one_that_the_step_takes():
    trained = optimizer(1.0)
    w = trained.param_groups[0]["params"][0]
    scheduler = HyperbolicLR(trained, decay_rate=1.0)
    taken = []
    for _ in range(4):
        before = w[0].item()
        w.grad = minidl.ones(2)
        trained.step()
        scheduler.step()
        taken.append(before - w[0].item())
    assert taken == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4], rel=1e-6)


@pytest.mark.parametrize(("build", "factor"), SCHEDULES)
def test_a_saved_schedule_goes_on_where_it_was(build, factor, tmp_path):
    trained = optimizer(0.3, 2.0)
    scheduler = build(trained)
    for _ in range(4):
        scheduler.step()
    minidl.save({"optimizer": trained.state_dict(), "scheduler": scheduler.state_dict()}, tmp_path / "run.npz")

    resumed = optimizer(0.3, 2.0)
    continued = build(resumed)
    state = minidl.load(tmp_path / "run.npz")
    resumed.load_state_dict(state["optimizer"])
    continued.load_state_dict(state["scheduler"])
    for epoch in range(4, 8):
        assert continued.last_epoch == epoch
        assert continued.get_last_lr() == scheduler.get_last_lr()
        assert continued.get_last_lr() == pytest.approx([lr * factor(epoch) for lr in (0.3, 2.0)])
        assert all(type(lr) is float for lr in continued.get_last_lr())
        scheduler.step()
        continued.step()


def test_a_schedule_of_a_resumed_optimizer_starts_from_its_first_rates():
    trained = optimizer(0.8)
    scheduler = StepLR(trained, 1, gamma=0.5)
    scheduler.step()
    scheduler.step()
    resumed = optimizer(0.8)
    resumed.load_state_dict(trained.state_dict())
    assert HyperbolicLR(resumed, 1, last_epoch=2).get_last_lr() == [0.8 / 4]


@pytest.mark.parametrize("kind", [LambdaLR, FunctionLR])
def test_a_schedule_that_goes_on_with_another_function_has_its_rates(kind):
    short, long = (
        (lambda e, n=n: 1 - e / n) if kind is LambdaLR else (lambda lr0, e, n=n: lr0 * (1 - e / n)) for n in (4, 8)
    )
    trained = optimizer(0.8)
    scheduler = kind(trained, short)
    scheduler.step()
    scheduler.step()
    resumed = optimizer(0.8)
    continued = kind(resumed, long)
    resumed.load_state_dict(trained.state_dict())
    continued.load_state_dict(scheduler.state_dict())
    assert resumed.param_groups[0]["lr"] == continued.get_last_lr()[0] == 0.8 * (1 - 2 / 8)


def test_asking_for_the_next_rates_is_warned_of_and_for_the_present_ones_is_not():
    scheduler = StepLR(optimizer(0.3), 1, gamma=0.5)
    with pytest.warns(MinidlWarning, match=r"StepLR.get_lr\(\) computes .* call get_last_lr\(\)"):
        scheduler.get_lr()
    assert scheduler.get_last_lr() == [0.3]


def test_a_schedule_of_the_users_own_needs_get_lr_alone():
    class Halved(LRScheduler):
        def get_lr(self):
            return [base / 2**self.last_epoch for base in self.base_lrs]

    scheduler = Halved(optimizer(0.3, 2.0))
    scheduler.step()
    scheduler.step()
    assert scheduler.get_last_lr() == [0.3 / 4, 0.5]


MISTAKES = [
    (lambda: HyperbolicLR(optimizer(1), -0.1), "HyperbolicLR: decay_rate=-0.1; needs at least 0"),
    (lambda: HyperbolicLR(optimizer(1), math.nan), "HyperbolicLR: decay_rate=nan; needs at least 0"),
    (lambda: StepLR(optimizer(1), 0), "StepLR: step_size=0; needs at least 1"),
    (lambda: LambdaLR(optimizer(1), 0.9), "LambdaLR: got 0.9, needs a function epoch -> factor"),
    (lambda: LambdaLR(optimizer(1, 2), [abs]), "LambdaLR: lr_lambda has 1 entries for 2 parameter groups"),
    (lambda: LambdaLR([minidl.ones(1)], abs), "LambdaLR: got a list, needs an optimizer"),
    (lambda: StepLR(0.1, 3), "StepLR: got a float, needs an optimizer"),
    (lambda: HyperbolicLR(None, 0.1), "HyperbolicLR: got a NoneType, needs an optimizer"),
    (lambda: LRScheduler(optimizer(1)), "LRScheduler defines no get_lr"),
]


@pytest.mark.parametrize(("build", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_bad_arguments(build, message):
    with pytest.raises(ArgumentError, match=message):
        build()


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, "the state is of another schedule: it has no _last_lr, _step_count, base_lrs, gamma, last_epoch"),
        (lambda: StepLR(optimizer(1.0, 2.0), 2).state_dict(), "2 learning rates for 1 parameter groups"),
        (
            lambda: HyperbolicLR(optimizer(1.0), 2).state_dict(),
            "the state is of another .*: it has no gamma, step_size",
        ),
        (7, "got a int, needs a dict"),
    ],
)
def test_the_state_of_another_schedule_is_refused_and_changes_nothing(state, message):
    scheduler = StepLR(optimizer(0.3), 2)
    before = scheduler.state_dict()
    with pytest.raises(CheckpointError, match=f"StepLR.load_state_dict: {message}"):
        scheduler.load_state_dict(state() if callable(state) else state)
    assert scheduler.state_dict() == before
