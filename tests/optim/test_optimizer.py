"""Optimizer: parameter groups, gradients to zero, state, and what is refused."""

import numpy as np
import pytest

import minidl
from minidl import nn, optim
from minidl.errors import ArgumentError, CheckpointError, ShapeError

KINDS = [
    (optim.GradientDescent, {"weight_decay": 0.1}),
    (optim.Momentum, {"beta": 0.8}),
    (optim.RMSProp, {"beta": 0.9}),
    (optim.Adam, {"betas": (0.8, 0.99)}),
    (optim.SGD, {"momentum": 0.9, "dampening": 0.5}),
    (optim.RMSprop, {"centered": True, "eps": 0.1}),
    (optim.AdamW, {"amsgrad": True, "eps": 1e-3}),
    (optim.Adagrad, {"eps": 1e-3}),
    (optim.Adamax, {"eps": 1e-3}),
    (optim.NAdam, {"eps": 1e-3}),
    (optim.RAdam, {"eps": 1e-3}),
    (optim.Rprop, {}),
    (optim.ASGD, {}),
    (optim.Lion, {}),
    (optim.LAMB, {"eps": 1e-3}),
    (optim.Adafactor, {}),
]


def parameter(*shape, value=1.0):
    return minidl.full(shape, value).requires_grad_()


def give_gradients(parameters, seed):
    random = np.random.default_rng(seed)
    for p in parameters:
        p.grad = minidl.from_numpy(random.standard_normal(p.shape).astype(str(p.dtype)))


# --- groups -----------------------------------------------------------------------------------------------------------


def test_groups_have_options_of_their_own_and_share_the_defaults():
    a, b, c = parameter(2), parameter(3), parameter(1)
    optimizer = optim.GradientDescent([{"params": [a], "lr": 0.5}, {"params": b}], lr=0.1)
    optimizer.add_param_group({"params": (p for p in [c]), "weight_decay": 1.0})
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.1, 0.1]
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0, 0, 1]
    for p in (a, b, c):
        p.grad = minidl.ones(*p.shape)
    optimizer.step()
    assert [p[0].item() for p in (a, b, c)] == pytest.approx([0.5, 0.9, 1 - 0.1 * 2])


def test_a_changed_learning_rate_counts_from_the_next_step():
    w = parameter(1)
    optimizer = optim.GradientDescent([w], lr=0.5)
    w.grad = minidl.ones(1)
    optimizer.step()
    optimizer.param_groups[0]["lr"] = 0.25
    optimizer.step()
    assert w.item() == 0.25


def test_zero_grad_forgets_gradients_or_fills_them_with_zeros():
    a, b = parameter(2), parameter(3)
    optimizer = optim.SGD([{"params": [a]}, {"params": [b]}], lr=0.1)
    a.grad = held = minidl.ones(2)
    optimizer.zero_grad(set_to_none=False)
    np.testing.assert_array_equal(held.numpy(), [0, 0])
    assert a.grad is not None
    assert b.grad is None
    optimizer.zero_grad()
    assert a.grad is None


def test_a_model_gives_its_parameters():
    model = nn.Linear(3, 2)
    optimizer = optim.Adam(model.parameters())
    assert [p is q for p, q in zip(optimizer.param_groups[0]["params"], model.parameters(), strict=True)] == [True] * 2


# --- state ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "options"), KINDS, ids=str)
@pytest.mark.parametrize("dtype", [minidl.float32, minidl.float64], ids=str)
def test_a_saved_and_loaded_optimizer_continues_bit_for_bit(kind, options, dtype, tmp_path):
    def build():
        tensors = [minidl.full(shape, 0.5, dtype=dtype).requires_grad_() for shape in [(3,), (), (120, 100)]]
        return tensors, kind([{"params": tensors[:1], "lr": 0.3}, {"params": tensors[1:]}], **options)

    straight, optimizer = build()
    for step in range(6):
        if step == 3:
            state = {"model": [p.detach() for p in straight], "optimizer": optimizer.state_dict()}
            minidl.save(state, tmp_path / "run.npz")
        give_gradients(straight, seed=step)
        optimizer.step()

    resumed, optimizer = build()
    loaded = minidl.load(tmp_path / "run.npz")
    for p, value in zip(resumed, loaded["model"], strict=True):
        p.data = value
    optimizer.load_state_dict(loaded["optimizer"])
    for step in range(3, 6):
        give_gradients(resumed, seed=step)
        optimizer.step()
    for p, q in zip(resumed, straight, strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), q.detach().numpy())


def test_loading_brings_the_options_and_copies_the_state():
    a, b = parameter(2), parameter(2)
    source, target = optim.Momentum([a], lr=0.1, beta=0.5), optim.Momentum([b], lr=0.7)
    give_gradients([a, b], seed=0)
    source.step()
    target.load_state_dict(source.state_dict())
    assert (target.param_groups[0]["lr"], target.param_groups[0]["beta"]) == (0.1, 0.5)
    velocity = target.state[b]["velocity"].clone()
    source.step()
    np.testing.assert_array_equal(target.state[b]["velocity"], velocity)
    assert target.param_groups[0]["params"][0] is b


def test_the_state_numbers_parameters_across_groups():
    a, b, c = parameter(1), parameter(2), parameter(3)
    optimizer = optim.Adam([{"params": [a, b]}, {"params": [c]}])
    give_gradients([b, c], seed=0)
    optimizer.step()
    state = optimizer.state_dict()
    assert [group["params"] for group in state["param_groups"]] == [[0, 1], [2]]
    assert {number: tuple(values["exp_avg"].shape) for number, values in state["state"].items()} == {1: (2,), 2: (3,)}


def stepped(kind, *shapes):
    tensors = [parameter(*shape) for shape in shapes]
    optimizer = kind(tensors, lr=0.1)
    give_gradients(tensors, seed=0)
    optimizer.step()
    return optimizer


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (
            lambda: stepped(optim.Adam, (3, 2)).state_dict(),
            r"exp_avg of parameter 0 is \(3, 2\), the parameter \(2, 3\)",
        ),
        (
            lambda: stepped(optim.Adam, (2, 3), (1,)).state_dict(),
            r"groups of \[2\] parameters in the state, \[1\] here",
        ),
        (
            lambda: stepped(optim.Momentum, (2, 3)).state_dict(),
            "the state is of another optimizer: it has no betas, eps",
        ),
        (lambda: nn.Linear(2, 3).state_dict(), "needs the keys 'state' and 'param_groups'"),
    ],
    ids=["shape", "count", "kind", "model"],
)
def test_the_state_of_another_optimizer_is_refused_and_changes_nothing(state, message):
    optimizer = stepped(optim.Adam, (2, 3))
    before = optimizer.state_dict()
    with pytest.raises(CheckpointError, match=f"Adam.load_state_dict: .*{message}"):
        optimizer.load_state_dict(state())
    after = optimizer.state_dict()
    assert after["param_groups"] == before["param_groups"]
    np.testing.assert_array_equal(after["state"][0]["exp_avg"].numpy(), before["state"][0]["exp_avg"].numpy())


@pytest.mark.parametrize(("kind", "options"), KINDS, ids=str)
@pytest.mark.parametrize("size", [4, 5000, 50_000])
def test_half_precision_is_trained_as_single_is(kind, options, size):
    trained = []
    for dtype in (minidl.float16, minidl.float32):
        w = minidl.full((size,), 0.5, dtype=dtype).requires_grad_()
        optimizer = kind([w], lr=0.1, **options)
        for _ in range(3):
            w.grad = minidl.full((size,), 0.25, dtype=dtype)
            optimizer.step()
        assert w.dtype == dtype
        trained.append(w.detach().numpy().astype(np.float32))
    np.testing.assert_allclose(*trained, rtol=0, atol=3e-3)


# --- what is refused --------------------------------------------------------------------------------------------------

OUT_OF_RANGE = [
    (optim.GradientDescent, {"lr": -0.1}, "GradientDescent: lr=-0.1; needs a number at least 0"),
    (optim.GradientDescent, {"lr": "0.1"}, "GradientDescent: lr=0.1; needs a number at least 0"),
    (optim.GradientDescent, {"lr": float("nan")}, "GradientDescent: lr=nan; needs a number at least 0"),
    (optim.GradientDescent, {"weight_decay": -1}, "GradientDescent: weight_decay=-1; needs a number at least 0"),
    (optim.Momentum, {"lr": -1}, "Momentum: lr=-1;"),
    (optim.Momentum, {"beta": 1.0}, "Momentum: beta=1.0; needs a number from 0 to below 1"),
    (optim.Momentum, {"beta": -0.1}, "Momentum: beta=-0.1;"),
    (optim.RMSProp, {"lr": -1}, "RMSProp: lr=-1;"),
    (optim.RMSProp, {"beta": 1.5}, "RMSProp: beta=1.5;"),
    (optim.RMSProp, {"eps": -1e-8}, "RMSProp: eps=-1e-08;"),
    (optim.Adam, {"lr": -1}, "Adam: lr=-1;"),
    (optim.Adam, {"betas": (1.0, 0.9)}, "Adam: beta1=1.0;"),
    (optim.Adam, {"betas": (0.9, -0.1)}, "Adam: beta2=-0.1;"),
    (optim.Adam, {"betas": (0.9,)}, r"Adam: betas=\(0.9,\); needs two numbers"),
    (optim.Adam, {"eps": -1}, "Adam: eps=-1;"),
    (optim.Adam, {"weight_decay": float("inf")}, "Adam: weight_decay=inf;"),
    (optim.SGD, {"lr": -1}, "SGD: lr=-1;"),
    (optim.SGD, {"momentum": -0.5}, "SGD: momentum=-0.5;"),
    (optim.SGD, {"nesterov": True}, "SGD: nesterov=True needs momentum above 0 and dampening 0"),
    (optim.SGD, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "SGD: nesterov=True needs momentum above 0"),
]


@pytest.mark.parametrize(("kind", "options", "message"), OUT_OF_RANGE, ids=[message for _, _, message in OUT_OF_RANGE])
def test_options_out_of_range(kind, options, message):
    with pytest.raises(ArgumentError, match=message):
        kind([parameter(1)], **options)
    optimizer = kind([parameter(1)])
    with pytest.raises(ArgumentError, match=message):
        optimizer.add_param_group({"params": [parameter(1)], **options})
    assert len(optimizer.param_groups) == 1


TWICE = parameter(2)
NOT_PARAMETERS = [
    (list, "got no parameters to train; is model.parameters() used up"),
    (lambda: iter(()), "got no parameters to train"),
    (lambda: parameter(2), "got one Tensor; give a list, e.g. model.parameters()"),
    (lambda: nn.Linear(2, 2), "got one Linear; give a list, e.g. model.parameters()"),
    (lambda: 3, "got one int; give a list"),
    (lambda: [parameter(2), np.ones(2)], "got a ndarray among the parameters"),
    (lambda: [("weight", parameter(2)), parameter(2)], "some parameters have names and some have not"),
    (lambda: [{"params": {parameter(2)}}], "a set of parameters has no order; give a list"),
    (
        lambda: [{"params": [("a", parameter(2))]}, {"params": [parameter(2)]}],
        "either all groups name",
    ),
    (lambda: [TWICE, TWICE], "a parameter appears twice"),
    (lambda: [{"params": [TWICE]}, {"params": [TWICE]}], "a parameter appears twice"),
    (lambda: [parameter(2) * 2], "a computed tensor cannot be trained; give the leaf"),
    (lambda: [{"lr": 0.1}], "a parameter group is a dict"),
    (lambda: [{"params": [parameter(1)]}, parameter(2)], "a parameter group is a dict"),
]


@pytest.mark.parametrize(("given", "message"), NOT_PARAMETERS, ids=[message for _, message in NOT_PARAMETERS])
def test_what_cannot_be_trained(given, message):
    with pytest.raises(ArgumentError) as caught:
        optim.Adam(given())
    assert f"Adam: {message}" in str(caught.value)


@pytest.mark.parametrize("kind", [kind for kind, _ in KINDS])
@pytest.mark.parametrize(("shape", "other"), [((5,), (2,)), ((5,), (1,)), ((2, 3), (3, 2)), ((50_000,), (2,))])
def test_a_gradient_of_another_shape_is_refused(kind, shape, other):
    w = parameter(*shape)
    w.grad = minidl.ones(*other)
    with pytest.raises(ShapeError) as caught:
        kind([w], lr=0.1).step()
    assert f"{kind.__name__}: a parameter of shape {shape} has a gradient of shape {other}" in str(caught.value)
    np.testing.assert_array_equal(w.detach().numpy(), np.ones(shape))


def test_an_optimizer_without_update_says_so():
    optimizer = optim.Optimizer([parameter(1)], {})
    give_gradients(optimizer.param_groups[0]["params"], seed=0)
    with pytest.raises(ArgumentError, match="Optimizer defines no update"):
        optimizer.step()
