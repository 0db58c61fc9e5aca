"""Dropout (Srivastava et al. 2014), of elements, of whole channels, and its self-normalising form."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..autograd.graph import Variable
from ..errors import ArgumentError, ShapeError
from ..random import Generator, numpy_generator
from .gates import SELU_ALPHA, SELU_SCALE
from .inplace import update
from .promotion import Array, check_floats


def dropout(
    input: Array, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Generator | None = None
) -> Array:
    """In training, each element is zero with probability p and otherwise scaled by 1 / (1 - p)."""
    return _dropped("dropout", input, p, training, inplace, tuple(input.shape), generator)


def _dropped(
    name: str,
    input: Array,
    p: float,
    training: bool,
    inplace: bool,
    shape: tuple[int, ...],
    generator: Generator | None,
) -> Array:
    """What dropout leaves; one decision for each element of `shape`, which broadcasts."""
    _check(name, input, p)
    if not training or p == 0:
        return input
    factors: Any = 0.0
    if p < 1:
        kept = numpy_generator(generator).random(shape, np.float32) >= p
        factors = kept * input.dtype.type(1 / (1 - p))
    if inplace and isinstance(input, Variable):
        return update(input, lambda x: x * factors)
    return input * factors


def _check(name: str, input: Array, p: float) -> None:
    if not 0 <= p <= 1:
        raise ArgumentError(f"{name}: p={p}; a probability is from 0 to 1")
    check_floats(name, input)


def _channels(name: str, input: Array, dimensions: int) -> tuple[int, ...]:
    """One decision for each channel of (N, C, ...) or (C, ...)."""
    if input.ndim not in (dimensions + 1, dimensions + 2):
        raise ShapeError(f"{name}: shape {tuple(input.shape)}; needs (N, C, ...) of {dimensions} dimensions more")
    lead = input.ndim - dimensions
    return tuple(input.shape[:lead]) + (1,) * dimensions


def dropout1d(
    input: Array, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Generator | None = None
) -> Array:
    """As `dropout`, of whole channels of (N, C, L) or (C, L)."""
    return _dropped("dropout1d", input, p, training, inplace, _channels("dropout1d", input, 1), generator)


def dropout2d(
    input: Array, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Generator | None = None
) -> Array:
    """As `dropout`, of whole channels of (N, C, H, W) or (C, H, W) (Tompson et al. 2015)."""
    return _dropped("dropout2d", input, p, training, inplace, _channels("dropout2d", input, 2), generator)


def dropout3d(
    input: Array, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Generator | None = None
) -> Array:
    """As `dropout`, of whole channels of (N, C, D, H, W) or (C, D, H, W)."""
    return _dropped("dropout3d", input, p, training, inplace, _channels("dropout3d", input, 3), generator)


def alpha_dropout(
    input: Array, p: float = 0.5, training: bool = False, inplace: bool = False, *, generator: Generator | None = None
) -> Array:
    """Elements set to what selu gives for minus infinity; the rest moved so that mean and variance stay.

    Klambauer et al. 2017.
    """
    return _alpha_dropped("alpha_dropout", input, p, training, inplace, tuple(input.shape), generator)


def feature_alpha_dropout(
    input: Array, p: float = 0.5, training: bool = False, inplace: bool = False, *, generator: Generator | None = None
) -> Array:
    """As `alpha_dropout`, of whole channels of (N, C, ...)."""
    if training and input.ndim < 2:
        raise ShapeError(f"feature_alpha_dropout: shape {tuple(input.shape)}; needs (N, C, ...)")
    shape = tuple(input.shape[:2]) + (1,) * (input.ndim - 2)
    return _alpha_dropped("feature_alpha_dropout", input, p, training, inplace, shape, generator)


def _alpha_dropped(
    name: str,
    input: Array,
    p: float,
    training: bool,
    inplace: bool,
    shape: tuple[int, ...],
    generator: Generator | None,
) -> Array:
    if training:
        _check(name, input, p)
    if not training or p == 0:
        return input
    floor = -SELU_ALPHA * SELU_SCALE
    scale = 1 / math.sqrt((1 - p) * (1 + p * floor**2)) if p < 1 else 0.0
    kept = (numpy_generator(generator).random(shape, np.float32) >= p).astype(input.dtype)
    factors = kept * input.dtype.type(scale)
    shifts = ((1 - kept) * floor - p * floor) * input.dtype.type(scale)
    if inplace and isinstance(input, Variable):
        return update(input, lambda x: x * factors + shifts)
    return input * factors + shifts
