"""plot_schedule: what it draws, and that it leaves the schedule as it was."""

import copy

import numpy as np
import pytest

import minidl
from minidl import optim
from minidl.errors import ArgumentError
from minidl.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    ExponentialLR,
    FunctionLR,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
    picture,
    plot_schedule,
)


def optimizer(*rates):
    groups = [{"params": [minidl.ones(2).requires_grad_()], "lr": lr} for lr in rates]
    return optim.SGD(groups, lr=1.0, momentum=0.9)


@pytest.fixture
def drawn(monkeypatch):
    """What reaches the drawing function: title, epochs, rates, momenta."""
    calls = []
    original = picture._draw
    monkeypatch.setattr(picture, "_draw", lambda file, *values: (calls.append(values), original(file, *values)))
    return calls


SCHEDULES = [
    lambda o: StepLR(o, 3),
    lambda o: FunctionLR(o, lambda lr0, epoch: lr0 / (1 + epoch)),
    lambda o: OneCycleLR(o, 1.0, total_steps=30),
    lambda o: SequentialLR(o, [ConstantLR(o), ExponentialLR(o, 0.9)], [4]),
    lambda o: ChainedScheduler([StepLR(o, 4), ExponentialLR(o, 0.9)]),
]


@pytest.mark.parametrize("build", SCHEDULES)
def test_the_rates_drawn_are_those_of_the_epochs_to_come_and_nothing_is_changed(build, drawn, tmp_path):
    trained = optimizer(0.3, 2.0)
    scheduler = build(trained)
    trained.step()
    before = copy.deepcopy((scheduler.state_dict(), trained.state_dict()))
    plot_schedule(scheduler, 12, tmp_path / "schedule.png")
    assert (scheduler.state_dict(), trained.state_dict()) == before
    expected, momenta = [], []
    for _ in range(12):
        expected.append([group["lr"] for group in trained.param_groups])
        momenta.append(trained.param_groups[0]["momentum"])
        scheduler.step()
    ((title, epochs, rates, drawn_momenta),) = drawn
    assert title == type(scheduler).__name__
    np.testing.assert_array_equal(epochs, range(12))
    np.testing.assert_array_equal(rates, expected)
    if isinstance(scheduler, OneCycleLR):
        np.testing.assert_array_equal(drawn_momenta, momenta)
    else:
        assert drawn_momenta is None
    assert (tmp_path / "schedule.png").read_bytes().startswith(b"\x89PNG")


def test_a_factory_is_given_an_optimizer(drawn, tmp_path):
    plot_schedule(lambda o: ExponentialLR(o, 0.5), 3, str(tmp_path / "schedule.png"))
    np.testing.assert_allclose(drawn[0][2], [[0.1], [0.05], [0.025]])


def test_a_plateau_follows_the_values_given(drawn, tmp_path):
    scheduler = ReduceLROnPlateau(optimizer(1.0), patience=0, factor=0.5)
    plot_schedule(scheduler, 4, tmp_path / "schedule.png", metrics=[1.0, 2.0, 0.5])
    np.testing.assert_allclose(drawn[0][2], [[1.0], [1.0], [0.5], [0.5]])
    assert scheduler.last_epoch == 0


@pytest.mark.parametrize(
    ("scheduler", "epochs", "message"),
    [
        (lambda: StepLR(optimizer(1.0), 2), 0, "epochs=0; needs a whole number of at least 1"),
        (lambda: StepLR(optimizer(1.0), 2), 2.5, "epochs=2.5; needs a whole number"),
        (lambda: 3, 5, "got a int; needs a scheduler, or a function optimizer -> scheduler"),
        (lambda: lambda o: o, 5, "got a SGD; needs a scheduler"),
        (lambda: ReduceLROnPlateau(optimizer(1.0)), 5, "give 4 of them as metrics"),
    ],
)
def test_what_cannot_be_drawn_leaves_no_file(scheduler, epochs, message, tmp_path):
    with pytest.raises(ArgumentError, match=f"plot_schedule: .*{message}"):
        plot_schedule(scheduler(), epochs, tmp_path / "schedule.png")
    assert list(tmp_path.iterdir()) == []
