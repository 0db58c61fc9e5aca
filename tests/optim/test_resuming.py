"""Every optimizer and schedule saved to a file and loaded again goes on bit for bit."""

import copy
import pickle

import numpy as np
import pytest

import minidl
from minidl import optim
from minidl.optim import lr_scheduler as schedules

SHAPES = [(3, 4), (40, 30), (2, 2)]

OPTIMIZERS = {
    "GradientDescent": lambda p: optim.GradientDescent(p, weight_decay=0.1),
    "Momentum": optim.Momentum,
    "RMSProp": optim.RMSProp,
    "SGD": lambda p: optim.SGD(p, 0.1, momentum=0.9, dampening=0.1),
    "RMSprop": lambda p: optim.RMSprop(p, centered=True, momentum=0.5, eps=0.1),
    "Adam": lambda p: optim.Adam(p, 0.1, amsgrad=True),
    "AdamW": lambda p: optim.AdamW(p, lr=minidl.tensor(0.1)),
    "Adagrad": optim.Adagrad,
    "Adadelta": optim.Adadelta,
    "Adamax": optim.Adamax,
    "NAdam": optim.NAdam,
    "RAdam": lambda p: optim.RAdam(p, betas=(0.9, 0.6)),
    "Rprop": optim.Rprop,
    "ASGD": lambda p: optim.ASGD(p, lambd=0.1, t0=2),
    "Lion": lambda p: optim.Lion(p, 0.01, weight_decay=0.1),
    "LAMB": optim.LAMB,
    "Adafactor": optim.Adafactor,
    "Muon": optim.Muon,
}


def made(build, dtype):
    random = np.random.default_rng(0)
    parameters = [minidl.from_numpy(random.standard_normal(s).astype(dtype)).requires_grad_() for s in SHAPES]
    return parameters, build([{"params": parameters[:1], "lr": 0.05}, {"params": parameters[1:]}])


def train(parameters, optimizer, steps):
    for step in steps:
        random = np.random.default_rng(step)
        for p in parameters:
            p.grad = minidl.from_numpy(random.standard_normal(p.shape).astype(p.dtype))
        optimizer.step()


def assert_same(ours, theirs):
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), q.detach().numpy())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("build", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_training_resumed_from_a_file_is_the_one_that_never_stopped(build, dtype, tmp_path):
    straight, optimizer = made(build, dtype)
    train(straight, optimizer, range(7))
    minidl.save({"w": [p.detach() for p in straight], "state": optimizer.state_dict()}, tmp_path / "run.npz")
    train(straight, optimizer, range(7, 14))

    resumed, continued = made(build, dtype)
    loaded = minidl.load(tmp_path / "run.npz")
    for p, value in zip(resumed, loaded["w"], strict=True):
        p.data = value
    continued.load_state_dict(loaded["state"])
    train(resumed, continued, range(7, 14))
    assert_same(resumed, straight)
    assert str(continued) == str(optimizer)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
@pytest.mark.parametrize("build", [OPTIMIZERS["SGD"], OPTIMIZERS["NAdam"]])
def test_a_copy_of_parameters_and_optimizer_trains_apart_and_alike(build, copied):
    parameters, optimizer = made(build, "float32")
    train(parameters, optimizer, range(3))
    others, twin = copied((parameters, optimizer))
    train(parameters, optimizer, range(3, 6))
    train(others, twin, range(3, 6))
    assert_same(others, parameters)


@pytest.mark.parametrize("line_search_fn", [None, "strong_wolfe"])
def test_lbfgs_resumes(line_search_fn, tmp_path):
    def build():
        w = minidl.tensor([-1.5, 2.0, 0.5]).requires_grad_()
        return w, optim.LBFGS([w], 0.5, max_iter=3, history_size=4, line_search_fn=line_search_fn)

    def minimise(w, optimizer, times):
        def closure():
            optimizer.zero_grad()
            loss = (100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2).sum()
            loss.backward()
            return loss

        return [optimizer.step(closure).item() for _ in range(times)]

    w, optimizer = build()
    minimise(w, optimizer, 3)
    minidl.save({"w": w.detach(), "optimizer": optimizer.state_dict()}, tmp_path / "run.npz")
    losses = minimise(w, optimizer, 4)

    other, resumed = build()
    loaded = minidl.load(tmp_path / "run.npz")
    other.data = loaded["w"]
    resumed.load_state_dict(loaded["optimizer"])
    assert minimise(other, resumed, 4) == losses
    assert_same([other], [w])


class Growing:
    """A callable object whose attribute is part of the schedule's state."""

    def __init__(self):
        self.calls = 0

    def __call__(self, epoch):
        self.calls += 1
        return 1 / self.calls


SCHEDULES = {
    "LambdaLR": lambda o: schedules.LambdaLR(o, lambda epoch: 0.9**epoch),
    "LambdaLR of an object": lambda o: schedules.LambdaLR(o, [Growing(), Growing()]),
    "MultiplicativeLR": lambda o: schedules.MultiplicativeLR(o, lambda epoch: 0.9),
    "MultiStepLR": lambda o: schedules.MultiStepLR(o, [3, 9, 9]),
    "HyperbolicLR": lambda o: schedules.HyperbolicLR(o, 0.3),
    "FunctionLR": lambda o: schedules.FunctionLR(o, lambda lr0, epoch: lr0 / (1 + epoch)),
    "WarmRestarts": lambda o: schedules.CosineAnnealingWarmRestarts(o, 3, 2),
    "OneCycleLR": lambda o: schedules.OneCycleLR(o, 1.0, total_steps=30, three_phase=True),
    "CyclicLR": lambda o: schedules.CyclicLR(o, 0.1, 1.0, 4, mode="triangular2"),
    "SequentialLR": lambda o: schedules.SequentialLR(
        o, [schedules.LinearLR(o), schedules.CosineAnnealingLR(o, 8), schedules.StepLR(o, 2)], [3, 9]
    ),
    "SequentialLR of functions": lambda o: schedules.SequentialLR(
        o, [schedules.LambdaLR(o, lambda e: 0.5**e), schedules.FunctionLR(o, lambda lr0, e: lr0 / (1 + e))], [9]
    ),
    "ChainedScheduler": lambda o: schedules.ChainedScheduler([schedules.ConstantLR(o), schedules.MultiStepLR(o, [8])]),
    "SWALR": lambda o: optim.swa_utils.SWALR(o, [0.01, 0.02], anneal_epochs=9),
}


@pytest.mark.parametrize("build", SCHEDULES.values(), ids=SCHEDULES)
def test_a_schedule_resumed_from_a_file_goes_on_exactly(build, tmp_path):
    _, optimizer = made(OPTIMIZERS["SGD"], "float32")
    scheduler = build(optimizer)
    for _ in range(7):
        optimizer.step()
        scheduler.step()
    minidl.save({"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}, tmp_path / "run.npz")

    _, resumed = made(OPTIMIZERS["SGD"], "float32")
    continued = build(resumed)
    state = minidl.load(tmp_path / "run.npz")
    resumed.load_state_dict(state["optimizer"])
    continued.load_state_dict(state["scheduler"])
    for _ in range(12):
        assert continued.get_last_lr() == scheduler.get_last_lr()
        assert resumed.state_dict()["param_groups"] == optimizer.state_dict()["param_groups"]
        for trained, schedule in ((optimizer, scheduler), (resumed, continued)):
            trained.step()
            schedule.step()


def test_a_plateau_resumed_from_a_file_remembers_the_best_value(tmp_path):
    def build():
        optimizer = made(OPTIMIZERS["SGD"], "float32")[1]
        return optimizer, schedules.ReduceLROnPlateau(optimizer, patience=1, cooldown=1)

    optimizer, scheduler = build()
    for value in (3.0, 2.0, 2.5):
        scheduler.step(value)
    minidl.save([optimizer.state_dict(), scheduler.state_dict()], tmp_path / "run.npz")
    resumed, continued = build()
    for target, state in zip((resumed, continued), minidl.load(tmp_path / "run.npz"), strict=True):
        target.load_state_dict(state)
    for value in (2.1, 2.2, 2.3, 1.0, 1.5, 1.5, 1.5):
        scheduler.step(value)
        continued.step(value)
        assert continued.get_last_lr() == scheduler.get_last_lr()
