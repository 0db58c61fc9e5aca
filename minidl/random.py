"""Randomness from explicit generators: the same seed gives the same numbers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from .errors import ArgumentError, CheckpointError


class Generator:
    """A stream of random numbers with a state that can be saved (NumPy's PCG64)."""

    def __init__(self, seed: int | None = None) -> None:
        self.numpy = np.random.default_rng() if seed is None else _seeded(seed)

    def manual_seed(self, seed: int) -> Generator:
        """Start anew from `seed`, any whole number."""
        self.numpy = _seeded(seed)
        return self

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


_default: list[Generator] = []


def default_generator() -> Generator:
    """The generator of every function that is given none."""
    if not _default:
        _default.append(Generator())
    return _default[0]


def manual_seed(seed: int) -> Generator:
    """Seed the default generator: from here on everything random repeats from run to run."""
    return default_generator().manual_seed(seed)


def get_rng_state() -> str:
    """The default generator's state."""
    return default_generator().get_state()


def set_rng_state(state: str) -> None:
    """Let the default generator continue from a saved state."""
    default_generator().set_state(state)


def numpy_generator(generator: Generator | None) -> Any:
    """The NumPy generator behind `generator`, or behind the default one."""
    return (generator or default_generator()).numpy
