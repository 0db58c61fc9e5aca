"""Pairs of layers that are computed together when a Sequential calls one right after the other.

    BatchNorm, ReLU    in training: the ReLU costs no pass over memory, and none on the way back

A pair is two single layers again as soon as somebody could see what comes between: a hook on either, or on all modules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import MinidlError
from .activation import ReLU
from .hooks import has_hooks, name_layer
from .normalization import BatchNorm1d, BatchNorm2d, BatchNorm3d, SyncBatchNorm

_NORMS = frozenset((BatchNorm1d, BatchNorm2d, BatchNorm3d, SyncBatchNorm))


def in_pairs(modules: Sequence[Any]) -> list[Callable[[Any], Any]]:
    """What to call one after the other in order to call all modules so."""
    calls: list[Callable[[Any], Any]] = []
    for module in modules:
        if type(module) is ReLU and calls and _joins(calls[-1], module):
            calls[-1] = _with_relu(calls[-1])
        else:
            calls.append(module)
    return calls


def _joins(norm: Any, relu: ReLU) -> bool:
    """Whether both are exactly what their classes say, the first in training."""
    return (
        type(norm) in _NORMS
        and norm.training
        and not (has_hooks(norm) or has_hooks(relu))
        and "forward" not in norm.__dict__
        and "forward" not in relu.__dict__
    )


def _with_relu(norm: Any) -> Callable[[Any], Any]:
    def call(input: Any) -> Any:
        try:
            return norm.forward_with_relu(input)
        except MinidlError as error:
            name_layer(error, norm)
            raise

    return call
