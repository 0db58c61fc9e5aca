"""Steps in other libraries compute what minidl's do; a library that is absent is named."""

from __future__ import annotations

import sys

import pytest

import minidl
from benchmarks.peers.__main__ import ADAPTERS, difference, programs_of
from benchmarks.peers.tasks import TASKS
from benchmarks.workloads import WORKLOADS

TINY = {
    "moons-mlp": {"points": 6},
    "mnist-mlp": {"batch": 20},
    "catdog-mlp": {"batch": 4, "pixels": 8},
    "lenet": {"batch": 2},
}


def test_tasks_are_workloads() -> None:
    assert set(TASKS) == set(TINY) <= set(WORKLOADS)


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("package", ADAPTERS)
def test_a_peer_computes_minidls_losses(package: str, name: str) -> None:
    programs = programs_of(package)
    if isinstance(programs, str):
        pytest.skip(f"absent: {programs}")
    for steps in programs.values():
        if name in steps:
            ours = WORKLOADS[name].program(minidl, **TINY[name])
            assert difference(ours, steps[name](TASKS[name](**TINY[name]))) < 2e-4


@pytest.mark.parametrize(("package", "module"), [("jax", "jax"), ("scikit-learn", "sklearn.neural_network")])
def test_an_absent_peer_is_named(package: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, f"benchmarks.peers.{ADAPTERS[package]}", raising=False)
    assert programs_of(package) == package
