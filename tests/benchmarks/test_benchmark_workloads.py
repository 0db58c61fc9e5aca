"""A workload is the same program under both libraries, from the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minidl
from benchmarks import further, layers
from benchmarks.agreement import agreement
from benchmarks.overhead import counted_arrays, overhead
from benchmarks.workloads import WORKLOADS, start

TINY: dict[str, dict[str, int]] = {
    "moons-mlp": {"points": 6},
    "mnist-mlp": {"batch": 4},
    "catdog-mlp": {"batch": 3, "pixels": 8},
    "lenet": {"batch": 2},
    "catdog-cnn": {"batch": 3, "pixels": 16},
    "resnet18": {"batch": 4, "pixels": 16},
    "separable": {"batch": 3, "pixels": 16},
    "gpt": {"batch": 2, "layers": 1, "width": 16, "tokens": 7, "places": 5},
    "lstm": {"batch": 2, "steps": 3, "features": 4, "hidden": 5},
    "mlp-inference": {},
    "resnet18-inference": {"pixels": 8},
}


def test_every_workload_has_a_tiny_form() -> None:
    assert set(TINY) == set(WORKLOADS)


class InDouble:
    """A namespace in whose programs all real numbers are float64, so that little is left to rounding."""

    def __init__(self, T: Any) -> None:
        self.T = T

    def __getattr__(self, name: str) -> Any:
        return getattr(self.T, name)

    def from_numpy(self, array: np.ndarray) -> Any:
        return self.T.from_numpy(array.astype(np.float64) if array.dtype.kind == "f" else array)


def in_double(program: Any) -> Any:
    """The program over such namespaces, with parameters of float64, too."""

    def doubled(T: Any, **sizes: int) -> Any:
        before = T.get_default_dtype()
        T.set_default_dtype(T.float64)
        try:
            return program(InDouble(T), **sizes)
        finally:
            T.set_default_dtype(before)

    return doubled


@pytest.mark.parametrize("name", WORKLOADS)
def test_both_libraries_compute_the_same_losses(name: str) -> None:
    torch = pytest.importorskip("torch")
    found = agreement(in_double(WORKLOADS[name].program), torch, **TINY[name])
    assert found.difference < 1e-9
    assert found.ours == pytest.approx(found.theirs, rel=1e-9)


TINY_FURTHER: dict[str, dict[str, int]] = {
    "VGG": {"pixels": 16},
    "AlexNet": {"pixels": 63},
    "MobileNetV2": {"pixels": 16},
    "U-Net": {"pixels": 16},
    "DCGAN generator": {"pixels": 16},
    "denoiser": {"pixels": 8},
    "1-d network": {"length": 20},
    "3-d network": {"pixels": 8},
    "GRU": {"steps": 5},
    "transformer encoder": {"steps": 6},
    "autoencoder": {},
}


@pytest.mark.parametrize("name", further.EXAMPLES)
def test_both_libraries_compute_the_same_losses_of_further_networks(name: str) -> None:
    torch = pytest.importorskip("torch")
    program = in_double(lambda T, **sizes: further.program(T, name, **sizes))
    assert agreement(program, torch, **TINY_FURTHER[name]).difference < 1e-9


@pytest.mark.parametrize("name", layers.LAYERS)
def test_both_libraries_are_timed_over_the_same_layer(name: str) -> None:
    torch = pytest.importorskip("torch")
    own, other = (layers.work(T, layers.LAYERS[name])() for T in (minidl, torch))
    assert tuple(own.shape) == tuple(other.shape) and own.requires_grad


def test_other_numbers_are_noticed() -> None:
    def program(T: Any, wrong: int = 0) -> Any:
        return lambda: minidl.tensor([1.0 + wrong * (T is minidl)])

    assert agreement(program, object()).difference == 0
    assert agreement(program, object(), wrong=1).difference == 1


@pytest.mark.parametrize("name", ["moons-mlp", "lenet", "gpt"])
def test_a_training_step_changes_the_loss(name: str) -> None:
    step = WORKLOADS[name].program(minidl, **TINY[name])
    losses = [step().item() for _ in range(8)]
    assert losses[-1] < losses[0]


def test_first_values_depend_on_name_and_shape_alone() -> None:
    assert np.array_equal(start("0.weight", (3, 4)), start("0.weight", (3, 4)))
    assert not np.array_equal(start("0.weight", (3, 4)), start("1.weight", (3, 4)))
    assert np.array_equal(start("bn.weight", (3,)), np.ones(3))
    assert np.abs(start("0.weight", (100, 25))).max() <= 0.2


# --- what a step costs in Python --------------------------------------------------------------------------------------


def test_python_calls_and_operations_are_counted() -> None:
    x = minidl.ones(3, requires_grad=True)

    def called() -> None:
        pass

    def step() -> Any:
        called()
        called()
        return x * x + x

    counted = overhead(step)
    assert counted.operations == 2
    plain = overhead(lambda: x * x + x)
    assert counted.python_calls == plain.python_calls + 2


def test_arrays_that_numpy_allocates_are_counted_with_their_bytes() -> None:
    with counted_arrays() as sizes:
        a = np.empty((3, 4), np.float32)
        b = np.zeros(5)
        views = a[1:], b.reshape(5, 1)
    after = np.empty(7)
    assert sizes == [48, 40]
    assert len(views) == 2
    assert after.size == 7


def test_arrays_made_while_counting_are_ordinary_afterwards() -> None:
    with counted_arrays():
        a = np.arange(1000.0)
    a.resize(2000, refcheck=False)
    assert a[999] == 999
    assert a[1999] == 0
    del a
