"""Dropout (Srivastava et al. 2014), of elements, of whole channels, and its self-normalising form."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from .. import kernels
from ..autograd import primitive
from ..errors import ArgumentError, MinidlWarning, ShapeError
from ..random import Generator, numpy_generator
from .arithmetic import mul
from .gates import SELU_ALPHA, SELU_SCALE
from .inplace import update
from .promotion import Array, check_floats


def dropout(
    input: Array, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Generator | None = None
) -> Array:
    """In training, each element is zero with probability p and otherwise scaled by 1 / (1 - p)."""
    if not _drops("dropout", input, p, training, input.ndim):
        return input
    if p == 1:
        return update(input, mul, 0.0) if inplace else input * 0.0
    key = numpy_generator(generator).bit_generator.random_raw()
    return update(input, _dropout, key, p) if inplace else _dropout(input, key, p)


@primitive
def _dropout(x, key, p):
    return kernels.of(x).dropout(x, key, p)


@_dropout.gradient("x")
def _(g, key, p):
    return _dropout(g, key, p)  # the key chooses the same elements again


def _dropped(
    name: str,
    input: Array,
    p: float,
    training: bool,
    inplace: bool,
    own: int,
    generator: Generator | None,
) -> Array:
    """What dropout leaves, with a decision of its own for each place in the first `own` dimensions."""
    if not _drops(name, input, p, training, own):
        return input
    factors: Any = 0.0
    if p < 1:
        kept = _kept(input, p, own, generator)
        factors = kept * input.dtype.type(1 / (1 - p))
    return update(input, mul, factors) if inplace else input * factors


def _drops(name: str, input: Array, p: float, training: bool, own: int) -> bool:
    """Whether there is anything to do, of arguments that are right."""
    if not 0 <= p <= 1:
        raise ArgumentError(f"{name}: p={p}; a probability is from 0 to 1")
    if not training or p == 0:
        return False
    check_floats(name, input)
    if input.ndim < own:
        raise ShapeError(f"{name}: shape {tuple(input.shape)}; needs (N, C, ...)")
    return True


def _kept(input: Array, p: float, own: int, generator: Generator | None) -> np.ndarray:
    shape = tuple(input.shape[:own]) + (1,) * (input.ndim - own)
    return numpy_generator(generator).random(shape, np.float32) >= p


def dropout1d(
    input: Array, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Generator | None = None
) -> Array:
    """As `dropout`, of whole channels of (N, C, L) or (C, L)."""
    if input.ndim not in (2, 3):
        raise ShapeError(f"dropout1d: shape {tuple(input.shape)}; needs (N, C, L) or (C, L)")
    return _dropped("dropout1d", input, p, training, inplace, input.ndim - 1, generator)


def dropout2d(
    input: Array, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Generator | None = None
) -> Array:
    """As `dropout`, of whole channels of (N, C, H, W) (Tompson et al. 2015)."""
    if input.ndim != 4:
        _warn_of_shape("dropout2d", input, "(N, C, H, W)")
    return _dropped("dropout2d", input, p, training, inplace, 2, generator)


def dropout3d(
    input: Array, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Generator | None = None
) -> Array:
    """As `dropout`, of whole channels of (N, C, D, H, W) or (C, D, H, W)."""
    if input.ndim not in (4, 5):
        _warn_of_shape("dropout3d", input, "(N, C, D, H, W) or (C, D, H, W)")
    return _dropped("dropout3d", input, p, training, inplace, 1 if input.ndim == 4 else 2, generator)


def _warn_of_shape(name: str, input: Array, needs: str) -> None:
    warnings.warn(
        f"{name}: shape {tuple(input.shape)} is taken as (N, C, ...); needs {needs}", MinidlWarning, stacklevel=3
    )


def feature_dropout(
    input: Array, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Generator | None = None
) -> Array:
    """As `dropout`, of whole channels of (N, C, ...)."""
    return _dropped("feature_dropout", input, p, training, inplace, 2, generator)


def alpha_dropout(
    input: Array, p: float = 0.5, training: bool = False, inplace: bool = False, *, generator: Generator | None = None
) -> Array:
    """Elements set to what selu gives for minus infinity; the rest moved so that mean and variance stay.

    Klambauer et al. 2017.
    """
    return _alpha_dropped("alpha_dropout", input, p, training, inplace, input.ndim, generator)


def feature_alpha_dropout(
    input: Array, p: float = 0.5, training: bool = False, inplace: bool = False, *, generator: Generator | None = None
) -> Array:
    """As `alpha_dropout`, of whole channels of (N, C, ...)."""
    return _alpha_dropped("feature_alpha_dropout", input, p, training, inplace, 2, generator)


def _alpha_dropped(
    name: str,
    input: Array,
    p: float,
    training: bool,
    inplace: bool,
    own: int,
    generator: Generator | None,
) -> Array:
    if not _drops(name, input, p, training, own):
        return input
    floor = -SELU_ALPHA * SELU_SCALE
    scale = 1 / math.sqrt((1 - p) * (1 + p * floor**2)) if p < 1 else 0.0
    kept = _kept(input, p, own, generator).astype(input.dtype)
    factors = kept * input.dtype.type(scale)
    shifts = ((1 - kept) * floor - p * floor) * input.dtype.type(scale)

    def alpha_dropout(x: Array) -> Array:
        return x * factors + shifts

    return update(input, alpha_dropout) if inplace else alpha_dropout(input)
