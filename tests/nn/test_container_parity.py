"""Containers against PyTorch's: what each method leaves behind and returns, and where it refuses."""

from collections import OrderedDict

import pytest

import minidl
from minidl import nn

torch = pytest.importorskip("torch")

FRAMEWORKS = [(minidl, nn), (torch, torch.nn)]


def left_by(build, action, T, N):
    """How a container prints after the action, the keys of its state, and what the action returned."""
    container = build(T, N)
    result = action(container, N, T)
    returned = "itself" if result is container else repr(result)
    return repr(container), list(container.state_dict()), len(container), returned


def as_minidl(text):
    return text.replace("torch.FloatTensor", "minidl.float32").replace("torch.", "minidl.")


def assert_same(build, action):
    ours, theirs = (left_by(build, action, T, N) for T, N in FRAMEWORKS)
    assert ours[1:3] == theirs[1:3]
    assert ours[0] == as_minidl(theirs[0])
    assert ours[3] == as_minidl(theirs[3])


def assert_both_refuse(build, action, kind):
    for T, N in FRAMEWORKS:
        with pytest.raises(kind):
            action(build(T, N), N, T)


# --- Sequential -------------------------------------------------------------------------------------------------------


def sequential(T, N):
    return N.Sequential(N.Linear(1, 2), N.ReLU(), N.Tanh())


SEQUENTIAL = {
    "append": lambda s, N, T: s.append(N.Sigmoid()),
    "extend": lambda s, N, T: s.extend([N.Sigmoid(), N.Linear(2, 2)]),
    "extend by itself": lambda s, N, T: s.extend(s[:2]),
    "insert": lambda s, N, T: s.insert(1, N.Sigmoid()),
    "insert from behind": lambda s, N, T: s.insert(-1, N.Sigmoid()),
    "insert at the end": lambda s, N, T: s.insert(3, N.Sigmoid()),
    "pop": lambda s, N, T: s.pop(0),
    "pop the last": lambda s, N, T: s.pop(-1),
    "pop several": lambda s, N, T: s.pop(slice(1, 3)),
    "delete": lambda s, N, T: s.__delitem__(-2),
    "delete several": lambda s, N, T: s.__delitem__(slice(0, 3, 2)),
    "add": lambda s, N, T: s + sequential(T, N),
    "add in place": lambda s, N, T: s.__iadd__(sequential(T, N)),
    "multiply": lambda s, N, T: s * 2,
    "multiply from the left": lambda s, N, T: 2 * s,
    "multiply in place": lambda s, N, T: s.__imul__(3),
    "slice": lambda s, N, T: s[1:],
    "item": lambda s, N, T: s[-3],
    "item by a tensor": lambda s, N, T: s[T.tensor(1)],
    "set": lambda s, N, T: s.__setitem__(1, N.Sigmoid()),
    "set the last": lambda s, N, T: s.__setitem__(-1, N.Linear(2, 2)),
    "iterate": lambda s, N, T: [type(m).__name__ for m in s],
    "reverse": lambda s, N, T: [type(m).__name__ for m in reversed(s)],
    "contains": lambda s, N, T: (s[0] in s, N.ReLU() in s),
}


@pytest.mark.parametrize("action", SEQUENTIAL.values(), ids=SEQUENTIAL.keys())
def test_sequential(action):
    assert_same(sequential, action)


def test_a_sequential_of_names():
    def build(T, N):
        return N.Sequential(OrderedDict(first=N.Linear(1, 2), second=N.ReLU()))

    assert_same(build, lambda s, N, T: (s.first, s[1:], s[0]))
    assert_same(build, lambda s, N, T: s.__setitem__(1, N.Tanh()))
    assert_same(build, lambda s, N, T: s.__delitem__(0))


REFUSED_BY_SEQUENTIAL = {
    "insert too far": (lambda s, N, T: s.insert(9, N.Sigmoid()), IndexError),
    "delete too far": (lambda s, N, T: s.__delitem__(3), IndexError),
    "item too far": (lambda s, N, T: s[-4], IndexError),
    "set too far": (lambda s, N, T: s.__setitem__(3, N.ReLU()), IndexError),
    "add a list": (lambda s, N, T: s + [N.ReLU()], ValueError),
    "multiply by zero": (lambda s, N, T: s * 0, ValueError),
    "multiply by a word": (lambda s, N, T: s * "a", TypeError),
    "extend by a number": (lambda s, N, T: s.extend(3), TypeError),
}


@pytest.mark.parametrize(("action", "kind"), REFUSED_BY_SEQUENTIAL.values(), ids=REFUSED_BY_SEQUENTIAL.keys())
def test_what_sequential_refuses(action, kind):
    assert_both_refuse(sequential, action, kind)


# --- ModuleList -------------------------------------------------------------------------------------------------------


def module_list(T, N):
    return N.ModuleList([N.Linear(1, 2), N.ReLU(), N.ReLU(), N.Sequential(N.ReLU())])


MODULE_LIST = {
    "append": lambda s, N, T: s.append(N.Sequential(N.ReLU())),
    "extend": lambda s, N, T: s.extend(N.Sequential(N.Tanh())),
    "insert": lambda s, N, T: s.insert(1, N.Tanh()) and None,
    "pop": lambda s, N, T: s.pop(1),
    "slice": lambda s, N, T: s[::2],
    "item": lambda s, N, T: s[-2],
    "set": lambda s, N, T: s.__setitem__(-4, N.Tanh()),
    "delete": lambda s, N, T: s.__delitem__(0),
    "delete several": lambda s, N, T: s.__delitem__(slice(1, 3)),
    "add": lambda s, N, T: s + [N.ReLU()],
    "add in place": lambda s, N, T: s.__iadd__([N.ReLU()]),
    "empty": lambda s, N, T: N.ModuleList(),
}


@pytest.mark.parametrize("action", MODULE_LIST.values(), ids=MODULE_LIST.keys())
def test_module_list(action):
    assert_same(module_list, action)


def test_what_module_list_refuses():
    assert_both_refuse(module_list, lambda s, N, T: s[4], IndexError)
    assert_both_refuse(module_list, lambda s, N, T: s.extend(N.Tanh()), TypeError)


# --- ModuleDict -------------------------------------------------------------------------------------------------------


def module_dict(T, N):
    return N.ModuleDict({"a": N.Linear(1, 2), "b": N.ReLU()})


MODULE_DICT = {
    "item": lambda s, N, T: s["a"],
    "attribute": lambda s, N, T: s.a,
    "set": lambda s, N, T: s.__setitem__("c", N.Tanh()),
    "delete": lambda s, N, T: s.__delitem__("a"),
    "pop": lambda s, N, T: s.pop("a"),
    "clear": lambda s, N, T: s.clear(),
    "update by pairs": lambda s, N, T: s.update([("c", N.Tanh()), ["a", N.ReLU()]]),
    "update by a dict": lambda s, N, T: s.update({"c": N.Tanh()}),
    "update by another": lambda s, N, T: s.update(N.ModuleDict({"z": N.Tanh()})),
    "views": lambda s, N, T: (list(s.keys()), list(s.items()), list(s.values()), list(s)),
    "contains": lambda s, N, T: ("a" in s, "z" in s),
}


@pytest.mark.parametrize("action", MODULE_DICT.values(), ids=MODULE_DICT.keys())
def test_module_dict(action):
    assert_same(module_dict, action)


REFUSED_BY_MODULE_DICT = {
    "item": (lambda s, N, T: s["q"], KeyError),
    "delete": (lambda s, N, T: s.__delitem__("q"), KeyError),
    "pop": (lambda s, N, T: s.pop("q"), KeyError),
    "update by a number": (lambda s, N, T: s.update(3), TypeError),
    "update by one part": (lambda s, N, T: s.update([("c",)]), ValueError),
    "set a number": (lambda s, N, T: s.__setitem__("x", 3), TypeError),
}


@pytest.mark.parametrize(("action", "kind"), REFUSED_BY_MODULE_DICT.values(), ids=REFUSED_BY_MODULE_DICT.keys())
def test_what_module_dict_refuses(action, kind):
    assert_both_refuse(module_dict, action, kind)
