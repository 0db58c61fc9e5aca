"""Randomness from explicit generators: the same seed gives the same numbers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np

from .devices import device
from .errors import ArgumentError, CheckpointError, DeviceError


class Generator:
    """A stream of random numbers with a state that can be saved (NumPy's PCG64).

    seed      any whole number; left out, one that nobody knows.  "cpu" in its place, as PyTorch's programs say, is the
              device.
    """

    device = device("cpu")

    def __init__(self, seed: int | str | None = None, device: Any = None) -> None:
        if isinstance(seed, str):
            seed, device = None, seed
        if device is not None and str(device).partition(":")[0] != "cpu":
            raise DeviceError(f"Generator: device {str(device)!r} is not available: this version computes on the CPU")
        self._seed: int | None = None
        if seed is not None:
            self.manual_seed(seed)

    @cached_property
    def numpy(self) -> np.random.Generator:
        """The NumPy generator, made when it is first needed."""
        return _seeded(self.initial_seed())

    def manual_seed(self, seed: int) -> Generator:
        """Start anew from `seed`, any whole number."""
        self.numpy = _seeded(seed)
        self._seed = int(seed)
        return self

    def seed(self) -> int:
        """Start anew from a seed that nobody knows, and tell it."""
        self.manual_seed(_unknown_seed())
        return self.initial_seed()

    def initial_seed(self) -> int:
        """The seed that it started from."""
        if self._seed is None:
            self._seed = _unknown_seed()
        return self._seed

    def get_state(self) -> str:
        """The state, as text."""
        return json.dumps(self.numpy.bit_generator.state)

    def set_state(self, state: str) -> Generator:
        """Continue from a state that `get_state` gave."""
        try:
            self.numpy.bit_generator.state = json.loads(state)
        except (ValueError, TypeError, KeyError):
            raise CheckpointError("Generator.set_state: this is no state that get_state() gave") from None
        return self


def _seeded(seed: int) -> np.random.Generator:
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise ArgumentError(f"manual_seed: got {seed!r}, needs a whole number")
    return np.random.default_rng(int(seed) % 2**64)


def _unknown_seed() -> int:
    return int.from_bytes(os.urandom(8), "little") >> 1


default_generator = Generator()
"""The generator of every function that is given none."""


def manual_seed(seed: int) -> Generator:
    """Seed the default generator: from here on everything random repeats from run to run."""
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Start the default generator anew from a seed that nobody knows, and tell it."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator started from."""
    return default_generator.initial_seed()


def get_rng_state() -> str:
    """The default generator's state."""
    return default_generator.get_state()


def set_rng_state(state: str) -> None:
    """Let the default generator continue from a saved state."""
    default_generator.set_state(state)


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """Inside, the default generator is drawn from and seeded as one likes; afterwards it is as it was before."""
    state = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)


def numpy_generator(generator: Generator | None) -> Any:
    """The NumPy generator behind `generator`, or behind the default one."""
    return (generator or default_generator).numpy
