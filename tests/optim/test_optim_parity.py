"""Optimizers over 25 steps against PyTorch's: results, state, options, and states passed on from PyTorch."""

import inspect

import numpy as np
import pytest

import minidl
from minidl import nn, optim

torch = pytest.importorskip("torch")

CLOSE = {"float32": 1e-5, "float64": 1e-12}
SHAPES = [(), (3,), (0,), (4, 5), (150, 130)]
"""The last has more than 16,384 elements, the size from which threads share the work."""

CASES = [
    ("SGD", {}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "maximize": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.05, "nesterov": True, "maximize": True}),
    ("RMSprop", {}),
    ("RMSprop", {"alpha": 0.9, "momentum": 0.9}),
    ("RMSprop", {"alpha": 0.9, "centered": True, "eps": 0.1}),
    ("RMSprop", {"centered": True, "momentum": 0.5, "eps": 0.1, "weight_decay": 0.05, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.05, "betas": (0.5, 0.9)}),
    ("Adam", {"lr": 0.05, "eps": 0.1}),
    ("Adam", {"lr": 0.05, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.05, "betas": (0.0, 0.0), "eps": 1e-3}),
    ("Adam", {"lr": 0.05, "betas": (0.3, 0.9), "amsgrad": True, "maximize": True}),
    ("Adam", {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.05, "betas": (0.8, 0.9), "weight_decay": 0.5, "amsgrad": True, "maximize": True}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-3}),
    ("Adagrad", {"maximize": True}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.5, "rho": 0.5, "eps": 1e-3, "weight_decay": 0.1, "maximize": True}),
    ("Adamax", {}),
    ("Adamax", {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-2, "weight_decay": 0.1, "maximize": True}),
    ("NAdam", {}),
    ("NAdam", {"lr": 0.05, "betas": (0.5, 0.9), "momentum_decay": 0.1, "weight_decay": 0.1, "maximize": True}),
    ("NAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RAdam", {}),
    ("RAdam", {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1, "maximize": True}),
    ("RAdam", {"betas": (0.9, 0.5), "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("Rprop", {}),
    ("Rprop", {"lr": 0.1, "etas": (0.3, 1.9), "step_sizes": (1e-3, 0.2), "maximize": True}),
    ("ASGD", {}),
    ("ASGD", {"lr": 0.1, "lambd": 0.1, "alpha": 0.5, "t0": 4, "weight_decay": 0.05, "maximize": True}),
]


def parameters_of(T, dtype, shapes):
    random = np.random.default_rng(5)
    return [T.from_numpy(np.array(random.standard_normal(s), dtype)).requires_grad_() for s in shapes]


def train(T, optimizer, parameters, steps, seed=6):
    """The gradients are drawn; the second parameter has none in every third step."""
    random = np.random.default_rng(seed)
    for step in range(steps):
        for number, p in enumerate(parameters):
            drawn = np.array(random.standard_normal(p.shape), str(p.dtype).removeprefix("torch."))
            p.grad = None if number == 1 and step % 3 == 0 else T.from_numpy(drawn)
        optimizer.step()


def trained(T, package, name, options, dtype, shapes=SHAPES):
    parameters = parameters_of(T, dtype, shapes)
    optimizer = getattr(package, name)(parameters, **options)
    train(T, optimizer, parameters, 25)
    return [p.detach().numpy() for p in parameters], optimizer


def assert_equal_values(ours, theirs, tolerance):
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance)


def assert_equal_states(ours, theirs, tolerance):
    """The same keys, options, shapes, dtypes and values."""
    ours, theirs = ours.state_dict(), theirs.state_dict()
    assert ours["param_groups"] == theirs["param_groups"]
    assert set(ours["state"]) == set(theirs["state"])
    for number, values in theirs["state"].items():
        assert set(ours["state"][number]) == set(values)
        for name, value in values.items():
            assert_equal_values([ours["state"][number][name].numpy()], [value.numpy()], tolerance)


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_25_steps_equal_pytorchs(name, options, dtype):
    (ours, optimizer), (theirs, reference) = (
        trained(T, package, name, options, dtype) for T, package in ((minidl, optim), (torch, torch.optim))
    )
    assert_equal_values(ours, theirs, CLOSE[dtype])
    assert_equal_states(optimizer, reference, CLOSE[dtype] * 10)


ADAFACTOR = [{}, {"lr": 0.1, "beta2_decay": -0.5, "eps": (1e-3, 0.1), "d": 2.0, "weight_decay": 0.1, "maximize": True}]


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("options", ADAFACTOR, ids=str)
def test_25_steps_of_adafactor_equal_pytorchs(options, dtype):
    shapes = [(), (3,), (1, 4), (4, 5), (2, 3, 4)]
    (ours, optimizer), (theirs, reference) = (
        trained(T, package, "Adafactor", options, dtype, shapes)
        for T, package in ((minidl, optim), (torch, torch.optim))
    )
    assert_equal_values(ours, theirs, CLOSE[dtype])
    assert_equal_states(optimizer, reference, CLOSE[dtype])


MUON = [{}, {"lr": 0.01, "momentum": 0.8, "nesterov": False, "ns_steps": 3, "adjust_lr_fn": "match_rms_adamw"}]


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("options", MUON, ids=str)
def test_25_steps_of_muon_equal_pytorchs(options, dtype):
    """Of small matrices, whose products have the same rounding in any order."""
    (ours, optimizer), (theirs, reference) = (
        trained(T, package, "Muon", options, dtype, [(3, 4), (4, 3), (2, 2)])
        for T, package in ((minidl, optim), (torch, torch.optim))
    )
    assert_equal_values(ours, theirs, CLOSE[dtype])
    assert_equal_states(optimizer, reference, CLOSE[dtype])


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_a_state_from_pytorch_goes_on_as_pytorch_does(name, options):
    theirs = parameters_of(torch, "float64", SHAPES)
    reference = getattr(torch.optim, name)(theirs, **options)
    train(torch, reference, theirs, 10)
    saved = reference.state_dict()
    arrays = {number: {key: v.numpy() for key, v in values.items()} for number, values in saved["state"].items()}
    ours = [minidl.from_numpy(p.detach().numpy().copy()).requires_grad_() for p in theirs]
    optimizer = getattr(optim, name)(ours, lr=7.0)
    for state in (saved["state"], arrays):
        optimizer.load_state_dict({"state": state, "param_groups": saved["param_groups"]})
    train(torch, reference, theirs, 10, seed=7)
    train(minidl, optimizer, ours, 10, seed=7)
    assert_equal_values([p.detach().numpy() for p in ours], [p.detach().numpy() for p in theirs], 1e-12)


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_a_state_of_ours_goes_on_in_pytorch(name, options):
    ours = parameters_of(minidl, "float64", SHAPES)
    optimizer = getattr(optim, name)(ours, **options)
    train(minidl, optimizer, ours, 10)
    saved = optimizer.state_dict()
    tensors = {
        number: {key: torch.from_numpy(v.numpy().copy()) for key, v in values.items()}
        for number, values in saved["state"].items()
    }
    theirs = [torch.from_numpy(p.detach().numpy().copy()).requires_grad_() for p in ours]
    reference = getattr(torch.optim, name)(theirs)
    reference.load_state_dict({"state": tensors, "param_groups": saved["param_groups"]})
    train(torch, reference, theirs, 10, seed=7)
    train(minidl, optimizer, ours, 10, seed=7)
    # PyTorch widens single numbers of the state with the parameter, so that NAdam and ASGD go on a little differently
    tolerance = 1e-7 if name in ("ASGD", "NAdam") else 1e-12
    assert_equal_values([p.detach().numpy() for p in ours], [p.detach().numpy() for p in theirs], tolerance)


@pytest.mark.parametrize("name", sorted({name for name, _ in CASES} | {"Adafactor", "LBFGS", "Muon"}))
def test_arguments_and_printing_are_pytorchs(name):
    made, reference = getattr(optim, name), getattr(torch.optim, name)
    own, wanted = inspect.signature(made).parameters, inspect.signature(reference).parameters
    assert list(own) == list(wanted)
    for argument in own:
        assert own[argument].kind == wanted[argument].kind
        assert own[argument].default == wanted[argument].default
    printed = [str(kind([T.ones(2, 2).requires_grad_()])) for T, kind in ((minidl, made), (torch, reference))]
    assert printed[0] == printed[1]


def test_groups_with_options_of_their_own_equal_pytorchs():
    results = []
    for T, package in ((minidl, optim), (torch, torch.optim)):
        a, b, c = parameters_of(T, "float64", [(3,), (2, 2), (4,)])
        options = [{"params": [a], "lr": 0.5}, {"params": b, "weight_decay": 0.3, "betas": (0.5, 0.6)}]
        optimizer = package.AdamW(options, lr=0.1)
        train(T, optimizer, [a, b], 5)
        optimizer.add_param_group({"params": [c], "amsgrad": True, "maximize": True})
        train(T, optimizer, [a, b, c], 5)
        results.append([p.detach().numpy() for p in (a, b, c)])
    assert_equal_values(*results, 1e-13)


def test_names_of_parameters_are_kept_as_pytorch_keeps_them():
    groups = []
    for T, N, package in ((minidl, nn, optim), (torch, torch.nn, torch.optim)):
        optimizer = package.SGD(N.Linear(2, 3).named_parameters(), lr=T.tensor(0.5))
        groups.append(optimizer.state_dict()["param_groups"][0])
        assert groups[-1]["lr"].item() == 0.5
        groups[-1]["lr"] = 0.5
    assert groups[0] == groups[1]
    assert groups[0]["param_names"] == ["weight", "bias"]


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
