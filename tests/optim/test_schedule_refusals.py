"""Arguments of schedulers out of range: errors that name the scheduler, the argument and what it needs."""

import pytest

import minidl
from minidl import optim
from minidl.errors import ArgumentError, CheckpointError
from minidl.optim import lr_scheduler as s


def optimizer(*rates):
    groups = [{"params": [minidl.ones(2).requires_grad_()], "lr": lr} for lr in rates or (1.0,)]
    return optim.SGD(groups, lr=0.5, momentum=0.9)


def combined(kind, *parts):
    o = optimizer()
    return kind([part(o) for part in parts])


def sequence(milestones, *parts):
    o = optimizer()
    return s.SequentialLR(o, [part(o) for part in parts], milestones)


def constant(o):
    return s.ConstantLR(o)


MISTAKES = [
    (lambda: s.MultiplicativeLR(optimizer(), 3), "MultiplicativeLR: got 3, needs a function epoch -> factor"),
    (lambda: s.FunctionLR(optimizer(), 0.5), r"FunctionLR: got 0.5, needs a function \(lr0, epoch\) -> lr"),
    (lambda: s.ConstantLR(optimizer(), factor=1.5), "ConstantLR: factor=1.5; needs a number from 0 to 1"),
    (lambda: s.LinearLR(optimizer(), start_factor=0), "LinearLR: start_factor=0; needs a number above 0"),
    (lambda: s.LinearLR(optimizer(), end_factor=2), "LinearLR: end_factor=2; needs a number from 0 to 1"),
    (lambda: s.CosineAnnealingLR(optimizer(), 0), "CosineAnnealingLR: T_max=0; needs at least 1"),
    (lambda: s.CosineAnnealingWarmRestarts(optimizer(), 0), "CosineAnnealingWarmRestarts: T_0=0; needs a whole number"),
    (lambda: s.CosineAnnealingWarmRestarts(optimizer(), 2, 0.5), "T_mult=0.5; needs a whole number of at least 1"),
    (lambda: s.CosineAnnealingWarmRestarts(optimizer(), 2).step(-1), r"step\(epoch=-1\); needs at least 0"),
    (lambda: s.OneCycleLR(optimizer(), 1.0), "OneCycleLR: give total_steps, or both epochs and steps_per_epoch"),
    (lambda: s.OneCycleLR(optimizer(), 1.0, total_steps=0), "OneCycleLR: total_steps=0; needs a whole number"),
    (lambda: s.OneCycleLR(optimizer(), 1.0, epochs=2, steps_per_epoch=0), "OneCycleLR: steps_per_epoch=0; needs"),
    (lambda: s.OneCycleLR(optimizer(), 1.0, 9, pct_start=2.0), "OneCycleLR: pct_start=2.0; needs a float from 0 to 1"),
    (lambda: s.OneCycleLR(optimizer(), 1.0, 9, anneal_strategy="x"), "OneCycleLR: anneal_strategy='x'; needs 'cos'"),
    (lambda: s.OneCycleLR(optimizer(), [1.0, 2.0], 9), "OneCycleLR: max_lr has 2 entries for 1 parameter groups"),
    (
        lambda: s.OneCycleLR(optim.Adagrad([minidl.ones(1)]), 1.0, 9),
        "OneCycleLR: cycle_momentum=True needs an optimizer with momentum or betas; give cycle_momentum=False",
    ),
    (lambda: s.CyclicLR(optimizer(), 0.1, 1.0, mode="x"), "CyclicLR: mode='x'; needs 'triangular'"),
    (lambda: s.CyclicLR(optimizer(), 0.1, 1.0, step_size_up=0), "CyclicLR: step_size_up=0"),
    (lambda: s.CyclicLR(optim.RMSProp([minidl.ones(1)]), 0.1, 1.0), "CyclicLR: cycle_momentum=True needs"),
    (lambda: s.ReduceLROnPlateau(optimizer(), factor=1.0), "ReduceLROnPlateau: factor=1.0; needs a number below 1"),
    (lambda: s.ReduceLROnPlateau(optimizer(), mode="x"), "ReduceLROnPlateau: mode='x'; needs 'min' or 'max'"),
    (lambda: s.ReduceLROnPlateau(optimizer(), threshold_mode="x"), "threshold_mode='x'; needs 'rel' or 'abs'"),
    (lambda: s.ReduceLROnPlateau(optimizer(), min_lr=[0, 0]), "min_lr has 2 entries for 1 parameter groups"),
    (lambda: s.ReduceLROnPlateau(3), "ReduceLROnPlateau: got a int, needs an optimizer"),
    (lambda: s.ChainedScheduler([]), "ChainedScheduler: got no schedulers; needs at least one"),
    (lambda: s.ChainedScheduler([3]), "ChainedScheduler: entry 0 is a int, needs a scheduler"),
    (lambda: combined(s.ChainedScheduler, constant, s.ReduceLROnPlateau), "entry 1 is a ReduceLROnPlateau, whose step"),
    (
        lambda: s.ChainedScheduler([constant(optimizer()), constant(optimizer())]),
        "ChainedScheduler: entry 1 is of another optimizer; all need the same one",
    ),
    (lambda: sequence([1, 2], constant, constant), "SequentialLR: 2 schedulers and 2 milestones; needs one milestone"),
    (
        lambda: sequence([1], constant, lambda o: s.ChainedScheduler([constant(o)])),
        "SequentialLR: a combined schedule cannot start at a milestone",
    ),
    (lambda: sequence([], constant).step(3), r"SequentialLR: step\(epoch\) is not defined; call step\(\)"),
    (lambda: s.StepLR(optimizer(), 2, last_epoch=3), "StepLR: last_epoch=3, but group 0 has no 'initial_lr'; load the"),
]


@pytest.mark.parametrize(("build", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_bad_arguments(build, message):
    with pytest.raises(ArgumentError, match=message):
        build()


def test_a_cycle_that_has_ended_says_so():
    trained = optimizer()
    scheduler = s.OneCycleLR(trained, 1.0, total_steps=3)
    trained.step()
    for _ in range(3):
        scheduler.step()
    with pytest.raises(ArgumentError, match="OneCycleLR: step 4 of 3; the schedule has ended: give a greater total"):
        scheduler.step()


def test_the_state_of_other_parts_is_refused_and_changes_nothing():
    two = sequence([3], constant, lambda o: s.StepLR(o, 2))
    before = two.state_dict()
    for other, message in (
        (sequence([], constant), "1 schedulers in the state, 2 here"),
        (sequence([3], constant, constant), "StepLR.load_state_dict: the state is of another schedule"),
    ):
        with pytest.raises(CheckpointError, match=message):
            two.load_state_dict(other.state_dict())
        assert two.state_dict() == before


def test_a_group_added_later_needs_its_own_least_rates():
    trained = optimizer()
    scheduler = s.ReduceLROnPlateau(trained, patience=0, min_lr=[0.1])
    trained.add_param_group({"params": [minidl.ones(1)]})
    scheduler.step(1.0)
    with pytest.raises(ArgumentError, match="1 values of min_lr for 2 parameter groups; set `min_lrs` anew"):
        scheduler.step(2.0)
