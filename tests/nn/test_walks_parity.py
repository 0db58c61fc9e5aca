"""Walks, paths and what is registered, against PyTorch's modules."""

import copy

import pytest

import minidl
from minidl import nn
from minidl.errors import AbsentError, ArgumentError

torch = pytest.importorskip("torch")


def model(T, N):
    """A model with a shared layer, a shared weight, buffers that are saved or not, and places that are empty."""

    class Block(N.Module):
        def __init__(self):
            super().__init__()
            self.first = N.Linear(2, 2)
            self.second = N.Linear(2, 2)
            self.second.weight = self.first.weight
            self.again = self.first
            self.none = None
            self.register_module("empty", None)
            self.register_parameter("gone", None)
            self.register_buffer("saved", T.ones(1))
            self.register_buffer("unsaved", T.ones(1), persistent=False)
            self.alias = self.saved
            self.register_buffer("same", self.saved)

    return N.Sequential(Block(), N.ModuleList([N.BatchNorm1d(2)]))


BOTH = [(minidl, nn), (torch, torch.nn)]
WALKS = ["named_parameters", "named_buffers", "named_modules"]


def names(walk):
    return [name for name, _ in walk]


@pytest.mark.parametrize("walk", WALKS)
@pytest.mark.parametrize("options", [{}, {"remove_duplicate": False}, {"prefix": "net"}], ids=str)
def test_walks_give_pytorchs_paths(walk, options):
    ours, theirs = (names(getattr(model(T, N), walk)(**options)) for T, N in BOTH)
    assert ours == theirs
    assert ours


@pytest.mark.parametrize("walk", WALKS[:2])
@pytest.mark.parametrize("options", [{"recurse": False}, {"recurse": False, "prefix": "x", "remove_duplicate": False}])
def test_walks_over_one_module_give_pytorchs_names(walk, options):
    ours, theirs = (names(getattr(model(T, N)[0], walk)(**options)) for T, N in BOTH)
    assert ours == theirs


def test_a_walk_passes_over_what_was_met():
    for T, N in BOTH:
        net = model(T, N)
        met = {net[0]}
        assert names(net.named_modules(met)) == ["", "1", "1.0"]
        assert net[1] in met


def test_state_and_printing_equal_pytorchs():
    ours, theirs = (model(T, N) for T, N in BOTH)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert repr(ours) == repr(theirs).replace("affine=True, bias=True", "affine=True")


@pytest.mark.parametrize("path", ["", "0", "0.first", "1.0"])
def test_a_path_leads_to_a_module(path):
    ours, theirs = (model(T, N).get_submodule(path) for T, N in BOTH)
    assert type(ours).__name__ == type(theirs).__name__


WRONG = [
    ("get_submodule", "0.third"),
    ("get_submodule", "5"),
    ("get_submodule", "0.none"),
    ("get_submodule", "0.saved"),
    ("get_parameter", "0.first.scale"),
    ("get_parameter", "0.third.weight"),
    ("get_parameter", "0.saved"),
    ("get_buffer", "0.first.weight"),
    ("get_buffer", "0.lost"),
]


@pytest.mark.parametrize(("method", "path"), WRONG)
def test_a_path_that_leads_nowhere_is_refused_as_in_pytorch(method, path):
    for T, N in BOTH:
        with pytest.raises(AttributeError):
            getattr(model(T, N), method)(path)
    with pytest.raises(AbsentError, match=r"Sequential has no .*: '.*' is missing"):
        getattr(model(minidl, nn), method)(path)


def test_a_path_leads_to_a_parameter_or_buffer():
    for T, N in BOTH:
        net = model(T, N)
        assert net.get_parameter("0.second.weight") is net[0].first.weight
        assert net.get_buffer("1.0.running_mean") is net[1][0].running_mean
        assert net[0].get_buffer("unsaved") is net[0].unsaved


def test_set_submodule_replaces_and_adds():
    for T, N in BOTH:
        net = model(T, N)
        new = N.ReLU()
        net.set_submodule("0.second", new)
        net.set_submodule("0.third", new)
        net.set_submodule("1", new, strict=True)
        assert net[0].second is net[0].third is net[1] is new
        with pytest.raises(AttributeError):
            net.set_submodule("0.fourth", new, strict=True)
        with pytest.raises(AttributeError):
            net.set_submodule("0.saved", new)
        with pytest.raises(AttributeError):
            net.set_submodule("7.x", new)
        with pytest.raises(ValueError):
            net.set_submodule("", new)
        with pytest.raises(ValueError):
            net.set_submodule("0.second", 3)


def test_dir_has_what_is_registered_and_no_numbers():
    for T, N in BOTH:
        listed = dir(model(T, N)[0])
        assert {"first", "saved", "unsaved", "gone", "forward", "training"} <= set(listed)
        assert "0" not in dir(model(T, N))


def test_a_name_that_the_class_has_is_refused_as_in_pytorch():
    for T, N in BOTH:
        with pytest.raises((KeyError, ArgumentError)):
            N.Module().add_module("forward", N.ReLU())
        with pytest.raises((KeyError, ArgumentError)):
            N.Module().register_buffer("train", T.ones(1))
    with pytest.raises(ArgumentError, match="Linear: 'forward' cannot name a parameter: its class has"):
        nn.Linear(1, 1).register_parameter("forward", nn.Parameter(minidl.ones(1)))


def test_train_and_eval_of_a_part_may_be_its_own():
    for _, N in BOTH:

        class Frozen(N.Module):
            def __init__(self, N=N):
                super().__init__()
                self.inside = N.Dropout()

            def train(self, mode=True):
                return super().train(False)

        net = N.Sequential(Frozen(), N.Dropout()).train()
        assert [module.training for module in net.modules()] == [True, False, False, True]


def test_a_mode_is_true_or_false():
    for _, N in BOTH:
        with pytest.raises(ValueError):
            N.ReLU().train("yes")


def test_a_deep_copy_keeps_what_is_shared():
    for T, N in BOTH:
        twin = copy.deepcopy(model(T, N))
        assert twin[0].again is twin[0].first
        assert twin[0].second.weight is twin[0].first.weight
        assert twin[0].same is twin[0].saved
        assert "0.unsaved" not in twin.state_dict()
