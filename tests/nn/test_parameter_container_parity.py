"""ParameterList and ParameterDict against PyTorch's: what each method leaves behind and returns."""

import pytest
from test_container_parity import assert_both_refuse, assert_same

pytest.importorskip("torch")


def parameter_list(T, N):
    return N.ParameterList([T.ones(2, 3), T.ones(2).double()])


LIST = {
    "append": lambda s, N, T: s.append(T.ones(3)),
    "append a parameter": lambda s, N, T: s.append(N.Parameter(T.ones(3), requires_grad=False)),
    "append another value": lambda s, N, T: s.append(5),
    "append modules": lambda s, N, T: s.append(N.Linear(1, 1).weight.shape[0]),
    "extend": lambda s, N, T: s.extend([T.ones(1), "a"]),
    "extend by another": lambda s, N, T: s.extend(N.ParameterList([T.ones(1)])),
    "add in place": lambda s, N, T: s.__iadd__([T.ones(1)]),
    "item": lambda s, N, T: s[-1],
    "slice": lambda s, N, T: s[0:1],
    "set": lambda s, N, T: s.__setitem__(-1, T.ones(4)),
    "iterate": lambda s, N, T: list(s),
}


@pytest.mark.parametrize("action", LIST.values(), ids=LIST.keys())
def test_parameter_list(action):
    assert_same(parameter_list, action)


def test_what_parameter_list_refuses():
    assert_both_refuse(parameter_list, lambda s, N, T: s[2], IndexError)
    assert_both_refuse(parameter_list, lambda s, N, T: s.__setitem__(-3, T.ones(1)), IndexError)
    assert_both_refuse(parameter_list, lambda s, N, T: s.extend(T.ones(1)), TypeError)
    assert_both_refuse(parameter_list, lambda s, N, T: s.extend(3), TypeError)


def parameter_dict(T, N):
    return N.ParameterDict({"a": T.ones(2, 3), "b": T.ones(())})


DICT = {
    "item": lambda s, N, T: s["a"],
    "attribute": lambda s, N, T: s.a,
    "set": lambda s, N, T: s.__setitem__("c", T.ones(2)),
    "set another value": lambda s, N, T: s.__setitem__("c", 7),
    "replace": lambda s, N, T: s.__setitem__("a", T.ones(1)),
    "delete": lambda s, N, T: s.__delitem__("a"),
    "update": lambda s, N, T: s.update({"c": T.ones(3)}),
    "update by pairs": lambda s, N, T: s.update([("c", T.ones(3))]),
    "update by another": lambda s, N, T: s.update(N.ParameterDict({"c": T.ones(3)})),
    "pop": lambda s, N, T: s.pop("a"),
    "popitem": lambda s, N, T: s.popitem(),
    "get": lambda s, N, T: (s.get("a"), s.get("q"), s.get("q", 3)),
    "setdefault": lambda s, N, T: (s.setdefault("d", T.ones(1)), s.setdefault("a", 3)),
    "fromkeys": lambda s, N, T: s.fromkeys(["x", "y"], T.ones(1)),
    "or": lambda s, N, T: s | N.ParameterDict({"a": T.ones(9), "z": T.ones(1)}),
    "or from the left": lambda s, N, T: {"z": 3} | s,
    "or in place": lambda s, N, T: s.__ior__({"e": T.ones(1)}),
    "copy": lambda s, N, T: s.copy(),
    "views": lambda s, N, T: (list(s.keys()), list(s.items()), list(s.values())),
    "order": lambda s, N, T: (list(s), list(reversed(s))),
    "contains": lambda s, N, T: ("a" in s, "q" in s),
    "clear": lambda s, N, T: s.clear(),
}


@pytest.mark.parametrize("action", DICT.values(), ids=DICT.keys())
def test_parameter_dict(action):
    assert_same(parameter_dict, action)


def test_copies_have_the_same_parameters():
    def action(s, N, T):
        return s.copy()["a"] is s["a"], isinstance(s["a"], N.Parameter), s["a"].requires_grad

    assert_same(parameter_dict, action)


def test_what_parameter_dict_refuses():
    assert_both_refuse(parameter_dict, lambda s, N, T: s["q"], AttributeError)
    assert_both_refuse(parameter_dict, lambda s, N, T: s.pop("q"), (AttributeError, KeyError))
    assert_both_refuse(parameter_dict, lambda s, N, T: s.__delitem__("q"), KeyError)
    assert_both_refuse(parameter_dict, lambda s, N, T: s.__setitem__(3, T.ones(1)), (TypeError, ValueError))
    assert_both_refuse(parameter_dict, lambda s, N, T: s.__setitem__("keys", T.ones(1)), (KeyError, ValueError))
    assert_both_refuse(lambda T, N: N.ParameterDict(), lambda s, N, T: s.popitem(), KeyError)
