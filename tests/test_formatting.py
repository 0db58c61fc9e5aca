"""Tensors print as in PyTorch: compared with PyTorch itself, and with texts copied from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minidl.errors import ArgumentError, DtypeError
from minidl.formatting import format_tensor, set_printoptions

FLOATS = ["float32", "float64", "float16"]
DTYPES = [*FLOATS, "int64", "int32", "int16", "int8", "uint8", "bool"]
SPECIAL = np.array([0.0, -0.0, np.nan, np.inf, -np.inf])


@pytest.fixture(autouse=True)
def default_options() -> Iterator[None]:
    yield
    set_printoptions(profile="default")


# --- the same text as PyTorch's -----------------------------------------------------------------------------------


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    """Any numbers in small arrays; in arrays large enough to be summarised, numbers of one kind."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    if draw(st.booleans()):
        return draw(hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)))
    shape = tuple(draw(st.lists(st.sampled_from([1, 2, 5, 6, 7, 8, 13, 31, 40]), max_size=3)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    if dtype.kind != "f":
        return rng.integers(0, draw(st.sampled_from([2, 120])), shape).astype(dtype)
    numbers = rng.standard_normal(shape) * 10.0 ** draw(st.integers(-7, 9))
    kind = draw(st.sampled_from(["plain", "whole", "uneven", "special", "whole and special"]))
    if kind == "uneven":
        numbers = numbers * 10.0 ** rng.uniform(-3, 3, shape)
    if "whole" in kind:
        numbers = np.round(numbers)
    if "special" in kind:
        numbers = np.where(rng.random(shape) < 0.5, numbers, rng.choice(SPECIAL, shape))
    with np.errstate(over="ignore"):
        return np.asarray(numbers).astype(dtype)


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.integers(0, 8),
        "threshold": st.sampled_from([0, 10, 100, float("inf")]),
        "edgeitems": st.integers(1, 5),
        "linewidth": st.integers(1, 140),
        "sci_mode": st.booleans(),
    },
)


def notes_on_one_line(text: str) -> str:
    """`minidl` is a letter longer than `torch`, so notes after a dtype may wrap elsewhere."""
    return re.sub(r",\s+(?=\w+=)", ", ", text)


def assert_prints_as_in_torch(array: np.ndarray, options: dict[str, Any], requires_grad: bool) -> None:
    torch = pytest.importorskip("torch")
    requires_grad = requires_grad and array.dtype.kind == "f"
    peer = torch.tensor(array, requires_grad=requires_grad)
    torch.set_printoptions(**options)
    try:
        expected = repr(peer).replace("torch.", "minidl.")
    finally:
        torch.set_printoptions(profile="default")
    set_printoptions(**options)
    got = format_tensor(array, ["requires_grad=True"] if requires_grad else [])
    if "dtype=" in expected:
        expected, got = notes_on_one_line(expected), notes_on_one_line(got)
    assert got == expected


@settings(max_examples=400, deadline=None)
@given(arrays(), st.booleans())
@example(np.zeros((7, 200), np.float32), False)
@example(np.zeros((5000, 0), np.float32), True)
@example(np.array([1e-4, 1e-1], np.float32), False)
@example(np.array([1e-4, 1e-2]), False)
@example(np.zeros(1000, np.float32), False)
@example(np.array([1.0, 1000.0], np.float32), False)
@example(np.array([1e8], np.float32), False)
@example(np.array([5e-324, 1e308]), False)
def test_prints_as_in_torch(array: np.ndarray, requires_grad: bool) -> None:
    assert_prints_as_in_torch(array, {"profile": "default"}, requires_grad)


@settings(max_examples=400, deadline=None)
@given(arrays(), st.booleans(), st.sampled_from(["default", "short", "full"]), OPTIONS)
def test_print_options_mean_what_they_mean_in_torch(
    array: np.ndarray, requires_grad: bool, profile: str, options: dict[str, Any]
) -> None:
    assert_prints_as_in_torch(array, {"profile": profile, **options}, requires_grad)


def test_options_left_out_keep_their_value_except_sci_mode() -> None:
    torch = pytest.importorskip("torch")
    numbers = np.array([[0.5, 1.25, 3.0]] * 4, np.float32)
    for options in ({"profile": "default", "precision": 2}, {"sci_mode": True}, {"linewidth": 20}, {"threshold": 3}):
        torch.set_printoptions(**options)
        set_printoptions(**options)
        expected = repr(torch.tensor(numbers))
        assert format_tensor(numbers) == expected
    torch.set_printoptions(profile="default")


# --- texts copied from PyTorch 2.13 -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array(3.0, np.float32), "tensor(3.)"),
        (np.array(1e-5, np.float32), "tensor(1.0000e-05)"),
        (np.array(-0.0, np.float32), "tensor(-0.)"),
        (np.array(True), "tensor(True)"),
        (np.array([], np.float32), "tensor([])"),
        (np.zeros((0, 3), np.float32), "tensor([], size=(0, 3))"),
        (np.zeros((0, 3), np.int64), "tensor([], size=(0, 3), dtype=minidl.int64)"),
        (np.array([], bool), "tensor([], dtype=minidl.bool)"),
        (np.array([True, False]), "tensor([ True, False])"),
        (np.array([1, -200, 3]), "tensor([   1, -200,    3])"),
        (np.array([1], np.uint8), "tensor([1], dtype=minidl.uint8)"),
        (np.array([1.5, np.inf, -np.inf], np.float32), "tensor([1.5000,    inf,   -inf])"),
        (np.array([1.0, np.nan], np.float32), "tensor([1., nan])"),
        (np.array([1, 2000.5], np.float32), "tensor([1.0000e+00, 2.0005e+03])"),
        (np.array([1e9], np.float32), "tensor([1.0000e+09])"),
        (np.array([6e-5, 3], np.float16), "tensor([6.0022e-05, 3.0000e+00], dtype=minidl.float16)"),
        (np.zeros(1001, np.float32), "tensor([0., 0., 0.,  ..., 0., 0., 0.])"),
        (
            np.zeros((1000, 2), np.float32),
            "tensor([[0., 0.],\n        [0., 0.],\n        [0., 0.],\n        ...,\n"
            "        [0., 0.],\n        [0., 0.],\n        [0., 0.]])",
        ),
        (
            np.arange(8).reshape(2, 2, 2),
            "tensor([[[0, 1],\n         [2, 3]],\n\n        [[4, 5],\n         [6, 7]]])",
        ),
    ],
)
def test_prints(array: np.ndarray, expected: str) -> None:
    assert format_tensor(array) == expected


def test_rows_and_suffixes_wrap_at_the_line_width() -> None:
    numbers = (np.arange(20) / 4).astype(np.float32)
    assert format_tensor(numbers, ["grad_fn=<MulBackward>"]) == (
        "tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000, 1.2500, 1.5000, 1.7500, 2.0000,\n"
        "        2.2500, 2.5000, 2.7500, 3.0000, 3.2500, 3.5000, 3.7500, 4.0000, 4.2500,\n"
        "        4.5000, 4.7500], grad_fn=<MulBackward>)"
    )
    assert format_tensor(numbers[:9], ["requires_grad=True"]).endswith(" 2.0000],\n       requires_grad=True)")


def test_dtype_stands_before_the_suffixes() -> None:
    text = format_tensor(np.array([1.0, 2.0]), ["requires_grad=True"])
    assert text == "tensor([1., 2.], dtype=minidl.float64, requires_grad=True)"


def test_name_sets_the_margin() -> None:
    assert format_tensor(np.eye(2, dtype=np.float32), name="Parameter") == "Parameter([[1., 0.],\n           [0., 1.]])"


def test_the_array_is_left_as_it_was() -> None:
    numbers = np.arange(2000.0).reshape(40, 50)[:, ::-1]
    before = numbers.copy()
    format_tensor(numbers)
    np.testing.assert_array_equal(numbers, before)


# --- refusals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"profile": "long"}, "profile 'long' is unknown; use one of default, short, full"),
        ({"precision": -1}, "precision must be at least 0, got -1"),
        ({"threshold": float("nan")}, "threshold must be at least 0, got nan"),
        ({"edgeitems": 0}, "edgeitems must be at least 1, got 0"),
        ({"linewidth": 0}, "linewidth must be at least 1, got 0"),
    ],
)
def test_refused_options_change_nothing(options: dict[str, Any], message: str) -> None:
    numbers = np.array([0.5], np.float32)
    with pytest.raises(ArgumentError, match=re.escape(message)):
        set_printoptions(**{"sci_mode": True, **options})
    assert format_tensor(numbers) == "tensor([0.5000])"


def test_other_dtypes_are_refused() -> None:
    with pytest.raises(DtypeError, match="cannot print dtype complex128"):
        format_tensor(np.array([1j]))
